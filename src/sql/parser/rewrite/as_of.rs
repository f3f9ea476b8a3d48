//! `t AS OF 'rev' a` → `t(⟨as of⟩, 'rev') a`: a table's revision as its arguments, with a mark that nobody can type.
//! The revision is a literal, a bare name (`STAGED`), a parameter, `TIMESTAMP '…'` or a call.

use gluesql::core::sqlparser::keywords::Keyword;
use gluesql::core::sqlparser::tokenizer::Token;

use super::super::tokens::{closing, Tok};
use crate::error::Result;

pub const AS_OF_MARK: &str = "\u{1}as of";

pub fn as_of(tokens: Vec<Tok>) -> Result<Vec<Tok>> {
    let is_as_of = |at: usize| {
        tokens[at].keyword() == Keyword::AS && tokens.get(at + 1).is_some_and(|next| next.is_word("OF"))
    };
    if !(0..tokens.len()).any(is_as_of) {
        return Ok(tokens);
    }
    let mut out = Vec::with_capacity(tokens.len() + 4);
    let mut at = 0;
    while at < tokens.len() {
        let length = if at > 0 && is_as_of(at) && tokens[at - 1].name().is_some() {
            revision(&tokens, at + 2)?
        } else {
            0
        };
        if length == 0 {
            out.push(tokens[at].clone());
            at += 1;
            continue;
        }
        out.push(tokens[at].with(Token::LParen));
        out.push(tokens[at].with_placeholder(AS_OF_MARK));
        out.push(tokens[at].with(Token::Comma));
        match tokens[at + 2].bare_name().filter(|_| length == 1) {
            Some(name) => out.push(tokens[at + 2].with(Token::SingleQuotedString(name.to_string()))),
            None => out.extend_from_slice(&tokens[at + 2..at + 2 + length]),
        }
        out.push(tokens[at + 1].with(Token::RParen));
        at += 2 + length;
    }
    Ok(out)
}

/// How many tokens at `at` are a revision.
fn revision(tokens: &[Tok], at: usize) -> Result<usize> {
    let Some(first) = tokens.get(at) else { return Ok(0) };
    let next = tokens.get(at + 1).map(|tok| &tok.token);
    Ok(match (&first.token, next) {
        (Token::SingleQuotedString(_) | Token::Placeholder(_) | Token::Number(..), _) => 1,
        (Token::Word(word), _) if word.quote_style == Some('"') => 1,
        (Token::Word(_), Some(Token::SingleQuotedString(_))) => 2,
        (Token::Word(_), Some(Token::LParen)) => closing(tokens, at + 1)? - at + 1,
        (Token::Word(_), _) if first.bare_name().is_some() => 1,
        _ => 0,
    })
}
