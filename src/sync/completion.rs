//! Makes a lazy clone whole: everything that its records reach is read, by way of the driver from the remote where it is not
//! here. What was read as a query needed it was checked against its address alone; here every chunk is checked to be what
//! its parent says, as a clone checks it.

use super::expected::{rows_of_root, Expected};
use crate::chunk::{AddressMap, Kind, Store};
use crate::error::{Error, Result};
use crate::hash::Address;
use crate::repo::{record_points_to, RefMap, Role, Schema, Walk};

/// Most chunks that one round asks for.
const AHEAD: usize = 1_024;

/// [`Completion::run`] may answer a fault: call it again, it goes on where it was.
pub struct Completion {
    store: Store,
    /// Depth first, so that it stays short.
    stack: Vec<(Address, Expected)>,
    /// What faulted.
    waiting: Vec<(Address, Expected)>,
    /// What each chunk was checked as, as bits.
    seen: AddressMap<u8>,
    /// What records point to beside commits: working sets, conflicts, reflogs.
    others: Vec<(Address, Role)>,
    walk: Option<Walk>,
}

impl Completion {
    /// May fault: begin again then.
    pub fn new(store: &Store, refs: &RefMap) -> Result<Self> {
        let (mut stack, mut others) = (Vec::new(), Vec::new());
        for (name, value) in refs {
            for (address, role) in record_points_to(name, value)? {
                let kind = if address.is_none() || role != Role::Plain { None } else { Some(store.get(&address)?.kind()?) };
                match kind {
                    Some(Kind::Commit) => stack.push((address, Expected::Commit)),
                    Some(Kind::Tag) => stack.push((address, Expected::Tag)),
                    _ => others.push((address, role)),
                }
            }
        }
        Ok(Completion { store: store.clone(), stack, waiting: Vec::new(), seen: AddressMap::default(), others, walk: None })
    }

    pub fn run(&mut self) -> Result<()> {
        self.stack.append(&mut self.waiting);
        while let Some((address, expected)) = self.stack.pop() {
            let known = self.seen.get(&address).copied().unwrap_or(0);
            if known & expected.bit() != 0 {
                continue;
            }
            let edges = match self.edges(&address, &expected) {
                // What can be looked at is, so that one round fetches much.
                Err(error) if error.is_fault() => {
                    self.waiting.push((address, expected));
                    if self.waiting.len() < AHEAD {
                        continue;
                    }
                    return Err(error);
                }
                edges => edges?,
            };
            self.seen.insert(address, known | expected.bit());
            let is_new = |(address, expected): &(Address, Expected)| {
                !address.is_none() && self.seen.get(address).is_none_or(|bits| bits & expected.bit() == 0)
            };
            self.stack.extend(edges.into_iter().filter(is_new));
        }
        if let Some((address, _)) = self.waiting.first() {
            return Err(Error::fault(*address));
        }
        if self.walk.is_none() {
            let mut walk = Walk::new(&self.store).everywhere();
            self.seen.keys().for_each(|address| walk.skip(*address));
            self.others.iter().for_each(|(address, role)| walk.push(*address, *role));
            self.walk = Some(walk);
        }
        if let Some(walk) = &mut self.walk {
            while walk.next()?.is_some() {}
        }
        Ok(())
    }

    fn edges(&self, address: &Address, expected: &Expected) -> Result<Vec<(Address, Expected)>> {
        let chunk = self.store.get(address)?;
        let mut edges = expected.edges(&chunk)?;
        match expected {
            Expected::Commit if self.store.partial().is_some_and(|partial| partial.ends_at(address)) => {
                edges.retain(|(_, edge)| *edge != Expected::Commit);
            }
            Expected::Root => {
                let schemas: Vec<Address> = edges.iter().map(|(schema, _)| *schema).collect();
                self.store.want(&schemas)?;
                edges.extend(rows_of_root(&chunk, &mut |schema| Ok(Schema::read(&*self.store, schema)?.is_keyless()))?);
            }
            _ => {}
        }
        Ok(edges)
    }
}
