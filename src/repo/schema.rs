//! A table's schema. Expressions are kept as the user typed them, never as a parser prints them.

use std::rc::Rc;

use crate::tuple::{ColumnType, KeyOrder, Value};

/// Identifiers compare without ASCII case; maps are keyed by the folded name.
pub fn fold(name: &str) -> String { name.to_ascii_lowercase() }

/// Ids are hashes of (parent id, name at creation, type family), probed past ids in use in the same
/// root: a rename keeps the id, and the same change on two branches gives the same id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TableId(pub u64);
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ColumnId(pub u64);
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IndexId(pub u64);

#[derive(Clone, Debug, PartialEq)]
pub struct Schema {
    pub id: TableId,
    /// As spelled by the user.
    pub name: Rc<str>,
    pub columns: Vec<Column>,
    /// Empty: a table without a primary key, keyed by BLAKE3-128 of the canonical row, with a count.
    pub primary_key: Vec<KeyPart>,
    pub indexes: Vec<Index>,
    pub foreign_keys: Vec<ForeignKey>,
    pub checks: Vec<Check>,
    pub comment: Rc<str>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub id: ColumnId,
    pub name: Rc<str>,
    pub column_type: ColumnType,
    /// The type as typed by the user, for SHOW CREATE TABLE and PRAGMA.
    pub declared: Rc<str>,
    pub nullable: bool,
    pub default: Option<Rc<str>>,
    /// `ON UPDATE CURRENT_TIMESTAMP` and the like.
    pub on_update: Option<Rc<str>>,
    /// What rows written before the column was added hold: immutable. NULL for the table's first columns.
    pub fill: Value,
    pub generated: Option<Generated>,
    pub auto_increment: bool,
    /// COLLATE NOCASE.
    pub nocase: bool,
    pub comment: Rc<str>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Generated { pub expression: Rc<str>, pub stored: bool }

/// A column (by position in `Schema::columns`) and its direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyPart { pub column: usize, pub descending: bool }

/// A secondary index: a map from (parts…, primary key) to nothing. For a unique index as well: uniqueness is
/// a probe of the prefix, so that NULLs repeat and a merge's violation can still be stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Index {
    pub id: IndexId,
    pub name: Rc<str>,
    pub parts: Vec<KeyPart>,
    pub unique: bool,
    /// Partial index: its WHERE.
    pub predicate: Option<Rc<str>>,
    /// Made by a UNIQUE in the table's definition rather than by CREATE INDEX.
    pub constraint: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ForeignKey {
    pub name: Rc<str>,
    pub columns: Vec<usize>,
    pub parent_table: Rc<str>,
    /// Empty: the parent's primary key.
    pub parent_columns: Vec<Rc<str>>,
    pub on_delete: Action,
    pub on_update: Action,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Action { NoAction = 0, Restrict = 1, Cascade = 2, SetNull = 3, SetDefault = 4 }

#[derive(Clone, Debug, PartialEq)]
pub struct Check { pub name: Rc<str>, pub expression: Rc<str> }

impl Schema {
    /// Position of a column by name, without ASCII case.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name.eq_ignore_ascii_case(name))
    }
    pub fn is_keyless(&self) -> bool { self.primary_key.is_empty() }
    /// How the parts of the primary key sort.
    pub fn key_orders(&self) -> Vec<KeyOrder> { self.orders(&self.primary_key) }
    /// How the parts of an index key sort: its own parts, then those of the primary key
    /// (for a keyless table the 16 bytes of the row's hash follow raw).
    pub fn index_orders(&self, index: &Index) -> Vec<KeyOrder> {
        let mut orders = self.orders(&index.parts);
        orders.extend(self.key_orders());
        orders
    }
    fn orders(&self, parts: &[KeyPart]) -> Vec<KeyOrder> {
        parts
            .iter()
            .map(|part| {
                let column = &self.columns[part.column];
                KeyOrder { column_type: column.column_type.clone(), descending: part.descending, nocase: column.nocase }
            })
            .collect()
    }
}
