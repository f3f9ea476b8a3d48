//! One database in IndexedDB: `prollite/⟨name⟩`, with the stores `packs`, `index`, `refs` and `meta`.
//!
//! - `packs`: number → Uint8Array, see [`super::pack`];
//! - `index`: number → Uint8Array, the slots of that pack;
//! - `refs`: name → Uint8Array;
//! - `meta`: `format` → number, `state` → Uint8Array, `tab/⟨id⟩` → Uint8Array, see [`super::records`].
//!
//! The version of the IndexedDB database never moves (upgrades wait for every tab): the format is a record.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use bytes::Bytes;
use idb::request::OpenDatabaseRequest;
use idb::{Database, Factory, KeyRange, ObjectStore, ObjectStoreParams, Query, Transaction, TransactionMode};
use js_sys::{Array, Uint8Array};
use prollite::repo::{RefMap, RefName};
use prollite::{Code, Error};
use wasm_bindgen::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{IdbDatabase, IdbTransaction};

use super::pack::{decode_slots, encode_slots, Pack, Slot};
use super::records::{State, Tab, FORMAT};
use super::request::{of_value, result_of, Answer, End, Failure};

/// What the names of our IndexedDB databases begin with.
pub const PREFIX: &str = "prollite/";
const PACKS: &str = "packs";
const INDEX: &str = "index";
const REFS: &str = "refs";
const META: &str = "meta";
const STATE: &str = "state";

#[wasm_bindgen]
extern "C" {
    /// web-sys and `idb` have no `durability` yet.
    type DurableDatabase;
    #[wasm_bindgen(method, catch, js_name = transaction)]
    fn transaction(this: &DurableDatabase, stores: &Array, mode: &str, options: &JsValue) -> Result<IdbTransaction, JsValue>;
}

/// When a write counts as done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// It was flushed to the disk.
    Strict,
    /// It is in the hands of the operating system.
    Relaxed,
}

/// What all tabs share, besides chunks.
#[derive(Clone, Debug, Default)]
pub struct Shared {
    pub state: State,
    pub refs: RefMap,
}

/// What one commit writes, if nothing that it started from has moved.
pub struct Commit<'a> {
    pub expect: &'a BTreeMap<RefName, Option<Bytes>>,
    pub set: &'a BTreeMap<RefName, Option<Bytes>>,
    pub packs: &'a [Pack],
    /// The generation that `packs` were chosen under.
    pub generation: u64,
    /// Called once storage is asked and before anything is written, while it looks. Where it fails, nothing is.
    pub told: &'a dyn Fn() -> Result<(), Error>,
    /// This tab's record, composed when the transaction has its turn.
    pub tab: &'a dyn Fn() -> Tab,
}

pub enum Committed {
    /// The packs stand from this number on.
    Landed { first_pack: u32 },
    /// Someone else moved a ref or the generation first.
    Lost,
}

/// What gc and merging write: new packs, and packs that are superfluous from now on.
pub struct Tombstoning<'a> {
    pub expect_refs: &'a RefMap,
    /// Tabs whose pins were marked.
    pub expect_pins: &'a BTreeMap<String, Vec<RefMap>>,
    pub generation: u64,
    pub packs: &'a [Pack],
    pub set: &'a BTreeMap<RefName, Option<Bytes>>,
    pub dead: &'a [u32],
}

/// `idb`'s handle and the object under it.
struct Connection {
    database: Database,
    native: DurableDatabase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Health {
    Open,
    /// The browser closed the connection.
    Closed,
}

pub struct Storage {
    name: String,
    tab: String,
    connection: RefCell<Rc<Connection>>,
    health: Rc<Cell<Health>>,
    durability: Durability,
    pub counters: Counters,
}

/// For tests and `storage()`.
#[derive(Default)]
pub struct Counters {
    pub rounds: Cell<u32>,
    pub packs_read: Cell<u32>,
    pub commits: Cell<u32>,
    pub lost: Cell<u32>,
}

pub fn add(cell: &Cell<u32>, more: u32) {
    cell.set(cell.get().wrapping_add(more));
}

type Outcome<T> = Result<T, Failure>;

async fn connect(name: &str, health: &Rc<Cell<Health>>) -> Outcome<Rc<Connection>> {
    let factory = Factory::new()?;
    let mut request: OpenDatabaseRequest = factory.open(name, Some(1))?;
    request.on_upgrade_needed(|event| {
        use idb::event::DatabaseEvent;
        let Ok(database) = event.database() else { return };
        for store in [PACKS, INDEX, REFS, META] {
            // A failure here aborts the upgrade, and the request answers it.
            let _ = database.create_object_store(store, ObjectStoreParams::new());
        }
    });
    let value = Answer::of(request).await?;
    let native: DurableDatabase = value.clone().unchecked_into();
    let mut database = Database::try_from(value)?;
    health.set(Health::Open);
    let (closed, asked) = (health.clone(), health.clone());
    database.on_close(move |_| closed.set(Health::Closed));
    // Someone deletes the database: stand back, or their request waits for this tab.
    database.on_version_change(move |event| {
        asked.set(Health::Closed);
        if let Some(database) = event.target().and_then(|target| target.dyn_into::<IdbDatabase>().ok()) {
            database.close();
        }
    });
    Ok(Rc::new(Connection { database, native }))
}

fn number(value: &JsValue) -> Outcome<u32> {
    match value.as_f64() {
        Some(number) if number >= 0.0 && number <= f64::from(u32::MAX) => Ok(number as u32),
        _ => Err(Failure::Failed(Error::corrupt("a pack's key is no number"))),
    }
}

fn bytes_of(value: &JsValue) -> Option<Vec<u8>> {
    value.dyn_ref::<Uint8Array>().map(Uint8Array::to_vec)
}

fn required(value: &JsValue, what: &str) -> Outcome<Vec<u8>> {
    bytes_of(value).ok_or_else(|| Failure::Failed(Error::corrupt(format!("{what} holds no bytes"))))
}

fn tab_key(id: &str) -> String {
    format!("tab/{id}")
}

impl Storage {
    /// Opens the database. Answers the generation under which gc counts `tab`, this worker's id; `None`: there is none
    /// of this name, and [`Storage::make`] or [`Storage::discard`] follows.
    pub async fn open(name: &str, tab: &str, durability: Durability) -> Outcome<(Storage, Option<u64>)> {
        let health = Rc::new(Cell::new(Health::Open));
        let connection = connect(name, &health).await?;
        let storage = Storage {
            name: name.into(),
            tab: tab.into(),
            connection: RefCell::new(connection),
            health,
            durability,
            counters: Counters::default(),
        };
        let generation = storage.enter(None).await?;
        Ok((storage, generation))
    }

    /// Makes the records of a new database, unless another tab was faster.
    pub async fn make(&self, identity: [u8; 16]) -> Outcome<u64> {
        let generation = self.enter(Some(identity)).await?;
        generation.ok_or_else(|| Error::internal("a database that was made is not there").into())
    }

    /// Opening made an empty database where there was none: it must not pass for the old one.
    pub async fn discard(&self) -> Outcome<()> {
        self.close();
        Answer::of(Factory::new()?.delete(&self.name)?).await?;
        Ok(())
    }

    /// Checks the format, and writes this tab's record: from then on gc waits for it. Where there is no database it
    /// makes one of identity `new`, or answers `None`.
    async fn enter(&self, new: Option<[u8; 16]>) -> Outcome<Option<u64>> {
        let durability = if new.is_some() { Durability::Strict } else { Durability::Relaxed };
        let transaction = self.begin(&[META], true, durability)?;
        let meta = transaction.object_store(META)?;
        let end = End::of(transaction);
        let format = meta.get(Query::Key(JsValue::from_str("format")))?;
        let state = Answer::of(meta.get(Query::Key(JsValue::from_str(STATE)))?).await?;
        let format = result_of(&format)?;
        let state = if format.is_undefined() {
            let Some(identity) = new else { return end.await.map(|()| None) };
            let state = State { identity, next_pack: 1, ..State::default() };
            put(&meta, &JsValue::from_f64(FORMAT), "format")?;
            put_bytes(&meta, &state.encode(), STATE)?;
            state
        } else if format.as_f64().is_none_or(|format| format > FORMAT) {
            let found = format.as_f64().map_or("an unknown format".into(), |format| format!("format {format}"));
            let message = format!("database {} has {found}, this version reads up to {FORMAT}", self.name);
            self.close();
            return Err(Error::new(Code::FormatNewer, message).with_hint("update the package").into());
        } else {
            self.state_of(&state)?
        };
        let tab = Tab { seen: state.generation, written_ms: js_sys::Date::now(), ..Tab::default() };
        put_bytes(&meta, &tab.encode(), &tab_key(&self.tab))?;
        end.await?;
        Ok(Some(state.generation))
    }

    /// After a lost connection. `Err(STORAGE_LOST)` when what is there now is not what was there.
    pub async fn reopen(&self, identity: &[u8; 16]) -> Outcome<()> {
        let connection = connect(&self.name, &self.health).await?;
        *self.connection.borrow_mut() = connection;
        let transaction = self.begin(&[META], false, Durability::Relaxed)?;
        let meta = transaction.object_store(META)?;
        let state = Answer::of(meta.get(Query::Key(JsValue::from_str(STATE)))?).await?;
        let same = bytes_of(&state).and_then(|bytes| State::decode(&bytes).ok()).is_some_and(|state| state.identity == *identity);
        if same {
            return Ok(());
        }
        if state.is_undefined() {
            self.discard().await?;
        } else {
            self.close();
        }
        Err(self.lost().into())
    }

    pub fn lost(&self) -> Error {
        let name = self.name.strip_prefix(PREFIX).unwrap_or(&self.name);
        Error::new(Code::StorageLost, format!("the browser removed the storage of {name}"))
            .with_hint("deleteDb(name) forgets it; after that, open(name) makes a new database")
    }

    pub fn is_closed(&self) -> bool {
        self.health.get() == Health::Closed
    }

    pub fn close(&self) {
        self.health.set(Health::Closed);
        self.connection.borrow().database.close();
    }

    fn begin(&self, stores: &[&str], write: bool, durability: Durability) -> Outcome<Transaction> {
        if self.is_closed() {
            return Err(Failure::Connection);
        }
        let connection = self.connection.borrow().clone();
        if !write {
            return Ok(connection.database.transaction(stores, TransactionMode::ReadOnly)?);
        }
        let names: Array = stores.iter().map(|store| JsValue::from_str(store)).collect();
        let options = js_sys::Object::new();
        let durability = if durability == Durability::Strict { "strict" } else { "relaxed" };
        let _ = js_sys::Reflect::set(&options, &"durability".into(), &durability.into());
        let transaction = connection
            .native
            .transaction(&names, "readwrite", &options)
            .map_err(|error| of_value(&error))?;
        Ok(transaction.into())
    }

    /// State and refs.
    pub async fn shared(&self) -> Outcome<Shared> {
        let transaction = self.begin(&[REFS, META], false, Durability::Relaxed)?;
        let (refs, meta) = (transaction.object_store(REFS)?, transaction.object_store(META)?);
        let state = meta.get(Query::Key(JsValue::from_str(STATE)))?;
        let keys = refs.get_all_keys(None, None)?;
        let values = Answer::of(refs.get_all(None, None)?).await?;
        Ok(Shared { state: self.state_of(&result_of(&state)?)?, refs: ref_map(&result_of(&keys)?, &values)? })
    }

    fn state_of(&self, value: &JsValue) -> Outcome<State> {
        if value.is_undefined() {
            return Err(self.lost().into());
        }
        Ok(State::decode(&required(value, "the record state")?)?)
    }

    /// BEGIN: what the transaction stands on, pinned in the same breath so that no gc comes between.
    pub async fn pin(&self, tab: impl FnOnce(&Shared) -> Tab) -> Outcome<Shared> {
        let transaction = self.begin(&[REFS, META], true, Durability::Relaxed)?;
        let (refs, meta) = (transaction.object_store(REFS)?, transaction.object_store(META)?);
        let end = End::of(transaction);
        let state = meta.get(Query::Key(JsValue::from_str(STATE)))?;
        let keys = refs.get_all_keys(None, None)?;
        let values = Answer::of(refs.get_all(None, None)?).await?;
        let shared = Shared { state: self.state_of(&result_of(&state)?)?, refs: ref_map(&result_of(&keys)?, &values)? };
        put_bytes(&meta, &tab(&shared).encode(), &tab_key(&self.tab))?;
        end.await?;
        Ok(shared)
    }

    /// The record is composed when the transaction has its turn: one composed before could lack a pin that a
    /// transaction ahead of it in the queue is about to write, and take it away again.
    pub async fn write_tab(&self, tab: impl FnOnce() -> Tab) -> Outcome<()> {
        let transaction = self.begin(&[META], true, Durability::Relaxed)?;
        let meta = transaction.object_store(META)?;
        let end = End::of(transaction);
        Answer::of(meta.get_key(Query::Key(JsValue::from_str(STATE)))?).await?;
        put_bytes(&meta, &tab().encode(), &tab_key(&self.tab))?;
        end.await
    }

    pub async fn forget_tabs(&self, ids: &[String]) -> Outcome<()> {
        let transaction = self.begin(&[META], true, Durability::Relaxed)?;
        let meta = transaction.object_store(META)?;
        let end = End::of(transaction);
        for id in ids {
            meta.delete(Query::Key(JsValue::from_str(&tab_key(id))))?;
        }
        end.await
    }

    /// Every tab's record.
    pub async fn tabs(&self) -> Outcome<BTreeMap<String, Tab>> {
        let transaction = self.begin(&[META], false, Durability::Relaxed)?;
        let meta = transaction.object_store(META)?;
        tabs_in(&meta).await
    }

    /// The slots of packs from number `from` on.
    pub async fn slots(&self, from: u32) -> Outcome<Vec<(u32, Vec<Slot>)>> {
        let transaction = self.begin(&[INDEX], false, Durability::Relaxed)?;
        let index = transaction.object_store(INDEX)?;
        let range = || KeyRange::lower_bound(&JsValue::from_f64(from.into()), None).map(Query::KeyRange);
        let keys = index.get_all_keys(Some(range()?), None)?;
        let values = Answer::of(index.get_all(Some(range()?), None)?).await?;
        let (keys, values) = (Array::from(&result_of(&keys)?), Array::from(&values));
        let mut found = Vec::with_capacity(keys.length() as usize);
        for (key, value) in keys.iter().zip(values.iter()) {
            let pack = number(&key)?;
            found.push((pack, decode_slots(pack, &required(&value, "an index record")?)?));
        }
        Ok(found)
    }

    /// Stored packs, as few requests as runs of neighbouring numbers; `None` where there is none.
    pub async fn packs(&self, numbers: &[u32]) -> Outcome<Vec<(u32, Option<Vec<u8>>)>> {
        let transaction = self.begin(&[PACKS], false, Durability::Relaxed)?;
        let packs = transaction.object_store(PACKS)?;
        let runs = runs(numbers);
        let mut single = Vec::new();
        let mut ranges = Vec::new();
        for (first, last) in &runs {
            if first == last {
                single.push((*first, packs.get(Query::Key(JsValue::from_f64((*first).into())))?));
            } else {
                let (first, last) = (JsValue::from_f64((*first).into()), JsValue::from_f64((*last).into()));
                let range = || KeyRange::bound(&first, &last, None, None).map(Query::KeyRange);
                let keys = packs.get_all_keys(Some(range()?), None)?;
                ranges.push((keys, packs.get_all(Some(range()?), None)?));
            }
        }
        // Requests are answered in their order: this one comes after all others.
        Answer::of(packs.get_key(Query::Key(JsValue::from_f64(0.0)))?).await?;
        let mut found: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
        for (pack, request) in &single {
            if let Some(bytes) = bytes_of(&result_of(request)?) {
                found.insert(*pack, bytes);
            }
        }
        for (keys, values) in &ranges {
            let (keys, values) = (Array::from(&result_of(keys)?), Array::from(&result_of(values)?));
            for (key, value) in keys.iter().zip(values.iter()) {
                found.insert(number(&key)?, required(&value, "a pack")?);
            }
        }
        add(&self.counters.packs_read, numbers.len() as u32);
        Ok(numbers.iter().map(|pack| (*pack, found.remove(pack))).collect())
    }

    /// One readwrite transaction: compare, put, commit. It has landed when `complete` has fired.
    pub async fn commit(&self, commit: &Commit<'_>) -> Outcome<Committed> {
        let transaction = self.begin(&[PACKS, INDEX, REFS, META], true, self.durability)?;
        let (packs, index) = (transaction.object_store(PACKS)?, transaction.object_store(INDEX)?);
        let (refs, meta) = (transaction.object_store(REFS)?, transaction.object_store(META)?);
        let inner: IdbTransaction = IdbTransaction::from(transaction);
        let end = End::of(inner.clone().into());
        let mut current = Vec::with_capacity(commit.expect.len());
        for (name, expected) in commit.expect {
            current.push((expected, refs.get(Query::Key(JsValue::from_str(name)))?));
        }
        let state = Answer::of(meta.get(Query::Key(JsValue::from_str(STATE)))?);
        (commit.told)()?;
        let mut state = self.state_of(&state.await?)?;
        let mut same = state.generation == commit.generation;
        for (expected, request) in &current {
            let found = bytes_of(&result_of(request)?);
            same &= found.as_deref() == expected.as_deref();
        }
        if !same {
            add(&self.counters.lost, 1);
            return Ok(Committed::Lost);
        }
        let first_pack = state.next_pack;
        if !commit.packs.is_empty() {
            put_packs(&packs, &index, first_pack, commit.packs)?;
            state.next_pack += commit.packs.len() as u32;
            put_bytes(&meta, &state.encode(), STATE)?;
        }
        put_refs(&refs, commit.set)?;
        put_bytes(&meta, &(commit.tab)().encode(), &tab_key(&self.tab))?;
        finish(&inner);
        end.await?;
        add(&self.counters.commits, 1);
        Ok(Committed::Landed { first_pack })
    }

    /// Stores what a remote sent. No record moves: what is here reaches it already. Answers the number of the first pack.
    pub async fn append(&self, new: &[Pack]) -> Outcome<u32> {
        let transaction = self.begin(&[PACKS, INDEX, META], true, Durability::Relaxed)?;
        let (packs, index, meta) =
            (transaction.object_store(PACKS)?, transaction.object_store(INDEX)?, transaction.object_store(META)?);
        let inner: IdbTransaction = IdbTransaction::from(transaction);
        let end = End::of(inner.clone().into());
        let mut state = self.state_of(&Answer::of(meta.get(Query::Key(JsValue::from_str(STATE)))?).await?)?;
        let first = state.next_pack;
        put_packs(&packs, &index, first, new)?;
        state.next_pack += new.len() as u32;
        put_bytes(&meta, &state.encode(), STATE)?;
        finish(&inner);
        end.await?;
        Ok(first)
    }

    /// Gc and merging: writes the new packs and tombstones others under a new generation, if nothing was moved
    /// since marking. Answers the state that results.
    pub async fn tombstone(&self, change: &Tombstoning<'_>) -> Outcome<Option<State>> {
        let transaction = self.begin(&[PACKS, INDEX, REFS, META], true, Durability::Relaxed)?;
        let (packs, index) = (transaction.object_store(PACKS)?, transaction.object_store(INDEX)?);
        let (refs, meta) = (transaction.object_store(REFS)?, transaction.object_store(META)?);
        let inner: IdbTransaction = IdbTransaction::from(transaction);
        let end = End::of(inner.clone().into());
        let state = meta.get(Query::Key(JsValue::from_str(STATE)))?;
        let keys = refs.get_all_keys(None, None)?;
        let values = refs.get_all(None, None)?;
        let tabs = tabs_in(&meta).await?;
        let mut state = self.state_of(&result_of(&state)?)?;
        let current = ref_map(&result_of(&keys)?, &result_of(&values)?)?;
        let pins_marked = tabs.iter().all(|(id, tab)| {
            let marked = change.expect_pins.get(id).map_or(&[][..], Vec::as_slice);
            tab.pins.iter().all(|pin| marked.contains(pin))
        });
        if state.generation != change.generation || current != *change.expect_refs || !pins_marked {
            return Ok(None);
        }
        put_packs(&packs, &index, state.next_pack, change.packs)?;
        put_refs(&refs, change.set)?;
        state.next_pack += change.packs.len() as u32;
        state.generation += 1;
        let generation = state.generation;
        state.tombstones.extend(change.dead.iter().map(|pack| (generation, *pack)));
        put_bytes(&meta, &state.encode(), STATE)?;
        finish(&inner);
        end.await?;
        Ok(Some(state))
    }

    /// Deletes the tombstoned packs that every live tab has let go of. `live`: ids of live tabs, if that can be
    /// known; else every tab that has a record counts. Answers the packs deleted.
    pub async fn bury(&self, live: Option<&[String]>) -> Outcome<Vec<u32>> {
        let transaction = self.begin(&[PACKS, INDEX, META], true, Durability::Relaxed)?;
        let (packs, index, meta) =
            (transaction.object_store(PACKS)?, transaction.object_store(INDEX)?, transaction.object_store(META)?);
        let inner: IdbTransaction = IdbTransaction::from(transaction);
        let end = End::of(inner.clone().into());
        let state = meta.get(Query::Key(JsValue::from_str(STATE)))?;
        let tabs = tabs_in(&meta).await?;
        let mut state = self.state_of(&result_of(&state)?)?;
        let is_live = |id: &String| *id == self.tab || live.is_none_or(|live| live.contains(id));
        for id in tabs.keys().filter(|id| !is_live(id)) {
            meta.delete(Query::Key(JsValue::from_str(&tab_key(id))))?;
        }
        // A live tab without a record has just come: it read the state after the tombstones were written, or is
        // about to write its record.
        let unknown = live.is_some_and(|live| live.iter().any(|id| !tabs.contains_key(id)));
        let seen = tabs.iter().filter(|(id, _)| is_live(id)).map(|(_, tab)| tab.seen).min().unwrap_or(0);
        let dead = if unknown { Vec::new() } else { state.deletable(seen) };
        for (first, last) in runs(&dead) {
            let (first, last) = (JsValue::from_f64(first.into()), JsValue::from_f64(last.into()));
            let range = || KeyRange::bound(&first, &last, None, None).map(Query::KeyRange);
            packs.delete(range()?)?;
            index.delete(range()?)?;
        }
        if !dead.is_empty() {
            state.forget(&dead);
            put_bytes(&meta, &state.encode(), STATE)?;
        }
        finish(&inner);
        end.await?;
        Ok(dead)
    }
}

/// Says that no request follows, so that the browser need not wait to find out. Some engines lack it.
#[allow(deprecated)]
fn finish(transaction: &IdbTransaction) {
    let _ = transaction.commit();
}

async fn tabs_in(meta: &ObjectStore) -> Outcome<BTreeMap<String, Tab>> {
    let range = || KeyRange::bound(&"tab/".into(), &"tab0".into(), None, Some(true)).map(Query::KeyRange);
    let keys = meta.get_all_keys(Some(range()?), None)?;
    let values = Answer::of(meta.get_all(Some(range()?), None)?).await?;
    let (keys, values) = (Array::from(&result_of(&keys)?), Array::from(&values));
    let mut tabs = BTreeMap::new();
    for (key, value) in keys.iter().zip(values.iter()) {
        let id = key.as_string().unwrap_or_default();
        let tab = Tab::decode(&required(&value, "a tab's record")?)?;
        tabs.insert(id.trim_start_matches("tab/").to_string(), tab);
    }
    Ok(tabs)
}

fn ref_map(keys: &JsValue, values: &JsValue) -> Outcome<RefMap> {
    let mut refs = RefMap::new();
    for (key, value) in Array::from(keys).iter().zip(Array::from(values).iter()) {
        let name = key.as_string().ok_or_else(|| Failure::Failed(Error::corrupt("a ref's name is no text")))?;
        refs.insert(name, required(&value, "a ref")?.into());
    }
    Ok(refs)
}

fn put(store: &ObjectStore, value: &JsValue, key: &str) -> Outcome<()> {
    store.put(value, Some(&JsValue::from_str(key)))?;
    Ok(())
}

fn put_bytes(store: &ObjectStore, bytes: &[u8], key: &str) -> Outcome<()> {
    put(store, &Uint8Array::from(bytes), key)
}

fn put_refs(refs: &ObjectStore, set: &BTreeMap<RefName, Option<Bytes>>) -> Outcome<()> {
    for (name, value) in set {
        match value {
            Some(value) => put_bytes(refs, value, name)?,
            None => drop(refs.delete(Query::Key(JsValue::from_str(name)))?),
        }
    }
    Ok(())
}

fn put_packs(packs: &ObjectStore, index: &ObjectStore, first: u32, new: &[Pack]) -> Outcome<()> {
    for (offset, pack) in new.iter().enumerate() {
        let key = JsValue::from_f64(f64::from(first) + offset as f64);
        packs.put(&Uint8Array::from(&pack.stored[..]), Some(&key))?;
        index.put(&Uint8Array::from(&encode_slots(&pack.slots)[..]), Some(&key))?;
    }
    Ok(())
}

/// Neighbouring numbers, joined. `numbers` ascend.
fn runs(numbers: &[u32]) -> Vec<(u32, u32)> {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*number) => *last = *number,
            _ => runs.push((*number, *number)),
        }
    }
    runs
}
