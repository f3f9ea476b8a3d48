//! Canonical bytes of rows: order-preserving keys, and rows whose cells are read alone.

mod column_type;
mod key;
mod row;
mod value;

pub use column_type::{ColumnType, Family};
pub use key::{decode_key, encode_key, encode_key_part, KeyOrder};
pub use row::{encode_row, CellRef, RowRef};
pub use value::Value;
