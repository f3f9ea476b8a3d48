//! Evaluation: an expression over a row. Truth is three-valued: `None` is unknown.

use std::rc::Rc;

use super::arithmetic::{arithmetic, bit_not, negate};
use super::coercion::{compare, order};
use super::convert::{self, to_text, IntoValue};
use super::env::Env;
use super::identity::push;
use super::expr::{Comparator, Comparison, Expr, InList, Match, MatchKind};
use super::functions::like::Pattern;
use crate::error::{Code, Error, Result};
use crate::tuple::Value;

impl Expr {
    pub fn eval(&self, row: &[Value], env: &Env) -> Result<Value> {
        Ok(match self {
            Expr::Literal(value) => value.clone(),
            Expr::Column(index) => cell(row, *index)?.clone(),
            Expr::Outer(index) => cell(&env.outer, *index)?.clone(),
            Expr::Parameter(index) => parameter(env, *index)?.clone(),
            Expr::Variable(name) => variable(env, name)?,
            Expr::Aggregate(_) | Expr::Window(_) => return Err(Error::internal("an aggregate or a window stands outside of its query")),
            Expr::Arithmetic(op, left, right) => {
                let (mut a, mut b) = (Value::Null, Value::Null);
                arithmetic(*op, left.look(row, env, &mut a)?, right.look(row, env, &mut b)?)
            }
            Expr::Negate(expr) => negate(&expr.eval(row, env)?),
            Expr::BitNot(expr) => bit_not(&expr.eval(row, env)?),
            Expr::Concat(left, right) => match (to_text(&left.eval(row, env)?), to_text(&right.eval(row, env)?)) {
                (Some(left), Some(right)) => {
                    let mut text = String::with_capacity(left.len() + right.len());
                    text.push_str(&left);
                    text.push_str(&right);
                    Value::from(text)
                }
                _ => Value::Null,
            },
            Expr::Scalar(query) => env.scalar(query, row)?,
            Expr::Case { whens, otherwise } => {
                for (when, then) in whens {
                    if when.truth(row, env)? == Some(true) {
                        return then.eval(row, env);
                    }
                }
                match otherwise {
                    Some(otherwise) => otherwise.eval(row, env)?,
                    None => Value::Null,
                }
            }
            Expr::Coalesce(list) => {
                for expr in list {
                    let value = expr.eval(row, env)?;
                    if !value.is_null() {
                        return Ok(value);
                    }
                }
                Value::Null
            }
            Expr::NullIf(comparison) => {
                let left = comparison.left.eval(row, env)?;
                let right = comparison.right.eval(row, env)?;
                match compare(Comparator::Eq, &left, &right, &comparison.rule) {
                    Some(true) => Value::Null,
                    _ => left,
                }
            }
            Expr::Cast(expr, to) => convert::cast(&expr.eval(row, env)?, to)?,
            Expr::Call(function, arguments) => {
                let mut values = Vec::with_capacity(arguments.len());
                for argument in arguments {
                    values.push(argument.eval(row, env)?);
                }
                function.call(&values, &env.cx)?
            }
            truth => truth.truth(row, env)?.into_value(),
        })
    }

    /// The value without a copy where it stands somewhere already.
    fn look<'a>(&'a self, row: &'a [Value], env: &'a Env, place: &'a mut Value) -> Result<&'a Value> {
        match self {
            Expr::Literal(value) => Ok(value),
            Expr::Column(index) => cell(row, *index),
            Expr::Outer(index) => cell(&env.outer, *index),
            Expr::Parameter(index) => parameter(env, *index),
            other => {
                *place = other.eval(row, env)?;
                Ok(place)
            }
        }
    }

    pub fn truth(&self, row: &[Value], env: &Env) -> Result<Option<bool>> {
        Ok(match self {
            Expr::Compare(comparison) => comparison.truth(row, env)?,
            Expr::Distinct { comparison, distinct } => {
                let left = comparison.left.eval(row, env)?;
                let right = comparison.right.eval(row, env)?;
                let differ = match (left.is_null(), right.is_null()) {
                    (true, true) => false,
                    (false, false) => order(&left, &right, &comparison.rule) != Some(std::cmp::Ordering::Equal),
                    _ => true,
                };
                Some(differ == *distinct)
            }
            Expr::And(list) => {
                let mut answer = Some(true);
                for expr in list {
                    match expr.truth(row, env)? {
                        Some(false) => return Ok(Some(false)),
                        None => answer = None,
                        Some(true) => {}
                    }
                }
                answer
            }
            Expr::Or(list) => {
                let mut answer = Some(false);
                for expr in list {
                    match expr.truth(row, env)? {
                        Some(true) => return Ok(Some(true)),
                        None => answer = None,
                        Some(false) => {}
                    }
                }
                answer
            }
            Expr::Xor(left, right) => match (left.truth(row, env)?, right.truth(row, env)?) {
                (Some(left), Some(right)) => Some(left != right),
                _ => None,
            },
            Expr::Not(expr) => expr.truth(row, env)?.map(|truth| !truth),
            Expr::IsNull { expr, negated } => {
                let mut place = Value::Null;
                Some(expr.look(row, env, &mut place)?.is_null() != *negated)
            }
            Expr::IsTruth { expr, truth, negated } => Some((expr.truth(row, env)? == Some(*truth)) != *negated),
            Expr::Between { expr, low, high, low_rule, high_rule, negated } => {
                let value = expr.eval(row, env)?;
                let above = compare(Comparator::GtEq, &value, &low.eval(row, env)?, low_rule);
                let below = match above {
                    Some(false) => Some(false),
                    _ => compare(Comparator::LtEq, &value, &high.eval(row, env)?, high_rule),
                };
                let within = match (above, below) {
                    (Some(false), _) | (_, Some(false)) => Some(false),
                    (Some(true), Some(true)) => Some(true),
                    _ => None,
                };
                within.map(|within| within != *negated)
            }
            Expr::InList(list) => list.truth(row, env)?,
            Expr::InQuery { expr, query, rule, negated } => {
                let set = env.set(query, rule, row)?;
                let value = rule.left.apply(expr.eval(row, env)?);
                set.contains(&value, rule.nocase).map(|found| found != *negated)
            }
            Expr::Exists { query, negated } => Some(env.exists(query, row)? != *negated),
            Expr::Match(matching) => matching.truth(row, env)?,
            other => {
                let mut place = Value::Null;
                convert::truth(other.look(row, env, &mut place)?)
            }
        })
    }
}

impl Comparison {
    fn truth(&self, row: &[Value], env: &Env) -> Result<Option<bool>> {
        let (mut a, mut b) = (Value::Null, Value::Null);
        let left = self.left.look(row, env, &mut a)?;
        let right = self.right.look(row, env, &mut b)?;
        if let (Value::Int(a), Value::Int(b)) = (left, right) {
            if self.rule.is_plain() {
                return Ok(Some(match self.op {
                    Comparator::Eq => a == b,
                    Comparator::NotEq => a != b,
                    Comparator::Lt => a < b,
                    Comparator::LtEq => a <= b,
                    Comparator::Gt => a > b,
                    Comparator::GtEq => a >= b,
                }));
            }
        }
        Ok(compare(self.op, left, right, &self.rule))
    }
}

impl InList {
    fn truth(&self, row: &[Value], env: &Env) -> Result<Option<bool>> {
        if self.constants.is_empty() && self.others.is_empty() && !self.has_null {
            return Ok(Some(self.negated));
        }
        let value = self.expr.eval(row, env)?;
        if value.is_null() {
            return Ok(None);
        }
        let mut unknown = self.has_null;
        if !self.constants.is_empty() {
            let mut key = Vec::with_capacity(12);
            push(&mut key, &self.conversion.apply(value.clone()), self.nocase);
            if self.constants.contains(&key) {
                return Ok(Some(!self.negated));
            }
        }
        for (other, rule) in &self.others {
            match compare(Comparator::Eq, &value, &other.eval(row, env)?, rule) {
                Some(true) => return Ok(Some(!self.negated)),
                Some(false) => {}
                None => unknown = true,
            }
        }
        Ok(if unknown { None } else { Some(self.negated) })
    }
}

impl Match {
    fn truth(&self, row: &[Value], env: &Env) -> Result<Option<bool>> {
        let mut place = Value::Null;
        let value = self.expr.look(row, env, &mut place)?;
        let converted;
        let text: &str = match value {
            Value::Null => return Ok(None),
            Value::Text(text) => text,
            other => {
                converted = to_text(other).unwrap_or_default();
                &converted
            }
        };
        let found = match (&self.compiled, &self.regex) {
            (Some(pattern), _) => pattern.matches(text),
            (None, Some(regex)) => regex.is_match(text),
            (None, None) => {
                let Some(pattern) = to_text(&self.pattern.eval(row, env)?) else { return Ok(None) };
                match self.kind {
                    MatchKind::Regexp => regex(&pattern)?.is_match(text),
                    _ => self.pattern(&pattern).matches(text),
                }
            }
        };
        Ok(Some(found != self.negated))
    }

    fn pattern(&self, pattern: &str) -> Pattern {
        match self.kind {
            MatchKind::Glob => Pattern::glob(pattern),
            _ => Pattern::like(pattern, self.escape),
        }
    }

    /// Compiles a constant pattern; one that is NULL makes the whole expression NULL.
    pub fn compile(mut self) -> Result<Expr> {
        if let Expr::Literal(pattern) = &self.pattern {
            let Some(text) = to_text(pattern) else { return Ok(Expr::null()) };
            match self.kind {
                MatchKind::Regexp => self.regex = Some(Rc::new(regex(&text)?)),
                _ => self.compiled = Some(Rc::new(self.pattern(&text))),
            }
        }
        Ok(Expr::Match(Box::new(self)))
    }
}

pub fn regex(pattern: &str) -> Result<regex::Regex> {
    regex::RegexBuilder::new(pattern)
        .size_limit(1 << 20)
        .build()
        .map_err(|_| Error::bad_argument(format!("'{pattern}' is not a regular expression")))
}

fn cell(row: &[Value], index: usize) -> Result<&Value> {
    row.get(index).ok_or_else(|| Error::internal(format!("cell {index} of a row with {} cells was asked for", row.len())))
}

fn parameter(env: &Env, index: usize) -> Result<&Value> {
    env.cx.parameters.get(index).ok_or_else(|| {
        let given = env.cx.parameters.len();
        Error::new(Code::BadArgument, format!("parameter ?{} has no value: {given} given", index + 1))
    })
}

/// `@x` is NULL until it is set; an unknown `@@x` is an error.
fn variable(env: &Env, name: &str) -> Result<Value> {
    let variables = &env.cx.settings.variables;
    match name.strip_prefix("@@") {
        None => Ok(variables.get(&name.to_ascii_lowercase()).cloned().unwrap_or_default()),
        Some(system) => system_variable(env, &system.to_ascii_lowercase()),
    }
}

fn system_variable(env: &Env, name: &str) -> Result<Value> {
    let settings = &env.cx.settings;
    if let Some(value) = settings.variables.get(name) {
        return Ok(value.clone());
    }
    let database = settings.database.to_ascii_lowercase();
    let head_ref = format!("{database}_head_ref");
    // Dolt's: what the session stands on, by hash.
    match name.strip_prefix(&*database).filter(|_| settings.branch.is_some() || name.ends_with("_head")) {
        Some("_head") => return Ok(Value::from(env.cx.head_commit()?.to_string())),
        Some("_working") => return Ok(Value::from(env.cx.current_working_set()?.working.to_string())),
        Some("_staged") => return Ok(Value::from(env.cx.current_working_set()?.staged.to_string())),
        Some("_default_branch") => return Ok(Value::from(crate::repo::DEFAULT_BRANCH)),
        _ => {}
    }
    match name {
        "prollite_pushdown" => Ok(Value::bool(settings.pushdown)),
        "autocommit" | "dolt_allow_commit_conflicts" => Ok(Value::Int(1)),
        "dolt_transaction_commit" => Ok(Value::Int(0)),
        "database" => Ok(Value::text(settings.database.clone())),
        name if name == head_ref || name == "dolt_head_ref" => {
            Ok(settings.branch.as_ref().map_or(Value::Null, |branch| Value::from(format!("refs/heads/{branch}"))))
        }
        _ => Err(Error::bad_argument(format!("unknown system variable @@{name}"))),
    }
}
