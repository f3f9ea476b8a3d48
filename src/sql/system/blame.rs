//! `dolt_blame_⟨t⟩`: for each row of HEAD the commit that made it what it is.
//!
//! The history is walked from the newest commit. A row is settled by the first commit in which it has its present
//! cells and in none of whose parents it had them; what differs is found by the trees' differences, so that each
//! changed row is read once. The walk ends when every row is settled.

use std::collections::BTreeMap;
use std::rc::Rc;

use bytes::Bytes;

use super::scan::{datetime, family, rows, text, wrong_count, Scan};
use super::{BoundTable, SystemTable, Wanted};
use crate::error::{Code, Error, Result};
use crate::prolly::KeyRange;
use crate::repo::{same_key_form, Commit, History, RowDiff, Table};
use crate::sql::relation::{Relation, Row};
use crate::sql::versions::{date_value, key_ranges, Fit, Projection, Snapshot};
use crate::sql::{Context, OutputColumn};
use crate::tuple::Value;

pub struct Blame;

impl SystemTable for Blame {
    fn bind(&self, cx: &Context, name: &str, arguments: Option<&[Value]>) -> Result<Option<Box<dyn BoundTable>>> {
        let Some(table) = family("dolt_blame_", name) else { return Ok(None) };
        if let Some(arguments) = arguments {
            return Err(wrong_count(name, "0", arguments.len()));
        }
        let head = Snapshot::of_commit(cx, cx.head_commit()?)?;
        let missing = || Error::new(Code::TableNotFound, format!("table not found: {table}"));
        let table = head.table(&*cx.store, table)?.ok_or_else(missing)?;
        if table.schema.is_keyless() {
            let text = format!("unable to generate blame view for table {} without a primary key", table.schema.name);
            return Err(Error::unsupported(text));
        }
        let key = table.schema.primary_key.iter().map(|part| &table.schema.columns[part.column]);
        let mut columns: Vec<OutputColumn> =
            key.map(|column| OutputColumn::new(column.name.clone(), column.column_type.clone())).collect();
        columns.extend([text("commit"), datetime("commit_date"), text("committer"), text("email"), text("message")]);
        Scan::new(columns, move |cx, wanted| open(cx, &table, wanted)).bound()
    }
}

fn open(cx: &Context, table: &Rc<Table>, wanted: &Wanted) -> Result<Box<dyn Relation>> {
    let schema = &table.schema;
    let ranges = key_ranges(schema, wanted, &|column| {
        schema.primary_key.iter().position(|part| part.column == column).into_iter().collect()
    });
    let whole = Projection::identity(schema)?;
    let mut waiting: BTreeMap<Bytes, Row> = BTreeMap::new();
    for range in &ranges {
        let mut cursor = table.rows.cursor(&cx.store, range.clone(), false);
        while let Some((key, value)) = cursor.next()? {
            waiting.insert(key.clone(), whole.row(&*cx.store, &key, &value)?.0);
        }
    }
    let mut settled: BTreeMap<Bytes, (Row, crate::Address, Rc<Commit>)> = BTreeMap::new();
    let mut history = History::new(&cx.store, &[cx.head_commit()?], &[]);
    while !waiting.is_empty() {
        let Some((address, commit)) = history.next()? else { break };
        for key in changed_here(cx, table, &commit, &ranges, &waiting)? {
            if let Some(row) = waiting.remove(&key) {
                settled.insert(key, (row, address, commit.clone()));
            }
        }
    }
    let found = settled.into_values().map(|(row, address, commit)| {
        let mut shown: Row = schema.primary_key.iter().map(|part| row[part.column].clone()).collect();
        shown.extend([
            Value::from(address.to_string()),
            date_value(commit.committer.date_ms),
            Value::Text(commit.committer.name.clone()),
            Value::Text(commit.committer.email.clone()),
            Value::Text(commit.message.clone()),
        ]);
        shown
    });
    rows(found.collect())
}

/// Keys of waiting rows that this commit gave their present cells.
fn changed_here(
    cx: &Context,
    table: &Table,
    commit: &Commit,
    ranges: &[KeyRange],
    waiting: &BTreeMap<Bytes, Row>,
) -> Result<Vec<Bytes>> {
    let id = table.schema.id;
    let find = |root: &crate::Address| -> Result<Option<Rc<Table>>> {
        let found = Snapshot::of_root(cx, root, "")?.table_by_id(&*cx.store, id)?;
        Ok(found.filter(|found| same_key_form(&found.schema, &table.schema)))
    };
    let Some(now) = find(&commit.root)? else { return Ok(Vec::new()) };
    let mut parents = Vec::new();
    for parent in &commit.parents {
        parents.push(find(&cx.read_commit(parent)?.root)?);
    }
    if parents.iter().flatten().any(|parent| parent.rows == now.rows) {
        return Ok(Vec::new());
    }
    let here = Projection::new(&now.schema, &table.schema.columns, Fit::Filled, &|_| true)?;
    let first = parents.first().cloned().flatten();
    let mut found = Vec::new();
    for range in ranges {
        let mut diff = RowDiff::new(&cx.store, first.as_deref(), Some(&now), range.clone())?;
        while let Some(change) = diff.next()? {
            let (Some(present), Some(to)) = (waiting.get(&change.key), &change.to) else { continue };
            if here.row(&*cx.store, &change.key, to)?.0 != *present {
                continue;
            }
            let mut inherited = false;
            for parent in parents.iter().skip(1).flatten() {
                if let Some(value) = parent.rows.get(&*cx.store, &change.key)? {
                    let through = Projection::new(&parent.schema, &table.schema.columns, Fit::Filled, &|_| true)?;
                    inherited |= through.row(&*cx.store, &change.key, &value)?.0 == *present;
                }
            }
            if !inherited {
                found.push(change.key);
            }
        }
    }
    Ok(found)
}
