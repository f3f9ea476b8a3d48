//! Merge, against a model: rows and indexes end where a table built from the expected rows ends, byte for byte.

use std::collections::{BTreeMap, BTreeSet};

use prollite::chunk::Store;
use prollite::prolly::KeyRange;
use prollite::repo::{merge_schemas, ColumnId, MergeResult, Merger, Root, Schema};
use prollite::tuple::{ColumnType, Value};

use crate::support::*;

fn merge(store: &Store, base: &Root, ours: &Root, theirs: &Root) -> MergeResult {
    Merger::new(store, base, ours.clone(), theirs.clone(), no_expressions()).run().unwrap()
}

fn cell(random: &mut Random, column_type: &ColumnType) -> Value {
    match column_type {
        _ if random.chance(6) => Value::Null,
        ColumnType::Text { .. } if random.chance(12) => Value::from("long ".repeat(300 + random.below(200) as usize)),
        ColumnType::Text { .. } => Value::from(format!("t{}", random.below(6))),
        ColumnType::Decimal { .. } => column_type.coerce(Value::Real(random.below(24) as f64 / 4.0)).unwrap(),
        _ => Value::Int(random.below(6) as i64),
    }
}

fn row(random: &mut Random, schema: &Schema, id: i64) -> BTreeMap<ColumnId, Value> {
    let cells = schema.columns.iter().map(|column| (column.id, cell(random, &column.column_type)));
    let mut row: BTreeMap<ColumnId, Value> = cells.collect();
    row.insert(schema.columns[0].id, Value::Int(id));
    row
}

fn base(random: &mut Random) -> Model {
    let types = [ColumnType::TEXT, ColumnType::INTEGER];
    let mut schema = schema("t", &[]);
    for name in ["a", "b", "c"].into_iter().take(1 + random.below(3) as usize) {
        add_column(&mut schema, name, types[random.below(2) as usize].clone(), Value::Null);
    }
    add_index(&mut schema, "ia", &["a"], false);
    let mut model = Model::new(schema);
    for id in 0..random.below(60) as i64 {
        let row = row(random, &model.schema, id);
        model.rows.insert(id, row);
    }
    model
}

fn change_schema(random: &mut Random, model: &mut Model, side: &str) {
    let schema = &mut model.schema;
    let at = 1 + random.below(schema.columns.len() as u64 - 1) as usize;
    match random.below(9) {
        0 => {
            add_column(schema, side, ColumnType::INTEGER, Value::Int(7));
        }
        1 => {
            add_column(schema, "both", ColumnType::TEXT, Value::from("new"));
        }
        2 if schema.columns.len() > 2 => {
            let id = schema.columns[at].id;
            drop_column(schema, at);
            model.rows.values_mut().for_each(|row| {
                row.remove(&id);
            });
        }
        3 => schema.columns[at].name = format!("renamed_{side}").into(),
        4 => {
            let name = schema.columns[at].name.clone();
            add_index(schema, &format!("i_{side}"), &[&name], false);
        }
        5 if !schema.indexes.is_empty() => {
            schema.indexes.remove(0);
        }
        6 if schema.columns.len() > 2 => {
            // The last column moves to the front of the others.
            let last = schema.columns.len() - 1;
            schema.columns[1..].rotate_right(1);
            for part in schema.indexes.iter_mut().flat_map(|index| &mut index.parts) {
                part.column = if part.column == last { 1 } else { part.column + 1 };
            }
        }
        7 if schema.columns[at].column_type == ColumnType::INTEGER => retype(model, at),
        _ => {}
    }
}

/// An INTEGER column becomes DECIMAL, as ALTER TABLE does it: every value is stored anew, the fill among them.
fn retype(model: &mut Model, at: usize) {
    let wider = ColumnType::Decimal { precision: 9, scale: 2 };
    let column = &mut model.schema.columns[at];
    column.declared = wider.to_string().into();
    column.fill = wider.coerce(column.fill.clone()).unwrap();
    column.column_type = wider.clone();
    let id = column.id;
    for value in model.rows.values_mut().filter_map(|row| row.get_mut(&id)) {
        *value = wider.coerce(value.clone()).unwrap();
    }
}

fn edit(random: &mut Random, base: &Model, side: &str, schema_changes: bool) -> Model {
    let mut model = base.clone();
    if schema_changes {
        for _ in 0..random.below(3) {
            change_schema(random, &mut model, side);
        }
    }
    for _ in 0..random.below(14) {
        let id = random.below(70) as i64;
        match (random.below(4), model.rows.contains_key(&id)) {
            (0, true) => {
                model.rows.remove(&id);
            }
            (1 | 2, true) => {
                let at = 1 + random.below(model.schema.columns.len() as u64 - 1) as usize;
                let column = &model.schema.columns[at];
                let value = cell(random, &column.column_type);
                model.rows.get_mut(&id).unwrap().insert(column.id, value);
            }
            _ => {
                let row = row(random, &model.schema, id);
                model.rows.insert(id, row);
            }
        }
    }
    model
}

/// `PROLLITE_SEED` begins at a seed that failed.
fn first() -> u64 { std::env::var("PROLLITE_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(0) }

type Row = BTreeMap<ColumnId, Value>;

/// The merge of rows as the rules say it: rows of the merged table, and keys in conflict.
fn expected(merged: &Schema, base: &Model, ours: &Model, theirs: &Model) -> (Model, BTreeSet<i64>) {
    let seen = |side: &Model, id: &i64| -> Option<Row> {
        let row = side.rows.get(id)?;
        let cells = merged.columns.iter().map(|column| {
            let own = side.schema.columns.iter().find(|own| own.id == column.id);
            let value = row.get(&column.id).cloned().unwrap_or_else(|| own.unwrap_or(column).fill.clone());
            (column.id, column.column_type.coerce(value).unwrap())
        });
        Some(cells.collect())
    };
    let ids: BTreeSet<i64> = [base, ours, theirs].iter().flat_map(|side| side.rows.keys().copied()).collect();
    let mut model = Model::new(merged.clone());
    let mut conflicts = BTreeSet::new();
    for id in ids {
        let (b, o, t) = (seen(base, &id), seen(ours, &id), seen(theirs, &id));
        let row = if o == t || b == t {
            o
        } else if b == o {
            t
        } else if let (Some(o), Some(t)) = (&o, &t) {
            let mut row = Row::new();
            for column in &merged.columns {
                let before = b.as_ref().map(|b| &b[&column.id]);
                let (our, their) = (&o[&column.id], &t[&column.id]);
                if our == their || before == Some(their) {
                    row.insert(column.id, our.clone());
                } else if before == Some(our) {
                    row.insert(column.id, their.clone());
                } else {
                    conflicts.insert(id);
                }
            }
            Some(if conflicts.contains(&id) { o.clone() } else { row })
        } else {
            conflicts.insert(id);
            o
        };
        if let Some(row) = row {
            model.rows.insert(id, row);
        }
    }
    (model, conflicts)
}

#[test]
fn merges_end_where_the_model_ends() {
    let mut merged_schemas = 0;
    for seed in first()..cases() * 4 {
        let mut random = Random(seed);
        let store = memory();
        let base = base(&mut random);
        let schema_changes = random.chance(2);
        let ours = edit(&mut random, &base, "ours", schema_changes);
        let theirs = edit(&mut random, &base, "theirs", schema_changes);
        let roots = [&base, &ours, &theirs].map(|model| root([model.build(&store)]));
        let result = merge(&store, &roots[0], &roots[1], &roots[2]);
        if !result.schema_conflicts.is_empty() {
            assert!(schema_changes, "seed {seed}: {:?}", result.schema_conflicts);
            assert_eq!(result.root.table("t"), roots[1].table("t"), "seed {seed}: ours stays");
            continue;
        }
        merged_schemas += u64::from(ours.schema != theirs.schema);
        let schema = merge_schemas(Some(&base.schema), &ours.schema, &theirs.schema).unwrap();
        let (model, conflicts) = expected(&schema, &base, &ours, &theirs);
        let table = result.root.table("t").unwrap();
        assert_eq!(read_rows(&store, table), read_rows(&store, &model.build(&store)), "seed {seed}: rows");
        let built = model.build(&store);
        assert_eq!(table.rows, built.rows, "seed {seed}: rows tree");
        for (index, (found, built)) in table.indexes.iter().zip(&built.indexes).enumerate() {
            assert_eq!(found, built, "seed {seed}: index {index} of {:?}", table.schema.indexes);
        }
        assert_eq!(**table, built, "seed {seed}: trees");
        let found = result.conflicts.get("t").map_or(0, |map| map.len(&*store).unwrap());
        assert_eq!(found, conflicts.len() as u64, "seed {seed}");
    }
    assert!(merged_schemas * 8 > cases(), "only {merged_schemas} merges of different schemas");
}

/// Every read faults on what is not resident, and residents are forgotten on the way: the merge is the same.
#[test]
fn a_merge_goes_on_after_faults() {
    let mut faults = 0;
    for seed in 0..cases() {
        let mut random = Random(seed ^ 0xC01D);
        let store = memory();
        let base = base(&mut random);
        let schema_changes = random.chance(2);
        let ours = edit(&mut random, &base, "ours", schema_changes);
        let theirs = edit(&mut random, &base, "theirs", schema_changes);
        let roots = [&base, &ours, &theirs].map(|model| root([model.build(&store)]));
        let warm = merge(&store, &roots[0], &roots[1], &roots[2]);
        let cold = ColdStore::new(&store);
        let cold_store: Store = cold.clone();
        let mut merger = Merger::new(&cold_store, &roots[0], roots[1].clone(), roots[2].clone(), no_expressions());
        let resumed = cold.drive(&mut random, || merger.run());
        assert_eq!((&resumed.root, &resumed.conflicts), (&warm.root, &warm.conflicts), "seed {seed}");
        assert_eq!(resumed.stats, warm.stats, "seed {seed}");
        let whole = cold.drive(&mut random, || {
            let (ours, theirs) = (roots[1].clone(), roots[2].clone());
            Merger::new(&cold_store, &roots[0], ours, theirs, no_expressions()).run()
        });
        assert_eq!(whole.root, warm.root, "seed {seed}: from the start each time");
        faults += cold.faults.get();
    }
    assert!(faults > cases());
}

#[test]
fn laws() {
    for seed in 0..cases() {
        let mut random = Random(seed ^ 0x1A35);
        let store = memory();
        let base = base(&mut random);
        let ours = edit(&mut random, &base, "ours", false);
        let theirs = edit(&mut random, &base, "theirs", false);
        let [base, ours, theirs] = [base, ours, theirs].map(|model| root([model.build(&store)]));
        assert_eq!(merge(&store, &base, &ours, &ours).root, ours);
        assert_eq!(merge(&store, &base, &base, &theirs).root, theirs);
        assert_eq!(merge(&store, &base, &ours, &base).root, ours);
        let (there, back) = (merge(&store, &base, &ours, &theirs), merge(&store, &base, &theirs, &ours));
        if there.conflicts.is_empty() {
            assert_eq!(there.root, back.root, "seed {seed}");
        }
        let keys = |result: &MergeResult| -> Vec<_> {
            let Some(map) = result.conflicts.get("t") else { return Vec::new() };
            let mut cursor = map.cursor(&store, KeyRange::all(), false);
            std::iter::from_fn(|| cursor.next().unwrap().map(|(key, _)| key)).collect()
        };
        assert_eq!(keys(&there), keys(&back), "seed {seed}");
    }
}

#[test]
fn keyless_rows_merge_by_count() {
    for seed in 0..cases() {
        let mut random = Random(seed ^ 0x5EED);
        let store = memory();
        let mut schema = schema("t", &[("a", ColumnType::INTEGER)]);
        schema.primary_key.clear();
        schema.columns[0].nullable = true;
        add_index(&mut schema, "ia", &["a"], false);
        let rows = |random: &mut Random, from: &BTreeMap<i64, u64>| -> BTreeMap<i64, u64> {
            let mut counts = from.clone();
            for _ in 0..random.below(6) {
                counts.insert(random.below(12) as i64, random.below(4));
            }
            counts.retain(|_, count| *count > 0);
            counts
        };
        let table = |counts: &BTreeMap<i64, u64>| {
            let rows = counts.iter().flat_map(|(n, count)| {
                std::iter::repeat_n(vec![Value::Int(*n), Value::Int(*n % 3)], *count as usize)
            });
            build(&store, &schema, &rows.collect::<Vec<_>>())
        };
        let base = rows(&mut random, &BTreeMap::new());
        let (ours, theirs) = (rows(&mut random, &base), rows(&mut random, &base));
        let result = merge(&store, &root([table(&base)]), &root([table(&ours)]), &root([table(&theirs)]));
        let mut merged = ours.clone();
        let mut conflicts = 0;
        for n in 0..12 {
            let (b, o, t) = (base.get(&n), ours.get(&n), theirs.get(&n));
            if o != t && b != t {
                if b == o {
                    merged.remove(&n);
                    merged.extend(t.map(|count| (n, *count)));
                } else {
                    conflicts += 1;
                }
            }
        }
        assert_eq!(**result.root.table("t").unwrap(), table(&merged), "seed {seed}");
        assert_eq!(result.conflicts.get("t").map_or(0, |map| map.len(&*store).unwrap()), conflicts, "seed {seed}");
    }
}
