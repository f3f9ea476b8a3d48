//! The walk of history, newest first.

use std::collections::{BTreeSet, BinaryHeap};
use std::ops::Bound;
use std::rc::Rc;

use super::commit::{closure_key, parse_closure_key};
use super::Commit;
use crate::chunk::{readahead, Store};
use crate::error::Result;
use crate::hash::Address;
use crate::prolly::KeyRange;

/// Commits by (height, committer's date, address), greatest first: a child always comes before its parents.
/// Streams, reads a commit when it is due, and is retry-safe. Where the history of a shallow clone ends, it ends.
#[derive(Clone)]
pub struct History {
    store: Store,
    heap: BinaryHeap<Due>,
    seen: BTreeSet<Address>,
    /// To be read before the next answer.
    pending: Vec<Address>,
    /// Commits whose ancestors (and they themselves) are left out.
    hidden: Vec<(Address, Rc<Commit>)>,
    unread_hidden: Vec<Address>,
    first_parent: bool,
    /// The commits that were answered first and last.
    ends: Option<(Rc<Commit>, Rc<Commit>)>,
}

#[derive(Clone, PartialEq, Eq)]
struct Due { height: u64, date_ms: i64, address: Address, commit: Rc<Commit> }

impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.height, self.date_ms, other.address).cmp(&(other.height, other.date_ms, self.address))
    }
}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> { Some(self.cmp(other)) }
}

impl History {
    /// Everything reachable from `starts` and not from `hidden` (`a..b`: starts b, hidden a).
    pub fn new(store: &Store, starts: &[Address], hidden: &[Address]) -> Self {
        History {
            store: store.clone(),
            heap: BinaryHeap::new(),
            seen: starts.iter().copied().collect(),
            pending: starts.iter().copied().collect::<BTreeSet<_>>().into_iter().collect(),
            hidden: Vec::new(),
            unread_hidden: hidden.to_vec(),
            first_parent: false,
            ends: None,
        }
    }

    /// Follows first parents only.
    pub fn first_parent(mut self) -> Self {
        self.first_parent = true;
        self
    }

    pub fn next(&mut self) -> Result<Option<(Address, Rc<Commit>)>> {
        while let Some(address) = self.unread_hidden.last().copied() {
            let commit = Commit::read(&*self.store, &address)?;
            self.hidden.push((address, Rc::new(commit)));
            self.unread_hidden.pop();
        }
        self.read_pending()?;
        let Some(due) = self.heap.pop() else { return Ok(None) };
        let followed = if self.first_parent { 1 } else { usize::MAX };
        let ends = self.store.partial().is_some_and(|partial| partial.ends_at(&due.address));
        for parent in due.commit.parents.iter().take(if ends { 0 } else { followed }) {
            if self.seen.insert(*parent) {
                self.pending.push(*parent);
            }
        }
        let first = self.ends.take().map_or_else(|| due.commit.clone(), |(first, _)| first);
        self.ends = Some((first, due.commit.clone()));
        Ok(Some((due.address, due.commit)))
    }

    /// A parent of the commit that was answered last: read once, for its child and for the walk.
    pub fn parent(&mut self, address: &Address) -> Result<Rc<Commit>> {
        self.read_pending()?;
        match self.heap.iter().find(|due| due.address == *address) {
            Some(due) => Ok(due.commit.clone()),
            None => Ok(Rc::new(Commit::read(&*self.store, address)?)),
        }
    }

    fn read_pending(&mut self) -> Result<()> {
        if self.pending.len() > 1 {
            self.store.want(&self.pending)?;
        }
        while let Some(address) = self.pending.last().copied() {
            let read = Commit::read(&*self.store, &address);
            if read.as_ref().is_err_and(|error| error.is_fault()) {
                self.want_ahead()?;
            }
            let commit = Rc::new(read?);
            if !self.is_hidden(&address, &commit)? {
                self.heap.push(Due { height: commit.height, date_ms: commit.committer.date_ms, address, commit });
            }
            self.pending.pop();
        }
        Ok(())
    }

    /// Announces the nearest ancestors of the commit that was answered last, as many as a scan announces leaves.
    fn want_ahead(&self) -> Result<()> {
        let Some((first, last)) = &self.ends else { return Ok(()) };
        let mut ahead: Vec<Address> = last.recent.iter().copied().take(readahead::leaves()).collect();
        // The closure of the first: that of each commit is a tree of its own.
        let height = last.height.saturating_sub(last.recent.len() as u64);
        let below = KeyRange::new(Bound::Unbounded, Bound::Excluded(closure_key(height, &Address::NONE)));
        let mut older = first.closure.cursor(&self.store, below, true);
        while ahead.len() < readahead::leaves() {
            // A part of the closure that is missing was logged by the read.
            let Ok(Some((key, _))) = older.next() else { break };
            ahead.push(parse_closure_key(&key)?.1);
        }
        if self.store.partial().is_some_and(|partial| partial.is_shallow()) {
            ahead.retain(|address| self.store.contains(address).unwrap_or(false));
        }
        self.store.want(&ahead).map(drop)
    }

    fn is_hidden(&self, address: &Address, commit: &Commit) -> Result<bool> {
        for (hidden_address, hidden) in &self.hidden {
            if hidden_address == address || hidden.has_ancestor(&*self.store, address, commit.height)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
