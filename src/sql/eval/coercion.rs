//! The one table of what is converted before a comparison. It is SQLite's, with the typed columns that SQLite lacks.
//!
//! | one side | other side | what happens |
//! |---|---|---|
//! | INT, REAL, DECIMAL, BOOL column or CAST | TEXT or untyped operand | text that is a number becomes one |
//! | TEXT, ENUM, JSON column or CAST | untyped operand | numbers become text |
//! | DATE, TIME, DATETIME, TIMESTAMP, UUID column | text | takes the type's canonical spelling |
//! | DATE column | DATETIME or TIMESTAMP column | the date gets its midnight |
//! | anything else | | compared as it is: NULL < numbers < text < blobs |
//!
//! A conversion that does not succeed leaves the value as it is. Text compares by bytes, without ASCII case where the
//! column, or COLLATE, says NOCASE: an explicit COLLATE wins, then the left side's column.

use std::cmp::Ordering;

use super::convert::{to_text, whole_number};
use super::expr::{Comparator, Conversion, Rule};
use crate::tuple::{ColumnType, Value};

/// What is known of an operand before it is evaluated.
#[derive(Clone, Debug, PartialEq)]
pub struct Type {
    /// `Any`: nothing is known.
    pub column_type: ColumnType,
    pub nocase: bool,
    /// COLLATE stands at the operand.
    pub explicit: bool,
}

impl Type {
    pub const UNKNOWN: Type = Type { column_type: ColumnType::Any, nocase: false, explicit: false };
    pub fn of(column_type: ColumnType) -> Type { Type { column_type, nocase: false, explicit: false } }
}

#[derive(Clone, Copy, PartialEq)]
enum Affinity { None, Number, Text, Typed }

fn affinity(column_type: &ColumnType) -> Affinity {
    match column_type {
        ColumnType::Any | ColumnType::Blob { .. } => Affinity::None,
        ColumnType::Bool
        | ColumnType::Int { .. }
        | ColumnType::Real
        | ColumnType::Decimal { .. }
        | ColumnType::Numeric => Affinity::Number,
        ColumnType::Text { .. } | ColumnType::Json | ColumnType::Enum(_) => Affinity::Text,
        ColumnType::Date | ColumnType::Time | ColumnType::DateTime | ColumnType::Timestamp | ColumnType::Uuid => Affinity::Typed,
    }
}

/// The rule for comparing two operands.
pub fn rule(left: &Type, right: &Type) -> Rule {
    let nocase = match (left.explicit, right.explicit) {
        (true, _) => left.nocase,
        (false, true) => right.nocase,
        _ => left.nocase || (right.nocase && affinity(&left.column_type) != Affinity::Text),
    };
    let typed = |column_type: &ColumnType| Conversion::Typed(column_type.clone());
    let (to_left, to_right) = match (affinity(&left.column_type), affinity(&right.column_type)) {
        (Affinity::Number, Affinity::Number) => (Conversion::None, Conversion::None),
        (Affinity::Number, Affinity::Text | Affinity::None | Affinity::Typed) => (Conversion::None, Conversion::Number),
        (Affinity::Text | Affinity::None | Affinity::Typed, Affinity::Number) => (Conversion::Number, Conversion::None),
        (Affinity::Text, Affinity::None) => (Conversion::None, Conversion::Text),
        (Affinity::None, Affinity::Text) => (Conversion::Text, Conversion::None),
        (Affinity::Typed, Affinity::Typed) => match (&left.column_type, &right.column_type) {
            (ColumnType::Date, ColumnType::DateTime | ColumnType::Timestamp) => (Conversion::Typed(ColumnType::DateTime), Conversion::None),
            (ColumnType::DateTime | ColumnType::Timestamp, ColumnType::Date) => (Conversion::None, Conversion::Typed(ColumnType::DateTime)),
            _ => (Conversion::None, Conversion::None),
        },
        (Affinity::Typed, _) => (Conversion::None, typed(&left.column_type)),
        (_, Affinity::Typed) => (typed(&right.column_type), Conversion::None),
        _ => (Conversion::None, Conversion::None),
    };
    Rule { left: to_left, right: to_right, nocase }
}

impl Conversion {
    pub fn apply(&self, value: Value) -> Value {
        match (self, value) {
            (Conversion::None, value) => value,
            (Conversion::Number, Value::Text(text)) => whole_number(&text).unwrap_or(Value::Text(text)),
            (Conversion::Text, value @ (Value::Int(_) | Value::Real(_) | Value::Decimal(_))) => {
                to_text(&value).map_or(Value::Null, Value::Text)
            }
            (Conversion::Typed(column_type), value @ Value::Text(_)) => column_type.coerce(value.clone()).unwrap_or(value),
            (_, value) => value,
        }
    }
}

/// Compares under a rule; `None` when either is NULL.
pub fn order(left: &Value, right: &Value, rule: &Rule) -> Option<Ordering> {
    if left.is_null() || right.is_null() {
        return None;
    }
    if rule.left == Conversion::None && rule.right == Conversion::None {
        return Some(left.compare(right, rule.nocase));
    }
    Some(rule.left.apply(left.clone()).compare(&rule.right.apply(right.clone()), rule.nocase))
}

pub fn compare(op: Comparator, left: &Value, right: &Value, rule: &Rule) -> Option<bool> {
    let order = order(left, right, rule)?;
    Some(match op {
        Comparator::Eq => order == Ordering::Equal,
        Comparator::NotEq => order != Ordering::Equal,
        Comparator::Lt => order == Ordering::Less,
        Comparator::LtEq => order != Ordering::Greater,
        Comparator::Gt => order == Ordering::Greater,
        Comparator::GtEq => order != Ordering::Less,
    })
}

/// Appends bytes that are equal exactly for values that `=` calls equal (and for two NULLs): 1, 1.0 and DECIMAL 1.00
/// give the same. For hashing, not for order.
pub fn equality_key(value: &Value, nocase: bool, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.push(0),
        Value::Int(int) => {
            out.push(1);
            out.extend_from_slice(&int.to_le_bytes());
        }
        Value::Real(real) => {
            // From -2^63 up to 2^63, where the cast is exact.
            let whole = real.fract() == 0.0 && (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(real);
            if whole {
                return equality_key(&Value::Int(*real as i64), nocase, out);
            }
            // A double that a DECIMAL can equal is spelled as that decimal.
            match exact_decimal(*real) {
                Some(decimal) => equality_key(&Value::Decimal(decimal), nocase, out),
                None => {
                    out.push(2);
                    out.extend_from_slice(&real.to_bits().to_le_bytes());
                }
            }
        }
        Value::Decimal(decimal) => {
            let decimal = decimal.normalize();
            if decimal.scale() == 0 {
                if let Ok(int) = i64::try_from(decimal.mantissa()) {
                    return equality_key(&Value::Int(int), nocase, out);
                }
            }
            out.push(3);
            out.push(decimal.scale() as u8);
            out.extend_from_slice(&decimal.mantissa().to_le_bytes());
        }
        Value::Text(text) => {
            out.push(4);
            out.extend_from_slice(&(text.len() as u32).to_le_bytes());
            let start = out.len();
            out.extend_from_slice(text.as_bytes());
            if nocase {
                out[start..].make_ascii_lowercase();
            }
        }
        Value::Blob(bytes) => {
            out.push(5);
            out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
            out.extend_from_slice(bytes);
        }
    }
}

/// The decimal that equals a double, if it has at most 28 digits.
fn exact_decimal(real: f64) -> Option<rust_decimal::Decimal> {
    let decimal = rust_decimal::Decimal::from_f64_retain(real)?.normalize();
    (Value::Decimal(decimal).compare(&Value::Real(real), false) == Ordering::Equal).then_some(decimal)
}
