//! Functions of numbers.

use rust_decimal::{Decimal, RoundingStrategy};

use super::{in_context, pure, Function};
use crate::error::{Code, Error, Result};
use crate::sql::eval::convert::{to_int, to_number, to_real, whole_number};
use crate::tuple::{round_real, Value};

pub const LIST: &[Function] = &[
    pure("abs", 1, 1, abs),
    pure("round", 1, 2, round),
    pure("ceil", 1, 1, |a| whole(a, f64::ceil, |d| d.ceil())),
    pure("ceiling", 1, 1, |a| whole(a, f64::ceil, |d| d.ceil())),
    pure("floor", 1, 1, |a| whole(a, f64::floor, |d| d.floor())),
    pure("trunc", 1, 1, |a| whole(a, f64::trunc, |d| d.trunc())),
    pure("sign", 1, 1, sign),
    pure("mod", 2, 2, modulo),
    pure("sqrt", 1, 1, |a| real(a, f64::sqrt)),
    pure("exp", 1, 1, |a| real(a, f64::exp)),
    pure("ln", 1, 1, |a| logarithm(a, f64::ln)),
    pure("log", 1, 2, log),
    pure("log10", 1, 1, |a| logarithm(a, f64::log10)),
    pure("log2", 1, 1, |a| logarithm(a, f64::log2)),
    pure("pow", 2, 2, power),
    pure("power", 2, 2, power),
    pure("sin", 1, 1, |a| real(a, f64::sin)),
    pure("cos", 1, 1, |a| real(a, f64::cos)),
    pure("tan", 1, 1, |a| real(a, f64::tan)),
    pure("asin", 1, 1, |a| real(a, f64::asin)),
    pure("acos", 1, 1, |a| real(a, f64::acos)),
    pure("atan", 1, 1, |a| real(a, f64::atan)),
    pure("sinh", 1, 1, |a| real(a, f64::sinh)),
    pure("cosh", 1, 1, |a| real(a, f64::cosh)),
    pure("tanh", 1, 1, |a| real(a, f64::tanh)),
    pure("asinh", 1, 1, |a| real(a, f64::asinh)),
    pure("acosh", 1, 1, |a| real(a, f64::acosh)),
    pure("atanh", 1, 1, |a| real(a, f64::atanh)),
    pure("cot", 1, 1, |a| real(a, |x| 1.0 / x.tan())),
    pure("truncate", 2, 2, truncate),
    pure("bin", 1, 1, |a| Ok(to_int(&a[0]).map(|int| format!("{int:b}")).into())),
    pure("oct", 1, 1, |a| Ok(to_int(&a[0]).map(|int| format!("{int:o}")).into())),
    pure("bit_count", 1, 1, |a| Ok(to_int(&a[0]).map(|int| i64::from(int.count_ones())).into())),
    pure("atan2", 2, 2, |a| Ok(both(a).map_or(Value::Null, |(y, x)| Value::real(y.atan2(x))))),
    pure("radians", 1, 1, |a| real(a, f64::to_radians)),
    pure("degrees", 1, 1, |a| real(a, f64::to_degrees)),
    pure("pi", 0, 0, |_| Ok(Value::Real(std::f64::consts::PI))),
    in_context("random", 0, 0, |_, cx| Ok(Value::Int(cx.moment.draw() as i64))),
    in_context("rand", 0, 0, |_, cx| Ok(Value::Real((cx.moment.draw() >> 11) as f64 / (1u64 << 53) as f64))),
];

/// The number, or `None` for what is none: NULL, a BLOB, text that is not one to its end.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Blob(_) => None,
        Value::Text(text) => to_real(&whole_number(text)?),
        other => to_real(other),
    }
}

fn real(a: &[Value], f: fn(f64) -> f64) -> Result<Value> { Ok(number(&a[0]).map_or(Value::Null, |x| Value::real(f(x)))) }

fn both(a: &[Value]) -> Option<(f64, f64)> { Some((number(&a[0])?, number(&a[1])?)) }

fn abs(a: &[Value]) -> Result<Value> {
    Ok(match &a[0] {
        Value::Null => Value::Null,
        Value::Int(int) => Value::Int(
            int.checked_abs().ok_or_else(|| Error::new(Code::IntRange, "integer overflow: abs(-9223372036854775808)"))?,
        ),
        Value::Decimal(decimal) => Value::Decimal(decimal.abs()),
        other => Value::real(to_real(other).unwrap_or(0.0).abs()),
    })
}

/// SQLite's round answers a REAL; a DECIMAL stays exact. Half rounds away from zero.
fn round(a: &[Value]) -> Result<Value> {
    let places = match a.get(1) {
        None => 0,
        Some(places) => match to_int(places) {
            None => return Ok(Value::Null),
            Some(places) => places.clamp(0, 30),
        },
    };
    Ok(match to_number(&a[0]) {
        Value::Null => Value::Null,
        Value::Decimal(decimal) => {
            Value::Decimal(decimal.round_dp_with_strategy(places.min(28) as u32, RoundingStrategy::MidpointAwayFromZero))
        }
        value => {
            let x = number(&value).unwrap_or(0.0);
            if x.abs() >= 4_503_599_627_370_496.0 {
                return Ok(Value::real(x));
            }
            if places == 0 {
                return Ok(Value::real((x + if x < 0.0 { -0.5 } else { 0.5 }).trunc()));
            }
            Value::real(round_real(x, places as i32))
        }
    })
}

fn whole(a: &[Value], f: fn(f64) -> f64, g: fn(&Decimal) -> Decimal) -> Result<Value> {
    Ok(match &a[0] {
        Value::Int(int) => Value::Int(*int),
        Value::Decimal(decimal) => Value::Decimal(g(decimal)),
        Value::Text(text) => whole_number(text).map_or(Ok(Value::Null), |number| whole(&[number], f, g))?,
        other => number(other).map_or(Value::Null, |x| Value::real(f(x))),
    })
}

/// MySQL's TRUNCATE(x, places): towards zero.
fn truncate(a: &[Value]) -> Result<Value> {
    let (value, Some(places)) = (to_number(&a[0]), to_int(&a[1])) else { return Ok(Value::Null) };
    let factor = 10f64.powi(places.clamp(-30, 30) as i32);
    Ok(match value {
        Value::Null => Value::Null,
        Value::Int(int) if places >= 0 => Value::Int(int),
        Value::Int(int) => Value::Int(10i64.checked_pow(places.unsigned_abs().min(19) as u32).map_or(0, |unit| int / unit * unit)),
        Value::Decimal(decimal) if places >= 0 => Value::Decimal(decimal.trunc_with_scale(places.min(28) as u32)),
        other => {
            let x = number(&other).unwrap_or(0.0);
            // Through the shortest text, so that 1.15 has two places.
            match format!("{x}").parse::<Decimal>() {
                Ok(decimal) if places >= 0 => Value::real(decimal.trunc_with_scale(places.min(28) as u32).to_string().parse().unwrap_or(x)),
                _ => Value::real((x * factor).trunc() / factor),
            }
        }
    })
}

fn sign(a: &[Value]) -> Result<Value> {
    Ok(match number(&a[0]) {
        None => Value::Null,
        Some(x) => Value::Int(if x > 0.0 { 1 } else { -i64::from(x < 0.0) }),
    })
}

fn modulo(a: &[Value]) -> Result<Value> {
    if let (Value::Int(x), Value::Int(y)) = (&a[0], &a[1]) {
        return Ok(if *y == 0 { Value::Null } else { Value::Int(x.wrapping_rem(*y)) });
    }
    Ok(both(a).filter(|(_, y)| *y != 0.0).map_or(Value::Null, |(x, y)| Value::real(x % y)))
}

fn logarithm(a: &[Value], f: fn(f64) -> f64) -> Result<Value> {
    Ok(number(&a[0]).filter(|x| *x > 0.0).map_or(Value::Null, |x| Value::real(f(x))))
}

/// SQLite's: `log(x)` has base 10, `log(b, x)` base b.
fn log(a: &[Value]) -> Result<Value> {
    if a.len() == 1 {
        return logarithm(a, f64::log10);
    }
    Ok(both(a)
        .filter(|(base, x)| *base > 0.0 && *base != 1.0 && *x > 0.0)
        .map_or(Value::Null, |(base, x)| Value::real(x.ln() / base.ln())))
}

fn power(a: &[Value]) -> Result<Value> { Ok(both(a).map_or(Value::Null, |(x, y)| Value::real(x.powf(y)))) }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding() {
        assert_eq!(round(&[Value::Real(2.5)]).unwrap(), Value::Real(3.0));
        assert_eq!(round(&[Value::Real(-2.5)]).unwrap(), Value::Real(-3.0));
        assert_eq!(round(&[Value::Int(7)]).unwrap(), Value::Real(7.0));
        assert_eq!(round(&[Value::Real(3.14159), Value::Int(2)]).unwrap(), Value::Real(3.14));
        assert_eq!(round(&[Value::Null]).unwrap(), Value::Null);
        assert!(abs(&[Value::Int(i64::MIN)]).is_err());
    }
}
