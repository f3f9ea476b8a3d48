//! Nested loops: every pair of rows, the right side kept in memory.

use super::saved::{clear, Saved};
use super::{open, Operator, Row};
use crate::chunk::interrupt;
use crate::error::Result;
use crate::sql::eval::Env;
use crate::sql::plan::{Join, JoinKind};

pub struct LoopJoin<'p> {
    join: &'p Join,
    env: &'p Env,
    left: Box<dyn Operator + 'p>,
    right: Option<Box<dyn Operator + 'p>>,
    saved: Saved<'p>,
    /// FULL: which right rows found a partner.
    matched: Vec<bool>,
    /// The right row to look at next, for the left row that is in the register row.
    at: Option<usize>,
    found: bool,
    /// FULL: the right rows without a partner come at the end.
    rest: Option<usize>,
}

impl<'p> LoopJoin<'p> {
    pub fn open(join: &'p Join, env: &'p Env) -> Result<Self> {
        let left = open(&join.left, env)?;
        let right = Some(open(&join.right, env)?);
        let saved = Saved::new(&join.right_cells);
        Ok(LoopJoin { join, env, left, right, saved, matched: Vec::new(), at: None, found: false, rest: None })
    }

    fn fits(&self, row: &Row) -> Result<bool> {
        for (left, right, rule) in &self.join.equal {
            let (left, right) = (left.eval(row, self.env)?, right.eval(row, self.env)?);
            if crate::sql::eval::order(&left, &right, rule) != Some(std::cmp::Ordering::Equal) {
                return Ok(false);
            }
        }
        match &self.join.on {
            Some(on) => Ok(on.truth(row, self.env)? == Some(true)),
            None => Ok(true),
        }
    }
}

impl Operator for LoopJoin<'_> {
    fn next(&mut self, row: &mut Row) -> Result<bool> {
        if let Some(right) = self.right.take() {
            self.saved.drain(right, row)?;
            self.matched = vec![false; if self.join.kind == JoinKind::Full { self.saved.len() } else { 0 }];
        }
        loop {
            if let Some(rest) = &mut self.rest {
                while *rest < self.matched.len() {
                    *rest += 1;
                    if !self.matched[*rest - 1] {
                        clear(&self.join.left_cells, row);
                        self.saved.restore(*rest - 1, row);
                        return Ok(true);
                    }
                }
                return Ok(false);
            }
            let Some(mut at) = self.at else {
                if self.saved.len() == 0 && self.join.kind == JoinKind::Inner {
                    return Ok(false);
                }
                if self.left.next(row)? {
                    self.at = Some(0);
                    self.found = false;
                } else {
                    self.rest = Some(0);
                }
                continue;
            };
            while at < self.saved.len() {
                interrupt::check()?;
                self.saved.restore(at, row);
                at += 1;
                if self.fits(row)? {
                    self.found = true;
                    if let Some(matched) = self.matched.get_mut(at - 1) {
                        *matched = true;
                    }
                    self.at = Some(at);
                    return Ok(true);
                }
            }
            self.at = None;
            if !self.found && self.join.kind != JoinKind::Inner {
                clear(&self.join.right_cells, row);
                return Ok(true);
            }
        }
    }
}
