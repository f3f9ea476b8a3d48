//! A database: a repository, and the sessions on it.

use std::cell::Cell;
use std::collections::BTreeMap;
#[cfg(not(target_arch = "wasm32"))]
use std::path::Path;
use std::rc::Rc;

use bytes::Bytes;

use super::session::Settled;
use super::Session;
#[cfg(not(target_arch = "wasm32"))]
use crate::chunk::FileStore;
use crate::chunk::{MemoryStore, Store};
use crate::error::{Error, Result};
use crate::repo::{Publication, RefMap, Repository, Signature};

pub struct Database {
    name: Rc<str>,
    repository: Rc<Repository>,
    medium: Medium,
    /// Counts changes of the records, so that sessions see cheaply whether anything moved.
    version: Cell<u64>,
}

/// Who makes publications durable.
enum Medium {
    /// The worker in a page.
    Driver,
    Memory,
    #[cfg(not(target_arch = "wasm32"))]
    File(Rc<FileStore>),
}

impl Database {
    /// Over a store that someone else makes durable (the worker in a page). `refs` is empty for a new database:
    /// then the answered publication must be made durable first.
    pub fn open(name: &str, store: Store, refs: RefMap, now_ms: i64) -> Result<(Rc<Database>, Option<Publication>)> {
        let (database, publication) = Self::over(name, store, refs, Medium::Driver, now_ms)?;
        Ok((Rc::new(database), publication))
    }

    /// In memory; publications land at once.
    pub fn memory() -> Result<Rc<Database>> {
        let (database, publication) = Self::over("prollite", Rc::new(MemoryStore::new()), RefMap::new(), Medium::Memory, 0)?;
        if let Some(publication) = publication {
            database.land(&publication)?;
        }
        Ok(Rc::new(database))
    }

    /// In one append-only file; publications are durable when `execute` returns. The database is called as the file,
    /// without its extension.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn file(path: &Path) -> Result<Rc<Database>> {
        let store = Rc::new(FileStore::open(path)?);
        let refs: RefMap = store.refs().into_iter().map(|(name, value)| (name, Bytes::from(value))).collect();
        let name = path.file_stem().map_or("prollite".into(), |stem| stem.to_string_lossy().into_owned());
        let now = super::clock::moment().now_ms;
        let (database, publication) = Self::over(&name, store.clone(), refs, Medium::File(store), now)?;
        if let Some(publication) = publication {
            database.land(&publication)?;
        }
        Ok(Rc::new(database))
    }

    fn over(name: &str, store: Store, refs: RefMap, medium: Medium, now_ms: i64) -> Result<(Database, Option<Publication>)> {
        let repository = Rc::new(Repository::open(store, refs));
        let publication = match repository.is_new() {
            true => Some(repository.init(Signature::new("prollite", "", now_ms))?),
            false => None,
        };
        if let (Some(publication), Medium::Driver) = (&publication, &medium) {
            repository.apply(publication);
        }
        Ok((Database { name: name.into(), repository, medium, version: Cell::new(0) }, publication))
    }

    pub fn name(&self) -> &Rc<str> { &self.name }
    pub fn repository(&self) -> &Rc<Repository> { &self.repository }

    /// A connection that begins on `branch`.
    pub fn session(self: &Rc<Self>, branch: &str) -> Result<Session> { Session::open(self.clone(), branch) }

    pub(super) fn version(&self) -> u64 { self.version.get() }

    /// Someone else moved records: all of them as they are now.
    pub fn moved(&self, refs: RefMap) {
        self.repository.replace(refs);
        self.version.set(self.version.get() + 1);
    }

    /// A publication is durable.
    pub(super) fn landed(&self, publication: &Publication) {
        self.repository.apply(publication);
        self.version.set(self.version.get() + 1);
    }

    /// Natively: compare, write, swap.
    pub(super) fn publish(&self, publication: &Publication) -> Result<Settled> {
        {
            let refs = self.repository.refs.borrow();
            if publication.expect.iter().any(|(name, expected)| refs.get(name) != expected.as_ref()) {
                return Ok(Settled::Lost(refs.clone()));
            }
        }
        match &self.medium {
            Medium::Driver => return Err(Error::internal("this database's driver publishes")),
            _ => self.write(publication)?,
        }
        Ok(Settled::Landed)
    }

    fn land(&self, publication: &Publication) -> Result<()> {
        self.write(publication)?;
        self.landed(publication);
        Ok(())
    }

    fn write(&self, publication: &Publication) -> Result<()> {
        for chunk in &publication.chunks {
            self.repository.store.put(chunk.clone())?;
        }
        #[cfg(not(target_arch = "wasm32"))]
        if let Medium::File(file) = &self.medium {
            let set: BTreeMap<_, _> = publication.set.iter().collect();
            let set: Vec<(String, Option<Vec<u8>>)> =
                set.into_iter().map(|(name, value)| (name.clone(), value.as_ref().map(|value| value.to_vec()))).collect();
            file.publish(&set)?;
        }
        Ok(())
    }
}
