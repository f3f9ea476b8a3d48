//! Words of a definition with their places, so that expressions can be kept as the user typed them.

use crate::error::{Code, Error, Result};

/// What a token is; its text is the slice of the statement between `start` and `end`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A bare word: keyword or identifier.
    Word,
    /// A quoted identifier, unquoted.
    Quoted(String),
    /// A string literal, unquoted.
    String(String),
    Number,
    /// One character, or `::`, `||` and other operators, of which definitions ask nothing.
    Symbol,
    End,
}

#[derive(Clone, Debug)]
pub struct Token { pub kind: Kind, pub start: usize, pub end: usize }

/// At most `limit` tokens of `sql` from byte `start` on, comments left out, closed by an `End`.
pub fn tokens(sql: &str, start: usize, limit: usize) -> Result<Vec<Token>> {
    let bytes = sql.as_bytes();
    let mut tokens = Vec::new();
    let mut at = start;
    while at < bytes.len() && tokens.len() < limit {
        let start = at;
        let kind = match bytes[at] {
            byte if byte.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            b'-' if bytes.get(at + 1) == Some(&b'-') => {
                at = sql[at..].find('\n').map_or(bytes.len(), |length| at + length);
                continue;
            }
            b'#' => {
                at = sql[at..].find('\n').map_or(bytes.len(), |length| at + length);
                continue;
            }
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                let length = sql[at + 2..].find("*/").ok_or_else(|| unclosed("comment", start))?;
                at += 2 + length + 2;
                continue;
            }
            quote @ (b'\'' | b'"' | b'`') => {
                let (text, end) = quoted(sql, at, quote, quote).ok_or_else(|| unclosed("quote", start))?;
                at = end;
                if quote == b'\'' { Kind::String(text) } else { Kind::Quoted(text) }
            }
            b'[' if bytes.get(at + 1).is_some_and(|next| next.is_ascii_alphabetic() || *next == b'_') => {
                let (text, end) = quoted(sql, at, b'[', b']').ok_or_else(|| unclosed("bracket", start))?;
                at = end;
                Kind::Quoted(text)
            }
            byte if byte.is_ascii_digit() || (byte == b'.' && bytes.get(at + 1).is_some_and(u8::is_ascii_digit)) => {
                at = number_end(bytes, at);
                Kind::Number
            }
            byte if is_word(byte) => {
                while at < bytes.len() && (is_word(bytes[at]) || bytes[at].is_ascii_digit()) {
                    at += 1;
                }
                Kind::Word
            }
            _ => {
                at += 1;
                Kind::Symbol
            }
        };
        tokens.push(Token { kind, start, end: at });
    }
    tokens.push(Token { kind: Kind::End, start: bytes.len(), end: bytes.len() });
    Ok(tokens)
}

fn is_word(byte: u8) -> bool { byte.is_ascii_alphabetic() || byte == b'_' || byte == b'$' || byte >= 0x80 }

fn number_end(bytes: &[u8], mut at: usize) -> usize {
    if bytes[at] == b'0' && matches!(bytes.get(at + 1), Some(b'x' | b'X')) {
        at += 2;
        while bytes.get(at).is_some_and(u8::is_ascii_hexdigit) {
            at += 1;
        }
        return at;
    }
    while bytes.get(at).is_some_and(|byte| byte.is_ascii_digit() || *byte == b'.') {
        at += 1;
    }
    let exponent = bytes.get(at).is_some_and(|byte| byte.eq_ignore_ascii_case(&b'e'));
    let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
    if exponent && bytes.get(at + 1 + sign).is_some_and(u8::is_ascii_digit) {
        at += 1 + sign;
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
    }
    at
}

/// The text between quotes, a doubled closing quote being one, and where it ends.
fn quoted(sql: &str, start: usize, open: u8, close: u8) -> Option<(String, usize)> {
    debug_assert_eq!(sql.as_bytes()[start], open);
    let close = char::from(close);
    let mut text = String::new();
    let mut chars = sql[start + 1..].char_indices().peekable();
    while let Some((offset, char)) = chars.next() {
        if char != close {
            text.push(char);
        } else if chars.peek().is_some_and(|(_, next)| *next == close) && close != ']' {
            text.push(close);
            chars.next();
        } else {
            return Some((text, start + 1 + offset + 1));
        }
    }
    None
}

fn unclosed(what: &str, at: usize) -> Error { Error::new(Code::Syntax, format!("{what} is not closed")).at(at) }

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(sql: &str) -> Vec<&str> {
        let tokens = tokens(sql, 0, usize::MAX).unwrap();
        tokens.iter().map(|token| &sql[token.start..token.end]).collect()
    }

    #[test]
    fn words_quotes_numbers_and_comments() {
        assert_eq!(texts("a 'it''s' -- c\n/* d */1.5e-3;"), ["a", "'it''s'", "1.5e-3", ";", ""]);
        assert_eq!(tokens("\"a\"\"b\"", 0, usize::MAX).unwrap()[0].kind, Kind::Quoted("a\"b".into()));
        assert_eq!(tokens("[a b]", 0, usize::MAX).unwrap()[0].kind, Kind::Quoted("a b".into()));
        assert_eq!(tokens("'ü'", 0, usize::MAX).unwrap()[0].kind, Kind::String("ü".into()));
    }

    #[test]
    fn an_open_quote_names_its_place() {
        let error = tokens("CREATE 'x", 0, usize::MAX).unwrap_err();
        assert_eq!((error.code(), error.position()), (Code::Syntax, Some(7)));
    }
}
