//! Rows of which a predicate is true.

use super::{parked, Operator, Parked, Row};
use crate::error::Result;
use crate::sql::eval::{Env, Expr};

pub struct Filter<'p> {
    input: Box<dyn Operator + 'p>,
    predicate: &'p Expr,
    env: &'p Env,
    /// The row at hand was not decided yet.
    undecided: bool,
}

impl<'p> Filter<'p> {
    pub fn new(input: Box<dyn Operator + 'p>, predicate: &'p Expr, env: &'p Env) -> Self {
        Filter { input, predicate, env, undecided: false }
    }
}

impl Operator for Filter<'_> {
    fn next(&mut self, row: &mut Row) -> Result<bool> {
        while self.undecided || self.input.next(row)? {
            self.undecided = true;
            let truth = self.predicate.truth(row, self.env)?;
            self.undecided = false;
            if truth == Some(true) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn park(&mut self) -> Option<Parked> { Some(Box::new((self.input.park()?, self.undecided))) }

    fn resume(&mut self, state: Parked) -> Result<()> {
        let (input, undecided) = parked(state)?;
        self.undecided = undecided;
        self.input.resume(input)
    }
}
