//! Compaction: small packs become one, with all that is in them. Nothing is marked and nothing is dropped, so it runs
//! beside pushes and needs no second try. It keeps the manifest short and a look-up fast.

use std::sync::Arc;

use prollite::chunk::ChunkStore;
use prollite::{Address, Result};

use crate::database::Database;
use crate::pack::Pack;
use crate::snapshot::View;

/// So many packs of one tier are joined.
pub const FEW: usize = 48;
/// Greatest bytes of a pack of each tier.
const TIERS: [u64; 3] = [256 << 10, 4 << 20, 64 << 20];

/// The packs to join: those of the lowest tier that has many.
fn crowd(packs: &[Arc<Pack>]) -> Vec<Arc<Pack>> {
    for most in TIERS {
        let small: Vec<Arc<Pack>> = packs.iter().filter(|pack| pack.bytes <= most).cloned().collect();
        if small.len() >= FEW {
            return small;
        }
    }
    Vec::new()
}

pub fn is_crowded(database: &Database) -> bool { database.snapshot().packs.len() >= FEW && !crowd(&database.snapshot().packs).is_empty() }

/// Answers how many packs became one. One at a time: whoever comes meanwhile has nothing to do.
pub fn compact(database: &Database) -> Result<usize> {
    let Ok(_alone) = database.compacting.try_lock() else { return Ok(0) };
    let _files = database.files.read().unwrap_or_else(std::sync::PoisonError::into_inner);
    let snapshot = database.snapshot();
    let old = crowd(&snapshot.packs);
    if old.is_empty() {
        return Ok(0);
    }
    let view = View::new(snapshot.clone());
    let mut writer = database.writer()?;
    for pack in &old {
        let mut placed: Vec<(_, Address)> = pack.addresses().filter_map(|address| Some((pack.find(address)?, *address))).collect();
        placed.sort_by_key(|(place, _)| (place.at, place.which));
        for (_, address) in placed {
            writer.push(address, view.get(&address)?.bytes().clone())?;
        }
    }
    let new = Arc::new(database.finish(writer)?);
    database.join(&old, new)?;
    Ok(old.len())
}
