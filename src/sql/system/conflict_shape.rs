//! The columns of conflicts and how a stored conflict becomes a row of them: `from_root_ish, base_⟨col⟩…, our_⟨col⟩…,
//! our_diff_type, their_⟨col⟩…, their_diff_type, dolt_conflict_id`, for a table without a primary key its counts,
//! then hidden what only DoltLite's text names.

use std::rc::Rc;

use bytes::Bytes;

use super::diff_shape::joined;
use super::history::row_id_column;
use super::scan::{integer, text};
use crate::chunk::Store;
use crate::error::{Error, Result};
use crate::repo::{Conflict, Schema};
use crate::sql::relation::Row;
use crate::sql::versions::Projection;
use crate::sql::OutputColumn;
use crate::tuple::{ColumnType, Value};

pub struct ConflictShape { pub schema: Rc<Schema>, projection: Projection }

type Side = Option<(Row, u64)>;

impl ConflictShape {
    pub fn new(schema: &Rc<Schema>) -> Result<Self> {
        Ok(ConflictShape { schema: schema.clone(), projection: Projection::identity(schema)? })
    }

    pub fn columns(&self) -> Vec<OutputColumn> {
        let side = |prefix: &str| -> Vec<OutputColumn> {
            let columns = self.schema.columns.iter();
            columns.map(|c| OutputColumn::new(format!("{prefix}_{}", c.name), c.column_type.clone())).collect()
        };
        let mut columns = vec![text("from_root_ish")];
        columns.extend(side("base"));
        columns.extend(side("our"));
        columns.push(text("our_diff_type"));
        columns.extend(side("their"));
        columns.extend([text("their_diff_type"), text("dolt_conflict_id")]);
        if self.schema.is_keyless() {
            columns.extend([integer("base_cardinality"), integer("our_cardinality"), integer("their_cardinality")]);
        }
        columns
    }

    pub fn hidden(&self) -> Vec<OutputColumn> {
        let row_id = row_id_column(&self.schema);
        let row_id = row_id.map_or(ColumnType::Any, |column| self.schema.columns[column].column_type.clone());
        ["base", "our", "their"]
            .iter()
            .flat_map(|side| [OutputColumn::new(format!("{side}_rowid"), row_id.clone()), text(&format!("{side}_value"))])
            .collect()
    }

    fn width(&self) -> usize { self.schema.columns.len() }
    pub fn our_start(&self) -> usize { 1 + self.width() }
    pub fn id(&self) -> usize { self.our_start() + 2 * self.width() + 2 }
    /// Positions that UPDATE may change.
    pub fn our(&self) -> std::ops::Range<usize> { self.our_start()..self.our_start() + self.width() }
    /// Where the primary key's columns stand, in order of its parts, on each side.
    /// Where the three sides show a column, and as what type.
    pub fn positions(&self, column: usize) -> Vec<(usize, ColumnType)> {
        let their = self.our_start() + self.width() + 1;
        let shown = &self.schema.columns[column].column_type;
        [1, self.our_start(), their].map(|start| (start + column, shown.clone())).to_vec()
    }

    /// `ours`: the row as it stands now, which may have been edited since the merge.
    pub fn row(&self, store: &Store, from: &Value, key: &Bytes, conflict: &Conflict, ours: Option<&Bytes>) -> Result<Row> {
        let read = |entry: Option<&Bytes>| -> Result<Side> {
            entry.map(|entry| self.projection.row(&**store, key, entry)).transpose()
        };
        let sides = [read(conflict.base.as_ref())?, read(ours)?, read(conflict.theirs.as_ref())?];
        let [base, ours, theirs] = &sides;
        let kind = |side: &Side| match (base, side) {
            (None, Some(_)) => "added",
            (_, None) => "removed",
            _ => "modified",
        };
        let cells = |side: &Side| match side {
            Some((row, _)) => row.clone(),
            None => vec![Value::Null; self.width()],
        };
        let mut row = vec![from.clone()];
        row.extend(cells(base));
        row.extend(cells(ours));
        row.push(Value::from(kind(ours)));
        row.extend(cells(theirs));
        row.extend([Value::from(kind(theirs)), Value::from(hex(key))]);
        if self.schema.is_keyless() {
            row.extend(sides.iter().map(|side| Value::Int(side.as_ref().map_or(0, |(_, count)| *count as i64))));
        }
        let row_id = row_id_column(&self.schema);
        for side in &sides {
            let values = side.as_ref().map(|(row, _)| row);
            row.push(values.and_then(|row| row.get(row_id?)).cloned().unwrap_or(Value::Null));
            row.push(joined(values)?);
        }
        Ok(row)
    }

    /// The key of the conflict that a row shows.
    pub fn key_of(&self, row: &[Value]) -> Result<Bytes> {
        match row.get(self.id()) {
            Some(Value::Text(id)) => unhex(id),
            _ => Err(Error::internal("a row of conflicts has no dolt_conflict_id")),
        }
    }
}

pub fn hex(bytes: &[u8]) -> String { bytes.iter().map(|byte| format!("{byte:02x}")).collect() }

pub fn unhex(text: &str) -> Result<Bytes> {
    let wrong = || Error::bad_argument(format!("`{text}` is no id of a conflict or violation"));
    let digits: Option<Vec<u8>> = text.chars().map(|digit| digit.to_digit(16).map(|digit| digit as u8)).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0).ok_or_else(wrong)?;
    Ok(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect::<Vec<u8>>().into())
}
