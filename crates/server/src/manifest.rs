//! The manifest: what one compare-and-swap moves. Refs, the packs that hold what they reach, packs on their way out, and
//! the keys of pushes that were done.

use std::collections::BTreeMap;

use prollite::sync::{check_remote_ref, RefList};
use prollite::{Address, Error, Result};
use serde::{Deserialize, Serialize};

/// Keys of pushes are remembered this long, and no more than so many.
const IDEM_MS: i64 = 24 * 3_600_000;
const MAX_IDEM: usize = 4_096;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Manifest {
    /// Counts every change.
    pub generation: u64,
    /// Counts collections: what was checked against listed packs before one is checked again after it.
    pub collections: u64,
    pub refs: BTreeMap<String, Address>,
    pub packs: Vec<Address>,
    pub tombstones: Vec<Tombstone>,
    pub done: Vec<DonePush>,
}

/// A pack that is listed no more, and since when.
#[derive(Clone, Debug, PartialEq)]
pub struct Tombstone { pub id: Address, pub at_ms: i64 }

#[derive(Clone, Debug, PartialEq)]
pub struct DonePush {
    pub key: String,
    /// Of the updates: one key for two pushes is a mistake of the client's.
    pub request: Address,
    pub generation: u64,
    pub at_ms: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    format: u32,
    generation: u64,
    collections: u64,
    refs: BTreeMap<String, String>,
    packs: Vec<String>,
    tombstones: Vec<(String, i64)>,
    done: Vec<(String, String, u64, i64)>,
}

impl Manifest {
    pub fn ref_list(&self) -> RefList { RefList { generation: self.generation, refs: self.refs.clone() } }

    pub fn encode(&self) -> Vec<u8> {
        let stored = Stored {
            format: 1,
            generation: self.generation,
            collections: self.collections,
            refs: self.refs.iter().map(|(name, at)| (name.clone(), at.hex())).collect(),
            packs: self.packs.iter().map(Address::hex).collect(),
            tombstones: self.tombstones.iter().map(|stone| (stone.id.hex(), stone.at_ms)).collect(),
            done: self.done.iter().map(|done| (done.key.clone(), done.request.hex(), done.generation, done.at_ms)).collect(),
        };
        serde_json::to_vec_pretty(&stored).unwrap_or_default()
    }

    pub fn decode(bytes: &[u8]) -> Result<Manifest> {
        let stored: Stored = serde_json::from_slice(bytes).map_err(|error| Error::corrupt(format!("manifest: {error}")))?;
        if stored.format != 1 {
            return Err(Error::new(prollite::Code::FormatNewer, format!("manifest has format {}, this server reads 1", stored.format)));
        }
        let address = |text: &str| Address::from_hex(text).ok_or_else(|| Error::corrupt(format!("manifest: {text} is no address")));
        let mut manifest = Manifest { generation: stored.generation, collections: stored.collections, ..Manifest::default() };
        for (name, at) in &stored.refs {
            check_remote_ref(name).map_err(|error| Error::corrupt(format!("manifest: {}", error.message())))?;
            manifest.refs.insert(name.clone(), address(at)?);
        }
        manifest.packs = stored.packs.iter().map(|id| address(id)).collect::<Result<_>>()?;
        for (id, at_ms) in &stored.tombstones {
            manifest.tombstones.push(Tombstone { id: address(id)?, at_ms: *at_ms });
        }
        for (key, request, generation, at_ms) in stored.done {
            manifest.done.push(DonePush { key, request: address(&request)?, generation, at_ms });
        }
        Ok(manifest)
    }

    pub fn done_push(&self, key: &str) -> Option<&DonePush> { self.done.iter().rev().find(|done| done.key == key) }

    pub fn remember(&mut self, done: DonePush) {
        let since = done.at_ms - IDEM_MS;
        self.done.push(done);
        self.done.retain(|done| done.at_ms >= since);
        let surplus = self.done.len().saturating_sub(MAX_IDEM);
        self.done.drain(..surplus);
    }
}
