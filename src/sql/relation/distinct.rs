//! The first row of each kind, over the first cells.

use std::collections::HashSet;

use super::{parked, Operator, Parked, Row};
use crate::error::Result;
use crate::sql::eval::identity::push;

pub struct Distinct<'p> { input: Box<dyn Operator + 'p>, nocase: &'p [bool], seen: HashSet<Vec<u8>>, key: Vec<u8> }

impl<'p> Distinct<'p> {
    pub fn new(input: Box<dyn Operator + 'p>, nocase: &'p [bool]) -> Self {
        Distinct { input, nocase, seen: HashSet::new(), key: Vec::new() }
    }
}

impl Operator for Distinct<'_> {
    fn next(&mut self, row: &mut Row) -> Result<bool> {
        while self.input.next(row)? {
            self.key.clear();
            for (value, nocase) in row.iter().zip(self.nocase) {
                push(&mut self.key, value, *nocase);
            }
            if !self.seen.contains(&self.key) {
                self.seen.insert(self.key.clone());
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn park(&mut self) -> Option<Parked> { Some(Box::new((self.input.park()?, std::mem::take(&mut self.seen)))) }

    fn resume(&mut self, state: Parked) -> Result<()> {
        let input;
        (input, self.seen) = parked(state)?;
        self.input.resume(input)
    }
}
