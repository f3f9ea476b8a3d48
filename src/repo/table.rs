//! A table in a root: its schema and its trees.

use std::rc::Rc;

use super::Schema;
use crate::prolly::Map;

/// `rows`: encoded primary key -> encoded row (the cells that the key does not hold, see `docs/format.md`).
/// Keyless: BLAKE3-128 of the canonical row -> count as varint, then the row.
/// `indexes` stand in the order of `schema.indexes`.
#[derive(Clone, Debug, PartialEq)]
pub struct Table { pub schema: Rc<Schema>, pub rows: Map, pub indexes: Vec<Map> }

impl Table {
    /// A table without rows.
    pub fn empty(schema: Rc<Schema>) -> Self {
        let indexes = vec![Map::EMPTY; schema.indexes.len()];
        Table { schema, rows: Map::EMPTY, indexes }
    }
}
