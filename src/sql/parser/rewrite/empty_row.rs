//! MySQL's `INSERT INTO t () VALUES (), ()` → `INSERT INTO t VALUES (⟨mark⟩), (⟨mark⟩)`: rows of defaults.

use gluesql::core::sqlparser::keywords::Keyword;
use gluesql::core::sqlparser::tokenizer::Token;

use super::super::tokens::Tok;

/// An identifier that no text spells.
pub const ALL_DEFAULTS: &str = "\u{1}defaults";

pub fn empty_row(tokens: Vec<Tok>) -> Vec<Tok> {
    let Some(values) = tokens.iter().position(|tok| tok.keyword() == Keyword::VALUES) else { return tokens };
    let mut out = Vec::with_capacity(tokens.len());
    let mut tokens = tokens.into_iter().enumerate().peekable();
    while let Some((at, tok)) = tokens.next() {
        let is_empty = tok.token == Token::LParen && tokens.peek().is_some_and(|(_, next)| next.token == Token::RParen);
        // Elsewhere it is a call without arguments.
        let follows = out.last().is_some_and(|last: &Tok| last.keyword() == Keyword::VALUES || last.token == Token::Comma);
        match (is_empty, at + 2 == values, at > values && follows) {
            (true, true, _) => {
                tokens.next();
            }
            (true, _, true) => {
                let mark = tok.with(Token::make_word(ALL_DEFAULTS, Some('`')));
                out.extend([tok, mark]);
            }
            _ => out.push(tok),
        }
    }
    out
}
