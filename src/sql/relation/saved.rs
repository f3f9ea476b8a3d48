//! Rows of one side of a join, kept: its own cells only.

use std::ops::Range;

use super::{Operator, Row};
use crate::error::Result;
use crate::tuple::Value;

pub struct Saved<'p> { cells: &'p [Range<usize>], width: usize, values: Vec<Value> }

impl<'p> Saved<'p> {
    pub fn new(cells: &'p [Range<usize>]) -> Self {
        Saved { cells, width: cells.iter().map(Range::len).sum(), values: Vec::new() }
    }

    /// Keeps the row's cells of this side.
    pub fn push(&mut self, row: &Row) {
        for range in self.cells {
            self.values.extend_from_slice(&row[range.clone()]);
        }
        if self.width == 0 {
            self.values.push(Value::Null);
        }
    }

    /// All rows of a source.
    pub fn drain(&mut self, mut source: Box<dyn Operator + '_>, row: &mut Row) -> Result<()> {
        while source.next(row)? {
            self.push(row);
        }
        Ok(())
    }

    pub fn len(&self) -> usize { self.values.len() / self.width.max(1) }

    /// Puts a kept row's cells back in their places.
    pub fn restore(&self, at: usize, row: &mut Row) {
        let mut from = at * self.width;
        for range in self.cells {
            row[range.clone()].clone_from_slice(&self.values[from..from + range.len()]);
            from += range.len();
        }
    }
}

/// NULL in every cell of a side that found no partner.
pub fn clear(cells: &[Range<usize>], row: &mut Row) {
    for range in cells {
        row[range.clone()].fill(Value::Null);
    }
}
