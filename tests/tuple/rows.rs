//! Rows: what is encoded comes back, one content has one form, foreign bytes never panic.

use std::borrow::Cow;

use prollite::chunk::MemoryStore;
use prollite::tuple::{encode_cell, encode_row, encode_slices, ColumnType, RowRef, Value, MAX_ROW};
use prollite::Code;

use crate::support::*;

fn large(random: &mut Random, column_type: &ColumnType) -> Value {
    match column_type {
        ColumnType::Text { max: None } | ColumnType::Json if random.chance(3) => {
            Value::from("wörd ".repeat(random.below(1_500) as usize))
        }
        ColumnType::Blob { .. } if random.chance(3) => Value::blob(vec![random.next() as u8; random.below(9_000) as usize]),
        _ => value(random, column_type),
    }
}

#[test]
fn rows_come_back_and_stay_small() {
    let store = MemoryStore::new();
    for seed in 0..cases() * 4 {
        let mut random = Random(seed);
        let count = if random.chance(10) { 300 } else { random.below(12) as usize };
        let types: Vec<ColumnType> = (0..count).map(|_| column_type(&mut random)).collect();
        let fill = |random: &mut Random, t: &ColumnType| if random.chance(3) { value(random, t) } else { Value::Null };
        let fills: Vec<Value> = types.iter().map(|t| fill(&mut random, t)).collect();
        let same_as_fill = random.below(count as u64 + 1) as usize;
        let mut values: Vec<Value> = types.iter().map(|t| large(&mut random, t)).collect();
        values[same_as_fill..].clone_from_slice(&fills[same_as_fill..]);
        let row = match encode_row(&store, &values, &types, &fills) {
            Err(error) if error.code() == Code::RowTooLarge => continue,
            row => row.unwrap(),
        };
        assert!(row.len() <= MAX_ROW, "seed {seed}");
        let read = RowRef::new(row.clone()).unwrap();
        assert!(read.len() <= same_as_fill, "seed {seed}: cells that equal their fills were kept");
        let mut slices = Vec::new();
        for (index, column_type) in types.iter().enumerate() {
            let back = match read.cell(index, column_type).unwrap() {
                Some(cell) => cell.to_value(column_type, &store).unwrap(),
                None => fills[index].clone(),
            };
            assert_eq!(back, values[index], "seed {seed} column {index}");
            let mut fill = Vec::new();
            encode_cell(&mut fill, &fills[index], column_type).unwrap();
            slices.push((read.slice(index).map_or(fill.clone(), <[u8]>::to_vec), fill));
        }
        // From its own cells, some of them moved out, the row has the same form.
        let (cells, fills): (Vec<_>, Vec<_>) = slices.iter().map(|(c, f)| (Cow::Borrowed(&c[..]), Cow::Borrowed(&f[..]))).unzip();
        assert_eq!(encode_slices(&store, cells, &fills).unwrap(), row, "seed {seed}");
    }
}

#[test]
fn foreign_rows_never_panic() {
    let store = MemoryStore::new();
    for seed in 0..cases() * 8 {
        let mut random = Random(seed);
        let types: Vec<ColumnType> = (0..random.below(8)).map(|_| column_type(&mut random)).collect();
        let values: Vec<Value> = types.iter().map(|t| value(&mut random, t)).collect();
        let fills = vec![Value::Null; types.len()];
        let mut row = encode_row(&store, &values, &types, &fills).unwrap().to_vec();
        for _ in 0..1 + random.below(4) {
            match random.below(3) {
                0 => {
                    let at = random.below(row.len() as u64) as usize;
                    row[at] = random.next() as u8;
                }
                1 => row.truncate(1 + random.below(row.len() as u64) as usize),
                _ => row.push(random.next() as u8),
            }
        }
        let Ok(read) = RowRef::new(row.into()) else { continue };
        for (index, column_type) in types.iter().enumerate() {
            if let Ok(Some(cell)) = read.cell(index, column_type) {
                // A large cell that points nowhere is corrupt, not a panic.
                let _ = cell.to_value(column_type, &store);
            }
        }
    }
}

#[test]
fn a_row_that_cannot_be_made_small_is_refused() {
    let store = MemoryStore::new();
    let types = vec![ColumnType::TEXT; 80];
    let values = vec![Value::from("x".repeat(40)); 80];
    let error = encode_row(&store, &values, &types, &vec![Value::Null; 80]).unwrap_err();
    assert_eq!(error.code(), Code::RowTooLarge);
    assert!(error.message().contains("at most 2048"), "{error}");
}
