//! Garbage collection: what is kept. What to do with the rest is the business of whoever owns the store.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::refs::REFLOG;
use super::{reflog, RefMap, RefName, Walk};
use crate::chunk::Store;
use crate::error::Result;
use crate::hash::Address;

/// Reflogs keep what they list this long.
pub const REFLOG_DAYS: i64 = 30;
const DAY_MS: i64 = 86_400_000;

/// A marking under way. [`Gc::run`] may answer a fault: call it again, it goes on where it was.
pub struct Gc {
    store: Store,
    refs: RefMap,
    /// Reflogs still to be cut.
    reflogs: Vec<(RefName, Bytes)>,
    since_ms: i64,
    prune: bool,
    trimmed: BTreeMap<RefName, Option<Bytes>>,
    pins: Vec<Address>,
    walk: Option<Walk>,
}

/// What a marking found.
pub struct Kept {
    /// Addresses of all chunks that stay, ascending; of a lazy clone also those that its own chunks point to.
    pub chunks: Vec<Address>,
    /// How many of them it has not read yet.
    pub left_out: u64,
    /// Reflogs that became shorter: records to set (`None`: to remove) in the same publication.
    pub records: BTreeMap<RefName, Option<Bytes>>,
}

impl Gc {
    /// `prune` keeps no reflog at all, so that what must be forgotten is. New chunks (of reflogs that became shorter)
    /// go into `store`. `pins`: commits, roots or trees that open readers hold.
    pub fn new(store: &Store, refs: RefMap, now_ms: i64, prune: bool, pins: Vec<Address>) -> Self {
        let reflogs = refs.iter().filter(|(name, _)| name.starts_with(REFLOG));
        Gc {
            store: store.clone(),
            reflogs: reflogs.map(|(name, value)| (name.clone(), value.clone())).collect(),
            since_ms: now_ms.saturating_sub(REFLOG_DAYS * DAY_MS),
            refs,
            prune,
            trimmed: BTreeMap::new(),
            pins,
            walk: None,
        }
    }

    pub fn run(&mut self) -> Result<Kept> {
        while let Some((name, value)) = self.reflogs.last() {
            if self.prune {
                self.trimmed.insert(name.clone(), None);
            } else {
                if let Some(shorter) = reflog::trim(&self.store, value, self.since_ms)? {
                    self.trimmed.insert(name.clone(), Some(shorter));
                }
            }
            self.reflogs.pop();
        }
        if self.walk.is_none() {
            let mut refs = self.refs.clone();
            for (name, value) in &self.trimmed {
                match value {
                    Some(value) => refs.insert(name.clone(), value.clone()),
                    None => refs.remove(name),
                };
            }
            let mut walk = Walk::of_refs(&self.store, &refs)?;
            self.pins.iter().for_each(|pin| walk.push(*pin, super::Role::Plain));
            self.walk = Some(walk);
        }
        if let Some(walk) = &mut self.walk {
            while walk.next()?.is_some() {}
        }
        let walk = self.walk.take();
        let left_out = walk.as_ref().map_or(0, Walk::left_out);
        let chunks = walk.map(Walk::into_seen).unwrap_or_default();
        Ok(Kept { chunks, left_out, records: std::mem::take(&mut self.trimmed) })
    }
}
