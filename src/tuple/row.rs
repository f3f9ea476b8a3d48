//! A row: cells in column order behind an offset header, so that one cell is read without the others.

use bytes::Bytes;

use super::{ColumnType, Value};
use crate::error::Result;
use crate::prolly::Blob;

/// One cell, borrowed from the row's bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CellRef<'a> { Null, Int(i64), Real(f64), Decimal(rust_decimal::Decimal), Text(&'a str), Bytes(&'a [u8]), LargeText(Blob), LargeBlob(Blob) }

/// An encoded row, read in place.
#[derive(Clone, Debug)]
pub struct RowRef { bytes: Bytes }

impl RowRef {
    pub fn new(bytes: Bytes) -> Result<Self> { todo!() }
    /// Cells stored; those beyond are the column's `fill`.
    pub fn len(&self) -> usize { todo!() }
    /// The raw slice of a cell (empty: NULL), which merge compares; `None` when trimmed.
    pub fn slice(&self, index: usize) -> Option<&[u8]> { todo!() }
    pub fn cell(&self, index: usize, column_type: &ColumnType) -> Result<Option<CellRef<'_>>> { todo!() }
}

/// Cells in column order, trailing cells that equal `fills` trimmed.
pub fn encode_row(cells: &[Value], types: &[ColumnType], fills: &[Value]) -> Result<Bytes> { todo!() }
