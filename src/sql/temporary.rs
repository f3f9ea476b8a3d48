//! Temporary tables and views: they belong to one session, end with it, and are on no branch.
//!
//! Their rows stay edits above an empty tree and are never flushed, so that no chunk of theirs is published or swept. They
//! follow transactions and savepoints as other tables do.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::error::{Code, Error, Result};
use crate::repo::{Root, Schema, TableId};
use crate::tuple::Value;

#[derive(Clone, Default)]
pub struct Temporary {
    pub root: Root,
    /// AUTO_INCREMENT's marks.
    pub marks: BTreeMap<TableId, i64>,
}

impl Temporary {
    pub fn is_empty(&self) -> bool { self.root.tables.is_empty() && self.root.views.is_empty() }
    pub fn has_table(&self, folded: &str) -> bool { self.root.tables.contains_key(folded) }
    pub fn owns(&self, id: TableId) -> bool { self.root.table_by_id(id).is_some() }
}

/// A row that is larger would have to put values into chunks of their own.
const LARGEST_ROW: usize = 1_900;

pub fn check_row(schema: &Schema, row: &[Value]) -> Result<()> {
    let bytes: usize = row
        .iter()
        .map(|value| match value {
            Value::Text(text) => text.len() + 4,
            Value::Blob(bytes) => bytes.len() + 4,
            _ => 16,
        })
        .sum();
    if bytes <= LARGEST_ROW {
        return Ok(());
    }
    let message = format!("a row of temporary table {} has about {bytes} bytes: at most {LARGEST_ROW} are possible", schema.name);
    Err(Error::new(Code::RowTooLarge, message))
}

/// Its id, unlike that of a table of the same name on a branch.
pub fn table_id(id: TableId) -> TableId { TableId(!id.0) }

/// The tables and views of a session; cheap to clone.
pub type Temporaries = Rc<Temporary>;
