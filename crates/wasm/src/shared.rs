//! The state that all sessions of a worker share, and how chunks come into memory.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use prollite::chunk::{readahead, MemoryStore, Store};
use prollite::repo::RefMap;
use prollite::session::Database;
use prollite::{Address, Code, Error, Result};
use wasm_bindgen::JsValue;

use super::client::AHEAD_MAX;
use super::host::Host;
use super::index::PackIndex;
use super::pack::{chunk_at, unpack, Slot};
use super::page_store::PageStore;
use super::records::{State, Tab};
use super::request::Failure;
use super::storage::{add, Shared, Storage};
use super::turnstile::Turnstile;

/// Packs taken from IndexedDB before the bytes of the ones before are let go.
const PACKS_AT_ONCE: usize = 64;
/// Refs older than this are read again before an autocommitted statement.
const STALE_MS: f64 = 1_000.0;
/// How often the connection is opened again before the failure is the caller's.
const RECONNECTS: u32 = 3;

/// Where chunks and refs are.
pub enum Place {
    /// Nothing outlives the worker.
    Memory(Rc<MemoryStore>),
    Indexed(Box<Indexed>),
}

pub struct Indexed {
    pub storage: Storage,
    pub store: Rc<PageStore>,
    pub state: RefCell<State>,
    pub tab: RefCell<Tab>,
    /// Pins of open transactions, by session.
    pub pins: RefCell<BTreeMap<u32, RefMap>>,
    /// Statements under way, by the generation they began under.
    running: RefCell<BTreeMap<u64, u32>>,
    acknowledging: Cell<bool>,
}

pub struct Core {
    pub name: String,
    pub host: Host,
    pub place: Place,
    pub database: RefCell<Option<Rc<Database>>>,
    refreshed: Cell<f64>,
    refreshing: Cell<bool>,
    /// Another writer was met: until then writers queue.
    pub contended_until: Cell<f64>,
    /// Publications of all sessions, one at a time: each is known by the number after the last that landed.
    pub publishing: Turnstile,
    /// The page listens to `ref` or `change`.
    pub listened: Cell<bool>,
    /// Set when the storage is lost or the handle closed: the answer to everything from then on.
    pub ended: RefCell<Option<Error>>,
}

impl Core {
    pub fn new(name: String, host: Host, place: Place) -> Self {
        Core {
            name,
            host,
            place,
            database: RefCell::new(None),
            refreshed: Cell::new(0.0),
            refreshing: Cell::new(false),
            contended_until: Cell::new(0.0),
            publishing: Turnstile::default(),
            listened: Cell::new(false),
            ended: RefCell::new(None),
        }
    }

    pub fn indexed(&self) -> Option<&Indexed> {
        match &self.place {
            Place::Indexed(indexed) => Some(indexed),
            Place::Memory(_) => None,
        }
    }

    pub fn store(&self) -> Store {
        match &self.place {
            Place::Indexed(indexed) => indexed.store.clone(),
            Place::Memory(store) => store.clone(),
        }
    }

    pub fn database(&self) -> Result<Rc<Database>> {
        self.database.borrow().clone().ok_or_else(|| Error::internal("the database is not open yet"))
    }

    pub fn refs(&self) -> RefMap {
        self.database.borrow().as_ref().map(|database| database.repository().all_refs()).unwrap_or_default()
    }

    pub fn check_open(&self) -> Result<()> {
        self.ended.borrow().clone().map_or(Ok(()), Err)
    }

    pub fn lock_name(&self, what: &str) -> String {
        format!("prollite/{}/{what}", self.name)
    }

    /// The error of a failure that stays, and what follows from it for this worker.
    pub fn give_up(&self, failure: Failure) -> Error {
        let error = failure.into_error();
        if error.code() == Code::StorageLost && self.ended.borrow().is_none() {
            *self.ended.borrow_mut() = Some(error.clone());
            self.host.event("status", JsValue::from_str("lost"));
        }
        error
    }

    /// Runs a storage operation again on a new connection when the old one is gone. Only for what is safe to repeat.
    pub async fn persist<T, F: std::future::Future<Output = std::result::Result<T, Failure>>>(
        &self,
        indexed: &Indexed,
        operation: impl Fn() -> F,
    ) -> Result<T> {
        let mut attempt = 0;
        loop {
            match operation().await {
                Ok(value) => return Ok(value),
                Err(Failure::Connection) if attempt < RECONNECTS => {
                    attempt += 1;
                    self.reconnect(indexed).await?;
                }
                Err(failure) => return Err(self.give_up(failure)),
            }
        }
    }

    pub async fn reconnect(&self, indexed: &Indexed) -> Result<()> {
        self.check_open()?;
        let identity = indexed.state.borrow().identity;
        indexed.storage.reopen(&identity).await.map_err(|failure| self.give_up(failure))
    }

    /// One round: everything in the fault log. Cursors log the leaves that come next as well, more at each fault, so
    /// nothing is read here that was not asked for.
    pub async fn fetch(self: &Rc<Self>) -> Result<()> {
        let Some(indexed) = self.indexed() else {
            return Err(Error::corrupt("a chunk is missing from memory"));
        };
        let wanted = indexed.store.cached().faults().drain();
        if wanted.is_empty() {
            return Err(Error::internal("a statement met a fault that names no chunk"));
        }
        add(&indexed.storage.counters.rounds, 1);
        let unknown = self.fetch_known(indexed, &wanted).await?;
        if unknown.is_empty() {
            return Ok(());
        }
        // Another tab may have written or moved them: look once before calling anything corrupt.
        self.reload_index(indexed).await?;
        for address in self.fetch_known(indexed, &unknown).await? {
            let message = format!("chunk {address} is missing from the storage");
            indexed.store.mark_damaged(address, Error::corrupt(message));
        }
        Ok(())
    }

    /// Admits those of `wanted` that the index knows; answers the others.
    async fn fetch_known(self: &Rc<Self>, indexed: &Indexed, wanted: &[Address]) -> Result<Vec<Address>> {
        let mut packs: BTreeMap<u32, Vec<Slot>> = BTreeMap::new();
        let mut unknown = Vec::new();
        {
            let indexes = indexed.store.indexes.borrow();
            for address in wanted {
                match indexes.find(address) {
                    Some((pack, slot)) => packs.entry(pack).or_default().push(slot),
                    None => unknown.push(*address),
                }
            }
        }
        let numbers: Vec<u32> = packs.keys().copied().collect();
        for some in numbers.chunks(PACKS_AT_ONCE) {
            let stored = self.persist(indexed, || indexed.storage.packs(some)).await?;
            for (pack, bytes) in stored {
                let slots = &packs[&pack];
                let Some(bytes) = bytes else {
                    unknown.extend(slots.iter().map(|slot| slot.address));
                    continue;
                };
                self.admit(indexed, pack, &bytes, slots)?;
            }
        }
        Ok(unknown)
    }

    /// Unpacks, verifies and makes resident.
    fn admit(&self, indexed: &Indexed, pack: u32, bytes: &[u8], wanted: &[Slot]) -> Result<()> {
        let body = match unpack(pack, bytes) {
            Ok(body) => body,
            Err(error) => {
                wanted.iter().for_each(|slot| indexed.store.mark_damaged(slot.address, error.clone()));
                return Ok(());
            }
        };
        for slot in wanted {
            match chunk_at(pack, &body, slot) {
                Ok(chunk) => indexed.store.cached().admit_chunk(slot.address, chunk)?,
                Err(error) => indexed.store.mark_damaged(slot.address, error),
            }
        }
        Ok(())
    }

    /// Runs engine code that may fault until it does not.
    pub async fn complete<T>(self: &Rc<Self>, mut work: impl FnMut() -> Result<T>) -> Result<T> {
        loop {
            match work() {
                Err(error) if error.is_fault() => self.fetch().await?,
                other => return other,
            }
        }
    }

    /// The same, for work that runs again from its start: what it read stays resident until it ends.
    pub async fn complete_pinned<T>(self: &Rc<Self>, mut work: impl FnMut() -> Result<T>) -> Result<T> {
        let _statement = self.begin_statement();
        let mut ahead = 1;
        loop {
            readahead::set(ahead);
            match work() {
                Err(error) if error.is_fault() => self.fetch().await?,
                other => return other,
            }
            ahead = (ahead * 2).min(AHEAD_MAX);
        }
    }

    // ---- what other tabs do ----

    /// Reads the records again when they are old.
    pub async fn freshen(self: &Rc<Self>) -> Result<()> {
        let Some(indexed) = self.indexed() else { return Ok(()) };
        // Who deleted the database had this connection closed: what is resident does not answer for it any more.
        let is_old = indexed.storage.is_closed() || self.host.now() - self.refreshed.get() >= STALE_MS;
        if is_old && !self.refreshing.get() { self.refresh().await } else { Ok(()) }
    }

    pub async fn refresh(self: &Rc<Self>) -> Result<()> {
        let Some(indexed) = self.indexed() else { return Ok(()) };
        self.refreshing.set(true);
        let shared = self.persist(indexed, || indexed.storage.shared()).await;
        self.refreshing.set(false);
        self.take_over(shared?).await
    }

    /// Records as storage has them now.
    pub async fn take_over(self: &Rc<Self>, shared: Shared) -> Result<()> {
        let Some(indexed) = self.indexed() else { return Ok(()) };
        self.refreshed.set(self.host.now());
        // The records first: once the generation is acknowledged, what only the old ones reach may be deleted.
        let database = self.database.borrow().clone();
        if let Some(database) = database {
            let old = database.repository().all_refs();
            if old != shared.refs {
                database.moved(shared.refs.clone());
                super::moves::tell(self, old, shared.refs, false);
            }
        }
        if shared.state.generation != indexed.state.borrow().generation {
            self.see_generation(indexed, shared.state).await?;
        }
        Ok(())
    }

    pub fn mark_fresh(&self) {
        self.refreshed.set(self.host.now());
    }

    pub async fn reload_index(self: &Rc<Self>, indexed: &Indexed) -> Result<()> {
        let slots = self.persist(indexed, || indexed.storage.slots(0)).await?;
        let shared = self.persist(indexed, || indexed.storage.shared()).await?;
        if shared.state.generation != indexed.state.borrow().generation {
            return self.take_over(shared).await;
        }
        let state = indexed.state.borrow().clone();
        let live = slots.into_iter().filter(|(pack, _)| !state.is_tombstoned(*pack));
        indexed.store.indexes.borrow_mut().live = PackIndex::of(live);
        Ok(())
    }

    /// Another generation: packs are on their way out. New statements look only at the packs that stay.
    pub async fn see_generation(self: &Rc<Self>, indexed: &Indexed, state: State) -> Result<()> {
        let slots = self.persist(indexed, || indexed.storage.slots(0)).await?;
        let live = PackIndex::of(slots.into_iter().filter(|(pack, _)| !state.is_tombstoned(*pack)));
        {
            let mut indexes = indexed.store.indexes.borrow_mut();
            let old = std::mem::replace(&mut indexes.live, live);
            indexes.retired.push(old);
        }
        *indexed.state.borrow_mut() = state;
        self.acknowledge(indexed).await
    }

    /// Tells that nothing in this tab reads packs tombstoned before, once that is so.
    pub async fn acknowledge(self: &Rc<Self>, indexed: &Indexed) -> Result<()> {
        let generation = indexed.state.borrow().generation;
        let busy = indexed.running.borrow().keys().next().is_some_and(|oldest| *oldest < generation);
        if busy || indexed.tab.borrow().seen >= generation || indexed.acknowledging.replace(true) {
            return Ok(());
        }
        indexed.store.indexes.borrow_mut().retired.clear();
        indexed.tab.borrow_mut().seen = generation;
        let written = self.write_tab(indexed).await;
        indexed.acknowledging.set(false);
        self.host.notify("seen", JsValue::from_f64(generation as f64));
        written
    }

    pub async fn write_tab(&self, indexed: &Indexed) -> Result<()> {
        self.persist(indexed, || indexed.storage.write_tab(|| indexed.tab_record(self.now_ms()))).await
    }

    pub fn now_ms(&self) -> f64 {
        js_sys::Date::now()
    }

    /// Counts a statement as under way, and keeps resident what it reads, until the guard is dropped.
    pub fn begin_statement(self: &Rc<Self>) -> Statement {
        let generation = self.indexed().map(|indexed| {
            let generation = indexed.state.borrow().generation;
            *indexed.running.borrow_mut().entry(generation).or_insert(0) += 1;
            indexed.store.cached().begin_statement();
            generation
        });
        Statement { core: self.clone(), generation }
    }

    /// Whether a generation was seen that no statement stands in the way of acknowledging any more.
    pub fn owes_acknowledgement(&self) -> bool {
        self.indexed().is_some_and(|indexed| {
            let generation = indexed.state.borrow().generation;
            let free = indexed.running.borrow().keys().next().is_none_or(|oldest| *oldest >= generation);
            free && indexed.tab.borrow().seen < generation
        })
    }
}

impl Indexed {
    /// `seen`: the generation that this tab's record holds.
    pub fn new(storage: Storage, store: Rc<PageStore>, state: State, seen: u64) -> Self {
        Indexed {
            storage,
            store,
            tab: RefCell::new(Tab { seen, ..Tab::default() }),
            state: RefCell::new(state),
            pins: RefCell::default(),
            running: RefCell::default(),
            acknowledging: Cell::new(false),
        }
    }

    pub fn tab_record(&self, now_ms: f64) -> Tab {
        let pins = self.pins.borrow().values().cloned().collect();
        Tab { written_ms: now_ms, pins, ..self.tab.borrow().clone() }
    }
}

/// A statement under way.
pub struct Statement {
    core: Rc<Core>,
    generation: Option<u64>,
}

impl Statement {
    pub fn generation(&self) -> u64 {
        self.generation.unwrap_or(0)
    }
}

impl Drop for Statement {
    fn drop(&mut self) {
        let (Some(indexed), Some(generation)) = (self.core.indexed(), self.generation) else { return };
        indexed.store.cached().end_statement();
        let mut running = indexed.running.borrow_mut();
        if let Some(count) = running.get_mut(&generation) {
            *count -= 1;
            if *count == 0 {
                running.remove(&generation);
            }
        }
    }
}

/// Refs that transactions stand on: what gc must not take from under them. Reflogs reach too far back.
pub fn pinned(refs: &RefMap) -> RefMap {
    let wanted = |name: &str| !name.starts_with("reflog/") && !name.starts_with("config/") && !name.starts_with("state/");
    refs.iter().filter(|(name, _)| wanted(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}
