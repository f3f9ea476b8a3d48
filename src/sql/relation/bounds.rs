//! Bounds of a key as ranges of its bytes.
//!
//! A range may be wider than the condition it comes from (the filter is checked on every row), never narrower.

use std::ops::Bound;

use bytes::Bytes;

use crate::error::Result;
use crate::prolly::KeyRange;
use crate::sql::eval::Env;
use crate::sql::plan::{Bounds, Operand};
use crate::tuple::{encode_key_part, ColumnType, KeyOrder, Value, MAX_PRECISION};

/// How the leading parts of the key sort.
pub type BoundParts = [KeyOrder];

/// The keys that begin what is asked for, ascending. `false`: not all equalities are in them, for a value is not
/// one of its column's type.
fn prefixes(bounds: &Bounds, parts: &BoundParts, row: &[Value], env: &Env) -> Result<(Vec<Vec<u8>>, bool)> {
    let mut prefixes: Vec<Vec<u8>> = vec![Vec::new()];
    for (operands, order) in bounds.equals.iter().zip(parts) {
        let mut keys: Vec<Vec<u8>> = Vec::with_capacity(operands.len());
        for operand in operands {
            let Some(value) = value(operand, row, env)? else { continue };
            match fit(&value, &order.column_type) {
                Fit::Exact(value) => {
                    let mut key = Vec::with_capacity(12);
                    encode_key_part(&mut key, &value, order)?;
                    keys.push(key);
                }
                Fit::Between(..) => {}
                // The filter decides.
                Fit::Unknown => return Ok((prefixes, false)),
            }
        }
        keys.sort_unstable();
        keys.dedup();
        prefixes = prefixes
            .iter()
            .flat_map(|prefix| keys.iter().map(move |key| [prefix.as_slice(), key.as_slice()].concat()))
            .collect();
    }
    Ok((prefixes, true))
}

/// The keys themselves, when the bounds are equalities of all `parts` (a whole primary key).
pub fn whole_keys(bounds: &Bounds, parts: &BoundParts, row: &[Value], env: &Env) -> Result<Option<Vec<Bytes>>> {
    if bounds.equals.len() != parts.len() {
        return Ok(None);
    }
    let (keys, whole) = prefixes(bounds, parts, row, env)?;
    Ok(whole.then(|| keys.into_iter().map(Bytes::from).collect()))
}

/// The ranges, in ascending order of keys and apart from each other.
pub fn key_ranges(bounds: &Bounds, parts: &BoundParts, row: &[Value], env: &Env) -> Result<Vec<KeyRange>> {
    let (prefixes, all) = prefixes(bounds, parts, row, env)?;
    if !all {
        return Ok(ranges_of(prefixes));
    }
    if bounds.lower.is_none() && bounds.upper.is_none() {
        return Ok(ranges_of(prefixes));
    }
    let Some(order) = parts.get(bounds.equals.len()) else { return Ok(ranges_of(prefixes)) };
    let Some(lower) = side(&bounds.lower, true, order, row, env)? else { return Ok(Vec::new()) };
    let Some(upper) = side(&bounds.upper, false, order, row, env)? else { return Ok(Vec::new()) };
    let (first, last) = if order.descending { (upper, lower) } else { (lower, upper) };
    Ok(prefixes
        .iter()
        .map(|prefix| {
            let whole = KeyRange::prefix(prefix);
            // An inclusive or exclusive bound of a part stands before or after all keys that continue it.
            let start = match &first {
                Side::Open => whole.start.clone(),
                Side::At { key, inclusive } => {
                    let range = KeyRange::prefix(&[prefix.as_slice(), key].concat());
                    if *inclusive { range.start } else { turn(range.end) }
                }
            };
            let end = match &last {
                Side::Open => whole.end.clone(),
                Side::At { key, inclusive } => {
                    let range = KeyRange::prefix(&[prefix.as_slice(), key].concat());
                    if *inclusive { range.end } else { turn(range.start) }
                }
            };
            KeyRange { start, end }
        })
        .filter(|range| !range.is_empty())
        .collect())
}

fn ranges_of(prefixes: Vec<Vec<u8>>) -> Vec<KeyRange> { prefixes.iter().map(|prefix| KeyRange::prefix(prefix)).collect() }

/// The other side of a cut between keys.
fn turn(bound: Bound<Bytes>) -> Bound<Bytes> {
    match bound {
        Bound::Included(key) => Bound::Excluded(key),
        Bound::Excluded(key) => Bound::Included(key),
        Bound::Unbounded => Bound::Unbounded,
    }
}

enum Side { Open, At { key: Vec<u8>, inclusive: bool } }

/// `None`: nothing lies there (a comparison with NULL).
fn side(bound: &Option<(Operand, bool)>, lower: bool, order: &KeyOrder, row: &[Value], env: &Env) -> Result<Option<Side>> {
    let Some((operand, inclusive)) = bound else { return Ok(Some(Side::Open)) };
    let Some(value) = value(operand, row, env)? else { return Ok(None) };
    let (value, inclusive) = match fit(&value, &order.column_type) {
        Fit::Exact(value) => (value, *inclusive),
        Fit::Between(below, above) => (if lower { below } else { above }, true),
        Fit::Unknown => return Ok(Some(Side::Open)),
    };
    let mut key = Vec::with_capacity(12);
    encode_key_part(&mut key, &value, order)?;
    Ok(Some(Side::At { key, inclusive }))
}

/// `None` for NULL where NULL matches nothing.
fn value(operand: &Operand, row: &[Value], env: &Env) -> Result<Option<Value>> {
    let value = operand.conversion.apply(operand.expr.eval(row, env)?);
    Ok(if value.is_null() && !operand.null_matches { None } else { Some(value) })
}

enum Fit {
    /// The column can hold a value that equals it.
    Exact(Value),
    /// No value of the column equals it; it lies between these two.
    Between(Value, Value),
    /// Nothing is known of how it sorts among the column's values.
    Unknown,
}

fn fit(value: &Value, column_type: &ColumnType) -> Fit {
    if value.is_null() {
        return Fit::Exact(Value::Null);
    }
    match (column_type, value) {
        (ColumnType::Any, Value::Decimal(_)) => Fit::Unknown,
        (ColumnType::Any, _) => Fit::Exact(value.clone()),
        (ColumnType::Int { .. } | ColumnType::Bool, Value::Int(_)) => Fit::Exact(value.clone()),
        (ColumnType::Int { .. } | ColumnType::Bool, Value::Real(real)) => {
            const LIMIT: f64 = 9_223_372_036_854_775_808.0;
            if !(-LIMIT..LIMIT).contains(real) {
                return Fit::Unknown;
            }
            let (floor, ceiling) = (real.floor() as i64, real.ceil() as i64);
            if floor == ceiling && real.fract() == 0.0 { Fit::Exact(Value::Int(floor)) } else { Fit::Between(Value::Int(floor), Value::Int(ceiling)) }
        }
        (ColumnType::Real, Value::Real(_)) => Fit::Exact(value.clone()),
        (ColumnType::Real, Value::Int(int)) if int.unsigned_abs() < 1 << 53 => Fit::Exact(Value::Real(*int as f64)),
        (ColumnType::Text { .. }, Value::Text(_)) => Fit::Exact(value.clone()),
        (ColumnType::Blob { .. }, Value::Blob(_)) => Fit::Exact(value.clone()),
        (ColumnType::Decimal { scale, .. }, Value::Int(_) | Value::Decimal(_)) => {
            // With the column's scale and every digit, so that a value that is too large still sorts.
            let widest = ColumnType::Decimal { precision: MAX_PRECISION, scale: *scale };
            match widest.coerce(value.clone()) {
                Ok(stored) if stored.equals(value, false) => Fit::Exact(stored),
                _ => Fit::Unknown,
            }
        }
        (ColumnType::Date | ColumnType::Time | ColumnType::DateTime | ColumnType::Timestamp | ColumnType::Uuid, Value::Text(_)) => {
            match column_type.coerce(value.clone()) {
                Ok(stored) if stored == *value => Fit::Exact(stored),
                _ => Fit::Unknown,
            }
        }
        _ => Fit::Unknown,
    }
}
