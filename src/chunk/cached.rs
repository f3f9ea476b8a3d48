//! The part of a store that is in memory, over one that can only be asked asynchronously.

use std::cell::{Cell, RefCell};

use bytes::Bytes;

use super::residency::Residency;
use super::{interrupt, Chunk, ChunkStore, FaultLog};
use crate::error::{Code, Error, Result};
use crate::hash::Address;

/// A residency under a byte budget. A read of what is not resident goes to the fault log and comes
/// back as a fault; the driver drains the log, fetches, and admits. What exists beyond the
/// residency is told by a function: its owner has an index of the durable chunks.
pub struct CachedStore {
    resident: RefCell<Residency>,
    written: RefCell<Vec<Chunk>>,
    faults: FaultLog,
    known: Box<dyn Fn(&Address) -> bool>,
    ceiling: Cell<usize>,
}

impl CachedStore {
    /// Bytes kept when nobody says otherwise.
    pub const BUDGET: usize = 64 << 20;
    /// Bytes that one statement may hold beyond the budget before it fails.
    pub const CEILING: usize = 512 << 20;

    /// `known` tells whether a chunk exists, resident or not.
    pub fn new(budget: usize, known: impl Fn(&Address) -> bool + 'static) -> Self {
        CachedStore {
            resident: RefCell::new(Residency::new(budget)),
            written: RefCell::default(),
            faults: FaultLog::new(),
            known: Box::new(known),
            ceiling: Cell::new(Self::CEILING.max(budget)),
        }
    }

    pub fn faults(&self) -> &FaultLog {
        &self.faults
    }

    /// Makes bytes resident. `verify` hashes them first: bytes from a remote, not those from a place
    /// that was checked when they were written.
    pub fn admit(&self, address: Address, bytes: impl Into<Bytes>, verify: bool) -> Result<()> {
        let chunk = Chunk::new(bytes);
        if verify {
            let found = chunk.address();
            if found != address {
                return Err(Error::corrupt(format!(
                    "chunk {address} was expected, its bytes hash to {found}"
                )));
            }
        }
        self.admit_chunk(address, chunk)
    }

    /// Makes a chunk resident whose address is known to be right, such as one just made durable.
    pub fn admit_chunk(&self, address: Address, chunk: Chunk) -> Result<()> {
        let mut resident = self.resident.borrow_mut();
        resident.insert(address, chunk, false);
        if resident.bytes() > self.ceiling.get() {
            return Err(Error::new(
                Code::NoMemory,
                format!(
                    "a statement needs more than {} bytes of chunks at once",
                    self.ceiling.get()
                ),
            ));
        }
        Ok(())
    }

    pub fn is_resident(&self, address: &Address) -> bool {
        self.resident.borrow().contains(address)
    }

    /// What is read from here on stays resident until the matching `end_statement`, beyond the budget
    /// if need be: a statement that runs again must find what it faulted in. Pairs nest.
    pub fn begin_statement(&self) {
        self.resident.borrow_mut().pin();
    }

    pub fn end_statement(&self) {
        self.resident.borrow_mut().unpin();
    }

    /// What was read before is not needed again by the statement that runs. Others that run beside it keep what they have.
    pub fn renew_statement(&self) {
        self.resident.borrow_mut().renew_pin();
    }

    /// Chunks put here and not taken yet, in write order. Until then they are not dropped.
    pub fn take_written(&self) -> Vec<Chunk> {
        let written = std::mem::take(&mut *self.written.borrow_mut());
        let mut resident = self.resident.borrow_mut();
        for chunk in &written {
            resident.saved(&chunk.address());
        }
        written
    }

    pub fn resident_bytes(&self) -> usize {
        self.resident.borrow().bytes()
    }
    pub fn resident_chunks(&self) -> usize {
        self.resident.borrow().len()
    }
    pub fn budget(&self) -> usize {
        self.resident.borrow().budget()
    }

    pub fn set_budget(&self, budget: usize) {
        self.ceiling.set(self.ceiling.get().max(budget));
        self.resident.borrow_mut().set_budget(budget);
    }

    pub fn set_ceiling(&self, ceiling: usize) {
        self.ceiling.set(ceiling);
    }

    /// The caller is about to hold `bytes` beside the cache.
    pub fn make_room(&self, bytes: usize) {
        self.resident.borrow_mut().make_room(bytes);
    }

    /// Drops what nothing holds.
    pub fn evict_all(&self) {
        self.resident.borrow_mut().clear();
    }

    /// Forgets one chunk, as gc does.
    pub fn forget(&self, address: &Address) {
        self.resident.borrow_mut().remove(address);
    }
}

impl ChunkStore for CachedStore {
    fn get(&self, address: &Address) -> Result<Chunk> {
        interrupt::check()?;
        if let Some(chunk) = self.resident.borrow().get(address) {
            return Ok(chunk);
        }
        self.faults.log(*address);
        Err(Error::fault(*address))
    }

    fn put(&self, chunk: Chunk) -> Result<Address> {
        let address = chunk.address();
        if self.resident.borrow_mut().insert(address, chunk.clone(), true) {
            self.written.borrow_mut().push(chunk);
        }
        Ok(address)
    }

    fn contains(&self, address: &Address) -> Result<bool> {
        Ok(self.is_resident(address) || (self.known)(address))
    }

    fn want(&self, addresses: &[Address]) -> Result<bool> {
        let resident = self.resident.borrow();
        let mut all = true;
        for address in addresses {
            if !resident.touch(address) {
                self.faults.log(*address);
                all = false;
            }
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(n: u32) -> Chunk {
        let mut bytes = vec![0; 1_000];
        bytes[..4].copy_from_slice(&n.to_le_bytes());
        Chunk::new(bytes)
    }

    fn fill(store: &CachedStore, range: std::ops::Range<u32>) -> Vec<Address> {
        range
            .map(|n| {
                let chunk = chunk(n);
                store.admit(chunk.address(), chunk.bytes().clone(), true).unwrap();
                chunk.address()
            })
            .collect()
    }

    #[test]
    fn what_is_not_resident_is_logged_once() {
        let store = CachedStore::new(1 << 20, |_| true);
        let wanted: Vec<Address> = (0..3).map(|n| chunk(n).address()).collect();
        assert!(store.get(&wanted[0]).unwrap_err().is_fault());
        assert!(!store.want(&wanted).unwrap());
        assert_eq!(store.faults().drain(), wanted);
        assert!(store.faults().is_empty());
        fill(&store, 0..3);
        assert!(store.want(&wanted).unwrap());
        assert_eq!(store.get(&wanted[1]).unwrap().bytes(), chunk(1).bytes());
        assert!(store.contains(&Address::of(b"elsewhere")).unwrap());
    }

    #[test]
    fn the_oldest_go_first() {
        let store = CachedStore::new(100_000, |_| false);
        let addresses = fill(&store, 0..80);
        store.get(&addresses[0]).unwrap();
        fill(&store, 80..150);
        assert!(store.resident_bytes() <= 100_000);
        assert!(store.resident_chunks() > 60);
        assert!(store.get(&addresses[0]).is_ok());
        assert!(store.get(&addresses[1]).is_err());
    }

    #[test]
    fn a_statement_keeps_what_it_touched() {
        let store = CachedStore::new(50_000, |_| false);
        let before = fill(&store, 0..40);
        store.begin_statement();
        store.get(&before[7]).unwrap();
        store.begin_statement();
        let touched = fill(&store, 40..200);
        store.end_statement();
        assert!(store.want(&touched).unwrap() && store.get(&before[7]).is_ok());
        assert!(store.get(&before[8]).is_err());
        store.end_statement();
        assert!(store.resident_bytes() <= 50_000);
    }

    #[test]
    fn a_statement_that_goes_on_lets_go_of_what_it_read() {
        let store = CachedStore::new(50_000, |_| false);
        store.begin_statement();
        let first = fill(&store, 0..100);
        assert!(store.want(&first).unwrap());
        store.renew_statement();
        let second = fill(&store, 100..130);
        assert!(store.want(&second).unwrap() && store.resident_bytes() <= 50_000);
        assert!(!store.want(&first).unwrap());
        // Beside another statement nothing is let go.
        store.begin_statement();
        store.renew_statement();
        fill(&store, 200..260);
        assert!(store.want(&second).unwrap());
    }

    #[test]
    fn room_is_made_for_what_is_large() {
        let store = CachedStore::new(80_000, |_| false);
        fill(&store, 0..60);
        store.make_room(4_000);
        assert_eq!(store.resident_chunks(), 60);
        store.make_room(40_000);
        assert!(store.resident_bytes() <= 40_000 && store.resident_chunks() > 20);
    }

    #[test]
    fn a_statement_beyond_the_ceiling_fails() {
        let store = CachedStore::new(10_000, |_| false);
        store.set_ceiling(30_000);
        store.begin_statement();
        let failed = (0..100).find_map(|n| store.admit_chunk(chunk(n).address(), chunk(n)).err());
        assert_eq!(failed.map(|error| error.code()), Some(Code::NoMemory));
    }

    #[test]
    fn what_is_not_saved_stays() {
        let store = CachedStore::new(10_000, |_| false);
        let written: Vec<Address> = (0..50).map(|n| store.put(chunk(n)).unwrap()).collect();
        store.put(chunk(0)).unwrap();
        fill(&store, 100..150);
        assert!(store.want(&written).unwrap());
        assert_eq!(
            store.take_written().iter().map(Chunk::address).collect::<Vec<_>>(),
            written
        );
        fill(&store, 200..210);
        assert!(store.resident_bytes() <= 60_000 && !store.want(&written).unwrap());
    }

    #[test]
    fn bytes_that_are_not_the_address_are_refused() {
        let store = CachedStore::new(10_000, |_| false);
        let error = store
            .admit(chunk(1).address(), chunk(2).bytes().clone(), true)
            .unwrap_err();
        assert_eq!(error.code(), Code::Corrupt);
        assert!(!store.is_resident(&chunk(1).address()));
    }
}
