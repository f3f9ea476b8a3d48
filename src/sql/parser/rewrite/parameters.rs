//! `?`, `?3`, `$3`, `:name`, `$name` → numbered placeholders `?1`…; `@x` and `@@x` → placeholders of that name.
//!
//! A bare `?` takes the number after the largest so far, a name the number that it got first, as in SQLite.

use std::rc::Rc;

use gluesql::core::sqlparser::tokenizer::Token;

use super::super::error::syntax;
use super::super::tokens::Tok;
use crate::error::Result;

/// More than this many parameters is a mistake.
const MOST: usize = 32_766;

pub fn parameters(tokens: Vec<Tok>) -> Result<(Vec<Tok>, Vec<Option<Rc<str>>>)> {
    let mut out: Vec<Tok> = Vec::with_capacity(tokens.len());
    let mut names: Vec<Option<Rc<str>>> = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(tok) = tokens.next() {
        let adjacent = tokens.peek().filter(|next| next.start == tok.end).and_then(|next| next.name().map(str::to_string));
        match (&tok.token, adjacent) {
            (Token::Placeholder(text), adjacent) => {
                let digits = &text[1..];
                let number = if let Ok(number) = digits.parse::<usize>() {
                    if number == 0 || number > MOST {
                        return Err(syntax(format!("parameter {text} is outside ?1 to ?{MOST}"), tok.start));
                    }
                    if names.len() < number {
                        names.resize(number, None);
                    }
                    number
                } else if digits.is_empty() && text == "$" && adjacent.is_some() {
                    tokens.next();
                    named(&mut names, adjacent.as_deref().unwrap_or_default())
                } else if digits.is_empty() {
                    names.push(None);
                    names.len()
                } else {
                    named(&mut names, digits)
                };
                out.push(tok.with_placeholder(format!("?{number}")));
            }
            (Token::Colon, Some(name)) => {
                tokens.next();
                let number = named(&mut names, &name);
                out.push(tok.with_placeholder(format!("?{number}")));
            }
            (Token::AtSign, Some(name)) => {
                tokens.next();
                out.push(tok.with_placeholder(format!("@{name}")));
            }
            (Token::AtAt, Some(name)) => {
                tokens.next();
                let mut name = name;
                while tokens.peek().is_some_and(|next| next.token == Token::Period) {
                    tokens.next();
                    name = tokens.next().and_then(|next| next.name().map(str::to_string)).unwrap_or(name);
                }
                out.push(tok.with_placeholder(format!("@@{name}")));
            }
            _ => out.push(tok),
        }
    }
    Ok((out, names))
}

fn named(names: &mut Vec<Option<Rc<str>>>, name: &str) -> usize {
    match names.iter().position(|known| known.as_deref() == Some(name)) {
        Some(at) => at + 1,
        None => {
            names.push(Some(name.into()));
            names.len()
        }
    }
}
