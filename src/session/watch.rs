//! Tells whether a statement met a fault, even where the error was swallowed on its way:
//! an outcome counts only if no read was refused.

use std::cell::Cell;

use crate::chunk::{Chunk, ChunkStore, Partial, Store};
use crate::error::Result;
use crate::hash::Address;

pub struct Watch { base: Store, faulted: Cell<bool> }

impl Watch {
    pub fn new(base: Store) -> Self { Watch { base, faulted: Cell::new(false) } }

    /// Whether a read was refused since the last call.
    pub fn take_fault(&self) -> bool { self.faulted.replace(false) }
}

impl ChunkStore for Watch {
    fn get(&self, address: &Address) -> Result<Chunk> {
        let got = self.base.get(address);
        if let Err(error) = &got {
            self.faulted.set(self.faulted.get() || error.is_fault());
        }
        got
    }
    fn put(&self, chunk: Chunk) -> Result<Address> { self.base.put(chunk) }
    fn contains(&self, address: &Address) -> Result<bool> { self.base.contains(address) }
    fn want(&self, addresses: &[Address]) -> Result<bool> { self.base.want(addresses) }
    fn partial(&self) -> Option<&Partial> { self.base.partial() }
}
