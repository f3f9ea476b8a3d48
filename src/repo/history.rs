//! The walk of history, newest first.

use std::collections::{BTreeSet, BinaryHeap};
use std::rc::Rc;

use super::Commit;
use crate::chunk::Store;
use crate::error::Result;
use crate::hash::Address;

/// Commits by (height, committer's date, address), greatest first: a child always comes before its parents.
/// Streams, reads a commit when it is due, and is retry-safe.
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
}

#[derive(PartialEq, Eq)]
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
        for parent in due.commit.parents.iter().take(followed) {
            if self.seen.insert(*parent) {
                self.pending.push(*parent);
            }
        }
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
            let commit = Rc::new(Commit::read(&*self.store, &address)?);
            if !self.is_hidden(&address, &commit)? {
                self.heap.push(Due { height: commit.height, date_ms: commit.committer.date_ms, address, commit });
            }
            self.pending.pop();
        }
        Ok(())
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
