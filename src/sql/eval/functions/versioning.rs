//! Functions that ask for branches, commits and hashes.

use super::{in_context, pure, Context, Function};
use crate::error::{Code, Error, Result};
use crate::hash::Address;
use crate::repo::{is_ancestor, Revision};
use crate::sql::procedure::flags::word;
use crate::sql::versions::{merge_base_of, Snapshot};
use crate::tuple::Value;

pub const LIST: &[Function] = &[
    in_context("active_branch", 0, 0, |_, cx| Ok(cx.settings.branch.clone().map_or(Value::Null, Value::Text))),
    pure("dolt_version", 0, 0, |_| Ok(Value::from(env!("CARGO_PKG_VERSION")))),
    pure("doltlite_engine", 0, 0, |_| Ok(Value::from("prolly"))),
    pure("dolt_storage_format", 0, 0, |_| Ok(Value::from("PROLLITE ( 1 )"))),
    in_context("dolt_hashof", 1, 1, hash_of),
    in_context("hashof", 1, 1, hash_of),
    in_context("dolt_hashof_table", 1, 2, hash_of_table),
    in_context("dolt_hashof_db", 0, 1, hash_of_db),
    in_context("dolt_merge_base", 2, 2, merge_base),
    in_context("has_ancestor", 2, 2, has_ancestor),
];

/// `None` when an argument is NULL: so is the answer.
fn words(arguments: &[Value]) -> Result<Option<Vec<String>>> {
    if arguments.iter().any(Value::is_null) {
        return Ok(None);
    }
    arguments.iter().map(word).collect::<Result<Vec<_>>>().map(Some)
}

fn hash_of(arguments: &[Value], cx: &Context) -> Result<Value> {
    let Some(words) = words(arguments)? else { return Ok(Value::Null) };
    Ok(Value::from(cx.commit_of(&words[0])?.to_string()))
}

/// Of the table's definition and rows: equal content, equal hash, on every branch and machine.
fn hash_of_table(arguments: &[Value], cx: &Context) -> Result<Value> {
    let Some(words) = words(arguments)? else { return Ok(Value::Null) };
    let revision = words.get(1).map_or("WORKING", String::as_str);
    let snapshot = if cx.settings.branch.is_none() && words.len() == 1 {
        Snapshot::of_commit(cx, cx.head_commit()?)?
    } else {
        Snapshot::resolve(cx, revision)?
    };
    let table = snapshot.table(&*cx.store, &words[0])?;
    let missing = || Error::new(Code::TableNotFound, format!("table not found: {}", words[0]));
    let table = table.ok_or_else(missing)?;
    let mut bytes = table.schema.write(&*cx.store)?.0.to_vec();
    bytes.extend_from_slice(&table.rows.root().0);
    Ok(Value::from(Address::of(&bytes).to_string()))
}

fn hash_of_db(arguments: &[Value], cx: &Context) -> Result<Value> {
    let Some(words) = words(arguments)? else { return Ok(Value::Null) };
    let root = match words.first() {
        None => cx.working_root()?.write(&*cx.store)?,
        Some(spec) => match cx.revision(spec)? {
            Revision::Working(branch) if cx.settings.branch.as_deref() == Some(&*branch) => {
                cx.working_root()?.write(&*cx.store)?
            }
            revision => revision.root(cx, &cx.store)?,
        },
    };
    Ok(Value::from(root.to_string()))
}

fn merge_base(arguments: &[Value], cx: &Context) -> Result<Value> {
    let Some(words) = words(arguments)? else { return Ok(Value::Null) };
    Ok(Value::from(merge_base_of(cx, &words[0], &words[1])?.to_string()))
}

fn has_ancestor(arguments: &[Value], cx: &Context) -> Result<Value> {
    let Some(words) = words(arguments)? else { return Ok(Value::Null) };
    let (commit, ancestor) = (cx.commit_of(&words[0])?, cx.commit_of(&words[1])?);
    Ok(Value::bool(is_ancestor(&*cx.store, &ancestor, &commit)?))
}
