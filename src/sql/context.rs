//! What a running statement may look at. Cheap to clone: relations own one.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use bytes::Bytes;

use super::Workspace;
use crate::chunk::Store;
use crate::repo::{Publication, Repository};
use crate::tuple::Value;

#[derive(Clone)]
pub struct Context {
    /// The transaction's own: its `store` is the overlay, its `refs` are the database's as the transaction began
    /// plus what the transaction moved. So every verb of the repository sees what this transaction did.
    pub repository: Rc<Repository>,
    /// Refs that this transaction moved so far. Change them by [`Context::set_ref`] only. A statement that fails or
    /// faults is undone by the session: it puts this and `repository.refs` back as they were. When the session
    /// publishes, it reads `work/⟨branch⟩` from here, puts the flushed workspace in as the working root, keeps the rest.
    pub publication: Rc<RefCell<Publication>>,
    /// The overlay of the running transaction, above the repository's store: reads and writes go here.
    pub store: Store,
    pub workspace: Rc<RefCell<Workspace>>,
    pub settings: Rc<Settings>,
    pub moment: Rc<Moment>,
    pub parameters: Rc<[Value]>,
}

impl Context {
    /// What a record holds now, this transaction's moves included.
    pub fn get_ref(&self, name: &str) -> Option<Bytes> { self.repository.refs.borrow().get(name).cloned() }

    /// Moves a ref, or removes it; remembers what it held when the transaction began.
    pub fn set_ref(&self, name: &str, value: Option<Bytes>) {
        let mut refs = self.repository.refs.borrow_mut();
        let mut publication = self.publication.borrow_mut();
        let old = match &value {
            Some(value) => refs.insert(name.to_string(), value.clone()),
            None => refs.remove(name),
        };
        publication.expect.entry(name.to_string()).or_insert(old);
        publication.set.insert(name.to_string(), value);
    }
}

/// What belongs to a session and outlives a statement.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub database: Rc<str>,
    /// `None` when the session reads a tag or a commit.
    pub branch: Option<Rc<str>>,
    /// `SET prollite_pushdown = off` turns every pushdown off; answers must not change.
    pub pushdown: bool,
    /// `SET name = value` and `@@name`, by folded name.
    pub variables: BTreeMap<String, Value>,
}

/// Volatile values, drawn once a statement outside the retry loop: NOW, RANDOM, UUID, a commit's date.
#[derive(Clone, Debug)]
pub struct Moment {
    /// Milliseconds since the epoch, UTC.
    pub now_ms: i64,
    /// Seeds the statement's random numbers.
    pub seed: u64,
}
