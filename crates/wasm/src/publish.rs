//! Making a publication durable: one compare-and-swap.

use std::rc::Rc;

use prollite::chunk::Chunk;
use prollite::repo::{Publication, RefMap};
use prollite::{Address, Code, Error, Result};
use wasm_bindgen::JsValue;

use super::client::tab_after;
use super::engine::check_whole;
use super::shared::{Core, Indexed, Place};
use super::pack::pack_chunks;
use super::records::Tab;
use super::request::Failure;
use super::storage::{Commit, Committed};

/// How often a commit is tried on a new connection, or under a generation that keeps moving.
const TRIES: u32 = 20;

pub enum Published {
    /// Number of the publication; 0 where nothing had to be written.
    Landed(u64),
    /// All refs as they are now.
    Lost(RefMap),
}

/// `generation`: what the statements began under. `explicit`: they are a transaction whose base is pinned, so that a
/// gc in between takes nothing from it. `told` tells the page what is about to land.
pub async fn publish(
    core: &Rc<Core>,
    publication: &Publication,
    generation: u64,
    explicit: bool,
    session: (u32, bool),
    told: impl Fn(u64),
) -> Result<Published> {
    if publication.is_empty() {
        return Ok(Published::Landed(0));
    }
    let indexed = match &core.place {
        Place::Indexed(indexed) => indexed,
        Place::Memory(store) => {
            use prollite::chunk::ChunkStore;
            let refs = core.refs();
            if has_moved(publication, &refs) {
                return Ok(Published::Lost(refs));
            }
            for chunk in &publication.chunks {
                store.put(chunk.clone())?;
            }
            return Ok(Published::Landed(0));
        }
    };
    let _turn = core.publishing.pass().await;
    core.check_open()?;
    let refs = core.refs();
    if has_moved(publication, &refs) {
        return Ok(Published::Lost(refs));
    }
    let chunks: Vec<(Address, Chunk)> =
        publication.chunks.iter().map(|chunk| (chunk.address(), chunk.clone())).collect();
    // Once as chunks, and once as packs.
    indexed.store.cached().make_room(2 * chunks.iter().map(|(_, chunk)| chunk.len()).sum::<usize>());
    let mut generation = generation;
    for _ in 0..TRIES {
        if explicit {
            generation = indexed.state.borrow().generation;
        }
        let new: Vec<(Address, Chunk)> = {
            let indexes = indexed.store.indexes.borrow();
            chunks.iter().filter(|(address, _)| !indexes.live.contains(address)).cloned().collect()
        };
        let packs = pack_chunks(new.iter().map(|(address, chunk)| (*address, chunk)));
        let number = indexed.tab.borrow().landed + 1;
        let told = || {
            core.check_open()?;
            check_whole()?;
            told(number);
            Ok(())
        };
        let written_ms = core.now_ms();
        let tab = || Tab { written_ms, ..tab_after(core, session.0, session.1, number).unwrap_or_default() };
        let commit =
            Commit { expect: &publication.expect, set: &publication.set, packs: &packs, generation, told: &told, tab: &tab };
        match indexed.storage.commit(&commit).await {
            Ok(Committed::Landed { first_pack }) => {
                {
                    let mut indexes = indexed.store.indexes.borrow_mut();
                    for (offset, pack) in packs.iter().enumerate() {
                        indexes.live.insert(first_pack + offset as u32, &pack.slots);
                    }
                }
                landed(core, indexed, number, session, &chunks);
                return Ok(Published::Landed(number));
            }
            Ok(Committed::Lost) => {
                core.refresh().await?;
                let refs = core.refs();
                if !explicit || has_moved(publication, &refs) {
                    return Ok(Published::Lost(refs));
                }
            }
            Err(Failure::Connection) => {
                core.reconnect(indexed).await?;
                // Chunks are idempotent; whether the commit landed stands in this tab's own record.
                let tabs = core.persist(indexed, || indexed.storage.tabs()).await?;
                if tabs.values().any(|other| other.landed == number && other.written_ms == written_ms) {
                    landed(core, indexed, number, session, &chunks);
                    return Ok(Published::Landed(number));
                }
            }
            Err(failure) => return Err(core.give_up(failure)),
        }
    }
    Err(Error::new(Code::StorageBlocked, "the storage did not take the change"))
}

fn landed(core: &Core, indexed: &Indexed, number: u64, session: (u32, bool), chunks: &[(Address, Chunk)]) {
    indexed.tab.borrow_mut().landed = number;
    if session.1 {
        indexed.pins.borrow_mut().remove(&session.0);
    }
    core.mark_fresh();
    for (address, chunk) in chunks {
        // Over the ceiling it is let go again: it can be read from storage now.
        let _ = indexed.store.cached().admit_chunk(*address, chunk.clone());
    }
}

fn has_moved(publication: &Publication, refs: &RefMap) -> bool {
    publication.expect.iter().any(|(name, expected)| refs.get(name) != expected.as_ref())
}

/// Tells the page what moved.
pub fn tell(core: &Rc<Core>, publication: &Publication) {
    if publication.is_empty() || !core.listened.get() {
        return;
    }
    // All records as they were and as they are: a branch without a working set is read from its head.
    let now = core.refs();
    let mut before = now.clone();
    for name in publication.set.keys() {
        match publication.expect.get(name) {
            Some(Some(value)) => before.insert(name.clone(), value.clone()),
            _ => before.remove(name),
        };
    }
    super::moves::tell(core, before, now, true);
}

/// Tells the other tabs that something moved. It costs a good part of a commit, so the page has its answer first.
pub fn notify(core: &Core, publication: &Publication) {
    if !publication.is_empty() && core.indexed().is_some() {
        core.host.notify("refs", JsValue::NULL);
    }
}
