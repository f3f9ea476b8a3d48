//! MySQL's functions of regular expressions; the pattern is compiled for each call.

use super::{pure, Function};
use crate::error::Result;
use crate::sql::eval::convert::to_text;
use crate::sql::eval::regex;
use crate::tuple::Value;

pub const LIST: &[Function] = &[
    pure("regexp", 2, 2, |a| matched(&a[1], &a[0])),
    pure("regexp_like", 2, 2, |a| matched(&a[0], &a[1])),
    pure("regexp_instr", 2, 2, instr),
    pure("regexp_substr", 2, 2, substr),
    pure("regexp_replace", 3, 3, replace),
];

fn matched(text: &Value, pattern: &Value) -> Result<Value> {
    let (Some(text), Some(pattern)) = (to_text(text), to_text(pattern)) else { return Ok(Value::Null) };
    Ok(Value::bool(regex(&pattern)?.is_match(&text)))
}

fn instr(a: &[Value]) -> Result<Value> {
    let (Some(text), Some(pattern)) = (to_text(&a[0]), to_text(&a[1])) else { return Ok(Value::Null) };
    Ok(Value::Int(regex(&pattern)?.find(&text).map_or(0, |found| text[..found.start()].chars().count() as i64 + 1)))
}

fn substr(a: &[Value]) -> Result<Value> {
    let (Some(text), Some(pattern)) = (to_text(&a[0]), to_text(&a[1])) else { return Ok(Value::Null) };
    Ok(regex(&pattern)?.find(&text).map(|found| found.as_str().to_string()).into())
}

fn replace(a: &[Value]) -> Result<Value> {
    let (Some(text), Some(pattern), Some(new)) = (to_text(&a[0]), to_text(&a[1]), to_text(&a[2])) else { return Ok(Value::Null) };
    super::text::checked(regex(&pattern)?.replace_all(&text, &*new).into_owned(), "regexp_replace")
}
