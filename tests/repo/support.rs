//! A model of a table, built from scratch each time: what every incremental road must end at.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use bytes::Bytes;
use prollite::chunk::{Chunk, ChunkStore, MemoryStore, Store};
use prollite::prolly::Map;
use prollite::repo::{
    keyless_value, Change, Column, ColumnId, CommitOptions, Index, KeyPart, NoExpressions, Publication, Refs, Repository,
    Root, RowCheck, RowCodec, Schema, Signature, Table,
};
use prollite::tuple::{ColumnType, Value};
use prollite::{Address, Result};

pub fn cases() -> u64 { std::env::var("PROLLITE_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(64) }

/// SplitMix64.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    pub fn below(&mut self, n: u64) -> u64 { self.next() % n.max(1) }
    pub fn chance(&mut self, n: u64) -> bool { self.below(n) == 0 }
}

pub fn memory() -> Store { Rc::new(MemoryStore::new()) }

pub fn no_expressions() -> Rc<dyn RowCheck> { Rc::new(NoExpressions) }

pub fn who() -> Signature { Signature::new("Ada", "ada@x", 1_000) }

/// A schema with one INTEGER key `id` and the columns named.
pub fn schema(name: &str, columns: &[(&str, ColumnType)]) -> Schema {
    let mut schema = Schema {
        id: Root::default().derive_table_id(name),
        name: name.into(),
        columns: Vec::new(),
        primary_key: vec![KeyPart { column: 0, descending: false }],
        indexes: Vec::new(),
        foreign_keys: Vec::new(),
        checks: Vec::new(),
        comment: "".into(),
    };
    add_column(&mut schema, "id", ColumnType::INTEGER, Value::Null);
    schema.columns[0].nullable = false;
    for (name, column_type) in columns {
        add_column(&mut schema, name, column_type.clone(), Value::Null);
    }
    schema
}

pub fn add_column(schema: &mut Schema, name: &str, column_type: ColumnType, fill: Value) -> ColumnId {
    let id = schema.derive_column_id(name, column_type.family());
    schema.columns.push(Column {
        id,
        name: name.into(),
        declared: column_type.to_string().into(),
        column_type,
        nullable: true,
        default: None,
        on_update: None,
        fill,
        generated: None,
        auto_increment: false,
        nocase: false,
        comment: "".into(),
    });
    id
}

pub fn add_index(schema: &mut Schema, name: &str, columns: &[&str], unique: bool) {
    let parts = columns.iter().map(|name| KeyPart { column: schema.column(name).unwrap(), descending: false }).collect();
    let id = schema.derive_index_id(name);
    schema.indexes.push(Index { id, name: name.into(), parts, unique, predicate: None, constraint: false });
}

/// Drops a column and what stands on it.
pub fn drop_column(schema: &mut Schema, at: usize) {
    schema.indexes.retain(|index| index.parts.iter().all(|part| part.column != at));
    schema.columns.remove(at);
    let moved = |part: &mut KeyPart| part.column -= usize::from(part.column > at);
    schema.primary_key.iter_mut().for_each(moved);
    schema.indexes.iter_mut().for_each(|index| index.parts.iter_mut().for_each(moved));
}

/// Rows by key, cells by column id.
#[derive(Clone, Debug, PartialEq)]
pub struct Model { pub schema: Schema, pub rows: BTreeMap<i64, BTreeMap<ColumnId, Value>> }

impl Model {
    pub fn new(schema: Schema) -> Self { Model { schema, rows: BTreeMap::new() } }

    pub fn put(&mut self, id: i64, cells: &[Value]) {
        let values = std::iter::once(Value::Int(id)).chain(cells.iter().cloned());
        self.rows.insert(id, self.schema.columns.iter().map(|column| column.id).zip(values).collect());
    }

    pub fn values(&self, row: &BTreeMap<ColumnId, Value>) -> Vec<Value> {
        let value = |column: &Column| row.get(&column.id).unwrap_or(&column.fill).clone();
        self.schema.columns.iter().map(value).collect()
    }

    pub fn build(&self, store: &Store) -> Table {
        let rows: Vec<Vec<Value>> = self.rows.values().map(|row| self.values(row)).collect();
        build(store, &self.schema, &rows)
    }
}

pub fn load(store: &dyn ChunkStore, entries: BTreeMap<Bytes, Bytes>) -> Map {
    Map::EMPTY.apply(store, &mut entries.into_iter().map(|(key, value)| (key, Some(value)))).unwrap()
}

/// A table from all its rows, indexes included.
pub fn build(store: &Store, schema: &Schema, rows: &[Vec<Value>]) -> Table {
    let codec = RowCodec::new(schema).unwrap();
    let mut entries: BTreeMap<Bytes, Bytes> = BTreeMap::new();
    let mut counts: BTreeMap<Bytes, u64> = BTreeMap::new();
    let mut indexes = vec![BTreeMap::new(); schema.indexes.len()];
    for values in rows {
        let (key, mut value) = codec.encode(&**store, values).unwrap();
        if codec.is_keyless() {
            let count = counts.entry(key.clone()).or_insert(0);
            *count += 1;
            value = keyless_value(*count, &codec.encode_row(&**store, values).unwrap());
        }
        for (index, entries) in schema.indexes.iter().zip(&mut indexes) {
            entries.insert(codec.index_key(schema, index, values, &key).unwrap(), Bytes::new());
        }
        entries.insert(key, value);
    }
    Table {
        schema: Rc::new(schema.clone()),
        rows: load(&**store, entries),
        indexes: indexes.into_iter().map(|entries| load(&**store, entries)).collect(),
    }
}

pub fn root(tables: impl IntoIterator<Item = Table>) -> Root {
    let mut root = Root::default();
    for table in tables {
        root.tables.insert(table.schema.name.to_ascii_lowercase(), Rc::new(table));
    }
    root
}

pub fn read_rows(store: &Store, table: &Table) -> Vec<Vec<Value>> {
    let codec = RowCodec::new(&table.schema).unwrap();
    let mut cursor = table.rows.cursor(store, prollite::prolly::KeyRange::all(), false);
    let mut rows = Vec::new();
    while let Some((key, value)) = cursor.next().unwrap() {
        let count = codec.record(&key, &value).unwrap().count();
        let values = codec.decode(&**store, &key, &value).unwrap();
        rows.extend(std::iter::repeat_n(values, count as usize));
    }
    rows
}

/// A repository in memory; what a verb publishes lands at once.
pub struct Desk { pub store: Store, pub repository: Repository, pub now_ms: i64 }

impl Desk {
    pub fn new() -> Self {
        let store = memory();
        let repository = Repository::open(store.clone(), Default::default());
        let publication = repository.init(who()).unwrap();
        repository.apply(&publication);
        Desk { store, repository, now_ms: 1_000 }
    }

    pub fn run<T>(&mut self, verb: impl FnOnce(&mut Change<'_>) -> Result<T>) -> Result<T> {
        self.now_ms += 1_000;
        let mut publication = Publication::default();
        let answer = verb(&mut Change::new(&self.repository, &self.store, &mut publication, self.now_ms))?;
        for (name, value) in &publication.expect {
            assert_eq!(self.repository.record(name), *value, "{name} was expected to hold something else");
        }
        self.repository.apply(&publication);
        Ok(answer)
    }

    pub fn working(&self, branch: &str) -> Root {
        let working_set = self.repository.working_set(&*self.store, branch).unwrap();
        Root::read(&*self.store, &working_set.working).unwrap()
    }

    /// As SQL would: the working root of a branch becomes `root`.
    pub fn write(&mut self, branch: &str, root: &Root) {
        let address = root.write(&*self.store).unwrap();
        self.run(|change| {
            let mut working_set = change.working_set(&**change.store, branch)?;
            working_set.working = address;
            change.set_working_set(branch, &working_set)
        })
        .unwrap();
    }

    pub fn write_table(&mut self, branch: &str, model: &Model) {
        let mut root = self.working(branch);
        root.tables.insert(model.schema.name.to_ascii_lowercase(), Rc::new(model.build(&self.store)));
        self.write(branch, &root);
    }

    pub fn commit(&mut self, branch: &str, message: &str) -> Address {
        let author = Signature { date_ms: self.now_ms, ..who() };
        self.run(|change| {
            change.add_all(branch, &|_| false)?;
            change.commit(branch, &CommitOptions::new(message, author))
        })
        .unwrap()
        .unwrap()
    }

    pub fn head(&self, branch: &str) -> Address { self.repository.head(branch).unwrap() }
}

/// Holds back every chunk until it was asked for.
pub struct ColdStore { base: Store, resident: RefCell<BTreeSet<Address>>, missing: RefCell<BTreeSet<Address>>, pub faults: Cell<u64> }

impl ColdStore {
    pub fn new(base: &Store) -> Rc<Self> {
        let (resident, missing, faults) = Default::default();
        Rc::new(ColdStore { base: base.clone(), resident, missing, faults })
    }

    pub fn evict(&self) { self.resident.borrow_mut().clear() }

    /// Runs `call` until it does not fault, and forgets what is resident now and then.
    pub fn drive<T>(&self, random: &mut Random, mut call: impl FnMut() -> Result<T>) -> T {
        loop {
            match call() {
                Err(error) if error.is_fault() => {
                    self.faults.set(self.faults.get() + 1);
                    let missing = std::mem::take(&mut *self.missing.borrow_mut());
                    assert!(!missing.is_empty(), "a fault without a logged address");
                    if random.chance(8) {
                        self.evict();
                    }
                    self.resident.borrow_mut().extend(missing);
                }
                answer => return answer.unwrap(),
            }
        }
    }
}

impl ChunkStore for ColdStore {
    fn get(&self, address: &Address) -> Result<Chunk> {
        if self.resident.borrow().contains(address) {
            return self.base.get(address);
        }
        self.missing.borrow_mut().insert(*address);
        Err(prollite::Error::fault(*address))
    }
    fn put(&self, chunk: Chunk) -> Result<Address> {
        let address = self.base.put(chunk)?;
        self.resident.borrow_mut().insert(address);
        Ok(address)
    }
    fn contains(&self, address: &Address) -> Result<bool> { self.base.contains(address) }
    fn want(&self, addresses: &[Address]) -> Result<bool> {
        let resident = self.resident.borrow();
        let missing: Vec<Address> = addresses.iter().filter(|address| !resident.contains(address)).copied().collect();
        self.missing.borrow_mut().extend(&missing);
        Ok(missing.is_empty())
    }
}
