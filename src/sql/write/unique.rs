//! The primary key and UNIQUE: no two rows of one key, before and after a statement.
//!
//! A statement's rows are looked at together. A key in the table stands in the way unless the statement takes
//! its row away or changes it; so two rows may swap keys. UNIQUE is a probe of the index's prefix; a prefix with
//! a NULL in it repeats.

use std::collections::HashSet;

use bytes::Bytes;

use super::operator::Edit;
use super::target::{qualified, shown_row};
use super::Target;
use crate::error::{Code, Error, Result};
use crate::prolly::KeyRange;
use crate::repo::{row_key_of_index, Index, Schema};
use crate::sql::relation::Row;
use crate::sql::{Context, TableView};
use crate::tuple::Value;

/// From how many rows on looking at the table's last key first pays.
const APPEND: usize = 8;

/// Refuses new keys that are in the table, or come twice.
pub fn check_primary_key(target: &Target, cx: &Context, view: &TableView, edits: &[Edit]) -> Result<()> {
    let removed = removed(edits);
    let mut seen: HashSet<&Bytes> = HashSet::with_capacity(if edits.len() > 1 { edits.len() } else { 0 });
    let mut wanted: Vec<Bytes> = Vec::with_capacity(edits.len());
    for edit in edits {
        let Some((key, _)) = &edit.new else { continue };
        if edits.len() > 1 && !seen.insert(key) {
            return Err(duplicate_key(target, edit.new_row()));
        }
        if !removed.contains(key) {
            wanted.push(key.clone());
        }
    }
    if wanted.len() >= APPEND {
        let last = view.rows.cursor(&cx.store, KeyRange::all(), true).next()?;
        let least = wanted.iter().min();
        match (last, least) {
            (None, _) => return Ok(()),
            (Some((last, _)), Some(least)) if last < *least => return Ok(()),
            _ => {}
        }
    }
    let found = match &wanted[..] {
        [] => return Ok(()),
        [one] => vec![view.rows.get(&*cx.store, one)?],
        many => view.rows.get_many(&*cx.store, many)?,
    };
    match found.iter().position(Option::is_some) {
        None => Ok(()),
        Some(position) => {
            let key = &wanted[position];
            let edit = edits.iter().find(|edit| edit.new.as_ref().is_some_and(|(new, _)| new == key));
            Err(duplicate_key(target, edit.map_or(&[], |edit| edit.new_row())))
        }
    }
}

fn removed(edits: &[Edit]) -> HashSet<&Bytes> { edits.iter().filter_map(|edit| edit.old.as_ref()).collect() }

/// Refuses rows whose UNIQUE columns another row has.
pub fn check_indexes(target: &Target, cx: &Context, view: &TableView, edits: &[Edit]) -> Result<()> {
    let removed = removed(edits);
    for (number, index) in target.schema.indexes.iter().enumerate() {
        if !index.unique {
            continue;
        }
        let mut probes: Vec<(Bytes, &Edit, bool)> = Vec::new();
        for edit in edits {
            let Some((key, _)) = &edit.new else { continue };
            let row = edit.new_row();
            if has_null(index, row) || !target.indexed(cx, number, row)? {
                continue;
            }
            let prefix: Bytes = target.codec.index_prefix(&target.schema, index, row)?.into();
            // A row that keeps its key and its columns was allowed before.
            let kept = match (&edit.old, &edit.change.old) {
                (Some(old), Some(row)) if old == key && !target.codec.is_keyless() => {
                    target.indexed(cx, number, row)? && target.codec.index_prefix(&target.schema, index, row)? == prefix
                }
                _ => false,
            };
            probes.push((prefix, edit, kept));
        }
        if probes.iter().all(|(_, _, kept)| *kept) {
            continue;
        }
        let mut seen: HashSet<&Bytes> = HashSet::with_capacity(probes.len());
        for (prefix, edit, _) in &probes {
            if !seen.insert(prefix) {
                return Err(duplicate(target, index, edit.new_row()));
            }
        }
        probes.retain(|(_, _, kept)| !kept);
        let map = &view.indexes[number];
        if probes.len() >= APPEND {
            let last = map.cursor(&cx.store, KeyRange::all(), true).next()?;
            let least = probes.iter().map(|(prefix, _, _)| prefix).min();
            if last.zip(least).is_none_or(|((last, _), least)| last < *least) {
                continue;
            }
        }
        if probes.len() > 1 {
            // Brings in all leaves at once; what it finds says nothing, entries are longer than their prefix.
            let prefixes: Vec<Bytes> = probes.iter().map(|(prefix, _, _)| prefix.clone()).collect();
            map.get_many(&*cx.store, &prefixes)?;
        }
        for (prefix, edit, _) in &probes {
            let mut cursor = map.cursor(&cx.store, KeyRange::prefix(prefix), false);
            while let Some((entry, _)) = cursor.next()? {
                let key = row_key_of_index(&target.schema, index, &entry)?;
                if !removed.contains(&Bytes::copy_from_slice(key)) {
                    return Err(duplicate(target, index, edit.new_row()));
                }
            }
        }
    }
    Ok(())
}

pub fn has_null(index: &Index, row: &[Value]) -> bool { index.parts.iter().any(|part| row[part.column].is_null()) }

/// The rows of the table that stand in the way of `row`: that of its key, and those of its UNIQUE columns.
/// Each comes with the index that says so (`None`: the primary key).
pub fn conflicts(target: &Target, cx: &Context, view: &TableView, row: &Row) -> Result<Vec<(Option<usize>, Bytes, Row)>> {
    let mut found: Vec<(Option<usize>, Bytes, Row)> = Vec::new();
    let decode = |key: &[u8], value: &[u8]| target.codec.decode(&*cx.store, key, value);
    if !target.codec.is_keyless() {
        let key = target.codec.key(row)?;
        if let Some(value) = view.rows.get(&*cx.store, &key)? {
            let old = decode(&key, &value)?;
            found.push((None, key, old));
        }
    }
    for (number, index) in target.schema.indexes.iter().enumerate() {
        if !index.unique || has_null(index, row) || !target.indexed(cx, number, row)? {
            continue;
        }
        let prefix = target.codec.index_prefix(&target.schema, index, row)?;
        let mut cursor = view.indexes[number].cursor(&cx.store, KeyRange::prefix(&prefix), false);
        while let Some((entry, _)) = cursor.next()? {
            let key = row_key_of_index(&target.schema, index, &entry)?;
            if let Some(value) = view.rows.get(&*cx.store, key)? {
                let old = decode(key, &value)?;
                found.push((Some(number), Bytes::copy_from_slice(key), old));
            }
        }
    }
    Ok(found)
}

pub fn duplicate_key(target: &Target, row: &[Value]) -> Error {
    let parts = target.schema.primary_key.iter().map(|part| part.column);
    failed(&target.schema, parts, row, "PRIMARY KEY")
}

pub fn duplicate(target: &Target, index: &Index, row: &[Value]) -> Error {
    failed(&target.schema, index.parts.iter().map(|part| part.column), row, &index.name)
}

fn failed(schema: &Schema, columns: impl Iterator<Item = usize> + Clone, row: &[Value], constraint: &str) -> Error {
    let names: Vec<String> = columns.clone().map(|column| qualified(schema, column)).collect();
    let values = shown_row(columns.filter_map(|column| row.get(column)));
    let message = format!("UNIQUE constraint failed: {}: {values} is there already ({constraint})", names.join(", "));
    Error::new(Code::Constraint, message)
}
