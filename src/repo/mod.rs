//! Versioning without SQL types: roots, schemas, commits, refs, merge.

mod refs;
mod repository;
mod root;
mod schema;
mod table;

pub use refs::{Publication, RefMap, RefName};
pub use repository::Repository;
pub use root::{Root, View};
pub use schema::{
    fold, Action, Check, Column, ColumnId, ForeignKey, Generated, Index, IndexId, KeyPart, Schema, TableId,
};
pub use table::Table;
