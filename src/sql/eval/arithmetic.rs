//! Arithmetic in SQLite's meaning: integers stay integers, division truncates, what overflows becomes REAL, what has
//! no answer (x / 0) is NULL. DECIMAL with DECIMAL or INTEGER is exact.

use rust_decimal::Decimal;

use super::convert::{to_int, to_number, to_real};
use super::expr::Arithmetic;
use crate::tuple::Value;

pub fn arithmetic(op: Arithmetic, left: &Value, right: &Value) -> Value {
    if left.is_null() || right.is_null() {
        return Value::Null;
    }
    if let (Value::Int(a), Value::Int(b)) = (left, right) {
        return ints(op, *a, *b);
    }
    if is_bitwise(op) {
        return match (to_int(left), to_int(right)) {
            (Some(a), Some(b)) => ints(op, a, b),
            _ => Value::Null,
        };
    }
    let (a, b) = (to_number(left), to_number(right));
    match (&a, &b) {
        (Value::Int(a), Value::Int(b)) => ints(op, *a, *b),
        (Value::Decimal(a), Value::Decimal(b)) => decimals(op, *a, *b).unwrap_or_else(|| reals(op, left, right)),
        (Value::Decimal(a), Value::Int(b)) => decimals(op, *a, Decimal::from(*b)).unwrap_or_else(|| reals(op, left, right)),
        (Value::Int(a), Value::Decimal(b)) => decimals(op, Decimal::from(*a), *b).unwrap_or_else(|| reals(op, left, right)),
        _ => reals(op, left, right),
    }
}

fn is_bitwise(op: Arithmetic) -> bool {
    matches!(op, Arithmetic::And | Arithmetic::Or | Arithmetic::Xor | Arithmetic::ShiftLeft | Arithmetic::ShiftRight)
}

fn ints(op: Arithmetic, a: i64, b: i64) -> Value {
    let exact = match op {
        Arithmetic::Add => a.checked_add(b),
        Arithmetic::Subtract => a.checked_sub(b),
        Arithmetic::Multiply => a.checked_mul(b),
        Arithmetic::Divide | Arithmetic::IntDivide => {
            if b == 0 {
                return Value::Null;
            }
            a.checked_div(b)
        }
        Arithmetic::Modulo => return if b == 0 { Value::Null } else { Value::Int(a.wrapping_rem(b)) },
        Arithmetic::And => Some(a & b),
        Arithmetic::Or => Some(a | b),
        Arithmetic::Xor => Some(a ^ b),
        Arithmetic::ShiftLeft => Some(shift(a, b)),
        Arithmetic::ShiftRight => Some(shift(a, b.saturating_neg())),
    };
    exact.map_or_else(|| reals(op, &Value::Int(a), &Value::Int(b)), Value::Int)
}

/// To the left, to the right when negative; past 63 bits nothing is left but the sign.
fn shift(a: i64, by: i64) -> i64 {
    match by {
        64.. => 0,
        0..=63 => a << by,
        -63..=-1 => a >> -by,
        _ => if a < 0 { -1 } else { 0 },
    }
}

fn reals(op: Arithmetic, left: &Value, right: &Value) -> Value {
    let (Some(a), Some(b)) = (to_real(left), to_real(right)) else { return Value::Null };
    Value::real(match op {
        Arithmetic::Add => a + b,
        Arithmetic::Subtract => a - b,
        Arithmetic::Multiply => a * b,
        Arithmetic::Divide if b == 0.0 => return Value::Null,
        Arithmetic::Divide => a / b,
        Arithmetic::IntDivide if b == 0.0 => return Value::Null,
        Arithmetic::IntDivide => return Value::Int((a / b) as i64),
        // SQLite's % works on integers ('1e1' is 1), and answers REAL where an operand was.
        Arithmetic::Modulo => {
            let (Some(a), Some(b)) = (to_int(left), to_int(right)) else { return Value::Null };
            if b == 0 {
                return Value::Null;
            }
            a.wrapping_rem(b) as f64
        }
        _ => return Value::Null,
    })
}

/// `None` when the answer has more than 28 digits.
fn decimals(op: Arithmetic, a: Decimal, b: Decimal) -> Option<Value> {
    match op {
        Arithmetic::Add => a.checked_add(b),
        Arithmetic::Subtract => a.checked_sub(b),
        Arithmetic::Multiply => a.checked_mul(b),
        Arithmetic::Divide | Arithmetic::IntDivide | Arithmetic::Modulo if b.is_zero() => return Some(Value::Null),
        Arithmetic::Divide => a.checked_div(b),
        Arithmetic::IntDivide => return Some(to_int(&Value::Decimal(a.checked_div(b)?)).map_or(Value::Null, Value::Int)),
        Arithmetic::Modulo => a.checked_rem(b),
        _ => None,
    }
    .map(Value::Decimal)
}

pub fn negate(value: &Value) -> Value {
    match to_number(value) {
        Value::Int(int) => int.checked_neg().map_or_else(|| Value::Real(-(int as f64)), Value::Int),
        Value::Real(real) => Value::real(-real),
        Value::Decimal(decimal) => Value::Decimal(-decimal),
        other => other,
    }
}

pub fn bit_not(value: &Value) -> Value { to_int(value).map_or(Value::Null, |int| Value::Int(!int)) }
