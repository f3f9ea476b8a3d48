//! Ancestry and merge bases.

use std::cmp::Ordering;

use bytes::Bytes;

use super::commit::{closure_key, parse_closure_key};
use super::Commit;
use crate::chunk::{ChunkStore, Store};
use crate::error::Result;
use crate::hash::Address;
use crate::prolly::{Cursor, KeyRange};

/// Whether `ancestor` is `commit` or comes before it.
pub fn is_ancestor(store: &dyn ChunkStore, ancestor: &Address, commit: &Address) -> Result<bool> {
    if ancestor == commit {
        return Ok(true);
    }
    store.want(&[*ancestor, *commit])?;
    let older = Commit::read(store, ancestor)?;
    let newer = Commit::read(store, commit)?;
    newer.has_ancestor(store, ancestor, older.height)
}

/// A commit and its ancestors, highest first; of one height, greatest address first.
struct Descent { nearest: std::vec::IntoIter<Bytes>, cursor: Cursor }

impl Descent {
    fn new(store: &Store, address: &Address, commit: &Commit) -> Self {
        let mut nearest = vec![closure_key(commit.height, address)];
        nearest.extend(commit.recent_keys());
        Descent { nearest: nearest.into_iter(), cursor: commit.closure.cursor(store, KeyRange::all(), true) }
    }

    fn next(&mut self) -> Result<Option<Bytes>> {
        match self.nearest.next() {
            Some(key) => Ok(Some(key)),
            None => Ok(self.cursor.next()?.map(|(key, _)| key)),
        }
    }
}

/// The common ancestor of greatest height, then of least address; `None` for unrelated histories.
///
/// A common ancestor of greatest height has no common ancestor above it, so it is a best one in git's sense too.
/// Criss-cross histories have several: one is chosen by this rule, the same on every machine, rather than merging
/// the bases first. The price is a conflict that a virtual base would have settled, never a lost change.
pub fn merge_base(store: &Store, a: &Address, b: &Address) -> Result<Option<Address>> {
    if a == b {
        return Ok(Some(*a));
    }
    store.want(&[*a, *b])?;
    let (commit_a, commit_b) = (Commit::read(&**store, a)?, Commit::read(&**store, b)?);
    if commit_b.has_ancestor(&**store, a, commit_a.height)? {
        return Ok(Some(*a));
    }
    if commit_a.has_ancestor(&**store, b, commit_b.height)? {
        return Ok(Some(*b));
    }
    let mut left = Descent::new(store, a, &commit_a);
    let mut right = Descent::new(store, b, &commit_b);
    let (mut x, mut y) = (left.next()?, right.next()?);
    let mut best: Option<(u64, Address)> = None;
    while let (Some(key_x), Some(key_y)) = (&x, &y) {
        match key_x.cmp(key_y) {
            Ordering::Greater => x = left.next()?,
            Ordering::Less => y = right.next()?,
            Ordering::Equal => {
                let (height, address) = parse_closure_key(key_x)?;
                if best.is_some_and(|(found, _)| found != height) {
                    break;
                }
                // Of one height the greatest address comes first, so the last one seen is the least.
                best = Some((height, address));
                (x, y) = (left.next()?, right.next()?);
            }
        }
    }
    Ok(best.map(|(_, address)| address))
}

/// How many commits `a` has that `b` lacks, and the other way round.
pub fn ahead_behind(store: &Store, a: &Address, b: &Address) -> Result<(u64, u64)> {
    if a == b {
        return Ok((0, 0));
    }
    store.want(&[*a, *b])?;
    let (commit_a, commit_b) = (Commit::read(&**store, a)?, Commit::read(&**store, b)?);
    let mut left = Descent::new(store, a, &commit_a);
    let mut right = Descent::new(store, b, &commit_b);
    let (mut ahead, mut behind) = (0, 0);
    let (mut x, mut y) = (left.next()?, right.next()?);
    let mut shared = 0u64;
    loop {
        match (&x, &y) {
            (None, None) => break,
            (Some(key_x), Some(key_y)) if key_x == key_y => {
                shared += 1;
                // One common commit whose ancestors are all that remains on both sides ends the walk.
                let (_, address) = parse_closure_key(key_x)?;
                let cut = store.partial().is_some_and(|partial| partial.is_shallow());
                if shared & 63 == 1 && (!cut || store.contains(&address)?) {
                    let rest = Commit::read(&**store, &address)?.ancestors(&**store)?;
                    let left_rest = commit_a.ancestors(&**store)? + 1 - ahead - shared;
                    let right_rest = commit_b.ancestors(&**store)? + 1 - behind - shared;
                    if rest == left_rest && rest == right_rest {
                        break;
                    }
                }
                (x, y) = (left.next()?, right.next()?);
            }
            (Some(key_x), other) if other.as_ref().is_none_or(|key_y| key_x > key_y) => {
                ahead += 1;
                x = left.next()?;
            }
            _ => {
                behind += 1;
                y = right.next()?;
            }
        }
    }
    Ok((ahead, behind))
}
