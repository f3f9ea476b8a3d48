//! Results as one binary batch, decoded in the page by `js/src/batch.ts`.
//!
//! ```text
//! u32  magic "PRB1"       u32  rows            u32  columns        u32  length of the column section
//! u32  text, bytes        u32  blobs, bytes    f64  rows affected
//! columns: u8 length of the root, root; each column u8 kind, u8 length of the type, u32 length of the name, type, name
//! padding to 8
//! slots: rows × columns × 8 bytes, row by row
//! tags:  rows × columns bytes
//! text:  UTF-8 of all text cells, one after another
//! blobs: bytes of all blob cells
//! ```
//! All little-endian. A slot holds an i64, an f64, or offset and length (u32 each). Those of text count UTF-16
//! units: the page decodes all text at once and slices it.

use prollite::sql::Outcome;
use prollite::tuple::{ColumnType, Value};
use prollite::{Code, Error, Result};

const MAGIC: &[u8; 4] = b"PRB1";

/// How the page shows a column. Shared with `js/src/batch.ts`.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Plain = 0,
    Bool = 1,
    Json = 2,
    Timestamp = 3,
}

/// What a cell holds. Shared with `js/src/batch.ts`.
mod tag {
    pub const NULL: u8 = 0;
    pub const INT: u8 = 1;
    pub const REAL: u8 = 2;
    pub const TEXT: u8 = 3;
    pub const BLOB: u8 = 4;
    /// An integer that a number holds exactly.
    pub const SAFE: u8 = 5;
}

const SAFE_MAX: u64 = (1 << 53) - 1;

fn kind(column_type: &ColumnType) -> Kind {
    match column_type {
        ColumnType::Bool => Kind::Bool,
        ColumnType::Json => Kind::Json,
        ColumnType::Timestamp => Kind::Timestamp,
        _ => Kind::Plain,
    }
}

/// Appends an outcome to `out`, which stands on a boundary of 8 bytes. `root` is the shown address of the root that the
/// statement ran on, or empty.
pub fn encode(out: &mut Vec<u8>, outcome: &Outcome, root: &str) -> Result<()> {
    let width = outcome.columns.len();
    let cells = outcome.rows.len() * width;
    let start = out.len();
    out.extend_from_slice(MAGIC);
    for number in [outcome.rows.len(), width, 0, 0, 0] {
        out.extend_from_slice(&(number as u32).to_le_bytes());
    }
    out.extend_from_slice(&(outcome.affected as f64).to_le_bytes());
    let columns = out.len();
    out.push(root.len() as u8);
    out.extend_from_slice(root.as_bytes());
    for column in &outcome.columns {
        let type_name = column.column_type.name();
        out.push(kind(&column.column_type) as u8);
        out.push(type_name.len() as u8);
        out.extend_from_slice(&(column.name.len() as u32).to_le_bytes());
        out.extend_from_slice(type_name.as_bytes());
        out.extend_from_slice(column.name.as_bytes());
    }
    out.resize(columns + (out.len() - columns).next_multiple_of(8), 0);

    let slots = out.len();
    let tags = slots + cells * 8;
    let text = tags + cells;
    out.reserve(cells * 9);
    out.resize(text, 0);
    let mut units: usize = 0;
    let mut blobs: Vec<u8> = Vec::new();
    let values = outcome.rows.iter().flat_map(|row| row.iter());
    if let Some(row) = outcome.rows.iter().find(|row| row.len() != width) {
        return Err(Error::internal(format!("a row has {} cells, expected {width}", row.len())));
    }
    for (at, value) in values.enumerate() {
        let (tag, slot) = match value {
            Value::Null => (tag::NULL, [0; 8]),
            Value::Int(int) if int.unsigned_abs() <= SAFE_MAX => (tag::SAFE, (*int as f64).to_le_bytes()),
            Value::Int(int) => (tag::INT, int.to_le_bytes()),
            Value::Real(real) => (tag::REAL, real.to_le_bytes()),
            Value::Text(cell) => (tag::TEXT, push_text(out, &mut units, cell)),
            Value::Decimal(decimal) => (tag::TEXT, push_text(out, &mut units, &decimal.to_string())),
            Value::Blob(cell) => {
                let slot = span(blobs.len(), cell.len());
                blobs.extend_from_slice(cell);
                (tag::BLOB, slot)
            }
        };
        out[tags + at] = tag;
        out[slots + at * 8..slots + at * 8 + 8].copy_from_slice(&slot);
    }
    let text = out.len() - text;
    if text.max(blobs.len()).max(cells) > u32::MAX as usize / 2 {
        return Err(Error::new(Code::NoMemory, "the answer is larger than 2 GB: use LIMIT"));
    }
    out.extend_from_slice(&blobs);
    for (at, number) in [slots - columns, text, blobs.len()].into_iter().enumerate() {
        let at = start + 12 + at * 4;
        out[at..at + 4].copy_from_slice(&(number as u32).to_le_bytes());
    }
    Ok(())
}

/// Appends a cell; its place counts UTF-16 units.
fn push_text(text: &mut Vec<u8>, units: &mut usize, cell: &str) -> [u8; 8] {
    let length = if cell.is_ascii() { cell.len() } else { cell.encode_utf16().count() };
    let slot = span(*units, length);
    *units += length;
    text.extend_from_slice(cell.as_bytes());
    slot
}

fn span(offset: usize, length: usize) -> [u8; 8] {
    let [a, b, c, d] = (offset as u32).to_le_bytes();
    let [e, f, g, h] = (length as u32).to_le_bytes();
    [a, b, c, d, e, f, g, h]
}

/// Several outcomes in one message: a count, and each with its length, on a boundary of 8 bytes.
pub fn encode_all(outcomes: &[Outcome]) -> Result<Vec<u8>> {
    let mut all = (outcomes.len() as u64).to_le_bytes().to_vec();
    for outcome in outcomes {
        let start = all.len();
        all.extend_from_slice(&[0; 8]);
        encode(&mut all, outcome, "")?;
        let length = (all.len() - start - 8) as u64;
        all[start..start + 8].copy_from_slice(&length.to_le_bytes());
        all.resize(all.len().next_multiple_of(8), 0);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use prollite::sql::OutputColumn;

    fn u32_at(batch: &[u8], at: usize) -> usize {
        u32::from_le_bytes(batch[at..at + 4].try_into().unwrap()) as usize
    }

    #[test]
    fn cells_lie_where_the_page_looks_for_them() {
        let outcome = Outcome {
            columns: vec![OutputColumn::new("n", ColumnType::Bool), OutputColumn::new("texte", ColumnType::Text { max: None })],
            rows: vec![
                vec![Value::Int(1), Value::text("né🙂")],
                vec![Value::Null, Value::text("ab")],
                vec![Value::Int(i64::MAX), Value::blob([9u8, 8].as_slice())],
            ],
            affected: 7,
        };
        let mut batch = Vec::new();
        encode(&mut batch, &outcome, "abc").unwrap();
        assert_eq!(&batch[..4], MAGIC);
        assert_eq!((u32_at(&batch, 4), u32_at(&batch, 8)), (3, 2));
        assert_eq!(&batch[24..32], &7f64.to_le_bytes());
        let columns = u32_at(&batch, 12);
        assert_eq!(columns % 8, 0);
        assert_eq!(&batch[32..36], &[3, b'a', b'b', b'c']);
        assert_eq!(&batch[36..38], &[Kind::Bool as u8, 7]);
        let slots = 32 + columns;
        assert_eq!(&batch[slots..slots + 8], &1f64.to_le_bytes());
        // "né🙂" is four UTF-16 units: the next text starts behind them.
        assert_eq!(&batch[slots + 24..slots + 32], &[4, 0, 0, 0, 2, 0, 0, 0]);
        assert_eq!(&batch[slots + 32..slots + 40], &i64::MAX.to_le_bytes());
        let tags = slots + 48;
        assert_eq!(&batch[tags..tags + 6], &[5, 3, 0, 3, 1, 4]);
        assert_eq!(std::str::from_utf8(&batch[tags + 6..tags + 6 + u32_at(&batch, 16)]).unwrap(), "né🙂ab");
        assert_eq!(&batch[batch.len() - 2..], &[9, 8]);
    }

    #[test]
    fn a_ragged_row_is_a_defect_that_is_said() {
        let outcome = Outcome { rows: vec![vec![Value::Null]], ..Outcome::default() };
        assert_eq!(encode(&mut Vec::new(), &outcome, "").unwrap_err().code(), Code::Internal);
    }

    #[test]
    fn joined_batches_start_on_boundaries() {
        let one = Outcome { affected: 3, ..Outcome::default() };
        let two = Outcome {
            columns: vec![OutputColumn::new("n", ColumnType::Any)],
            rows: vec![vec![Value::text("abc")]],
            affected: 0,
        };
        let all = encode_all(&[one, two]).unwrap();
        let first = u32_at(&all, 8);
        let second = 16 + first.next_multiple_of(8);
        assert_eq!((all[0], &all[16..20], &all[40..48]), (2, &MAGIC[..], &3f64.to_le_bytes()[..]));
        assert_eq!(&all[second + 8..second + 12], MAGIC);
        let end = second + 8 + u32_at(&all, second);
        assert_eq!((all.len(), &all[end - 3..end]), (end.next_multiple_of(8), &b"abc"[..]));
    }
}
