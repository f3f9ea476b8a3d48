//! One content, one root: whatever the order of edits.

use prollite::repo::{Root, RowDiff, Schema};
use prollite::tuple::{ColumnType, Value};

use crate::support::*;

#[test]
fn schemas_and_roots_come_back_byte_for_byte() {
    let store = memory();
    let mut schema = schema("Table", &[("a", ColumnType::Decimal { precision: 9, scale: 2 }), ("b", ColumnType::TEXT)]);
    add_column(&mut schema, "c", ColumnType::Date, Value::from("2020-01-02"));
    add_index(&mut schema, "i", &["b", "a"], true);
    let address = schema.write(&*store).unwrap();
    assert_eq!(Schema::read(&*store, &address).unwrap(), schema);
    let mut model = Model::new(schema);
    model.put(1, &[Value::Decimal("1.50".parse().unwrap()), Value::from("x"), Value::from("2021-03-04")]);
    let root = root([model.build(&store)]);
    let address = root.write(&*store).unwrap();
    let back = Root::read(&*store, &address).unwrap();
    assert_eq!(back, root);
    assert_eq!(back.write(&*store).unwrap(), address);
}

/// A row that does not know of a later column, and one that was written with its fill, are one row.
#[test]
fn a_column_added_later_rewrites_nothing() {
    let store = memory();
    let mut model = Model::new(schema("t", &[("a", ColumnType::INTEGER)]));
    model.put(1, &[Value::Int(5)]);
    let before = model.build(&store);
    add_column(&mut model.schema, "b", ColumnType::INTEGER, Value::Int(9));
    let after = model.build(&store);
    assert_eq!(before.rows, after.rows);
    assert_eq!(read_rows(&store, &after), [[Value::Int(1), Value::Int(5), Value::Int(9)]]);
    model.put(1, &[Value::Int(5), Value::Int(9)]);
    assert_eq!(model.build(&store).rows, before.rows);
    model.put(1, &[Value::Int(5), Value::Null]);
    assert_ne!(model.build(&store).rows, before.rows);
}

/// Keyless rows keep their key when a column is added.
#[test]
fn a_keyless_row_keeps_its_key() {
    let store = memory();
    let mut schema = schema("t", &[("a", ColumnType::TEXT)]);
    schema.primary_key.clear();
    let rows = [vec![Value::Int(1), Value::from("x".repeat(4_000))]];
    let before = build(&store, &schema, &rows);
    add_column(&mut schema, "b", ColumnType::INTEGER, Value::Int(9));
    let wider = [vec![rows[0][0].clone(), rows[0][1].clone(), Value::Int(9)]];
    assert_eq!(build(&store, &schema, &wider).rows, before.rows);
}

#[test]
fn a_change_of_layout_alone_is_no_change_of_rows() {
    let store = memory();
    let mut model = Model::new(schema("t", &[("a", ColumnType::INTEGER), ("b", ColumnType::INTEGER)]));
    model.put(1, &[Value::Null, Value::Int(2)]);
    model.put(2, &[Value::Int(1), Value::Int(2)]);
    let before = model.build(&store);
    let dropped = model.schema.columns[1].id;
    drop_column(&mut model.schema, 1);
    model.rows.values_mut().for_each(|row| {
        row.remove(&dropped);
    });
    let after = model.build(&store);
    assert_ne!(before.rows, after.rows);
    let mut diff = RowDiff::new(&store, Some(&before), Some(&after), prollite::prolly::KeyRange::all()).unwrap();
    let mut changed = Vec::new();
    while let Some(change) = diff.next().unwrap() {
        changed.push(diff.from_codec().unwrap().decode(&*store, &change.key, &change.from.unwrap()).unwrap());
    }
    assert_eq!(changed, [[Value::Int(2), Value::Int(1), Value::Int(2)]], "only the row that lost a value");
}
