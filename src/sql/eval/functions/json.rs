//! JSON. Arguments that become part of a JSON text arrive as JSON already: the binder quotes what is none
//! (`takes_json`), for only it knows whether a text came from a JSON function.

use std::rc::Rc;

use super::{pure, Function, MANY};
use crate::error::{Error, Result};
use crate::sql::eval::convert::{to_int, to_text};
use crate::sql::json::{find, merge_patch, put, read, remove, Edit, Path};
use crate::tuple::{unescape, Json, Value};

pub const LIST: &[Function] = &[
    pure("json", 1, 1, |a| Ok(read(&a[0])?.map(|json| json.to_string()).into())),
    pure("json_pretty", 1, 2, pretty),
    pure("json_quote", 1, 1, |a| Ok(Json::of(&a[0])?.to_string().into())),
    pure("json_unquote", 1, 1, unquote),
    pure("json_valid", 1, 2, valid),
    pure("json_error_position", 1, 1, error_position),
    pure("json_type", 1, 2, |a| at(a, |json| json.type_name().into())),
    pure("json_array_length", 1, 2, |a| at(a, |json| Value::Int(if let Json::Array(items) = json { items.len() as i64 } else { 0 }))),
    pure("json_length", 1, 2, |a| at(a, |json| Value::Int(length(json)))),
    pure("json_keys", 1, 2, |a| at(a, keys)),
    pure("json_extract", 2, MANY, extract),
    pure("->", 2, 2, |a| arrow(a, |json| json.to_string().into())),
    pure("->>", 2, 2, |a| arrow(a, Json::value)),
    pure("json_array", 0, MANY, array),
    pure("json_object", 0, MANY, object),
    pure("json_set", 1, MANY, |a| edit(a, Edit::Set)),
    pure("json_insert", 1, MANY, |a| edit(a, Edit::Insert)),
    pure("json_replace", 1, MANY, |a| edit(a, Edit::Replace)),
    pure("json_array_append", 3, MANY, append),
    pure("json_remove", 1, MANY, remove_all),
    pure("json_patch", 2, 2, patch),
    pure("json_merge_patch", 2, 2, patch),
    pure("json_contains", 2, 3, contains),
];

/// `json_extract` with one path and `json_quote`, for a text that becomes part of another: as JSON, NULL as NULL.
pub static EXTRACT: Function = pure("json_extract", 2, 2, |a| {
    let (Some(json), Some(path)) = (read(&a[0])?, path(&a[1])?) else { return Ok(Value::Null) };
    match find(&json, &path) {
        None => Ok(Value::Null),
        // As SQL spells it.
        Some(number @ Json::Number(_)) => quoted(&number.value()),
        Some(Json::Null) => Ok(Value::Null),
        Some(other) => Ok(other.to_string().into()),
    }
});
pub static QUOTE: Function = pure("json_quote", 1, 1, |a| quoted(&a[0]));

fn quoted(value: &Value) -> Result<Value> { if value.is_null() { Ok(Value::Null) } else { Ok(Json::of(value)?.to_string().into()) } }

/// Whether this argument of a function becomes part of the JSON that it makes.
pub fn takes_json(name: &str, at: usize) -> bool {
    match name {
        "json_array" => true,
        "json_quote" | "json_group_array" | "json_arrayagg" => at == 0,
        "json_object" => at % 2 == 1,
        "json_group_object" | "json_objectagg" => at == 1,
        "json_set" | "json_insert" | "json_replace" | "json_array_append" => at > 0 && at % 2 == 0,
        _ => false,
    }
}

/// Whether what it answers is JSON, and not a text that happens to look like it.
pub fn answers_json(name: &str) -> bool {
    matches!(
        name,
        "json" | "json_quote" | "json_keys" | "->" | "json_array" | "json_object" | "json_set" | "json_insert"
            | "json_replace" | "json_array_append" | "json_remove" | "json_patch" | "json_merge_patch"
            | "json_group_array" | "json_group_object" | "json_arrayagg" | "json_objectagg"
    )
}

/// The path of an argument; `None` when it is NULL.
fn path(value: &Value) -> Result<Option<Path>> { to_text(value).map(|text| Path::parse(&text)).transpose() }

/// `f` of the JSON in the first argument, or of what a path as the second leads to.
fn at(a: &[Value], f: impl Fn(&Json) -> Value) -> Result<Value> {
    let path = match a.get(1) {
        None => Some(Path::default()),
        Some(text) => path(text)?,
    };
    let (Some(json), Some(path)) = (read(&a[0])?, path) else { return Ok(Value::Null) };
    Ok(find(&json, &path).map_or(Value::Null, f))
}

fn length(json: &Json) -> i64 {
    match json {
        Json::Array(items) => items.len() as i64,
        Json::Object(members) => members.len() as i64,
        _ => 1,
    }
}

fn keys(json: &Json) -> Value {
    match json {
        Json::Object(members) => Json::Array(members.iter().map(|(key, _)| Json::String(key.clone())).collect()).to_string().into(),
        _ => Value::Null,
    }
}

fn pretty(a: &[Value]) -> Result<Value> {
    let indent = a.get(1).and_then(to_text).unwrap_or_else(|| "    ".into());
    Ok(read(&a[0])?.map(|json| json.pretty(&indent)).into())
}

/// MySQL's: a JSON string without quotes and escapes, anything else as it is.
fn unquote(a: &[Value]) -> Result<Value> {
    Ok(match to_text(&a[0]) {
        Some(text) if text.starts_with('"') && text.len() > 1 => Json::parse(&text)?.value(),
        text => text.map_or(Value::Null, Value::Text),
    })
}

/// SQLite's flags: 1 is RFC 8259, which is all that is read here.
fn valid(a: &[Value]) -> Result<Value> {
    if let Some(flags) = a.get(1) {
        match to_int(flags) {
            None => return Ok(Value::Null),
            Some(flags) if flags & 1 == 0 => return Err(Error::unsupported(format!("json_valid: flags {flags} without 1; JSON5 and JSONB are not supported"))),
            Some(_) => {}
        }
    }
    Ok(match &a[0] {
        Value::Null => Value::Null,
        Value::Blob(_) => return Err(Error::unsupported("json_valid of a BLOB: JSONB is not supported")),
        other => Value::bool(Json::check(&to_text(other).unwrap_or_default()).is_ok()),
    })
}

/// From 1, in characters; 0 when there is none.
fn error_position(a: &[Value]) -> Result<Value> {
    let Some(text) = to_text(&a[0]) else { return Ok(Value::Null) };
    Ok(Value::Int(match Json::check(&text) {
        Ok(_) => 0,
        Err(at) => text.bytes().take(at).filter(|byte| byte & 0xc0 != 0x80).count() as i64 + 1,
    }))
}

fn extract(a: &[Value]) -> Result<Value> {
    let Some(json) = read(&a[0])? else { return Ok(Value::Null) };
    let mut found = Vec::with_capacity(a.len() - 1);
    for text in &a[1..] {
        let Some(path) = path(text)? else { return Ok(Value::Null) };
        found.push(find(&json, &path));
    }
    if let [one] = found[..] {
        return Ok(one.map_or(Value::Null, Json::value));
    }
    Ok(Json::Array(found.into_iter().map(|json| json.cloned().unwrap_or(Json::Null)).collect()).to_string().into())
}

fn arrow(a: &[Value], f: impl Fn(&Json) -> Value) -> Result<Value> {
    let (Some(json), Some(path)) = (read(&a[0])?, Path::arrow(&a[1])?) else { return Ok(Value::Null) };
    Ok(find(&json, &path).map_or(Value::Null, f))
}

/// An argument that is JSON already.
fn ready(value: &Value) -> Result<Json> { Ok(read(value)?.unwrap_or(Json::Null)) }

fn array(a: &[Value]) -> Result<Value> { Ok(Json::Array(a.iter().map(ready).collect::<Result<_>>()?).to_string().into()) }

/// A label is a text; MySQL's numbers become one.
pub fn label(name: &str, value: &Value) -> Result<Rc<str>> {
    match (value, to_text(value)) {
        (Value::Blob(_), _) | (_, None) => Err(Error::bad_argument(format!("{name}() labels must be TEXT, got {}", value.class()))),
        (_, Some(text)) => match Json::string(&text) {
            Json::String(raw) => Ok(raw),
            _ => Ok(text),
        },
    }
}

fn object(a: &[Value]) -> Result<Value> {
    if a.len() % 2 != 0 {
        return Err(Error::bad_argument(format!("json_object() takes labels and values in pairs, got {} arguments", a.len())));
    }
    let members = a.chunks_exact(2).map(|pair| Ok((label("json_object", &pair[0])?, ready(&pair[1])?)));
    Ok(Json::Object(members.collect::<Result<_>>()?).to_string().into())
}

/// The paths and values after the first argument.
fn pairs<'a>(name: &str, a: &'a [Value]) -> Result<std::slice::ChunksExact<'a, Value>> {
    if a.len() % 2 == 0 {
        return Err(Error::bad_argument(format!("{name}() takes an odd number of arguments, got {}", a.len())));
    }
    Ok(a[1..].chunks_exact(2))
}

fn edit(a: &[Value], edit: Edit) -> Result<Value> {
    let name = match edit {
        Edit::Insert => "json_insert",
        Edit::Replace => "json_replace",
        Edit::Set => "json_set",
    };
    let pairs = pairs(name, a)?;
    let Some(mut json) = read(&a[0])? else { return Ok(Value::Null) };
    for pair in pairs {
        if let Some(path) = path(&pair[0])? {
            put(&mut json, &path.0, ready(&pair[1])?, edit);
        }
    }
    Ok(json.to_string().into())
}

/// MySQL's: to the array at the path; what is no array becomes one.
fn append(a: &[Value]) -> Result<Value> {
    let pairs = pairs("json_array_append", a)?;
    let Some(mut json) = read(&a[0])? else { return Ok(Value::Null) };
    for pair in pairs {
        let Some(path) = path(&pair[0])? else { return Ok(Value::Null) };
        let Some(found) = find(&json, &path).cloned() else { continue };
        let mut items = match found {
            Json::Array(items) => items,
            one => vec![one],
        };
        items.push(ready(&pair[1])?);
        put(&mut json, &path.0, Json::Array(items), Edit::Replace);
    }
    Ok(json.to_string().into())
}

fn remove_all(a: &[Value]) -> Result<Value> {
    let Some(mut json) = read(&a[0])? else { return Ok(Value::Null) };
    for text in &a[1..] {
        match path(text)? {
            Some(path) if remove(&mut json, &path.0) => {}
            _ => return Ok(Value::Null),
        }
    }
    Ok(json.to_string().into())
}

fn patch(a: &[Value]) -> Result<Value> {
    let (Some(mut target), Some(changes)) = (read(&a[0])?, read(&a[1])?) else { return Ok(Value::Null) };
    merge_patch(&mut target, changes);
    Ok(target.to_string().into())
}

/// MySQL's JSON_CONTAINS(target, candidate [, path]).
fn contains(a: &[Value]) -> Result<Value> {
    let path = match a.get(2) {
        None => Some(Path::default()),
        Some(text) => path(text)?,
    };
    let (Some(target), Some(candidate), Some(path)) = (read(&a[0])?, read(&a[1])?, path) else { return Ok(Value::Null) };
    Ok(find(&target, &path).map_or(Value::Null, |target| Value::bool(holds(target, &candidate))))
}

fn holds(target: &Json, candidate: &Json) -> bool {
    match (target, candidate) {
        (Json::Array(items), Json::Array(wanted)) => wanted.iter().all(|wanted| items.iter().any(|item| holds(item, wanted))),
        (Json::Array(items), wanted) => items.iter().any(|item| holds(item, wanted)),
        (Json::Object(members), Json::Object(wanted)) => wanted.iter().all(|(key, wanted)| {
            let key = unescape(key);
            members.iter().any(|(raw, item)| unescape(raw) == key && holds(item, wanted))
        }),
        (target, wanted) if target.is_nested() || wanted.is_nested() => false,
        (target, wanted) => target.type_name() == wanted.type_name() && target.value() == wanted.value() || {
            let number = |json: &Json| matches!(json, Json::Number(_));
            number(target) && number(wanted) && target.value().equals(&wanted.value(), false)
        },
    }
}
