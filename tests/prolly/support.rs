//! Generated contents, and a store that faults.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::rc::Rc;

use bytes::Bytes;
use prollite::chunk::{Chunk, ChunkStore, MemoryStore, Store};
use prollite::prolly::{KeyRange, Map};
use prollite::{Address, Error, Result};
use proptest::prelude::*;
use proptest::test_runner::Config;

pub type Model = BTreeMap<Bytes, Bytes>;

pub fn config() -> Config {
    let cases = std::env::var("PROLLITE_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(48);
    Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    }
}

/// Sizes from `least` to below `limit`. What goes wrong in a large tree mostly goes wrong in one of a few nodes, which
/// costs a tenth: one in eight is drawn from the whole range.
pub fn size(least: usize, limit: usize) -> impl Strategy<Value = usize> {
    prop_oneof![
        4 => least..(limit / 10).max(least + 1),
        3 => least..(limit / 3).max(least + 1),
        1 => least..limit,
    ]
}

/// SplitMix64: the same numbers on every machine.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n.max(1)
    }

    pub fn bytes(&mut self, len: usize) -> Bytes {
        let mut bytes = vec![0; len];
        for part in bytes.chunks_mut(8) {
            let word = self.next().to_le_bytes();
            part.copy_from_slice(&word[..part.len()]);
        }
        Bytes::from(bytes)
    }

    /// Mostly short, now and then as long as a value may be.
    pub fn value(&mut self, shape: Shape) -> Bytes {
        let len = match shape {
            Shape::Dense => self.below(40),
            Shape::Wide => 1_500 + self.below(2_500),
            Shape::Mixed => match self.below(20) {
                0 => self.below(4_097),
                1 => 0,
                _ => self.below(120),
            },
        };
        self.bytes(len as usize)
    }

    pub fn key(&mut self, shape: Shape, space: u64) -> Bytes {
        let n = self.below(space);
        match shape {
            Shape::Dense => Bytes::copy_from_slice(&n.to_be_bytes()),
            Shape::Wide => {
                let mut key = n.to_be_bytes().to_vec();
                key.resize(8 + (n.wrapping_mul(0x9e37_79b9) % 3_000) as usize, 7);
                Bytes::from(key)
            }
            Shape::Mixed => {
                let mut key = format!("{:x}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15)).into_bytes();
                key.truncate(1 + (n % 17) as usize);
                key.extend_from_slice(&n.to_le_bytes()[..3]);
                Bytes::from(key)
            }
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// Short keys, short values: many entries a node.
    Dense,
    /// Keys and values near their limits: few children a node, high trees.
    Wide,
    Mixed,
}

impl Shape {
    pub fn of(n: u8) -> Shape {
        [Shape::Dense, Shape::Wide, Shape::Mixed][usize::from(n) % 3]
    }
}

pub fn content(seed: u64, shape: Shape, entries: usize) -> Model {
    let mut random = Random(seed);
    let space = (entries as u64 * 3).max(8);
    (0..entries)
        .map(|_| (random.key(shape, space), random.value(shape)))
        .collect()
}

/// Edits that change, add and delete, over the same keys.
pub fn edits(seed: u64, shape: Shape, model: &Model, edits: usize) -> BTreeMap<Bytes, Option<Bytes>> {
    let mut random = Random(seed);
    let space = (model.len() as u64 * 3).max(8);
    let keys: Vec<&Bytes> = model.keys().collect();
    let mut edit = || {
        let known = !keys.is_empty() && random.below(2) == 0;
        let key = if known {
            keys[random.below(keys.len() as u64) as usize].clone()
        } else {
            random.key(shape, space)
        };
        let value = (random.below(3) > 0).then(|| random.value(shape));
        (key, value)
    };
    (0..edits).map(|_| edit()).collect()
}

pub fn patch(model: &mut Model, edits: &BTreeMap<Bytes, Option<Bytes>>) {
    for (key, value) in edits {
        match value {
            Some(value) => model.insert(key.clone(), value.clone()),
            None => model.remove(key),
        };
    }
}

pub fn apply(store: &dyn ChunkStore, map: Map, edits: &BTreeMap<Bytes, Option<Bytes>>) -> Map {
    map.apply(
        store,
        &mut edits.iter().map(|(key, value)| (key.clone(), value.clone())),
    )
    .unwrap()
}

pub fn build(store: &dyn ChunkStore, model: &Model) -> Map {
    Map::EMPTY
        .apply(
            store,
            &mut model.iter().map(|(key, value)| (key.clone(), Some(value.clone()))),
        )
        .unwrap()
}

pub fn memory() -> Store {
    Rc::new(MemoryStore::new())
}

/// A range whose ends are near keys of the model.
pub fn range(random: &mut Random, shape: Shape, model: &Model) -> KeyRange {
    let space = (model.len() as u64 * 3).max(8);
    let bound = |random: &mut Random| {
        let key = match random.below(3) {
            0 if !model.is_empty() => {
                let n = random.below(model.len() as u64) as usize;
                model.keys().nth(n).cloned().unwrap_or_default()
            }
            _ => random.key(shape, space),
        };
        match random.below(5) {
            0 => Bound::Unbounded,
            1 | 2 => Bound::Included(key),
            _ => Bound::Excluded(key),
        }
    };
    KeyRange {
        start: bound(random),
        end: bound(random),
    }
}

pub fn in_range(model: &Model, range: &KeyRange, reverse: bool) -> Vec<(Bytes, Bytes)> {
    let inside = model.iter().filter(|(key, _)| range.contains(key));
    let mut inside: Vec<_> = inside.map(|(key, value)| (key.clone(), value.clone())).collect();
    if reverse {
        inside.reverse();
    }
    inside
}

/// Faults on every address that was not admitted, and counts the rounds that it took.
pub struct ColdStore {
    base: Store,
    resident: RefCell<BTreeSet<Address>>,
    missing: RefCell<BTreeSet<Address>>,
    pub rounds: RefCell<usize>,
    pub asked: RefCell<usize>,
    pub writes: RefCell<usize>,
}

impl ColdStore {
    pub fn new(base: Store) -> Rc<Self> {
        Rc::new(ColdStore {
            base,
            resident: RefCell::default(),
            missing: RefCell::default(),
            rounds: RefCell::default(),
            asked: RefCell::default(),
            writes: RefCell::default(),
        })
    }

    /// Forgets all that is resident, as a browser's cache might.
    pub fn evict(&self) {
        self.resident.borrow_mut().clear();
    }

    /// Admits what was asked for; `limit` of them, to stand for a fetch that brings only a part.
    pub fn admit(&self, limit: usize) {
        *self.rounds.borrow_mut() += 1;
        let missing = std::mem::take(&mut *self.missing.borrow_mut());
        assert!(!missing.is_empty(), "a fault without a logged address");
        *self.asked.borrow_mut() += missing.len();
        self.resident
            .borrow_mut()
            .extend(missing.into_iter().take(limit.max(1)));
    }

    /// Runs `call` until it does not fault.
    pub fn drive<T>(&self, limit: usize, mut call: impl FnMut() -> Result<T>) -> T {
        loop {
            match call() {
                Err(error) if error.is_fault() => self.admit(limit),
                answer => return answer.unwrap(),
            }
        }
    }
}

impl ChunkStore for ColdStore {
    fn get(&self, address: &Address) -> Result<Chunk> {
        if self.resident.borrow().contains(address) {
            return self.base.get(address);
        }
        self.missing.borrow_mut().insert(*address);
        Err(Error::fault(*address))
    }

    fn put(&self, chunk: Chunk) -> Result<Address> {
        *self.writes.borrow_mut() += 1;
        let address = self.base.put(chunk)?;
        self.resident.borrow_mut().insert(address);
        Ok(address)
    }

    fn contains(&self, address: &Address) -> Result<bool> {
        self.base.contains(address)
    }

    fn want(&self, addresses: &[Address]) -> Result<bool> {
        let resident = self.resident.borrow();
        let missing = addresses.iter().filter(|address| !resident.contains(address));
        self.missing.borrow_mut().extend(missing.clone().copied());
        Ok(missing.count() == 0)
    }
}
