//! What is bound: one database in one worker.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use js_sys::{Array, Object, Reflect};
use prollite::chunk::{LazyStore, MemoryStore};
use prollite::repo::Publication;
use prollite::session::Database;
use prollite::{Address, Code, Error, Result};
use wasm_bindgen::prelude::*;

use super::call::{Call, Kind};
use super::client::{closed, Client};
use super::collect;
use super::shared::{Core, Indexed, Place};
use super::failure::error_object;
use super::host::Host;
use super::index::PackIndex;
use super::page_store::PageStore;
use super::publish::{self, Published};
use super::request::{Answer, Failure};
use super::storage::{Durability, Storage, PREFIX};

thread_local! {
    static PANIC_HOST: RefCell<Option<Host>> = const { RefCell::new(None) };
    static BROKEN: Cell<bool> = const { Cell::new(false) };
}

/// After a panic the browser still calls what waited for it, until the page has ended the worker. The page does not hear
/// of what is made durable in that time: so nothing is.
pub fn check_whole() -> Result<()> {
    if BROKEN.get() { Err(Error::internal("the engine met a defect before")) } else { Ok(()) }
}

/// A panic ends this worker: the page is told what it was and opens the database again in another.
fn report_panics(host: &Host) {
    PANIC_HOST.with(|slot| *slot.borrow_mut() = Some(host.clone()));
    std::panic::set_hook(Box::new(|info| {
        BROKEN.set(true);
        console_error_panic_hook::hook(info);
        PANIC_HOST.with(|slot| {
            if let Some(host) = slot.borrow_mut().take() {
                host.event("panic", JsValue::from_str(&info.to_string()));
            }
        });
    }));
}

#[wasm_bindgen]
pub struct Engine {
    core: Rc<Core>,
    clients: RefCell<BTreeMap<u32, Rc<Client>>>,
    next: Cell<u32>,
}

fn text(options: &JsValue, key: &str) -> Option<String> {
    Reflect::get(options, &key.into()).ok()?.as_string()
}

fn object(fields: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (key, value) in fields {
        // Setting a property of a fresh plain object cannot fail.
        let _ = Reflect::set(&object, &JsValue::from_str(key), value);
    }
    object.into()
}

fn identity() -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes.fill_with(|| (js_sys::Math::random() * 256.0) as u8);
    bytes
}

/// The name of the IndexedDB database.
fn stored_name(name: &str) -> String {
    format!("{PREFIX}{name}")
}

#[wasm_bindgen]
impl Engine {
    /// `options`: `storage` (`idb` or `memory`), `tab`, `durability`, `cacheBytes`.
    pub async fn open(name: String, options: JsValue, host: Host) -> std::result::Result<Engine, JsValue> {
        Self::open_inner(name, options, host).await.map_err(|error| error_object(&error))
    }

    async fn open_inner(name: String, options: JsValue, host: Host) -> Result<Engine> {
        report_panics(&host);
        let mut is_new = false;
        let core = if text(&options, "storage").as_deref() == Some("memory") {
            Rc::new(Core::new(name.clone(), host, Place::Memory(Rc::new(LazyStore::new(Rc::new(MemoryStore::new()))))))
        } else {
            let durability = match text(&options, "durability").as_deref() {
                Some("relaxed") => Durability::Relaxed,
                _ => Durability::Strict,
            };
            let budget = Reflect::get(&options, &"cacheBytes".into()).ok().and_then(|value| value.as_f64());
            let budget = budget.map_or(prollite::chunk::CachedStore::BUDGET, |bytes| bytes as usize);
            let tab = text(&options, "tab").unwrap_or_default();
            let opened = Storage::open(&stored_name(&name), &tab, durability).await;
            let (storage, generation) = opened.map_err(Failure::into_error)?;
            let generation = match generation {
                Some(generation) => generation,
                None => {
                    is_new = true;
                    Self::make(&storage, &host).await?
                }
            };
            let shared = storage.shared().await.map_err(Failure::into_error)?;
            let slots = storage.slots(0).await.map_err(Failure::into_error)?;
            let store = Rc::new(PageStore::new(budget));
            let live = slots.into_iter().filter(|(pack, _)| !shared.state.is_tombstoned(*pack));
            store.indexes.borrow_mut().live = PackIndex::of(live);
            let indexed = Indexed::new(storage, store, shared.state, generation);
            Rc::new(Core::new(name.clone(), host, Place::Indexed(Box::new(indexed))))
        };
        Self::enter(&core, &name).await?;
        if core.indexed().is_some() {
            // Before anything is acknowledged; what was there already need not wait.
            let host = core.host.clone();
            let remembered = async move { host.keep_in_mind().await };
            if is_new {
                remembered.await;
            } else {
                wasm_bindgen_futures::spawn_local(remembered);
            }
        }
        Ok(Engine { core, clients: RefCell::default(), next: Cell::new(1) })
    }

    /// There is no database of this name. If there was one, it is lost: that must be said.
    async fn make(storage: &Storage, host: &Host) -> Result<u64> {
        if host.is_known().await {
            storage.discard().await.map_err(Failure::into_error)?;
            return Err(storage.lost());
        }
        storage.make(identity()).await.map_err(Failure::into_error)
    }

    /// Reads the refs, and makes the first commit of a new database. Another tab may be making it as well.
    async fn enter(core: &Rc<Core>, name: &str) -> Result<()> {
        loop {
            let refs = match core.indexed() {
                Some(indexed) => {
                    core.acknowledge(indexed).await?;
                    let shared = core.persist(indexed, || indexed.storage.shared()).await?;
                    // Packs are numbered from 1, and the first comes with the first refs.
                    if shared.refs.is_empty() && shared.state.next_pack > 1 {
                        return Err(indexed.storage.lost());
                    }
                    shared.refs
                }
                None => Default::default(),
            };
            let now = core.now_ms() as i64;
            let (database, first) =
                core.complete_pinned(|| Database::open(name, core.store(), refs.clone(), now)).await?;
            let Some(first) = first else {
                *core.database.borrow_mut() = Some(database);
                return Ok(());
            };
            if Self::create(core, &first).await? {
                database.moved(database.repository().all_refs());
                *core.database.borrow_mut() = Some(database);
                return Ok(());
            }
        }
    }

    async fn create(core: &Rc<Core>, first: &Publication) -> Result<bool> {
        let generation = core.indexed().map_or(0, |indexed| indexed.state.borrow().generation);
        let published = publish::publish(core, first, generation, false, (0, false), |_| ()).await?;
        Ok(matches!(published, Published::Landed(_)))
    }

    /// A session on a branch, or on a revision that can only be read. Answers its id.
    pub async fn connect(&self, branch: String) -> std::result::Result<u32, JsValue> {
        self.connect_inner(branch).await.map_err(|error| error_object(&error))
    }

    async fn connect_inner(&self, branch: String) -> Result<u32> {
        self.core.check_open()?;
        self.core.freshen().await?;
        let core = self.core.clone();
        let database = core.database()?;
        // A branch that is not there is said now, not at the first statement.
        let session = core
            .complete_pinned(|| {
                let session = database.session(&branch)?;
                if session.is_loaded() { Ok(session) } else { Err(Error::fault(Address::NONE)) }
            })
            .await?;
        let id = self.next.get();
        self.next.set(id + 1);
        self.clients.borrow_mut().insert(id, Client::new(id, core, session));
        Ok(id)
    }

    pub fn disconnect(&self, session: u32) {
        let client = self.clients.borrow_mut().remove(&session);
        if let Some(client) = client {
            client.close(&closed());
            if let Some(indexed) = self.core.indexed() {
                if indexed.pins.borrow_mut().remove(&session).is_some() {
                    let core = self.core.clone();
                    wasm_bindgen_futures::spawn_local(async move {
                        if let Some(indexed) = core.indexed() {
                            // A pin that stays only delays gc.
                            let _ = core.write_tab(indexed).await;
                        }
                    });
                }
            }
        }
    }

    pub fn branch(&self, session: u32) -> Option<String> {
        self.clients.borrow().get(&session).and_then(|client| client.branch())
    }

    /// The answer comes through the host. `message`: see `call.rs`.
    pub fn call(&self, id: u32, session: u32, kind: u8, message: Vec<u8>, timeout_ms: f64, cancellable: bool) {
        let client = self.clients.borrow().get(&session).cloned();
        let deadline = (timeout_ms > 0.0).then(|| self.core.host.now() + timeout_ms);
        let refuse = |error: &Error| self.core.host.answer(id, None, error_object(error), None);
        match (client, Kind::of(kind)) {
            (None, _) => refuse(&self.core.check_open().err().unwrap_or_else(closed)),
            (_, Err(error)) => refuse(&error),
            (Some(client), Ok(kind)) => client.push(Rc::new(Call::new(id, kind, message, deadline, cancellable))),
        }
    }

    /// For a call that waits for its turn or for chunks; a call that computes asks for itself.
    pub fn cancel(&self, id: u32) {
        let clients: Vec<Rc<Client>> = self.clients.borrow().values().cloned().collect();
        for client in clients {
            if client.cancel(id) {
                return;
            }
        }
    }

    pub fn listen(&self) {
        self.core.listened.set(true);
    }

    /// Another tab moved refs.
    pub async fn refresh(&self) -> std::result::Result<(), JsValue> {
        let contended = self.core.host.now() + 2_000.0;
        self.core.contended_until.set(contended);
        self.core.refresh().await.map_err(|error| error_object(&error))
    }

    pub async fn acknowledge(&self) -> std::result::Result<(), JsValue> {
        match self.core.indexed() {
            Some(indexed) => self.core.acknowledge(indexed).await.map_err(|error| error_object(&error)),
            None => Ok(()),
        }
    }

    pub async fn gc(&self, prune: bool) -> std::result::Result<JsValue, JsValue> {
        let collected = collect::collect(&self.core, prune).await.map_err(|error| error_object(&error))?;
        Ok(object(&[("freed", (collected.freed as f64).into()), ("kept", (collected.kept as f64).into())]))
    }

    pub async fn tidy(&self) -> std::result::Result<(), JsValue> {
        collect::tidy(&self.core).await.map_err(|error| error_object(&error))
    }

    pub async fn verify(&self) -> std::result::Result<JsValue, JsValue> {
        self.verify_inner().await.map_err(|error| error_object(&error))
    }

    async fn verify_inner(&self) -> Result<JsValue> {
        let database = self.core.database()?;
        let session = self.core.complete_pinned(|| database.session("main")).await?;
        let verdict = collect::verify(&self.core, &session).await?;
        let shown = |list: Vec<Address>| list.iter().map(|address| JsValue::from(address.to_string())).collect::<Array>();
        let corrupt = verdict.corrupt.iter().map(|(address, _)| *address).collect();
        let disagreements: Array = verdict.disagreements.iter().map(|text| JsValue::from_str(text)).collect();
        Ok(object(&[
            ("ok", verdict.is_ok().into()),
            ("chunks", (verdict.chunks as f64).into()),
            ("missing", shown(verdict.missing.clone()).into()),
            ("leftOut", (verdict.left_out as f64).into()),
            ("corrupt", shown(corrupt).into()),
            ("disagreements", disagreements.into()),
        ]))
    }

    /// Counts, for `storage()` and for tests.
    pub fn figures(&self) -> JsValue {
        let Some(indexed) = self.core.indexed() else { return object(&[]) };
        let counters = &indexed.storage.counters;
        let indexes = indexed.store.indexes.borrow();
        let packs = indexes.live.packs();
        let bytes: f64 = packs.values().map(|pack| f64::from(pack.bytes)).sum();
        let number = |value: f64| JsValue::from_f64(value);
        object(&[
            ("chunks", number(indexes.live.len() as f64)),
            ("packs", number(packs.len() as f64)),
            ("bytes", number(bytes)),
            ("rounds", number(counters.rounds.get().into())),
            ("packsRead", number(counters.packs_read.get().into())),
            ("commits", number(counters.commits.get().into())),
            ("lost", number(counters.lost.get().into())),
            ("resident", number(indexed.store.cached().resident_bytes() as f64)),
            ("generation", number(indexed.state.borrow().generation as f64)),
            ("memory", memory_bytes().into()),
            ("tombstones", number(indexed.state.borrow().tombstones.len() as f64)),
        ])
    }

    /// Drops what is resident, so that the next statement reads from storage.
    pub fn evict(&self) {
        if let Some(indexed) = self.core.indexed() {
            indexed.store.cached().evict_all();
        }
    }

    /// The number of the last publication of tab `tab` that landed: asked after its worker was ended.
    pub async fn landed(&self, tab: String) -> std::result::Result<f64, JsValue> {
        let Some(indexed) = self.core.indexed() else { return Ok(0.0) };
        let tabs = self.core.persist(indexed, || indexed.storage.tabs()).await.map_err(|error| error_object(&error))?;
        Ok(tabs.get(&tab).map_or(0.0, |tab| tab.landed as f64))
    }

    /// Whether a call or a transaction is under way.
    pub fn is_idle(&self) -> bool {
        self.clients.borrow().values().all(|client| client.is_idle() && !client.in_transaction())
    }

    /// A defect made on purpose: what follows from one can be tested. Not reachable from SQL.
    pub fn defect(&self) {
        panic!("a defect made on purpose");
    }

    /// Rejects what waits, and lets go of the storage.
    pub async fn close(&self) {
        let error = closed();
        *self.core.ended.borrow_mut() = Some(error.clone());
        let clients = std::mem::take(&mut *self.clients.borrow_mut());
        for client in clients.values() {
            client.close(&error);
        }
        if let Some(indexed) = self.core.indexed() {
            // What the page was told of lands, and is answered.
            let _turn = self.core.publishing.pass().await;
            let tab = self.core.host.tab();
            // A record that stays is removed by the next gc.
            let _ = indexed.storage.forget_tabs(&[tab]).await;
            indexed.storage.close();
        }
    }
}

/// What the wasm's memory has grown to: it never shrinks.
fn memory_bytes() -> f64 {
    let memory: js_sys::WebAssembly::Memory = wasm_bindgen::memory().unchecked_into();
    memory.buffer().unchecked_into::<js_sys::ArrayBuffer>().byte_length().into()
}

/// Deletes a database; every tab's connection is asked to close first.
#[wasm_bindgen(js_name = deleteDatabase)]
pub async fn delete_database(name: String) -> std::result::Result<(), JsValue> {
    let deleted = async {
        let request = idb::Factory::new()?.delete(&stored_name(&name))?;
        Answer::of(request).await
    };
    match deleted.await {
        Ok(_) => Ok(()),
        Err(failure) => Err(error_object(&failure.into_error())),
    }
}

/// The codes that errors can have, for a test that compares them with TypeScript's.
#[wasm_bindgen(js_name = errorCodes)]
pub fn error_codes() -> Array {
    Code::ALL.iter().map(|code| JsValue::from_str(code.as_str())).collect()
}
