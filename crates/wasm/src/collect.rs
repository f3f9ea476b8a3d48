//! Gc and pack merging beside other tabs.
//!
//! Mark what refs and pins reach; write what is left of half-empty packs into new ones; tombstone the old packs under
//! a new generation, in one transaction that goes through only if no ref and no pin moved since marking. Nothing is
//! deleted then: a tab may be reading. It is deleted when every live tab has seen the generation.

use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

use prollite::chunk::{Overlay, Store};
use prollite::repo::{Gc, RefMap, Refs, Verdict, Verify, Walk, REFLOG};
use prollite::session::Session;
use prollite::{Address, Result};
use wasm_bindgen::JsValue;

use super::shared::{Core, Indexed};
use super::pack::{chunk_at, pack_chunks, unpack};
use super::plan::{plan, Plan};
use super::storage::Tombstoning;

/// Tries beside writers before they are asked to wait.
const POLITE_TRIES: u32 = 3;
const TRIES: u32 = 12;
/// Packs that one transaction rewrites.
const REWRITE_AT_ONCE: usize = 256;
/// How long `gc()` waits for the other tabs to let go, in steps.
const WAIT_STEPS: u32 = 40;
const WAIT_STEP_MS: f64 = 50.0;

#[derive(Default)]
pub struct Collected {
    pub freed: u64,
    /// Chunks that are reachable.
    pub kept: u64,
}

/// What a marking found, and what it started from.
struct Marked {
    live: HashSet<Address>,
    refs: RefMap,
    pins: BTreeMap<String, Vec<RefMap>>,
    set: BTreeMap<String, Option<bytes::Bytes>>,
    chunks: Vec<(Address, prollite::chunk::Chunk)>,
    /// How many of `live` a lazy clone has not read yet.
    left_out: u64,
}

pub async fn collect(core: &Rc<Core>, prune: bool) -> Result<Collected> {
    let Some(indexed) = core.indexed() else { return Ok(Collected::default()) };
    core.check_open()?;
    let _one_at_a_time = core.host.acquire(&core.lock_name("gc")).await;
    bury(core, indexed).await?;
    let mut collected = Collected::default();
    let mut writers = None;
    let mut marked: Option<Marked> = None;
    for attempt in 0..TRIES {
        if attempt == POLITE_TRIES {
            writers = Some(core.host.acquire(&core.lock_name("write")).await);
        }
        core.refresh().await?;
        core.reload_index(indexed).await?;
        // What a lazy clone reads meanwhile moves no ref, and the marking knows nothing of it.
        let again = marked.take().filter(|_| !prune && core.refs().lazy().is_none());
        let last = indexed.store.indexes.borrow().live.last_pack();
        let now = mark(core, indexed, prune, again).await?;
        let mut plan = plan(&indexed.store.indexes.borrow().live, |address| now.live.contains(address));
        plan.up_to(last);
        collected.kept = (now.live.len() as u64).saturating_sub(now.left_out);
        if plan.is_empty() && now.set.is_empty() {
            return Ok(collected);
        }
        let freed = plan.freed;
        if sweep(core, indexed, plan, &now).await? {
            collected.freed = freed;
            break;
        }
        marked = Some(now);
    }
    drop(writers);
    for _ in 0..WAIT_STEPS {
        bury(core, indexed).await?;
        if indexed.state.borrow().tombstones.is_empty() {
            break;
        }
        core.host.pause(WAIT_STEP_MS).await;
        core.acknowledge(indexed).await?;
    }
    Ok(collected)
}

/// When the tab is idle: many small packs become few, and what is tombstoned is deleted.
pub async fn tidy(core: &Rc<Core>) -> Result<()> {
    let Some(indexed) = core.indexed() else { return Ok(()) };
    core.check_open()?;
    let small = indexed.store.indexes.borrow().live.packs().values().filter(|pack| pack.bytes < 24 * 1024).count();
    if small < 64 && indexed.state.borrow().tombstones.is_empty() {
        return Ok(());
    }
    let _one_at_a_time = core.host.acquire(&core.lock_name("gc")).await;
    bury(core, indexed).await?;
    core.refresh().await?;
    core.reload_index(indexed).await?;
    let plan = plan(&indexed.store.indexes.borrow().live, |_| true);
    if !plan.rewrite.is_empty() {
        let tabs = core.persist(indexed, || indexed.storage.tabs()).await?;
        let pins = tabs.into_iter().map(|(id, tab)| (id, tab.pins)).collect();
        let everything =
            Marked { live: HashSet::new(), refs: core.refs(), pins, set: BTreeMap::new(), chunks: Vec::new(), left_out: 0 };
        sweep(core, indexed, plan, &everything).await?;
        bury(core, indexed).await?;
    }
    Ok(())
}

/// Everything that refs and pins reach. `again`: what an earlier marking found; only what moved since is walked.
async fn mark(core: &Rc<Core>, indexed: &Indexed, prune: bool, again: Option<Marked>) -> Result<Marked> {
    let tabs = core.persist(indexed, || indexed.storage.tabs()).await?;
    let pins: BTreeMap<String, Vec<RefMap>> = tabs.into_iter().map(|(id, tab)| (id, tab.pins)).collect();
    let refs = core.refs();
    let mut all = refs.clone();
    for (number, pin) in pins.values().flatten().enumerate() {
        for (name, value) in pin {
            // A name that no user can give, behind the prefix that tells what the record holds.
            if let Some((kind, rest)) = name.split_once('/') {
                all.insert(format!("{kind}/\u{1}{number}/{rest}"), value.clone());
            }
        }
    }
    let store: Store = indexed.store.clone();
    if let Some(before) = again {
        let mut walk = Walk::new(&store);
        before.live.iter().for_each(|address| walk.skip(*address));
        for (name, value) in &all {
            for (address, role) in prollite::repo::record_points_to(name, value)? {
                walk.push(address, role);
            }
        }
        while core.complete(|| walk.next()).await?.is_some() {}
        let live = walk.into_seen().into_iter().collect();
        // The reflogs as they stand now were walked whole: none is cut.
        return Ok(Marked { live, refs, pins, set: BTreeMap::new(), chunks: Vec::new(), left_out: 0 });
    }
    let overlay = Rc::new(Overlay::new(store));
    let above: Store = overlay.clone();
    let mut gc = Gc::new(&above, all, core.now_ms() as i64, prune, Vec::new());
    let kept = core.complete(|| gc.run()).await?;
    let chunks = overlay.take();
    let mut live: HashSet<Address> = kept.chunks.into_iter().collect();
    live.extend(chunks.iter().map(|(address, _)| *address));
    let set = kept.records.into_iter().filter(|(name, _)| name.starts_with(REFLOG)).collect();
    Ok(Marked { live, refs, pins, set, chunks, left_out: kept.left_out })
}

/// Writes new packs and tombstones the old ones. `false`: something moved since marking.
async fn sweep(core: &Rc<Core>, indexed: &Indexed, mut plan: Plan, marked: &Marked) -> Result<bool> {
    loop {
        let rest = plan.rewrite.split_off(plan.rewrite.len().min(REWRITE_AT_ONCE));
        let mut chunks = marked.chunks.clone();
        let numbers: Vec<u32> = plan.rewrite.iter().map(|(pack, _)| *pack).collect();
        let stored = core.persist(indexed, || indexed.storage.packs(&numbers)).await?;
        for ((pack, slots), (_, bytes)) in plan.rewrite.iter().zip(stored) {
            let Some(bytes) = bytes else { return Ok(false) };
            let body = unpack(*pack, &bytes)?;
            for slot in slots {
                chunks.push((slot.address, chunk_at(*pack, &body, slot)?));
            }
        }
        let packs = pack_chunks(chunks.iter().map(|(address, chunk)| (*address, chunk)));
        let dead = plan.dead();
        let generation = indexed.state.borrow().generation;
        let change = Tombstoning {
            expect_refs: &marked.refs,
            expect_pins: &marked.pins,
            generation,
            packs: &packs,
            set: &marked.set,
            dead: &dead,
        };
        let state = core.persist(indexed, || indexed.storage.tombstone(&change)).await?;
        let Some(state) = state else { return Ok(false) };
        let generation = state.generation;
        core.see_generation(indexed, state).await?;
        core.host.notify("generation", JsValue::from_f64(generation as f64));
        if !marked.set.is_empty() {
            core.refresh().await?;
            return Ok(rest.is_empty());
        }
        if rest.is_empty() {
            return Ok(true);
        }
        plan = Plan { drop: Vec::new(), rewrite: rest, freed: 0 };
    }
}

async fn bury(core: &Rc<Core>, indexed: &Indexed) -> Result<()> {
    if indexed.state.borrow().tombstones.is_empty() {
        return Ok(());
    }
    let live = core.host.live_tabs().await;
    let buried = core.persist(indexed, || indexed.storage.bury(live.as_deref())).await?;
    indexed.state.borrow_mut().forget(&buried);
    Ok(())
}

/// Every ref is walked, every chunk read from storage and hashed again, every index compared with its rows.
pub async fn verify(core: &Rc<Core>, session: &Session) -> Result<Verdict> {
    core.check_open()?;
    core.refresh().await?;
    if let Some(indexed) = core.indexed() {
        indexed.store.cached().evict_all();
        indexed.store.forget_damage();
    }
    let store = core.store();
    let refs = core.refs();
    let mut verify = core.complete(|| Verify::new(&store, &refs, Some(session.row_check()))).await?;
    core.complete(|| verify.run()).await
}
