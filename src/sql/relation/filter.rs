//! Rows of which a predicate is true.

use super::{Operator, Row};
use crate::error::Result;
use crate::sql::eval::{Env, Expr};

pub struct Filter<'p> { pub input: Box<dyn Operator + 'p>, pub predicate: &'p Expr, pub env: &'p Env }

impl Operator for Filter<'_> {
    fn next(&mut self, row: &mut Row) -> Result<bool> {
        while self.input.next(row)? {
            if self.predicate.truth(row, self.env)? == Some(true) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
