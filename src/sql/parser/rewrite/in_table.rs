//! `x IN t` → `x IN (SELECT * FROM t)`, and `x IN (VALUES …)` → `x IN (SELECT * FROM (VALUES …))`.

use gluesql::core::sqlparser::keywords::Keyword;
use gluesql::core::sqlparser::tokenizer::Token;

use super::super::tokens::{closing, Tok};

pub fn in_table(tokens: Vec<Tok>) -> Vec<Tok> {
    let mut out: Vec<Tok> = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while at < tokens.len() {
        out.push(tokens[at].clone());
        at += 1;
        let follows_in = tokens[at - 1].keyword() == Keyword::IN && tokens[at - 1].word().is_some();
        let values = follows_in
            && tokens.get(at).is_some_and(|tok| tok.token == Token::LParen)
            && tokens.get(at + 1).is_some_and(|tok| tok.keyword() == Keyword::VALUES);
        if let Some(end) = values.then(|| closing(&tokens, at).ok()).flatten() {
            let place = tokens[at].clone();
            out.extend([place.clone(), place.with_word("SELECT"), place.with(Token::Mul), place.with_word("FROM")]);
            out.extend_from_slice(&tokens[at..=end]);
            out.push(place.with(Token::RParen));
            at = end + 1;
            continue;
        }
        let is_name = tokens.get(at).is_some_and(|tok| tok.name().is_some() && tok.keyword() != Keyword::UNNEST);
        let is_call = tokens.get(at + 1).is_some_and(|tok| tok.token == Token::LParen);
        if !follows_in || !is_name || is_call || in_position(&out) {
            continue;
        }
        let place = tokens[at].clone();
        out.push(place.with(Token::LParen));
        out.push(place.with_word("SELECT"));
        out.push(place.with(Token::Mul));
        out.push(place.with_word("FROM"));
        out.push(tokens[at].clone());
        at += 1;
        while tokens.get(at).is_some_and(|tok| tok.token == Token::Period) && at + 1 < tokens.len() {
            out.extend_from_slice(&tokens[at..at + 2]);
            at += 2;
        }
        out.push(place.with(Token::RParen));
    }
    out
}

/// Whether the innermost open parenthesis belongs to `POSITION(x IN y)`.
fn in_position(tokens: &[Tok]) -> bool {
    let mut depth = 0;
    for (at, tok) in tokens.iter().enumerate().rev() {
        match tok.token {
            Token::RParen => depth += 1,
            Token::LParen if depth == 0 => return at > 0 && tokens[at - 1].is_word("POSITION"),
            Token::LParen => depth -= 1,
            _ => {}
        }
    }
    false
}
