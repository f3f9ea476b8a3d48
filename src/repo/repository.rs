//! A repository: a chunk store and the records over it.

use std::cell::RefCell;

use bytes::Bytes;

use super::{Commit, Publication, RefMap, RefName, Refs, Root, Signature};
use crate::chunk::Store;
use crate::error::Result;

pub struct Repository { pub store: Store, pub refs: RefCell<RefMap> }

/// The branch of a new database.
pub const DEFAULT_BRANCH: &str = "main";

impl Repository {
    /// `refs` is empty for a new database: then make what [`Repository::init`] answers durable first.
    pub fn open(store: Store, refs: RefMap) -> Self { Repository { store, refs: RefCell::new(refs) } }

    /// Branch `main` with an empty root. Its chunks are put into the store and stand in the publication as well,
    /// for whoever makes it durable.
    pub fn init(&self, author: Signature) -> Result<Publication> {
        let root = Root::default().write(&*self.store)?;
        let message = "Initialize data repository";
        let (head, _) = Commit::create(&self.store, root, Vec::new(), author.clone(), author, message)?;
        let name = format!("heads/{DEFAULT_BRANCH}");
        let mut publication = Publication::default();
        publication.expect.insert(name.clone(), None);
        publication.set.insert(name, Some(Bytes::copy_from_slice(head.as_bytes())));
        publication.chunks = vec![self.store.get(&root)?, self.store.get(&head)?];
        Ok(publication)
    }

    pub fn is_new(&self) -> bool { self.refs.borrow().is_empty() }

    /// Reads and writes below any transaction.
    pub fn store(&self) -> &Store { &self.store }

    /// A copy of all records.
    pub fn all_refs(&self) -> RefMap { self.refs.borrow().clone() }

    /// A publication landed: its records are what the repository knows from now on.
    pub fn apply(&self, publication: &Publication) {
        let mut refs = self.refs.borrow_mut();
        for (name, value) in &publication.set {
            match value {
                Some(value) => refs.insert(name.clone(), value.clone()),
                None => refs.remove(name),
            };
        }
    }

    /// Someone else moved records: all of them as they are now.
    pub fn replace(&self, refs: RefMap) { *self.refs.borrow_mut() = refs; }
}

impl Refs for Repository {
    fn record(&self, name: &str) -> Option<Bytes> { self.refs.borrow().get(name).cloned() }
    fn records(&self, prefix: &str) -> Vec<(RefName, Bytes)> { self.refs.borrow().records(prefix) }
}
