//! Fixed schemas, rows, roots and commits and their addresses, for native and wasm alike: any change of them is a
//! change of the format. No dependency but the crate, so that a test of any target can include this file.

use std::rc::Rc;

use bytes::Bytes;
use prollite::chunk::{MemoryStore, Store};
use prollite::prolly::Map;
use prollite::repo::{Column, Commit, Index, KeyPart, Root, RowCodec, Schema, Signature, Table, Tag, WorkingSet};
use prollite::tuple::{ColumnType, Value};
use prollite::{Address, Result};

const TYPES: [(&str, &[&str], &str); 17] = [
    ("", &[], "any"),
    ("BOOLEAN", &[], "0"),
    ("SMALLINT", &[], "-300"),
    ("BIGINT", &[], "-9007199254740993"),
    ("REAL", &[], "-0.1"),
    ("DECIMAL", &["12", "3"], "-1234.5"),
    ("NUMERIC", &[], "1.2300"),
    ("TEXT", &[], "a\0b ü"),
    ("VARCHAR", &["40"], "short"),
    ("BLOB", &[], "bytes"),
    ("DATE", &[], "1969-07-20"),
    ("TIME", &[], "12:34:56.789"),
    ("DATETIME", &[], "2024-02-29T23:59:59.000001"),
    ("TIMESTAMP", &[], "2024-01-01 01:00:00+02:00"),
    ("UUID", &[], "00112233-4455-6677-8899-AABBCCDDEEFF"),
    ("JSON", &[], "{\"a\":1}"),
    ("ENUM", &["x", "y"], "y"),
];

fn schema(keyless: bool) -> Result<Schema> {
    let mut schema = Schema {
        id: Root::default().derive_table_id("Golden"),
        name: "Golden".into(),
        columns: Vec::new(),
        primary_key: Vec::new(),
        indexes: Vec::new(),
        foreign_keys: Vec::new(),
        checks: Vec::new(),
        comment: "a comment".into(),
    };
    for (at, (name, args, _)) in TYPES.iter().enumerate() {
        let column_type = ColumnType::from_declared(name, args)?;
        let column_name = format!("c{at}");
        schema.columns.push(Column {
            id: schema.derive_column_id(&column_name, column_type.family()),
            name: column_name.into(),
            declared: column_type.to_string().into(),
            nullable: at % 2 == 0,
            default: (at == 3).then(|| "1 + 1".into()),
            on_update: None,
            fill: if at == 16 { Value::from("x") } else { Value::Null },
            generated: None,
            auto_increment: false,
            nocase: at == 7,
            comment: "".into(),
            column_type,
        });
    }
    if !keyless {
        schema.primary_key = [(3, false), (7, true), (5, false)].map(|(column, descending)| KeyPart { column, descending }).into();
    }
    for at in 0..TYPES.len() {
        let name = format!("i{at}");
        let id = schema.derive_index_id(&name);
        let parts = vec![KeyPart { column: at, descending: at % 3 == 1 }];
        schema.indexes.push(Index { id, name: name.into(), parts, unique: at % 5 == 0, predicate: None, constraint: false });
    }
    Ok(schema)
}

fn table(store: &Store, keyless: bool) -> Result<Table> {
    let schema = schema(keyless)?;
    let codec = RowCodec::new(&schema)?;
    let mut rows: Vec<(Bytes, Option<Bytes>)> = Vec::new();
    let mut indexes: Vec<Vec<(Bytes, Option<Bytes>)>> = vec![Vec::new(); schema.indexes.len()];
    for n in 0..200i64 {
        let mut values = Vec::new();
        for (at, (_, _, text)) in TYPES.iter().enumerate() {
            let value = match at {
                3 => Value::Int(n * 1_000_003),
                7 => Value::from(format!("{text}{}", n % 7)),
                9 if n % 50 == 0 => Value::blob(vec![n as u8; 5_000]),
                _ if (n + at as i64) % 9 == 0 && at != 5 => Value::Null,
                _ => Value::from(*text),
            };
            values.push(schema.columns[at].column_type.coerce(value)?);
        }
        let (key, row) = codec.encode(&**store, &values)?;
        for (index, entries) in schema.indexes.iter().zip(&mut indexes) {
            if index.parts[0].column != 9 {
                entries.push((codec.index_key(&schema, index, &values, &key)?, Some(Bytes::new())));
            }
        }
        rows.push((key, Some(row)));
    }
    let map = |mut entries: Vec<(Bytes, Option<Bytes>)>| {
        entries.sort();
        Map::EMPTY.apply(&**store, &mut entries.into_iter())
    };
    let indexes = indexes.into_iter().map(map).collect::<Result<_>>()?;
    Ok(Table { schema: Rc::new(schema), rows: map(rows)?, indexes })
}

fn addresses() -> Result<Vec<(&'static str, Address)>> {
    let store: Store = Rc::new(MemoryStore::new());
    let (keyed, keyless) = (table(&store, false)?, table(&store, true)?);
    let mut root = Root::default();
    root.tables.insert("golden".into(), Rc::new(keyed.clone()));
    let root = root.write(&*store)?;
    let author = Signature::new("Ada", "ada@example.com", 1_700_000_000_000);
    let (first, _) = Commit::create(&store, root, vec![], author.clone(), author.clone(), "first")?;
    let (left, _) = Commit::create(&store, root, vec![first], author.clone(), author.clone(), "left")?;
    let (right, _) = Commit::create(&store, root, vec![first], author.clone(), author.clone(), "right")?;
    let (merge, _) = Commit::create(&store, root, vec![left, right], author.clone(), author.clone(), "merge")?;
    let tag = store.put(Tag { commit: merge, tagger: author, message: "v1".into() }.to_chunk())?;
    let working_set = Address::of(&WorkingSet::clean(root).encode());
    Ok(vec![
        ("schema", keyed.schema.write(&*store)?),
        ("keyed rows", keyed.rows.root()),
        ("text index", keyed.indexes[7].root()),
        ("keyless schema", keyless.schema.write(&*store)?),
        ("keyless rows", keyless.rows.root()),
        ("root", root),
        ("first commit", first),
        ("merge commit", merge),
        ("tag", tag),
        ("working set", working_set),
    ])
}

/// Lines of the fixture `tests/golden/repo.txt`: a name and an address in hex.
pub fn lines() -> String {
    let hex = |address: &Address| address.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    match addresses() {
        Ok(addresses) => addresses.iter().map(|(name, address)| format!("{name}: {}\n", hex(address))).collect(),
        Err(error) => format!("{error:?}\n"),
    }
}
