//! Aggregates: what a group folds into. DISTINCT and FILTER are decided before a value comes here.

use std::cmp::Ordering;

use rust_decimal::prelude::FromPrimitive;
use rust_decimal::Decimal;

use super::convert::{decimal_to_real, to_number, to_real, to_text, whole_number};
use crate::error::{Code, Error, Result};
use crate::tuple::{quoted, Value};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aggregate { Count, Sum, Total, Avg, Min, Max, GroupConcat, JsonArray, JsonObject, AnyValue, Median, Variance { sample: bool, root: bool } }

/// An aggregate by folded name. `min` and `max` of several arguments are scalar functions.
pub fn find(name: &str, arguments: usize) -> Option<Aggregate> {
    Some(match (name, arguments) {
        ("count", 0 | 1) => Aggregate::Count,
        ("sum", 1) => Aggregate::Sum,
        ("total", 1) => Aggregate::Total,
        ("avg", 1) => Aggregate::Avg,
        ("min", 1) => Aggregate::Min,
        ("max", 1) => Aggregate::Max,
        ("group_concat" | "string_agg", 1 | 2) => Aggregate::GroupConcat,
        ("json_group_array" | "json_arrayagg", 1) => Aggregate::JsonArray,
        ("json_group_object" | "json_objectagg", 2) => Aggregate::JsonObject,
        ("any_value", 1) => Aggregate::AnyValue,
        ("median", 1) => Aggregate::Median,
        ("var_pop" | "variance", 1) => Aggregate::Variance { sample: false, root: false },
        ("var_samp", 1) => Aggregate::Variance { sample: true, root: false },
        ("std" | "stddev" | "stddev_pop", 1) => Aggregate::Variance { sample: false, root: true },
        ("stddev_samp", 1) => Aggregate::Variance { sample: true, root: true },
        _ => return None,
    })
}

/// One group's state. `nocase` is the collation of the argument, for MIN and MAX.
#[derive(Clone, Debug)]
pub struct Accumulator { aggregate: Aggregate, nocase: bool, state: State }

#[derive(Clone, Debug)]
enum State {
    Count(i64),
    Sum { sum: Sum, count: i64 },
    Best(Value),
    Text(Option<String>),
    /// Members so far, between commas.
    Json(String),
    Numbers(Vec<f64>),
    /// Welford's: how many, their mean, the sum of squares of what they differ from it.
    Spread { count: f64, mean: f64, squares: f64 },
}

/// Exact while it can be: integers, then decimals; a REAL among the values makes the sum a REAL.
#[derive(Clone, Copy, Debug)]
enum Sum {
    /// 64 bits are what SUM may answer; TOTAL and AVG take more, and on the way there may be more.
    Int(i128),
    Decimal(Decimal),
    /// Kahan-Babuska-Neumaier: the sum and what rounding took from it, as in SQLite since 3.43.
    Real { sum: f64, lost: f64 },
}

impl Accumulator {
    pub fn new(aggregate: Aggregate, nocase: bool) -> Self {
        let state = match aggregate {
            Aggregate::Count => State::Count(0),
            Aggregate::Sum | Aggregate::Total | Aggregate::Avg => State::Sum { sum: Sum::Int(0), count: 0 },
            Aggregate::Min | Aggregate::Max | Aggregate::AnyValue => State::Best(Value::Null),
            Aggregate::GroupConcat => State::Text(None),
            Aggregate::JsonArray | Aggregate::JsonObject => State::Json(String::new()),
            Aggregate::Median => State::Numbers(Vec::new()),
            Aggregate::Variance { .. } => State::Spread { count: 0.0, mean: 0.0, squares: 0.0 },
        };
        Accumulator { aggregate, nocase, state }
    }

    /// One row's arguments; none for `COUNT(*)`. NULLs count for nothing. `true`: MIN or MAX moved to this row.
    pub fn add(&mut self, arguments: &[Value]) -> Result<bool> {
        let value = match arguments.first() {
            None => &Value::Int(1),
            Some(Value::Null) if self.aggregate != Aggregate::JsonArray => return Ok(false),
            Some(value) => value,
        };
        match &mut self.state {
            State::Count(count) => *count += 1,
            State::Sum { sum, count } => {
                *sum = sum.plus(value);
                *count += 1;
            }
            State::Best(best) if self.aggregate == Aggregate::AnyValue => {
                if best.is_null() {
                    *best = value.clone();
                }
            }
            State::Best(best) => {
                let wanted = if self.aggregate == Aggregate::Min { Ordering::Less } else { Ordering::Greater };
                if best.is_null() || value.compare(best, self.nocase) == wanted {
                    *best = value.clone();
                    return Ok(true);
                }
            }
            State::Json(out) => {
                if !out.is_empty() {
                    out.push(',');
                }
                // Values are JSON already; a JSON column's NULL is null.
                let json = |value: &Value| to_text(value).unwrap_or_else(|| "null".into());
                if self.aggregate == Aggregate::JsonObject {
                    let key = to_text(value).unwrap_or_default();
                    out.push_str(&quoted(&key));
                    out.push(':');
                    out.push_str(&json(arguments.get(1).unwrap_or(&Value::Null)));
                } else {
                    out.push_str(&json(value));
                }
            }
            State::Numbers(numbers) => numbers.extend(to_real(value)),
            State::Spread { count, mean, squares } => {
                let x = to_real(value).unwrap_or(0.0);
                *count += 1.0;
                let away = x - *mean;
                *mean += away / *count;
                *squares += away * (x - *mean);
            }
            State::Text(out) => {
                let text = to_text(value).unwrap_or_default();
                match out {
                    None => *out = Some(text.to_string()),
                    Some(out) => {
                        match arguments.get(1) {
                            None => out.push(','),
                            Some(separator) => out.push_str(&to_text(separator).unwrap_or_default()),
                        }
                        out.push_str(&text);
                    }
                }
            }
        }
        Ok(false)
    }

    /// `n` rows at once, for `COUNT(*)` served from subtree counts.
    pub fn add_count(&mut self, n: i64) {
        if let State::Count(count) = &mut self.state {
            *count += n;
        }
    }

    /// Takes a row's arguments out again, for frames that move. `false`: that cannot be done, the rest is to be folded anew.
    pub fn remove(&mut self, arguments: &[Value]) -> bool {
        let value = match arguments.first() {
            None => &Value::Int(1),
            Some(Value::Null) if self.aggregate != Aggregate::JsonArray => return true,
            Some(value) => value,
        };
        match &mut self.state {
            State::Count(count) => *count -= 1,
            State::Sum { sum, count } => {
                let Some(rest) = sum.minus(value) else { return false };
                (*sum, *count) = (rest, *count - 1);
            }
            State::Best(best) => return value.compare(best, self.nocase) != Ordering::Equal,
            _ => return false,
        }
        true
    }

    /// The answer; of no rows: 0 for COUNT, 0.0 for TOTAL, NULL for the others.
    pub fn finish(self) -> Result<Value> {
        Ok(match self.state {
            State::Count(count) => Value::Int(count),
            State::Best(best) => best,
            State::Text(text) => text.into(),
            State::Json(members) if self.aggregate == Aggregate::JsonObject => format!("{{{members}}}").into(),
            State::Json(members) => format!("[{members}]").into(),
            State::Numbers(numbers) => median(numbers),
            State::Spread { count, squares, .. } => match self.aggregate {
                Aggregate::Variance { sample, root } if count > f64::from(u8::from(sample)) => {
                    let variance = squares / if sample { count - 1.0 } else { count };
                    Value::real(if root { variance.sqrt() } else { variance })
                }
                _ => Value::Null,
            },
            State::Sum { sum, count } => match self.aggregate {
                Aggregate::Total => Value::real(sum.real()),
                _ if count == 0 => Value::Null,
                Aggregate::Avg => match sum {
                    Sum::Decimal(decimal) => Value::Decimal((decimal / Decimal::from(count)).normalize()),
                    sum => Value::real(sum.real() / count as f64),
                },
                _ => match sum {
                    Sum::Int(int) => match i64::try_from(int) {
                        Ok(int) => Value::Int(int),
                        Err(_) => return Err(Error::new(Code::IntRange, "SUM overflows a 64-bit integer")),
                    },
                    Sum::Decimal(decimal) => Value::Decimal(decimal),
                    Sum::Real { .. } => Value::real(sum.real()),
                },
            },
        })
    }
}

impl Sum {
    fn plus(self, value: &Value) -> Sum {
        match (self, addend(value)) {
            // 2^63 values of 64 bits fit.
            (Sum::Int(sum), Value::Int(int)) => Sum::Int(sum.saturating_add(i128::from(int))),
            (Sum::Int(sum), Value::Decimal(decimal)) => match Decimal::from_i128(sum) {
                Some(sum) => Sum::Decimal(sum).decimal(decimal),
                None => neumaier(sum as f64, 0.0, decimal_to_real(&decimal)),
            },
            (Sum::Decimal(sum), Value::Int(int)) => Sum::Decimal(sum).decimal(Decimal::from(int)),
            (Sum::Decimal(sum), Value::Decimal(decimal)) => Sum::Decimal(sum).decimal(decimal),
            (Sum::Real { sum, lost }, number) => neumaier(sum, lost, to_real(&number).unwrap_or(0.0)),
            (exact, number) => neumaier(exact.real(), 0.0, to_real(&number).unwrap_or(0.0)),
        }
    }

    fn minus(self, value: &Value) -> Option<Sum> {
        match (self, addend(value)) {
            (Sum::Int(sum), Value::Int(int)) => sum.checked_sub(i128::from(int)).map(Sum::Int),
            (Sum::Decimal(sum), Value::Decimal(decimal)) => sum.checked_sub(decimal).map(Sum::Decimal),
            (Sum::Decimal(sum), Value::Int(int)) => sum.checked_sub(Decimal::from(int)).map(Sum::Decimal),
            (Sum::Real { sum, lost }, number) if sum.is_finite() => Some(neumaier(sum, lost, -to_real(&number)?)),
            _ => None,
        }
    }

    fn decimal(self, decimal: Decimal) -> Sum {
        match self {
            Sum::Decimal(sum) => match sum.checked_add(decimal) {
                Some(sum) => Sum::Decimal(sum),
                None => neumaier(decimal_to_real(&sum), 0.0, decimal_to_real(&decimal)),
            },
            other => other,
        }
    }

    fn real(self) -> f64 {
        match self {
            Sum::Int(int) => int as f64,
            Sum::Decimal(decimal) => decimal_to_real(&decimal),
            Sum::Real { sum, lost } if (sum + lost).is_nan() => sum,
            Sum::Real { sum, lost } => sum + lost,
        }
    }
}

/// The middle number, or the mean of the two in the middle.
fn median(mut numbers: Vec<f64>) -> Value {
    crate::sort::sort_by(&mut numbers, f64::total_cmp);
    let middle = numbers.len() / 2;
    match (numbers.get(middle), numbers.len() % 2) {
        (None, _) => Value::Null,
        (Some(number), 1) => Value::real(*number),
        (Some(number), _) => Value::real(numbers[middle - 1] / 2.0 + number / 2.0),
    }
}

/// Text that is a number counts as that number; other text counts as the REAL of its prefix.
fn addend(value: &Value) -> Value {
    match value {
        Value::Text(text) => whole_number(text).unwrap_or_else(|| to_real(value).map_or(Value::Null, Value::real)),
        other => to_number(other),
    }
}

fn neumaier(sum: f64, lost: f64, x: f64) -> Sum {
    let next = sum + x;
    let lost = lost + if sum.abs() >= x.abs() { (sum - next) + x } else { (x - next) + sum };
    Sum::Real { sum: next, lost }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fold(name: &str, values: &[Value]) -> Result<Value> {
        let mut accumulator = Accumulator::new(find(name, 1).unwrap(), false);
        for value in values {
            accumulator.add(std::slice::from_ref(value))?;
        }
        accumulator.finish()
    }

    #[test]
    fn groups_fold() {
        let values = [Value::Int(1), Value::Null, Value::Int(3)];
        assert_eq!(fold("count", &values).unwrap(), Value::Int(2));
        assert_eq!(fold("sum", &values).unwrap(), Value::Int(4));
        assert_eq!(fold("avg", &values).unwrap(), Value::Real(2.0));
        assert_eq!(fold("total", &[]).unwrap(), Value::Real(0.0));
        assert_eq!(fold("sum", &[]).unwrap(), Value::Null);
        assert_eq!(fold("min", &values).unwrap(), Value::Int(1));
        assert_eq!(fold("max", &["a".into(), Value::Int(9)]).unwrap(), "a".into());
        assert_eq!(fold("group_concat", &values).unwrap(), "1,3".into());
        assert_eq!(fold("sum", &[Value::Int(1), Value::Real(0.5)]).unwrap(), Value::Real(1.5));
        assert_eq!(fold("sum", &["2x".into()]).unwrap(), Value::Real(2.0));
        assert_eq!(fold("median", &values).unwrap(), Value::Real(2.0));
        assert_eq!(fold("median", &[]).unwrap(), Value::Null);
        assert_eq!(fold("variance", &values).unwrap(), Value::Real(1.0));
        assert_eq!(fold("stddev_samp", &[Value::Int(1)]).unwrap(), Value::Null);
        assert_eq!(fold("json_group_array", &["1".into(), Value::Null]).unwrap(), "[1,null]".into());
    }

    #[test]
    fn sums_are_exact_or_refused() {
        assert!(fold("sum", &[Value::Int(i64::MAX), Value::Int(1)]).is_err());
        assert_eq!(fold("sum", &[Value::Int(i64::MAX), Value::Int(1), Value::Int(-1)]).unwrap(), Value::Int(i64::MAX));
        assert_eq!(fold("avg", &[Value::Int(i64::MAX), Value::Int(1)]).unwrap(), Value::Real(4_611_686_018_427_387_904.0));
        let tenth = Value::Decimal("0.10".parse().unwrap());
        assert_eq!(fold("sum", &[tenth.clone(), tenth.clone(), tenth]).unwrap(), Value::Decimal("0.30".parse().unwrap()));
        assert_eq!(fold("sum", &[Value::Real(1e100), Value::Real(1.0), Value::Real(-1e100)]).unwrap(), Value::Real(1.0));
    }
}
