//! `dolt_blame_⟨t⟩`: for each row of HEAD the commit that made it what it is.
//!
//! The history is walked from the newest commit. A row is settled by the first commit in which it has its present
//! cells and in none of whose parents it had them; what differs is found by the trees' differences, so that each
//! changed row is read once. The walk ends when every row is settled.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::rc::Rc;

use bytes::Bytes;

use super::commit_walk::{asked_commits, CommitWalk};
use super::scan::{datetime, family, stream, text, wrong_count, Scan};
use super::{BoundTable, SystemTable, Wanted};
use crate::error::{Code, Error, Result};
use crate::prolly::KeyRange;
use crate::repo::{same_key_form, Column, Commit, RowDiff, Table, TableEntry};
use crate::sql::relation::Relation;
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
    let key: Vec<usize> = schema.primary_key.iter().map(|part| part.column).collect();
    let mut ranges = key_ranges(cx, schema, wanted, &|column| {
        let position = key.iter().position(|part| *part == column);
        position.map(|position| (position, schema.columns[column].column_type.clone())).into_iter().collect()
    })?;
    let most = wanted.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let mut waiting: BTreeMap<Bytes, Bytes> = BTreeMap::new();
    for range in &ranges {
        let mut cursor = table.rows.cursor(&cx.store, range.clone(), false);
        while waiting.len() < most {
            let Some((key, value)) = cursor.next()? else { break };
            waiting.insert(key, value);
        }
    }
    if waiting.len() == most {
        let ends = waiting.keys().next().cloned().zip(waiting.keys().next_back().cloned());
        ranges = ends.map(|(first, last)| KeyRange::new(Bound::Included(first), Bound::Included(last))).into_iter().collect();
    }
    let head = cx.head_commit()?;
    // Only rows of the commits that are asked for are shown: below the lowest of them there are none.
    let asked = asked_commits(cx, wanted, key.len(), &[head], &[])?;
    let lowest = asked.map(|asked| asked.last().map_or(u64::MAX, |(_, commit)| commit.height));
    let mut walk = CommitWalk::new(cx, &[head], &[]);
    let mut settled: BTreeMap<Bytes, (Bytes, crate::Address, Rc<Commit>)> = BTreeMap::new();
    while !waiting.is_empty() {
        let Some((address, commit)) = walk.next()? else { break };
        if lowest.is_some_and(|lowest| commit.height < lowest) {
            break;
        }
        let changed = changed_here(cx, &mut walk, table, &commit, &ranges, &waiting);
        let changed = walk.or_try_ahead(changed, |walk, (_, commit)| {
            changed_here(cx, walk, table, commit, &ranges, &waiting).map(drop)
        });
        for key in changed? {
            if let Some(value) = waiting.remove(&key) {
                settled.insert(key, (value, address, commit.clone()));
            }
        }
    }
    let shown: Vec<Column> = key.iter().map(|column| schema.columns[*column].clone()).collect();
    let keys = Projection::new(schema, &shown, Fit::Coerce, &|_| true)?;
    let (store, mut settled) = (cx.store.clone(), settled.into_iter());
    stream(move || {
        let Some((key, (value, address, commit))) = settled.next() else { return Ok(None) };
        let mut row = keys.row(&*store, &key, &value)?.0;
        row.extend([
            Value::from(address.to_string()),
            date_value(commit.committer.date_ms),
            Value::Text(commit.committer.name.clone()),
            Value::Text(commit.committer.email.clone()),
            Value::Text(commit.message.clone()),
        ]);
        Ok(Some(row))
    })
}

/// Keys of waiting rows that this commit gave their present cells.
fn changed_here(
    cx: &Context,
    walk: &mut CommitWalk,
    table: &Rc<Table>,
    commit: &Commit,
    ranges: &[KeyRange],
    waiting: &BTreeMap<Bytes, Bytes>,
) -> Result<Vec<Bytes>> {
    let line = |entries: &[TableEntry]| entries.iter().find(|entry| entry.id == table.schema.id).cloned();
    let Some(now) = line(&walk.tables(&commit.root)?) else { return Ok(Vec::new()) };
    let mut before = Vec::new();
    for parent in &commit.parents {
        let parent = walk.parent(parent)?;
        let line = line(&walk.tables(&parent.root)?);
        if line.as_ref().is_some_and(|line| line.rows == now.rows) {
            return Ok(Vec::new());
        }
        before.push(line);
    }
    let mut open = |line: Option<TableEntry>| -> Result<Option<Past>> {
        let Some(line) = line else { return Ok(None) };
        let past = walk.open(&line)?;
        if same_key_form(&past.schema, &table.schema) { Past::new(past, table).map(Some) } else { Ok(None) }
    };
    let Some(now) = open(Some(now))? else { return Ok(Vec::new()) };
    let mut before = before.into_iter().map(&mut open).collect::<Result<Vec<_>>>()?.into_iter();
    let (first, others): (Option<Past>, Vec<Past>) = (before.next().flatten(), before.flatten().collect());
    let mut found = Vec::new();
    for range in ranges {
        let mut diff = RowDiff::new(&cx.store, first.as_ref().map(|first| &*first.table), Some(&now.table), range.clone())?;
        while let Some(change) = diff.next()? {
            let (Some(present), Some(to)) = (waiting.get(&change.key), &change.to) else { continue };
            if !now.is_same(cx, &change.key, to, present)? {
                continue;
            }
            let mut inherited = false;
            for parent in &others {
                if let Some(value) = parent.table.rows.get(&*cx.store, &change.key)? {
                    inherited |= parent.is_same(cx, &change.key, &value, present)?;
                }
            }
            if !inherited {
                found.push(change.key);
            }
        }
    }
    Ok(found)
}

/// The table at a commit, and how its rows compare with those of now: by their bytes while the schema is the same.
struct Past { table: Rc<Table>, through: Option<(Projection, Projection)> }

impl Past {
    fn new(past: Rc<Table>, now: &Rc<Table>) -> Result<Self> {
        let through = match past.schema == now.schema {
            true => None,
            false => {
                let then = Projection::new(&past.schema, &now.schema.columns, Fit::Filled, &|_| true)?;
                Some((then, Projection::identity(&now.schema)?))
            }
        };
        Ok(Past { table: past, through })
    }

    fn is_same(&self, cx: &Context, key: &Bytes, then: &Bytes, now: &Bytes) -> Result<bool> {
        match &self.through {
            None => Ok(then == now),
            Some((past, present)) => Ok(past.row(&*cx.store, key, then)?.0 == present.row(&*cx.store, key, now)?.0),
        }
    }
}
