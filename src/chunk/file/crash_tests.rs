//! The store over a disk that loses power, or fails, at every operation in turn.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::io::{Error, ErrorKind, Result};
use std::rc::Rc;

use super::disk::Disk;
use super::FileStore;
use crate::chunk::{Chunk, ChunkStore};
use crate::hash::Address;

const SECTOR: usize = 64;

/// A file whose writes reach the plate at a sync, or by chance before it.
#[derive(Clone, Default)]
struct Plate {
    durable: Vec<u8>,
    /// What was done since: the content after each operation.
    seen: Vec<u8>,
}

#[derive(Default)]
struct World {
    file: Plate,
    beside: Plate,
    /// Operations that still succeed.
    left: usize,
    /// The power is gone; otherwise one operation fails and the next ones succeed.
    cuts_power: bool,
}

impl World {
    fn step(&mut self) -> Result<()> {
        match self.left.checked_sub(1) {
            Some(left) => self.left = left,
            None if self.cuts_power => return Err(Error::other("no power")),
            None => {
                self.left = usize::MAX;
                return Err(ErrorKind::StorageFull.into());
            }
        }
        Ok(())
    }
}

struct Simulated {
    world: Rc<RefCell<World>>,
    is_beside: bool,
}

impl Simulated {
    fn with<T>(&self, work: impl FnOnce(&mut Plate) -> T) -> T {
        let world = &mut *self.world.borrow_mut();
        work(if self.is_beside {
            &mut world.beside
        } else {
            &mut world.file
        })
    }
}

impl Disk for Simulated {
    fn name(&self) -> String {
        "simulated".into()
    }
    fn len(&mut self) -> Result<u64> {
        Ok(self.with(|plate| plate.seen.len() as u64))
    }

    fn read_at(&mut self, at: u64, out: &mut [u8]) -> Result<()> {
        self.with(|plate| {
            let found = plate
                .seen
                .get(at as usize..at as usize + out.len())
                .ok_or(ErrorKind::UnexpectedEof)?;
            out.copy_from_slice(found);
            Ok(())
        })
    }

    fn write_at(&mut self, at: u64, bytes: &[u8]) -> Result<()> {
        let stepped = self.world.borrow_mut().step();
        // A write that fails may have written a part.
        let written = if stepped.is_ok() { bytes.len() } else { bytes.len() / 2 };
        self.with(|plate| {
            let end = at as usize + written;
            plate.seen.resize(plate.seen.len().max(end), 0);
            plate.seen[at as usize..end].copy_from_slice(&bytes[..written]);
        });
        stepped
    }

    fn set_len(&mut self, len: u64) -> Result<()> {
        self.world.borrow_mut().step()?;
        self.with(|plate| plate.seen.resize(len as usize, 0));
        Ok(())
    }

    fn sync(&mut self) -> Result<()> {
        self.world.borrow_mut().step()?;
        self.with(|plate| plate.durable.clone_from(&plate.seen));
        Ok(())
    }

    fn beside(&self) -> Result<Box<dyn Disk>> {
        self.world.borrow_mut().beside = Plate::default();
        Ok(Box::new(Simulated {
            world: self.world.clone(),
            is_beside: true,
        }))
    }

    fn settle(&mut self) -> Result<()> {
        let world = &mut *self.world.borrow_mut();
        world.step()?;
        world.file = std::mem::take(&mut world.beside);
        self.is_beside = false;
        Ok(())
    }
}

/// What is on the plate after the power came back: of what was not synced, any sectors.
fn after_crash(plate: &Plate, mut chance: u64) -> Vec<u8> {
    let mut draw = move || {
        chance = chance
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        chance >> 33
    };
    let (old, new) = (&plate.durable, &plate.seen);
    let mut bytes = old.clone();
    // The length is a sector of its own, so to speak.
    if draw() % 2 == 0 || new.len() < old.len() {
        bytes.resize(
            if draw() % 2 == 0 {
                new.len()
            } else {
                old.len().max(new.len())
            },
            0,
        );
    }
    for (at, sector) in new.chunks(SECTOR).enumerate() {
        let start = at * SECTOR;
        if draw() % 3 > 0 && start < bytes.len() {
            let end = (start + sector.len()).min(bytes.len());
            bytes[start..end].copy_from_slice(&sector[..end - start]);
        }
    }
    bytes
}

type Refs = BTreeMap<String, Vec<u8>>;

/// What the work got acknowledged, and what it was at when it failed.
#[derive(Default)]
struct Progress {
    acknowledged: Refs,
    attempted: Vec<Refs>,
    failed: bool,
}

impl Progress {
    fn publish(&mut self, store: &FileStore, name: &str, addresses: &[Address]) {
        let value: Vec<u8> = addresses.iter().flat_map(|address| address.0).collect();
        let mut next = self.acknowledged.clone();
        next.insert(name.to_string(), value.clone());
        match store.publish(&[(name.to_string(), Some(value))]) {
            Ok(()) => {
                self.acknowledged = next;
                self.attempted.clear();
            }
            Err(_) => {
                self.failed = true;
                self.attempted.push(next);
            }
        }
        assert_eq!(store.refs(), self.acknowledged, "a failed batch is not seen");
    }
}

/// Four batches with a sweep in the midst; each ref names its chunks.
fn work(world: &Rc<RefCell<World>>) -> Progress {
    let mut progress = Progress::default();
    let disk = Simulated {
        world: world.clone(),
        is_beside: false,
    };
    let Ok(store) = FileStore::on(Box::new(disk)) else {
        progress.failed = true;
        return progress;
    };
    for batch in 0..4usize {
        let chunks = (0..4).map(|n| Chunk::new(vec![(batch * 4 + n) as u8; 90 + 50 * n]));
        let addresses: Vec<Address> = chunks.filter_map(|chunk| store.put(chunk).ok()).collect();
        assert_eq!(addresses.len(), 4);
        progress.publish(&store, if batch % 2 == 0 { "main" } else { "other" }, &addresses);
        if batch == 2 {
            let named =
                |value: &Vec<u8>| -> Vec<Address> { value.chunks(32).filter_map(Address::from_slice).collect() };
            let keep: HashSet<Address> = store.refs().values().flat_map(named).collect();
            progress.failed |= store.sweep(&keep).is_err();
        }
    }
    progress
}

fn check(bytes: Vec<u8>, progress: &Progress, story: &str) {
    let plate = Plate {
        durable: bytes.clone(),
        seen: bytes,
    };
    let world = World {
        file: plate,
        left: usize::MAX,
        ..World::default()
    };
    let disk = Simulated {
        world: Rc::new(RefCell::new(world)),
        is_beside: false,
    };
    let store = FileStore::on(Box::new(disk)).unwrap_or_else(|error| panic!("{story}: {error}"));
    let refs = store.refs();
    let allowed = refs == progress.acknowledged || progress.attempted.contains(&refs);
    assert!(allowed, "{story}: {:?}", refs.keys().collect::<Vec<_>>());
    for address in refs
        .values()
        .flat_map(|value| value.chunks(32))
        .filter_map(Address::from_slice)
    {
        assert_eq!(store.get(&address).unwrap().address(), address, "{story}");
    }
}

#[test]
fn power_is_lost_at_every_operation() {
    for left in 0.. {
        let world = Rc::new(RefCell::new(World {
            left,
            cuts_power: true,
            ..World::default()
        }));
        let progress = work(&world);
        for chance in 0..200 {
            let bytes = after_crash(&world.borrow().file, chance);
            check(
                bytes,
                &progress,
                &format!("power lost after {left} operations, {chance}"),
            );
        }
        if !progress.failed {
            assert!(left > 10);
            return;
        }
    }
}

/// A full disk fails one operation, and the work goes on: what was acknowledged is there, what was
/// refused is not, and comes back neither at once nor at the next open.
#[test]
fn every_operation_fails_once() {
    for left in 0.. {
        let world = Rc::new(RefCell::new(World {
            left,
            ..World::default()
        }));
        let progress = work(&world);
        let bytes = world.borrow().file.seen.clone();
        check(
            bytes,
            &Progress {
                attempted: Vec::new(),
                ..progress
            },
            &format!("operation {left} failed"),
        );
        if world.borrow().left < usize::MAX - 100 {
            assert!(left > 10);
            return;
        }
    }
}
