//! Order-preserving keys: comparing bytes compares tuples.
//!
//! A part is a tag and a payload that ends itself; a descending part has all its bytes inverted.
//! `docs/format.md` is normative.

use bytes::Bytes;
use rust_decimal::Decimal;

use super::coerce::{decimal_as_number, rescale};
use super::temporal::{date_text, datetime_text, parse_date, parse_datetime, parse_time, time_text};
use super::uuid::{parse_uuid, uuid_text};
use super::{ColumnType, Value};
use crate::error::{Code, Error, Result};
use crate::prolly::MAX_KEY;

/// How one part of a key sorts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyOrder { pub column_type: ColumnType, pub descending: bool, pub nocase: bool }

// Tags. Format, not tuning.
const NULL: u8 = 0x00;
/// Integers of n bytes: `INT - n` negative, `INT + n` positive, n at most 12.
const INT: u8 = 0x14;
const INT_LEAST: u8 = INT - 12;
const INT_GREATEST: u8 = INT + 12;
const REAL: u8 = 0x21;
const NUMBER: u8 = 0x22;
const NUMERIC: u8 = 0x23;
const TEXT: u8 = 0x30;
const BLOB: u8 = 0x31;
const UUID: u8 = 0x32;

/// Appends one part. NULL sorts first (last when descending).
pub fn encode_key_part(out: &mut Vec<u8>, value: &Value, order: &KeyOrder) -> Result<()> {
    let start = out.len();
    encode_ascending(out, value, order)?;
    if order.descending {
        out[start..].iter_mut().for_each(|byte| *byte = !*byte);
    }
    Ok(())
}

/// `KEY_TOO_LARGE` past `prolly::MAX_KEY`.
pub fn encode_key(values: &[Value], orders: &[KeyOrder]) -> Result<Bytes> {
    let mut out = Vec::with_capacity(16 * orders.len());
    for (value, order) in values.iter().zip(orders) {
        encode_key_part(&mut out, value, order)?;
    }
    check_key_size(&out)?;
    Ok(out.into())
}

pub fn check_key_size(key: &[u8]) -> Result<()> {
    if key.len() > MAX_KEY {
        let message = format!("key of {} bytes is too large: at most {MAX_KEY} are possible", key.len());
        return Err(Error::new(Code::KeyTooLarge, message));
    }
    Ok(())
}

/// As many parts as `orders`; a NOCASE part comes back folded (the row keeps its spelling).
pub fn decode_key(key: &[u8], orders: &[KeyOrder]) -> Result<Vec<Value>> {
    let mut reader = KeyReader::new(key);
    orders.iter().map(|order| reader.value(order)).collect()
}

/// Whether [`decode_key`] gives back exactly `value`; otherwise the row keeps the cell as well.
pub fn key_inverts(value: &Value, order: &KeyOrder) -> bool {
    match (&order.column_type, value) {
        (_, Value::Null) => true,
        (ColumnType::Any, Value::Real(real)) => !is_int(*real),
        (ColumnType::Any, Value::Decimal(_)) => false,
        (_, Value::Text(text)) if order.nocase => !text.bytes().any(|byte| byte.is_ascii_uppercase()),
        _ => true,
    }
}

fn is_int(real: f64) -> bool {
    (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&real) && real.trunc() == real
}

fn encode_ascending(out: &mut Vec<u8>, value: &Value, order: &KeyOrder) -> Result<()> {
    let column_type = &order.column_type;
    let mismatch = || {
        Error::new(Code::Type, format!("a key part of type {column_type} cannot hold a value of class {}", value.class()))
    };
    let text = || match value {
        Value::Text(text) => Ok(&**text),
        _ => Err(mismatch()),
    };
    if value.is_null() {
        out.push(NULL);
        return Ok(());
    }
    match column_type {
        ColumnType::Any => match value {
            Value::Null => out.push(NULL),
            Value::Int(int) => put_number(out, *int as f64, residual(*int)),
            Value::Real(real) => put_number(out, *real, 0),
            Value::Decimal(decimal) => encode_ascending(out, &decimal_as_number(decimal), order)?,
            Value::Text(text) => put_text(out, text, order.nocase),
            Value::Blob(bytes) => put_bytes(out, BLOB, bytes.iter().copied()),
        },
        ColumnType::Bool | ColumnType::Int { .. } => match value {
            Value::Int(int) => put_int(out, (*int).into()),
            _ => return Err(mismatch()),
        },
        ColumnType::Real => match value {
            Value::Real(real) => {
                out.push(REAL);
                out.extend_from_slice(&order_bits(*real).to_be_bytes());
            }
            Value::Int(int) => return encode_ascending(out, &Value::Real(*int as f64), order),
            _ => return Err(mismatch()),
        },
        ColumnType::Decimal { precision, scale } => {
            let decimal = match value {
                Value::Decimal(decimal) => *decimal,
                Value::Int(int) => Decimal::from(*int),
                _ => return Err(mismatch()),
            };
            put_int(out, rescale(decimal, *precision, *scale).ok_or_else(mismatch)?.mantissa());
        }
        ColumnType::Numeric => match value {
            Value::Decimal(decimal) => put_numeric(out, decimal),
            Value::Int(int) => put_numeric(out, &Decimal::from(*int)),
            _ => return Err(mismatch()),
        },
        ColumnType::Text { .. } | ColumnType::Json | ColumnType::Enum(_) => put_text(out, text()?, order.nocase),
        ColumnType::Blob { .. } => match value {
            Value::Blob(bytes) => put_bytes(out, BLOB, bytes.iter().copied()),
            _ => return Err(mismatch()),
        },
        ColumnType::Date | ColumnType::Time | ColumnType::DateTime | ColumnType::Timestamp => {
            put_int(out, temporal_to_int(text()?, column_type).ok_or_else(mismatch)?.into());
        }
        ColumnType::Uuid => {
            out.push(UUID);
            out.extend_from_slice(&parse_uuid(text()?).ok_or_else(mismatch)?);
        }
    }
    Ok(())
}

/// What a temporal column stores: days of a DATE, microseconds of the others.
pub(super) fn temporal_to_int(text: &str, column_type: &ColumnType) -> Option<i64> {
    match column_type {
        ColumnType::Date => parse_date(text),
        ColumnType::Time => parse_time(text),
        _ => parse_datetime(text),
    }
}

pub(super) fn int_to_temporal(int: i64, column_type: &ColumnType) -> Result<Value> {
    let text = match column_type {
        ColumnType::Date => date_text(int),
        ColumnType::Time => time_text(int),
        _ => datetime_text(int),
    };
    text.map(Value::from).ok_or_else(|| Error::corrupt(format!("{int} is no {column_type}")))
}

/// What the nearest f64 leaves of an integer.
fn residual(int: i64) -> i64 { (i128::from(int) - (int as f64) as i128) as i64 }

/// Bits that order as the numbers do.
fn order_bits(real: f64) -> u64 {
    let bits = (real + 0.0).to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

fn from_order_bits(bits: u64) -> f64 { f64::from_bits(if bits >> 63 == 1 { bits & !(1 << 63) } else { !bits }) }

fn put_number(out: &mut Vec<u8>, real: f64, residual: i64) {
    out.push(NUMBER);
    out.extend_from_slice(&order_bits(real).to_be_bytes());
    put_int(out, residual.into());
}

fn put_int(out: &mut Vec<u8>, int: i128) {
    let magnitude = int.unsigned_abs();
    let n = 16 - magnitude.leading_zeros() as usize / 8;
    let bytes = magnitude.to_be_bytes();
    if int < 0 {
        out.push(INT - n as u8);
        out.extend(bytes[16 - n..].iter().map(|byte| !byte));
    } else {
        out.push(INT + n as u8);
        out.extend_from_slice(&bytes[16 - n..]);
    }
}

/// Sign (1, 2 for zero, 3), then the decimal exponent and the digits in pairs, each plus one, up to a zero byte;
/// inverted for negatives.
fn put_numeric(out: &mut Vec<u8>, decimal: &Decimal) {
    out.push(NUMERIC);
    let normal = decimal.normalize();
    let mantissa = normal.mantissa();
    if mantissa == 0 {
        out.push(2);
        return;
    }
    let mut digits = mantissa.unsigned_abs().to_string().into_bytes();
    let exponent = digits.len() as i32 - normal.scale() as i32;
    while digits.last() == Some(&b'0') {
        digits.pop();
    }
    out.push(if mantissa < 0 { 1 } else { 3 });
    let start = out.len();
    out.push((exponent + 128) as u8);
    for pair in digits.chunks(2) {
        let second = pair.get(1).map_or(0, |digit| digit - b'0');
        out.push((pair[0] - b'0') * 10 + second + 1);
    }
    out.push(0);
    if mantissa < 0 {
        out[start..].iter_mut().for_each(|byte| *byte = !*byte);
    }
}

fn put_text(out: &mut Vec<u8>, text: &str, nocase: bool) {
    if nocase {
        put_bytes(out, TEXT, text.bytes().map(|byte| byte.to_ascii_lowercase()));
    } else {
        put_bytes(out, TEXT, text.bytes());
    }
}

/// 0x00 is written 0x00 0xFF; 0x00 0x01 ends.
fn put_bytes(out: &mut Vec<u8>, tag: u8, bytes: impl Iterator<Item = u8>) {
    out.push(tag);
    for byte in bytes {
        out.push(byte);
        if byte == 0 {
            out.push(0xFF);
        }
    }
    out.extend_from_slice(&[0x00, 0x01]);
}

/// Reads a key part by part.
#[derive(Clone, Debug)]
pub struct KeyReader<'a> { rest: &'a [u8], flip: u8 }

impl<'a> KeyReader<'a> {
    pub fn new(key: &'a [u8]) -> Self { KeyReader { rest: key, flip: 0 } }

    /// What no part was read of yet.
    pub fn rest(&self) -> &'a [u8] { self.rest }

    pub fn value(&mut self, order: &KeyOrder) -> Result<Value> {
        self.flip = if order.descending { 0xFF } else { 0 };
        let column_type = &order.column_type;
        let tag = self.byte()?;
        match tag {
            NULL => Ok(Value::Null),
            INT_LEAST..=INT_GREATEST => {
                let int = self.int(tag)?;
                match column_type {
                    ColumnType::Decimal { scale, .. } => Decimal::try_from_i128_with_scale(int, (*scale).into())
                        .map(Value::Decimal)
                        .map_err(|_| Error::corrupt("key: integer too large for a DECIMAL")),
                    ColumnType::Date | ColumnType::Time | ColumnType::DateTime | ColumnType::Timestamp => {
                        int_to_temporal(narrow(int)?, column_type)
                    }
                    ColumnType::Bool | ColumnType::Int { .. } => narrow(int).map(Value::Int),
                    _ => Err(self.unexpected(tag, column_type)),
                }
            }
            REAL if *column_type == ColumnType::Real => self.real().map(Value::real),
            NUMBER if *column_type == ColumnType::Any => {
                let real = self.real()?;
                let tag = self.byte()?;
                let residual = if (INT_LEAST..=INT_GREATEST).contains(&tag) {
                    narrow(self.int(tag)?)?
                } else {
                    return Err(self.unexpected(tag, column_type));
                };
                if residual == 0 && !is_int(real) {
                    return Ok(Value::real(real));
                }
                narrow((real as i128).saturating_add(residual.into())).map(Value::Int)
            }
            NUMERIC if *column_type == ColumnType::Numeric => self.numeric(),
            TEXT if !matches!(column_type, ColumnType::Blob { .. } | ColumnType::Uuid) => {
                let text = String::from_utf8(self.bytes()?).map_err(|_| Error::corrupt("key: text is not UTF-8"))?;
                Ok(Value::from(text))
            }
            BLOB if matches!(column_type, ColumnType::Blob { .. } | ColumnType::Any) => Ok(Value::blob(self.bytes()?)),
            UUID if *column_type == ColumnType::Uuid => {
                let mut bytes = [0; 16];
                self.fill(&mut bytes)?;
                Ok(Value::from(uuid_text(&bytes)))
            }
            _ => Err(self.unexpected(tag, column_type)),
        }
    }

    /// Passes over one part and returns its bytes as they stand.
    pub fn skip(&mut self, order: &KeyOrder) -> Result<&'a [u8]> {
        self.flip = if order.descending { 0xFF } else { 0 };
        let start = self.rest;
        match self.byte()? {
            NULL => {}
            tag @ INT_LEAST..=INT_GREATEST => self.advance(tag.abs_diff(INT).into())?,
            REAL => self.advance(8)?,
            NUMBER => {
                self.advance(8)?;
                let tag = self.byte()?;
                self.advance(tag.abs_diff(INT).into())?;
            }
            NUMERIC => {
                let sign = self.byte()?;
                let end = if sign == 1 { 0xFF } else { 0 };
                if sign != 2 {
                    self.byte()?;
                    while self.byte()? != end {}
                }
            }
            TEXT | BLOB => {
                let end = self.end_of_bytes()?;
                self.advance(end + 2)?;
            }
            UUID => self.advance(16)?,
            tag => return Err(self.unexpected(tag, &order.column_type)),
        }
        Ok(&start[..start.len() - self.rest.len()])
    }

    /// The text of the next part where it stands in the key as it is: ascending, without a zero byte.
    pub fn plain_text(&self, order: &KeyOrder) -> Option<&'a str> {
        if order.descending || self.rest.first() != Some(&TEXT) {
            return None;
        }
        let text = &self.rest[1..];
        let end = text.iter().position(|byte| *byte == 0)?;
        (text.get(end + 1) == Some(&1)).then(|| std::str::from_utf8(&text[..end]).ok()).flatten()
    }

    fn unexpected(&self, tag: u8, column_type: &ColumnType) -> Error {
        Error::corrupt(format!("key: tag {tag:#04x} in a part of type {column_type}"))
    }

    fn advance(&mut self, n: usize) -> Result<()> {
        self.rest = self.rest.get(n..).ok_or_else(ends)?;
        Ok(())
    }

    fn byte(&mut self) -> Result<u8> {
        let (first, rest) = self.rest.split_first().ok_or_else(ends)?;
        self.rest = rest;
        Ok(first ^ self.flip)
    }

    fn fill(&mut self, out: &mut [u8]) -> Result<()> {
        let taken = self.rest.get(..out.len()).ok_or_else(ends)?;
        out.iter_mut().zip(taken).for_each(|(to, from)| *to = from ^ self.flip);
        self.advance(out.len())
    }

    fn int(&mut self, tag: u8) -> Result<i128> {
        let n = usize::from(tag.abs_diff(INT));
        let mut bytes = [0; 16];
        self.fill(&mut bytes[16 - n..])?;
        if tag < INT {
            bytes[16 - n..].iter_mut().for_each(|byte| *byte = !*byte);
        }
        let magnitude = i128::from_be_bytes(bytes);
        Ok(if tag < INT { -magnitude } else { magnitude })
    }

    fn real(&mut self) -> Result<f64> {
        let mut bytes = [0; 8];
        self.fill(&mut bytes)?;
        let real = from_order_bits(u64::from_be_bytes(bytes));
        if real.is_nan() { Err(Error::corrupt("key: not a number")) } else { Ok(real) }
    }

    fn numeric(&mut self) -> Result<Value> {
        let sign = self.byte()?;
        let negative = match sign {
            1 => true,
            2 => return Ok(Value::Decimal(Decimal::ZERO)),
            3 => false,
            _ => return Err(Error::corrupt(format!("key: NUMERIC has sign {sign}"))),
        };
        let flip = if negative { 0xFF } else { 0 };
        let exponent = i32::from(self.byte()? ^ flip) - 128;
        let mut mantissa: i128 = 0;
        let mut digits = 0;
        loop {
            let pair = self.byte()? ^ flip;
            match pair {
                0 => break,
                1..=100 if digits < 30 => mantissa = mantissa * 100 + i128::from(pair - 1),
                _ => return Err(Error::corrupt("key: NUMERIC has wrong digits")),
            }
            digits += 2;
        }
        let mut scale = digits - exponent;
        while scale < 0 && mantissa.unsigned_abs() < 1 << 96 {
            mantissa *= 10;
            scale += 1;
        }
        while scale > 0 && mantissa != 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        let scale = u32::try_from(scale).map_err(|_| Error::corrupt("key: NUMERIC is too large"))?;
        let mantissa = if negative { -mantissa } else { mantissa };
        Decimal::try_from_i128_with_scale(mantissa, scale)
            .map(Value::Decimal)
            .map_err(|_| Error::corrupt("key: NUMERIC has wrong digits"))
    }

    /// Where the terminator of an escaped string stands.
    fn end_of_bytes(&self) -> Result<usize> {
        let mut at = 0;
        loop {
            let zero = self.rest[at..].iter().position(|byte| byte ^ self.flip == 0).ok_or_else(ends)? + at;
            match self.rest.get(zero + 1).map(|byte| byte ^ self.flip) {
                Some(0x01) => return Ok(zero),
                Some(0xFF) => at = zero + 2,
                _ => return Err(Error::corrupt("key: wrong escape")),
            }
        }
    }

    fn bytes(&mut self) -> Result<Vec<u8>> {
        let end = self.end_of_bytes()?;
        let mut out = Vec::with_capacity(end);
        let mut escaped = false;
        for byte in &self.rest[..end] {
            let byte = byte ^ self.flip;
            if !escaped {
                out.push(byte);
            }
            escaped = byte == 0 && !escaped;
        }
        self.advance(end + 2)?;
        Ok(out)
    }
}

fn ends() -> Error { Error::corrupt("key ends inside a part") }

fn narrow(int: i128) -> Result<i64> {
    i64::try_from(int).map_err(|_| Error::corrupt("key: integer is outside 64 bits"))
}
