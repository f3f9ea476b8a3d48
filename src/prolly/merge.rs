//! Three-way: two diffs from one base, streamed side by side.

use std::cmp::Ordering;

use bytes::Bytes;

use super::{Change, Diff, KeyRange, Map};
use crate::chunk::Store;
use crate::error::Result;

/// A key that at least one side changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreeWay {
    pub key: Bytes,
    pub base: Option<Bytes>,
    pub ours: Option<Bytes>,
    pub theirs: Option<Bytes>,
    pub side: Side,
}

/// Who changed the key. `Same`: both, to one value. `Both`: both, to different values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Ours,
    Theirs,
    Same,
    Both,
}

/// Streams every key that differs from the base on either side, in key order, O(changes). Retry-safe:
/// the head of each diff is kept until it is given out.
#[derive(Clone)]
pub struct Merge {
    ours: Head,
    theirs: Head,
}

#[derive(Clone)]
struct Head {
    diff: Diff,
    /// Not read yet, or what the diff answered.
    change: Option<Option<Change>>,
}

impl Head {
    fn fill(&mut self) -> Result<()> {
        if self.change.is_none() {
            self.change = Some(self.diff.next()?);
        }
        Ok(())
    }

    fn key(&self) -> Option<&Bytes> {
        self.change.as_ref()?.as_ref().map(|change| &change.key)
    }

    /// The end is kept, a change is handed out.
    fn take(&mut self) -> Option<Change> {
        let change = self.change.as_mut()?.take();
        if change.is_some() {
            self.change = None;
        }
        change
    }
}

impl Merge {
    pub fn new(store: &Store, base: Map, ours: Map, theirs: Map, range: KeyRange) -> Self {
        let head = |to: Map| Head {
            diff: Diff::new(store, base, to, range.clone()),
            change: None,
        };
        Merge {
            ours: head(ours),
            theirs: head(theirs),
        }
    }

    /// The next key; `None` at the end, and from then on.
    pub fn next(&mut self) -> Result<Option<ThreeWay>> {
        // Both diffs move before a fault of either unwinds: one round fetches for both.
        let (ours, theirs) = (self.ours.fill(), self.theirs.fill());
        ours?;
        theirs?;
        let order = match (self.ours.key(), self.theirs.key()) {
            (Some(ours), Some(theirs)) => ours.cmp(theirs),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return Ok(None),
        };
        let ours = if order.is_le() { self.ours.take() } else { None };
        let theirs = if order.is_ge() { self.theirs.take() } else { None };
        Ok(match (ours, theirs) {
            (Some(ours), Some(theirs)) => {
                let side = if ours.to == theirs.to { Side::Same } else { Side::Both };
                Some(ThreeWay {
                    key: ours.key,
                    base: ours.from,
                    ours: ours.to,
                    theirs: theirs.to,
                    side,
                })
            }
            (Some(Change { key, from, to }), None) => Some(ThreeWay {
                key,
                base: from.clone(),
                ours: to,
                theirs: from,
                side: Side::Ours,
            }),
            (None, Some(Change { key, from, to })) => Some(ThreeWay {
                key,
                base: from.clone(),
                ours: from,
                theirs: to,
                side: Side::Theirs,
            }),
            (None, None) => None,
        })
    }
}
