//! The tables of a transaction: a root plus edits that are not in trees yet, in layers
//! (transaction, savepoint, statement). A fault or an error drops the top layer.
//!
//! Row and index edits lie in [`TableEdits`], one mutable map for the rows and one for each index. The maps'
//! layers are opened on the first edit in a layer, so that a statement costs only the tables that it touches.
//! A layer ([`Frame`]) remembers the root as it was and the edits of tables that DDL, a spill or a
//! versioning verb replaced meanwhile; dropping the layer puts them back.

use std::collections::BTreeMap;
use std::rc::Rc;

use bytes::Bytes;

use super::temporary::Temporaries;
use super::write::Plans;
use crate::chunk::ChunkStore;
use crate::error::{Code, Error, Result};
use crate::prolly::{Map, MapView, MutableMap};
use crate::repo::{fold, Root, Schema, Table, TableId, View};

/// A table as a reader sees it: a snapshot, cheap to clone. Also made from a table of any commit.
#[derive(Clone, Debug)]
pub struct TableView { pub schema: Rc<Schema>, pub rows: MapView, pub indexes: Vec<MapView> }

impl TableView {
    pub fn of(table: &Table) -> Self {
        TableView {
            schema: table.schema.clone(),
            rows: MapView::of(table.rows),
            indexes: table.indexes.iter().map(|index| MapView::of(*index)).collect(),
        }
    }
}

/// Edits held in memory before they go to trees (in the overlay). Tuning.
const SPILL_BYTES: usize = 32 << 20;

pub struct Workspace {
    /// Schemas as they stand now, table trees as of the last flush.
    root: Rc<Root>,
    /// What the transaction began with.
    base: Rc<Root>,
    /// Tables with edits above their trees, by folded name.
    edits: BTreeMap<String, TableEdits>,
    frames: Vec<Frame>,
    temporary: Temporaries,
    /// AUTO_INCREMENT's high-water marks that this transaction knows; see `write/auto_increment.rs`.
    marks: Rc<BTreeMap<TableId, i64>>,
    plans: Plans,
    /// The first value that AUTO_INCREMENT drew in the last INSERT that drew one.
    last_insert_id: Option<i64>,
}

/// What a layer puts back when it is dropped.
struct Frame {
    root: Rc<Root>,
    base: Rc<Root>,
    temporary: Temporaries,
    marks: Rc<BTreeMap<TableId, i64>>,
    /// The edits that a table had when this layer opened, for each table replaced since. `None`: it had none.
    replaced: BTreeMap<String, Option<TableEdits>>,
}

/// Edits of one table above its trees. Rows and indexes are always edited together.
#[derive(Clone)]
pub struct TableEdits { rows: LayeredMap, indexes: Vec<LayeredMap> }

/// A map whose layers follow the workspace's, opened on demand.
#[derive(Clone)]
struct LayeredMap { map: MutableMap, floor: usize }

impl LayeredMap {
    fn new(base: Map) -> Self {
        let map = MutableMap::new(base);
        LayeredMap { floor: map.depth(), map }
    }

    fn at(&mut self, depth: usize) -> &mut MutableMap {
        while self.map.depth() < self.floor + depth {
            self.map.push_layer();
        }
        &mut self.map
    }

    fn fold_to(&mut self, depth: usize) {
        if self.map.depth() > self.floor + depth {
            self.map.fold_to(self.floor + depth);
        }
    }

    fn drop_to(&mut self, depth: usize) {
        if self.map.depth() > self.floor + depth {
            self.map.drop_to(self.floor + depth);
        }
    }
}

impl TableEdits {
    fn new(table: &Table) -> Self {
        TableEdits {
            rows: LayeredMap::new(table.rows),
            indexes: table.indexes.iter().map(|index| LayeredMap::new(*index)).collect(),
        }
    }

    fn maps(&mut self) -> impl Iterator<Item = &mut LayeredMap> { std::iter::once(&mut self.rows).chain(&mut self.indexes) }

    fn has_edits(&self) -> bool {
        self.rows.map.has_edits() || self.indexes.iter().any(|index| index.map.has_edits())
    }

    fn pending_bytes(&self) -> usize {
        self.rows.map.pending_bytes() + self.indexes.iter().map(|index| index.map.pending_bytes()).sum::<usize>()
    }

    fn drop_to(&mut self, depth: usize) { self.maps().for_each(|map| map.drop_to(depth)) }
}

/// One table's edits, open in the top layer: what a batch of writes goes through.
pub struct TableWriter<'a> { edits: &'a mut TableEdits, depth: usize }

impl TableWriter<'_> {
    pub fn put_row(&mut self, key: Bytes, row: Bytes) { self.edits.rows.at(self.depth).put(key, row) }
    pub fn delete_row(&mut self, key: Bytes) { self.edits.rows.at(self.depth).delete(key) }
    pub fn put_index(&mut self, index: usize, key: Bytes) {
        if let Some(map) = self.edits.indexes.get_mut(index) {
            map.at(self.depth).put(key, Bytes::new());
        }
    }
    pub fn delete_index(&mut self, index: usize, key: Bytes) {
        if let Some(map) = self.edits.indexes.get_mut(index) {
            map.at(self.depth).delete(key);
        }
    }
}

impl Workspace {
    pub fn new(root: Root) -> Self { Workspace::of(Rc::new(root)) }

    pub fn of(root: Rc<Root>) -> Self {
        Workspace { base: root.clone(), root, edits: BTreeMap::new(), frames: Vec::new(), temporary: Rc::default(), marks: Rc::default(), plans: Plans::default(), last_insert_id: None }
    }

    pub fn table(&self, name: &str) -> Option<TableView> {
        let name = fold(name);
        let table = self.find(&name)?;
        Some(match self.edits.get(&name) {
            None => TableView::of(table),
            Some(edits) => TableView {
                schema: table.schema.clone(),
                rows: edits.rows.map.view(),
                indexes: edits.indexes.iter().map(|index| index.map.view()).collect(),
            },
        })
    }

    pub fn schema(&self, name: &str) -> Option<Rc<Schema>> { Some(self.find(&fold(name))?.schema.clone()) }

    /// By folded name; a temporary table hides one of the branch.
    fn find(&self, name: &str) -> Option<&Rc<Table>> { self.temporary.root.tables.get(name).or_else(|| self.root.tables.get(name)) }

    pub fn view(&self, name: &str) -> Option<Rc<View>> {
        let name = fold(name);
        self.temporary.root.views.get(&name).or_else(|| self.root.views.get(&name)).cloned()
    }

    pub fn is_temporary(&self, table: &str) -> bool { !self.temporary.is_empty() && self.temporary.has_table(&fold(table)) }
    pub fn has_temporary(&self) -> bool { !self.temporary.is_empty() }

    pub fn add_temporary_table(&mut self, name: &str, table: Table) {
        self.plans.clear();
        Rc::make_mut(&mut self.temporary).root.tables.insert(fold(name), Rc::new(table));
    }
    pub fn add_temporary_view(&mut self, name: &str, view: View) {
        Rc::make_mut(&mut self.temporary).root.views.insert(fold(name), Rc::new(view));
    }

    /// Takes the temporary tables over from the workspace that this one stands in for.
    pub fn with_temporary(mut self, other: &Workspace) -> Workspace {
        self.temporary = other.temporary.clone();
        let edits = other.edits.iter().filter(|(name, _)| other.temporary.has_table(name));
        self.edits.extend(edits.map(|(name, edits)| (name.clone(), edits.clone())));
        self
    }

    pub fn trigger(&self, name: &str) -> Option<Rc<View>> { self.root.views.get(&View::trigger_key(name)).cloned() }

    /// By name.
    pub fn triggers_of(&self, table: &str) -> Vec<Rc<View>> {
        let of_table = |view: &&Rc<View>| view.is_trigger() && view.columns.iter().any(|name| name.eq_ignore_ascii_case(table));
        self.root.views.values().filter(of_table).cloned().collect()
    }

    pub fn set_trigger(&mut self, name: &str, trigger: Option<View>) {
        self.plans.clear();
        let views = &mut Rc::make_mut(&mut self.root).views;
        match trigger {
            Some(trigger) => views.insert(View::trigger_key(name), Rc::new(trigger)),
            None => views.remove(&View::trigger_key(name)),
        };
    }

    pub fn table_names(&self) -> Vec<Rc<str>> {
        self.root.tables.values().map(|table| table.schema.name.clone()).collect()
    }

    /// Schemas as they stand now, table trees as of the last flush.
    pub fn root(&self) -> &Root { &self.root }

    /// DDL: replaces or adds a table with its trees as they are in `table` (pending edits of it are dropped:
    /// flush first), or removes it.
    pub fn set_table(&mut self, name: &str, table: Option<Table>) {
        let name = fold(name);
        self.set_aside(&name);
        let root = match self.temporary.has_table(&name) {
            true => &mut Rc::make_mut(&mut self.temporary).root,
            false => Rc::make_mut(&mut self.root),
        };
        let same = match (root.tables.get(&name), &table) {
            (Some(old), Some(new)) => Rc::ptr_eq(&old.schema, &new.schema),
            _ => false,
        };
        if !same {
            self.plans.clear();
        }
        match table {
            Some(table) => root.tables.insert(name, Rc::new(table)),
            None => root.tables.remove(&name),
        };
    }

    pub fn set_view(&mut self, name: &str, view: Option<View>) {
        let name = fold(name);
        let root = match view.is_none() && self.temporary.root.views.contains_key(&name) {
            true => &mut Rc::make_mut(&mut self.temporary).root,
            false => Rc::make_mut(&mut self.root),
        };
        match view {
            Some(view) => root.views.insert(name, Rc::new(view)),
            None => root.views.remove(&name),
        };
    }

    /// After a versioning verb: everything is replaced, no edits are pending.
    pub fn replace_root(&mut self, root: Root) {
        self.branch_edits().iter().for_each(|name| self.set_aside(name));
        self.root = Rc::new(root);
        self.base = self.root.clone();
        self.plans.clear();
    }

    /// Names of the tables with edits that are on the branch.
    fn branch_edits(&self) -> Vec<String> {
        self.edits.keys().filter(|name| !self.temporary.has_table(name)).cloned().collect()
    }

    /// Takes a table's edits out; the top layer keeps those that are older than itself.
    fn set_aside(&mut self, name: &str) {
        let mut edits = self.edits.remove(name);
        let depth = self.frames.len();
        if let Some(frame) = self.frames.last_mut() {
            frame.replaced.entry(name.to_string()).or_insert_with(|| {
                if let Some(edits) = &mut edits {
                    edits.drop_to(depth - 1);
                }
                edits
            });
        }
    }

    /// The table's edits, open in the top layer.
    pub fn writer(&mut self, table: &str) -> Result<TableWriter<'_>> {
        let depth = self.frames.len();
        let name = fold(table);
        if !self.edits.contains_key(&name) {
            let edits = TableEdits::new(self.find(&name).ok_or_else(|| missing(table))?);
            self.edits.insert(name.clone(), edits);
        }
        let edits = self.edits.get_mut(&name).ok_or_else(|| missing(table))?;
        Ok(TableWriter { edits, depth })
    }

    pub fn put_row(&mut self, table: &str, key: Bytes, row: Bytes) -> Result<()> {
        self.writer(table)?.put_row(key, row);
        Ok(())
    }
    pub fn delete_row(&mut self, table: &str, key: Bytes) -> Result<()> {
        self.writer(table)?.delete_row(key);
        Ok(())
    }
    pub fn put_index(&mut self, table: &str, index: usize, key: Bytes) -> Result<()> {
        self.writer(table)?.put_index(index, key);
        Ok(())
    }
    pub fn delete_index(&mut self, table: &str, index: usize, key: Bytes) -> Result<()> {
        self.writer(table)?.delete_index(index, key);
        Ok(())
    }

    /// A row by its key, pending edits included.
    pub fn row(&self, store: &dyn ChunkStore, table: &str, key: &[u8]) -> Result<Option<Bytes>> {
        let name = fold(table);
        match self.edits.get(&name) {
            Some(edits) => edits.rows.map.get(store, key),
            None => self.find(&name).ok_or_else(|| missing(table))?.rows.get(store, key),
        }
    }

    pub fn push_layer(&mut self) {
        self.frames.push(Frame {
            root: self.root.clone(),
            base: self.base.clone(),
            temporary: self.temporary.clone(),
            marks: self.marks.clone(),
            replaced: BTreeMap::new(),
        });
    }

    pub fn depth(&self) -> usize { self.frames.len() }

    /// Success: folds layers above `depth` into the one below.
    pub fn fold_to(&mut self, depth: usize) {
        while self.frames.len() > depth {
            let Some(frame) = self.frames.pop() else { break };
            let below = self.frames.len();
            if let Some(parent) = self.frames.last_mut() {
                for (name, edits) in frame.replaced {
                    parent.replaced.entry(name).or_insert_with(|| {
                        edits.map(|mut edits| {
                            edits.drop_to(below - 1);
                            edits
                        })
                    });
                }
            }
        }
        for edits in self.edits.values_mut() {
            edits.maps().for_each(|map| map.fold_to(depth));
        }
    }

    /// Failure: everything above `depth` never happened, DDL included.
    pub fn drop_to(&mut self, depth: usize) {
        while self.frames.len() > depth {
            let Some(frame) = self.frames.pop() else { break };
            for (name, edits) in frame.replaced {
                match edits {
                    Some(edits) => self.edits.insert(name, edits),
                    None => self.edits.remove(&name),
                };
            }
            if !Rc::ptr_eq(&self.root, &frame.root) || !Rc::ptr_eq(&self.temporary, &frame.temporary) {
                self.plans.clear();
            }
            self.root = frame.root;
            self.temporary = frame.temporary;
            self.base = frame.base;
            self.marks = frame.marks;
        }
        self.edits.retain(|name, edits| {
            edits.drop_to(depth);
            self.temporary.has_table(name) || self.root.tables.contains_key(name)
        });
    }

    /// Writes pending edits into trees and answers the root that results. Safe to repeat after a fault.
    pub fn flush(&mut self, store: &dyn ChunkStore) -> Result<Root> {
        for name in self.branch_edits() {
            self.flush_table(store, &name)?;
        }
        Ok((*self.root).clone())
    }

    /// As [`Workspace::flush`], for one table; answers it as it stands, trees included.
    pub fn flush_table(&mut self, store: &dyn ChunkStore, name: &str) -> Result<Option<Rc<Table>>> {
        let name = fold(name);
        if self.temporary.has_table(&name) {
            return match self.edits.get(&name) {
                Some(edits) if edits.has_edits() => {
                    Err(Error::unsupported(format!("the definition of temporary table {name} cannot change while it has rows")))
                }
                _ => Ok(self.find(&name).cloned()),
            };
        }
        let Some(table) = self.root.tables.get(&name) else { return Ok(None) };
        match self.edits.get(&name) {
            Some(edits) if edits.has_edits() => {
                let rows = edits.rows.map.flush(store)?;
                let indexes =
                    edits.indexes.iter().map(|index| index.map.flush(store)).collect::<Result<Vec<Map>>>()?;
                let table = Table { schema: table.schema.clone(), rows, indexes };
                self.set_table(&name, Some(table));
            }
            _ => {}
        }
        Ok(self.root.tables.get(&name).cloned())
    }

    /// Moves edits into trees when they take too much memory. `true`: it did.
    pub fn spill(&mut self, store: &dyn ChunkStore) -> Result<bool> {
        let on_branch = self.edits.iter().filter(|(name, _)| !self.temporary.has_table(name));
        if on_branch.map(|(_, edits)| edits.pending_bytes()).sum::<usize>() < SPILL_BYTES {
            return Ok(false);
        }
        self.flush(store)?;
        Ok(true)
    }

    pub fn shared_root(&self) -> Rc<Root> { self.root.clone() }

    /// A whole root in place of the present one, to be published: what a transaction was merged into.
    pub fn put_root(&mut self, root: Root) {
        self.branch_edits().iter().for_each(|name| self.set_aside(name));
        self.root = Rc::new(root);
        self.plans.clear();
    }

    /// What was flushed is durable: the next transaction begins here.
    pub fn settle(&mut self) {
        self.edits.retain(|_, edits| edits.has_edits());
        self.base = self.root.clone();
        self.marks = Rc::default();
    }

    pub fn keep_marks(&mut self, other: &Workspace) { self.marks = other.marks.clone(); }

    /// Whether anything differs from what the transaction began with.
    pub fn is_dirty(&self) -> bool {
        self.edits.iter().any(|(name, edits)| edits.has_edits() && !self.temporary.has_table(name))
            || (!Rc::ptr_eq(&self.root, &self.base) && !same_root(&self.root, &self.base))
    }

    /// AUTO_INCREMENT's high-water mark of a table, if this transaction moved it.
    pub fn mark(&self, table: TableId) -> Option<i64> { self.temporary.marks.get(&table).or_else(|| self.marks.get(&table)).copied() }
    pub fn set_mark(&mut self, table: TableId, mark: i64) {
        match self.temporary.owns(table) {
            true => Rc::make_mut(&mut self.temporary).marks.insert(table, mark),
            false => Rc::make_mut(&mut self.marks).insert(table, mark),
        };
    }
    /// Forgets a mark of a table that is gone or starts again.
    pub fn drop_mark(&mut self, table: TableId) {
        Rc::make_mut(&mut self.marks).remove(&table);
        if self.temporary.marks.contains_key(&table) {
            Rc::make_mut(&mut self.temporary).marks.remove(&table);
        }
    }
    pub fn marks(&self) -> &BTreeMap<TableId, i64> { &self.marks }
}

impl Workspace {
    pub fn plans(&self) -> &Plans { &self.plans }
    pub fn plans_mut(&mut self) -> &mut Plans { &mut self.plans }
    pub fn last_insert_id(&self) -> Option<i64> { self.last_insert_id }
    pub fn set_last_insert_id(&mut self, id: i64) { self.last_insert_id = Some(id); }
}

/// Equality that looks inside only where the pointers differ.
fn same_root(a: &Root, b: &Root) -> bool {
    let tables = || a.tables.iter().zip(&b.tables).all(|(a, b)| a.0 == b.0 && (Rc::ptr_eq(a.1, b.1) || a.1 == b.1));
    a.tables.len() == b.tables.len() && tables() && a.views == b.views
}

pub(crate) fn missing(table: &str) -> Error { Error::new(Code::TableNotFound, format!("table not found: {table}")) }
