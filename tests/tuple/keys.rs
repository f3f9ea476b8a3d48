//! Comparing keys compares tuples, for every type, direction and collation.

use std::cmp::Ordering;

use prollite::tuple::{decode_key, encode_key, key_inverts, ColumnType, KeyOrder, Value};
use prollite::Code;

use crate::support::*;

fn orders(random: &mut Random) -> Vec<KeyOrder> {
    let parts = 1 + random.below(3);
    let order = |random: &mut Random| {
        let column_type = column_type(random);
        let nocase = random.chance(3) && matches!(column_type, ColumnType::Text { .. } | ColumnType::Any);
        KeyOrder { column_type, descending: random.chance(3), nocase }
    };
    (0..parts).map(|_| order(random)).collect()
}

fn compare(a: &[Value], b: &[Value], orders: &[KeyOrder]) -> Ordering {
    for ((a, b), order) in a.iter().zip(b).zip(orders) {
        let ordering = a.compare(b, order.nocase);
        if ordering != Ordering::Equal {
            return if order.descending { ordering.reverse() } else { ordering };
        }
    }
    Ordering::Equal
}

#[test]
fn bytes_order_as_values_do_and_come_back() {
    for seed in 0..cases() * 4 {
        let mut random = Random(seed);
        let orders = orders(&mut random);
        let tuples: Vec<Vec<Value>> = (0..24)
            .map(|_| orders.iter().map(|order| value(&mut random, &order.column_type)).collect())
            .collect();
        let keys: Vec<_> = tuples.iter().map(|tuple| encode_key(tuple, &orders).unwrap()).collect();
        for (a, key_a) in tuples.iter().zip(&keys) {
            for (b, key_b) in tuples.iter().zip(&keys) {
                assert_eq!(key_a.cmp(key_b), compare(a, b, &orders), "seed {seed}: {orders:?}\n{a:?}\n{b:?}");
            }
            let decoded = decode_key(key_a, &orders).unwrap();
            assert_eq!(compare(&decoded, a, &orders), Ordering::Equal, "seed {seed}: {a:?} came back as {decoded:?}");
            for ((value, back), order) in a.iter().zip(&decoded).zip(&orders) {
                let identical = value == back && value.class() == back.class();
                assert_eq!(key_inverts(value, order), identical, "seed {seed}: {value:?} {back:?} {order:?}");
            }
            assert_eq!(encode_key(&decoded, &orders).unwrap(), *key_a, "seed {seed}");
        }
    }
}

#[test]
fn foreign_bytes_are_refused_or_read_but_never_panic() {
    for seed in 0..cases() * 8 {
        let mut random = Random(seed);
        let orders = orders(&mut random);
        let tuple: Vec<Value> = orders.iter().map(|order| value(&mut random, &order.column_type)).collect();
        let mut key = encode_key(&tuple, &orders).unwrap().to_vec();
        for _ in 0..1 + random.below(4) {
            match random.below(3) {
                0 if !key.is_empty() => {
                    let at = random.below(key.len() as u64) as usize;
                    key[at] = random.next() as u8;
                }
                1 => key.truncate(random.below(key.len() as u64 + 1) as usize),
                _ => key.push(random.next() as u8),
            }
        }
        if let Err(error) = decode_key(&key, &orders) {
            assert_eq!(error.code(), Code::Corrupt, "seed {seed}: {error}");
        }
    }
}

#[test]
fn a_key_too_large_names_its_sizes() {
    let order = KeyOrder { column_type: ColumnType::TEXT, descending: false, nocase: false };
    let error = encode_key(&[Value::from("x".repeat(4_000))], &[order]).unwrap_err();
    assert_eq!(error.code(), Code::KeyTooLarge);
    assert_eq!(error.message(), "key of 4003 bytes is too large: at most 3072 are possible");
}

#[test]
fn one_and_one_point_zero_are_one_key_in_any() {
    let order = [KeyOrder { column_type: ColumnType::Any, descending: false, nocase: false }];
    let key = |value: Value| encode_key(&[value], &order).unwrap();
    assert_eq!(key(Value::Int(1)), key(Value::Real(1.0)));
    assert_eq!(key(Value::Real(-0.0)), key(Value::Int(0)));
    assert!(key(Value::Int((1 << 53) + 1)) > key(Value::Real(9_007_199_254_740_992.0)));
}
