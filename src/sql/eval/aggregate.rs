//! Aggregates: what a call is, and its running state.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::rc::Rc;

use rust_decimal::Decimal;

use super::coercion::equality_key;
use super::convert::{decimal_to_real, to_number, to_real, to_text};
use super::env::Env;
use super::expr::Expr;
use crate::error::{Error, Result};
use crate::tuple::Value;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AggregateKind { CountAll, Count, Sum, Total, Avg, Min, Max, GroupConcat, BitAnd, BitOr, BitXor }

impl AggregateKind {
    /// By folded name; MIN and MAX with several arguments are scalar functions.
    pub fn find(name: &str, arguments: usize) -> Option<AggregateKind> {
        Some(match (name, arguments) {
            ("count", 0) => AggregateKind::CountAll,
            ("count", _) => AggregateKind::Count,
            ("sum", _) => AggregateKind::Sum,
            ("total", _) => AggregateKind::Total,
            ("avg", _) => AggregateKind::Avg,
            ("min", 1) => AggregateKind::Min,
            ("max", 1) => AggregateKind::Max,
            ("group_concat" | "string_agg", _) => AggregateKind::GroupConcat,
            ("bit_and", _) => AggregateKind::BitAnd,
            ("bit_or", _) => AggregateKind::BitOr,
            ("bit_xor", _) => AggregateKind::BitXor,
            _ => return None,
        })
    }
}

/// One call of an aggregate over the rows of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct AggregateCall {
    pub kind: AggregateKind,
    pub arguments: Vec<Expr>,
    pub distinct: bool,
    pub filter: Option<Expr>,
    /// GROUP_CONCAT's ORDER BY: expression and whether it descends.
    pub order: Vec<(Expr, bool)>,
    pub nocase: bool,
}

/// The state of one call in one group.
pub struct Accumulator { state: State, seen: Option<HashSet<Vec<u8>>> }

enum State {
    Count(i64),
    Number(Sum),
    Extreme(Value),
    Concat { pieces: Vec<(Vec<Value>, Rc<str>, Rc<str>)> },
    Bits(Option<i64>),
}

/// Integers are summed exactly, reals with Neumaier's compensation as SQLite does.
#[derive(Default)]
struct Sum { count: i64, int: i128, decimal: Decimal, has_decimal: bool, real: f64, correction: f64, has_real: bool }

impl Accumulator {
    pub fn new(call: &AggregateCall) -> Accumulator {
        let state = match call.kind {
            AggregateKind::CountAll | AggregateKind::Count => State::Count(0),
            AggregateKind::Sum | AggregateKind::Total | AggregateKind::Avg => State::Number(Sum::default()),
            AggregateKind::Min | AggregateKind::Max => State::Extreme(Value::Null),
            AggregateKind::GroupConcat => State::Concat { pieces: Vec::new() },
            AggregateKind::BitAnd | AggregateKind::BitOr | AggregateKind::BitXor => State::Bits(None),
        };
        Accumulator { state, seen: call.distinct.then(HashSet::new) }
    }

    /// Takes a row. `true`: it is the new least or greatest of its group.
    pub fn add(&mut self, call: &AggregateCall, row: &[Value], env: &Env) -> Result<bool> {
        if let Some(filter) = &call.filter {
            if filter.truth(row, env)? != Some(true) {
                return Ok(false);
            }
        }
        let State::Count(count) = &mut self.state else { return self.add_value(call, row, env) };
        if call.kind == AggregateKind::CountAll {
            *count += 1;
            return Ok(false);
        }
        let mut key = Vec::new();
        for argument in &call.arguments {
            let value = argument.eval(row, env)?;
            if value.is_null() {
                return Ok(false);
            }
            if self.seen.is_some() {
                equality_key(&value, call.nocase, &mut key);
            }
        }
        if self.seen.as_mut().is_none_or(|seen| seen.insert(key)) {
            *count += 1;
        }
        Ok(false)
    }

    fn add_value(&mut self, call: &AggregateCall, row: &[Value], env: &Env) -> Result<bool> {
        let Some(argument) = call.arguments.first() else { return Err(Error::internal("an aggregate lacks its argument")) };
        let value = argument.eval(row, env)?;
        if value.is_null() {
            return Ok(false);
        }
        if let Some(seen) = &mut self.seen {
            let mut key = Vec::with_capacity(12);
            equality_key(&value, call.nocase, &mut key);
            if !seen.insert(key) {
                return Ok(false);
            }
        }
        match &mut self.state {
            State::Number(sum) => sum.add(&value),
            State::Extreme(best) => {
                let wanted = if call.kind == AggregateKind::Min { Ordering::Less } else { Ordering::Greater };
                if best.is_null() || value.compare(best, call.nocase) == wanted {
                    *best = value;
                    return Ok(true);
                }
            }
            State::Concat { pieces } => {
                let separator = match call.arguments.get(1) {
                    Some(separator) => to_text(&separator.eval(row, env)?).unwrap_or_default(),
                    None => ",".into(),
                };
                let order = call.order.iter().map(|(expr, _)| expr.eval(row, env)).collect::<Result<Vec<Value>>>()?;
                pieces.push((order, separator, to_text(&value).unwrap_or_default()));
            }
            State::Bits(bits) => {
                let next = super::convert::to_int(&value).unwrap_or_default();
                *bits = Some(match (*bits, call.kind) {
                    (None, _) => next,
                    (Some(bits), AggregateKind::BitAnd) => bits & next,
                    (Some(bits), AggregateKind::BitOr) => bits | next,
                    (Some(bits), _) => bits ^ next,
                });
            }
            State::Count(_) => {}
        }
        Ok(false)
    }

    pub fn finish(self, call: &AggregateCall) -> Result<Value> {
        Ok(match self.state {
            State::Count(count) => Value::Int(count),
            State::Extreme(best) => best,
            State::Number(sum) => sum.finish(call.kind)?,
            State::Bits(bits) => match (bits, call.kind) {
                (Some(bits), _) => Value::Int(bits),
                (None, AggregateKind::BitAnd) => Value::Int(-1),
                (None, _) => Value::Int(0),
            },
            State::Concat { pieces } if pieces.is_empty() => Value::Null,
            State::Concat { mut pieces } => {
                if !call.order.is_empty() {
                    pieces.sort_by(|(a, ..), (b, ..)| {
                        let mut orders = call.order.iter().zip(a.iter().zip(b)).map(|((_, descending), (a, b))| {
                            let order = a.compare(b, false);
                            if *descending { order.reverse() } else { order }
                        });
                        orders.find(|order| *order != Ordering::Equal).unwrap_or(Ordering::Equal)
                    });
                }
                let mut text = String::new();
                for (at, (_, separator, piece)) in pieces.iter().enumerate() {
                    if at > 0 {
                        text.push_str(separator);
                    }
                    text.push_str(piece);
                }
                Value::from(text)
            }
        })
    }
}

impl Sum {
    fn add(&mut self, value: &Value) {
        self.count += 1;
        match value {
            Value::Int(int) => self.int += i128::from(*int),
            Value::Decimal(decimal) => {
                self.has_decimal = true;
                match self.decimal.checked_add(*decimal) {
                    Some(sum) => self.decimal = sum,
                    None => self.add_real(decimal_to_real(decimal)),
                }
            }
            other => {
                let number = to_number(other);
                self.add_real(to_real(&number).unwrap_or_default());
            }
        }
    }

    fn add_real(&mut self, real: f64) {
        self.has_real = true;
        let sum = self.real + real;
        self.correction += if self.real.abs() > real.abs() { (self.real - sum) + real } else { (real - sum) + self.real };
        self.real = sum;
    }

    fn as_real(&self) -> f64 {
        let mut sum = self.real;
        if self.int != 0 {
            sum += self.int as f64;
        }
        if self.has_decimal {
            sum += decimal_to_real(&self.decimal);
        }
        if self.correction.is_finite() { sum + self.correction } else { sum }
    }

    fn exact_decimal(&self) -> Option<Decimal> {
        if self.has_real || !self.has_decimal {
            return None;
        }
        self.decimal.checked_add(Decimal::try_from_i128_with_scale(self.int, 0).ok()?)
    }

    fn finish(self, kind: AggregateKind) -> Result<Value> {
        if kind == AggregateKind::Total {
            return Ok(Value::real(self.as_real()));
        }
        if self.count == 0 {
            return Ok(Value::Null);
        }
        if kind == AggregateKind::Avg {
            if let Some(average) = self.exact_decimal().and_then(|sum| sum.checked_div(Decimal::from(self.count))) {
                return Ok(Value::Decimal(average));
            }
            return Ok(Value::real(self.as_real() / self.count as f64));
        }
        if let Some(decimal) = self.exact_decimal() {
            return Ok(Value::Decimal(decimal));
        }
        if self.has_real || self.has_decimal {
            return Ok(Value::real(self.as_real()));
        }
        match i64::try_from(self.int) {
            Ok(int) => Ok(Value::Int(int)),
            Err(_) => Err(Error::new(crate::error::Code::IntRange, "integer overflow in SUM; TOTAL answers REAL")),
        }
    }
}
