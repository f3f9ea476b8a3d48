//! A value as the evaluator sees it: SQLite's classes and DECIMAL.

use std::cmp::Ordering;
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

    /// SQLite's order: NULL, then numbers by their exact value whatever their class, then text by
    /// bytes (ASCII case folded under `nocase`), then blobs.
    pub fn compare(&self, other: &Value, nocase: bool) -> Ordering {
        match (self, other) {
            (Value::Int(a), Value::Int(b)) => a.cmp(b),
            (Value::Text(a), Value::Text(b)) if nocase => {
                a.bytes().map(|byte| byte.to_ascii_lowercase()).cmp(b.bytes().map(|byte| byte.to_ascii_lowercase()))
            }
            (Value::Text(a), Value::Text(b)) => a.as_bytes().cmp(b.as_bytes()),
            (Value::Blob(a), Value::Blob(b)) => a.cmp(b),
            (Value::Real(a), Value::Real(b)) => compare_reals(*a, *b),
            (Value::Int(a), Value::Real(b)) => compare_int_real(*a, *b),
            (Value::Real(a), Value::Int(b)) => compare_int_real(*b, *a).reverse(),
            (Value::Decimal(a), Value::Decimal(b)) => a.cmp(b),
            (Value::Decimal(a), Value::Int(b)) => a.cmp(&Decimal::from(*b)),
            (Value::Int(a), Value::Decimal(b)) => Decimal::from(*a).cmp(b),
            (Value::Decimal(a), Value::Real(b)) => compare_decimal_real(a, *b),
            (Value::Real(a), Value::Decimal(b)) => compare_decimal_real(b, *a).reverse(),
            _ => self.rank().cmp(&other.rank()),
        }
    }

    /// Equality as `=` means it for two values that are not NULL: 1, 1.0 and DECIMAL 1.00 are equal.
    pub fn equals(&self, other: &Value, nocase: bool) -> bool { self.compare(other, nocase) == Ordering::Equal }

    fn rank(&self) -> u8 {
        match self {
            Value::Null => 0,
            Value::Int(_) | Value::Real(_) | Value::Decimal(_) => 1,
            Value::Text(_) => 2,
            Value::Blob(_) => 3,
        }
    }
}

fn compare_reals(a: f64, b: f64) -> Ordering { (a + 0.0).total_cmp(&(b + 0.0)) }

const TWO_63: f64 = 9_223_372_036_854_775_808.0;

fn compare_int_real(int: i64, real: f64) -> Ordering {
    if real >= TWO_63 {
        return Ordering::Less;
    }
    if real < -TWO_63 || real.is_nan() {
        return Ordering::Greater;
    }
    let whole = real.trunc();
    int.cmp(&(whole as i64)).then_with(|| compare_reals(0.0, real - whole))
}

/// Exact. The whole parts are compared first; then the decimal's fraction is expanded bit by bit
/// against the real's, which has at most 147 binary places once it is as large as the smallest DECIMAL.
fn compare_decimal_real(decimal: &Decimal, real: f64) -> Ordering {
    if real.is_nan() {
        return Ordering::Greater;
    }
    if real.abs() >= 7.93e28 {
        return if real > 0.0 { Ordering::Less } else { Ordering::Greater };
    }
    let negative = real < 0.0;
    match (decimal.is_sign_negative() && !decimal.is_zero(), negative) {
        (true, false) => return Ordering::Less,
        (false, true) => return Ordering::Greater,
        _ => {}
    }
    let unit = 10u128.pow(decimal.scale());
    let mantissa = decimal.mantissa().unsigned_abs();
    let magnitude = real.abs();
    let whole = magnitude.trunc();
    let by_magnitude = (mantissa / unit).cmp(&(whole as u128)).then_with(|| {
        compare_fractions(mantissa % unit, unit, magnitude - whole)
    });
    if negative { by_magnitude.reverse() } else { by_magnitude }
}

/// `numerator / unit` against `fraction`, both in 0..1.
fn compare_fractions(mut numerator: u128, unit: u128, fraction: f64) -> Ordering {
    if numerator == 0 || fraction == 0.0 {
        return (numerator != 0).cmp(&(fraction != 0.0));
    }
    let bits = fraction.to_bits();
    let exponent = (bits >> 52) as i32;
    // Less than 2^-94 is less than 10^-28, the smallest DECIMAL.
    if exponent < 1023 - 95 {
        return Ordering::Greater;
    }
    let significand = (bits & ((1 << 52) - 1)) | (1 << 52);
    let places = 1075 - exponent;
    for place in 1..=places {
        numerator *= 2;
        let ours = numerator >= unit;
        if ours {
            numerator -= unit;
        }
        let shift = places - place;
        let theirs = shift < 64 && (significand >> shift) & 1 == 1;
        if ours != theirs {
            return ours.cmp(&theirs);
        }
    }
    (numerator != 0).cmp(&false)
}

impl From<i64> for Value { fn from(int: i64) -> Self { Value::Int(int) } }
impl From<&str> for Value { fn from(text: &str) -> Self { Value::text(text) } }
impl From<String> for Value { fn from(text: String) -> Self { Value::text(text) } }
impl<T: Into<Value>> From<Option<T>> for Value { fn from(option: Option<T>) -> Self { option.map_or(Value::Null, Into::into) } }

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Value { Value::Decimal(text.parse().unwrap()) }

    #[test]
    fn numbers_compare_by_exact_value_across_classes() {
        use Ordering::*;
        let cases = [
            (Value::Int(1), Value::Real(1.0), Equal),
            (Value::Int(i64::MAX), Value::Real(TWO_63), Less),
            (Value::Int(9_007_199_254_740_993), Value::Real(9_007_199_254_740_992.0), Greater),
            (Value::Int(-1), Value::Real(-1.5), Greater),
            (decimal("0.1"), Value::Real(0.1), Less),
            (decimal("0.5"), Value::Real(0.5), Equal),
            (decimal("-0.5"), Value::Real(-0.25), Less),
            (decimal("1.10"), decimal("1.1"), Equal),
            (decimal("3"), Value::Int(3), Equal),
            (decimal("0.0000000000000000000000000001"), Value::Real(1e-300), Greater),
            (decimal("0"), Value::Real(1e-300), Less),
            (decimal("79228162514264337593543950335"), Value::Real(7.922816251426434e28), Less),
            (Value::Int(5), Value::text("1"), Less),
            (Value::text("z"), Value::blob(&b""[..]), Less),
            (Value::Null, Value::Int(i64::MIN), Less),
        ];
        for (a, b, expected) in cases {
            assert_eq!(a.compare(&b, false), expected, "{a:?} {b:?}");
            assert_eq!(b.compare(&a, false), expected.reverse(), "{b:?} {a:?}");
        }
        assert!(Value::text("AbC").equals(&Value::text("aBc"), true));
    }
}
