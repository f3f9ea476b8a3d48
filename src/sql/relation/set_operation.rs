//! UNION, INTERSECT, EXCEPT. NULLs are alike here.

use std::collections::HashSet;

use super::{open, Operator, Row};
use crate::error::Result;
use crate::sql::eval::{identity::identity, Env};
use crate::sql::plan::{Node, SetOperation};

pub struct SetRows<'p> {
    operation: SetOperation,
    left: Option<Box<dyn Operator + 'p>>,
    right: Option<Box<dyn Operator + 'p>>,
    /// Rows answered already (UNION, EXCEPT: with those of the right side), or that may still be (INTERSECT).
    seen: HashSet<Vec<u8>>,
}

impl<'p> SetRows<'p> {
    pub fn open(operation: SetOperation, left: &'p Node, right: &'p Node, env: &'p Env) -> Result<Self> {
        let (left, right) = (Some(open(left, env)?), Some(open(right, env)?));
        Ok(SetRows { operation, left, right, seen: HashSet::new() })
    }
}

impl Operator for SetRows<'_> {
    fn next(&mut self, row: &mut Row) -> Result<bool> {
        if matches!(self.operation, SetOperation::Intersect | SetOperation::Except) {
            if let Some(mut right) = self.right.take() {
                while right.next(row)? {
                    self.seen.insert(identity(row, false));
                }
            }
        }
        loop {
            let source = match (&mut self.left, &mut self.right) {
                (Some(left), _) => left,
                (None, Some(right)) => right,
                (None, None) => return Ok(false),
            };
            if !source.next(row)? {
                if self.left.take().is_none() {
                    self.right = None;
                }
                continue;
            }
            let fits = match self.operation {
                SetOperation::UnionAll => true,
                SetOperation::Union | SetOperation::Except => self.seen.insert(identity(row, false)),
                SetOperation::Intersect => self.seen.remove(&identity(row, false)),
            };
            if fits {
                return Ok(true);
            }
        }
    }
}
