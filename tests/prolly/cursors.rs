//! Cursors over ranges, both directions, with skips.

use proptest::prelude::*;

use crate::support::*;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn ranges_in_both_directions(seed: u64, shape: u8, entries in size(0, 1_500)) {
        let (shape, store) = (Shape::of(shape), memory());
        let model = content(seed, shape, entries);
        let map = build(&*store, &model);
        let mut random = Random(seed ^ 2);
        for round in 0..24 {
            let range = if round == 0 { prollite::prolly::KeyRange::all() } else { range(&mut random, shape, &model) };
            for reverse in [false, true] {
                let expected = in_range(&model, &range, reverse);
                let mut cursor = map.cursor(&store, range.clone(), reverse);
                let mut found = Vec::new();
                while let Some(entry) = cursor.next().unwrap() {
                    found.push(entry);
                }
                prop_assert!(found == expected, "{:?} reverse {}: {} of {}", range, reverse, found.len(), expected.len());
                prop_assert_eq!(cursor.next().unwrap(), None);
            }
        }
    }

    #[test]
    fn skips_are_as_many_nexts(seed: u64, shape: u8, entries in size(0, 1_500)) {
        let (shape, store) = (Shape::of(shape), memory());
        let model = content(seed, shape, entries);
        let map = build(&*store, &model);
        let mut random = Random(seed ^ 3);
        for _ in 0..24 {
            let range = range(&mut random, shape, &model);
            let reverse = random.below(2) == 0;
            let expected = in_range(&model, &range, reverse);
            let mut cursor = map.cursor(&store, range.clone(), reverse);
            let mut at = 0;
            while at <= expected.len() {
                let skip = match random.below(3) { 0 => 0, 1 => random.below(5), _ => random.below(400) };
                cursor.skip(skip).unwrap();
                at += skip as usize;
                if random.below(2) == 0 {
                    prop_assert_eq!(cursor.peek_key().unwrap(), expected.get(at).map(|(key, _)| key.clone()));
                }
                let next = cursor.next().unwrap();
                prop_assert!(next == expected.get(at).cloned(), "{:?} reverse {} at {}", range, reverse, at);
                at += 1;
            }
        }
    }

    #[test]
    fn lent_entries_are_the_entries(seed: u64, entries in size(0, 600)) {
        let store = memory();
        let model = content(seed, Shape::Mixed, entries);
        let mut cursor = build(&*store, &model).cursor(&store, prollite::prolly::KeyRange::all(), false);
        for (key, value) in &model {
            prop_assert!(cursor.advance().unwrap());
            prop_assert_eq!(cursor.key(), &key[..]);
            prop_assert_eq!(cursor.value(), &value[..]);
        }
        prop_assert!(!cursor.advance().unwrap());
    }
}
