//! What of a database is left out on purpose.

use std::cell::{Cell, RefCell};

use super::memory::AddressMap;
use crate::hash::Address;

/// A lazy database reads chunks from its remote when they are asked for; a shallow one has no commits behind some. A store
/// that serves such a database holds one of these ([`super::ChunkStore::partial`]), and whoever reads the records sets it.
#[derive(Default)]
pub struct Partial { lazy: Cell<bool>, ends: RefCell<AddressMap<()>> }

impl Partial {
    pub fn set(&self, lazy: bool, ends: impl Iterator<Item = Address>) {
        self.lazy.set(lazy);
        *self.ends.borrow_mut() = ends.map(|commit| (commit, ())).collect();
    }

    /// A chunk that is not here lies with the remote.
    pub fn is_lazy(&self) -> bool { self.lazy.get() }

    pub fn is_shallow(&self) -> bool { !self.ends.borrow().is_empty() }

    /// History ends at this commit: its parents need not be here.
    pub fn ends_at(&self, commit: &Address) -> bool { self.ends.borrow().contains_key(commit) }

    /// All commits at which history ends, ascending.
    pub fn ends(&self) -> Vec<Address> {
        let mut ends: Vec<Address> = self.ends.borrow().keys().copied().collect();
        ends.sort_unstable();
        ends
    }
}
