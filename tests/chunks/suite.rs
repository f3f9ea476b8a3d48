//! One suite for every store.

use std::rc::Rc;

use prollite::chunk::{CachedStore, Chunk, FileStore, MemoryStore, Overlay, Store};
use prollite::prolly::{KeyRange, Map};
use prollite::Address;

use crate::file::Folder;

fn suite(store: Store) {
    let chunks: Vec<Chunk> = (0..200usize).map(|n| Chunk::new(vec![n as u8; 1 + n * 37])).collect();
    let addresses: Vec<Address> = chunks.iter().map(|chunk| store.put(chunk.clone()).unwrap()).collect();
    for (chunk, address) in chunks.iter().zip(&addresses) {
        assert_eq!(*address, Address::of(chunk.bytes()));
        assert_eq!(store.get(address).unwrap().bytes(), chunk.bytes());
        assert!(store.contains(address).unwrap());
        assert_eq!(store.put(chunk.clone()).unwrap(), *address);
    }
    assert!(store.want(&addresses).unwrap());
    let nowhere = Address::of(b"nowhere");
    assert!(!store.contains(&nowhere).unwrap());
    assert!(store.get(&nowhere).is_err());

    let rows = |tag: u8| {
        (0..5_000u32).map(move |n| (n.to_be_bytes().to_vec().into(), Some(bytes::Bytes::from(vec![tag; 50]))))
    };
    let map = Map::EMPTY.apply(&*store, &mut rows(1)).unwrap();
    let edited = map.apply(&*store, &mut rows(2).step_by(100)).unwrap();
    assert_eq!(edited.apply(&*store, &mut rows(1)).unwrap(), map);
    let mut cursor = edited.cursor(&store, KeyRange::all(), true);
    let mut entries = 0;
    while cursor.advance().unwrap() {
        entries += 1;
    }
    assert_eq!(entries, 5_000);
}

#[test]
fn memory() {
    suite(Rc::new(MemoryStore::new()));
}

#[test]
fn cached() {
    suite(Rc::new(CachedStore::new(CachedStore::BUDGET, |_| false)));
}

#[test]
fn overlay() {
    suite(Rc::new(Overlay::new(Rc::new(MemoryStore::new()))));
    suite(Rc::new(Overlay::new(Rc::new(Overlay::new(
        Rc::new(MemoryStore::new()),
    )))));
}

#[test]
fn file() {
    let folder = Folder::new("suite");
    suite(Rc::new(FileStore::open(folder.file()).unwrap()));
}

/// A table far over the budget is scanned, edited and scanned again under a driver that fetches.
#[test]
fn a_small_budget_serves_a_large_table() {
    let base = Rc::new(MemoryStore::new());
    let rows = |n: u32, tag: u8| {
        (0..n).map(move |n| (n.to_be_bytes().to_vec().into(), Some(bytes::Bytes::from(vec![tag; 60]))))
    };
    let map = Map::EMPTY.apply(&*base, &mut rows(100_000, 1)).unwrap();
    let known = base.clone();
    let cached = Rc::new(CachedStore::new(300_000, move |address| {
        prollite::chunk::ChunkStore::contains(&*known, address).unwrap_or(false)
    }));
    let fetch = || {
        for address in cached.faults().drain() {
            let chunk = prollite::chunk::ChunkStore::get(&*base, &address).unwrap();
            cached.admit(address, chunk.bytes().clone(), true).unwrap();
        }
    };
    let store: Store = cached.clone();
    for reverse in [false, true] {
        let mut cursor = map.cursor(&store, KeyRange::all(), reverse);
        let mut entries = 0;
        loop {
            match cursor.advance() {
                Ok(true) => entries += 1,
                Ok(false) => break,
                Err(error) if error.is_fault() => fetch(),
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(entries, 100_000);
        assert!(cached.resident_bytes() <= 400_000, "{}", cached.resident_bytes());
    }

    let overlay = Rc::new(Overlay::new(store.clone()));
    cached.begin_statement();
    let edited = loop {
        match map.apply(&*overlay, &mut rows(100_000, 2).step_by(5_000)) {
            Ok(edited) => break edited,
            Err(error) if error.is_fault() => fetch(),
            Err(error) => panic!("{error}"),
        }
    };
    cached.end_statement();
    let mut expand = |chunk: &Chunk| prollite::prolly::children(chunk);
    let reached = overlay.reachable(&[edited.root()], &mut expand).unwrap();
    assert!(reached.len() <= overlay.len() && reached[0].0 == edited.root());
    let expected = map.apply(&*base, &mut rows(100_000, 2).step_by(5_000)).unwrap();
    assert_eq!(edited, expected);
}
