//! A query in FROM: its rows become cells of the register row.

use std::rc::Rc;

use super::{open, parked, Operator, Parked, Row};
use crate::error::{Error, Result};
use crate::sql::eval::Env;
use crate::sql::plan::Node;

pub struct Derived<'p> { source: Source<'p>, offset: usize, width: usize }

enum Source<'p> { Stream(Box<dyn Operator + 'p>, Row), Shared(Rc<Vec<Row>>, usize) }

impl<'p> Derived<'p> {
    pub fn open(input: &'p Rc<Node>, offset: usize, width: usize, shared: bool, env: &'p Env) -> Result<Self> {
        let source = if shared { Source::Shared(env.shared(input, width)?, 0) } else { Source::Stream(open(input, env)?, Row::new()) };
        Ok(Derived { source, offset, width })
    }
}

impl Operator for Derived<'_> {
    fn next(&mut self, row: &mut Row) -> Result<bool> {
        let cells = &mut row[self.offset..self.offset + self.width];
        match &mut self.source {
            Source::Stream(rows, below) => {
                if !rows.next(below)? {
                    return Ok(false);
                }
                cells.iter_mut().zip(below.iter_mut()).for_each(|(cell, value)| *cell = std::mem::take(value));
            }
            Source::Shared(rows, at) => {
                let Some(found) = rows.get(*at) else { return Ok(false) };
                *at += 1;
                cells.clone_from_slice(&found[..self.width]);
            }
        }
        Ok(true)
    }

    fn park(&mut self) -> Option<Parked> {
        match &mut self.source {
            Source::Stream(rows, below) => Some(Box::new((rows.park()?, std::mem::take(below)))),
            Source::Shared(..) => None,
        }
    }

    fn resume(&mut self, state: Parked) -> Result<()> {
        match &mut self.source {
            Source::Stream(rows, below) => {
                let input;
                (input, *below) = parked(state)?;
                rows.resume(input)
            }
            Source::Shared(..) => Err(Error::internal("rows that are shared were never parked")),
        }
    }
}
