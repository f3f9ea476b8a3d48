//! A query in FROM that reads the tables to its left: run for each row of theirs.

use super::{open, Operator, Row};
use crate::error::Result;
use crate::sql::eval::Env;
use crate::sql::plan::{JoinKind, Lateral};
use crate::tuple::Value;

pub struct LateralRows<'p> {
    lateral: &'p Lateral,
    env: &'p Env,
    left: Box<dyn Operator + 'p>,
    /// What the query answered for the left row at hand.
    rows: std::vec::IntoIter<Row>,
    /// LEFT JOIN: the left row at hand found no partner so far.
    alone: bool,
}

impl<'p> LateralRows<'p> {
    pub fn open(lateral: &'p Lateral, env: &'p Env) -> Result<Self> {
        Ok(LateralRows { lateral, env, left: open(&lateral.left, env)?, rows: Vec::new().into_iter(), alone: false })
    }
}

impl Operator for LateralRows<'_> {
    fn next(&mut self, row: &mut Row) -> Result<bool> {
        let cells = self.lateral.offset..self.lateral.offset + self.lateral.query.width;
        loop {
            for found in self.rows.by_ref() {
                row[cells.clone()].iter_mut().zip(found).for_each(|(cell, value)| *cell = value);
                match &self.lateral.on {
                    Some(on) if on.truth(row, self.env)? != Some(true) => {}
                    _ => {
                        self.alone = false;
                        return Ok(true);
                    }
                }
            }
            if std::mem::take(&mut self.alone) {
                row[cells.clone()].fill(Value::Null);
                return Ok(true);
            }
            if !self.left.next(row)? {
                return Ok(false);
            }
            self.rows = self.env.rows(&self.lateral.query, row)?.into_iter();
            self.alone = self.lateral.kind == JoinKind::Left;
        }
    }
}
