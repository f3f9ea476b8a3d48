//! New rows from expressions, and rows cut to their first cells.

use super::{open, Operator, Row};
use crate::error::Result;
use crate::sql::eval::{Env, Expr};
use crate::sql::plan::Node;
use crate::tuple::Value;

pub struct Project<'p> { input: Box<dyn Operator + 'p>, list: &'p [Expr], below: Row, env: &'p Env }

impl<'p> Project<'p> {
    pub fn open(input: &'p Node, list: &'p [Expr], width: usize, env: &'p Env) -> Result<Self> {
        Ok(Project { input: open(input, env)?, list, below: vec![Value::Null; width], env })
    }
}

impl Operator for Project<'_> {
    fn next(&mut self, row: &mut Row) -> Result<bool> {
        if !self.input.next(&mut self.below)? {
            return Ok(false);
        }
        row.clear();
        row.reserve_exact(self.list.len());
        for expr in self.list {
            row.push(expr.eval(&self.below, self.env)?);
        }
        Ok(true)
    }
}

pub struct Truncate<'p> { pub input: Box<dyn Operator + 'p>, pub width: usize }

impl Operator for Truncate<'_> {
    fn next(&mut self, row: &mut Row) -> Result<bool> {
        let found = self.input.next(row)?;
        row.truncate(self.width);
        Ok(found)
    }
}
