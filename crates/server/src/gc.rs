//! Collection: what no ref reaches leaves, and small packs become large ones.
//!
//! Live chunks are written into new packs while pushes go on; then one compare-and-swap lists those and tombstones the
//! old ones. Whoever pushed meanwhile made the swap fail, and it is done again: the last time with pushes waiting.
//! A pack that is listed no more, or never was, is removed after the grace: an open download still reads it.

use std::collections::BTreeSet;
use std::fs;
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use prollite::chunk::{ChunkStore, Store};
use prollite::repo::{RefMap, Walk};
use prollite::{Address, Error, Result};

use crate::database::Database;
use crate::manifest::Tombstone;
use crate::depot::Depot;
use crate::pack::Pack;
use crate::snapshot::{Snapshot, View};
use crate::{io, now_ms};

/// Bytes of a pack that collection writes.
const PACK: u64 = 32 << 20;
const TRIES: usize = 8;
/// Least grace where other servers may be about to list what they wrote: more than any push takes.
const SHARED_GRACE_MS: i64 = 3_600_000;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Collected { pub kept: u64, pub dropped: u64, pub packs: u64, pub files_removed: u64 }

pub fn live(snapshot: &Arc<Snapshot>) -> Result<Vec<Address>> {
    let store: Store = Rc::new(View::new(snapshot.clone()));
    let refs: RefMap =
        snapshot.manifest.refs.iter().map(|(name, at)| (name.clone(), Bytes::copy_from_slice(at.as_bytes()))).collect();
    let mut walk = Walk::of_refs(&store, &refs)?;
    while walk.next()?.is_some() {}
    Ok(walk.into_seen())
}

pub fn collect(database: &Database, grace_ms: i64) -> Result<Collected> {
    for _ in 0..TRIES {
        database.refresh()?;
        let snapshot = database.snapshot();
        let mut collected = Collected::default();
        let live = live(&snapshot)?;
        let listed = snapshot.chunks() as u64;
        collected.kept = live.len() as u64;
        collected.dropped = listed.saturating_sub(collected.kept);
        let few = snapshot.packs.len() <= 1 + (snapshot.bytes() / PACK) as usize;
        if collected.dropped == 0 && few {
            collected.files_removed = remove_files(database, grace_ms)?;
            collected.packs = snapshot.packs.len() as u64;
            return Ok(collected);
        }
        let packs = rewrite(database, &snapshot, &live)?;
        let mut manifest = snapshot.manifest.clone();
        manifest.generation += 1;
        manifest.collections += 1;
        manifest.packs = packs.iter().map(|pack| pack.id).collect();
        let at_ms = now_ms();
        manifest.tombstones.retain(|stone| !manifest.packs.contains(&stone.id));
        for old in &snapshot.packs {
            if !manifest.packs.contains(&old.id) {
                manifest.tombstones.push(Tombstone { id: old.id, at_ms });
            }
        }
        collected.packs = packs.len() as u64;
        if database.swap(&snapshot, manifest, packs)? {
            collected.files_removed = remove_files(database, grace_ms)?;
            return Ok(collected);
        }
    }
    Err(Error::new(prollite::Code::TxConflict, format!("pushes came first {TRIES} times: collection is tried again later")))
}

fn rewrite(database: &Database, snapshot: &Arc<Snapshot>, live: &[Address]) -> Result<Vec<Arc<Pack>>> {
    let view = View::new(snapshot.clone());
    // In the order in which they lie: each block is read once, and neighbours stay neighbours.
    let mut placed: Vec<_> = live.iter().filter_map(|address| Some((snapshot.find(address)?, *address))).collect();
    placed.sort_by_key(|((pack, place), _)| (pack.id, place.at, place.which));
    let mut packs = Vec::new();
    let mut writer = database.writer()?;
    for (_, address) in placed {
        writer.push(address, view.get(&address)?.bytes().clone())?;
        if writer.bytes() >= PACK {
            packs.push(Arc::new(database.finish(std::mem::replace(&mut writer, database.writer()?))?));
        }
    }
    if !writer.is_empty() {
        packs.push(Arc::new(database.finish(writer)?));
    }
    Ok(packs)
}

/// Files of packs that nothing lists, once they are older than the grace.
fn remove_files(database: &Database, grace_ms: i64) -> Result<u64> {
    let grace_ms = if database.depot().is_some() { grace_ms.max(SHARED_GRACE_MS) } else { grace_ms };
    let folder = database.folder().join("packs");
    let files = database.files.write().unwrap_or_else(std::sync::PoisonError::into_inner);
    let snapshot = database.snapshot();
    let listed: BTreeSet<String> = snapshot.manifest.packs.iter().map(Address::hex).collect();
    let young: BTreeSet<String> = {
        let since = now_ms() - grace_ms;
        let stones = snapshot.manifest.tombstones.iter().filter(|stone| stone.at_ms > since);
        stones.map(|stone| stone.id.hex()).collect()
    };
    let mut removed = 0;
    for entry in fs::read_dir(&folder).map_err(|error| io(format!("reading {}", folder.display()), error))?.flatten() {
        let path = entry.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
        if listed.contains(&stem) || young.contains(&stem) || Address::from_hex(&stem).is_none() {
            continue;
        }
        // A second look: a push may have written it a moment ago, before it is listed.
        let age = entry.metadata().ok().and_then(|data| data.modified().ok()).and_then(|at| at.elapsed().ok());
        if age.is_some_and(|age| age.as_millis() as i64 >= grace_ms) && !database.snapshot().manifest.packs.iter().any(|id| id.hex() == stem) {
            fs::remove_file(&path).map_err(|error| io(format!("removing {}", path.display()), error))?;
            removed += 1;
        }
    }
    drop(files);
    if let Some(depot) = database.depot() {
        removed += remove_objects(database, depot, &young, grace_ms)?;
    }
    let snapshot = database.snapshot();
    let mut manifest = snapshot.manifest.clone();
    manifest.tombstones.retain(|stone| young.contains(&stone.id.hex()));
    if manifest.tombstones.len() != snapshot.manifest.tombstones.len() {
        manifest.generation += 1;
        // Lost to a push: the next collection forgets them.
        database.swap(&snapshot, manifest, snapshot.packs.clone())?;
    }
    Ok(removed)
}

/// Objects of packs that nothing lists, and staged packs whose push never came.
fn remove_objects(database: &Database, depot: &dyn Depot, young: &BTreeSet<String>, grace_ms: i64) -> Result<u64> {
    let mut removed = 0;
    for folder in ["packs", "staged"] {
        let folder = format!("{}/{folder}", database.name);
        let old = depot.list(&folder)?.into_iter().filter(|item| item.at_ms < now_ms() - grace_ms);
        let old: Vec<String> = old.map(|item| item.name).filter(|name| !young.iter().any(|id| name.starts_with(id))).collect();
        // What was listed when the objects were is seen.
        database.refresh()?;
        let snapshot = database.snapshot();
        for name in old {
            if !snapshot.manifest.packs.iter().any(|id| name.starts_with(&id.hex())) {
                depot.remove(&format!("{folder}/{name}"))?;
                removed += 1;
            }
        }
    }
    Ok(removed)
}
