//! Every read faults once on every chunk that is not resident; the answers are the same.

use std::rc::Rc;

use bytes::Bytes;
use prollite::chunk::{MemoryStore, Store};
use prollite::prolly::{Blob, Diff, KeyRange, Map, Merge, MutableMap, Reachable};
use proptest::prelude::*;

use crate::support::*;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn answers_are_the_same_with_faults(seed: u64, shape: u8, entries in size(0, 900), limit in 1usize..20) {
        let shape = Shape::of(shape);
        let warm = memory();
        let model = content(seed, shape, entries);
        let map = build(&*warm, &model);
        let changed = edits(seed ^ 6, shape, &model, 60);
        let mut after = model.clone();
        patch(&mut after, &changed);
        let edited = build(&*warm, &after);
        let cold = ColdStore::new(warm.clone());
        let store: Store = cold.clone();
        let mut random = Random(seed ^ 7);

        let applied = cold.drive(limit, || {
            map.apply(&*cold, &mut changed.iter().map(|(key, value)| (key.clone(), value.clone())))
        });
        prop_assert_eq!(applied, edited);

        let keys: Vec<Bytes> = (0..60).map(|_| random.key(shape, entries as u64 * 3)).collect();
        cold.evict();
        let found = cold.drive(limit, || map.get_many(&*cold, &keys));
        let expected: Vec<_> = keys.iter().map(|key| model.get(key).cloned()).collect();
        prop_assert_eq!(found, expected);

        for reverse in [false, true] {
            let range = range(&mut random, shape, &model);
            let expected = in_range(&model, &range, reverse);
            cold.evict();
            prop_assert_eq!(cold.drive(limit, || map.count(&*cold, &range)), expected.len() as u64);
            let mut cursor = map.cursor(&store, range.clone(), reverse);
            let mut view = MutableMap::new(map);
            for (key, value) in &changed {
                match value {
                    Some(value) => view.put(key.clone(), value.clone()),
                    None => view.delete(key.clone()),
                }
            }
            let merged = in_range(&after, &range, reverse);
            let mut viewed = view.view().cursor(&store, range.clone(), reverse);
            let (mut at, mut seen) = (0, 0);
            while at <= expected.len() || seen <= merged.len() {
                if random.below(10) == 0 {
                    cold.evict();
                }
                let skip = random.below(30) * random.below(2);
                cold.drive(limit, || cursor.skip(skip));
                cold.drive(limit, || viewed.skip(skip));
                (at, seen) = (at + skip as usize, seen + skip as usize);
                prop_assert_eq!(cold.drive(limit, || cursor.next()), expected.get(at).cloned());
                prop_assert_eq!(cold.drive(limit, || viewed.next()), merged.get(seen).cloned());
                (at, seen) = (at + 1, seen + 1);
            }
        }

        cold.evict();
        let mut diff = Diff::new(&store, map, edited, KeyRange::all());
        let mut to = std::collections::BTreeMap::new();
        while let Some(change) = cold.drive(limit, || diff.next()) {
            to.insert(change.key, change.to);
            if random.below(10) == 0 {
                cold.evict();
            }
        }
        prop_assert_eq!(apply(&*warm, map, &to), edited);

        cold.evict();
        let mut merge = Merge::new(&store, map, edited, Map::EMPTY, KeyRange::all());
        let mut keys = 0;
        while cold.drive(limit, || merge.next()).is_some() {
            keys += 1;
        }
        let news = after.keys().filter(|key| !model.contains_key(*key)).count();
        prop_assert_eq!(keys, model.len() + news);

        let bytes = random.bytes(entries * 100);
        let blob = Blob::write(&*warm, &bytes).unwrap();
        cold.evict();
        let read = cold.drive(limit, || blob.read(&*cold));
        prop_assert!(read == bytes);
    }
}

fn rows(n: u64) -> impl Iterator<Item = (Bytes, Option<Bytes>)> {
    (0..n).map(|i| {
        (
            Bytes::copy_from_slice(&i.to_be_bytes()),
            Some(Bytes::from(vec![i as u8; 60])),
        )
    })
}

/// A thousand cold lookups or edits must cost a few rounds, not a thousand: each round of a lazy
/// clone is a request.
#[test]
fn many_keys_cost_few_rounds() {
    let warm: Store = Rc::new(MemoryStore::new());
    let map = Map::EMPTY.apply(&*warm, &mut rows(100_000)).unwrap();
    let cold = ColdStore::new(warm.clone());
    let height = usize::from(cold.drive(usize::MAX, || map.height(&*cold)));
    cold.evict();
    let rounds = || std::mem::take(&mut *cold.rounds.borrow_mut());
    rounds();
    let keys: Vec<Bytes> = (0..1_000u64)
        .map(|i| Bytes::copy_from_slice(&(i * 99).to_be_bytes()))
        .collect();
    cold.drive(usize::MAX, || map.get_many(&*cold, &keys));
    assert_eq!(rounds(), height);

    cold.evict();
    let edit = |key: &Bytes| {
        (
            Bytes::from([key, &b"x"[..]].concat()),
            Some(Bytes::from_static(b"inserted")),
        )
    };
    cold.drive(usize::MAX, || map.apply(&*cold, &mut keys.iter().map(edit)));
    assert!(rounds() <= 2 * height + 2);

    cold.evict();
    rounds();
    let store: Store = cold.clone();
    let mut cursor = map.cursor(&store, KeyRange::all(), false);
    while cold.drive(usize::MAX, || cursor.next()).is_some() {}
    let scan = rounds();
    assert!(scan <= 60, "{scan} rounds for a scan");

    // A thousand changes all over the table, and ten in one place.
    let edited = map.apply(&*warm, &mut keys.iter().map(edit)).unwrap();
    let near = map.apply(&*warm, &mut keys.iter().take(10).map(edit)).unwrap();
    for (to, most) in [(edited, 25), (near, height + 2)] {
        cold.evict();
        rounds();
        *cold.asked.borrow_mut() = 0;
        let mut diff = Diff::new(&store, map, to, KeyRange::all());
        while cold.drive(usize::MAX, || diff.next()).is_some() {}
        let (took, asked) = (rounds(), *cold.asked.borrow());
        assert!(took <= most, "{took} rounds for a diff");
        if to == near {
            assert!(asked <= 100, "{asked} chunks for a diff of 10 rows");
        }
    }

    cold.evict();
    rounds();
    let mut walk = Reachable::new(&store, vec![map.root()]);
    while cold
        .drive(usize::MAX, || walk.next(&mut |chunk| prollite::prolly::children(chunk)))
        .is_some()
    {}
    assert!(rounds() <= height + 3);
}
