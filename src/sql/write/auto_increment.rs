//! AUTO_INCREMENT and INTEGER PRIMARY KEY: the next value is one past the table's mark, and the mark is never below the
//! largest value in the table. The mark is a record of the database, outside the roots, so that branches do not
//! collide; a transaction keeps its own in the workspace and publishes it with its rows.

use super::Target;
use crate::error::{Code, Error, Result};
use crate::prolly::KeyRange;
use crate::repo::{auto_increment, row_key_of_index};
use crate::sql::relation::Row;
use crate::sql::{Context, TableView};
use crate::tuple::Value;

/// Fills in what is NULL and notes what is not. The first value drawn, if any.
pub fn fill(target: &Target, cx: &Context, rows: &mut [Row]) -> Result<Option<i64>> {
    let Some(position) = target.auto else { return Ok(None) };
    let declared = target.schema.columns[position].auto_increment;
    let needs = rows.iter().any(|row| row[position].is_null());
    // A plain INTEGER PRIMARY KEY keeps a mark only once it has drawn a value.
    if !needs && !declared {
        return Ok(None);
    }
    let id = target.schema.id;
    let known = cx.workspace.borrow().mark(id);
    let mut mark = match known {
        Some(mark) => mark,
        None => {
            let recorded = auto_increment(&*cx.repository, id)?;
            i64::try_from(recorded).unwrap_or(i64::MAX).max(largest(target, cx, position)?)
        }
    };
    if !declared {
        // Keys that were given since the mark was set did not move it.
        mark = mark.max(largest(target, cx, position)?);
    }
    let mut first = None;
    for row in rows.iter_mut() {
        match &mut row[position] {
            cell @ Value::Null => {
                mark = mark.checked_add(1).ok_or_else(|| exhausted(target, position))?;
                first.get_or_insert(mark);
                *cell = Value::Int(mark);
            }
            cell => {
                target.coerce(position, cell)?;
                if let Value::Int(int) = cell {
                    mark = mark.max(*int);
                }
            }
        }
    }
    if known != Some(mark) {
        cx.workspace.borrow_mut().set_mark(id, mark);
    }
    Ok(first)
}

fn exhausted(target: &Target, position: usize) -> Error {
    let name = target.column_name(position);
    Error::new(Code::IntRange, format!("AUTO_INCREMENT of {name} has no value left after {}", i64::MAX))
}

/// The largest value in the table: the last key where the column leads the primary key or an index, else by a scan.
fn largest(target: &Target, cx: &Context, position: usize) -> Result<i64> {
    let Some(view) = cx.workspace.borrow().table(&target.name) else { return Ok(0) };
    let leads = |parts: &[crate::repo::KeyPart]| parts.first().filter(|part| part.column == position).copied();
    let schema = &target.schema;
    if let Some(part) = leads(&schema.primary_key) {
        let mut cursor = view.rows.cursor(&cx.store, KeyRange::all(), !part.descending);
        return match cursor.next()? {
            Some((key, row)) => cell(target, cx, position, &key, &row),
            None => Ok(0),
        };
    }
    for (index, map) in schema.indexes.iter().zip(&view.indexes) {
        if let (Some(part), None) = (leads(&index.parts), &index.predicate) {
            let mut cursor = map.cursor(&cx.store, KeyRange::all(), !part.descending);
            let Some((entry, _)) = cursor.next()? else { return Ok(0) };
            let key = row_key_of_index(schema, index, &entry)?;
            return match view.rows.get(&*cx.store, key)? {
                Some(row) => cell(target, cx, position, key, &row),
                None => Ok(0),
            };
        }
    }
    scan(target, cx, position, &view)
}

fn scan(target: &Target, cx: &Context, position: usize, view: &TableView) -> Result<i64> {
    let mut largest = 0;
    let mut cursor = view.rows.cursor(&cx.store, KeyRange::all(), false);
    while let Some((key, row)) = cursor.next()? {
        largest = largest.max(cell(target, cx, position, &key, &row)?);
    }
    Ok(largest)
}

fn cell(target: &Target, cx: &Context, position: usize, key: &[u8], row: &[u8]) -> Result<i64> {
    match target.codec.record(key, row)?.value(&*cx.store, position)? {
        Value::Int(int) => Ok(int.max(0)),
        _ => Ok(0),
    }
}
