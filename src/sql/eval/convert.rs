//! Conversions between classes, in SQLite's meaning: CAST, and what operators and functions do to their operands.

use std::rc::Rc;

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::Decimal;

use crate::error::{Code, Error, Result};
use crate::tuple::{real_to_text, ColumnType, Value};

/// The text of a value; `None` for NULL. Bytes that are not UTF-8 are replaced.
pub fn to_text(value: &Value) -> Option<Rc<str>> {
    Some(match value {
        Value::Null => return None,
        Value::Int(int) => int.to_string().into(),
        Value::Real(real) => real_to_text(*real).into(),
        Value::Decimal(decimal) => decimal.to_string().into(),
        Value::Text(text) => text.clone(),
        Value::Blob(bytes) => String::from_utf8_lossy(bytes).into(),
    })
}

/// The longest prefix that reads as a number: an INTEGER where it has neither point nor exponent and fits, else a
/// REAL. Nothing readable is 0. As SQLite's `CAST(x AS NUMERIC)` does with text.
pub fn number_prefix(text: &str) -> Value {
    let trimmed = text.trim_start_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c']);
    let bytes = trimmed.as_bytes();
    let mut end = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    let digits_from = end;
    while bytes.get(end).is_some_and(u8::is_ascii_digit) {
        end += 1;
    }
    let mut digits = end - digits_from;
    let mut whole = true;
    if bytes.get(end) == Some(&b'.') {
        let mut after = end + 1;
        while bytes.get(after).is_some_and(u8::is_ascii_digit) {
            after += 1;
        }
        let decimals = after - end - 1;
        if digits + decimals > 0 {
            digits += decimals;
            end = after;
            whole = false;
        }
    }
    if digits == 0 {
        return Value::Int(0);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let mut after = end + 1;
        if matches!(bytes.get(after), Some(b'+' | b'-')) {
            after += 1;
        }
        if bytes.get(after).is_some_and(u8::is_ascii_digit) {
            while bytes.get(after).is_some_and(u8::is_ascii_digit) {
                after += 1;
            }
            end = after;
            whole = false;
        }
    }
    let number = &trimmed[..end];
    if whole {
        if let Ok(int) = number.parse() {
            return Value::Int(int);
        }
    }
    number.parse().map_or(Value::Int(0), Value::real)
}

/// A text that is a number from its first to its last character (spaces around it aside), as column affinity asks.
pub fn whole_number(text: &str) -> Option<Value> {
    let trimmed = text.trim_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c']);
    let body = trimmed.strip_prefix(['+', '-']).unwrap_or(trimmed);
    if !body.starts_with(|c: char| c.is_ascii_digit() || c == '.') || !body.bytes().all(|b| b.is_ascii_digit() || b".eE+-".contains(&b)) {
        return None;
    }
    match trimmed.parse::<i64>() {
        Ok(int) => Some(Value::Int(int)),
        Err(_) => trimmed.parse().ok().map(Value::real),
    }
}

/// The number that an arithmetic operator sees: numbers as they are, text by its prefix, NULL stays.
pub fn to_number(value: &Value) -> Value {
    match value {
        Value::Text(text) => number_prefix(text),
        Value::Blob(bytes) => number_prefix(&String::from_utf8_lossy(bytes)),
        other => other.clone(),
    }
}

/// `CAST(x AS INTEGER)`: truncates towards zero and clamps; `None` for NULL.
pub fn to_int(value: &Value) -> Option<i64> {
    match value {
        Value::Null => None,
        Value::Int(int) => Some(*int),
        Value::Real(real) => Some(*real as i64),
        Value::Decimal(decimal) => Some(decimal_to_int(decimal)),
        Value::Text(text) => Some(int_prefix(text)),
        Value::Blob(bytes) => Some(int_prefix(&String::from_utf8_lossy(bytes))),
    }
}

fn decimal_to_int(decimal: &Decimal) -> i64 {
    decimal.trunc().to_i64().unwrap_or(if decimal.is_sign_negative() { i64::MIN } else { i64::MAX })
}

/// The integer that a text starts with, clamped; `CAST('12.9' AS INTEGER)` is 12 and `'1e3'` is 1.
fn int_prefix(text: &str) -> i64 {
    let trimmed = text.trim_start_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c']);
    let sign = usize::from(trimmed.starts_with(['+', '-']));
    let end = trimmed[sign..].bytes().position(|b| !b.is_ascii_digit()).map_or(trimmed.len(), |at| at + sign);
    if end == sign {
        return 0;
    }
    trimmed[..end].parse().unwrap_or(if trimmed.starts_with('-') { i64::MIN } else { i64::MAX })
}

/// `CAST(x AS REAL)`; `None` for NULL.
pub fn to_real(value: &Value) -> Option<f64> {
    match to_number(value) {
        Value::Int(int) => Some(int as f64),
        Value::Real(real) => Some(real),
        Value::Decimal(decimal) => Some(decimal_to_real(&decimal)),
        _ => None,
    }
}

/// The nearest double (the shortest way that rounds once is through the decimal text).
pub fn decimal_to_real(decimal: &Decimal) -> f64 { decimal.to_string().parse().unwrap_or(0.0) }

/// As a truth value: numbers by not being zero, text by its numeric prefix; `None` is unknown.
pub fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Null => None,
        Value::Int(int) => Some(*int != 0),
        Value::Real(real) => Some(*real != 0.0),
        Value::Decimal(decimal) => Some(!decimal.is_zero()),
        Value::Text(_) | Value::Blob(_) => truth(&to_number(value)),
    }
}

/// `CAST(value AS type)`: converts where SQLite does (never fails on text or numbers), and refuses where a typed
/// value (a date, a UUID) cannot be read.
pub fn cast(value: &Value, to: &ColumnType) -> Result<Value> {
    if value.is_null() {
        return Ok(Value::Null);
    }
    Ok(match to {
        ColumnType::Any => value.clone(),
        ColumnType::Bool => to.coerce(value.clone()).unwrap_or_else(|_| truth(value).into_value()),
        ColumnType::Int { .. } => to_int(value).map_or(Value::Null, Value::Int),
        ColumnType::Real => to_real(value).map_or(Value::Null, Value::real),
        ColumnType::Numeric if !matches!(value, Value::Text(_) | Value::Blob(_)) => value.clone(),
        ColumnType::Numeric => match to_number(value) {
            Value::Real(real) if real.fract() == 0.0 && real.abs() < 9e15 => Value::Int(real as i64),
            number => number,
        },
        ColumnType::Decimal { scale, .. } => Value::Decimal(to_decimal(value)?.round_dp(u32::from(*scale))),
        ColumnType::Text { max } => {
            let text = to_text(value).unwrap_or_default();
            match max {
                Some(max) if text.chars().count() > *max as usize => text.chars().take(*max as usize).collect::<String>().into(),
                _ => Value::Text(text),
            }
        }
        ColumnType::Blob { .. } => match value {
            Value::Blob(_) => value.clone(),
            other => Value::blob(to_text(other).unwrap_or_default().as_bytes()),
        },
        typed => typed.coerce(value.clone())?,
    })
}

/// The exact decimal of a value, where it has one of at most 28 digits.
pub fn to_decimal(value: &Value) -> Result<Decimal> {
    let found = match to_number(value) {
        Value::Int(int) => Some(Decimal::from(int)),
        Value::Decimal(decimal) => Some(decimal),
        // The fewest digits that read back as the same REAL: 0.2 is 0.2.
        Value::Real(real) => {
            let shortest = format!("{real:?}");
            shortest.parse().ok().or_else(|| Decimal::from_scientific(&shortest).ok())
        }
        _ => None,
    };
    found.ok_or_else(|| Error::new(Code::Type, format!("{} cannot become a DECIMAL", to_text(value).unwrap_or_default())))
}

/// Truth values as integers, unknown as NULL.
pub trait IntoValue {
    fn into_value(self) -> Value;
}

impl IntoValue for Option<bool> {
    fn into_value(self) -> Value { self.map_or(Value::Null, Value::bool) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_read_as_sqlite_reads_them() {
        for (text, number) in [
            ("12", Value::Int(12)),
            (" 12abc", Value::Int(12)),
            ("-1.5e2x", Value::Real(-150.0)),
            ("1e", Value::Int(1)),
            (".5", Value::Real(0.5)),
            ("abc", Value::Int(0)),
            ("", Value::Int(0)),
            ("+", Value::Int(0)),
            ("9223372036854775808", Value::Real(9_223_372_036_854_775_808.0)),
            ("5.", Value::Real(5.0)),
        ] {
            assert_eq!(number_prefix(text), number, "{text}");
        }
        assert_eq!(to_int(&"1e3".into()), Some(1));
        assert_eq!(to_int(&Value::Real(1e300)), Some(i64::MAX));
        assert_eq!(whole_number(" 12 "), Some(Value::Int(12)));
        assert_eq!(whole_number("12x"), None);
        assert_eq!(whole_number("nan"), None);
        assert_eq!(whole_number(""), None);
        assert_eq!(whole_number("1e2"), Some(Value::Real(100.0)));
    }
}
