//! Diff and merge.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use prollite::prolly::{Change, Diff, KeyRange, Map, Merge, Side};
use proptest::prelude::*;

use crate::support::*;

fn changes(from: &Model, to: &Model, range: &KeyRange) -> Vec<Change> {
    let keys: BTreeSet<&Bytes> = from.keys().chain(to.keys()).collect();
    keys.into_iter()
        .filter(|key| range.contains(key) && from.get(*key) != to.get(*key))
        .map(|key| Change {
            key: key.clone(),
            from: from.get(key).cloned(),
            to: to.get(key).cloned(),
        })
        .collect()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_diff_is_what_differs(
        seed: u64, shape: u8, entries in size(0, 1_200), other in prop_oneof![Just(None), size(0, 1_200).prop_map(Some)],
        count in size(0, 120),
    ) {
        let (shape, store) = (Shape::of(shape), memory());
        let from = content(seed, shape, entries);
        // A neighbour by some edits, or something else altogether.
        let to = match other {
            Some(entries) => content(!seed, shape, entries),
            None => {
                let mut to = from.clone();
                patch(&mut to, &edits(seed, shape, &from, count));
                to
            }
        };
        let (a, b) = (build(&*store, &from), build(&*store, &to));
        let mut random = Random(seed ^ 4);
        for round in 0..8 {
            let range = if round == 0 { KeyRange::all() } else { range(&mut random, shape, &from) };
            let mut diff = Diff::new(&store, a, b, range.clone());
            let mut found = Vec::new();
            while let Some(change) = diff.next().unwrap() {
                found.push(change);
            }
            prop_assert_eq!(diff.next().unwrap(), None);
            prop_assert!(found == changes(&from, &to, &range), "{:?}", range);
            if round == 0 {
                let edits: BTreeMap<Bytes, Option<Bytes>> =
                    found.into_iter().map(|change| (change.key, change.to)).collect();
                prop_assert_eq!(apply(&*store, a, &edits), b);
            }
        }
    }

    #[test]
    fn a_merge_is_two_diffs_by_key(seed: u64, shape: u8, entries in size(0, 1_000), count in size(0, 80)) {
        let (shape, store) = (Shape::of(shape), memory());
        let base = content(seed, shape, entries);
        let (mut ours, mut theirs) = (base.clone(), base.clone());
        let common = edits(seed ^ 1, shape, &base, count / 3);
        patch(&mut ours, &common);
        patch(&mut theirs, &common);
        patch(&mut ours, &edits(seed ^ 2, shape, &base, count));
        patch(&mut theirs, &edits(seed ^ 3, shape, &base, count));
        let maps: Vec<Map> = [&base, &ours, &theirs].map(|model| build(&*store, model)).to_vec();
        let mut merge = Merge::new(&store, maps[0], maps[1], maps[2], KeyRange::all());
        let mut seen = BTreeSet::new();
        let mut to_ours = BTreeMap::new();
        let mut last: Option<Bytes> = None;
        while let Some(entry) = merge.next().unwrap() {
            let key = entry.key.clone();
            prop_assert!(last.as_ref().is_none_or(|last| *last < key));
            last = Some(key.clone());
            prop_assert_eq!(&entry.base, &base.get(&key).cloned());
            prop_assert_eq!(&entry.ours, &ours.get(&key).cloned());
            prop_assert_eq!(&entry.theirs, &theirs.get(&key).cloned());
            let side = match (entry.ours != entry.base, entry.theirs != entry.base) {
                (true, false) => Side::Ours,
                (false, true) => Side::Theirs,
                _ if entry.ours == entry.theirs => Side::Same,
                _ => Side::Both,
            };
            prop_assert_eq!(entry.side, side);
            if side == Side::Theirs {
                to_ours.insert(key.clone(), entry.theirs);
            }
            seen.insert(key);
        }
        let expected: BTreeSet<Bytes> = changes(&base, &ours, &KeyRange::all()).into_iter()
            .chain(changes(&base, &theirs, &KeyRange::all())).map(|change| change.key).collect();
        prop_assert_eq!(seen, expected);
        // Where no key collides, merging either way gives one root.
        if count < 12 {
            let mut back = Merge::new(&store, maps[0], maps[2], maps[1], KeyRange::all());
            let mut to_theirs = BTreeMap::new();
            let mut collides = false;
            while let Some(entry) = back.next().unwrap() {
                collides |= entry.side == Side::Both;
                if entry.side == Side::Theirs {
                    to_theirs.insert(entry.key, entry.theirs);
                }
            }
            if !collides {
                prop_assert_eq!(apply(&*store, maps[1], &to_ours), apply(&*store, maps[2], &to_theirs));
            }
        }
    }
}
