//! Order-preserving keys: comparing bytes compares tuples.

use bytes::Bytes;

use super::{ColumnType, Value};
use crate::error::Result;

/// How one part of a key sorts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyOrder { pub column_type: ColumnType, pub descending: bool, pub nocase: bool }

/// Appends one part. NULL sorts first (last when descending).
pub fn encode_key_part(out: &mut Vec<u8>, value: &Value, order: &KeyOrder) -> Result<()> { todo!() }
/// `KEY_TOO_LARGE` past `prolly::MAX_KEY`.
pub fn encode_key(values: &[Value], orders: &[KeyOrder]) -> Result<Bytes> { todo!() }
/// As many parts as `orders`; a NOCASE part comes back folded (the row keeps its spelling).
pub fn decode_key(key: &[u8], orders: &[KeyOrder]) -> Result<Vec<Value>> { todo!() }
