//! Functions that ask the session.

use super::{in_context, Function};
use crate::tuple::Value;

pub const LIST: &[Function] = &[
    in_context("database", 0, 0, |_, cx| Ok(Value::Text(cx.settings.database.clone()))),
    in_context("schema", 0, 0, |_, cx| Ok(Value::Text(cx.settings.database.clone()))),
    in_context("last_insert_rowid", 0, 0, |_, cx| Ok(variable(cx, "last_insert_id"))),
    in_context("last_insert_id", 0, 0, |_, cx| Ok(variable(cx, "last_insert_id"))),
    in_context("user", 0, 0, |_, _| Ok("root@localhost".into())),
    in_context("current_user", 0, 0, |_, _| Ok("root@localhost".into())),
    in_context("connection_id", 0, 0, |_, _| Ok(Value::Int(1))),
    in_context("changes", 0, 0, |_, cx| Ok(variable(cx, "changes"))),
    in_context("row_count", 0, 0, |_, cx| Ok(variable(cx, "changes"))),
];

/// What the write operator left in the session's variables; 0 before the first write.
fn variable(cx: &super::Context, name: &str) -> Value { cx.settings.variables.get(name).cloned().unwrap_or(Value::Int(0)) }
