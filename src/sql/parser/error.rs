//! SYNTAX errors with a byte position, from sqlparser's lines and columns.

use gluesql::core::sqlparser::parser::ParserError;
use gluesql::core::sqlparser::tokenizer::Location;

use crate::error::{Code, Error};

/// Turns sqlparser's line and column (both from 1, in characters) into bytes.
pub struct Lines<'a> { text: &'a str }

impl<'a> Lines<'a> {
    pub fn new(text: &'a str) -> Self { Lines { text } }

    pub fn offset(&self, location: Location) -> usize { self.offsets(std::iter::once(location))[0] }

    /// For ascending locations, in one pass.
    pub fn offsets(&self, locations: impl Iterator<Item = Location>) -> Vec<usize> {
        let mut chars = self.text.char_indices().peekable();
        let (mut line, mut column) = (1, 1);
        locations
            .map(|location| loop {
                let Some((offset, ch)) = chars.peek().copied() else { break self.text.len() };
                if (line, column) >= (location.line, location.column) {
                    break offset;
                }
                chars.next();
                if ch == '\n' {
                    line += 1;
                    column = 1;
                } else {
                    column += 1;
                }
            })
            .collect()
    }
}

pub fn syntax(message: impl Into<String>, position: usize) -> Error { Error::new(Code::Syntax, message).at(position) }

/// sqlparser writes the location at the message's end.
pub fn from_parser(error: ParserError, text: &str, fallback: usize) -> Error {
    let message = match error {
        ParserError::ParserError(message) | ParserError::TokenizerError(message) => message,
        ParserError::RecursionLimitExceeded => {
            return syntax("the statement is nested too deeply", fallback);
        }
    };
    let (message, location) = message.rsplit_once(" at Line: ").unwrap_or((&message, ""));
    let position = location
        .split_once(", Column: ")
        .and_then(|(line, column)| Some(Location { line: line.parse().ok()?, column: column.trim().parse().ok()? }))
        .map_or(fallback, |location| Lines::new(text).offset(location));
    syntax(message.replace("Expected:", "expected").replace("found:", "found").replace("found EOF", "found the end"), position)
}
