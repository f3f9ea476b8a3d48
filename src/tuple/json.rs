//! JSON as a tree that keeps every number, string and repeated key as it was spelled, which a general JSON library
//! would respell.

use std::rc::Rc;

use super::real::real_to_text;
use super::Value;
use crate::error::{Error, Result};

/// Numbers and strings are kept as spelled; a string without its quotes, escapes untouched.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    Null,
    True,
    False,
    Number(Rc<str>),
    String(Rc<str>),
    Array(Vec<Json>),
    Object(Vec<(Rc<str>, Json)>),
}

/// Arrays and objects inside each other, as in SQLite.
const DEEPEST: usize = 1000;

impl Json {
    /// RFC 8259, nothing looser.
    pub fn parse(text: &str) -> Result<Json> {
        Json::check(text).map_err(|at| Error::bad_argument(format!("malformed JSON at byte {at}")))
    }

    /// As [`Json::parse`]; the error is the byte where the text is none.
    pub fn check(text: &str) -> std::result::Result<Json, usize> {
        let mut reader = Reader { text, at: 0 };
        let found = reader.value(0);
        if found.is_some() {
            reader.space();
        }
        found.filter(|_| reader.at == text.len()).ok_or(reader.at)
    }

    /// An SQL value as JSON: a text is a string, not read.
    pub fn of(value: &Value) -> Result<Json> {
        Ok(match value {
            Value::Null => Json::Null,
            Value::Int(int) => Json::Number(int.to_string().into()),
            Value::Decimal(decimal) => Json::Number(decimal.to_string().into()),
            Value::Real(real) if real.is_infinite() => Json::Number(if *real > 0.0 { "9.0e+999" } else { "-9.0e+999" }.into()),
            Value::Real(real) => Json::Number(real_to_text(*real).into()),
            Value::Text(text) => Json::string(text),
            Value::Blob(_) => return Err(Error::unsupported("JSON cannot hold BLOB values, and JSONB is not supported")),
        })
    }

    pub fn string(text: &str) -> Json { Json::String(escape(text).into()) }

    /// As SQL sees it: strings without quotes and escapes, arrays and objects as their text.
    pub fn value(&self) -> Value {
        match self {
            Json::Null => Value::Null,
            Json::True => Value::Int(1),
            Json::False => Value::Int(0),
            Json::Number(number) => number.parse().map_or_else(|_| number.parse().map_or(Value::Null, Value::real), Value::Int),
            Json::String(raw) => unescape(raw).into(),
            nested => nested.to_string().into(),
        }
    }

    pub fn type_name(&self) -> &'static str {
        match self {
            Json::Null => "null",
            Json::True => "true",
            Json::False => "false",
            Json::Number(number) if number.contains(['.', 'e', 'E']) => "real",
            Json::Number(_) => "integer",
            Json::String(_) => "text",
            Json::Array(_) => "array",
            Json::Object(_) => "object",
        }
    }

    pub fn is_nested(&self) -> bool { matches!(self, Json::Array(_) | Json::Object(_)) }

    /// With line breaks and `indent` for each level.
    pub fn pretty(&self, indent: &str) -> String {
        let mut out = String::new();
        self.write(&mut out, Some(indent), 0);
        out
    }

    fn write(&self, out: &mut String, indent: Option<&str>, depth: usize) {
        match self {
            Json::Null => out.push_str("null"),
            Json::True => out.push_str("true"),
            Json::False => out.push_str("false"),
            Json::Number(number) => out.push_str(number),
            Json::String(raw) => string(out, raw),
            Json::Array(items) => enclosed(out, ['[', ']'], indent, depth, items, |out, item| item.write(out, indent, depth + 1)),
            Json::Object(members) => enclosed(out, ['{', '}'], indent, depth, members, |out, (key, item)| {
                string(out, key);
                out.push_str(if indent.is_some() { ": " } else { ":" });
                item.write(out, indent, depth + 1);
            }),
        }
    }
}

impl std::fmt::Display for Json {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut out = String::new();
        self.write(&mut out, None, 0);
        f.write_str(&out)
    }
}

fn string(out: &mut String, raw: &str) {
    out.push('"');
    out.push_str(raw);
    out.push('"');
}

fn enclosed<T>(out: &mut String, marks: [char; 2], indent: Option<&str>, depth: usize, items: &[T], write: impl Fn(&mut String, &T)) {
    let line = |out: &mut String, depth: usize| {
        if let Some(indent) = indent {
            out.push('\n');
            (0..depth).for_each(|_| out.push_str(indent));
        }
    };
    out.push(marks[0]);
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        line(out, depth + 1);
        write(out, item);
    }
    if !items.is_empty() {
        line(out, depth);
    }
    out.push(marks[1]);
}

/// A text as a JSON string with its quotes.
pub fn quoted(text: &str) -> String { format!("\"{}\"", escape(text)) }

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out
}

/// What a string's spelling stands for. A surrogate without its other half becomes U+FFFD.
pub fn unescape(raw: &str) -> String {
    if !raw.contains('\\') {
        return raw.to_string();
    }
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let escape = rest.as_bytes().get(at + 1).copied().unwrap_or(b'\\');
        rest = rest.get(at + 2..).unwrap_or_default();
        match escape {
            b'n' => out.push('\n'),
            b'r' => out.push('\r'),
            b't' => out.push('\t'),
            b'b' => out.push('\x08'),
            b'f' => out.push('\x0c'),
            b'u' => {
                let unit = |text: &str| text.get(..4).and_then(|digits| u32::from_str_radix(digits, 16).ok());
                let high = unit(rest).unwrap_or(0xfffd);
                rest = rest.get(4..).unwrap_or_default();
                let low = rest.strip_prefix("\\u").and_then(unit).filter(|low| (0xdc00..0xe000).contains(low));
                match low.filter(|_| (0xd800..0xdc00).contains(&high)) {
                    Some(low) => {
                        rest = &rest[6..];
                        out.push(char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)).unwrap_or('\u{fffd}'));
                    }
                    None => out.push(char::from_u32(high).unwrap_or('\u{fffd}')),
                }
            }
            other => out.push(other as char),
        }
    }
    out + rest
}

struct Reader<'t> { text: &'t str, at: usize }

/// `None`: what stands at `at` is no JSON.
impl Reader<'_> {
    fn peek(&self) -> Option<u8> { self.text.as_bytes().get(self.at).copied() }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn value(&mut self, depth: usize) -> Option<Json> {
        self.space();
        match self.peek()? {
            b'{' | b'[' if depth >= DEEPEST => None,
            b'{' => {
                let mut members = Vec::new();
                self.list(b'}', |reader| {
                    reader.space();
                    let key = reader.string()?;
                    reader.space();
                    if !reader.take(b':') {
                        return None;
                    }
                    members.push((key, reader.value(depth + 1)?));
                    Some(())
                })?;
                Some(Json::Object(members))
            }
            b'[' => {
                let mut items = Vec::new();
                self.list(b']', |reader| {
                    items.push(reader.value(depth + 1)?);
                    Some(())
                })?;
                Some(Json::Array(items))
            }
            b'"' => self.string().map(Json::String),
            b'n' => self.word("null", Json::Null),
            b't' => self.word("true", Json::True),
            b'f' => self.word("false", Json::False),
            _ => self.number().map(Json::Number),
        }
    }

    /// From the opening mark to `end`.
    fn list(&mut self, end: u8, mut item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.at += 1;
        self.space();
        if self.take(end) {
            return Some(());
        }
        loop {
            item(self)?;
            self.space();
            if self.take(end) {
                return Some(());
            }
            if !self.take(b',') {
                return None;
            }
        }
    }

    fn word(&mut self, word: &str, json: Json) -> Option<Json> {
        let found = self.text[self.at..].starts_with(word);
        self.at += if found { word.len() } else { 0 };
        found.then_some(json)
    }

    fn string(&mut self) -> Option<Rc<str>> {
        if !self.take(b'"') {
            return None;
        }
        let start = self.at;
        loop {
            match self.peek()? {
                b'"' => {
                    self.at += 1;
                    return Some(self.text[start..self.at - 1].into());
                }
                b'\\' => {
                    self.at += 1;
                    match self.peek()? {
                        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.at += 1,
                        b'u' => {
                            let digits = self.text.as_bytes().get(self.at + 1..self.at + 5)?;
                            if !digits.iter().all(u8::is_ascii_hexdigit) {
                                return None;
                            }
                            self.at += 5;
                        }
                        _ => return None,
                    }
                }
                0..=0x1f => return None,
                _ => self.at += 1,
            }
        }
    }

    fn number(&mut self) -> Option<Rc<str>> {
        let start = self.at;
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _ = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        Some(self.text[start..self.at].into())
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written_as_it_was_spelled() {
        for (text, shown) in [
            (" { \"a\" : [ 1 , 2.50 , -0 , 1E+2 ] , \"a\" : \"x\\u0041\\n\" } ", r#"{"a":[1,2.50,-0,1E+2],"a":"x\u0041\n"}"#),
            ("[]", "[]"),
            ("null", "null"),
            (r#"{"ü":{}}"#, r#"{"ü":{}}"#),
        ] {
            assert_eq!(Json::parse(text).unwrap().to_string(), shown);
        }
        for text in ["", "{", "[1,]", "01", "1.", ".5", "+1", "{a:1}", "'x'", "[1 2]", "\"\\x\"", "\"\n\"", "nul", "1 1", "NaN", "\"\\u12g4\""] {
            assert!(Json::parse(text).is_err(), "{text}");
        }
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(Json::parse(&nested(DEEPEST)).is_ok());
        assert!(Json::parse(&nested(DEEPEST + 1)).is_err());
    }

    #[test]
    fn values_go_in_and_out() {
        assert_eq!(Json::parse(r#""\ud83d\ude00 \u00e4\/\t\ud83d""#).unwrap().value(), "😀 ä/\t\u{fffd}".into());
        assert_eq!(Json::parse("12345678901234567890").unwrap().value(), Value::Real(12345678901234567890.0));
        assert_eq!(Json::of(&"a\"\\\u{1}\n".into()).unwrap().to_string(), r#""a\"\\\u0001\n""#);
        assert_eq!(Json::parse("[1,{\"a\":[]}]").unwrap().pretty("  "), "[\n  1,\n  {\n    \"a\": []\n  }\n]");
    }
}
