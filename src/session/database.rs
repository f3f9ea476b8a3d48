//! A database: a repository, and the sessions on it.

use std::cell::{Cell, RefCell};
#[cfg(not(target_arch = "wasm32"))]
use std::path::Path;
use std::rc::{Rc, Weak};

#[cfg(not(target_arch = "wasm32"))]
use super::session::Settled;
use super::Session;
#[cfg(not(target_arch = "wasm32"))]
use crate::chunk::FileStore;
use crate::chunk::{LazyStore, MemoryStore, Store};
use crate::error::Result;
use crate::hash::Address;
use crate::repo::{Publication, RefMap, Refs, Repository, Root, Signature};
use crate::sql::Keeper;

pub struct Database {
    name: Rc<str>,
    repository: Rc<Repository>,
    medium: Medium,
    /// Counts changes of the records, so that sessions see cheaply whether anything moved.
    version: Cell<u64>,
    /// Roots that sessions began with, as long as they hold them.
    held: RefCell<Vec<Weak<Root>>>,
    /// Over the medium, where this is not the driver's business.
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) lazy: Option<Rc<LazyStore>>,
}

/// Who makes publications durable.
enum Medium {
    /// The worker in a page.
    Driver,
    Memory(Rc<MemoryStore>),
    #[cfg(not(target_arch = "wasm32"))]
    File(Rc<FileStore>),
}

impl Database {
    /// Over a store that someone else makes durable (the worker in a page). `refs` is empty for a new database:
    /// then the answered publication must be made durable first.
    pub fn open(name: &str, store: Store, refs: RefMap, now_ms: i64) -> Result<(Rc<Database>, Option<Publication>)> {
        let (database, publication) = Self::over(name, store, refs, Medium::Driver, None, now_ms)?;
        Ok((Rc::new(database), publication))
    }

    /// In memory, called `prollite`; publications land at once.
    pub fn memory() -> Result<Rc<Database>> { Database::memory_named("prollite") }

    pub fn memory_named(name: &str) -> Result<Rc<Database>> {
        let store = Rc::new(MemoryStore::new());
        let lazy = Rc::new(LazyStore::new(store.clone()));
        let (database, publication) = Self::over(name, lazy.clone(), RefMap::new(), Medium::Memory(store), Some(lazy), 0)?;
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
        let refs: RefMap = store.refs().into_iter().map(|(name, value)| (name, value.into())).collect();
        let name = path.file_stem().map_or("prollite".into(), |stem| stem.to_string_lossy().into_owned());
        let now = super::clock::moment().now_ms;
        let lazy = Rc::new(LazyStore::new(store.clone()));
        let (database, publication) = Self::over(&name, lazy.clone(), refs, Medium::File(store), Some(lazy), now)?;
        if let Some(publication) = publication {
            database.land(&publication)?;
        }
        Ok(Rc::new(database))
    }

    #[cfg_attr(target_arch = "wasm32", allow(unused_variables))]
    fn over(
        name: &str,
        store: Store,
        refs: RefMap,
        medium: Medium,
        lazy: Option<Rc<LazyStore>>,
        now_ms: i64,
    ) -> Result<(Database, Option<Publication>)> {
        let repository = Rc::new(Repository::open(store, refs));
        let publication = match repository.is_new() {
            true => Some(repository.init(Signature::new("prollite", "", now_ms))?),
            false => None,
        };
        if let (Some(publication), Medium::Driver) = (&publication, &medium) {
            repository.apply(publication);
        }
        let database = Database {
            name: name.into(),
            repository,
            medium,
            version: Cell::new(0),
            held: RefCell::default(),
            #[cfg(not(target_arch = "wasm32"))]
            lazy,
        };
        database.tell_store()?;
        Ok((database, publication))
    }

    /// What the records say is left out.
    fn tell_store(&self) -> Result<()> {
        if let Some(partial) = self.repository.store.partial() {
            let refs = self.repository.refs.borrow();
            partial.set(refs.lazy().is_some(), refs.shallow()?.into_iter());
        }
        Ok(())
    }

    pub fn name(&self) -> &Rc<str> { &self.name }
    pub fn repository(&self) -> &Rc<Repository> { &self.repository }

    /// A connection that begins on `branch`.
    pub fn session(self: &Rc<Self>, branch: &str) -> Result<Session> { Session::open(self.clone(), branch) }

    pub(super) fn version(&self) -> u64 { self.version.get() }

    /// Someone else moved records: all of them as they are now.
    pub fn moved(&self, refs: RefMap) {
        self.repository.replace(refs);
        self.records_moved();
        self.version.set(self.version.get() + 1);
    }

    fn records_moved(&self) {
        // A record that cannot be read hides nothing: what is left out is then a chunk that is missing.
        let _ = self.tell_store();
    }

    /// A publication is durable.
    pub(super) fn landed(&self, publication: &Publication) {
        self.repository.apply(publication);
        self.records_moved();
        self.version.set(self.version.get() + 1);
    }

    /// Compare, write, swap.
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn publish(&self, publication: &Publication) -> Result<Settled> {
        {
            let refs = self.repository.refs.borrow();
            if publication.expect.iter().any(|(name, expected)| refs.get(name) != expected.as_ref()) {
                return Ok(Settled::Lost(refs.clone()));
            }
        }
        match &self.medium {
            Medium::Driver => return Err(crate::Error::internal("this database's driver publishes")),
            _ => self.write(publication)?,
        }
        Ok(Settled::Landed)
    }

    /// A session stands on this root.
    pub(super) fn hold(&self, root: &Rc<Root>) {
        let mut held = self.held.borrow_mut();
        if held.len() >= 64 {
            held.retain(|root| root.strong_count() > 0);
        }
        if !held.iter().any(|known| std::ptr::eq(known.as_ptr(), Rc::as_ptr(root))) {
            held.push(Rc::downgrade(root));
        }
    }

    /// Drops every stored chunk that is not among `keep` (ascending).
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn sweep(&self, keep: &[Address]) -> Result<()> {
        match &self.medium {
            Medium::Driver => {}
            Medium::Memory(store) => {
                for address in store.addresses() {
                    if keep.binary_search(&address).is_err() {
                        store.remove(&address);
                    }
                }
            }
            Medium::File(store) => store.sweep(&keep.iter().copied().collect())?,
        }
        Ok(())
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
            let set: Vec<(String, Option<Vec<u8>>)> =
                publication.set.iter().map(|(name, value)| (name.clone(), value.as_ref().map(|value| value.to_vec()))).collect();
            file.publish(&set)?;
        }
        Ok(())
    }
}

impl Keeper for Database {
    fn held(&self) -> Vec<Rc<Root>> { self.held.borrow().iter().filter_map(Weak::upgrade).collect() }

    fn superfluous(&self, keep: &[Address]) -> Result<Option<u64>> {
        let mut kept = 0u64;
        let stored = match &self.medium {
            Medium::Driver => return Ok(None),
            Medium::Memory(store) => store.len(),
            #[cfg(not(target_arch = "wasm32"))]
            Medium::File(store) => store.len(),
        };
        for address in keep {
            kept += u64::from(self.repository.store.contains(address)?);
        }
        Ok(Some((stored as u64).saturating_sub(kept)))
    }
}
