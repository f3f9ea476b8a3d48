//! The new chunks of a transaction.

use std::cell::RefCell;

use super::memory::AddressMap;
use super::{Chunk, ChunkStore, Partial, Store};
use crate::error::Result;
use crate::hash::Address;

/// Keeps what is put, in write order, above a store that only reads fall through to.
pub struct Overlay {
    base: Store,
    new: RefCell<New>,
}

#[derive(Default)]
struct New {
    order: Vec<(Address, Chunk)>,
    index: AddressMap<usize>,
    bytes: usize,
}

impl Overlay {
    pub fn new(base: Store) -> Self {
        Overlay {
            base,
            new: RefCell::default(),
        }
    }

    pub fn base(&self) -> &Store {
        &self.base
    }
    /// Bytes of the new chunks.
    pub fn bytes(&self) -> usize {
        self.new.borrow().bytes
    }
    /// Number of new chunks.
    pub fn len(&self) -> usize {
        self.new.borrow().order.len()
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The new chunks in write order, which puts children before their parents.
    pub fn chunks(&self) -> Vec<Chunk> {
        self.new.borrow().order.iter().map(|(_, chunk)| chunk.clone()).collect()
    }

    /// The new chunks in write order; the overlay is empty afterwards.
    pub fn take(&self) -> Vec<(Address, Chunk)> {
        std::mem::take(&mut *self.new.borrow_mut()).order
    }

    /// The new chunks that can be reached from `roots`, each tree in its own order from the root on:
    /// what a transaction leaves behind that flushed more than once is not worth storing. `expand`
    /// tells what a chunk points to. The overlay keeps everything; [`Overlay::take`] empties it.
    pub fn reachable(
        &self,
        roots: &[Address],
        expand: &mut dyn FnMut(&Chunk) -> Result<Vec<Address>>,
    ) -> Result<Vec<(Address, Chunk)>> {
        let new = self.new.borrow();
        let mut seen: AddressMap<()> = AddressMap::default();
        let mut found = Vec::new();
        let mut ahead: Vec<Address> = roots.iter().rev().copied().collect();
        while let Some(address) = ahead.pop() {
            let Some(at) = new.index.get(&address) else { continue };
            if seen.insert(address, ()).is_none() {
                let (_, chunk) = &new.order[*at];
                ahead.extend(expand(chunk)?.into_iter().rev());
                found.push((address, chunk.clone()));
            }
        }
        Ok(found)
    }

    /// Drops all new chunks.
    pub fn clear(&self) {
        self.take();
    }
}

impl ChunkStore for Overlay {
    fn get(&self, address: &Address) -> Result<Chunk> {
        let new = self.new.borrow();
        match new.index.get(address) {
            Some(at) => Ok(new.order[*at].1.clone()),
            None => {
                drop(new);
                self.base.get(address)
            }
        }
    }

    fn put(&self, chunk: Chunk) -> Result<Address> {
        let address = chunk.address();
        let new = &mut *self.new.borrow_mut();
        if let std::collections::hash_map::Entry::Vacant(entry) = new.index.entry(address) {
            entry.insert(new.order.len());
            new.bytes += chunk.len();
            new.order.push((address, chunk));
        }
        Ok(address)
    }

    fn contains(&self, address: &Address) -> Result<bool> {
        let here = self.new.borrow().index.contains_key(address);
        Ok(here || self.base.contains(address)?)
    }

    fn want(&self, addresses: &[Address]) -> Result<bool> {
        let new = self.new.borrow();
        let below: Vec<Address> = addresses
            .iter()
            .filter(|address| !new.index.contains_key(address))
            .copied()
            .collect();
        drop(new);
        self.base.want(&below)
    }

    fn partial(&self) -> Option<&Partial> {
        self.base.partial()
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::chunk::MemoryStore;

    #[test]
    fn new_chunks_lie_above_the_base() {
        let base: Store = Rc::new(MemoryStore::new());
        let old = base.put(Chunk::new(&b"old"[..])).unwrap();
        let overlay = Overlay::new(base.clone());
        let new = overlay.put(Chunk::new(&b"new"[..])).unwrap();
        overlay.put(Chunk::new(&b"new"[..])).unwrap();
        assert!(overlay.get(&old).is_ok() && overlay.get(&new).is_ok() && base.get(&new).is_err());
        assert!(overlay.contains(&old).unwrap() && overlay.want(&[old, new]).unwrap());
        assert_eq!((overlay.len(), overlay.bytes()), (1, 3));
        assert_eq!(
            overlay.take().iter().map(|(address, _)| *address).collect::<Vec<_>>(),
            [new]
        );
        assert!(overlay.is_empty() && overlay.bytes() == 0 && overlay.get(&new).is_err());
    }

    #[test]
    fn only_what_the_roots_reach_is_kept() {
        let overlay = Overlay::new(Rc::new(MemoryStore::new()));
        let leaf = overlay.put(Chunk::new(&b"leaf"[..])).unwrap();
        overlay.put(Chunk::new(&b"left behind"[..])).unwrap();
        let root = overlay.put(Chunk::new(leaf.as_bytes().to_vec())).unwrap();
        let mut expand = |chunk: &Chunk| Ok(Address::from_slice(chunk.bytes()).into_iter().collect());
        let found = overlay.reachable(&[root, root], &mut expand).unwrap();
        assert_eq!(
            found.iter().map(|(address, _)| *address).collect::<Vec<_>>(),
            [root, leaf]
        );
    }
}
