//! LIMIT and OFFSET.

use super::{open, parked, Operator, Parked, Row};
use crate::error::Result;
use crate::sql::eval::{convert, Env, Expr};
use crate::sql::plan::Node;

pub struct Limit<'p> { input: Box<dyn Operator + 'p>, skip: u64, left: Option<u64> }

/// A number of rows; negative or NULL means no limit.
pub fn count(expr: &Expr, env: &Env) -> Result<Option<u64>> {
    let value = expr.eval(&[], env)?;
    let number = match &value {
        crate::tuple::Value::Text(text) => convert::whole_number(text).and_then(|number| convert::to_int(&number)),
        crate::tuple::Value::Blob(_) => None,
        crate::tuple::Value::Null => return Ok(None),
        other => convert::to_int(other),
    };
    match number {
        Some(number) => Ok(u64::try_from(number).ok()),
        None => Err(crate::Error::new(crate::Code::Type, "LIMIT and OFFSET take a number")),
    }
}

/// The sum of LIMIT and OFFSET; `None`: no limit.
pub fn sum(top: &[Expr], env: &Env) -> Result<Option<u64>> {
    let mut sum = Some(0u64);
    for part in top {
        sum = match (sum, count(part, env)?) {
            (Some(sum), Some(more)) => Some(sum.saturating_add(more)),
            _ => None,
        };
    }
    Ok(sum)
}

impl<'p> Limit<'p> {
    pub fn open(input: &'p Node, limit: Option<&Expr>, offset: Option<&Expr>, env: &'p Env) -> Result<Self> {
        let left = limit.map_or(Ok(None), |limit| count(limit, env))?;
        let skip = offset.map_or(Ok(None), |offset| count(offset, env))?.unwrap_or(0);
        Ok(Limit { input: open(input, env)?, skip, left })
    }
}

impl Operator for Limit<'_> {
    fn next(&mut self, row: &mut Row) -> Result<bool> {
        if self.left == Some(0) {
            return Ok(false);
        }
        while self.skip > 0 {
            if !self.input.next(row)? {
                return Ok(false);
            }
            self.skip -= 1;
        }
        let found = self.input.next(row)?;
        self.left = self.left.map(|left| left - 1);
        Ok(found)
    }

    fn park(&mut self) -> Option<Parked> { Some(Box::new((self.input.park()?, self.skip, self.left))) }

    fn resume(&mut self, state: Parked) -> Result<()> {
        let input;
        (input, self.skip, self.left) = parked(state)?;
        self.input.resume(input)
    }
}
