//! Rows by the values of some columns: through the primary key or an index that starts with them, else by a scan.

use bytes::Bytes;

use super::super::row_codec::{row_key_of_index, RowCodec};
use super::super::{KeyPart, Schema, Table};
use crate::chunk::Store;
use crate::error::{Code, Result};
use crate::prolly::KeyRange;
use crate::tuple::{encode_key_part, KeyOrder, Value};

/// Keys of rows whose `columns` equal `values` (none of which is NULL), at most `limit`.
pub fn rows_where(store: &Store, table: &Table, columns: &[usize], values: &[Value], limit: usize) -> Result<Vec<Bytes>> {
    let schema = &table.schema;
    let mut typed = Vec::with_capacity(values.len());
    for (column, value) in columns.iter().zip(values) {
        match schema.columns[*column].column_type.coerce(value.clone()) {
            Ok(coerced) if coerced.equals(value, schema.columns[*column].nocase) => typed.push(coerced),
            // What the column cannot hold, no row has.
            Ok(_) => return Ok(Vec::new()),
            Err(error) if error.code() == Code::Type => return Ok(Vec::new()),
            Err(error) => return Err(error),
        }
    }
    let mut found = Vec::new();
    if let Some(prefix) = prefix(schema, &schema.primary_key, columns, &typed)? {
        let mut cursor = table.rows.cursor(store, KeyRange::prefix(&prefix), false);
        while let Some((key, _)) = cursor.next()?.filter(|_| found.len() < limit) {
            found.push(key);
        }
        return Ok(found);
    }
    for (index, map) in schema.indexes.iter().zip(&table.indexes).filter(|(index, _)| index.predicate.is_none()) {
        if let Some(prefix) = prefix(schema, &index.parts, columns, &typed)? {
            let mut cursor = map.cursor(store, KeyRange::prefix(&prefix), false);
            while let Some((key, _)) = cursor.next()?.filter(|_| found.len() < limit) {
                found.push(Bytes::copy_from_slice(row_key_of_index(schema, index, &key)?));
            }
            return Ok(found);
        }
    }
    let codec = RowCodec::new(schema)?;
    let mut cursor = table.rows.cursor(store, KeyRange::all(), false);
    while let Some((key, row)) = cursor.next()?.filter(|_| found.len() < limit) {
        let record = codec.record(&key, &row)?;
        let mut equal = true;
        for (column, value) in columns.iter().zip(&typed) {
            let nocase = schema.columns[*column].nocase;
            equal = equal && record.value(&**store, *column)?.equals(value, nocase);
        }
        if equal {
            found.push(key);
        }
    }
    Ok(found)
}

/// The bytes that a key starts with, when its first parts are exactly `columns` in some order.
fn prefix(schema: &Schema, parts: &[KeyPart], columns: &[usize], values: &[Value]) -> Result<Option<Vec<u8>>> {
    let Some(first) = parts.get(..columns.len()).filter(|first| !first.is_empty()) else { return Ok(None) };
    let mut out = Vec::with_capacity(24);
    for part in first {
        let Some(at) = columns.iter().position(|column| *column == part.column) else { return Ok(None) };
        let column = &schema.columns[part.column];
        let order = KeyOrder { column_type: column.column_type.clone(), descending: part.descending, nocase: column.nocase };
        encode_key_part(&mut out, &values[at], &order)?;
    }
    Ok(Some(out))
}
