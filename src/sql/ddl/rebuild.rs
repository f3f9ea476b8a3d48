//! A table's trees, made again after its schema changed: rows in a new layout, indexes from the rows.
//!
//! What did not change is kept: a map whose bytes the new schema reads as they are stays as it is.

use std::rc::Rc;

use bytes::Bytes;

use crate::error::Result;
use crate::prolly::{KeyRange, Map, MutableMap};
use crate::repo::{keyless_value, split_keyless, RowCodec, Schema, Table};
use crate::sql::relation::Row;
use crate::sql::write::{defaults, duplicate, duplicate_key, Target};
use crate::sql::Context;
use crate::tuple::Value;

/// Edits held before they go into the tree.
const BATCH_BYTES: usize = 16 << 20;

/// Where a column's value comes from when rows are rewritten.
pub enum Source {
    /// The old table's column.
    Old(usize),
    /// The column's DEFAULT, drawn for each row.
    Default,
    /// NULL, or what generates it.
    Nothing,
}

/// Rows of `old` under the schema of `target`, every row checked; indexes are not made.
pub fn rows(cx: &Context, old: &Table, target: &Target, sources: &[Source]) -> Result<Map> {
    let codec = RowCodec::new(&old.schema)?;
    let mut map = MutableMap::new(Map::EMPTY);
    let mut cursor = old.rows.cursor(&cx.store, KeyRange::all(), false);
    while let Some((key, value)) = cursor.next()? {
        let times = codec.record(&key, &value)?.count();
        let before = codec.decode(&*cx.store, &key, &value)?;
        let mut row: Row = Vec::with_capacity(sources.len());
        for source in sources {
            row.push(match source {
                Source::Old(old) => before[*old].clone(),
                _ => Value::Null,
            });
        }
        for (column, _) in sources.iter().enumerate().filter(|(_, source)| matches!(source, Source::Default)) {
            row[column] = defaults::value(target, cx, column, &row)?;
        }
        target.finish(cx, &mut row)?;
        let (key, value) = target.codec.encode(&*cx.store, &row)?;
        let there = map.get(&*cx.store, &key)?;
        if target.codec.is_keyless() {
            let (count, row) = match &there {
                Some(there) => split_keyless(there)?,
                None => (0, split_keyless(&value)?.1),
            };
            let value = keyless_value(count + times, row);
            map.put(key, value);
        } else if there.is_some() || times > 1 {
            return Err(duplicate_key(target, &row));
        } else {
            map.put(key, value);
        }
        if map.pending_bytes() > BATCH_BYTES {
            map = MutableMap::new(map.flush(&*cx.store)?);
        }
    }
    map.flush(&*cx.store)
}

/// Rows stay as they are: each is only looked at.
pub fn check_rows(cx: &Context, rows: Map, target: &Target) -> Result<()> {
    let mut cursor = rows.cursor(&cx.store, KeyRange::all(), false);
    while let Some((key, value)) = cursor.next()? {
        let mut row = target.codec.decode(&*cx.store, &key, &value)?;
        target.finish(cx, &mut row)?;
    }
    Ok(())
}

/// Index number `number` of `target`, from the rows. Two rows of one unique key are refused.
pub fn index(cx: &Context, rows: Map, target: &Target, number: usize) -> Result<Map> {
    let schema: &Rc<Schema> = &target.schema;
    let index = &schema.indexes[number];
    let mut entries: Vec<(Bytes, usize)> = Vec::new();
    let mut cursor = rows.cursor(&cx.store, KeyRange::all(), false);
    while let Some((key, value)) = cursor.next()? {
        let row = target.codec.decode(&*cx.store, &key, &value)?;
        if !target.indexed(cx, number, &row)? {
            continue;
        }
        let prefix = target.codec.index_prefix(schema, index, &row)?.len();
        // Zero: a NULL, which repeats.
        let prefix = if index.parts.iter().any(|part| row[part.column].is_null()) { 0 } else { prefix };
        if index.unique && prefix > 0 && target.codec.record(&key, &value)?.count() > 1 {
            return Err(duplicate(target, index, &row));
        }
        entries.push((target.codec.index_key(schema, index, &row, &key)?, prefix));
    }
    entries.sort_unstable();
    if index.unique {
        for pair in entries.windows(2) {
            let [(a, prefix), (b, _)] = pair else { continue };
            if *prefix > 0 && b.starts_with(&a[..*prefix]) {
                let key = crate::repo::row_key_of_index(schema, index, b)?;
                let row = match rows.get(&*cx.store, key)? {
                    Some(value) => target.codec.decode(&*cx.store, key, &value)?,
                    None => Vec::new(),
                };
                return Err(duplicate(target, index, &row));
            }
        }
    }
    Map::EMPTY.apply(&*cx.store, &mut entries.into_iter().map(|(key, _)| (key, Some(Bytes::new()))))
}
