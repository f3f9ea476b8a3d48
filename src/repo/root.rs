//! The root value: what a commit or a working set holds. Nothing else, so that content alone decides it.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::schema_codec::put_if_absent;
use super::wire::{Reader, Writer};
use super::{fold, Schema, Table, TableId};
use crate::chunk::{Chunk, ChunkStore, Kind};
use crate::error::{Code, Error, Result};
use crate::hash::Address;
use crate::prolly::Map;

/// Tables and views by folded name. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Root { pub tables: BTreeMap<String, Rc<Table>>, pub views: Views }

/// By folded name.
pub type Views = BTreeMap<String, Rc<View>>;

/// A view as typed by the user: `sql` is the query after AS. Or a trigger: `sql` is the whole CREATE TRIGGER, and the
/// only of `columns` its table.
#[derive(Clone, Debug, PartialEq)]
pub struct View { pub name: Rc<str>, pub columns: Vec<Rc<str>>, pub sql: Rc<str> }

impl View {
    /// No query begins with CREATE.
    pub fn is_trigger(&self) -> bool { self.sql.get(..6).is_some_and(|word| word.eq_ignore_ascii_case("create")) }

    /// Under which it stands in [`Root::views`]: triggers and views have names of their own.
    pub fn key(&self) -> String { if self.is_trigger() { View::trigger_key(&self.name) } else { fold(&self.name) } }
    pub fn trigger_key(name: &str) -> String { format!("{}\0trigger", fold(name)) }
}

/// A table as the root's chunk names it: enough to see whether it changed, without reading its schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableEntry {
    /// Folded.
    pub name: String,
    pub id: TableId,
    pub schema: Address,
    pub rows: Map,
    pub indexes: Vec<Map>,
}

impl TableEntry {
    pub fn open(&self, store: &dyn ChunkStore) -> Result<Table> {
        self.with_schema(Rc::new(Schema::read(store, &self.schema)?))
    }

    /// The table, when its schema has been read before.
    pub fn with_schema(&self, schema: Rc<Schema>) -> Result<Table> {
        if schema.indexes.len() != self.indexes.len() || fold(&schema.name) != self.name || schema.id != self.id {
            return Err(Error::corrupt(format!("root: table {} disagrees with its schema", self.name)));
        }
        Ok(Table { schema, rows: self.rows, indexes: self.indexes.clone() })
    }
}

impl Root {
    pub fn table(&self, name: &str) -> Option<&Rc<Table>> { self.tables.get(&fold(name)) }

    pub fn table_by_id(&self, id: TableId) -> Option<&Rc<Table>> {
        self.tables.values().find(|table| table.schema.id == id)
    }

    /// Schemas are chunks of their own, shared between roots.
    pub fn read(store: &dyn ChunkStore, address: &Address) -> Result<Root> {
        let (entries, views) = Root::read_entries(store, address)?;
        let schemas: Vec<Address> = entries.iter().map(|entry| entry.schema).collect();
        store.want(&schemas)?;
        let mut root = Root { tables: BTreeMap::new(), views };
        for entry in entries {
            root.tables.insert(entry.name.clone(), Rc::new(entry.open(store)?));
        }
        Ok(root)
    }

    /// What the root's own chunk says: one read.
    pub fn read_entries(store: &dyn ChunkStore, address: &Address) -> Result<(Vec<TableEntry>, Views)> {
        Root::entries_of(&store.get(address)?)
    }

    pub fn entries_of(chunk: &Chunk) -> Result<(Vec<TableEntry>, Views)> {
        let body = chunk.body(Kind::Root)?;
        let mut r = Reader::new(&body, "root");
        let entries = r.list(|r| {
            Ok(TableEntry {
                name: r.str()?.to_owned(),
                id: TableId(r.u64()?),
                schema: r.address()?,
                rows: Map::from_root(r.address()?),
                indexes: r.list(|r| Ok(Map::from_root(r.address()?)))?,
            })
        })?;
        if !entries.windows(2).all(|pair| pair[0].name < pair[1].name) {
            return Err(r.wrong("tables are out of order"));
        }
        let views = r.list(|r| {
            let name: Rc<str> = r.str()?.into();
            let columns = r.list(|r| Ok(Rc::from(r.str()?)))?;
            let view = View { name, columns, sql: r.str()?.into() };
            Ok((view.key(), Rc::new(view)))
        })?;
        r.end()?;
        Ok((entries, views.into_iter().collect()))
    }

    /// Refuses what would make the root too large for its chunk: `what` of about so many bytes.
    pub fn has_room(&self, what: &str, bytes: usize) -> Result<()> {
        let length = self.body(&mut |_| Ok(Address::NONE))?.0.len() + bytes;
        if length + Chunk::HEADER <= Chunk::MAX {
            return Ok(());
        }
        let (tables, views) = (self.tables.len(), self.views.len());
        let message = format!("{what} finds no room beside {tables} tables and {views} views: they would take {length} bytes, at most {} are possible", Chunk::MAX);
        Err(Error::new(Code::BadArgument, message))
    }

    pub fn write(&self, store: &dyn ChunkStore) -> Result<Address> {
        let w = self.body(&mut |schema| schema.write(store))?;
        if w.0.len() + Chunk::HEADER > Chunk::MAX {
            let message = format!("tables and views take {} bytes of the root: at most {} are possible", w.0.len(), Chunk::MAX);
            return Err(Error::new(Code::BadArgument, message));
        }
        put_if_absent(store, Chunk::build(Kind::Root, &w.0))
    }

    fn body(&self, schema: &mut dyn FnMut(&Schema) -> Result<Address>) -> Result<Writer> {
        let mut w = Writer::default();
        w.count(self.tables.len());
        for (name, table) in &self.tables {
            w.str(name);
            w.u64(table.schema.id.0);
            w.address(&schema(&table.schema)?);
            w.address(&table.rows.root());
            w.count(table.indexes.len());
            table.indexes.iter().for_each(|index| w.address(&index.root()));
        }
        w.count(self.views.len());
        for view in self.views.values() {
            w.str(&view.name);
            w.count(view.columns.len());
            view.columns.iter().for_each(|column| w.str(column));
            w.str(&view.sql);
        }
        Ok(w)
    }
}
