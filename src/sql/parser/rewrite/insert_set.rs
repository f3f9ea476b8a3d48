//! `INSERT INTO t SET a = 1, b = 2 …` → `INSERT INTO t (a, b) VALUES (1, 2) …`.

use gluesql::core::sqlparser::keywords::Keyword;
use gluesql::core::sqlparser::tokenizer::Token;

use super::super::error::syntax;
use super::super::tokens::Tok;
use crate::error::Result;

pub fn insert_set(tokens: Vec<Tok>) -> Result<Vec<Tok>> {
    let is_head = |tok: &Tok| {
        matches!(tok.keyword(), Keyword::INSERT | Keyword::INTO) || tok.name().is_some() || tok.token == Token::Period
    };
    let Some(set) = tokens.iter().take(8).position(|tok| tok.keyword() == Keyword::SET) else { return Ok(tokens) };
    if !tokens[..set].iter().all(is_head) {
        return Ok(tokens);
    }
    let end = tokens.iter().position(|tok| tok.keyword() == Keyword::ON || tok.keyword() == Keyword::RETURNING);
    let end = end.unwrap_or(tokens.len());
    let (mut columns, mut values): (Vec<Tok>, Vec<Vec<Tok>>) = Default::default();
    let mut at = set + 1;
    while at < end {
        let is_assignment = tokens[at].name().is_some() && tokens.get(at + 1).is_some_and(|tok| tok.token == Token::Eq);
        if !is_assignment {
            return Err(syntax("expected column = value after SET", tokens[at].start));
        }
        columns.push(tokens[at].clone());
        at += 2;
        let start = at;
        let mut depth = 0usize;
        while at < end && (depth > 0 || tokens[at].token != Token::Comma) {
            match tokens[at].token {
                Token::LParen => depth += 1,
                Token::RParen => depth = depth.saturating_sub(1),
                _ => {}
            }
            at += 1;
        }
        values.push(tokens[start..at].to_vec());
        at += 1;
    }
    let place = &tokens[set];
    let comma = place.with(Token::Comma);
    let columns: Vec<Vec<Tok>> = columns.into_iter().map(|tok| vec![tok]).collect();
    let mut out = tokens[..set].to_vec();
    for (list, before) in [(columns, None), (values, Some(place.with_word("VALUES")))] {
        out.extend(before);
        out.push(place.with(Token::LParen));
        out.extend(list.join(&comma));
        out.push(place.with(Token::RParen));
    }
    out.extend_from_slice(&tokens[end..]);
    Ok(out)
}
