//! One content, one root: whatever the order, the batches, and what was deleted between.

use std::collections::BTreeMap;

use bytes::Bytes;
use prollite::chunk::{ChunkStore, MemoryStore};
use prollite::prolly::{Builder, Map, Reachable, Verify};
use prollite::{Address, Code};
use proptest::prelude::*;

use crate::support::*;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn batches_end_at_the_root_of_a_fresh_build(
        seed: u64, shape: u8, entries in size(0, 1_500), batch in size(1, 400), rounds in 1usize..8,
    ) {
        let (shape, store) = (Shape::of(shape), memory());
        let mut model = content(seed, shape, entries);
        let mut map = build(&*store, &model);
        for round in 0..rounds {
            let edits = edits(seed ^ round as u64, shape, &model, batch);
            map = apply(&*store, map, &edits);
            patch(&mut model, &edits);
            prop_assert_eq!(map, build(&*store, &model));
            prop_assert_eq!(map.len(&*store).unwrap(), model.len() as u64);
        }
    }

    #[test]
    fn any_order_of_single_inserts_gives_one_root(seed: u64, shape: u8, entries in size(1, 250)) {
        let (shape, store) = (Shape::of(shape), memory());
        let model = content(seed, shape, entries);
        let expected = build(&*store, &model);
        let mut keys: Vec<&Bytes> = model.keys().collect();
        let mut random = Random(seed);
        for i in (1..keys.len()).rev() {
            keys.swap(i, random.below(i as u64 + 1) as usize);
        }
        let mut map = Map::EMPTY;
        for key in &keys {
            map = apply(&*store, map, &BTreeMap::from([((*key).clone(), Some(model[*key].clone()))]));
        }
        prop_assert_eq!(map, expected);
        for (i, key) in keys.iter().enumerate() {
            map = apply(&*store, map, &BTreeMap::from([((*key).clone(), None)]));
            if i % 16 == 0 || i + 1 == keys.len() {
                let rest = keys[i + 1..].iter().map(|key| ((*key).clone(), model[*key].clone())).collect();
                prop_assert_eq!(map, build(&*store, &rest));
            }
        }
        prop_assert_eq!(map, Map::EMPTY);
    }

    #[test]
    fn deleting_a_range_at_either_end_shrinks_the_tree(seed: u64, shape: u8, entries in size(1, 2_500)) {
        let (shape, store) = (Shape::of(shape), memory());
        let model = content(seed, shape, entries);
        let map = build(&*store, &model);
        let keep = Random(seed).below(model.len() as u64) as usize;
        for tail in [true, false] {
            let doomed = |i: usize| if tail { i >= keep } else { i < model.len() - keep };
            let edits = model.keys().enumerate().filter(|(i, _)| doomed(*i));
            let edits = edits.map(|(_, key)| (key.clone(), None)).collect();
            let mut rest = model.clone();
            patch(&mut rest, &edits);
            prop_assert_eq!(apply(&*store, map, &edits), build(&*store, &rest));
        }
    }

    #[test]
    fn every_prefix_of_a_sorted_load_verifies(seed: u64, shape: u8, entries in size(0, 240)) {
        // A single node that its last entry closed is the root, though its item is above already.
        let (shape, store) = (Shape::of(shape), memory());
        let model = content(seed, shape, entries);
        let mut map = Map::EMPTY;
        for n in 0..=model.len() {
            let mut builder = Builder::new();
            for (key, value) in model.iter().take(n) {
                builder.push(&*store, key.clone(), value).unwrap();
            }
            let built = builder.finish(&*store).unwrap();
            prop_assert_eq!(built, map);
            if let Some((key, value)) = model.iter().nth(n) {
                map = apply(&*store, map, &BTreeMap::from([(key.clone(), Some(value.clone()))]));
            }
            if n % 50 == 0 {
                let mut verify = Verify::new(&store, built);
                while !verify.step(17).unwrap() {}
                prop_assert_eq!(verify.entries(), n as u64);
            }
        }
    }

    #[test]
    fn lookups_agree_with_the_model(seed: u64, shape: u8, entries in size(0, 2_000)) {
        let (shape, store) = (Shape::of(shape), memory());
        let model = content(seed, shape, entries);
        let map = build(&*store, &model);
        let mut random = Random(seed ^ 1);
        let mut keys: Vec<Bytes> = (0..200).map(|_| random.key(shape, entries as u64 * 3)).collect();
        keys.extend(model.keys().step_by(7).cloned());
        for key in &keys {
            prop_assert_eq!(map.get(&*store, key).unwrap(), model.get(key).cloned());
        }
        let expected: Vec<_> = keys.iter().map(|key| model.get(key).cloned()).collect();
        prop_assert_eq!(map.get_many(&*store, &keys).unwrap(), expected);
        let in_order: Vec<_> = model.iter().collect();
        for _ in 0..50 {
            let n = random.below(model.len() as u64 + 2);
            let expected = in_order.get(n as usize).map(|(key, value)| ((*key).clone(), (*value).clone()));
            prop_assert_eq!(map.nth(&*store, n).unwrap(), expected);
            let range = range(&mut random, shape, &model);
            let count = in_order.iter().filter(|(key, _)| range.contains(key)).count();
            prop_assert_eq!(map.count(&*store, &range).unwrap(), count as u64, "{:?}", range);
        }
    }
}

fn rows(from: u64, to: u64, tag: u8) -> impl Iterator<Item = (Bytes, Option<Bytes>)> {
    (from..to).map(move |i| {
        let mut value = vec![tag; 52];
        value[..8].copy_from_slice(&i.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
        (Bytes::copy_from_slice(&i.to_be_bytes()), Some(Bytes::from(value)))
    })
}

/// What reaches a durable store after a commit of one row, and what a diff of one row reads, must
/// follow the height of the tree, not its size.
#[test]
fn one_row_costs_the_height() {
    for entries in [1_000u64, 100_000, 1_000_000] {
        let base = std::rc::Rc::new(MemoryStore::new());
        let map = Map::EMPTY.apply(&*base, &mut rows(0, entries, 0)).unwrap();
        let height = usize::from(map.height(&*base).unwrap());
        let cold = ColdStore::new(base.clone());
        for i in 0..50 {
            let row = i * (entries / 50) + i;
            let edited = cold.drive(usize::MAX, || map.apply(&*cold, &mut rows(row, row + 1, 1)));
            cold.evict();
            *cold.writes.borrow_mut() = 0;
            let again = cold.drive(usize::MAX, || map.apply(&*cold, &mut rows(row, row + 1, 1)));
            assert_eq!(edited, again);
            assert_eq!(
                *cold.writes.borrow(),
                height,
                "{entries} rows: a new value of the same size"
            );

            let inserted = Bytes::from([&row.to_be_bytes()[..], b"x"].concat());
            *cold.writes.borrow_mut() = 0;
            let edit = |key: &Bytes| Some((key.clone(), Some(Bytes::from_static(b"new row")))).into_iter();
            cold.drive(usize::MAX, || map.apply(&*cold, &mut edit(&inserted)));
            // Each level may be cut in two, and the root then needs one above it.
            assert!(
                *cold.writes.borrow() <= 2 * height + 1,
                "{entries} rows: {} writes",
                cold.writes.borrow()
            );

            cold.evict();
            *cold.asked.borrow_mut() = 0;
            let store: prollite::chunk::Store = cold.clone();
            let range = prollite::prolly::KeyRange::all();
            let mut diff = prollite::prolly::Diff::new(&store, map, edited, range);
            let change = cold.drive(usize::MAX, || diff.next()).unwrap();
            assert_eq!(&change.key[..], row.to_be_bytes());
            assert_eq!(cold.drive(usize::MAX, || diff.next()), None);
            let asked = *cold.asked.borrow();
            assert!(asked <= 2 * height, "{entries} rows: {asked} chunks read");
        }
        assert!(base.len() > entries as usize / 100);
    }
}

#[test]
fn appends_rewrite_the_right_edge_only() {
    let store = MemoryStore::new();
    let mut map = Map::EMPTY.apply(&store, &mut rows(0, 50_000, 0)).unwrap();
    let before = store.len();
    for i in 0..100 {
        map = map.apply(&store, &mut rows(50_000 + i, 50_001 + i, 0)).unwrap();
    }
    assert_eq!(map, Map::EMPTY.apply(&store, &mut rows(0, 50_100, 0)).unwrap());
    assert!(store.len() - before <= 100 * 5);
}

#[test]
fn what_is_reachable_is_what_was_written() {
    let store = std::rc::Rc::new(MemoryStore::new());
    let map = Map::EMPTY.apply(&*store, &mut rows(0, 20_000, 0)).unwrap();
    let shared: prollite::chunk::Store = store.clone();
    let mut walk = Reachable::new(&shared, vec![map.root(), map.root(), Address::NONE]);
    let mut seen = Vec::new();
    while let Some((address, _)) = walk.next(&mut |chunk| prollite::prolly::children(chunk)).unwrap() {
        seen.push(address);
    }
    seen.sort_unstable();
    assert_eq!(seen, store.addresses());
}

#[test]
fn what_cannot_be_stored_is_refused() {
    let store = MemoryStore::new();
    let code = |key: usize, value: usize| {
        let edit = (Bytes::from(vec![1; key]), Some(Bytes::from(vec![1; value])));
        Map::EMPTY
            .apply(&store, &mut Some(edit).into_iter())
            .map_err(|error| error.code())
    };
    assert!(code(3_072, 4_096).is_ok());
    assert_eq!(code(3_073, 1), Err(Code::KeyTooLarge));
    assert_eq!(code(1, 4_097), Err(Code::RowTooLarge));
    let mut twice = rows(1, 2, 0).chain(rows(1, 2, 0));
    assert_eq!(
        Map::EMPTY.apply(&store, &mut twice).map_err(|error| error.code()),
        Err(Code::Internal)
    );
}

#[test]
fn an_edit_that_changes_nothing_writes_nothing() {
    let store = MemoryStore::new();
    let map = Map::EMPTY.apply(&store, &mut rows(0, 5_000, 0)).unwrap();
    let before = store.len();
    let same = map.apply(&store, &mut rows(17, 900, 0)).unwrap();
    let absent = Bytes::from_static(b"absent");
    assert_eq!(same.apply(&store, &mut Some((absent, None)).into_iter()).unwrap(), map);
    assert_eq!(store.len(), before);
    assert!(store.contains(&map.root()).unwrap());
}

/// A tree whose nodes are sound and fit together, but that was not cut where the splitter cuts.
#[test]
fn a_tree_of_other_cuts_does_not_verify() {
    let store: prollite::chunk::Store = std::rc::Rc::new(MemoryStore::new());
    let map = Map::EMPTY.apply(&*store, &mut rows(0, 600, 0)).unwrap();
    let chunk = store.get(&map.root()).unwrap();
    let kids = prollite::prolly::children(&chunk).unwrap();
    assert_eq!((map.height(&*store).unwrap(), kids.len() > 3), (2, true));
    // The root without its last child, as if it were a map of its own, is not how that map ends.
    let (len, n) = (chunk.len(), kids.len());
    let bytes = chunk.bytes();
    let table = len - n * 40;
    let counts: u64 = (0..n - 1)
        .map(|i| u64::from_le_bytes(bytes[table + i * 40 + 32..][..8].try_into().unwrap()))
        .sum();
    let mut cut = bytes[..3].to_vec();
    cut.extend((n as u16 - 1).to_le_bytes());
    cut.extend(counts.to_le_bytes());
    cut.extend(&bytes[13..13 + 2 * (n - 1)]);
    let keys = usize::from(u16::from_le_bytes(bytes[13 + 2 * (n - 2)..][..2].try_into().unwrap()));
    cut.extend(&bytes[13 + 2 * n..][..keys]);
    cut.extend(&bytes[table..table + 40 * (n - 1)]);
    let sound = Map::from_root(store.put(prollite::chunk::Chunk::new(cut.clone())).unwrap());
    let mut verify = Verify::new(&store, sound);
    assert!(verify.step(u64::MAX).unwrap(), "a tree may end after any closed node");
    // Its first two children below a node of their own are sound, and elsewhere than they should be.
    let leaf = Map::from_root(kids[0]);
    let first = leaf.len(&*store).unwrap();
    let lone = {
        let key = leaf.nth(&*store, first - 1).unwrap().unwrap().0;
        let mut bytes = vec![1, 1, 1, 1, 0];
        bytes.extend(first.to_le_bytes());
        bytes.extend((key.len() as u16).to_le_bytes());
        bytes.extend(&key[..]);
        bytes.extend(kids[0].as_bytes());
        bytes.extend(first.to_le_bytes());
        Map::from_root(store.put(prollite::chunk::Chunk::new(bytes)).unwrap())
    };
    assert_eq!(lone.len(&*store).unwrap(), first);
    let error = Verify::new(&store, lone).step(u64::MAX).unwrap_err();
    assert_eq!(error.code(), Code::Corrupt);
}
