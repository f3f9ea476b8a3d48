//! Rows of a table with a schema: what the key holds, the row does not; the codec hides which is which.
//!
//! The cell of a primary-key column stands in the row only where the key's form cannot be turned back
//! (NOCASE text with capitals, a REAL that equals an INTEGER in an ANY column). A keyless row is keyed by
//! BLAKE3-128 over (column id, cell) of the cells that differ from their fill, in order of column ids: so
//! neither the layout, nor a column added later, nor what was moved out changes the key.

use std::borrow::Cow;

use bytes::Bytes;

use super::schema_codec::fill_cell;
use super::wire::{Reader, Writer};
use super::{Index, Schema};
use crate::chunk::ChunkStore;
use crate::error::{Error, Result};
use crate::tuple::{
    check_key_size, encode_cell, encode_key_part, encode_slices, key_inverts, read_cell, CellRef, Cells, ColumnType,
    KeyOrder, KeyReader, Value,
};

/// Bytes of a keyless table's keys.
pub const ROW_HASH: usize = 16;

/// Encodes and decodes rows of one schema. Cheap to share, made once a statement.
#[derive(Clone, Debug)]
pub struct RowCodec {
    columns: Vec<ColumnPlan>,
    /// The primary key: position of the column, and how it sorts.
    key: Vec<(usize, KeyOrder)>,
    /// Columns in order of their ids, for a keyless row's hash.
    by_id: Vec<usize>,
}

#[derive(Clone, Debug)]
struct ColumnPlan {
    id: u64,
    column_type: ColumnType,
    fill: Value,
    fill_cell: Vec<u8>,
    /// Place in the primary key.
    in_key: Option<usize>,
}

impl RowCodec {
    pub fn new(schema: &Schema) -> Result<Self> {
        let orders = schema.key_orders();
        let key: Vec<(usize, KeyOrder)> = schema.primary_key.iter().map(|part| part.column).zip(orders).collect();
        let mut columns = Vec::with_capacity(schema.columns.len());
        for (position, column) in schema.columns.iter().enumerate() {
            let in_key = key.iter().position(|(column, _)| *column == position);
            columns.push(ColumnPlan {
                id: column.id.0,
                column_type: column.column_type.clone(),
                fill: if in_key.is_some() { Value::Null } else { column.fill.clone() },
                fill_cell: if in_key.is_some() { Vec::new() } else { fill_cell(column)? },
                in_key,
            });
        }
        let mut by_id: Vec<usize> = (0..columns.len()).collect();
        crate::sort::sort_by_key(&mut by_id, |position| columns[*position].id);
        Ok(RowCodec { columns, key, by_id })
    }

    pub fn is_keyless(&self) -> bool { self.key.is_empty() }
    pub fn columns(&self) -> usize { self.columns.len() }
    /// How the primary key sorts.
    pub fn key_orders(&self) -> impl Iterator<Item = &KeyOrder> { self.key.iter().map(|(_, order)| order) }

    /// The key of a whole row. Of a keyless row: its hash.
    pub fn key(&self, values: &[Value]) -> Result<Bytes> {
        if self.is_keyless() {
            return self.row_hash(values);
        }
        let mut out = Vec::with_capacity(16);
        for (column, order) in &self.key {
            encode_key_part(&mut out, values.get(*column).unwrap_or(&Value::Null), order)?;
        }
        check_key_size(&out)?;
        Ok(out.into())
    }

    fn row_hash(&self, values: &[Value]) -> Result<Bytes> {
        let mut hasher = blake3::Hasher::new();
        let mut cell = Vec::new();
        for position in &self.by_id {
            let column = &self.columns[*position];
            cell.clear();
            encode_cell(&mut cell, values.get(*position).unwrap_or(&Value::Null), &column.column_type)?;
            if cell != column.fill_cell {
                hasher.update(&column.id.to_le_bytes()).update(&(cell.len() as u64).to_le_bytes()).update(&cell);
            }
        }
        Ok(Bytes::copy_from_slice(&hasher.finalize().as_bytes()[..ROW_HASH]))
    }

    /// The entry of a row: key and value. Of a keyless table: the value of one row of its kind.
    pub fn encode(&self, store: &dyn ChunkStore, values: &[Value]) -> Result<(Bytes, Bytes)> {
        let key = self.key(values)?;
        let row = self.encode_row(store, values)?;
        Ok((key, if self.is_keyless() { keyless_value(1, &row) } else { row }))
    }

    /// The row alone, without a keyless table's count.
    pub fn encode_row(&self, store: &dyn ChunkStore, values: &[Value]) -> Result<Bytes> {
        let mut cells = Vec::with_capacity(self.columns.len());
        for (position, column) in self.columns.iter().enumerate() {
            let value = values.get(position).unwrap_or(&Value::Null);
            let mut cell = Vec::new();
            let stands_in_key = column.in_key.is_some_and(|part| key_inverts(value, &self.key[part].1));
            if !stands_in_key {
                encode_cell(&mut cell, value, &column.column_type)?;
            }
            cells.push(Cow::Owned(cell));
        }
        self.encode_cells(store, cells)
    }

    /// A row from cells in this codec's layout, inline or moved out.
    pub fn encode_cells(&self, store: &dyn ChunkStore, cells: Vec<Cow<'_, [u8]>>) -> Result<Bytes> {
        let fills: Vec<Cow<'_, [u8]>> = self.columns.iter().map(|column| Cow::Borrowed(&column.fill_cell[..])).collect();
        encode_slices(store, cells, &fills)
    }

    /// A column's cell as it stands in `row`, its fill where the row ends before it. Empty in a primary-key column:
    /// it stands in the key.
    pub fn cell_slice<'a>(&'a self, row: &Cells<'a>, column: usize) -> Result<&'a [u8]> {
        match row.slice(column)? {
            Some(slice) => Ok(slice),
            None => Ok(self.columns.get(column).map_or(&[][..], |column| &column.fill_cell)),
        }
    }

    /// What a row written before the column was added holds; empty in a primary-key column.
    pub fn fill_slice(&self, column: usize) -> &[u8] {
        self.columns.get(column).map_or(&[][..], |column| &column.fill_cell)
    }

    /// Opens an entry of the rows map.
    pub fn record<'a>(&'a self, key: &'a [u8], value: &'a [u8]) -> Result<Record<'a>> {
        let (count, row) = if self.is_keyless() { split_keyless(value)? } else { (1, value) };
        Ok(Record { codec: self, key, cells: Cells::new(row)?, count })
    }

    /// All columns.
    pub fn decode(&self, store: &dyn ChunkStore, key: &[u8], value: &[u8]) -> Result<Vec<Value>> {
        let record = self.record(key, value)?;
        (0..self.columns.len()).map(|column| record.value(store, column)).collect()
    }

    /// The key of an index's entry: its parts, then the bytes of the row's own key.
    pub fn index_key(&self, schema: &Schema, index: &Index, values: &[Value], key: &[u8]) -> Result<Bytes> {
        let mut out = self.index_prefix(schema, index, values)?;
        out.extend_from_slice(key);
        check_key_size(&out)?;
        Ok(out.into())
    }

    /// The index's own parts: what a unique index is probed with.
    pub fn index_prefix(&self, schema: &Schema, index: &Index, values: &[Value]) -> Result<Vec<u8>> {
        let mut out = Vec::with_capacity(24);
        for part in &index.parts {
            let column = &schema.columns[part.column];
            let order = KeyOrder { column_type: column.column_type.clone(), descending: part.descending, nocase: column.nocase };
            encode_key_part(&mut out, values.get(part.column).unwrap_or(&Value::Null), &order)?;
        }
        Ok(out)
    }
}

/// The row's key at the end of an index's key.
pub fn row_key_of_index<'a>(schema: &Schema, index: &Index, index_key: &'a [u8]) -> Result<&'a [u8]> {
    let orders = schema.index_orders(index);
    let mut reader = KeyReader::new(index_key);
    for order in &orders[..index.parts.len()] {
        reader.skip(order)?;
    }
    Ok(reader.rest())
}

/// `count`, then the row.
pub fn keyless_value(count: u64, row: &[u8]) -> Bytes {
    let mut w = Writer(Vec::with_capacity(2 + row.len()));
    w.varint(count);
    w.0.extend_from_slice(row);
    w.0.into()
}

/// How many rows of this content there are, and the row.
pub fn split_keyless(value: &[u8]) -> Result<(u64, &[u8])> {
    let mut r = Reader::new(value, "keyless row");
    let count = r.varint()?;
    if count == 0 {
        return Err(r.wrong("count is 0"));
    }
    Ok((count, r.rest()))
}

/// One entry of a rows map, read in place, cell by cell.
#[derive(Clone, Debug)]
pub struct Record<'a> { codec: &'a RowCodec, key: &'a [u8], cells: Cells<'a>, count: u64 }

impl<'a> Record<'a> {
    /// How often a keyless row stands; 1 otherwise.
    pub fn count(&self) -> u64 { self.count }

    pub fn cells(&self) -> &Cells<'a> { &self.cells }

    /// A column without copying, when it can be borrowed; `None` for text that stands escaped or folded in the key
    /// and for what the key holds in another form: then [`Record::value`] answers.
    pub fn cell(&self, column: usize) -> Result<Option<CellRef<'a>>> {
        let plan = self.plan(column)?;
        let slice = self.codec.cell_slice(&self.cells, column)?;
        match plan.in_key {
            Some(part) if slice.is_empty() => {
                let order = &self.codec.key[part].1;
                let reader = self.reader(part)?;
                match plan.column_type {
                    ColumnType::Text { .. } | ColumnType::Enum(_) | ColumnType::Json => {
                        Ok(reader.plain_text(order).map(CellRef::Text))
                    }
                    ColumnType::Int { .. } | ColumnType::Bool | ColumnType::Real => {
                        Ok(match reader.clone().value(order)? {
                            Value::Int(int) => Some(CellRef::Int(int)),
                            Value::Real(real) => Some(CellRef::Real(real)),
                            Value::Null => Some(CellRef::Null),
                            _ => None,
                        })
                    }
                    _ => Ok(None),
                }
            }
            _ => read_cell(slice).map(Some),
        }
    }

    pub fn value(&self, store: &dyn ChunkStore, column: usize) -> Result<Value> {
        let plan = self.plan(column)?;
        match (self.cells.slice(column)?, plan.in_key) {
            (None | Some(&[]), Some(part)) => self.reader(part)?.value(&self.codec.key[part].1),
            (None, None) => Ok(plan.fill.clone()),
            (Some(slice), _) => read_cell(slice)?.to_value(&plan.column_type, store),
        }
    }

    fn plan(&self, column: usize) -> Result<&'a ColumnPlan> {
        self.codec.columns.get(column).ok_or_else(|| {
            Error::internal(format!("column {column} of a row with {} columns was asked for", self.codec.columns.len()))
        })
    }

    /// Stands before the key's part number `part`.
    fn reader(&self, part: usize) -> Result<KeyReader<'a>> {
        let mut reader = KeyReader::new(self.key);
        for (_, order) in &self.codec.key[..part] {
            reader.skip(order)?;
        }
        Ok(reader)
    }
}
