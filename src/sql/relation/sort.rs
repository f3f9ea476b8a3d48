//! ORDER BY. When only the first rows are needed, only about twice as many are kept.

use std::cmp::Ordering;

use super::limit::sum;
use super::{open, parked, Operator, Parked, Row};
use crate::error::Result;
use crate::sql::eval::{Env, Expr};
use crate::sql::plan::{Node, SortKey};
use crate::tuple::Value;

pub struct Sort<'p> {
    input: Option<Box<dyn Operator + 'p>>,
    keys: &'p [SortKey],
    top: Option<usize>,
    read: Read,
    sorted: std::vec::IntoIter<Row>,
}

/// What was read so far. Once there were enough rows, what sorts after the last of the best is dropped as it comes.
#[derive(Default)]
struct Read { rows: Vec<Row>, next: Row, last: Option<Row> }

impl<'p> Sort<'p> {
    pub fn open(input: &'p Node, keys: &'p [SortKey], top: Option<&[Expr]>, env: &'p Env) -> Result<Self> {
        let top = top.map_or(Ok(None), |top| sum(top, env))?.map(|top| usize::try_from(top).unwrap_or(usize::MAX));
        Ok(Sort { input: Some(open(input, env)?), keys, top, read: Read::default(), sorted: Vec::new().into_iter() })
    }
}

fn order(keys: &[SortKey], a: &Row, b: &Row) -> Ordering {
    for key in keys {
        let order = key.compare(&a[key.cell], &b[key.cell]);
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}

impl SortKey {
    /// Two values of the key's cell.
    pub fn compare(&self, a: &Value, b: &Value) -> Ordering {
        match (a.is_null(), b.is_null()) {
            (true, true) => Ordering::Equal,
            (true, false) => if self.nulls_first { Ordering::Less } else { Ordering::Greater },
            (false, true) => if self.nulls_first { Ordering::Greater } else { Ordering::Less },
            (false, false) => {
                let order = a.compare(b, self.nocase);
                if self.descending { order.reverse() } else { order }
            }
        }
    }
}

impl Operator for Sort<'_> {
    fn next(&mut self, row: &mut Row) -> Result<bool> {
        if let Some(input) = &mut self.input {
            let most = self.top.map_or(usize::MAX, |top| top.saturating_mul(2).saturating_add(512));
            let keys = self.keys;
            let Read { rows, next, last } = &mut self.read;
            while input.next(next)? {
                if last.as_ref().is_some_and(|last| order(keys, next, last) != Ordering::Less) {
                    continue;
                }
                rows.push(std::mem::take(next));
                if rows.len() >= most {
                    rows.sort_by(|a, b| order(keys, a, b));
                    rows.truncate(self.top.unwrap_or(most));
                    *last = rows.last().cloned();
                }
            }
            let mut rows = std::mem::take(rows);
            rows.sort_by(|a, b| order(keys, a, b));
            self.sorted = rows.into_iter();
            self.input = None;
        }
        match self.sorted.next() {
            Some(next) => {
                *row = next;
                Ok(true)
            }
            None => Ok(false),
        }
    }

    fn park(&mut self) -> Option<Parked> {
        // It faults as long as it reads, and not after.
        Some(Box::new((self.input.as_mut()?.park()?, std::mem::take(&mut self.read))))
    }

    fn resume(&mut self, state: Parked) -> Result<()> {
        let input;
        (input, self.read) = parked(state)?;
        self.input.as_mut().map_or(Ok(()), |reader| reader.resume(input))
    }
}
