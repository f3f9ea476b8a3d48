//! A value as the evaluator sees it: SQLite's classes and DECIMAL.

use std::rc::Rc;

use rust_decimal::Decimal;

/// DATE, TIME, DATETIME, TIMESTAMP, UUID, ENUM and JSON are `Text` in their canonical spelling
/// (which sorts as the type does) and BOOLEAN is `Int` 0 or 1: the *column's* type says how they
/// are stored, checked and shown. REAL is never NaN (that is NULL) and never -0.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    #[default]
    Null,
    Int(i64),
    Real(f64),
    Decimal(Decimal),
    Text(Rc<str>),
    Blob(Rc<[u8]>),
}

impl Value {
    pub fn text(text: impl Into<Rc<str>>) -> Self { Value::Text(text.into()) }
    pub fn blob(bytes: impl Into<Rc<[u8]>>) -> Self { Value::Blob(bytes.into()) }
    pub fn real(real: f64) -> Self {
        if real.is_nan() { Value::Null } else { Value::Real(real + 0.0) }
    }
    pub fn bool(truth: bool) -> Self { Value::Int(truth.into()) }
    pub fn is_null(&self) -> bool { matches!(self, Value::Null) }
    /// SQLite's name of the class: `null integer real text blob`, and `decimal`.
    pub fn class(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Int(_) => "integer",
            Value::Real(_) => "real",
            Value::Decimal(_) => "decimal",
            Value::Text(_) => "text",
            Value::Blob(_) => "blob",
        }
    }
}

impl From<i64> for Value { fn from(int: i64) -> Self { Value::Int(int) } }
impl From<&str> for Value { fn from(text: &str) -> Self { Value::text(text) } }
impl From<String> for Value { fn from(text: String) -> Self { Value::text(text) } }
impl<T: Into<Value>> From<Option<T>> for Value { fn from(option: Option<T>) -> Self { option.map_or(Value::Null, Into::into) } }
