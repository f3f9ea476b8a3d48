//! A mutable map's layers against a stack of models.

use bytes::Bytes;
use prollite::prolly::{KeyRange, MutableMap};
use proptest::prelude::*;

use crate::support::*;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn layers_are_a_stack_of_models(seed: u64, shape: u8, entries in size(0, 600), steps in size(1, 900)) {
        let (shape, store) = (Shape::of(shape), memory());
        let base = content(seed, shape, entries);
        let mut map = MutableMap::new(build(&*store, &base));
        let mut stack = vec![base.clone()];
        let mut random = Random(seed ^ 5);
        let mut snapshots = Vec::new();
        for _ in 0..steps {
            match random.below(20) {
                0 => {
                    map.push_layer();
                    stack.push(stack[stack.len() - 1].clone());
                }
                1 => {
                    let depth = random.below(stack.len() as u64) as usize;
                    map.fold_to(depth);
                    let top = stack.pop().unwrap();
                    stack.truncate(depth);
                    stack.push(top);
                }
                2 => {
                    let depth = random.below(stack.len() as u64) as usize;
                    map.drop_to(depth);
                    stack.truncate(depth + 1);
                }
                3 if snapshots.len() < 40 => snapshots.push((map.view(), stack[stack.len() - 1].clone())),
                n => {
                    let model = stack.last_mut().unwrap();
                    let key = if n % 2 == 0 && !model.is_empty() {
                        model.keys().nth(random.below(model.len() as u64) as usize).cloned().unwrap()
                    } else {
                        random.key(shape, entries as u64 * 3)
                    };
                    if n < 9 {
                        map.delete(key.clone());
                        model.remove(&key);
                    } else {
                        let value = random.value(shape);
                        map.put(key.clone(), value.clone());
                        model.insert(key, value);
                    }
                }
            }
            prop_assert_eq!(map.depth(), stack.len() - 1);
        }
        let top = stack[stack.len() - 1].clone();
        snapshots.push((map.view(), top.clone()));
        for (view, model) in snapshots.iter().rev().step_by(7) {
            let mut keys: Vec<Bytes> = model.keys().step_by(5).cloned().collect();
            keys.extend((0..40).map(|_| random.key(shape, entries as u64 * 3)));
            let expected: Vec<_> = keys.iter().map(|key| model.get(key).cloned()).collect();
            for (key, expected) in keys.iter().zip(&expected) {
                prop_assert_eq!(&view.get(&*store, key).unwrap(), expected);
            }
            prop_assert_eq!(view.get_many(&*store, &keys).unwrap(), expected);
            for round in 0..10 {
                let range = if round == 0 { KeyRange::all() } else { range(&mut random, shape, model) };
                let reverse = random.below(2) == 0;
                let expected = in_range(model, &range, reverse);
                prop_assert_eq!(view.count(&*store, &range).unwrap(), expected.len() as u64);
                let mut cursor = view.cursor(&store, range.clone(), reverse);
                let mut at = 0;
                while at <= expected.len() {
                    if round % 2 == 1 {
                        let skip = random.below(90);
                        cursor.skip(skip).unwrap();
                        at += skip as usize;
                    }
                    prop_assert!(cursor.next().unwrap() == expected.get(at).cloned(), "{:?} {} {}", range, reverse, at);
                    at += 1;
                }
            }
        }
        for (key, value) in top.iter().step_by(9) {
            prop_assert_eq!(map.get(&*store, key).unwrap(), Some(value.clone()));
        }
        prop_assert_eq!(map.flush(&*store).unwrap(), build(&*store, &top));
        map.drop_to(0);
        map.fold_to(0);
        prop_assert_eq!(map.flush(&*store).unwrap(), build(&*store, &stack[0]));
    }
}
