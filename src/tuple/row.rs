//! A row: cells in column order behind an offset header, so that one cell is read without the others.
//!
//! ```text
//! flags u8 | count | end offsets × count | cells
//! ```
//! Count and offsets are u8, or u16 little-endian when flag bit 0 is set (more than 255 cells or bytes of
//! cells). A cell is empty for NULL, else a class tag and a payload. `docs/format.md` is normative.

use std::borrow::Cow;

use bytes::Bytes;
use rust_decimal::Decimal;

use super::key::{int_to_temporal, temporal_to_int};
use super::uuid::{parse_uuid, uuid_text};
use super::{ColumnType, Value};
use crate::chunk::ChunkStore;
use crate::error::{Code, Error, Result};
use crate::hash::Address;
use crate::prolly::Blob;

/// A row is brought below this by moving its largest cells out. Format, not tuning.
pub const MAX_ROW: usize = 2_048;

// Class tags of cells. Format, not tuning.
const INT: u8 = 1;
const REAL: u8 = 2;
const DECIMAL: u8 = 3;
const TEXT: u8 = 4;
const BYTES: u8 = 5;
const LARGE_TEXT: u8 = 6;
const LARGE_BLOB: u8 = 7;
const TEMPORAL: u8 = 8;
const UUID: u8 = 9;

const WIDE: u8 = 1;
/// Tag, address, length.
const LARGE_CELL: usize = 1 + Address::LEN + 8;

/// One cell, borrowed from the row's bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CellRef<'a> {
    Null,
    Int(i64),
    Real(f64),
    Decimal(Decimal),
    Text(&'a str),
    Bytes(&'a [u8]),
    LargeText(Blob),
    LargeBlob(Blob),
    /// Days of a DATE, microseconds of TIME, DATETIME, TIMESTAMP.
    Temporal(i64),
    Uuid([u8; 16]),
}

impl CellRef<'_> {
    /// The cell as a value; `store` is read for large values only.
    pub fn to_value(&self, column_type: &ColumnType, store: &dyn ChunkStore) -> Result<Value> {
        Ok(match self {
            CellRef::Null => Value::Null,
            CellRef::Int(int) => Value::Int(*int),
            CellRef::Real(real) => Value::Real(*real),
            CellRef::Decimal(decimal) => Value::Decimal(*decimal),
            CellRef::Text(text) => Value::text(*text),
            CellRef::Bytes(bytes) => Value::blob(*bytes),
            CellRef::LargeText(blob) => {
                let bytes = blob.read(store)?;
                let text = std::str::from_utf8(&bytes).map_err(|_| Error::corrupt("large text is not UTF-8"))?;
                Value::text(text)
            }
            CellRef::LargeBlob(blob) => Value::blob(&blob.read(store)?[..]),
            CellRef::Temporal(int) => int_to_temporal(*int, column_type)?,
            CellRef::Uuid(bytes) => Value::from(uuid_text(bytes)),
        })
    }
}

/// Reads one cell's slice.
pub fn read_cell(slice: &[u8]) -> Result<CellRef<'_>> {
    let Some((tag, payload)) = slice.split_first() else { return Ok(CellRef::Null) };
    let wrong = || Error::corrupt(format!("row: cell with tag {tag} has {} bytes", payload.len()));
    Ok(match *tag {
        INT => CellRef::Int(read_int(payload)?),
        TEMPORAL => CellRef::Temporal(read_int(payload)?),
        REAL => {
            let real = f64::from_le_bytes(payload.try_into().map_err(|_| wrong())?);
            if real.is_nan() {
                return Err(Error::corrupt("row: REAL is not a number"));
            }
            CellRef::Real(real)
        }
        DECIMAL => {
            let (scale, mantissa) = payload.split_first().ok_or_else(wrong)?;
            let mantissa = read_wide_int(mantissa)?;
            CellRef::Decimal(Decimal::try_from_i128_with_scale(mantissa, (*scale).into()).map_err(|_| wrong())?)
        }
        TEXT => CellRef::Text(std::str::from_utf8(payload).map_err(|_| Error::corrupt("row: text is not UTF-8"))?),
        BYTES => CellRef::Bytes(payload),
        LARGE_TEXT | LARGE_BLOB => {
            let root = payload.get(..Address::LEN).and_then(Address::from_slice).ok_or_else(wrong)?;
            let len = u64::from_le_bytes(payload[Address::LEN..].try_into().map_err(|_| wrong())?);
            let blob = Blob { root, len };
            if *tag == LARGE_TEXT { CellRef::LargeText(blob) } else { CellRef::LargeBlob(blob) }
        }
        UUID => CellRef::Uuid(payload.try_into().map_err(|_| wrong())?),
        _ => return Err(Error::corrupt(format!("row: cell has unknown tag {tag}"))),
    })
}

/// Appends the cell of a value inline, nothing for NULL.
pub fn encode_cell(out: &mut Vec<u8>, value: &Value, column_type: &ColumnType) -> Result<()> {
    let mismatch =
        || Error::new(Code::Type, format!("a column of type {column_type} cannot hold a value of class {}", value.class()));
    match (value, column_type) {
        (Value::Null, _) => {}
        (Value::Text(text), ColumnType::Date | ColumnType::Time | ColumnType::DateTime | ColumnType::Timestamp) => {
            out.push(TEMPORAL);
            put_int(out, temporal_to_int(text, column_type).ok_or_else(mismatch)?.into());
        }
        (Value::Text(text), ColumnType::Uuid) => {
            out.push(UUID);
            out.extend_from_slice(&parse_uuid(text).ok_or_else(mismatch)?);
        }
        (Value::Int(int), _) => {
            out.push(INT);
            put_int(out, (*int).into());
        }
        (Value::Real(real), _) => {
            if real.is_nan() {
                return Ok(());
            }
            out.push(REAL);
            out.extend_from_slice(&(real + 0.0).to_le_bytes());
        }
        (Value::Decimal(decimal), _) => {
            out.extend_from_slice(&[DECIMAL, decimal.scale() as u8]);
            put_int(out, decimal.mantissa());
        }
        (Value::Text(text), _) => {
            out.push(TEXT);
            out.extend_from_slice(text.as_bytes());
        }
        (Value::Blob(bytes), _) => {
            out.push(BYTES);
            out.extend_from_slice(bytes);
        }
    }
    Ok(())
}

/// The fewest little-endian bytes of two's complement; zero has none.
fn put_int(out: &mut Vec<u8>, int: i128) {
    let bytes = int.to_le_bytes();
    let sign = if int < 0 { 0xFF } else { 0 };
    let mut n = 16;
    while n > 0 && bytes[n - 1] == sign && (n == 1 || (bytes[n - 2] ^ sign) & 0x80 == 0) {
        n -= 1;
    }
    if int == -1 {
        n = 1;
    }
    out.extend_from_slice(&bytes[..n]);
}

fn read_wide_int(bytes: &[u8]) -> Result<i128> {
    if bytes.len() > 16 {
        return Err(Error::corrupt("row: integer is too long"));
    }
    let sign = if bytes.last().is_some_and(|byte| byte & 0x80 != 0) { 0xFF } else { 0 };
    let mut all = [sign; 16];
    all[..bytes.len()].copy_from_slice(bytes);
    Ok(i128::from_le_bytes(all))
}

fn read_int(bytes: &[u8]) -> Result<i64> {
    i64::try_from(read_wide_int(bytes)?).map_err(|_| Error::corrupt("row: integer is outside 64 bits"))
}

/// An encoded row, read in place.
#[derive(Clone, Debug)]
pub struct RowRef { bytes: Bytes }

/// The cells of a row, borrowed: what [`RowRef`] is without owning its bytes.
#[derive(Clone, Copy, Debug)]
pub struct Cells<'a> { count: usize, wide: bool, offsets: &'a [u8], body: &'a [u8] }

impl<'a> Cells<'a> {
    pub fn new(bytes: &'a [u8]) -> Result<Self> {
        let short = || Error::corrupt(format!("row of {} bytes ends inside its header", bytes.len()));
        let (flags, rest) = bytes.split_first().ok_or_else(short)?;
        if *flags > WIDE {
            return Err(Error::corrupt(format!("row has unknown flags {flags:#04x}")));
        }
        let wide = *flags == WIDE;
        let (count, rest) = if wide {
            let count = rest.get(..2).ok_or_else(short)?;
            (usize::from(u16::from_le_bytes([count[0], count[1]])), &rest[2..])
        } else {
            let (count, rest) = rest.split_first().ok_or_else(short)?;
            (usize::from(*count), rest)
        };
        let header = count * if wide { 2 } else { 1 };
        if rest.len() < header {
            return Err(short());
        }
        let (offsets, body) = rest.split_at(header);
        let cells = Cells { count, wide, offsets, body };
        if count > 0 && cells.end(count - 1) != body.len() || count == 0 && !body.is_empty() {
            return Err(Error::corrupt("row: offsets do not end where the row does"));
        }
        Ok(cells)
    }

    /// Cells stored; those beyond are the column's `fill`.
    pub fn len(&self) -> usize { self.count }
    pub fn is_empty(&self) -> bool { self.count == 0 }

    fn end(&self, index: usize) -> usize {
        if self.wide {
            usize::from(u16::from_le_bytes([self.offsets[index * 2], self.offsets[index * 2 + 1]]))
        } else {
            usize::from(self.offsets[index])
        }
    }

    /// The raw slice of a cell (empty: NULL), `None` when trimmed; wrong offsets read as corrupt.
    pub fn slice(&self, index: usize) -> Result<Option<&'a [u8]>> {
        if index >= self.count {
            return Ok(None);
        }
        let start = if index == 0 { 0 } else { self.end(index - 1) };
        let slice = self.body.get(start..self.end(index));
        slice.map(Some).ok_or_else(|| Error::corrupt(format!("row: offset of cell {index} is out of order")))
    }
}

impl RowRef {
    /// Checks the header and the offsets; what a cell holds is checked when it is read.
    pub fn new(bytes: Bytes) -> Result<Self> {
        let cells = Cells::new(&bytes)?;
        for index in 0..cells.len() {
            cells.slice(index)?;
        }
        Ok(RowRef { bytes })
    }

    /// The same, as a borrow.
    pub fn cells(&self) -> Result<Cells<'_>> { Cells::new(&self.bytes) }

    pub fn bytes(&self) -> &Bytes { &self.bytes }

    /// Cells stored; those beyond are the column's `fill`.
    pub fn len(&self) -> usize { self.cells().map_or(0, |cells| cells.len()) }
    pub fn is_empty(&self) -> bool { self.len() == 0 }

    /// The raw slice of a cell (empty: NULL), which merge compares; `None` when trimmed.
    pub fn slice(&self, index: usize) -> Option<&[u8]> { self.cells().ok()?.slice(index).ok()? }

    /// `None` when trimmed: the column's `fill`. An empty cell of a primary-key column stands in the key.
    pub fn cell(&self, index: usize, column_type: &ColumnType) -> Result<Option<CellRef<'_>>> {
        let Some(slice) = self.cells()?.slice(index)? else { return Ok(None) };
        let cell = read_cell(slice)?;
        let temporal = matches!(
            column_type,
            ColumnType::Date | ColumnType::Time | ColumnType::DateTime | ColumnType::Timestamp
        );
        match cell {
            CellRef::Temporal(_) if !temporal => {
                Err(Error::corrupt(format!("row: a temporal cell in a column of type {column_type}")))
            }
            cell => Ok(Some(cell)),
        }
    }
}

/// Cells in column order, trailing cells that equal `fills` trimmed. Cells that make the row exceed [`MAX_ROW`]
/// move out into `store`, largest first, ties by column order. A NULL where a primary key's cell stands in the key.
pub fn encode_row(store: &dyn ChunkStore, cells: &[Value], types: &[ColumnType], fills: &[Value]) -> Result<Bytes> {
    let encode = |values: &[Value]| {
        let encoded = values.iter().zip(types).map(|(value, column_type)| {
            let mut cell = Vec::new();
            encode_cell(&mut cell, value, column_type).map(|()| Cow::Owned(cell))
        });
        encoded.collect::<Result<Vec<_>>>()
    };
    encode_slices(store, encode(cells)?, &encode(fills)?)
}

/// The same from encoded cells, inline or already moved out: which of them stand in the row depends on their
/// lengths alone, so a large value is read only where it comes back in.
pub fn encode_slices(store: &dyn ChunkStore, mut cells: Vec<Cow<'_, [u8]>>, fills: &[Cow<'_, [u8]>]) -> Result<Bytes> {
    while let Some(last) = cells.last() {
        let fill = fills.get(cells.len() - 1).map_or(&[][..], |fill| fill);
        if !same_cell(store, last, fill)? {
            break;
        }
        cells.pop();
    }
    let lengths: Vec<u64> = cells.iter().map(|cell| inline_length(cell)).collect();
    let mut size: u64 = lengths.iter().sum();
    let mut out = vec![false; cells.len()];
    if row_size(cells.len(), size) > MAX_ROW as u64 {
        let movable = |at: &usize| lengths[*at] > LARGE_CELL as u64 && matches!(cells[*at][0], TEXT | BYTES | LARGE_TEXT | LARGE_BLOB);
        let mut candidates: Vec<usize> = (0..cells.len()).filter(movable).collect();
        crate::sort::sort_by_key(&mut candidates, |at| (u64::MAX - lengths[*at], *at));
        for at in candidates {
            if row_size(cells.len(), size) <= MAX_ROW as u64 {
                break;
            }
            out[at] = true;
            size = size - lengths[at] + LARGE_CELL as u64;
        }
    }
    let whole = row_size(cells.len(), size);
    if whole > MAX_ROW as u64 {
        let message = format!("row of {whole} bytes is too large: at most {MAX_ROW} without its large values");
        return Err(Error::new(Code::RowTooLarge, message));
    }
    let mut body = Vec::with_capacity(size as usize);
    let mut ends = Vec::with_capacity(cells.len());
    for (cell, out) in cells.iter().zip(out) {
        let large = cell.first().is_some_and(|tag| matches!(*tag, LARGE_TEXT | LARGE_BLOB));
        match (large, out) {
            (false, false) | (true, true) => body.extend_from_slice(cell),
            (false, true) => {
                let blob = Blob::write(store, &cell[1..])?;
                body.push(if cell[0] == TEXT { LARGE_TEXT } else { LARGE_BLOB });
                body.extend_from_slice(blob.root.as_bytes());
                body.extend_from_slice(&blob.len.to_le_bytes());
            }
            (true, false) => match read_cell(cell)? {
                CellRef::LargeText(blob) => {
                    body.push(TEXT);
                    body.extend_from_slice(&blob.read(store)?);
                }
                CellRef::LargeBlob(blob) => {
                    body.push(BYTES);
                    body.extend_from_slice(&blob.read(store)?);
                }
                _ => return Err(Error::corrupt("row: a large cell is not large")),
            },
        }
        ends.push(body.len());
    }
    assemble(&body, &ends)
}

/// Whether two cells hold one value, wherever each stands.
pub fn same_cell(store: &dyn ChunkStore, a: &[u8], b: &[u8]) -> Result<bool> {
    if a == b {
        return Ok(true);
    }
    let (inline, large) = match (a.first(), b.first()) {
        (Some(&TEXT), Some(&LARGE_TEXT)) | (Some(&BYTES), Some(&LARGE_BLOB)) => (a, b),
        (Some(&LARGE_TEXT), Some(&TEXT)) | (Some(&LARGE_BLOB), Some(&BYTES)) => (b, a),
        _ => return Ok(false),
    };
    match read_cell(large)? {
        CellRef::LargeText(blob) | CellRef::LargeBlob(blob) => {
            Ok(blob.len == inline.len() as u64 - 1 && blob.read(store)? == inline[1..])
        }
        _ => Ok(false),
    }
}

fn inline_length(cell: &[u8]) -> u64 {
    match read_large(cell) {
        Some(blob) => blob.len.saturating_add(1).min(1 << 40),
        None => cell.len() as u64,
    }
}

/// The large value that a cell points to.
pub fn read_large(cell: &[u8]) -> Option<Blob> {
    match cell.first() {
        Some(&(LARGE_TEXT | LARGE_BLOB)) => match read_cell(cell).ok()? {
            CellRef::LargeText(blob) | CellRef::LargeBlob(blob) => Some(blob),
            _ => None,
        },
        _ => None,
    }
}

fn row_size(count: usize, body: u64) -> u64 {
    let width = if count > 255 || body > 255 { 2 } else { 1 };
    1 + width * (count as u64 + 1) + body
}

fn assemble(body: &[u8], ends: &[usize]) -> Result<Bytes> {
    let mut out = Vec::with_capacity(3 + 2 * ends.len() + body.len());
    if ends.len() > 255 || body.len() > 255 {
        let count = u16::try_from(ends.len())
            .map_err(|_| Error::new(Code::RowTooLarge, format!("row of {} cells is too large", ends.len())))?;
        out.push(WIDE);
        out.extend_from_slice(&count.to_le_bytes());
        ends.iter().for_each(|end| out.extend_from_slice(&(*end as u16).to_le_bytes()));
    } else {
        out.extend_from_slice(&[0, ends.len() as u8]);
        out.extend(ends.iter().map(|end| *end as u8));
    }
    out.extend_from_slice(body);
    Ok(out.into())
}
