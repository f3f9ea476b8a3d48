//! Expressions: sqlparser's trees to `eval`'s.

use std::collections::HashSet;
use std::rc::Rc;

use gluesql::core::sqlparser::ast::{self, BinaryOperator, UnaryOperator};

use super::row_value::tuple;
use super::{Binder, Bound};
use crate::error::{Code, Error, Result};
use crate::sql::eval::{
    identity, rule, Arithmetic, Comparator, Comparison, Env, Expr, InList, Match, MatchKind, Rule, Subquery, Type,
};
use crate::sql::parser::GLOB;
use crate::tuple::{ColumnType, Value};

impl Binder<'_> {
    /// A COLLATE anywhere inside decides how the whole compares, the leftmost of several; not one in a subquery.
    pub fn expr(&self, expr: &ast::Expr) -> Result<Bound> {
        let before = self.collation.take();
        let mut bound = self.deeper(|| self.expression(expr))?;
        if let Some(nocase) = self.collation.get() {
            bound.kind = Type { nocase, explicit: true, ..bound.kind };
        }
        if before.is_some() {
            self.collation.set(before);
        }
        Ok(bound)
    }

    fn expression(&self, expr: &ast::Expr) -> Result<Bound> {
        use ast::Expr as E;
        let boolean = |expr: Expr| Ok(Bound::new(self.fold(expr)?));
        match expr {
            E::Nested(inner) => self.expr(inner),
            E::Identifier(name) => self.name(std::slice::from_ref(name)),
            E::CompoundIdentifier(parts) => self.name(parts),
            E::Value(value) => literal(value).map(Bound::new),
            E::TypedString { data_type, value } => {
                let column_type = data_type_of(data_type)?;
                Ok(Bound::new(Expr::Literal(column_type.coerce(value.as_str().into())?)))
            }
            E::IntroducedString { value, .. } => literal(value).map(Bound::new),
            E::UnaryOp { op, expr } => self.unary(*op, expr),
            E::BinaryOp { left, op, right } => self.binary(left, op, right, expr),
            E::IsNull(inner) => boolean(Expr::IsNull { expr: Box::new(self.expr(inner)?.expr), negated: false }),
            E::IsNotNull(inner) => boolean(Expr::IsNull { expr: Box::new(self.expr(inner)?.expr), negated: true }),
            E::IsUnknown(inner) => boolean(Expr::IsNull { expr: Box::new(self.expr(inner)?.expr), negated: false }),
            E::IsNotUnknown(inner) => boolean(Expr::IsNull { expr: Box::new(self.expr(inner)?.expr), negated: true }),
            E::IsTrue(inner) => self.is_truth(inner, true, false),
            E::IsNotTrue(inner) => self.is_truth(inner, true, true),
            E::IsFalse(inner) => self.is_truth(inner, false, false),
            E::IsNotFalse(inner) => self.is_truth(inner, false, true),
            E::IsDistinctFrom(left, right) => boolean(self.distinct(left, right, true)?),
            E::IsNotDistinctFrom(left, right) => boolean(self.distinct(left, right, false)?),
            E::Between { expr, negated, low, high } if tuple(expr).is_some() => {
                let within = vec![self.comparison(Comparator::GtEq, expr, low)?, self.comparison(Comparator::LtEq, expr, high)?];
                boolean(if *negated { Expr::Not(Box::new(Expr::And(within))) } else { Expr::And(within) })
            }
            E::Between { expr, negated, low, high } => {
                let (value, low, high) = (self.expr(expr)?, self.expr(low)?, self.expr(high)?);
                let (low_expr, low_rule) = self.comparable(&value, low)?;
                let (high_expr, high_rule) = self.comparable(&value, high)?;
                boolean(Expr::Between {
                    expr: Box::new(value.expr),
                    low: Box::new(low_expr),
                    high: Box::new(high_expr),
                    low_rule,
                    high_rule,
                    negated: *negated,
                })
            }
            E::InList { expr, list, negated } => boolean(self.in_list(expr, list, *negated)?),
            E::InSubquery { expr, subquery, negated } => {
                if let Some(row) = tuple(expr) {
                    return boolean(self.row_in_query(row, subquery, *negated)?);
                }
                let value = self.expr(expr)?;
                let (query, kinds) = self.query_in_expression(subquery)?;
                let [kind] = &*kinds else { return Err(one_column(kinds.len())) };
                let rule = rule(&value.kind, kind);
                boolean(Expr::InQuery { expr: Box::new(value.expr), query, rule, negated: *negated })
            }
            E::Exists { subquery, negated } => {
                let (query, _) = self.query_in_expression(subquery)?;
                Ok(Bound::new(Expr::Exists { query, negated: *negated }))
            }
            E::Subquery(query) => {
                let (query, kinds) = self.query_in_expression(query)?;
                let [kind] = &*kinds else { return Err(one_column(kinds.len())) };
                let kind = Type { nocase: false, explicit: false, column: false, ..kind.clone() };
                Ok(Bound { expr: Expr::Scalar(query), kind })
            }
            E::Case { operand, conditions, results, else_result } => {
                self.case(operand.as_deref(), conditions, results, else_result.as_deref(), &|expr| self.expr(expr))
            }
            E::Cast { expr: inner, data_type, format: None, .. } => {
                let column_type = data_type_of(data_type)?;
                let Bound { expr: inner, kind } = self.expr(inner)?;
                let inexact = column_type == ColumnType::Numeric && !kind.is_decimal();
                let kind = Type { column_type: column_type.clone(), json: false, declared: false, inexact, ..kind };
                Ok(Bound { expr: self.fold(Expr::Cast(Box::new(inner), column_type))?, kind })
            }
            E::Convert { expr: inner, data_type: Some(data_type), .. } => {
                let column_type = data_type_of(data_type)?;
                let inner = self.expr(inner)?.expr;
                Ok(Bound { expr: self.fold(Expr::Cast(Box::new(inner), column_type.clone()))?, kind: Type::of(column_type) })
            }
            E::Convert { expr: inner, data_type: None, .. } => self.expr(inner),
            E::Collate { expr: inner, collation } => {
                let bound = self.expr(inner)?;
                self.collation.set(Some(nocase(&collation.to_string())?));
                Ok(bound)
            }
            E::Like { negated, any: false, expr, pattern, escape_char } => {
                boolean(self.matching(MatchKind::Like, expr, pattern, escape_char.as_deref(), *negated)?)
            }
            E::ILike { negated, any: false, expr, pattern, escape_char } => {
                boolean(self.matching(MatchKind::Like, expr, pattern, escape_char.as_deref(), *negated)?)
            }
            E::RLike { negated, expr, pattern, .. } => boolean(self.matching(MatchKind::Regexp, expr, pattern, None, *negated)?),
            E::Function(function) => self.function(function),
            E::Substring { expr, substring_from, substring_for, .. } => {
                let mut arguments = vec![self.expr(expr)?.expr];
                arguments.push(match substring_from {
                    Some(from) => self.expr(from)?.expr,
                    None => Expr::Literal(Value::Int(1)),
                });
                if let Some(length) = substring_for {
                    arguments.push(self.expr(length)?.expr);
                }
                self.call("substr", arguments)
            }
            E::Trim { expr, trim_where, trim_what, trim_characters } => {
                let name = match trim_where {
                    Some(ast::TrimWhereField::Leading) => "ltrim",
                    Some(ast::TrimWhereField::Trailing) => "rtrim",
                    _ => "trim",
                };
                let mut arguments = vec![self.expr(expr)?.expr];
                if let Some(what) = trim_what {
                    arguments.push(self.expr(what)?.expr);
                }
                for what in trim_characters.iter().flatten() {
                    arguments.push(self.expr(what)?.expr);
                }
                self.call(name, arguments)
            }
            E::Position { expr, r#in } => {
                let arguments = vec![self.expr(r#in)?.expr, self.expr(expr)?.expr];
                self.call("instr", arguments)
            }
            E::Ceil { field: ast::CeilFloorKind::DateTimeField(ast::DateTimeField::NoDateTime), expr } => {
                let arguments = vec![self.expr(expr)?.expr];
                self.call("ceil", arguments)
            }
            E::Floor { field: ast::CeilFloorKind::DateTimeField(ast::DateTimeField::NoDateTime), expr } => {
                let arguments = vec![self.expr(expr)?.expr];
                self.call("floor", arguments)
            }
            E::Extract { field, expr, .. } => {
                let arguments = vec![self.expr(expr)?.expr];
                self.call(&field.to_string().to_ascii_lowercase(), arguments)
            }
            E::Interval(_) => Err(Error::unsupported("INTERVAL is supported beside + and -, and in DATE_ADD and DATE_SUB only")),
            E::Tuple(_) => Err(Error::unsupported("a row value is not supported here")),
            E::GroupingSets(_) | E::Cube(_) | E::Rollup(_) => {
                Err(Error::unsupported("GROUPING SETS, CUBE and ROLLUP are not supported"))
            }
            E::AnyOp { .. } | E::AllOp { .. } => Err(Error::unsupported("ANY and ALL are not supported; use IN or EXISTS")),
            other => Err(Error::unsupported(format!("this expression is not supported: {other}"))),
        }
    }

    /// Computes what does not depend on anything. What fails is left to fail when a row asks for it, if one does.
    pub fn fold(&self, expr: Expr) -> Result<Expr> {
        if matches!(expr, Expr::Literal(_)) || !expr.folds() {
            return Ok(expr);
        }
        Ok(expr.eval(&[], &Env::new(self.cx.clone())).map_or(expr, Expr::Literal))
    }

    fn unary(&self, op: UnaryOperator, expr: &ast::Expr) -> Result<Bound> {
        let inner = self.expr(expr)?;
        let expr = match op {
            // Takes the type away, not the collation.
            UnaryOperator::Plus => {
                let Type { nocase, explicit, column, .. } = inner.kind;
                return Ok(Bound { expr: inner.expr, kind: Type { nocase, explicit, column, ..Type::UNKNOWN } });
            }
            UnaryOperator::Minus => match inner.expr {
                // -9223372036854775808 is an INTEGER though its digits alone are not.
                Expr::Literal(Value::Real(real)) if real == 9_223_372_036_854_775_808.0 && is_digits(expr) => {
                    Expr::Literal(Value::Int(i64::MIN))
                }
                inner => Expr::Negate(Box::new(inner)),
            },
            UnaryOperator::Not => Expr::Not(Box::new(inner.expr)),
            UnaryOperator::PGBitwiseNot => Expr::BitNot(Box::new(inner.expr)),
            other => return Err(Error::unsupported(format!("operator {other} is not supported"))),
        };
        Ok(Bound::new(self.fold(expr)?))
    }

    fn binary(&self, left: &ast::Expr, op: &BinaryOperator, right: &ast::Expr, whole: &ast::Expr) -> Result<Bound> {
        let comparator = match op {
            BinaryOperator::Eq => Some(Comparator::Eq),
            BinaryOperator::NotEq => Some(Comparator::NotEq),
            BinaryOperator::Lt => Some(Comparator::Lt),
            BinaryOperator::LtEq => Some(Comparator::LtEq),
            BinaryOperator::Gt => Some(Comparator::Gt),
            BinaryOperator::GtEq => Some(Comparator::GtEq),
            _ => None,
        };
        if let Some(op) = comparator {
            return Ok(Bound::new(self.fold(self.comparison(op, left, right)?)?));
        }
        if let Some(shifted) = self.interval(left, op, right)? {
            return Ok(shifted);
        }
        let arithmetic = match op {
            BinaryOperator::And | BinaryOperator::PGOverlap => {
                return Ok(Bound::new(self.fold(Expr::And(self.spine(whole, |op| {
                    matches!(op, BinaryOperator::And | BinaryOperator::PGOverlap)
                })?))?));
            }
            BinaryOperator::Or => {
                return Ok(Bound::new(self.fold(Expr::Or(self.spine(whole, |op| matches!(op, BinaryOperator::Or))?))?));
            }
            BinaryOperator::Xor => {
                let xor = Expr::Xor(Box::new(self.expr(left)?.expr), Box::new(self.expr(right)?.expr));
                return Ok(Bound::new(self.fold(xor)?));
            }
            BinaryOperator::Spaceship => return Ok(Bound::new(self.fold(self.distinct(left, right, false)?)?)),
            BinaryOperator::StringConcat => {
                let concat = Expr::Concat(Box::new(self.expr(left)?.expr), Box::new(self.expr(right)?.expr));
                return Ok(Bound::new(self.fold(concat)?));
            }
            BinaryOperator::Custom(word) if word == GLOB => {
                return Ok(Bound::new(self.fold(self.matching(MatchKind::Glob, left, right, None, false)?)?));
            }
            BinaryOperator::Plus => Arithmetic::Add,
            BinaryOperator::Minus => Arithmetic::Subtract,
            BinaryOperator::Multiply => Arithmetic::Multiply,
            BinaryOperator::Divide => Arithmetic::Divide,
            BinaryOperator::Modulo => Arithmetic::Modulo,
            BinaryOperator::MyIntegerDivide | BinaryOperator::DuckIntegerDivide => Arithmetic::IntDivide,
            BinaryOperator::BitwiseAnd => Arithmetic::And,
            BinaryOperator::BitwiseOr => Arithmetic::Or,
            BinaryOperator::BitwiseXor => Arithmetic::Xor,
            BinaryOperator::PGBitwiseShiftLeft => Arithmetic::ShiftLeft,
            BinaryOperator::PGBitwiseShiftRight => Arithmetic::ShiftRight,
            BinaryOperator::Arrow | BinaryOperator::LongArrow => {
                let name = if *op == BinaryOperator::Arrow { "->" } else { "->>" };
                let arguments = vec![self.expr(left)?.expr, self.expr(right)?.expr];
                return self.call(name, arguments);
            }
            other => return Err(Error::unsupported(format!("operator {other} is not supported"))),
        };
        let (mut a, mut b) = (self.expr(left)?, self.expr(right)?);
        let exact = a.kind.is_decimal() || b.kind.is_decimal();
        if exact {
            a.expr = exact_literal(a.expr, left);
            b.expr = exact_literal(b.expr, right);
        }
        let kind = if exact { Type::of(ColumnType::Numeric) } else { Type::UNKNOWN };
        Ok(Bound { expr: self.fold(Expr::Arithmetic(arithmetic, Box::new(a.expr), Box::new(b.expr)))?, kind })
    }

    /// The operands of a chain of one operator, without recursing along it.
    fn spine(&self, whole: &ast::Expr, same: impl Fn(&BinaryOperator) -> bool) -> Result<Vec<Expr>> {
        let mut operands = Vec::new();
        let mut at = whole;
        loop {
            match at {
                ast::Expr::BinaryOp { left, op, right } if same(op) => {
                    operands.push(&**right);
                    at = left;
                }
                ast::Expr::Nested(inner) if matches!(&**inner, ast::Expr::BinaryOp { op, .. } if same(op)) => at = inner,
                _ => break,
            }
        }
        operands.push(at);
        operands.into_iter().rev().map(|operand| Ok(self.expr(operand)?.expr)).collect()
    }

    /// A comparison, of row values too: `(a, b) = (1, 2)`, `(a, b) < (1, 2)`.
    fn comparison(&self, op: Comparator, left: &ast::Expr, right: &ast::Expr) -> Result<Expr> {
        if let Some((left, right)) = self.rows_of(left, right)? {
            return self.compare_rows(op, &left, &right);
        }
        let (left, right) = (self.expr(left)?, self.expr(right)?);
        self.compare(op, left, right)
    }

    pub fn compare(&self, op: Comparator, left: Bound, right: Bound) -> Result<Expr> {
        let (right, rule) = self.comparable(&left, right)?;
        // A constant is converted once.
        let (left, rule) = match left.expr {
            Expr::Literal(value) => {
                let converted = rule.left.apply(value);
                (Expr::Literal(converted), Rule { left: Default::default(), ..rule })
            }
            left => (left, rule),
        };
        Ok(Expr::Compare(Box::new(Comparison { op, left, right, rule })))
    }

    /// The right operand made ready for a comparison with the left, and the rule.
    pub fn comparable(&self, left: &Bound, right: Bound) -> Result<(Expr, Rule)> {
        let rule = rule(&left.kind, &right.kind);
        Ok(match right.expr {
            Expr::Literal(value) => {
                let converted = rule.right.apply(value);
                (Expr::Literal(converted), Rule { right: Default::default(), ..rule })
            }
            right => (right, rule),
        })
    }

    fn distinct(&self, left: &ast::Expr, right: &ast::Expr, distinct: bool) -> Result<Expr> {
        if let Some((left, right)) = self.rows_of(left, right)? {
            return self.distinct_rows(left, right, distinct);
        }
        let (left, right) = (self.expr(left)?, self.expr(right)?);
        let (right, rule) = self.comparable(&left, right)?;
        let comparison = Comparison { op: Comparator::Eq, left: left.expr, right, rule };
        Ok(Expr::Distinct { comparison: Box::new(comparison), distinct })
    }

    fn is_truth(&self, inner: &ast::Expr, truth: bool, negated: bool) -> Result<Bound> {
        let expr = Box::new(self.expr(inner)?.expr);
        Ok(Bound::new(self.fold(Expr::IsTruth { expr, truth, negated })?))
    }

    fn in_list(&self, expr: &ast::Expr, list: &[ast::Expr], negated: bool) -> Result<Expr> {
        if tuple(expr).is_some() {
            let branches = list.iter().map(|item| self.comparison(Comparator::Eq, expr, item)).collect::<Result<Vec<Expr>>>()?;
            let any = Expr::Or(branches);
            return Ok(if negated { Expr::Not(Box::new(any)) } else { any });
        }
        let value = self.expr(expr)?;
        let mut constants = HashSet::new();
        let (mut values, mut others, mut has_null) = (Vec::new(), Vec::new(), false);
        let literal_rule = rule(&value.kind, &Type::UNKNOWN);
        for item in list {
            let mut item_bound = self.expr(item)?;
            // What stands in the list has no affinity, be it a column or a CAST; dates and the like still meet.
            if !item_bound.kind.is_typed() {
                item_bound.kind = Type::UNKNOWN;
            }
            if item_bound.kind == Type::UNKNOWN {
                if let Expr::Literal(constant) = &item_bound.expr {
                    let constant = literal_rule.right.apply(constant.clone());
                    if constant.is_null() {
                        has_null = true;
                    } else {
                        let mut key = Vec::with_capacity(12);
                        identity::push(&mut key, &constant, literal_rule.nocase);
                        if constants.insert(key) {
                            values.push(constant);
                        }
                    }
                    continue;
                }
            }
            let (other, rule) = self.comparable(&value, item_bound)?;
            others.push((other, rule));
        }
        Ok(Expr::InList(Box::new(InList {
            expr: value.expr,
            negated,
            nocase: literal_rule.nocase,
            conversion: literal_rule.left,
            constants: Rc::new(constants),
            values: values.into(),
            has_null,
            others,
        })))
    }

    pub fn case(
        &self,
        operand: Option<&ast::Expr>,
        conditions: &[ast::Expr],
        results: &[ast::Expr],
        otherwise: Option<&ast::Expr>,
        branch: &dyn Fn(&ast::Expr) -> Result<Bound>,
    ) -> Result<Bound> {
        let operand = operand.map(|operand| self.expr(operand)).transpose()?;
        let mut whens = Vec::with_capacity(conditions.len());
        let mut kinds = Vec::new();
        for (condition, result) in conditions.iter().zip(results) {
            let condition = self.expr(condition)?;
            let when = match &operand {
                None => condition.expr,
                Some(operand) => self.compare(Comparator::Eq, operand.clone(), condition)?,
            };
            let then = branch(result)?;
            kinds.push(then.kind);
            whens.push((when, then.expr));
        }
        let otherwise = otherwise.map(branch).transpose()?;
        let otherwise = otherwise.map(|bound| {
            kinds.push(bound.kind);
            Box::new(bound.expr)
        });
        let expr = self.fold(Expr::Case { whens, otherwise })?;
        Ok(Bound { expr, kind: common_number(&kinds) })
    }

    fn matching(
        &self,
        kind: MatchKind,
        expr: &ast::Expr,
        pattern: &ast::Expr,
        escape: Option<&str>,
        negated: bool,
    ) -> Result<Expr> {
        let escape = match escape.map(|escape| escape.chars().collect::<Vec<char>>()) {
            None => None,
            Some(chars) if chars.len() == 1 => Some(chars[0]),
            Some(_) => return Err(Error::bad_argument("ESCAPE must be a single character")),
        };
        let pattern = self.expr(pattern)?.expr;
        let expr = self.expr(expr)?.expr;
        Match { kind, expr, pattern, escape, negated, compiled: None, regex: None }.compile()
    }

    /// A query inside an expression, its inputs, and the types of its columns.
    pub fn query_in_expression(&self, query: &ast::Query) -> Result<(Rc<Subquery>, Vec<Type>)> {
        let binder = self.subquery();
        let planned = binder.query(query)?;
        let inputs: Vec<Expr> = binder.captures.borrow().iter().map(|bound| bound.expr.clone()).collect();
        let width = planned.columns.len();
        Ok((Rc::new(Subquery { node: Rc::new(planned.node), inputs, width }), planned.kinds))
    }
}

/// DECIMAL's exactness spreads over branches that are numbers all, and being JSON over branches that are.
fn common_number(kinds: &[Type]) -> Type {
    if !kinds.is_empty() && kinds.iter().all(Type::is_decimal) {
        return Type::of(ColumnType::Numeric);
    }
    Type { json: !kinds.is_empty() && kinds.iter().all(Type::is_json), ..Type::UNKNOWN }
}

fn one_column(found: usize) -> Error {
    Error::new(Code::Type, format!("a subquery in an expression has one column, this one has {found}"))
}

fn is_digits(expr: &ast::Expr) -> bool {
    match expr {
        ast::Expr::Value(ast::Value::Number(number, _)) => number.fractional_digit_count() == 0,
        _ => false,
    }
}

/// `1.5` beside a DECIMAL is the decimal 1.5.
fn exact_literal(expr: Expr, source: &ast::Expr) -> Expr {
    match (source, expr) {
        (ast::Expr::Nested(inner), expr) => exact_literal(expr, inner),
        (ast::Expr::Value(ast::Value::Number(number, _)), expr @ Expr::Literal(Value::Real(_))) => {
            match number.to_string().parse() {
                Ok(decimal) => Expr::Literal(Value::Decimal(decimal)),
                Err(_) => expr,
            }
        }
        (_, expr) => expr,
    }
}

pub fn nocase(collation: &str) -> Result<bool> {
    let name = collation.trim_matches(['"', '`']).to_ascii_lowercase();
    match name.as_str() {
        "nocase" => Ok(true),
        "binary" | "rtrim" | "c" | "default" => Ok(false),
        name if name.ends_with("_ci") => Ok(true),
        name if name.ends_with("_bin") || name.ends_with("_cs") => Ok(false),
        _ => Err(Error::unsupported(format!("collation {collation} is not supported"))),
    }
}

/// The type that a CAST names.
pub fn data_type_of(data_type: &ast::DataType) -> Result<ColumnType> {
    let text = data_type.to_string();
    let (name, arguments, rest) = match text.split_once('(') {
        None => (text.clone(), Vec::new(), String::new()),
        Some((name, rest)) => {
            let (arguments, rest) = rest.rsplit_once(')').unwrap_or((rest, ""));
            (name.to_string(), arguments.split(',').map(|argument| argument.trim().to_string()).collect(), rest.to_string())
        }
    };
    let name = format!("{} {}", name.trim(), rest.trim());
    let upper = name.trim().to_ascii_uppercase();
    match upper.as_str() {
        "SIGNED" | "UNSIGNED" | "SIGNED INTEGER" | "UNSIGNED INTEGER" => return Ok(ColumnType::INTEGER),
        "BINARY" => return Ok(ColumnType::BLOB),
        "CHAR" | "NCHAR" if arguments.is_empty() => return Ok(ColumnType::TEXT),
        "DECIMAL" if arguments.is_empty() => return Ok(ColumnType::Decimal { precision: 10, scale: 0 }),
        _ => {}
    }
    let arguments: Vec<&str> = arguments.iter().map(|argument| argument.trim_matches('\'')).collect();
    ColumnType::from_declared(name.trim(), &arguments)
}

pub fn literal(value: &ast::Value) -> Result<Expr> {
    Ok(match value {
        ast::Value::Number(number, _) => Expr::Literal(number_value(&number.to_string(), number.fractional_digit_count() == 0)),
        ast::Value::SingleQuotedString(text)
        | ast::Value::DoubleQuotedString(text)
        | ast::Value::EscapedStringLiteral(text)
        | ast::Value::NationalStringLiteral(text)
        | ast::Value::UnicodeStringLiteral(text) => Expr::Literal(text.as_str().into()),
        ast::Value::DollarQuotedString(text) => Expr::Literal(text.value.as_str().into()),
        ast::Value::HexStringLiteral(digits) => Expr::Literal(hex(digits)?),
        ast::Value::Boolean(truth) => Expr::boolean(*truth),
        ast::Value::Null => Expr::null(),
        ast::Value::Placeholder(name) => match name.strip_prefix('?').and_then(|number| number.parse::<usize>().ok()) {
            Some(number) => Expr::Parameter(number - 1),
            None if name.starts_with('@') => Expr::Variable(name.as_str().into()),
            None => return Err(Error::new(Code::Syntax, format!("unexpected parameter {}", name.trim_start_matches('\u{1}')))),
        },
        other => return Err(Error::unsupported(format!("this literal is not supported: {other}"))),
    })
}

/// `1` is an INTEGER, `1.0` is not, though sqlparser's decimals print alike.
fn number_value(text: &str, whole: bool) -> Value {
    if whole {
        if let Ok(int) = text.parse() {
            return Value::Int(int);
        }
    }
    text.parse().map_or(Value::Null, Value::real)
}

fn hex(digits: &str) -> Result<Value> {
    let wrong = || Error::new(Code::Syntax, format!("x'{digits}' is not a blob: expected pairs of hexadecimal digits"));
    if digits.len() % 2 != 0 || !digits.is_ascii() {
        return Err(wrong());
    }
    let bytes: std::result::Result<Vec<u8>, _> =
        (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16)).collect();
    bytes.map(Value::blob).map_err(|_| wrong())
}
