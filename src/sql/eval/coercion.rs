//! The one table of what is converted before a comparison. It is SQLite's, with the typed columns that SQLite lacks.
//!
//! | one side | other side | what happens |
//! |---|---|---|
//! | INT, REAL, DECIMAL, BOOL column or CAST | TEXT or untyped operand | text that is a number becomes one |
//! | DECIMAL column or expression (not a CAST of what is none to NUMERIC) | untyped or TEXT operand | a REAL becomes the decimal that it is written as: 0.2 is 0.2 |
//! | TEXT, ENUM, JSON column or CAST | an expression without a type | numbers become text |
//! | TEXT, ENUM, JSON column or CAST | ANY or BLOB column | nothing |
//! | DATE, TIME, DATETIME, TIMESTAMP, UUID column | text | takes the type's canonical spelling |
//! | DATE column | DATETIME or TIMESTAMP column | the date gets its midnight |
//! | anything else | | compared as it is: NULL < numbers < text < blobs |
//!
//! The values of an IN list count as untyped, whatever they are, as in SQLite; dates and UUIDs among them do not.
//! A conversion that does not succeed leaves the value as it is. Text compares by bytes, without ASCII case where the
//! column, or COLLATE, says NOCASE: an explicit COLLATE wins, then the left side's column.

use std::cmp::Ordering;

use super::convert::{to_decimal, to_text, whole_number};
use super::expr::{Comparator, Conversion, Rule};
use crate::tuple::{ColumnType, Value};

/// What is known of an operand before it is evaluated.
#[derive(Clone, Debug, PartialEq)]
pub struct Type {
    /// `Any`: nothing is known.
    pub column_type: ColumnType,
    pub nocase: bool,
    /// COLLATE stands in the operand.
    pub explicit: bool,
    /// What a JSON function made: JSON, where any other text is a string.
    pub json: bool,
    /// A column: one of type ANY is compared as it is, where an expression of no type follows the other side.
    pub declared: bool,
    /// A column, a query's too, or a CAST of one: on the left of a comparison it has the say about case.
    pub column: bool,
    /// A CAST AS NUMERIC of what is no DECIMAL: a number to compare with, but no exact one to compute with.
    pub inexact: bool,
}

impl Type {
    pub const UNKNOWN: Type = Type { column_type: ColumnType::Any, nocase: false, explicit: false, json: false, declared: false, column: false, inexact: false };
    /// A date, a time or a UUID: its texts have a canonical spelling.
    pub fn is_typed(&self) -> bool { affinity(&self.column_type) == Affinity::Typed }
    pub fn is_decimal(&self) -> bool {
        matches!(self.column_type, ColumnType::Decimal { .. } | ColumnType::Numeric) && !self.inexact
    }
    pub fn is_json(&self) -> bool { self.json || self.column_type == ColumnType::Json }
    /// Whether case is folded, where anything is said about it.
    pub fn collation(&self) -> Option<bool> { (self.explicit || self.column || self.nocase).then_some(self.nocase) }
    pub fn of(column_type: ColumnType) -> Type { Type { column_type, ..Type::UNKNOWN } }
}

#[derive(Clone, Copy, PartialEq)]
enum Affinity { None, Blob, Number, Text, Typed }

fn affinity(column_type: &ColumnType) -> Affinity {
    match column_type {
        ColumnType::Any => Affinity::None,
        ColumnType::Blob { .. } => Affinity::Blob,
        ColumnType::Bool
        | ColumnType::Int { .. }
        | ColumnType::Real
        | ColumnType::Decimal { .. }
        | ColumnType::Numeric => Affinity::Number,
        ColumnType::Text { .. } | ColumnType::Json | ColumnType::Enum(_) => Affinity::Text,
        ColumnType::Date | ColumnType::Time | ColumnType::DateTime | ColumnType::Timestamp | ColumnType::Uuid => Affinity::Typed,
    }
}

/// What becomes of an operand beside a number of this kind.
fn number(kind: &Type) -> Conversion { if kind.is_decimal() { Conversion::Decimal } else { Conversion::Number } }

/// The rule for comparing two operands.
pub fn rule(left: &Type, right: &Type) -> Rule {
    let nocase = match (left.explicit, right.explicit) {
        (true, _) => left.nocase,
        (false, true) => right.nocase,
        _ => left.nocase || (right.nocase && !left.column),
    };
    let typed = |column_type: &ColumnType| Conversion::Typed(column_type.clone());
    let of = |operand: &Type| match affinity(&operand.column_type) {
        Affinity::None if operand.declared => Affinity::Blob,
        affinity => affinity,
    };
    let (to_left, to_right) = match (of(left), of(right)) {
        (Affinity::Number, Affinity::Number) => (Conversion::None, Conversion::None),
        (Affinity::Number, _) => (Conversion::None, number(left)),
        (_, Affinity::Number) => (number(right), Conversion::None),
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
            (Conversion::Decimal, value @ (Value::Text(_) | Value::Real(_))) => match Conversion::Number.apply(value) {
                number @ Value::Real(_) => to_decimal(&number).map_or(number, Value::Decimal),
                other => other,
            },
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
