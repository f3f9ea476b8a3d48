//! UNION, INTERSECT, EXCEPT, each also with ALL. NULLs are alike here.

use std::collections::HashMap;

use super::{open, Operator, Row};
use crate::error::Result;
use crate::sql::eval::{identity::push, Env};
use crate::sql::plan::{Node, SetOperation};

pub struct SetRows<'p> {
    operation: SetOperation,
    nocase: &'p [bool],
    left: Option<Box<dyn Operator + 'p>>,
    right: Option<Box<dyn Operator + 'p>>,
    /// How often a row stands on the right side, or was answered already.
    seen: HashMap<Vec<u8>, usize>,
}

impl<'p> SetRows<'p> {
    pub fn open(operation: SetOperation, nocase: &'p [bool], left: &'p Node, right: &'p Node, env: &'p Env) -> Result<Self> {
        let (left, right) = (Some(open(left, env)?), Some(open(right, env)?));
        Ok(SetRows { operation, nocase, left, right, seen: HashMap::new() })
    }

    fn fits(&mut self, row: &Row) -> bool {
        if self.operation == SetOperation::UnionAll {
            return true;
        }
        let key = self.key(row);
        let is_new = match self.operation {
            SetOperation::Union | SetOperation::Except => self.seen.insert(key, 1).is_none(),
            SetOperation::Intersect => self.seen.remove(&key).is_some(),
            _ => {
                let left = self.seen.get_mut(&key).filter(|count| **count > 0);
                let found = left.map(|count| *count -= 1).is_some();
                found == (self.operation == SetOperation::IntersectAll)
            }
        };
        is_new
    }

    fn key(&self, row: &Row) -> Vec<u8> {
        let mut key = Vec::with_capacity(row.len() * 10);
        row.iter().zip(self.nocase).for_each(|(value, nocase)| push(&mut key, value, *nocase));
        key
    }
}

impl Operator for SetRows<'_> {
    fn next(&mut self, row: &mut Row) -> Result<bool> {
        if !matches!(self.operation, SetOperation::UnionAll | SetOperation::Union) {
            if let Some(mut right) = self.right.take() {
                while right.next(row)? {
                    let key = self.key(row);
                    *self.seen.entry(key).or_default() += 1;
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
            if self.fits(row) {
                return Ok(true);
            }
        }
    }
}
