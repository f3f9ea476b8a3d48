//! The dialect: what SQLite's, MySQL's and PostgreSQL's users type most, with SQLite's precedences.

use std::any::TypeId;

use gluesql::core::sqlparser::ast::{BinaryOperator, Expr, ObjectName, UnaryOperator};
use gluesql::core::sqlparser::dialect::{Dialect, GenericDialect, Precedence};
use gluesql::core::sqlparser::keywords::Keyword;
use gluesql::core::sqlparser::parser::{Parser, ParserError};
use gluesql::core::sqlparser::tokenizer::Token;

/// Says that it is sqlparser's generic dialect, so that what sqlparser keeps for it is open to us.
#[derive(Debug)]
pub struct Prollite;

// SQLite's levels, loosest first.
const OR: u8 = 1;
const XOR: u8 = 2;
const AND: u8 = 3;
const NOT: u8 = 4;
const EQUALITY: u8 = 5;
const ORDER: u8 = 6;
const BITS: u8 = 7;
const SUM: u8 = 8;
const PRODUCT: u8 = 9;
const CONCAT: u8 = 10;
const UNARY: u8 = 11;
const CAST: u8 = 12;

/// The operators that only words spell and sqlparser does not know.
pub const GLOB: &str = "GLOB";

/// Types whose names are functions' or columns' as well.
const TYPES: &[&str] = &["date", "time", "datetime", "timestamp", "char", "text", "real", "float", "json", "uuid", "blob", "bit", "string"];

fn word_is(token: &Token, text: &str) -> bool {
    matches!(token, Token::Word(word) if word.quote_style.is_none() && word.value.eq_ignore_ascii_case(text))
}

fn keyword(token: &Token) -> Keyword {
    match token {
        Token::Word(word) => word.keyword,
        _ => Keyword::NoKeyword,
    }
}

impl Dialect for Prollite {
    fn dialect(&self) -> TypeId { TypeId::of::<GenericDialect>() }

    fn is_delimited_identifier_start(&self, ch: char) -> bool { matches!(ch, '`' | '"' | '[') }

    fn is_identifier_start(&self, ch: char) -> bool { ch.is_alphabetic() || ch == '_' || !ch.is_ascii() }

    fn is_identifier_part(&self, ch: char) -> bool {
        self.is_identifier_start(ch) || ch.is_ascii_digit() || ch == '$'
    }

    fn supports_filter_during_aggregation(&self) -> bool { true }
    fn supports_group_by_expr(&self) -> bool { true }
    fn supports_in_empty_list(&self) -> bool { true }
    fn supports_limit_comma(&self) -> bool { true }
    fn supports_start_transaction_modifier(&self) -> bool { true }
    fn supports_window_clause_named_window_reference(&self) -> bool { true }
    fn supports_window_function_null_treatment_arg(&self) -> bool { true }
    fn supports_asc_desc_in_column_definition(&self) -> bool { true }

    fn parse_prefix(&self, parser: &mut Parser) -> Option<Result<Expr, ParserError>> {
        let op = match parser.peek_token().token {
            Token::Tilde => UnaryOperator::PGBitwiseNot,
            Token::ExclamationMark => UnaryOperator::Not,
            // sqlparser reads `date(0) x` and `date d` as DATE 'x' and DATE 'd'.
            Token::Word(word) if word.quote_style.is_none() && TYPES.iter().any(|name| word.value.eq_ignore_ascii_case(name)) => {
                let name = word.to_ident();
                let expr = match parser.peek_nth_token(1).token {
                    Token::LParen => {
                        parser.next_token();
                        parser.parse_function(ObjectName(vec![name]))
                    }
                    Token::Word(next) if next.keyword == Keyword::NoKeyword => {
                        parser.next_token();
                        Ok(Expr::Identifier(name))
                    }
                    _ => return None,
                };
                // As behind every operand.
                return Some(match expr {
                    Ok(expr) if parser.parse_keyword(Keyword::COLLATE) => {
                        parser.parse_object_name(false).map(|collation| Expr::Collate { expr: Box::new(expr), collation })
                    }
                    other => other,
                });
            }
            _ => return None,
        };
        parser.next_token();
        Some(parser.parse_subexpr(UNARY).map(|expr| Expr::UnaryOp { op, expr: Box::new(expr) }))
    }

    /// `IS x`, GLOB, NOT GLOB, ISNULL, NOTNULL, NOT NULL.
    fn parse_infix(&self, parser: &mut Parser, expr: &Expr, _: u8) -> Option<Result<Expr, ParserError>> {
        let first = parser.peek_token().token;
        let second = parser.peek_nth_token(1).token;
        let boxed = || Box::new(expr.clone());
        if word_is(&first, "ISNULL") {
            parser.next_token();
            return Some(Ok(Expr::IsNull(boxed())));
        }
        if word_is(&first, "NOTNULL") {
            parser.next_token();
            return Some(Ok(Expr::IsNotNull(boxed())));
        }
        if keyword(&first) == Keyword::NOT && keyword(&second) == Keyword::NULL {
            parser.next_token();
            parser.next_token();
            return Some(Ok(Expr::IsNotNull(boxed())));
        }
        let negated = keyword(&first) == Keyword::NOT;
        if word_is(if negated { &second } else { &first }, GLOB) {
            parser.next_token();
            if negated {
                parser.next_token();
            }
            let glob = parser.parse_subexpr(EQUALITY).map(|pattern| Expr::BinaryOp {
                left: boxed(),
                op: BinaryOperator::Custom(GLOB.to_string()),
                right: Box::new(pattern),
            });
            return Some(glob.map(|glob| match negated {
                true => Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(glob) },
                false => glob,
            }));
        }
        if keyword(&first) == Keyword::IS {
            let not = keyword(&second) == Keyword::NOT;
            let operand = if not { parser.peek_nth_token(2).token } else { second };
            if keyword(&operand) == Keyword::DISTINCT {
                // sqlparser lets its right side reach to the end of the condition.
                for _ in 0..2 + usize::from(not) {
                    parser.next_token();
                }
                let right = parser.expect_keyword(Keyword::FROM).and_then(|_| parser.parse_subexpr(EQUALITY));
                return Some(right.map(|right| match not {
                    true => Expr::IsNotDistinctFrom(boxed(), Box::new(right)),
                    false => Expr::IsDistinctFrom(boxed(), Box::new(right)),
                }));
            }
            let known = [Keyword::NULL, Keyword::TRUE, Keyword::FALSE, Keyword::UNKNOWN];
            if known.contains(&keyword(&operand)) {
                return None;
            }
            parser.next_token();
            if not {
                parser.next_token();
            }
            return Some(parser.parse_subexpr(EQUALITY).map(|right| match not {
                true => Expr::IsDistinctFrom(boxed(), Box::new(right)),
                false => Expr::IsNotDistinctFrom(boxed(), Box::new(right)),
            }));
        }
        None
    }

    fn get_next_precedence(&self, parser: &Parser) -> Option<Result<u8, ParserError>> {
        let level = match parser.peek_token().token {
            Token::Word(word) => match word.keyword {
                Keyword::OR => OR,
                Keyword::XOR => XOR,
                Keyword::AND => AND,
                Keyword::NOT => {
                    let next = parser.peek_nth_token(1).token;
                    let infix = [
                        Keyword::IN,
                        Keyword::BETWEEN,
                        Keyword::LIKE,
                        Keyword::ILIKE,
                        Keyword::RLIKE,
                        Keyword::REGEXP,
                        Keyword::SIMILAR,
                    ];
                    let not_null = keyword(&next) == Keyword::NULL;
                    if not_null || infix.contains(&keyword(&next)) || word_is(&next, GLOB) { EQUALITY } else { 0 }
                }
                Keyword::IS
                | Keyword::IN
                | Keyword::BETWEEN
                | Keyword::LIKE
                | Keyword::ILIKE
                | Keyword::RLIKE
                | Keyword::REGEXP
                | Keyword::SIMILAR => EQUALITY,
                Keyword::DIV => PRODUCT,
                _ if word.quote_style.is_some() => 0,
                _ => {
                    let words = [GLOB, "ISNULL", "NOTNULL"];
                    let is_infix = words.iter().any(|text| word.value.eq_ignore_ascii_case(text));
                    if is_infix { EQUALITY } else { 0 }
                }
            },
            Token::Eq | Token::DoubleEq | Token::Neq | Token::Spaceship => EQUALITY,
            Token::Lt | Token::LtEq | Token::Gt | Token::GtEq => ORDER,
            Token::Overlap => AND,
            Token::Ampersand | Token::Pipe | Token::ShiftLeft | Token::ShiftRight | Token::Caret => BITS,
            Token::Plus | Token::Minus => SUM,
            Token::Mul | Token::Div | Token::DuckIntDiv | Token::Mod => PRODUCT,
            Token::StringConcat | Token::Arrow | Token::LongArrow => CONCAT,
            Token::DoubleColon => CAST,
            _ => 0,
        };
        Some(Ok(level))
    }

    /// sqlparser asks these for operands only: of NOT, of BETWEEN and LIKE, and of a sign (as MulDivModOp).
    fn prec_value(&self, precedence: Precedence) -> u8 {
        match precedence {
            Precedence::DoubleColon | Precedence::AtTz => CAST,
            Precedence::MulDivModOp => UNARY,
            Precedence::PlusMinus => SUM,
            Precedence::Xor => XOR,
            Precedence::Ampersand | Precedence::Caret | Precedence::Pipe => BITS,
            Precedence::Between | Precedence::Eq | Precedence::Like | Precedence::Is => EQUALITY,
            Precedence::PgOther => CONCAT,
            Precedence::UnaryNot => NOT,
            Precedence::And => AND,
            Precedence::Or => OR,
        }
    }
}
