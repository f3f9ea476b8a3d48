//! A database: a repository, and the sessions on it.

use std::path::Path;
use std::rc::Rc;

use super::Session;
use crate::chunk::Store;
use crate::error::Result;
use crate::repo::{Publication, RefMap, Repository};

pub struct Database {}

impl Database {
    /// Over a store that someone else makes durable (the worker in a page). `refs` is empty for a new database:
    /// then the answered publication must be made durable first.
    pub fn open(name: &str, store: Store, refs: RefMap, now_ms: i64) -> Result<(Rc<Database>, Option<Publication>)> { todo!() }
    /// In memory; publications land at once.
    pub fn memory() -> Result<Rc<Database>> { todo!() }
    /// In one append-only file; publications are durable when `execute` returns.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn file(path: &Path) -> Result<Rc<Database>> { todo!() }
    pub fn repository(&self) -> &Rc<Repository> { todo!() }
    pub fn session(self: &Rc<Self>, branch: &str) -> Result<Session> { todo!() }
}
