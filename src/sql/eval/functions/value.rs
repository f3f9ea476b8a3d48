//! Functions of any value: its class, its SQL text, comparison of several.

use std::cmp::Ordering;

use super::text::hex_of;
use super::{in_context, pure, Function, MANY};
use crate::error::{Code, Error, Result};
use crate::sql::eval::convert::{to_int, to_text};
use crate::tuple::{parse_uuid, uuid_text, Value};

pub const LIST: &[Function] = &[
    pure("typeof", 1, 1, |a| Ok(a[0].class().into())),
    pure("quote", 1, 1, |a| Ok(quote(&a[0]).into())),
    pure("nullif", 2, 2, |a| Ok(if !a[0].is_null() && !a[1].is_null() && a[0].equals(&a[1], false) { Value::Null } else { a[0].clone() })),
    pure("max", 2, MANY, |a| Ok(extreme(a, Ordering::Greater, false))),
    pure("greatest", 2, MANY, |a| Ok(extreme(a, Ordering::Greater, false))),
    pure("min", 2, MANY, |a| Ok(extreme(a, Ordering::Less, false))),
    pure("least", 2, MANY, |a| Ok(extreme(a, Ordering::Less, false))),
    pure("isnull", 1, 1, |a| Ok(Value::bool(a[0].is_null()))),
    pure("likely", 1, 1, |a| Ok(a[0].clone())),
    pure("unlikely", 1, 1, |a| Ok(a[0].clone())),
    pure("likelihood", 2, 2, |a| Ok(a[0].clone())),
    pure("zeroblob", 1, 1, |a| bytes(&a[0], "zeroblob", |n| vec![0; n])),
    pure("is_uuid", 1, 1, |a| Ok(to_text(&a[0]).map(|text| i64::from(parse_uuid(&text).is_some())).into())),
    pure("uuid_to_bin", 1, 1, |a| Ok(to_text(&a[0]).and_then(|text| parse_uuid(&text)).map_or(Value::Null, |bytes| Value::blob(bytes.as_slice())))),
    pure("bin_to_uuid", 1, 1, bin_to_uuid),
    // The one that the tests compare with.
    pure("sqlite_version", 0, 0, |_| Ok("3.54.1".into())),
    pure("version", 0, 0, |_| Ok("8.0.33".into())),
    in_context("randomblob", 1, 1, |a, cx| bytes(&a[0], "randomblob", |n| (0..n).map(|_| cx.moment.draw() as u8).collect())),
    in_context("uuid", 0, 0, |_, cx| Ok(uuid([cx.moment.draw(), cx.moment.draw()]).into())),
    in_context("gen_random_uuid", 0, 0, |_, cx| Ok(uuid([cx.moment.draw(), cx.moment.draw()]).into())),
];

/// Where the arguments compare without case.
pub static MAX_NOCASE: Function = pure("max", 2, MANY, |a| Ok(extreme(a, Ordering::Greater, true)));
pub static MIN_NOCASE: Function = pure("min", 2, MANY, |a| Ok(extreme(a, Ordering::Less, true)));

/// NULL if any argument is, as in SQLite.
fn extreme(a: &[Value], wanted: Ordering, nocase: bool) -> Value {
    let mut best = &a[0];
    for value in a {
        if value.is_null() {
            return Value::Null;
        }
        // Of equal values, min answers the last and max the first, as SQLite's do.
        let order = value.compare(best, nocase);
        if order == wanted || (order.is_eq() && wanted.is_lt()) {
            best = value;
        }
    }
    best.clone()
}

/// The literal that reads back as this value.
pub fn quote(value: &Value) -> String {
    match value {
        Value::Null => "NULL".into(),
        Value::Text(text) => format!("'{}'", text.replace('\'', "''")),
        Value::Blob(bytes) => format!("X'{}'", hex_of(bytes)),
        number => to_text(number).unwrap_or_default().to_string(),
    }
}

fn bytes(count: &Value, name: &str, make: impl Fn(usize) -> Vec<u8>) -> Result<Value> {
    let count = to_int(count).unwrap_or(0).max(0);
    if count > 64 << 20 {
        return Err(Error::new(Code::BadArgument, format!("{name}({count}) is over 67108864 bytes")));
    }
    Ok(Value::blob(make(count as usize)))
}

fn bin_to_uuid(a: &[Value]) -> Result<Value> {
    match &a[0] {
        Value::Null => Ok(Value::Null),
        Value::Blob(bytes) if bytes.len() == 16 => Ok(<[u8; 16]>::try_from(&bytes[..]).ok().map(|bytes| uuid_text(&bytes)).into()),
        other => Err(Error::bad_argument(format!("bin_to_uuid takes 16 bytes, got {}", other.class()))),
    }
}

/// RFC 9562 version 4 from 128 random bits.
fn uuid(random: [u64; 2]) -> String {
    let high = random[0] & 0xffff_ffff_ffff_0fff | 0x4000;
    let low = random[1] & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000;
    format!("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, high >> 16 & 0xffff, high & 0xffff, low >> 48, low & 0xffff_ffff_ffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_have_version_and_variant() {
        assert_eq!(uuid([0, 0]), "00000000-0000-4000-8000-000000000000");
        assert_eq!(uuid([u64::MAX, u64::MAX]), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }

    #[test]
    fn quoting_reads_back() {
        assert_eq!(quote(&"it's".into()), "'it''s'");
        assert_eq!(quote(&Value::blob([1u8, 0xab].as_slice())), "X'01AB'");
        assert_eq!(quote(&Value::Real(1.0)), "1.0");
    }
}
