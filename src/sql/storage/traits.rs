//! GlueSQL's traits over the private table. What a query never asks keeps its default, which refuses.

use gluesql::core::ast::{ColumnDef, DataType};
use gluesql::core::data::{Key, Schema, Value};
use gluesql::core::error::{Error, Result};
use gluesql::core::store::{
    AlterTable, CustomFunction, CustomFunctionMut, Index, IndexMut, Metadata, Planner, RowIter, Store, StoreMut, Transaction,
};

use super::private::{PrivateTable, COLUMN, TABLE};

impl Store for PrivateTable<'_> {
    fn fetch_schema(&self, table_name: &str) -> Result<Option<Schema>> {
        let column = ColumnDef {
            name: COLUMN.to_string(),
            data_type: DataType::Int,
            nullable: false,
            default: None,
            unique: None,
            comment: None,
        };
        Ok((table_name == TABLE).then(|| Schema {
            table_name: TABLE.to_string(),
            column_defs: Some(vec![column]),
            indexes: Vec::new(),
            engine: None,
            foreign_keys: Vec::new(),
            comment: None,
        }))
    }

    fn fetch_all_schemas(&self) -> Result<Vec<Schema>> { Ok(self.fetch_schema(TABLE)?.into_iter().collect()) }

    fn fetch_data(&self, _: &str, _: &Key) -> Result<Option<Vec<Value>>> { Ok(None) }

    /// One row a batch.
    fn scan_data<'a>(&'a self, _: &str) -> Result<RowIter<'a>> {
        Ok(Box::new(std::iter::from_fn(move || match self.advance() {
            Ok(true) => {
                let rows = self.len() as i64;
                Some(Ok((Key::I64(rows), vec![Value::I64(rows)])))
            }
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
