//! Bytes that are equal exactly when values are: for GROUP BY, DISTINCT, hash joins, IN lists and set operations.
//! NULL equals NULL here (a join leaves it out before it asks), and 1, 1.0 and DECIMAL 1 are one.

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::Decimal;

use crate::tuple::Value;

/// Appends the identity of one value: self-delimiting, so that several can follow each other.
pub fn push(out: &mut Vec<u8>, value: &Value, nocase: bool) {
    match value {
        Value::Null => out.push(0),
        Value::Int(int) => push_int(out, *int),
        Value::Real(real) => push_real(out, *real),
        Value::Decimal(decimal) => push_decimal(out, decimal),
        Value::Text(text) => {
            out.push(4);
            out.extend_from_slice(&(text.len() as u64).to_le_bytes());
            let start = out.len();
            out.extend_from_slice(text.as_bytes());
            if nocase {
                out[start..].make_ascii_lowercase();
            }
        }
        Value::Blob(bytes) => {
            out.push(5);
            out.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
            out.extend_from_slice(bytes);
        }
    }
}

/// The identity of a tuple.
pub fn identity(values: &[Value], nocase: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(values.len() * 10);
    for value in values {
        push(&mut out, value, nocase);
    }
    out
}

fn push_int(out: &mut Vec<u8>, int: i64) {
    out.push(1);
    out.extend_from_slice(&int.to_le_bytes());
}

/// A REAL that is an integer is that integer.
fn push_real(out: &mut Vec<u8>, real: f64) {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if real.fract() == 0.0 && (-LIMIT..LIMIT).contains(&real) {
        return push_int(out, real as i64);
    }
    out.push(2);
    out.extend_from_slice(&real.to_bits().to_le_bytes());
}

/// A DECIMAL that an INTEGER or a REAL holds exactly is that; any other is its own normal form.
fn push_decimal(out: &mut Vec<u8>, decimal: &Decimal) {
    let normal = decimal.normalize();
    if normal.scale() == 0 {
        if let Some(int) = normal.to_i64() {
            return push_int(out, int);
        }
    }
    let real: f64 = normal.to_string().parse().unwrap_or(0.0);
    if Value::Real(real).equals(&Value::Decimal(normal), false) {
        return push_real(out, real);
    }
    out.push(3);
    out.extend_from_slice(&normal.serialize());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_have_one_identity() {
        let half: Decimal = "0.50".parse().unwrap();
        let tenth: Decimal = "0.1".parse().unwrap();
        let values = [
            Value::Null,
            Value::Int(1),
            Value::Real(1.0),
            Value::Decimal(Decimal::ONE),
            Value::Real(0.5),
            Value::Decimal(half),
            Value::Real(0.1),
            Value::Decimal(tenth),
            Value::Real(-0.0),
            Value::Int(0),
            Value::text("1"),
            Value::blob(b"1".as_slice()),
            Value::Int(i64::MAX),
            Value::Real(9_223_372_036_854_775_808.0),
        ];
        for a in &values {
            for b in &values {
                let same = a.compare(b, false).is_eq();
                assert_eq!(identity(std::slice::from_ref(a), false) == identity(std::slice::from_ref(b), false), same, "{a:?} {b:?}");
            }
        }
        assert_eq!(identity(&["Ab".into()], true), identity(&["aB".into()], true));
        assert_ne!(identity(&["ab".into(), "c".into()], false), identity(&["a".into(), "bc".into()], false));
    }
}
