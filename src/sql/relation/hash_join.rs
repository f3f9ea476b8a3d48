//! Hash join: the right side is kept by the identity of its key, left rows ask for theirs.

use std::collections::HashMap;

use super::saved::{clear, Saved};
use super::{open, Operator, Row};
use crate::chunk::interrupt;
use crate::error::Result;
use crate::sql::eval::identity::push;
use crate::sql::eval::{Env, Expr, Rule};
use crate::sql::plan::{Join, JoinKind};

/// No further row of this key.
const END: usize = usize::MAX;

pub struct HashJoin<'p> {
    join: &'p Join,
    env: &'p Env,
    left: Box<dyn Operator + 'p>,
    right: Option<Box<dyn Operator + 'p>>,
    saved: Saved<'p>,
    /// First and last row of a key, and for each row the next of its key.
    heads: HashMap<Vec<u8>, (usize, usize)>,
    next: Vec<usize>,
    matched: Vec<bool>,
    at: Option<usize>,
    found: bool,
    rest: Option<usize>,
    key: Vec<u8>,
}

impl<'p> HashJoin<'p> {
    pub fn open(join: &'p Join, env: &'p Env) -> Result<Self> {
        Ok(HashJoin {
            join,
            env,
            left: open(&join.left, env)?,
            right: Some(open(&join.right, env)?),
            saved: Saved::new(&join.right_cells),
            heads: HashMap::new(),
            next: Vec::new(),
            matched: Vec::new(),
            at: None,
            found: false,
            rest: None,
            key: Vec::new(),
        })
    }

    /// The key of one side into `self.key`; `false` when a part is NULL, which equals nothing.
    fn read_key(&mut self, row: &Row, side: fn(&(Expr, Expr, Rule)) -> (&Expr, &crate::sql::eval::Conversion)) -> Result<bool> {
        self.key.clear();
        for equal in &self.join.equal {
            let (expr, conversion) = side(equal);
            let value = conversion.apply(expr.eval(row, self.env)?);
            if value.is_null() {
                return Ok(false);
            }
            push(&mut self.key, &value, equal.2.nocase);
        }
        Ok(true)
    }

    fn build(&mut self, mut right: Box<dyn Operator + 'p>, row: &mut Row) -> Result<()> {
        let full = self.join.kind == JoinKind::Full;
        while right.next(row)? {
            let keyed = self.read_key(row, |(_, right, rule)| (right, &rule.right))?;
            if !keyed && !full {
                continue;
            }
            let at = self.saved.len();
            self.saved.push(row);
            self.next.push(END);
            if keyed {
                match self.heads.get_mut(&self.key) {
                    Some((_, last)) => {
                        self.next[*last] = at;
                        *last = at;
                    }
                    None => {
                        self.heads.insert(self.key.clone(), (at, at));
                    }
                }
            }
        }
        self.matched = vec![false; if full { self.saved.len() } else { 0 }];
        Ok(())
    }
}

impl Operator for HashJoin<'_> {
    fn next(&mut self, row: &mut Row) -> Result<bool> {
        if let Some(right) = self.right.take() {
            self.build(right, row)?;
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
                    let keyed = self.read_key(row, |(left, _, rule)| (left, &rule.left))?;
                    self.at = Some(if keyed { self.heads.get(&self.key).map_or(END, |(first, _)| *first) } else { END });
                    self.found = false;
                } else {
                    self.rest = Some(0);
                }
                continue;
            };
            while at != END {
                interrupt::check()?;
                self.saved.restore(at, row);
                let this = at;
                at = self.next[at];
                let fits = match &self.join.on {
                    Some(on) => on.truth(row, self.env)? == Some(true),
                    None => true,
                };
                if fits {
                    self.found = true;
                    if let Some(matched) = self.matched.get_mut(this) {
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
