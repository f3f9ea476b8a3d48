//! VALUES, the one row of a query without FROM, and no row.

use super::{Operator, Row};
use crate::error::Result;
use crate::sql::eval::{Env, Expr};

pub struct One(pub bool);

impl Operator for One {
    fn next(&mut self, _: &mut Row) -> Result<bool> { Ok(!std::mem::replace(&mut self.0, true)) }
}

pub struct Nothing;

impl Operator for Nothing {
    fn next(&mut self, _: &mut Row) -> Result<bool> { Ok(false) }
}

pub struct Values<'p> { rows: std::slice::Iter<'p, Vec<Expr>>, env: &'p Env }

impl<'p> Values<'p> {
    pub fn new(rows: &'p [Vec<Expr>], env: &'p Env) -> Self { Values { rows: rows.iter(), env } }
}

impl Operator for Values<'_> {
    fn next(&mut self, row: &mut Row) -> Result<bool> {
        let Some(exprs) = self.rows.next() else { return Ok(false) };
        row.clear();
        for expr in exprs {
            row.push(expr.eval(&[], self.env)?);
        }
        Ok(true)
    }
}
