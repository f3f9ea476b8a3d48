//! GlueSQL's traits over the private table. What a query never asks keeps its default, which refuses.

use gluesql::core::data::{Key, Schema, Value};
use gluesql::core::error::{Error, Result};
use gluesql::core::store::{
    AlterTable, CustomFunction, CustomFunctionMut, Index, IndexMut, Metadata, Planner, RowIter, Store, StoreMut, Transaction,
};

use super::private::PrivateTable;

impl Store for PrivateTable<'_> {
    /// The only table has no name and no columns: its rows stand for batches.
    fn fetch_schema(&self, table_name: &str) -> Result<Option<Schema>> {
        Ok(table_name.is_empty().then(|| Schema {
            table_name: String::new(),
            column_defs: Some(Vec::new()),
            indexes: Vec::new(),
            engine: None,
            foreign_keys: Vec::new(),
            comment: None,
        }))
    }

    fn fetch_all_schemas(&self) -> Result<Vec<Schema>> { Ok(self.fetch_schema("")?.into_iter().collect()) }

    fn fetch_data(&self, _: &str, _: &Key) -> Result<Option<Vec<Value>>> { Ok(None) }

    /// One row a batch.
    fn scan_data<'a>(&'a self, _: &str) -> Result<RowIter<'a>> {
        Ok(Box::new(std::iter::from_fn(move || match self.advance() {
            Ok(true) => Some(Ok((Key::None, Vec::new()))),
            Ok(false) => None,
            Err(_) => Some(Err(Error::StorageMsg("see beside".to_string()))),
        })))
    }
}

/// Never begins a transaction of its own: the session owns a statement's scope.
impl Transaction for PrivateTable<'_> {}
impl StoreMut for PrivateTable<'_> {}
impl Index for PrivateTable<'_> {}
impl IndexMut for PrivateTable<'_> {}
impl Metadata for PrivateTable<'_> {}
impl CustomFunction for PrivateTable<'_> {}
impl CustomFunctionMut for PrivateTable<'_> {}
impl AlterTable for PrivateTable<'_> {}
impl Planner for PrivateTable<'_> {}
