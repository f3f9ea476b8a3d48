//! The root value: what a commit or a working set holds. Nothing else, so that content alone decides it.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::{fold, Table};
use crate::chunk::ChunkStore;
use crate::error::Result;
use crate::hash::Address;

/// Tables and views by folded name. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Root { pub tables: BTreeMap<String, Rc<Table>>, pub views: BTreeMap<String, Rc<View>> }

/// A view as typed by the user: `sql` is the query after AS.
#[derive(Clone, Debug, PartialEq)]
pub struct View { pub name: Rc<str>, pub columns: Vec<Rc<str>>, pub sql: Rc<str> }

impl Root {
    pub fn table(&self, name: &str) -> Option<&Rc<Table>> { self.tables.get(&fold(name)) }
    /// Schemas are chunks of their own, shared between roots.
    pub fn read(store: &dyn ChunkStore, address: &Address) -> Result<Root> { todo!() }
    pub fn write(&self, store: &dyn ChunkStore) -> Result<Address> { todo!() }
}
