//! The tables of a transaction: a root plus edits that are not in trees yet, in layers
//! (transaction, savepoint, statement). A fault or an error drops the top layer.

use std::rc::Rc;

use bytes::Bytes;

use crate::chunk::ChunkStore;
use crate::error::Result;
use crate::prolly::MapView;
use crate::repo::{Root, Schema, Table, View};

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

pub struct Workspace {}

impl Workspace {
    pub fn new(root: Root) -> Self { todo!() }
    pub fn table(&self, name: &str) -> Option<TableView> { todo!() }
    pub fn view(&self, name: &str) -> Option<Rc<View>> { todo!() }
    pub fn table_names(&self) -> Vec<Rc<str>> { todo!() }
    /// Schemas as they stand now, table trees as of the last flush.
    pub fn root(&self) -> &Root { todo!() }

    /// DDL: replaces or adds a table with its trees as they are in `table` (pending edits of it are dropped:
    /// flush first), or removes it.
    pub fn set_table(&mut self, name: &str, table: Option<Table>) { todo!() }
    pub fn set_view(&mut self, name: &str, view: Option<View>) { todo!() }
    /// After a versioning verb: everything is replaced, no edits are pending.
    pub fn replace_root(&mut self, root: Root) { todo!() }

    pub fn put_row(&mut self, table: &str, key: Bytes, row: Bytes) { todo!() }
    pub fn delete_row(&mut self, table: &str, key: Bytes) { todo!() }
    pub fn put_index(&mut self, table: &str, index: usize, key: Bytes) { todo!() }
    pub fn delete_index(&mut self, table: &str, index: usize, key: Bytes) { todo!() }

    pub fn push_layer(&mut self) { todo!() }
    pub fn depth(&self) -> usize { todo!() }
    /// Success: folds layers above `depth` into the one below.
    pub fn fold_to(&mut self, depth: usize) { todo!() }
    /// Failure: everything above `depth` never happened, DDL included.
    pub fn drop_to(&mut self, depth: usize) { todo!() }
    /// Writes pending edits into trees and answers the root that results. Safe to repeat after a fault.
    pub fn flush(&mut self, store: &dyn ChunkStore) -> Result<Root> { todo!() }
    pub fn is_dirty(&self) -> bool { todo!() }
}
