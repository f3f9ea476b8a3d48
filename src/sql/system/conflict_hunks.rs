//! `dolt_conflict_hunks_⟨t⟩`: of every text in conflict that both sides changed, the hunks of its three-way merge.
//! Joins with `dolt_conflicts_⟨t⟩` by `dolt_conflict_id`.

use std::rc::Rc;

use super::conflict_shape::hex;
use super::conflicts::merge_state;
use super::scan::{family, stream, text, wrong_count, Scan};
use super::text_hunks::{hunk_columns, hunk_rows};
use super::{BoundTable, SystemTable};
use crate::error::{Code, Error, Result};
use crate::prolly::KeyRange;
use crate::repo::{fold, Conflict, Schema, TextMerge};
use crate::sql::relation::Row;
use crate::sql::versions::Projection;
use crate::sql::Context;
use crate::tuple::Value;

pub struct ConflictHunks;

impl SystemTable for ConflictHunks {
    fn bind(&self, cx: &Context, name: &str, arguments: Option<&[Value]>) -> Result<Option<Box<dyn BoundTable>>> {
        let Some(table) = family("dolt_conflict_hunks_", name) else { return Ok(None) };
        if let Some(arguments) = arguments {
            return Err(wrong_count(name, "0", arguments.len()));
        }
        let Some(schema) = cx.workspace.borrow().schema(table) else {
            return Err(Error::new(Code::TableNotFound, format!("table not found: {table}")));
        };
        let mut columns = vec![text("dolt_conflict_id"), text("column_name")];
        columns.extend(hunk_columns());
        Scan::new(columns, move |cx, _| {
            let map = merge_state(cx)?.and_then(|state| state.conflicts.get(&fold(&schema.name)).copied()).unwrap_or_default();
            let (store, schema, projection) = (cx.store.clone(), schema.clone(), Projection::identity(&schema)?);
            let mut cursor = map.cursor(&store, KeyRange::all(), false);
            let mut ready: std::vec::IntoIter<Row> = Vec::new().into_iter();
            stream(move || loop {
                if let Some(row) = ready.next() {
                    return Ok(Some(row));
                }
                let Some((key, value)) = cursor.next()? else { return Ok(None) };
                let conflict = Conflict::decode(&*store, &value)?;
                let side = |entry: &Option<bytes::Bytes>| -> Result<Option<Row>> {
                    let read = entry.as_ref().map(|entry| projection.row(&*store, &key, entry));
                    Ok(read.transpose()?.map(|(row, _)| row))
                };
                let sides = [side(&conflict.base)?, side(&conflict.ours)?, side(&conflict.theirs)?];
                ready = hunks(&schema, &hex(&key), &sides).into_iter();
            })
        })
        .bound()
    }
}

fn hunks(schema: &Rc<Schema>, id: &str, [base, ours, theirs]: &[Option<Row>; 3]) -> Vec<Row> {
    let mut found = Vec::new();
    for (at, column) in schema.columns.iter().enumerate() {
        let cell = |row: &Option<Row>| row.as_ref().and_then(|row| row.get(at).cloned()).unwrap_or_default();
        let (base, ours, theirs) = (cell(base), cell(ours), cell(theirs));
        let base = match &base {
            Value::Text(base) => base,
            _ => "",
        };
        let (Value::Text(ours), Value::Text(theirs)) = (&ours, &theirs) else { continue };
        if ours == theirs || **ours == *base || **theirs == *base {
            continue;
        }
        for row in hunk_rows(&TextMerge::new(base, ours, theirs)) {
            let mut shown = vec![Value::from(id), Value::Text(column.name.clone())];
            shown.extend(row);
            found.push(shown);
        }
    }
    found
}
