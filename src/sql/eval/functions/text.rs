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
    let (Some(text), Some(from), Some(to)) = (to_text(&a[0]), to_text(&a[1]), to_text(&a[2])) else {
        return Ok(Value::Null);
    };
    if from.is_empty() {
        return Ok(Value::Text(text));
    }
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
    fn a_value_does_not_grow_without_bound() {
        assert!(repeat(&["x".into(), Value::Int(i64::MAX)]).is_err());
        assert!(pad(&["x".into(), Value::Int(i64::MAX)], true).is_err());
    }
}
