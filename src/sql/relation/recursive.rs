//! WITH RECURSIVE: the anchor's rows, then what the step makes of them, then what it makes of those, until it makes none.
//!
//! A row is answered before the step sees it, so that a LIMIT ends a recursion that has no end of its own. Without an
//! ORDER BY a whole generation goes through the step at once; with one, the least row that waits goes alone.

use std::collections::{HashSet, VecDeque};
use std::rc::Rc;

use super::{open, Operator, Row};
use crate::error::{Code, Error, Result};
use crate::sql::eval::{identity, Env};
use crate::sql::plan::Recursive;
use crate::tuple::Value;

/// The rows that a recursion may make unless `SET cte_max_recursion_rows` says otherwise.
const MOST_ROWS: u64 = 1_000_000;

pub struct RecursiveRows<'p> {
    recursive: &'p Recursive,
    env: &'p Env,
    anchor: Option<Box<dyn Operator + 'p>>,
    /// Rows to be answered.
    waiting: VecDeque<Row>,
    /// Rows that were answered and the step has not seen.
    answered: Vec<Row>,
    /// UNION: what was there already.
    seen: HashSet<Vec<u8>>,
    left: u64,
}

impl<'p> RecursiveRows<'p> {
    pub fn open(recursive: &'p Recursive, env: &'p Env) -> Result<Self> {
        let left = match env.cx.settings.variables.get("cte_max_recursion_rows") {
            Some(Value::Int(rows)) => u64::try_from(*rows).unwrap_or(u64::MAX),
            _ => MOST_ROWS,
        };
        Ok(RecursiveRows {
            recursive,
            env,
            anchor: Some(open(&recursive.anchor, env)?),
            waiting: VecDeque::new(),
            answered: Vec::new(),
            seen: HashSet::new(),
            left,
        })
    }

    fn push(&mut self, row: Row) -> Result<()> {
        if let Some(nocase) = &self.recursive.distinct {
            let mut key = Vec::new();
            row.iter().zip(nocase).for_each(|(value, nocase)| identity::push(&mut key, value, *nocase));
            if !self.seen.insert(key) {
                return Ok(());
            }
        }
        if self.left == 0 {
            let name = &self.recursive.name;
            let message = format!("recursive query {name} made more rows than it may; does it end?");
            return Err(Error::new(Code::Runaway, message).with_hint("SET cte_max_recursion_rows = n allows n rows"));
        }
        self.left -= 1;
        let order = &self.recursive.order;
        let later = |other: &Row| {
            let sides = order.iter().map(|key| key.compare(&other[key.cell], &row[key.cell]));
            sides.into_iter().find(|side| side.is_ne()).is_some_and(|side| side.is_gt())
        };
        match order.is_empty() {
            true => self.waiting.push_back(row),
            false => {
                let at = self.waiting.partition_point(|other| !later(other));
                self.waiting.insert(at, row);
            }
        }
        Ok(())
    }

    /// Runs the step over the rows that were answered last.
    fn step(&mut self) -> Result<()> {
        let rows = Rc::new(std::mem::take(&mut self.answered));
        let mut row = Row::new();
        for step in &self.recursive.steps {
            self.env.set_queue(self.recursive.queue, rows.clone());
            let mut made = open(step, self.env)?;
            while made.next(&mut row)? {
                self.push(std::mem::take(&mut row))?;
            }
        }
        Ok(())
    }
}

impl Operator for RecursiveRows<'_> {
    fn next(&mut self, row: &mut Row) -> Result<bool> {
        let is_ordered = !self.recursive.order.is_empty();
        loop {
            if is_ordered && !self.answered.is_empty() {
                self.step()?;
            }
            if let Some(anchor) = &mut self.anchor {
                let mut found = Row::new();
                match anchor.next(&mut found)? {
                    true => self.push(found)?,
                    false => self.anchor = None,
                }
                if is_ordered {
                    continue;
                }
            }
            if let Some(next) = self.waiting.pop_front() {
                self.answered.push(next.clone());
                *row = next;
                return Ok(true);
            }
            if self.anchor.is_none() {
                if self.answered.is_empty() {
                    return Ok(false);
                }
                self.step()?;
            }
        }
    }
}

/// Inside a step: the rows that it is to work on.
pub struct Queue { rows: Rc<Vec<Row>>, at: usize, offset: usize, width: usize }

impl Queue {
    pub fn open(queue: usize, offset: usize, width: usize, env: &Env) -> Self { Queue { rows: env.queue(queue), at: 0, offset, width } }
}

impl Operator for Queue {
    fn next(&mut self, row: &mut Row) -> Result<bool> {
        let Some(found) = self.rows.get(self.at) else { return Ok(false) };
        self.at += 1;
        row[self.offset..self.offset + self.width].clone_from_slice(&found[..self.width]);
        Ok(true)
    }
}
