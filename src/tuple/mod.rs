//! Canonical bytes of rows: order-preserving keys, and rows whose cells are read alone.

mod coerce;
mod column_type;
mod json;
mod key;
mod real;
mod row;
mod temporal;
mod uuid;
mod value;

pub use coerce::{decimal_as_number, decimal_to_real, rescale};
pub use column_type::{ColumnType, Family, MAX_PRECISION};
pub use json::{quoted, unescape, Json};
pub use key::{check_key_size, decode_key, encode_key, encode_key_part, key_inverts, KeyOrder, KeyReader};
pub use real::{real_digits, real_to_text, round_real};
pub use row::{
    encode_cell, encode_row, encode_slices, read_cell, read_large, same_cell, CellRef, Cells, RowRef, MAX_ROW,
};
pub use temporal::{
    civil_from_days, date_text, datetime_text, days_from_civil, parse_date, parse_datetime, parse_time, time_text, DAY,
};
pub use uuid::{parse_uuid, uuid_text};
pub use value::Value;
