//! `t INDEXED BY i`, `t NOT INDEXED`, `t FORCE INDEX (i)`, `t USE INDEX (i)`: hints are dropped, the planner decides.

use gluesql::core::sqlparser::keywords::Keyword;
use gluesql::core::sqlparser::tokenizer::Token;

use super::super::tokens::{closing, Tok};
use crate::error::Result;

pub fn index_hint(tokens: Vec<Tok>) -> Result<Vec<Tok>> {
    let mut out: Vec<Tok> = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while at < tokens.len() {
        let is = |offset: usize, text: &str| tokens.get(at + offset).is_some_and(|tok| tok.is_word(text));
        let opens = |offset: usize| tokens.get(at + offset).is_some_and(|tok| tok.token == Token::LParen);
        let after_name = out.last().is_some_and(|tok| tok.name().is_some());
        if after_name && is(0, "INDEXED") && is(1, "BY") {
            at += 3;
        } else if after_name && tokens[at].keyword() == Keyword::NOT && is(1, "INDEXED") {
            at += 2;
        } else if after_name
            && (is(0, "FORCE") || is(0, "USE") || is(0, "IGNORE"))
            && (is(1, "INDEX") || is(1, "KEY"))
            && opens(2)
        {
            at = closing(&tokens, at + 2)? + 1;
        } else {
            out.push(tokens[at].clone());
            at += 1;
        }
    }
    Ok(out)
}
