//! The types a column can have.

use std::rc::Rc;

/// What a column holds. Rigid, as in SQLite's STRICT; `Any` takes every class.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ColumnType {
    Any,
    Bool,
    /// `bits` is 8, 16, 24, 32 or 64; INTEGER and BIGINT are 64. INT is 32 in MySQL's spelling and
    /// 64 in SQLite's: Prollite takes 64 for INT, so that nothing a user stores is refused.
    Int { bits: u8, unsigned: bool },
    Real,
    Decimal { precision: u8, scale: u8 },
    /// Bare NUMERIC: any scale, trailing zeros lost.
    Numeric,
    /// Longest length in Unicode code points.
    Text { max: Option<u32> },
    /// Longest length in bytes.
    Blob { max: Option<u32> },
    Date,
    Time,
    DateTime,
    Timestamp,
    Uuid,
    Json,
    Enum(Rc<[Rc<str>]>),
}

/// What a column id is derived from: types of one family may widen into each other and keep the id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Family { Any = 0, Number = 1, Text = 2, Blob = 3, Temporal = 4, Uuid = 5, Json = 6 }
