//! Text to tokens that know their bytes, and statements apart.

use std::ops::Range;

use gluesql::core::sqlparser::keywords::Keyword;
use gluesql::core::sqlparser::tokenizer::{Location, Token, TokenWithLocation, Tokenizer};

use super::dialect::Prollite;
use super::error::{syntax, Lines};
use crate::error::{Error, Result};

/// A token and the bytes it stands on. Tokens that a rewrite puts in stand where the rewritten ones stood.
#[derive(Clone, Debug, PartialEq)]
pub struct Tok { pub token: Token, pub location: Location, pub start: usize, pub end: usize }

impl Tok {
    pub fn keyword(&self) -> Keyword {
        match &self.token {
            Token::Word(word) => word.keyword,
            _ => Keyword::NoKeyword,
        }
    }

    /// The word's text, unquoted words only.
    pub fn word(&self) -> Option<&str> {
        match &self.token {
            Token::Word(word) if word.quote_style.is_none() => Some(&word.value),
            _ => None,
        }
    }

    /// Any word's text, quoted or not.
    pub fn name(&self) -> Option<&str> {
        match &self.token {
            Token::Word(word) => Some(&word.value),
            _ => None,
        }
    }

    /// A word that is no keyword, and no variable: `main`, `HEAD`, `STAGED`.
    pub fn bare_name(&self) -> Option<&str> {
        let name = self.word().filter(|word| !word.starts_with('@'))?;
        let known = ["HEAD", "STAGED", "WORKING"].iter().any(|own| name.eq_ignore_ascii_case(own));
        (known || self.keyword() == Keyword::NoKeyword).then_some(name)
    }

    pub fn is_word(&self, text: &str) -> bool { self.word().is_some_and(|word| word.eq_ignore_ascii_case(text)) }

    /// Another token in this one's place.
    pub fn with(&self, token: Token) -> Tok { Tok { token, ..self.clone() } }
    pub fn with_word(&self, text: &str) -> Tok { self.with(Token::make_word(text, None)) }
    pub fn with_placeholder(&self, text: impl Into<String>) -> Tok { self.with(Token::Placeholder(text.into())) }

    pub fn located(self) -> TokenWithLocation { TokenWithLocation { token: self.token, location: self.location } }
}

/// All tokens but white space and comments.
pub fn tokenize(text: &str) -> Result<Vec<Tok>> {
    let lines = Lines::new(text);
    let raw = Tokenizer::new(&Prollite, text)
        .tokenize_with_location()
        .map_err(|error| syntax(error.message.trim_end_matches(' '), lines.offset(error.location)))?;
    let starts: Vec<usize> = lines.offsets(raw.iter().map(|token| token.location));
    let mut tokens = Vec::with_capacity(raw.len());
    for (at, TokenWithLocation { token, location }) in raw.into_iter().enumerate() {
        if !matches!(token, Token::Whitespace(_)) {
            let end = starts.get(at + 1).copied().unwrap_or(text.len());
            tokens.push(Tok { token, location, start: starts[at], end });
        }
    }
    Ok(tokens)
}

/// The ranges of tokens that are statements, empty ones left out. A trigger's body is part of its statement.
pub fn split(tokens: &[Tok]) -> Vec<Range<usize>> {
    let mut statements = Vec::new();
    let mut start = 0;
    for (at, tok) in tokens.iter().enumerate() {
        if tok.token == Token::SemiColon && !inside_trigger(&tokens[start..at]) {
            if at > start {
                statements.push(start..at);
            }
            start = at + 1;
        }
    }
    if start < tokens.len() {
        statements.push(start..tokens.len());
    }
    statements
}

fn inside_trigger(tokens: &[Tok]) -> bool {
    let mut head = tokens.iter().take(4);
    let count = |keyword: Keyword| tokens.iter().filter(|tok| tok.keyword() == keyword).count();
    tokens.first().is_some_and(|tok| tok.keyword() == Keyword::CREATE)
        && head.any(|tok| tok.keyword() == Keyword::TRIGGER)
        // Each CASE has an END of its own.
        && !(tokens.last().is_some_and(|tok| tok.keyword() == Keyword::END) && count(Keyword::END) > count(Keyword::CASE))
}

/// The index of the parenthesis that closes the one at `open`.
pub fn closing(tokens: &[Tok], open: usize) -> Result<usize> {
    let mut depth = 0usize;
    for (at, tok) in tokens.iter().enumerate().skip(open) {
        match tok.token {
            Token::LParen => depth += 1,
            Token::RParen => {
                depth -= 1;
                if depth == 0 {
                    return Ok(at);
                }
            }
            _ => {}
        }
    }
    Err(unclosed(&tokens[open]))
}

fn unclosed(tok: &Tok) -> Error { syntax("this parenthesis is never closed", tok.start) }
