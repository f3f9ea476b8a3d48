//! What a running statement may look at. Cheap to clone: relations own one.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::Workspace;
use crate::chunk::Store;
use crate::repo::Repository;
use crate::tuple::Value;

#[derive(Clone)]
pub struct Context {
    pub repository: Rc<Repository>,
    /// The overlay of the running transaction, above the repository's store: reads and writes go here.
    pub store: Store,
    pub workspace: Rc<RefCell<Workspace>>,
    pub settings: Rc<Settings>,
    pub moment: Rc<Moment>,
    pub parameters: Rc<[Value]>,
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
