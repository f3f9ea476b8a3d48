//! The way from text to statements.

use std::rc::Rc;

use gluesql::core::sqlparser::ast::Expr;
use gluesql::core::sqlparser::tokenizer::Token;

use super::tokens::{split, tokenize, Tok};
use super::{cache, rewrite, statements, Parsed, Statement};
use crate::error::Result;
use crate::sql::ddl;

/// Splits and parses a script. Cached by text.
pub fn parse(text: &str) -> Result<Rc<[Parsed]>> {
    if let Some(statements) = cache::statements(text) {
        return Ok(statements);
    }
    let tokens = rewrite::numbers(tokenize(text)?, text)?;
    let whole: Rc<str> = text.into();
    let mut parsed = Vec::new();
    for range in split(&tokens) {
        let span = tokens[range.start].start..tokens[range.end - 1].end;
        let (statement, parameters) = if ddl::is_definition(&text[span.clone()]) {
            (Statement::Define(Rc::new(ddl::parse(text, span.clone())?)), Vec::new())
        } else {
            let (tokens, parameters) = rewrites(tokens[range].to_vec())?;
            (statements::statement(tokens, text)?, parameters)
        };
        parsed.push(Parsed { statement, text: whole.clone(), span, parameters, plan: Default::default() });
    }
    let parsed: Rc<[Parsed]> = parsed.into();
    cache::keep_statements(text, &parsed);
    Ok(parsed)
}

/// One expression, as in DEFAULT or CHECK. Cached by text.
pub fn parse_expression(text: &str) -> Result<Rc<Expr>> {
    if let Some(expression) = cache::expression(text) {
        return Ok(expression);
    }
    let (tokens, _) = rewrites(rewrite::numbers(tokenize(text)?, text)?)?;
    let expression = Rc::new(statements::parse_with(tokens, text, text.len(), |parser| parser.parse_expr())?);
    cache::keep_expression(text, &expression);
    Ok(expression)
}

/// The rules that hold for every statement, in order.
fn rewrites(tokens: Vec<Tok>) -> Result<(Vec<Tok>, Vec<Option<Rc<str>>>)> {
    let (tokens, parameters) = rewrite::parameters(tokens)?;
    let tokens = rewrite::as_of(tokens)?;
    let tokens = rewrite::in_table(tokens);
    Ok((rewrite::index_hint(tokens)?, parameters))
}

/// Where a name stands in a text, for an error that names it: `a.b` looks for both words with the dot.
/// sqlparser 0.52 keeps no positions in its trees, so this looks again, when an error is certain.
pub fn find_name(text: &str, parts: &[&str]) -> Option<usize> {
    let tokens = tokenize(text).ok()?;
    let is = |at: usize, part: &str| {
        tokens.get(at).and_then(Tok::name).is_some_and(|name| name.eq_ignore_ascii_case(part))
    };
    let period = |at: usize| tokens.get(at).is_some_and(|tok| tok.token == Token::Period);
    (0..tokens.len())
        .find(|at| {
            let matches = parts.iter().enumerate().all(|(n, part)| is(at + 2 * n, part) && (n == 0 || period(at + 2 * n - 1)));
            matches && (parts.len() > 1 || *at == 0 || !period(at - 1))
        })
        .map(|at| tokens[at].start)
}
