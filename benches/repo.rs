//! Numbers of the repository: `cargo bench -p prollite --no-default-features --bench repo [-- ROWS]`.
//!
//! A table `t(id, k, c60, pad30)`; each step is counted in chunks, bytes and time.

use std::rc::Rc;
use std::time::Instant;

use bytes::Bytes;
use prollite::chunk::{MemoryStore, Overlay, Store};
use prollite::prolly::{KeyRange, Map};
use prollite::repo::{
    Change, Column, CommitOptions, Index, KeyPart, MergeOptions, NoExpressions, Publication, Refs, Repository, Root,
    RowCheck, RowCodec, RowDiff, Schema, Signature, Table,
};
use prollite::tuple::{ColumnType, Value};
use prollite::Result;

fn schema(indexed: bool) -> Schema {
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
    for (name, column_type) in [("id", ColumnType::INTEGER), ("k", ColumnType::INTEGER), ("c", ColumnType::TEXT), ("pad", ColumnType::TEXT)] {
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
    if indexed {
        let id = schema.derive_index_id("ik");
        let parts = vec![KeyPart { column: 1, descending: false }];
        schema.indexes.push(Index { id, name: "ik".into(), parts, unique: false, predicate: None, constraint: false });
    }
    schema
}

fn mixed(n: u64) -> u64 {
    let mut z = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn text(seed: u64, len: usize) -> Value {
    let words = (0..).flat_map(|n| format!("{:016x}", mixed(seed ^ n << 32)).into_bytes());
    Value::from(String::from_utf8(words.take(len).collect()).unwrap_or_default())
}

fn row(id: i64, tag: u64) -> Vec<Value> {
    let seed = id as u64 ^ tag << 40;
    vec![Value::Int(id), Value::Int((mixed(seed) >> 40) as i64), text(seed, 60), text(!seed, 30)]
}

struct Bench { store: Store, repository: Repository, now_ms: i64 }

/// Chunks, bytes of chunks and records, and seconds that a step took.
struct Cost { chunks: usize, bytes: usize, seconds: f64 }

impl Bench {
    fn new(rows: i64, indexed: bool) -> Result<Self> {
        let store: Store = Rc::new(MemoryStore::new());
        let repository = Repository::open(store.clone(), Default::default());
        let publication = repository.init(Signature::new("a", "a@x", 0))?;
        repository.apply(&publication);
        let mut bench = Bench { store, repository, now_ms: 0 };
        bench.step(|change| {
            let schema = schema(indexed);
            let codec = RowCodec::new(&schema)?;
            let store = &**change.store;
            let mut entries = (0..rows).map(|id| codec.encode(store, &row(id, 0)).map(|(key, row)| (key, Some(row))));
            let map = Map::EMPTY.apply(store, &mut entries.by_ref().map_while(Result::ok))?;
            let mut indexes = Vec::new();
            if indexed {
                let mut entries = Vec::new();
                for id in 0..rows {
                    let values = row(id, 0);
                    let key = codec.key(&values)?;
                    entries.push((codec.index_key(&schema, &schema.indexes[0], &values, &key)?, Some(Bytes::new())));
                }
                entries.sort();
                indexes.push(Map::EMPTY.apply(store, &mut entries.into_iter())?);
            }
            let table = Table { schema: Rc::new(schema), rows: map, indexes };
            write(change, "main", table)?;
            commit(change, "main")
        })?;
        Ok(bench)
    }

    fn step<T>(&mut self, verb: impl FnOnce(&mut Change<'_>) -> Result<T>) -> Result<(T, Cost)> {
        self.now_ms += 1_000;
        let begun = Instant::now();
        let overlay = Rc::new(Overlay::new(self.store.clone()));
        let store: Store = overlay.clone();
        let mut publication = Publication::default();
        let answer = verb(&mut Change::new(&self.repository, &store, &mut publication, self.now_ms))?;
        let (chunks, mut bytes) = (overlay.len(), overlay.bytes());
        for (_, chunk) in overlay.take() {
            self.store.put(chunk)?;
        }
        bytes += publication.set.values().flatten().map(Bytes::len).sum::<usize>();
        self.repository.apply(&publication);
        Ok((answer, Cost { chunks, bytes, seconds: begun.elapsed().as_secs_f64() }))
    }
}

fn write(change: &mut Change<'_>, branch: &str, table: Table) -> Result<()> {
    let mut root = Root::default();
    root.tables.insert("t".into(), Rc::new(table));
    let mut working_set = change.working_set(&**change.store, branch)?;
    working_set.working = root.write(&**change.store)?;
    change.set_working_set(branch, &working_set)
}

fn commit(change: &mut Change<'_>, branch: &str) -> Result<()> {
    let author = Signature::new("Ada Lovelace", "ada@example.com", change.now_ms);
    change.add_all(branch, &|_| false)?;
    change.commit(branch, &CommitOptions::new("a change of one row", author)).map(|_| ())
}

fn update(change: &mut Change<'_>, branch: &str, ids: &[i64], tag: u64) -> Result<()> {
    let working_set = change.working_set(&**change.store, branch)?;
    let root = Root::read(&**change.store, &working_set.working)?;
    let mut table = root.tables.values().next().map(|table| (**table).clone()).unwrap_or_else(|| Table::empty(Rc::new(schema(false))));
    let codec = RowCodec::new(&table.schema)?;
    let store = &**change.store;
    let mut edits = Vec::new();
    let mut index_edits = Vec::new();
    for id in ids {
        let values = row(*id, tag);
        let (key, value) = codec.encode(store, &values)?;
        if let (Some(index), Some(old)) = (table.schema.indexes.first(), table.rows.get(store, &key)?) {
            let old = codec.decode(store, &key, &old)?;
            index_edits.push((codec.index_key(&table.schema, index, &old, &key)?, None));
            index_edits.push((codec.index_key(&table.schema, index, &values, &key)?, Some(Bytes::new())));
        }
        edits.push((key, Some(value)));
    }
    edits.sort();
    index_edits.sort();
    table.rows = table.rows.apply(store, &mut edits.into_iter())?;
    if let Some(index) = table.indexes.first_mut() {
        *index = index.apply(store, &mut index_edits.into_iter())?;
    }
    write(change, branch, table)
}

fn median(mut costs: Vec<Cost>) -> Cost {
    costs.sort_by_key(|cost| cost.bytes);
    let bytes = costs[costs.len() / 2].bytes;
    costs.sort_by_key(|cost| cost.chunks);
    let chunks = costs[costs.len() / 2].chunks;
    costs.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    Cost { chunks, bytes, seconds: costs[costs.len() / 2].seconds }
}

fn show(name: &str, cost: &Cost) {
    println!("{name:<52} {:>8.3} ms {:>5} chunks {:>8} bytes", cost.seconds * 1e3, cost.chunks, cost.bytes);
}

fn one_row_commits(bench: &mut Bench, rows: i64, n: u64, tag: u64) -> Result<Cost> {
    let mut costs = Vec::new();
    for i in 0..n {
        let id = (mixed(tag + i) % rows as u64) as i64;
        costs.push(bench.step(|change| update(change, "main", &[id], tag + i).and_then(|()| commit(change, "main")))?.1);
    }
    Ok(median(costs))
}

fn measure(rows: i64, indexed: bool, history: u64) -> Result<()> {
    let label = format!("{rows} rows{}", if indexed { ", one index" } else { "" });
    let mut bench = Bench::new(rows, indexed)?;
    one_row_commits(&mut bench, rows, 20, 1)?;
    show(&format!("{label}: update and commit a row"), &one_row_commits(&mut bench, rows, 100, 1_000)?);
    if history > 0 {
        one_row_commits(&mut bench, rows, history, 10_000)?;
        show(&format!("{label}: the same after {history} commits"), &one_row_commits(&mut bench, rows, 100, 5_000_000)?);
    }
    let mut costs = Vec::new();
    for n in 0..50 {
        let name = format!("b{n}");
        costs.push(bench.step(|change| change.create_branch(&name, change.head("main")?, false))?.1);
    }
    show(&format!("{label}: create a branch"), &median(costs));
    let mut costs = Vec::new();
    for n in 0..50 {
        let ((), cost) = bench.step(|change| {
            let from = change.head("main")?;
            let from = Root::read(&**change.store, &prollite::repo::Commit::read(&**change.store, &from)?.root)?;
            let parent = prollite::repo::resolve_commit(change, change.store, &format!("main~{}", n + 1), Some("main"))?;
            let to = Root::read(&**change.store, &prollite::repo::Commit::read(&**change.store, &parent)?.root)?;
            let (from, to) = (from.table("t").cloned(), to.table("t").cloned());
            let mut diff = RowDiff::new(change.store, from.as_deref(), to.as_deref(), KeyRange::all())?;
            let mut changed = 0;
            while diff.next()?.is_some() {
                changed += 1;
            }
            assert!(changed > 0 && changed <= n + 1);
            Ok(())
        })?;
        costs.push(cost);
    }
    show(&format!("{label}: diff of 1 to 50 rows"), &median(costs));
    let check: Rc<dyn RowCheck> = Rc::new(NoExpressions);
    let mut costs = Vec::new();
    for n in 0..7u64 {
        let name = format!("m{n}");
        bench.step(|change| change.create_branch(&name, change.head("main")?, false))?;
        let ids = |side: u64| -> Vec<i64> {
            let mut ids: Vec<i64> = (0..100).map(|i| ((mixed(n << 20 | side << 10 | i) % (rows as u64 / 2)) * 2 + side) as i64).collect();
            ids.sort();
            ids.dedup();
            ids
        };
        bench.step(|change| update(change, "main", &ids(0), 77 + n).and_then(|()| commit(change, "main")))?;
        bench.step(|change| update(change, &name, &ids(1), 99 + n).and_then(|()| commit(change, &name)))?;
        let (outcome, cost) = bench.step(|change| {
            let source = change.head(&name)?;
            let options = MergeOptions::new(Signature::new("a", "a@x", 0));
            change.merge("main", &name, source, &options, &check, &mut None)
        })?;
        assert_eq!((outcome.conflicts, outcome.violations), (0, 0));
        costs.push(cost);
    }
    show(&format!("{label}: merge 100 + 100 rows"), &median(costs));
    Ok(())
}

fn main() -> Result<()> {
    let asked = std::env::args().skip(1).find_map(|text| text.parse::<i64>().ok());
    match asked {
        Some(rows) => {
            measure(rows, false, 0)?;
            measure(rows, true, 0)
        }
        None => {
            for rows in [1_000, 100_000, 1_000_000] {
                measure(rows, false, if rows == 1_000_000 { 10_000 } else { 0 })?;
                measure(rows, true, 0)?;
            }
            Ok(())
        }
    }
}
