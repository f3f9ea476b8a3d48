//! A store that has at once what it has, under a database of which a part is left out on purpose.

use super::{Chunk, ChunkStore, FaultLog, Partial, Store};
use crate::error::{Error, Result};
use crate::hash::Address;

/// Reads of what is left out go to the fault log; the driver asks the remote and puts what came.
pub struct LazyStore { base: Store, faults: FaultLog, partial: Partial }

impl LazyStore {
    pub fn new(base: Store) -> Self { LazyStore { base, faults: FaultLog::new(), partial: Partial::default() } }

    pub fn faults(&self) -> &FaultLog { &self.faults }

    fn is_left_out(&self, address: &Address) -> Result<bool> {
        Ok((self.partial.is_lazy() || self.partial.is_shallow()) && !self.base.contains(address)?)
    }
}

impl ChunkStore for LazyStore {
    fn get(&self, address: &Address) -> Result<Chunk> {
        if self.is_left_out(address)? {
            self.faults.log(*address);
            return Err(Error::fault(*address));
        }
        self.base.get(address)
    }

    fn put(&self, chunk: Chunk) -> Result<Address> { self.base.put(chunk) }

    fn contains(&self, address: &Address) -> Result<bool> { self.base.contains(address) }

    fn want(&self, addresses: &[Address]) -> Result<bool> {
        let mut all = true;
        for address in addresses {
            if self.is_left_out(address)? {
                self.faults.log(*address);
                all = false;
            }
        }
        Ok(all)
    }

    fn partial(&self) -> Option<&Partial> { Some(&self.partial) }
}
