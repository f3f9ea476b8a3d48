//! Chunks in memory under a byte budget.

use std::cell::Cell;

use super::memory::AddressMap;
use super::Chunk;
use crate::hash::Address;

/// What an entry takes besides its bytes: handles and its place in the table.
const ENTRY_OVERHEAD: usize = 160;

/// Keeps what was used last. Each use stamps an entry with a tick; when the budget is crossed, the
/// entries with the oldest stamps go until an eighth of it is free, so that a sweep over all entries
/// is paid by many insertions. What was used since a pin was taken stays, beyond the budget if need be.
pub(super) struct Residency {
    entries: AddressMap<Entry>,
    bytes: usize,
    budget: usize,
    tick: Cell<u64>,
    /// Entries stamped from here on stay; taken when the outermost pin was.
    pinned_from: Option<u64>,
    pins: usize,
    /// Sweeping again is useless below this size: the last sweep found no more to drop.
    sweep_at: usize,
}

struct Entry {
    chunk: Chunk,
    used: Cell<u64>,
    /// Not durable anywhere: stays until it is.
    unsaved: bool,
}

impl Residency {
    pub fn new(budget: usize) -> Self {
        Residency {
            entries: AddressMap::default(),
            bytes: 0,
            budget,
            tick: Cell::new(1),
            pinned_from: None,
            pins: 0,
            sweep_at: budget,
        }
    }

    pub fn bytes(&self) -> usize {
        self.bytes
    }
    pub fn len(&self) -> usize {
        self.entries.len()
    }
    pub fn budget(&self) -> usize {
        self.budget
    }

    pub fn set_budget(&mut self, budget: usize) {
        self.budget = budget;
        self.sweep_at = budget;
        self.sweep();
    }

    fn stamp(&self) -> u64 {
        self.tick.set(self.tick.get() + 1);
        self.tick.get()
    }

    pub fn get(&self, address: &Address) -> Option<Chunk> {
        let entry = self.entries.get(address)?;
        entry.used.set(self.stamp());
        Some(entry.chunk.clone())
    }

    pub fn contains(&self, address: &Address) -> bool {
        self.entries.contains_key(address)
    }

    /// Stamps it, when it is here.
    pub fn touch(&self, address: &Address) -> bool {
        let entry = self.entries.get(address);
        entry.inspect(|entry| entry.used.set(self.stamp())).is_some()
    }

    /// `false` when it was there already.
    pub fn insert(&mut self, address: Address, chunk: Chunk, unsaved: bool) -> bool {
        let used = Cell::new(self.stamp());
        if let Some(entry) = self.entries.get_mut(&address) {
            entry.used = used;
            return false;
        }
        self.bytes += chunk.len() + ENTRY_OVERHEAD;
        self.entries.insert(address, Entry { chunk, used, unsaved });
        self.sweep();
        true
    }

    /// The chunk is durable now, or not wanted any more: it may be dropped like any other.
    pub fn saved(&mut self, address: &Address) {
        if let Some(entry) = self.entries.get_mut(address) {
            entry.unsaved = false;
        }
    }

    pub fn remove(&mut self, address: &Address) -> Option<Chunk> {
        let entry = self.entries.remove(address)?;
        self.bytes -= entry.chunk.len() + ENTRY_OVERHEAD;
        Some(entry.chunk)
    }

    /// Drops everything that no pin and no missing write holds.
    pub fn clear(&mut self) {
        self.shrink_to(0);
    }

    pub fn pin(&mut self) {
        self.pins += 1;
        self.pinned_from.get_or_insert(self.tick.get() + 1);
    }

    pub fn unpin(&mut self) {
        self.pins = self.pins.saturating_sub(1);
        if self.pins == 0 {
            self.pinned_from = None;
            self.sweep_at = self.budget;
            self.sweep();
        }
    }

    /// The only pin begins anew.
    pub fn renew_pin(&mut self) {
        if self.pins == 1 {
            self.pinned_from = Some(self.tick.get() + 1);
            self.sweep_at = self.budget;
        }
    }

    /// Drops the oldest until `bytes` more fit under the budget. Little is not worth a sweep.
    pub fn make_room(&mut self, bytes: usize) {
        let size = self.budget.saturating_sub(bytes);
        if bytes > self.budget / 16 && self.bytes > size {
            self.shrink_to(size);
        }
    }

    fn sweep(&mut self) {
        if self.bytes > self.sweep_at {
            self.shrink_to(self.budget - self.budget / 8);
            self.sweep_at = self.budget.max(self.bytes + self.budget / 8);
        }
    }

    fn shrink_to(&mut self, size: usize) {
        let newest = self.tick.get();
        let from = self.pinned_from.unwrap_or(u64::MAX);
        // The newest entry stays: it is what the caller is about to read.
        let loose = self
            .entries
            .iter()
            .filter(|(_, entry)| !entry.unsaved && entry.used.get() < from.min(newest));
        let mut loose: Vec<(u64, Address)> = loose.map(|(address, entry)| (entry.used.get(), *address)).collect();
        loose.sort_unstable();
        for (_, address) in loose {
            if self.bytes <= size {
                return;
            }
            self.remove(&address);
        }
    }
}
