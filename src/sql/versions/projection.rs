//! Rows of one schema seen through the columns of another, matched by name as Dolt matches them.

use crate::chunk::ChunkStore;
use crate::error::Result;
use crate::repo::{Column, RowCodec, Schema};
use crate::sql::relation::Row;
use crate::tuple::{ColumnType, Value};

/// What becomes of a value whose column has another type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// Stored as the target column would store it, NULL where it cannot be (differences).
    Coerce,
    /// As Coerce; and a column that the schema lacks holds what its rows held when it was added.
    Filled,
    /// NULL unless the types are of one family (history).
    SameFamily,
}

pub struct Projection { codec: RowCodec, sources: Vec<Source> }

enum Source {
    Fixed(Value),
    Column(usize),
    Cast(usize, ColumnType),
}

impl Projection {
    /// `wanted` tells which of the targets are read; the others come as NULL.
    pub fn new(schema: &Schema, targets: &[Column], fit: Fit, wanted: &dyn Fn(usize) -> bool) -> Result<Self> {
        let source = |(target, column): (usize, &Column)| {
            let Some(position) = schema.column(&column.name).filter(|_| wanted(target)) else {
                return Source::Fixed(if fit == Fit::Filled { column.fill.clone() } else { Value::Null });
            };
            let own = &schema.columns[position].column_type;
            if *own == column.column_type {
                return Source::Column(position);
            }
            if fit == Fit::SameFamily && own.family() != column.column_type.family() {
                return Source::Fixed(Value::Null);
            }
            Source::Cast(position, column.column_type.clone())
        };
        let sources = targets.iter().enumerate().map(source).collect();
        Ok(Projection { codec: RowCodec::new(schema)?, sources })
    }

    /// All columns of a schema, as they are.
    pub fn identity(schema: &Schema) -> Result<Self> { Projection::new(schema, &schema.columns, Fit::Coerce, &|_| true) }

    pub fn codec(&self) -> &RowCodec { &self.codec }

    /// The row, and how often it stands (1 but for keyless tables).
    pub fn row(&self, store: &dyn ChunkStore, key: &[u8], value: &[u8]) -> Result<(Row, u64)> {
        let record = self.codec.record(key, value)?;
        let mut row = Vec::with_capacity(self.sources.len());
        for source in &self.sources {
            row.push(match source {
                Source::Fixed(value) => value.clone(),
                Source::Column(position) => record.value(store, *position)?,
                Source::Cast(position, to) => to.coerce(record.value(store, *position)?).unwrap_or(Value::Null),
            });
        }
        Ok((row, record.count()))
    }
}
