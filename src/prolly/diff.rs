//! The difference of two maps in O(changes): equal addresses are skipped at every level.

use std::cmp::Ordering;
use std::ops::Bound;

use bytes::Bytes;

use super::node::Node;
use super::path::{read_root, Frame, Path};
use super::{KeyRange, Map};
use crate::chunk::Store;
use crate::error::Result;
use crate::hash::Address;

/// Most missing nodes that one fault announces.
const MAX_AHEAD: usize = 256;

/// One key whose value differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub key: Bytes,
    pub from: Option<Bytes>,
    pub to: Option<Bytes>,
}

/// Streams changes in key order. Retry-safe.
///
/// Both sides stand at an item: an entry, or a whole subtree that is not opened yet. Equal subtrees
/// are stepped over; of different ones the higher is opened, or both when they are of one level;
/// entries are compared by key. A side whose item ends a node goes on with the next subtree of the
/// node above, so that the sides are back among whole subtrees as soon as their cuts coincide.
#[derive(Clone)]
pub struct Diff {
    store: Store,
    range: KeyRange,
    from: Side,
    to: Side,
    ahead: usize,
}

#[derive(Clone)]
struct Side {
    map: Map,
    path: Path,
    started: bool,
}

impl Diff {
    pub fn new(store: &Store, from: Map, to: Map, range: KeyRange) -> Self {
        let idle = from == to || range.is_empty();
        let side = |map: Map| Side {
            map,
            path: Path::default(),
            started: idle || map.is_empty(),
        };
        Diff {
            store: store.clone(),
            range,
            from: side(from),
            to: side(to),
            ahead: 4,
        }
    }

    /// The next change; `None` at the end, and from then on.
    pub fn next(&mut self) -> Result<Option<Change>> {
        if !(self.from.started && self.to.started) {
            let from = self.from.start(&self.store, &self.range);
            let to = self.to.start(&self.store, &self.range);
            from?;
            to?;
        }
        loop {
            let (Some(from), Some(to)) = (self.from.path.top(), self.to.path.top()) else {
                return self.rest();
            };
            match from.node.level().cmp(&to.node.level()) {
                Ordering::Greater => {
                    let address = from.node.child(from.index);
                    if !self.to.close_to(address) {
                        self.open(true, false)?;
                    }
                }
                Ordering::Less => {
                    let address = to.node.child(to.index);
                    if !self.from.close_to(address) {
                        self.open(false, true)?;
                    }
                }
                Ordering::Equal if !from.node.is_leaf() => {
                    if from.node.child(from.index) == to.node.child(to.index) {
                        self.from.step(&self.range);
                        self.to.step(&self.range);
                    } else {
                        self.open(true, true)?;
                    }
                }
                Ordering::Equal => {
                    let order = from.node.key(from.index).cmp(to.node.key(to.index));
                    if order.is_eq() && from.node.value(from.index) == to.node.value(to.index) {
                        self.from.step(&self.range);
                        self.to.step(&self.range);
                        continue;
                    }
                    let gone = order.is_le().then(|| self.from.take(&self.range)).flatten();
                    let come = order.is_ge().then(|| self.to.take(&self.range)).flatten();
                    return Ok(change(gone, come));
                }
            }
        }
    }

    /// One side is at its end: all that is left of the other.
    fn rest(&mut self) -> Result<Option<Change>> {
        loop {
            let is_from = self.from.path.top().is_some();
            let side = if is_from { &mut self.from } else { &mut self.to };
            match side.path.top() {
                None => return Ok(None),
                Some(frame) if !frame.node.is_leaf() => self.open(is_from, !is_from)?,
                Some(_) => {
                    let entry = side.take(&self.range);
                    return Ok(if is_from {
                        change(entry, None)
                    } else {
                        change(None, entry)
                    });
                }
            }
        }
    }

    /// Opens the subtrees at which the named sides stand. On a fault, what the walk will need
    /// further on is announced with it, twice as much at each fault.
    fn open(&mut self, from: bool, to: bool) -> Result<()> {
        let old = if from {
            Some(self.from.path.child(&*self.store))
        } else {
            None
        };
        let new = if to {
            Some(self.to.path.child(&*self.store))
        } else {
            None
        };
        let missing = |read: &Option<Result<Node>>| matches!(read, Some(Err(error)) if error.is_fault());
        if missing(&old) || missing(&new) {
            self.ahead = (self.ahead * 2).min(MAX_AHEAD);
            self.clone().scout();
        }
        let (old, new) = (old.transpose()?, new.transpose()?);
        if let Some(node) = old {
            self.from.enter(node, &self.range);
        }
        if let Some(node) = new {
            self.to.enter(node, &self.range);
        }
        Ok(())
    }

    /// Walks on as if every missing subtree were stepped over and no entry mattered, until `ahead`
    /// subtrees were found missing: reading them has announced them. It may ask for a little more
    /// than the walk will, never for something else.
    fn scout(mut self) {
        let mut missing = 0;
        while missing < self.ahead {
            for side in [&mut self.from, &mut self.to] {
                if side.path.top().is_some_and(|frame| frame.node.is_leaf()) {
                    side.path.frames.pop();
                    side.step(&self.range);
                }
            }
            let (from, to) = (self.from.head(), self.to.head());
            let (open_from, open_to) = match (&from, &to) {
                (None, None) => return,
                (Some(_), None) => (true, false),
                (None, Some(_)) => (false, true),
                (Some(from), Some(to)) if from.level == to.level => {
                    if from.child == to.child {
                        self.from.step(&self.range);
                        self.to.step(&self.range);
                        continue;
                    }
                    // By key, so that both come to the same subtree at one time.
                    (from.key <= to.key, to.key <= from.key)
                }
                (Some(from), Some(to)) => (from.level > to.level, from.level < to.level),
            };
            for (side, open) in [(&mut self.from, open_from), (&mut self.to, open_to)] {
                if !open {
                    continue;
                }
                match side.path.child(&*self.store) {
                    Ok(node) if !node.is_leaf() => side.enter(node, &self.range),
                    read => {
                        missing += usize::from(read.is_err());
                        side.step(&self.range);
                    }
                }
            }
        }
    }
}

/// The subtree at which a side stands.
struct Head {
    level: u8,
    child: Address,
    key: Bytes,
}

fn change(from: Option<(Bytes, Bytes)>, to: Option<(Bytes, Bytes)>) -> Option<Change> {
    let key = from.as_ref().or(to.as_ref())?.0.clone();
    Some(Change {
        key,
        from: from.map(|(_, value)| value),
        to: to.map(|(_, value)| value),
    })
}

impl Side {
    fn start(&mut self, store: &Store, range: &KeyRange) -> Result<()> {
        if !self.started {
            if let Some(root) = read_root(&**store, self.map)? {
                self.enter(root, range);
            }
            self.started = true;
        }
        Ok(())
    }

    /// Puts a node on top, at its first item that can be in the range.
    fn enter(&mut self, node: Node, range: &KeyRange) {
        let index = match &range.start {
            Bound::Unbounded => 0,
            Bound::Included(key) => node.lower_bound(key),
            Bound::Excluded(key) => node.upper_bound(key),
        };
        if index < node.len() {
            self.path.push(node, index);
            self.stop(range);
        } else {
            self.step(range);
        }
    }

    /// Steps over the item: to the next one of its node, or to the next subtree above.
    fn step(&mut self, range: &KeyRange) {
        while let Some(frame) = self.path.frames.last_mut() {
            if frame.index + 1 < frame.node.len() {
                frame.index += 1;
                break;
            }
            self.path.frames.pop();
        }
        self.stop(range);
    }

    /// Ends this side when its item lies behind the range.
    fn stop(&mut self, range: &KeyRange) {
        let Some(frame) = self.path.top() else { return };
        let behind = if frame.node.is_leaf() {
            range.ends_before(frame.node.key(frame.index))
        } else {
            self.path.low().is_some_and(|low| range.ends_at(low))
        };
        if behind {
            self.path.frames.clear();
        }
    }

    fn take(&mut self, range: &KeyRange) -> Option<(Bytes, Bytes)> {
        let frame = self.path.top()?;
        let entry = (frame.node.key_bytes(frame.index), frame.node.value_bytes(frame.index));
        self.step(range);
        Some(entry)
    }

    /// Closes what was opened of the subtree with this address, if this side stands at its start.
    fn close_to(&mut self, address: Address) -> bool {
        let frames = &self.path.frames;
        for depth in (1..frames.len()).rev().take_while(|depth| frames[*depth].index == 0) {
            let parent = &frames[depth - 1];
            if parent.node.child(parent.index) == address {
                self.path.frames.truncate(depth);
                return true;
            }
        }
        false
    }

    fn head(&self) -> Option<Head> {
        let Frame { node, index } = self.path.top().filter(|frame| !frame.node.is_leaf())?;
        Some(Head {
            level: node.level(),
            child: node.child(*index),
            key: node.key_bytes(*index),
        })
    }
}
