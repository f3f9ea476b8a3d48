//! A table without SQL: `t(id, k, pad)`, rows of about 44 bytes.

use std::rc::Rc;

use prollite::prolly::Map;
use prollite::repo::{Column, KeyPart, Root, RowCodec, Schema, Table};
use prollite::tuple::{ColumnType, Value};

use crate::support::Client;

pub fn schema() -> Schema {
    let mut schema = Schema {
        id: Root::default().derive_table_id("t"),
        name: "t".into(),
        columns: Vec::new(),
        primary_key: vec![KeyPart { column: 0, descending: false }],
        indexes: Vec::new(),
        foreign_keys: Vec::new(),
        checks: Vec::new(),
        comment: "".into(),
    };
    for (name, column_type) in [("id", ColumnType::INTEGER), ("k", ColumnType::INTEGER), ("pad", ColumnType::TEXT)] {
        schema.columns.push(Column {
            id: schema.derive_column_id(name, column_type.family()),
            name: name.into(),
            declared: column_type.to_string().into(),
            column_type,
            nullable: true,
            default: None,
            on_update: None,
            fill: Value::Null,
            generated: None,
            auto_increment: false,
            nocase: false,
            comment: "".into(),
        });
    }
    schema
}

fn mixed(n: u64) -> u64 {
    let mut z = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn row(id: i64, tag: u64) -> Vec<Value> {
    let seed = id as u64 ^ tag << 40;
    let words = format!("{:08x} {:08x} of row {id}", mixed(seed) as u32, mixed(!seed) as u32);
    vec![Value::Int(id), Value::Int((mixed(seed) >> 48) as i64), Value::from(words)]
}

/// Writes these rows into the client's table and commits. Each `tag` makes other rows.
pub fn commit(client: &mut Client, ids: impl Iterator<Item = i64>, tag: u64) {
    let mut root = client.root();
    let mut table = match root.table("t") {
        Some(table) => (**table).clone(),
        None => Table { schema: Rc::new(schema()), rows: Map::EMPTY, indexes: Vec::new() },
    };
    let codec = RowCodec::new(&table.schema).unwrap();
    let store = client.store.clone();
    let mut edits = ids.map(|id| codec.encode(&*store, &row(id, tag)).map(|(key, row)| (key, Some(row))).unwrap());
    table.rows = table.rows.apply(&*store, &mut edits).unwrap();
    root.tables.insert("t".into(), Rc::new(table));
    client.commit_root(&root, "rows");
}

pub fn count(client: &Client) -> u64 { client.root().table("t").map_or(0, |table| table.rows.len(&*client.store).unwrap()) }
