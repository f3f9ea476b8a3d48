//! One statement's tokens to our enum. What is short is read here by hand, the rest by sqlparser.

use gluesql::core::sqlparser::ast::{self, Expr, Ident, ObjectName};
use gluesql::core::sqlparser::keywords::Keyword;
use gluesql::core::sqlparser::parser::{Parser, ParserError};
use gluesql::core::sqlparser::tokenizer::Token;

use super::dialect::Prollite;
use super::error::{from_parser, syntax};
use super::joined;
use super::rewrite;
use super::statement::{Show, Statement, Update};
use super::tokens::Tok;
use crate::error::{Error, Result};

/// What sqlparser answers.
type Parse<T> = std::result::Result<T, ParserError>;

/// Deeper nesting is refused: the parser is recursive.
const DEPTH: usize = 128;

/// A cursor over the tokens of one statement.
pub struct Reader<'a> { pub tokens: Vec<Tok>, at: usize, text: &'a str, end: usize }

impl<'a> Reader<'a> {
    pub fn new(tokens: Vec<Tok>, text: &'a str) -> Self {
        let end = tokens.last().map_or(0, |tok| tok.end);
        Reader { tokens, at: 0, text, end }
    }

    fn peek(&self) -> Option<&Tok> { self.tokens.get(self.at) }
    fn peek_is(&self, word: &str) -> bool { self.peek().is_some_and(|tok| tok.is_word(word)) }
    fn position(&self) -> usize { self.peek().map_or(self.end, |tok| tok.start) }

    fn take(&mut self, word: &str) -> bool {
        let found = self.peek_is(word);
        self.at += usize::from(found);
        found
    }

    fn take_token(&mut self, token: &Token) -> bool {
        let found = self.peek().is_some_and(|tok| tok.token == *token);
        self.at += usize::from(found);
        found
    }

    fn take_mark(&mut self) -> bool { self.take_token(&Token::Placeholder(rewrite::AS_OF_MARK.to_string())) }

    fn take_all(&mut self, words: &[&str]) -> bool {
        let found = words.iter().enumerate().all(|(n, word)| self.tokens.get(self.at + n).is_some_and(|tok| tok.is_word(word)));
        if found {
            self.at += words.len();
        }
        found
    }

    fn expected(&self, what: &str) -> Error {
        let found = self.peek().map_or_else(|| "the end".to_string(), |tok| tok.token.to_string());
        syntax(format!("expected {what}, found {found}"), self.position())
    }

    fn need(&mut self, word: &str) -> Result<()> { if self.take(word) { Ok(()) } else { Err(self.expected(word)) } }

    fn name(&mut self) -> Result<String> {
        let name = match self.peek().map(|tok| &tok.token) {
            Some(Token::Word(word)) => word.value.clone(),
            Some(Token::SingleQuotedString(text)) => text.clone(),
            _ => return Err(self.expected("a name")),
        };
        self.at += 1;
        Ok(name)
    }

    fn ident(&mut self) -> Result<Ident> {
        match self.peek().map(|tok| &tok.token) {
            Some(Token::Word(word)) => {
                let ident = word.to_ident();
                self.at += 1;
                Ok(ident)
            }
            _ => Err(self.expected("a name")),
        }
    }

    fn object_name(&mut self) -> Result<ObjectName> {
        let mut parts = vec![self.ident()?];
        while self.take_token(&Token::Period) {
            parts.push(self.ident()?);
        }
        Ok(ObjectName(parts))
    }

    fn end<T>(&self, value: T) -> Result<T> {
        if self.at < self.tokens.len() { Err(self.expected("the end of the statement")) } else { Ok(value) }
    }

    /// Gives the rest to sqlparser; everything must be used up.
    fn rest<T>(&mut self, read: impl FnOnce(&mut Parser) -> Parse<T>) -> Result<T> {
        let tokens: Vec<Tok> = self.tokens.drain(self.at..).collect();
        parse_with(tokens, self.text, self.end, read)
    }


    fn like(&mut self) -> Result<Option<String>> { if self.take("LIKE") { self.name().map(Some) } else { Ok(None) } }
}

/// Runs sqlparser over tokens, all of which it must use.
pub fn parse_with<T>(
    tokens: Vec<Tok>,
    text: &str,
    end: usize,
    read: impl FnOnce(&mut Parser) -> Parse<T>,
) -> Result<T> {
    let tokens = tokens.into_iter().map(Tok::located).collect();
    let mut parser = Parser::new(&Prollite).with_recursion_limit(DEPTH).with_tokens_with_locations(tokens);
    let value = read(&mut parser).map_err(|error| from_parser(error, text, end))?;
    let next = parser.peek_token();
    if next.token == Token::EOF {
        return Ok(value);
    }
    let unused: Parse<()> = parser.expected("the end of the statement", next);
    Err(unused.map_or_else(|error| from_parser(error, text, end), |()| syntax("unexpected text", end)))
}

/// Reads one statement.
pub fn statement(tokens: Vec<Tok>, text: &str) -> Result<Statement> {
    let mut reader = Reader::new(tokens, text);
    let start = reader.position();
    let Some(first) = reader.peek().cloned() else { return Err(reader.expected("a statement")) };
    if first.token == Token::LParen {
        return query(&mut reader);
    }
    let Some(word) = first.word().map(str::to_ascii_uppercase) else { return Err(reader.expected("a statement")) };
    match word.as_str() {
        "SELECT" | "VALUES" | "TABLE" => query(&mut reader),
        "WITH" => with(reader),
        "INSERT" | "REPLACE" => insert(reader),
        "UPDATE" => update(reader),
        "DELETE" => delete(reader),
        "CALL" => call(reader),
        "SET" => set(reader),
        "SHOW" => show(reader),
        "EXPLAIN" | "DESCRIBE" | "DESC" => explain(reader),
        "PRAGMA" => pragma(reader),
        "USE" => {
            reader.at += 1;
            let start = reader.position();
            let name = reader.name()?;
            if reader.peek().is_some() {
                // `USE db/branch~1` without quotes.
                let rest = reader.text.get(start..reader.end).unwrap_or_default().trim();
                if !rest.contains(char::is_whitespace) && !rest.contains(['\'', '"', '`', '(', ';']) {
                    return Ok(Statement::Use(rest.to_string()));
                }
            }
            reader.end(Statement::Use(name))
        }
        "BEGIN" | "START" | "COMMIT" | "END" | "ROLLBACK" | "SAVEPOINT" | "RELEASE" => transaction(reader, &word),
        "REINDEX" => {
            reader.at = 1;
            let name = if reader.peek().is_some() { reader.object_name()?.0.pop() } else { None };
            reader.end(Statement::Reindex(name.map(|name| name.value)))
        }
        "ANALYZE" | "VACUUM" | "LOCK" | "UNLOCK" | "OPTIMIZE" | "FLUSH" => Ok(Statement::Nothing),
        "CREATE" | "ALTER" | "DROP" => {
            let what = reader.tokens.get(1).and_then(Tok::word).unwrap_or_default().to_ascii_uppercase();
            Err(Error::unsupported(format!("{word} {what} is not supported")).at(start))
        }
        "GRANT" | "REVOKE" | "ATTACH" | "DETACH" | "COPY" | "MERGE" | "LOAD" | "KILL" | "PREPARE" | "EXECUTE" | "DECLARE" => {
            Err(Error::unsupported(format!("{word} is not supported")).at(start))
        }
        _ => Err(reader.expected("a statement")),
    }
}

fn query(reader: &mut Reader<'_>) -> Result<Statement> {
    Ok(Statement::Query(reader.rest(|parser| parser.parse_query())?))
}

/// WITH before a query, or before INSERT, UPDATE and DELETE.
fn with(mut reader: Reader<'_>) -> Result<Statement> {
    let changes = ["INSERT", "REPLACE", "UPDATE", "DELETE"];
    let mut depth = 0usize;
    let change = reader.tokens.iter().zip(reader.tokens.iter().skip(1)).position(|(before, tok)| {
        match before.token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && before.token == Token::RParen && changes.iter().any(|word| tok.is_word(word))
    });
    let Some(before) = change else { return query(&mut reader) };
    let rest = reader.tokens.split_off(before + 1);
    let place = &rest[0];
    let start = place.start;
    reader.tokens.extend([place.with_word("SELECT"), place.with(Token::Number("1".into(), false))]);
    let mut query = reader.rest(|parser| parser.parse_query())?;
    let Some(with) = query.with.take() else { return Err(syntax("expected common tables before the change", start)) };
    Ok(match statement(rest, reader.text)? {
        Statement::Insert(mut insert) => {
            // DEFAULT VALUES reads nothing, a WITH neither.
            let Some(source) = &mut insert.source else { return Ok(Statement::Insert(insert)) };
            match &mut source.with {
                None => source.with = Some(with),
                Some(own) => {
                    own.recursive |= with.recursive;
                    own.cte_tables.splice(..0, with.cte_tables);
                }
            }
            Statement::Insert(insert)
        }
        change => Statement::With(Box::new(with), Box::new(change)),
    })
}

fn insert(mut reader: Reader<'_>) -> Result<Statement> {
    let start = reader.position();
    let (tokens, policy) = rewrite::or_policy(std::mem::take(&mut reader.tokens))?;
    reader.tokens = rewrite::empty_row(rewrite::insert_set(tokens)?);
    reader.at = 1;
    let statement = reader.rest(|parser| parser.parse_insert())?;
    let ast::Statement::Insert(mut insert) = statement else {
        return Err(Error::unsupported("INSERT OVERWRITE DIRECTORY is not supported").at(start));
    };
    insert.or = policy;
    Ok(Statement::Insert(Box::new(insert)))
}

fn update(mut reader: Reader<'_>) -> Result<Statement> {
    let start = reader.position();
    let (tokens, or) = rewrite::or_policy(std::mem::take(&mut reader.tokens))?;
    reader.tokens = joined::commas(tokens);
    reader.at = 1;
    let (statement, order_by, limit, late_returning) = reader.rest(|parser| {
        let statement = parser.parse_update()?;
        let order_by = if parser.parse_keywords(&[Keyword::ORDER, Keyword::BY]) {
            parser.parse_comma_separated(Parser::parse_order_by_expr)?
        } else {
            Vec::new()
        };
        let limit = if parser.parse_keyword(Keyword::LIMIT) { Some(parser.parse_expr()?) } else { None };
        let returning = if parser.parse_keyword(Keyword::RETURNING) {
            Some(parser.parse_comma_separated(Parser::parse_select_item)?)
        } else {
            None
        };
        Ok((statement, order_by, limit, returning))
    })?;
    let ast::Statement::Update { table, assignments, from, selection, returning } = statement else {
        return Err(syntax("expected UPDATE", start));
    };
    let returning = returning.or(late_returning);
    let (mut selection, mut from) = (selection, from);
    let changed = if table.joins.is_empty() { None } else { joined::changed(&assignments) };
    let (relation, others) = joined::apart(vec![table], changed.as_deref(), &mut selection).map_err(|error| error.at(start))?;
    let table = ast::TableWithJoins { relation, joins: Vec::new() };
    if others.is_some() {
        if from.is_some() {
            return Err(Error::unsupported("a join of the changed table together with FROM is not supported").at(start));
        }
        from = others;
    }
    Ok(Statement::Update(Box::new(Update { or, table, assignments, from, selection, order_by, limit, returning })))
}

fn delete(mut reader: Reader<'_>) -> Result<Statement> {
    let start = reader.position();
    reader.at = 1;
    // MySQL's `DELETE t FROM t JOIN u …`.
    let changed = match &reader.tokens[1..] {
        [name, from, ..] if from.is_word("FROM") && name.name().is_some() => name.name().map(str::to_string),
        _ => None,
    };
    if changed.is_some() {
        reader.tokens.remove(1);
    }
    if !reader.peek_is("FROM") {
        return Err(Error::unsupported("DELETE without FROM, or from several tables, is not supported").at(reader.position()));
    }
    let (statement, late_returning) = reader.rest(|parser| {
        let statement = parser.parse_delete()?;
        let returning = if parser.parse_keyword(Keyword::RETURNING) {
            Some(parser.parse_comma_separated(Parser::parse_select_item)?)
        } else {
            None
        };
        Ok((statement, returning))
    })?;
    let ast::Statement::Delete(mut delete) = statement else { return Err(syntax("expected DELETE", start)) };
    delete.returning = delete.returning.or(late_returning);
    let (ast::FromTable::WithFromKeyword(from) | ast::FromTable::WithoutKeyword(from)) = &mut delete.from;
    if let Some(changed) = &changed {
        if delete.using.is_some() {
            return Err(Error::unsupported("DELETE t FROM together with USING is not supported").at(start));
        }
        let parts = joined::apart(std::mem::take(from), Some(changed), &mut delete.selection);
        let (relation, others) = parts.map_err(|error| error.at(start))?;
        from.push(ast::TableWithJoins { relation, joins: Vec::new() });
        delete.using = others.map(|others| vec![others]);
    }
    if from.len() != 1 || !from[0].joins.is_empty() {
        return Err(Error::unsupported("a join in DELETE FROM is not supported; use USING, or DELETE t FROM t JOIN …").at(start));
    }
    Ok(Statement::Delete(Box::new(delete)))
}

fn call(mut reader: Reader<'_>) -> Result<Statement> {
    reader.at = 1;
    let name = reader.name()?.to_ascii_lowercase();
    if reader.at == reader.tokens.len() {
        return Ok(Statement::Call { name, arguments: Vec::new() });
    }
    let arguments = reader.rest(|parser| {
        parser.expect_token(&Token::LParen)?;
        if parser.consume_token(&Token::RParen) {
            return Ok(Vec::new());
        }
        let arguments = parser.parse_comma_separated(Parser::parse_expr)?;
        parser.expect_token(&Token::RParen)?;
        Ok(arguments)
    })?;
    Ok(Statement::Call { name, arguments })
}

fn set(mut reader: Reader<'_>) -> Result<Statement> {
    reader.at = 1;
    let mut assignments = Vec::new();
    loop {
        let _ = reader.take("SESSION") || reader.take("GLOBAL") || reader.take("LOCAL") || reader.take("PERSIST");
        let name = match reader.peek().map(|tok| tok.token.clone()) {
            Some(Token::Placeholder(name)) if name.starts_with('@') => {
                reader.at += 1;
                name.strip_prefix("@@").map_or_else(|| name.clone(), str::to_string)
            }
            Some(Token::Word(_)) if reader.take("NAMES") => "names".to_string(),
            Some(Token::Word(_)) => reader.object_name()?.to_string(),
            _ => return Err(reader.expected("a variable")),
        };
        let assigned = reader.take_token(&Token::Eq) || reader.take_token(&Token::Assignment) || reader.take("TO");
        if !assigned && name != "names" {
            return Err(reader.expected("= after the variable"));
        }
        let start = reader.at;
        let mut depth = 0usize;
        while let Some(tok) = reader.peek() {
            match tok.token {
                Token::LParen => depth += 1,
                Token::RParen => depth = depth.saturating_sub(1),
                Token::Comma if depth == 0 => break,
                _ => {}
            }
            reader.at += 1;
        }
        let value = set_value(&reader.tokens[start..reader.at], reader.text, reader.end)?;
        assignments.push((name.to_ascii_lowercase(), value));
        if !reader.take_token(&Token::Comma) {
            return reader.end(Statement::Set(assignments));
        }
    }
}

/// `on`, `off` and other bare words are texts.
fn set_value(tokens: &[Tok], text: &str, end: usize) -> Result<Expr> {
    if let [only] = tokens {
        if let Some(word) = only.name().filter(|_| !matches!(only.keyword(), Keyword::TRUE | Keyword::FALSE | Keyword::NULL)) {
            return Ok(Expr::Value(ast::Value::SingleQuotedString(word.to_string())));
        }
    }
    parse_with(tokens.to_vec(), text, end, |parser| parser.parse_expr())
}

fn show(mut reader: Reader<'_>) -> Result<Statement> {
    let start = reader.position();
    reader.at = 1;
    let full = reader.take("FULL");
    let _ = reader.take("SESSION") || reader.take("GLOBAL") || reader.take("EXTENDED");
    let word = reader.name()?.to_ascii_uppercase();
    let show = match word.as_str() {
        "TABLES" => {
            let mut as_of = None;
            // The rewrite of `t AS OF rev` has been here.
            let marked = reader.take_token(&Token::LParen) && reader.take_mark() && reader.take_token(&Token::Comma);
            if marked || reader.take_all(&["AS", "OF"]) {
                let value = reader.peek().map(|tok| tok.token.clone());
                as_of = match value {
                    Some(Token::SingleQuotedString(text)) => Some(Expr::Value(ast::Value::SingleQuotedString(text))),
                    Some(Token::Placeholder(text)) => Some(Expr::Value(ast::Value::Placeholder(text))),
                    _ => return Err(reader.expected("a revision")),
                };
                reader.at += 1;
                reader.take_token(&Token::RParen);
            }
            if reader.take("FROM") || reader.take("IN") {
                reader.name()?;
            }
            Show::Tables { full, as_of, like: reader.like()? }
        }
        "COLUMNS" | "FIELDS" => {
            if !reader.take("FROM") {
                reader.need("IN")?;
            }
            Show::Columns(reader.object_name()?)
        }
        "INDEX" | "INDEXES" | "KEYS" => {
            if !reader.take("FROM") {
                let _ = reader.take("IN") || reader.take("ON");
            }
            Show::Indexes(reader.object_name()?)
        }
        "CREATE" => {
            let _ = reader.take("TABLE") || reader.take("VIEW");
            Show::CreateTable(reader.object_name()?)
        }
        "DATABASES" | "SCHEMAS" => Show::Databases,
        "BRANCHES" => Show::Branches,
        "VARIABLES" | "STATUS" => Show::Variables { like: reader.like()? },
        "WARNINGS" | "ERRORS" => Show::Warnings,
        other => return Err(Error::unsupported(format!("SHOW {other} is not supported")).at(start)),
    };
    reader.end(Statement::Show(show))
}

fn explain(mut reader: Reader<'_>) -> Result<Statement> {
    reader.at = 1;
    reader.take_all(&["QUERY", "PLAN"]);
    reader.take("ANALYZE");
    let explained = ["SELECT", "WITH", "VALUES", "INSERT", "REPLACE", "UPDATE", "DELETE"];
    let is_statement = reader.peek().is_some_and(|tok| tok.token == Token::LParen)
        || explained.iter().any(|word| reader.peek_is(word));
    if is_statement {
        let rest = reader.tokens.split_off(reader.at);
        return Ok(Statement::Explain(Box::new(statement(rest, reader.text)?)));
    }
    let others = ["CREATE", "ALTER", "DROP", "CALL", "SET", "SHOW", "EXPLAIN", "PRAGMA", "BEGIN", "COMMIT", "ROLLBACK", "TRUNCATE"];
    if reader.tokens.len() > reader.at + 1 && others.iter().any(|word| reader.peek_is(word)) {
        return Err(Error::unsupported("EXPLAIN explains SELECT, INSERT, UPDATE and DELETE").at(reader.position()));
    }
    reader.take("TABLE");
    let name = reader.object_name()?;
    reader.end(Statement::Describe(name))
}

fn pragma(mut reader: Reader<'_>) -> Result<Statement> {
    reader.at = 1;
    let mut name = reader.name()?;
    while reader.take_token(&Token::Period) {
        name = reader.name()?;
    }
    let name = name.to_ascii_lowercase();
    if reader.take_token(&Token::LParen) {
        let text = pragma_value(&mut reader)?;
        if !reader.take_token(&Token::RParen) {
            return Err(reader.expected(")"));
        }
        return reader.end(Statement::Pragma { name, value: Some(text) });
    }
    let value = if reader.take_token(&Token::Eq) { Some(pragma_value(&mut reader)?) } else { None };
    reader.end(Statement::Pragma { name, value })
}

fn pragma_value(reader: &mut Reader<'_>) -> Result<Expr> {
    let negative = reader.take_token(&Token::Minus);
    let number = match reader.peek().map(|tok| &tok.token) {
        Some(Token::Number(number, _)) => Some(format!("{}{number}", if negative { "-" } else { "" })),
        _ => None,
    };
    let text = match number {
        Some(number) => {
            reader.at += 1;
            number
        }
        None => reader.name()?,
    };
    Ok(Expr::Value(ast::Value::SingleQuotedString(text)))
}

fn transaction(mut reader: Reader<'_>, word: &str) -> Result<Statement> {
    reader.at = 1;
    let work = |reader: &mut Reader<'_>| {
        let _ = reader.take("TRANSACTION") || reader.take("WORK");
    };
    let statement = match word {
        "BEGIN" | "START" => {
            let _ = reader.take("DEFERRED") || reader.take("IMMEDIATE") || reader.take("EXCLUSIVE");
            work(&mut reader);
            // READ WRITE, ISOLATION LEVEL …: isolation is snapshot whatever is asked.
            if reader.take("READ") || reader.take("ISOLATION") || reader.take("WITH") {
                reader.at = reader.tokens.len();
            }
            Statement::Begin
        }
        "COMMIT" | "END" => {
            work(&mut reader);
            reader.take_all(&["AND", "NO", "CHAIN"]);
            Statement::Commit
        }
        "SAVEPOINT" => Statement::Savepoint(reader.name()?),
        "RELEASE" => {
            reader.take("SAVEPOINT");
            Statement::Release(reader.name()?)
        }
        _ => {
            work(&mut reader);
            reader.take_all(&["AND", "NO", "CHAIN"]);
            if reader.take("TO") {
                reader.take("SAVEPOINT");
                Statement::RollbackTo(reader.name()?)
            } else {
                Statement::Rollback
            }
        }
    };
    reader.end(statement)
}
