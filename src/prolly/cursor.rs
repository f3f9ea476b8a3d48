//! A pull iterator over a range of a map, in either direction.

use std::ops::Bound;

use bytes::Bytes;

use super::node::Node;
use super::path::{read_root, Path};
use super::{KeyRange, Map};
use crate::chunk::{interrupt, readahead, Store};
use crate::error::Result;
use crate::hash::Address;

/// Most leaves that one fault asks for, unless the statement runs again with more.
const MAX_AHEAD: usize = 256;
/// Most nodes above them that it looks through, or asks for.
const PARENTS_AHEAD: usize = 4;

/// A pull iterator over a range, in either direction. Retry-safe: its state is a path from the root
/// whose top is either a leaf with the window of entries still to give, or an inner node whose index
/// names the child to read next; a fault leaves it as it is.
#[derive(Clone)]
pub struct Cursor {
    store: Store,
    map: Map,
    range: KeyRange,
    reverse: bool,
    path: Path,
    /// Entries `low..high` of the leaf at the top are still to be given.
    low: usize,
    high: usize,
    /// The entry that `advance` moved to.
    at: usize,
    started: bool,
    done: bool,
    ahead: usize,
}

impl Cursor {
    pub(super) fn new(store: Store, map: Map, range: KeyRange, reverse: bool) -> Self {
        let done = map.is_empty() || range.is_empty();
        let (path, started, ahead) = (Path::default(), false, readahead::leaves());
        Cursor {
            store,
            map,
            range,
            reverse,
            path,
            low: 0,
            high: 0,
            at: 0,
            started,
            done,
            ahead,
        }
    }

    /// The next entry; `None` at the end, and from then on.
    #[inline]
    pub fn next(&mut self) -> Result<Option<(Bytes, Bytes)>> {
        if !self.advance()? {
            return Ok(None);
        }
        let node = &self.leaf().node;
        Ok(Some((node.key_bytes(self.at), node.value_bytes(self.at))))
    }

    /// Moves to the next entry without taking it: `key` and `value` then borrow it from its node.
    #[inline]
    pub fn advance(&mut self) -> Result<bool> {
        interrupt::check()?;
        if self.low == self.high && !self.settle()? {
            return Ok(false);
        }
        if self.reverse {
            self.high -= 1;
            self.at = self.high;
        } else {
            self.at = self.low;
            self.low += 1;
        }
        Ok(true)
    }

    /// The key that `advance` moved to; empty before it, or after it answered `false`.
    #[inline]
    pub fn key(&self) -> &[u8] {
        match self.path.top() {
            Some(frame) if frame.node.is_leaf() && self.at < frame.node.len() => frame.node.key(self.at),
            _ => &[],
        }
    }

    /// The value that `advance` moved to.
    #[inline]
    pub fn value(&self) -> &[u8] {
        match self.path.top() {
            Some(frame) if frame.node.is_leaf() && self.at < frame.node.len() => frame.node.value(self.at),
            _ => &[],
        }
    }

    /// The key of the next entry, which is not consumed.
    pub fn peek_key(&mut self) -> Result<Option<Bytes>> {
        if self.low == self.high && !self.settle()? {
            return Ok(None);
        }
        Ok(Some(self.leaf().node.key_bytes(if self.reverse {
            self.high - 1
        } else {
            self.low
        })))
    }

    /// Skips `n` entries by subtree counts, O(log n).
    pub fn skip(&mut self, n: u64) -> Result<()> {
        if n == 0 || (self.low == self.high && !self.settle()?) {
            return Ok(());
        }
        let before = (self.path.clone(), self.low, self.high);
        self.skip_from_leaf(n).inspect_err(|_| {
            (self.path, self.low, self.high) = before;
            self.done = false;
        })
    }

    fn skip_from_leaf(&mut self, mut n: u64) -> Result<()> {
        loop {
            let here = n.min((self.high - self.low) as u64);
            if self.reverse {
                self.high -= here as usize;
            } else {
                self.low += here as usize;
            }
            n -= here;
            if n == 0 || !self.leave_leaf() {
                return Ok(());
            }
            // Everything beside the path lies wholly on the far side of where the cursor stands.
            loop {
                let Some(frame) = self.path.frames.last_mut() else {
                    return Ok(());
                };
                if frame.node.is_leaf() {
                    break;
                }
                let count = frame.node.child_count(frame.index);
                if count > n {
                    if !self.descend()? {
                        return Ok(());
                    }
                    continue;
                }
                n -= count;
                if !self.step_over() {
                    self.finish();
                }
                if n == 0 {
                    return Ok(());
                }
            }
        }
    }

    fn leaf(&self) -> &super::path::Frame {
        // `advance` and `peek_key` get here only with a leaf on top: `settle` answered true.
        &self.path.frames[self.path.frames.len() - 1]
    }

    fn finish(&mut self) {
        self.path.frames.clear();
        (self.low, self.high) = (0, 0);
        self.done = true;
    }

    /// Stands on a leaf with entries to give, or answers `false`.
    fn settle(&mut self) -> Result<bool> {
        if self.done {
            return Ok(false);
        }
        if !self.started {
            let Some(root) = read_root(&*self.store, self.map)? else {
                return Ok(false);
            };
            self.started = true;
            self.enter(root);
        } else if self.path.top().is_some_and(|frame| frame.node.is_leaf()) && !self.leave_leaf() {
            return Ok(false);
        }
        while !self.done {
            if self.path.top().is_some_and(|frame| frame.node.is_leaf()) {
                if self.low < self.high {
                    return Ok(true);
                }
                self.leave_leaf();
            } else if !self.descend()? {
                return Ok(false);
            }
        }
        Ok(false)
    }

    /// Leaves an exhausted leaf for the next child of an ancestor; `false` when the range ends here.
    fn leave_leaf(&mut self) -> bool {
        let Some(frame) = self.path.frames.last() else {
            return false;
        };
        let node = &frame.node;
        let over = if self.reverse {
            self.range.starts_at(node.first_key()) || self.high > 0
        } else {
            self.range.ends_at(node.last_key()) || self.low < node.len()
        };
        if over {
            self.finish();
            return false;
        }
        self.path.frames.pop();
        if self.step_over() {
            return true;
        }
        self.finish();
        false
    }

    /// Moves the top to its next child, or an ancestor when it has no more; `false` at the end.
    fn step_over(&mut self) -> bool {
        while let Some(frame) = self.path.frames.last_mut() {
            if self.reverse && frame.index > 0 {
                frame.index -= 1;
                return true;
            }
            if !self.reverse && frame.index + 1 < frame.node.len() {
                frame.index += 1;
                return true;
            }
            self.path.frames.pop();
        }
        false
    }

    /// Whether the child that the top points to can hold keys of the range.
    fn in_range(&self) -> bool {
        if !self.reverse {
            return !self.path.low().is_some_and(|low| self.range.ends_at(low));
        }
        self.path
            .top()
            .is_some_and(|frame| !self.range.starts_after(frame.node.key(frame.index)))
    }

    /// Reads the child that the top points to. A leaf that is not resident is asked for with those
    /// that come after it, twice as many at each fault.
    fn descend(&mut self) -> Result<bool> {
        if !self.in_range() {
            self.finish();
            return Ok(false);
        }
        match self.path.child(&*self.store) {
            Ok(node) => self.enter(node),
            Err(error) => {
                if error.is_fault() && self.path.top().is_some_and(|frame| frame.node.level() == 1) {
                    self.store.want(&self.leaves_ahead())?;
                    self.ahead = (self.ahead * 2).min(MAX_AHEAD.max(self.ahead));
                }
                return Err(error);
            }
        }
        Ok(true)
    }

    /// Up to `ahead` leaves in the range from the one that the top points to on. Where its node has
    /// fewer, the nodes after it give theirs; while they are missing, reading them announces them.
    fn leaves_ahead(&self) -> Vec<Address> {
        let mut leaves = Vec::new();
        let mut parents = self.path.frames.iter().rev();
        let Some(frame) = parents.next() else { return leaves };
        leaves.extend(self.children(&frame.node, Some(frame.index)).take(self.ahead));
        let Some(above) = parents.next() else { return leaves };
        for parent in self
            .children(&above.node, Some(above.index))
            .skip(1)
            .take(PARENTS_AHEAD.max(self.ahead / 16))
        {
            if leaves.len() >= self.ahead {
                break;
            }
            // One that is missing was logged by the read; a broken one the cursor will find out there.
            if let Ok(node) = self.store.get(&parent).and_then(Node::open) {
                if node.level() == 1 {
                    leaves.extend(self.children(&node, None).take(self.ahead - leaves.len()));
                }
            }
        }
        leaves
    }

    /// Children in the range and in the cursor's direction, from `from` on or from that side's end.
    fn children<'a>(&'a self, node: &'a Node, from: Option<usize>) -> impl Iterator<Item = Address> + use<'a> {
        let (reverse, range) = (self.reverse, &self.range);
        let from = from.unwrap_or(if reverse { node.len() - 1 } else { 0 });
        let steps = if reverse { from + 1 } else { node.len() - from };
        (0..steps)
            .map(move |step| if reverse { from - step } else { from + step })
            .take_while(move |i| match reverse {
                true => !range.starts_after(node.key(*i)),
                false => *i == 0 || !range.ends_at(node.key(*i - 1)),
            })
            .map(|i| node.child(i))
    }

    /// Puts a node on top, at the side from which the range is walked.
    fn enter(&mut self, node: Node) {
        let start = match &self.range.start {
            Bound::Unbounded => 0,
            Bound::Included(key) if node.first_key() >= &key[..] => 0,
            Bound::Excluded(key) if node.first_key() > &key[..] => 0,
            Bound::Included(key) => node.lower_bound(key),
            Bound::Excluded(key) => node.upper_bound(key),
        };
        let end = match &self.range.end {
            Bound::Unbounded => node.len(),
            Bound::Included(key) if node.last_key() <= &key[..] => node.len(),
            Bound::Excluded(key) if node.last_key() < &key[..] => node.len(),
            Bound::Included(key) => node.upper_bound(key),
            Bound::Excluded(key) => node.lower_bound(key),
        };
        if node.is_leaf() {
            (self.low, self.high) = (start, end.max(start));
            self.path.push(node, 0);
            return;
        }
        // The first child that reaches the end of the range may begin inside it.
        let index = match &self.range.end {
            _ if !self.reverse => start,
            Bound::Included(key) | Bound::Excluded(key) if end < node.len() => node.lower_bound(key),
            _ => node.len() - 1,
        };
        if index >= node.len() {
            return self.finish();
        }
        self.path.push(node, index);
    }
}
