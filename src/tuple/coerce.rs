//! What a column makes of a value that is stored into it.
//!
//! Rigid: SQLite STRICT's lossless conversions, and those that MySQL's users count on (text into numbers
//! and dates, numbers into text, a zone into UTC). What would lose something is refused, but for
//! rounding into DECIMAL's scale and the nearest REAL.

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};

use super::temporal::{date_text, datetime_text, parse_date, parse_datetime, parse_time, time_text};
use super::uuid::{parse_uuid, uuid_text};
use super::real::real_to_text;
use super::{ColumnType, Json, Value};
use crate::error::{Code, Error, Result};

impl ColumnType {
    /// The value as a column of this type stores it. Errors name the type and the value, not the column:
    /// the caller knows its name.
    pub fn coerce(&self, value: Value) -> Result<Value> {
        if value.is_null() {
            return Ok(Value::Null);
        }
        match self {
            ColumnType::Any => Ok(match value {
                Value::Decimal(decimal) => decimal_as_number(&decimal),
                Value::Real(real) => Value::real(real),
                other => other,
            }),
            ColumnType::Bool | ColumnType::Int { .. } => self.coerce_int(value),
            ColumnType::Real => match number_of(&value) {
                Some(Value::Int(int)) => Ok(Value::real(int as f64)),
                Some(Value::Real(real)) => Ok(Value::real(real)),
                Some(Value::Decimal(decimal)) => match &value {
                    Value::Text(text) => Ok(Value::real(text.trim().parse().unwrap_or(f64::NAN))),
                    _ => Ok(Value::real(decimal_to_real(&decimal))),
                },
                _ => Err(self.refuse(&value)),
            },
            ColumnType::Decimal { precision, scale } => {
                let decimal = decimal_of(&value).ok_or_else(|| self.refuse(&value))?;
                rescale(decimal, *precision, *scale).map(Value::Decimal).ok_or_else(|| self.refuse(&value))
            }
            ColumnType::Numeric => {
                decimal_of(&value).map(|d| Value::Decimal(d.normalize())).ok_or_else(|| self.refuse(&value))
            }
            ColumnType::Text { max } => {
                let text = text_of(value.clone()).ok_or_else(|| self.refuse(&value))?;
                if let (Some(max), Value::Text(text)) = (max, &text) {
                    let max = *max as usize;
                    if text.len() > max && text.chars().nth(max).is_some() {
                        let length = text.chars().count();
                        return Err(Error::new(
                            Code::Type,
                            format!("value of {length} characters is too long for {self}: {}", shown(&value)),
                        ));
                    }
                }
                Ok(text)
            }
            ColumnType::Blob { max } => {
                let bytes = match value {
                    Value::Blob(bytes) => bytes,
                    Value::Text(text) => text.as_bytes().into(),
                    other => return Err(self.refuse(&other)),
                };
                match max {
                    Some(max) if bytes.len() > *max as usize => Err(Error::new(
                        Code::Type,
                        format!("value of {} bytes is too long for {self}", bytes.len()),
                    )),
                    _ => Ok(Value::Blob(bytes)),
                }
            }
            ColumnType::Date => self.temporal(&value, |text| date_text(parse_date(text)?)),
            ColumnType::Time => self.temporal(&value, |text| time_text(parse_time(text)?)),
            ColumnType::DateTime | ColumnType::Timestamp => {
                self.temporal(&value, |text| datetime_text(parse_datetime(text)?))
            }
            ColumnType::Uuid => match &value {
                Value::Text(text) => parse_uuid(text).map(|bytes| Value::from(uuid_text(&bytes))),
                Value::Blob(bytes) => <[u8; 16]>::try_from(&bytes[..]).ok().map(|bytes| Value::from(uuid_text(&bytes))),
                _ => None,
            }
            .ok_or_else(|| self.refuse(&value)),
            // Valid, and otherwise as it was written.
            ColumnType::Json => match text_of(value.clone()) {
                Some(Value::Text(text)) => match Json::check(&text) {
                    Ok(_) => Ok(Value::Text(text)),
                    Err(at) => {
                        let shown = shown(&value);
                        Err(Error::new(Code::Type, format!("cannot store {shown} as JSON: malformed at byte {at}")))
                    }
                },
                _ => Err(self.refuse(&value)),
            },
            ColumnType::Enum(members) => match &value {
                Value::Text(text) => {
                    let exact = members.iter().find(|member| *member == text);
                    exact.or_else(|| members.iter().find(|member| member.eq_ignore_ascii_case(text)))
                }
                _ => None,
            }
            .map(|member| Value::Text(member.clone()))
            .ok_or_else(|| self.refuse(&value)),
        }
    }

    fn coerce_int(&self, value: Value) -> Result<Value> {
        if let (ColumnType::Bool, Value::Text(text)) = (self, &value) {
            match text.trim().to_ascii_lowercase().as_str() {
                "true" | "t" => return Ok(Value::Int(1)),
                "false" | "f" => return Ok(Value::Int(0)),
                _ => {}
            }
        }
        let int = match number_of(&value) {
            Some(Value::Int(int)) => Some(int),
            Some(Value::Real(real)) => real_to_int(real),
            Some(Value::Decimal(decimal)) => decimal.is_integer().then(|| decimal.to_i64()).flatten(),
            _ => None,
        };
        match (int, self.int_range()) {
            (Some(int), Some((least, greatest))) if (least..=greatest).contains(&int) => Ok(Value::Int(int)),
            (Some(int), Some((least, greatest))) => Err(Error::new(
                Code::Type,
                format!("value {int} is out of range for {self}: expected {least} to {greatest}"),
            )),
            _ => Err(self.refuse(&value)),
        }
    }

    fn temporal(&self, value: &Value, canonical: impl Fn(&str) -> Option<String>) -> Result<Value> {
        match value {
            Value::Text(text) => canonical(text).map(Value::from),
            _ => None,
        }
        .ok_or_else(|| self.refuse(value))
    }

    fn refuse(&self, value: &Value) -> Error {
        Error::new(Code::Type, format!("cannot store {} value {} as {self}", value.class(), shown(value)))
    }
}

/// A value for an error message, cut short.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "NULL".into(),
        Value::Int(int) => int.to_string(),
        Value::Real(real) => real_to_text(*real),
        Value::Decimal(decimal) => decimal.to_string(),
        Value::Text(text) if text.chars().count() > 40 => {
            format!("'{}...'", text.chars().take(40).collect::<String>())
        }
        Value::Text(text) => format!("'{text}'"),
        Value::Blob(bytes) => format!("of {} bytes", bytes.len()),
    }
}

/// The number that a value is, or that its text spells to the last character.
fn number_of(value: &Value) -> Option<Value> {
    match value {
        Value::Int(_) | Value::Real(_) | Value::Decimal(_) => Some(value.clone()),
        Value::Text(text) => {
            let text = text.trim();
            let spelled = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
            if !spelled {
                return None;
            }
            if let Ok(int) = text.parse::<i64>() {
                return Some(Value::Int(int));
            }
            if let Some(decimal) = parse_decimal(text) {
                return Some(Value::Decimal(decimal));
            }
            text.parse::<f64>().ok().filter(|real| real.is_finite()).map(Value::real)
        }
        _ => None,
    }
}

fn parse_decimal(text: &str) -> Option<Decimal> {
    if text.contains(['e', 'E']) { Decimal::from_scientific(text).ok() } else { Decimal::from_str_exact(text).ok() }
}

fn decimal_of(value: &Value) -> Option<Decimal> {
    match number_of(value)? {
        Value::Int(int) => Some(Decimal::from(int)),
        Value::Decimal(decimal) => Some(decimal),
        // The shortest decimal that reads back as the same REAL, as printing does.
        Value::Real(real) => parse_decimal(&format!("{real:e}")),
        _ => None,
    }
}

/// `decimal` at exactly `scale`, rounded half away from zero; `None` past `precision` digits.
pub fn rescale(decimal: Decimal, precision: u8, scale: u8) -> Option<Decimal> {
    let rounded = decimal.round_dp_with_strategy(scale.into(), RoundingStrategy::MidpointAwayFromZero);
    let factor = 10i128.checked_pow(u32::from(scale).checked_sub(rounded.scale())?)?;
    let mantissa = rounded.mantissa().checked_mul(factor)?;
    if mantissa.unsigned_abs() >= 10u128.pow(precision.into()) {
        return None;
    }
    Decimal::try_from_i128_with_scale(mantissa, scale.into()).ok()
}

fn real_to_int(real: f64) -> Option<i64> {
    let fits = (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&real);
    (fits && real.trunc() == real).then_some(real as i64)
}

/// The nearest REAL: through text, which is correctly rounded.
pub fn decimal_to_real(decimal: &Decimal) -> f64 { decimal.to_string().parse().unwrap_or(f64::NAN) }

/// ANY has SQLite's classes only: an INTEGER where the value is one, else the nearest REAL.
pub fn decimal_as_number(decimal: &Decimal) -> Value {
    match decimal.is_integer().then(|| decimal.to_i64()).flatten() {
        Some(int) => Value::Int(int),
        None => Value::real(decimal_to_real(decimal)),
    }
}

fn text_of(value: Value) -> Option<Value> {
    match value {
        Value::Text(_) => Some(value),
        Value::Int(int) => Some(Value::from(int.to_string())),
        Value::Real(real) => Some(Value::from(real_to_text(real))),
        Value::Decimal(decimal) => Some(Value::from(decimal.to_string())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(name: &str, args: &[&str], value: impl Into<Value>) -> std::result::Result<Value, String> {
        let column_type = ColumnType::from_declared(name, args).map_err(|e| e.to_string())?;
        column_type.coerce(value.into()).map_err(|e| {
            assert_eq!(e.code(), Code::Type);
            e.to_string()
        })
    }

    #[test]
    fn lossless_conversions_pass_and_others_are_refused() {
        assert_eq!(stored("INT", &[], "12"), Ok(Value::Int(12)));
        assert_eq!(stored("INT", &[], "12x"), Err("cannot store text value '12x' as INTEGER".into()));
        assert_eq!(stored("INT", &[], Value::Real(1.0)), Ok(Value::Int(1)));
        assert_eq!(stored("INT", &[], Value::Real(1.5)), Err("cannot store real value 1.5 as INTEGER".into()));
        assert_eq!(stored("INT", &[], "1e3"), Ok(Value::Int(1000)));
        let range = "value 300 is out of range for TINYINT: expected -128 to 127";
        assert_eq!(stored("TINYINT", &[], 300), Err(range.into()));
        assert_eq!(stored("TEXT", &[], 12), Ok(Value::text("12")));
        assert_eq!(stored("VARCHAR", &["3"], "héé"), Ok(Value::text("héé")));
        assert!(stored("VARCHAR", &["3"], "abcd").unwrap_err().contains("too long for VARCHAR(3)"));
        assert_eq!(stored("DATE", &[], "2020-1-2"), Ok(Value::text("2020-01-02")));
        assert!(stored("DATE", &[], "2020-02-30").is_err());
        assert_eq!(stored("TIMESTAMP", &[], "2020-01-02T03:00:00+01:00"), Ok(Value::text("2020-01-02 02:00:00")));
        assert_eq!(stored("BOOLEAN", &[], "TRUE"), Ok(Value::Int(1)));
        assert!(stored("BOOLEAN", &[], 2).is_err());
        let money = Value::Decimal("1.50".parse().unwrap());
        assert_eq!(stored("DECIMAL", &["5", "2"], Value::Real(1.5)), Ok(money));
        assert!(stored("DECIMAL", &["3", "2"], 10).is_err());
        assert_eq!(stored("REAL", &[], "0.1"), Ok(Value::Real(0.1)));
        assert!(stored("ENUM", &["a", "b"], "c").unwrap_err().contains("ENUM('a', 'b')"));
        assert_eq!(stored("ANY", &[], Value::Decimal("2.0".parse().unwrap())), Ok(Value::Int(2)));
        assert!(stored("REAL", &[], "x").is_err());
        assert!(stored("INT", &[], "").is_err());
        assert_eq!(stored("INT", &[], Value::Null), Ok(Value::Null));
    }
}
