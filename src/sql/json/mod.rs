//! JSON inside SQL: `path` finds and changes, `each` walks for json_each and json_tree.

pub mod each;
mod path;

pub use path::{find, merge_patch, put, remove, Edit, Path, Step};

use crate::error::{Error, Result};
use crate::sql::eval::convert::to_text;
use crate::tuple::{Json, Value};

/// The tree of a text; `None` for NULL.
pub fn read(value: &Value) -> Result<Option<Json>> {
    match value {
        Value::Null => Ok(None),
        Value::Blob(_) => Err(Error::unsupported("JSON cannot hold BLOB values, and JSONB is not supported")),
        other => Json::parse(&to_text(other).unwrap_or_default()).map(Some),
    }
}
