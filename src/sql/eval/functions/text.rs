//! Functions of text and bytes. Lengths and positions count characters of text and bytes of blobs, as in SQLite.

use std::rc::Rc;

use super::{pure, Function, MANY};
use crate::error::{Code, Error, Result};
use crate::sql::eval::convert::{to_int, to_text};
use crate::tuple::Value;

pub const LIST: &[Function] = &[
    pure("length", 1, 1, length),
    pure("len", 1, 1, length),
    pure("char_length", 1, 1, length),
    pure("character_length", 1, 1, length),
    pure("octet_length", 1, 1, octet_length),
    pure("lower", 1, 1, |a| map(&a[0], |text| text.to_ascii_lowercase())),
    pure("lcase", 1, 1, |a| map(&a[0], |text| text.to_ascii_lowercase())),
    pure("upper", 1, 1, |a| map(&a[0], |text| text.to_ascii_uppercase())),
    pure("ucase", 1, 1, |a| map(&a[0], |text| text.to_ascii_uppercase())),
    pure("trim", 1, 2, |a| trim(a, true, true)),
    pure("ltrim", 1, 2, |a| trim(a, true, false)),
    pure("rtrim", 1, 2, |a| trim(a, false, true)),
    pure("substr", 2, 3, substr),
    pure("substring", 2, 3, substr),
    pure("mid", 2, 3, substr),
    pure("left", 2, 2, left),
    pure("right", 2, 2, right),
    pure("replace", 3, 3, replace),
    pure("instr", 2, 2, instr),
    pure("locate", 2, 3, locate),
    pure("reverse", 1, 1, |a| map(&a[0], |text| text.chars().rev().collect())),
    pure("repeat", 2, 2, repeat),
    pure("space", 1, 1, |a| repeat(&[" ".into(), a[0].clone()])),
    pure("lpad", 2, 3, |a| pad(a, true)),
    pure("rpad", 2, 3, |a| pad(a, false)),
    pure("concat", 1, MANY, concat),
    pure("concat_ws", 2, MANY, concat_ws),
    pure("substring_index", 3, 3, substring_index),
    pure("hex", 1, 1, hex),
    pure("unhex", 1, 2, unhex),
    pure("char", 0, MANY, char_of),
    pure("unicode", 1, 1, unicode),
    pure("ascii", 1, 1, ascii),
    pure("field", 2, MANY, field),
    pure("elt", 2, MANY, elt),
    pure("find_in_set", 2, 2, find_in_set),
    pure("strcmp", 2, 2, strcmp),
    pure("split_part", 3, 3, split_part),
    pure("starts_with", 2, 2, |a| Ok(both(a).map_or(Value::Null, |(text, start)| Value::bool(text.starts_with(&*start))))),
    pure("insert", 4, 4, insert),
    pure("ord", 1, 1, ascii),
    pure("bit_length", 1, 1, |a| Ok(match octet_length(a)? { Value::Int(n) => Value::Int(n * 8), none => none })),
    pure("to_base64", 1, 1, to_base64),
    pure("from_base64", 1, 1, from_base64),
];

/// No value that a function makes is larger.
const MAX_BYTES: usize = 64 << 20;

pub(super) fn checked(text: String, what: &str) -> Result<Value> {
    if text.len() > MAX_BYTES {
        return Err(too_large(what));
    }
    Ok(text.into())
}

fn too_large(what: &str) -> Error { Error::new(Code::BadArgument, format!("{what}() would make a value over {MAX_BYTES} bytes")) }

fn map(value: &Value, f: impl Fn(&str) -> String) -> Result<Value> { Ok(to_text(value).map(|text| f(&text)).into()) }

fn length(a: &[Value]) -> Result<Value> {
    Ok(match &a[0] {
        Value::Null => Value::Null,
        Value::Blob(bytes) => Value::Int(bytes.len() as i64),
        other => Value::Int(to_text(other).unwrap_or_default().chars().count() as i64),
    })
}

fn octet_length(a: &[Value]) -> Result<Value> {
    Ok(match &a[0] {
        Value::Blob(bytes) => Value::Int(bytes.len() as i64),
        other => to_text(other).map(|text| text.len() as i64).into(),
    })
}

fn trim(a: &[Value], start: bool, end: bool) -> Result<Value> {
    let Some(text) = to_text(&a[0]) else { return Ok(Value::Null) };
    let set: Vec<char> = match a.get(1) {
        None => vec![' '],
        Some(set) => match to_text(set) {
            None => return Ok(Value::Null),
            Some(set) => set.chars().collect(),
        },
    };
    let mut rest: &str = &text;
    if start {
        rest = rest.trim_start_matches(|c| set.contains(&c));
    }
    if end {
        rest = rest.trim_end_matches(|c| set.contains(&c));
    }
    Ok(rest.into())
}

/// SQLite's substr: positions from 1, negative ones from the end; a negative length takes what stands before.
fn substr(a: &[Value]) -> Result<Value> {
    let (Some(start), Some(length)) = (to_int(&a[1]), a.get(2).map_or(Some(i64::MAX), to_int)) else {
        return Ok(Value::Null);
    };
    match &a[0] {
        Value::Null => Ok(Value::Null),
        // SQLite's empty blob has no bytes to take from.
        Value::Blob(bytes) if bytes.is_empty() => Ok(Value::Null),
        Value::Blob(bytes) => {
            let (from, to) = span(bytes.len(), start, length);
            Ok(Value::blob(&bytes[from..to]))
        }
        other => {
            let text = to_text(other).unwrap_or_default();
            let (from, to) = span(text.chars().count(), start, length);
            Ok(text.chars().skip(from).take(to - from).collect::<String>().into())
        }
    }
}

fn span(count: usize, start: i64, length: i64) -> (usize, usize) {
    let count = count as i128;
    let (mut start, mut length) = (i128::from(start), i128::from(length));
    if start > 0 {
        start -= 1;
    } else if start < 0 {
        start += count;
        if start < 0 {
            if length >= 0 {
                length = (length + start).max(0);
            }
            start = 0;
        }
    } else if length > 0 {
        length -= 1;
    }
    let (from, to) = if length < 0 { (start + length, start) } else { (start, start + length) };
    let from = from.clamp(0, count);
    (from as usize, to.clamp(from, count) as usize)
}

fn left(a: &[Value]) -> Result<Value> {
    let (Some(text), Some(count)) = (to_text(&a[0]), to_int(&a[1])) else { return Ok(Value::Null) };
    Ok(text.chars().take(count.max(0) as usize).collect::<String>().into())
}

fn right(a: &[Value]) -> Result<Value> {
    let (Some(text), Some(count)) = (to_text(&a[0]), to_int(&a[1])) else { return Ok(Value::Null) };
    let skip = text.chars().count().saturating_sub(count.max(0) as usize);
    Ok(text.chars().skip(skip).collect::<String>().into())
}

fn replace(a: &[Value]) -> Result<Value> {
    let (Some(text), Some(from)) = (to_text(&a[0]), to_text(&a[1])) else { return Ok(Value::Null) };
    if from.is_empty() {
        return Ok(Value::Text(text));
    }
    let Some(to) = to_text(&a[2]) else { return Ok(Value::Null) };
    let growth = text.matches(&*from).count().saturating_mul(to.len());
    if growth > MAX_BYTES {
        return Err(too_large("replace"));
    }
    Ok(text.replace(&*from, &to).into())
}

fn instr(a: &[Value]) -> Result<Value> {
    if let (Value::Blob(hay), Value::Blob(needle)) = (&a[0], &a[1]) {
        let at = if needle.is_empty() { Some(0) } else { hay.windows(needle.len()).position(|window| window == &**needle) };
        return Ok(Value::Int(at.map_or(0, |at| at as i64 + 1)));
    }
    let (Some(hay), Some(needle)) = (to_text(&a[0]), to_text(&a[1])) else { return Ok(Value::Null) };
    Ok(Value::Int(position(&hay, &needle)))
}

fn position(hay: &str, needle: &str) -> i64 { hay.find(needle).map_or(0, |at| hay[..at].chars().count() as i64 + 1) }

/// MySQL's LOCATE(needle, hay [, from]).
fn locate(a: &[Value]) -> Result<Value> {
    let (Some(needle), Some(hay)) = (to_text(&a[0]), to_text(&a[1])) else { return Ok(Value::Null) };
    let from = match a.get(2) {
        None => 1,
        Some(from) => match to_int(from) {
            None => return Ok(Value::Null),
            Some(from) if from < 1 => return Ok(Value::Int(0)),
            Some(from) => from,
        },
    };
    let rest: String = hay.chars().skip(from as usize - 1).collect();
    Ok(Value::Int(match position(&rest, &needle) {
        0 => 0,
        at => at + from - 1,
    }))
}

fn repeat(a: &[Value]) -> Result<Value> {
    let (Some(text), Some(count)) = (to_text(&a[0]), to_int(&a[1])) else { return Ok(Value::Null) };
    let count = count.max(0) as usize;
    if text.len().saturating_mul(count) > MAX_BYTES {
        return Err(too_large("repeat"));
    }
    Ok(text.repeat(count).into())
}

fn pad(a: &[Value], left: bool) -> Result<Value> {
    let filler = a.get(2).map_or(Some(Rc::from(" ")), to_text);
    let (Some(text), Some(width), Some(filler)) = (to_text(&a[0]), to_int(&a[1]), filler) else { return Ok(Value::Null) };
    let (width, count) = (width.max(0) as usize, text.chars().count());
    if width > MAX_BYTES {
        return Err(too_large(if left { "lpad" } else { "rpad" }));
    }
    if count >= width {
        return Ok(text.chars().take(width).collect::<String>().into());
    }
    if filler.is_empty() {
        return Ok(Value::text(""));
    }
    let padding: String = filler.chars().cycle().take(width - count).collect();
    Ok(if left { format!("{padding}{text}") } else { format!("{text}{padding}") }.into())
}

/// MySQL's: NULL if any argument is.
fn concat(a: &[Value]) -> Result<Value> {
    let mut out = String::new();
    for value in a {
        match to_text(value) {
            None => return Ok(Value::Null),
            Some(text) => out.push_str(&text),
        }
    }
    checked(out, "concat")
}

fn concat_ws(a: &[Value]) -> Result<Value> {
    let Some(separator) = to_text(&a[0]) else { return Ok(Value::Null) };
    let parts: Vec<Rc<str>> = a[1..].iter().filter_map(to_text).collect();
    checked(parts.join(&*separator), "concat_ws")
}

fn substring_index(a: &[Value]) -> Result<Value> {
    let (Some(text), Some(delimiter), Some(count)) = (to_text(&a[0]), to_text(&a[1]), to_int(&a[2])) else {
        return Ok(Value::Null);
    };
    if delimiter.is_empty() || count == 0 {
        return Ok(Value::text(""));
    }
    let parts: Vec<&str> = text.split(&*delimiter).collect();
    let wanted = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX).min(parts.len());
    let kept = if count > 0 { &parts[..wanted] } else { &parts[parts.len() - wanted..] };
    Ok(kept.join(&*delimiter).into())
}

fn hex(a: &[Value]) -> Result<Value> {
    let bytes: Rc<[u8]> = match &a[0] {
        Value::Blob(bytes) => bytes.clone(),
        other => to_text(other).unwrap_or_default().as_bytes().into(),
    };
    Ok(hex_of(&bytes).into())
}

pub(super) fn hex_of(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    bytes.iter().flat_map(|byte| [DIGITS[usize::from(byte >> 4)] as char, DIGITS[usize::from(byte & 15)] as char]).collect()
}

fn unhex(a: &[Value]) -> Result<Value> {
    let ignored = a.get(1).map_or(Some(Rc::from("")), to_text);
    let (Some(text), Some(ignored)) = (to_text(&a[0]), ignored) else { return Ok(Value::Null) };
    let digits: Option<Vec<u8>> =
        text.chars().filter(|c| !ignored.contains(*c)).map(|c| c.to_digit(16).map(|digit| digit as u8)).collect();
    Ok(match digits {
        Some(digits) if digits.len() % 2 == 0 => {
            Value::blob(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect::<Vec<u8>>())
        }
        _ => Value::Null,
    })
}

fn char_of(a: &[Value]) -> Result<Value> {
    let text: String = a
        .iter()
        .map(|value| u32::try_from(to_int(value).unwrap_or(0)).ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect();
    Ok(text.into())
}

fn unicode(a: &[Value]) -> Result<Value> {
    Ok(to_text(&a[0]).and_then(|text| text.chars().next()).map(|c| i64::from(u32::from(c))).into())
}

fn ascii(a: &[Value]) -> Result<Value> {
    Ok(to_text(&a[0]).map(|text| text.bytes().next().map_or(0, i64::from)).into())
}

fn field(a: &[Value]) -> Result<Value> {
    if a[0].is_null() {
        return Ok(Value::Int(0));
    }
    let at = a[1..].iter().position(|value| !value.is_null() && value.equals(&a[0], false));
    Ok(Value::Int(at.map_or(0, |at| at as i64 + 1)))
}

fn both(a: &[Value]) -> Option<(Rc<str>, Rc<str>)> { Some((to_text(&a[0])?, to_text(&a[1])?)) }

fn elt(a: &[Value]) -> Result<Value> {
    let at = to_int(&a[0]).and_then(|at| usize::try_from(at).ok()).filter(|at| *at > 0);
    Ok(at.and_then(|at| a.get(at)).cloned().unwrap_or_default())
}

/// The place of a text in a list between commas.
fn find_in_set(a: &[Value]) -> Result<Value> {
    Ok(both(a).map(|(text, set)| set.split(',').position(|item| *item == *text).map_or(0, |at| at as i64 + 1)).into())
}

fn strcmp(a: &[Value]) -> Result<Value> { Ok(both(a).map(|(a, b)| a.cmp(&b) as i64).into()) }

/// PostgreSQL's: the part of that number, from the end when negative.
fn split_part(a: &[Value]) -> Result<Value> {
    let (Some((text, delimiter)), Some(number)) = (both(a), to_int(&a[2])) else { return Ok(Value::Null) };
    let parts: Vec<&str> = if delimiter.is_empty() { vec![&text] } else { text.split(&*delimiter).collect() };
    let at = if number < 0 { number + parts.len() as i64 } else { number - 1 };
    Ok(usize::try_from(at).ok().and_then(|at| parts.get(at)).copied().unwrap_or_default().into())
}

/// MySQL's INSERT(text, from, length, new).
fn insert(a: &[Value]) -> Result<Value> {
    let (Some(text), Some(from), Some(length), Some(new)) = (to_text(&a[0]), to_int(&a[1]), to_int(&a[2]), to_text(&a[3])) else {
        return Ok(Value::Null);
    };
    let chars: Vec<char> = text.chars().collect();
    if from < 1 || from as u64 > chars.len() as u64 {
        return Ok(Value::Text(text));
    }
    let start = from as usize - 1;
    let end = if length < 0 { chars.len() } else { start.saturating_add(length as usize).min(chars.len()) };
    let head: String = chars[..start].iter().collect();
    checked(head + &new + &chars[end..].iter().collect::<String>(), "insert")
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn bytes_of(value: &Value) -> Option<Rc<[u8]>> {
    match value {
        Value::Blob(bytes) => Some(bytes.clone()),
        other => to_text(other).map(|text| text.as_bytes().into()),
    }
}

fn to_base64(a: &[Value]) -> Result<Value> {
    let Some(bytes) = bytes_of(&a[0]) else { return Ok(Value::Null) };
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for at in 0..4 {
            out.push(if at <= chunk.len() { BASE64[(bits >> (18 - 6 * at) & 63) as usize] as char } else { '=' });
        }
    }
    checked(out, "to_base64")
}

/// NULL for what is no base64; white space is let pass.
fn from_base64(a: &[Value]) -> Result<Value> {
    let Some(text) = to_text(&a[0]) else { return Ok(Value::Null) };
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let body = digits.iter().rposition(|byte| *byte != b'=').map_or(0, |at| at + 1);
    let mut out = Vec::with_capacity(digits.len() / 4 * 3);
    for chunk in digits[..body].chunks(4) {
        let mut bits = 0u32;
        for byte in chunk {
            let Some(value) = BASE64.iter().position(|known| known == byte) else { return Ok(Value::Null) };
            bits = bits << 6 | value as u32;
        }
        bits <<= 6 * (4 - chunk.len());
        out.extend_from_slice(&bits.to_be_bytes()[1..chunk.len()]);
    }
    Ok(if digits.len() % 4 == 0 { Value::blob(out) } else { Value::Null })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn substr_as_in_sqlite() {
        for (start, length, expected) in [
            (1, Some(2), "ab"),
            (0, Some(2), "a"),
            (-2, None, "de"),
            (-10, Some(7), "ab"),
            (3, Some(-2), "ab"),
            (2, Some(0), ""),
            (9, None, ""),
            (-2, Some(1), "d"),
        ] {
            let mut arguments = vec![Value::text("abcde"), Value::Int(start)];
            arguments.extend(length.map(Value::Int));
            assert_eq!(substr(&arguments).unwrap(), Value::text(expected), "substr({start}, {length:?})");
        }
    }

    #[test]
    fn base64_there_and_back() {
        for (text, encoded) in [("", ""), ("a", "YQ=="), ("ab", "YWI="), ("abc", "YWJj"), ("abcd", "YWJjZA==")] {
            assert_eq!(to_base64(&[text.into()]).unwrap(), encoded.into());
            assert_eq!(from_base64(&[encoded.into()]).unwrap(), Value::blob(text.as_bytes()));
        }
        assert_eq!(from_base64(&["a".into()]).unwrap(), Value::Null);
        assert_eq!(from_base64(&["?Q==".into()]).unwrap(), Value::Null);
    }

    #[test]
    fn lists_in_texts() {
        assert_eq!(find_in_set(&["b".into(), "a,b,c".into()]).unwrap(), Value::Int(2));
        assert_eq!(split_part(&["a-b-c".into(), "-".into(), Value::Int(-1)]).unwrap(), "c".into());
        assert_eq!(elt(&[Value::Int(2), "a".into(), "b".into()]).unwrap(), "b".into());
        assert_eq!(insert(&["Quadratic".into(), Value::Int(3), Value::Int(4), "What".into()]).unwrap(), "QuWhattic".into());
    }

    #[test]
    fn a_value_does_not_grow_without_bound() {
        assert!(repeat(&["x".into(), Value::Int(i64::MAX)]).is_err());
        assert!(pad(&["x".into(), Value::Int(i64::MAX)], true).is_err());
    }
}
