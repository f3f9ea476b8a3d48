//! New rows from expressions, and rows cut to their first cells.

use super::{open, parked, Operator, Parked, Row};
use crate::error::Result;
use crate::sql::eval::{Env, Expr};
use crate::sql::plan::Node;
use crate::tuple::Value;

pub struct Project<'p> {
    input: Box<dyn Operator + 'p>,
    list: &'p [Expr],
    below: Row,
    env: &'p Env,
    /// The row below was not answered yet.
    waiting: bool,
}

impl<'p> Project<'p> {
    pub fn open(input: &'p Node, list: &'p [Expr], width: usize, env: &'p Env) -> Result<Self> {
        Ok(Project { input: open(input, env)?, list, below: vec![Value::Null; width], env, waiting: false })
    }
}

impl Operator for Project<'_> {
    fn next(&mut self, row: &mut Row) -> Result<bool> {
        if !self.waiting && !self.input.next(&mut self.below)? {
            return Ok(false);
        }
        self.waiting = true;
        row.clear();
        row.reserve_exact(self.list.len());
        for expr in self.list {
            row.push(expr.eval(&self.below, self.env)?);
        }
        self.waiting = false;
        Ok(true)
    }

    fn park(&mut self) -> Option<Parked> {
        Some(Box::new((self.input.park()?, std::mem::take(&mut self.below), self.waiting)))
    }

    fn resume(&mut self, state: Parked) -> Result<()> {
        let input;
        (input, self.below, self.waiting) = parked(state)?;
        self.input.resume(input)
    }
}

pub struct Truncate<'p> { pub input: Box<dyn Operator + 'p>, pub width: usize }

impl Operator for Truncate<'_> {
    fn next(&mut self, row: &mut Row) -> Result<bool> {
        let found = self.input.next(row)?;
        row.truncate(self.width);
        Ok(found)
    }

    fn park(&mut self) -> Option<Parked> { self.input.park() }

    fn resume(&mut self, state: Parked) -> Result<()> { self.input.resume(state) }
}
