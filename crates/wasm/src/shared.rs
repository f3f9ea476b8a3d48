//! The state that all sessions of a worker share, and how chunks come into memory.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use prollite::chunk::{readahead, Chunk, ChunkStore, LazyStore, Store};
use prollite::repo::{beyond, end_before, not_here, tables_of, RefMap, Refs, REMOTE};
use prollite::session::Database;
use prollite::sync::{base_url, lacking, Chunks, Job, Progress};
use prollite::{Address, Code, Error, Result};
use wasm_bindgen::JsValue;

use super::call::SharedCall;
use super::carry::{carry, Errand};
use super::client::AHEAD_MAX;
use super::host::Host;
use super::index::PackIndex;
use super::pack::{chunk_at, pack_chunks, unpack, Slot};
use super::page_store::PageStore;
use super::records::{State, Tab};
use super::request::Failure;
use super::storage::{add, Shared, Storage};
use super::turnstile::Turnstile;

/// Packs taken from IndexedDB before the bytes of the ones before are let go.
const PACKS_AT_ONCE: usize = 64;
/// Refs older than this are read again before an autocommitted statement.
const STALE_MS: f64 = 1_000.0;
/// How often a lazy clone's remote is asked for what a statement waits for.
const READ_TRIES: u32 = 3;
/// How often the connection is opened again before the failure is the caller's.
const RECONNECTS: u32 = 3;

/// Where chunks and refs are.
pub enum Place {
    /// Nothing outlives the worker.
    Memory(Rc<LazyStore>),
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
    /// What the statement that runs has read of a lazy clone's remote.
    read: Cell<Progress>,
    /// The remote of a lazy clone was not reached: until the next statement it is not asked again.
    unreached: RefCell<Option<Error>>,
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
            read: Cell::default(),
            unreached: RefCell::new(None),
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
        self.fetch_for(None).await
    }

    /// The same on behalf of a call, which can be cancelled while a remote is asked.
    pub async fn fetch_for(self: &Rc<Self>, call: Option<&SharedCall>) -> Result<()> {
        let wanted = self.faults();
        if wanted.is_empty() {
            return Err(Error::internal("a statement met a fault that names no chunk"));
        }
        let Some(indexed) = self.indexed() else { return self.fetch_left_out(wanted, call).await };
        add(&indexed.storage.counters.rounds, 1);
        let unknown = self.fetch_known(indexed, &wanted).await?;
        if unknown.is_empty() {
            return Ok(());
        }
        // Another tab may have written or moved them: look once before calling them missing.
        self.catch_up(indexed).await?;
        let unknown = self.fetch_known(indexed, &unknown).await?;
        if unknown.is_empty() { Ok(()) } else { self.fetch_left_out(unknown, call).await }
    }

    fn faults(&self) -> Vec<Address> {
        match &self.place {
            Place::Indexed(indexed) => indexed.store.cached().faults().drain(),
            Place::Memory(store) => store.faults().drain(),
        }
    }

    /// What is not here: a lazy clone has it from its remote. Where it cannot be had, reads of it answer why.
    async fn fetch_left_out(self: &Rc<Self>, wanted: Vec<Address>, call: Option<&SharedCall>) -> Result<()> {
        let (store, refs) = (self.store(), self.refs());
        let Some((remote, _)) = refs.lazy() else {
            if let Some((end, commit)) = self.here(|| end_before(&store, &wanted)).await? {
                return self.refuse(&wanted, |_| beyond(&end, &commit));
            }
            return self.refuse(&wanted, |address| Error::corrupt(format!("chunk {address} is missing from the storage")));
        };
        let url = refs.record(&format!("{REMOTE}{remote}")).unwrap_or_default();
        let url = base_url(&String::from_utf8_lossy(&url))?;
        for some in wanted.chunks(Chunks::MOST) {
            let gone = self.unreached.borrow().clone();
            let Err(error) = (match gone {
                Some(error) => Err(error),
                None => self.ask(&url, some, call).await,
            }) else {
                continue;
            };
            match error.code() {
                Code::Aborted | Code::Timeout | Code::Quota | Code::StorageLost | Code::Closed => return Err(error),
                Code::RemoteUnreachable => *self.unreached.borrow_mut() = Some(error.clone()),
                _ => {}
            }
            let missing = |address: &Address| !store.contains(address).unwrap_or(false);
            let missing: Vec<Address> = wanted.iter().copied().filter(missing).collect();
            let tables = self.here(|| tables_of(&store, &refs, &missing)).await?;
            return self.refuse(&missing, |_| not_here(&tables, missing.len(), &remote, &error));
        }
        Ok(())
    }

    /// One job; what it brought is stored, and resident.
    async fn ask(self: &Rc<Self>, url: &str, addresses: &[Address], call: Option<&SharedCall>) -> Result<()> {
        let job = Chunks::new(url, addresses.to_vec());
        let errand = Errand { call, tries: READ_TRIES, before: self.read.get() };
        // Boxed: to carry a job may mean to fetch, but not for this one.
        let carrying: Pin<Box<dyn Future<Output = Result<()>> + '_>> = Box::pin(carry(self, &errand, &job));
        let carried = carrying.await;
        self.read.set(self.read.get().plus(&job.progress()));
        self.keep(job.take()).await?;
        carried?;
        if job.lacking().is_empty() { Ok(()) } else { Err(lacking(url)) }
    }

    async fn keep(&self, chunks: Vec<Chunk>) -> Result<()> {
        let chunks: Vec<(Address, Chunk)> = chunks.into_iter().map(|chunk| (chunk.address(), chunk)).collect();
        match &self.place {
            Place::Memory(store) => chunks.into_iter().try_for_each(|(_, chunk)| store.put(chunk).map(drop)),
            Place::Indexed(indexed) => {
                let known = |address: &Address| indexed.store.indexes.borrow().live.contains(address);
                let packs = pack_chunks(chunks.iter().filter(|(address, _)| !known(address)).map(|(address, chunk)| (*address, chunk)));
                if !packs.is_empty() {
                    let first = self.persist(indexed, || indexed.storage.append(&packs)).await?;
                    let mut indexes = indexed.store.indexes.borrow_mut();
                    for (number, pack) in (first..).zip(&packs) {
                        indexes.live.insert(number, &pack.slots);
                    }
                }
                chunks.into_iter().try_for_each(|(address, chunk)| indexed.store.cached().admit_chunk(address, chunk))
            }
        }
    }

    /// Reads of these answer an error until the next statement.
    fn refuse(&self, addresses: &[Address], error: impl Fn(&Address) -> Error) -> Result<()> {
        let Some(indexed) = self.indexed() else { return Err(error(&addresses[0])) };
        addresses.iter().for_each(|address| indexed.store.mark_damaged(*address, error(address)));
        Ok(())
    }

    /// A statement begins: what could not be read may be readable by now.
    pub fn forget_failures(&self) {
        self.read.set(Progress::default());
        self.unreached.borrow_mut().take();
        if let Some(indexed) = self.indexed() {
            indexed.store.forget_damage();
        }
    }

    /// Engine code that looks at what is here alone.
    async fn here<T>(self: &Rc<Self>, mut work: impl FnMut() -> Result<T>) -> Result<T> {
        loop {
            let done = work();
            match (&done, self.indexed()) {
                (Err(error), Some(indexed)) if error.is_fault() => {
                    let wanted = indexed.store.cached().faults().drain();
                    if !self.fetch_known(indexed, &wanted).await?.is_empty() {
                        return Err(Error::corrupt("a chunk is missing from the storage"));
                    }
                }
                _ => return done,
            }
        }
    }

    /// Packs that other tabs wrote.
    async fn catch_up(self: &Rc<Self>, indexed: &Indexed) -> Result<()> {
        if !self.refs().lazy().is_some() {
            return self.reload_index(indexed).await;
        }
        let shared = self.persist(indexed, || indexed.storage.shared()).await?;
        if shared.state.generation != indexed.state.borrow().generation {
            return self.take_over(shared).await;
        }
        let next = indexed.store.indexes.borrow().live.last_pack().map_or(0, |last| last + 1);
        if shared.state.next_pack > next {
            let slots = self.persist(indexed, || indexed.storage.slots(next)).await?;
            let mut indexes = indexed.store.indexes.borrow_mut();
            let live = slots.into_iter().filter(|(pack, _)| !shared.state.is_tombstoned(*pack));
            live.for_each(|(pack, slots)| indexes.live.insert(pack, &slots));
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

    /// Runs engine code that may fault until it does not. It goes on where it was: what one round brought stays until the
    /// next one, however small the cache.
    pub async fn complete<T>(self: &Rc<Self>, mut work: impl FnMut() -> Result<T>) -> Result<T> {
        let _statement = self.begin_statement();
        loop {
            match work() {
                Err(error) if error.is_fault() => {
                    if let Some(indexed) = self.indexed() {
                        indexed.store.cached().renew_statement();
                    }
                    self.fetch().await?;
                }
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
