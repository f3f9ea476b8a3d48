//! `dolt_diff_⟨t⟩`: every change ever committed to a table, newest first, after what is not committed yet.
//! `dolt_diff_⟨t⟩(a, b)`, `dolt_diff_⟨t⟩('a..b')`: between two revisions.

use std::collections::VecDeque;
use std::rc::Rc;

use super::commit_walk::{asked_commits, CommitWalk, Found};
use super::diff::{ends_of, Pair};
use super::diff_shape::{DiffShape, Ends};
use super::scan::{family, may_be, stream, text_argument, wrong_count, Scan};
use super::{BoundTable, SystemTable, Wanted};
use crate::error::{Code, Error, Result};
use crate::hash::Address;
use crate::repo::{Commit, Schema, Table, TableEntry, TableId};
use crate::sql::relation::Relation;
use crate::sql::versions::{date_value, DiffRows, Snapshot};
use crate::sql::Context;
use crate::tuple::Value;

pub struct DiffTable;

impl SystemTable for DiffTable {
    fn bind(&self, cx: &Context, name: &str, arguments: Option<&[Value]>) -> Result<Option<Box<dyn BoundTable>>> {
        let Some(table) = family("dolt_diff_", name) else { return Ok(None) };
        if let Some(arguments) = arguments {
            return between(cx, name, table, arguments);
        }
        let schema = current_schema(cx, table)?;
        let shape = DiffShape::of(&schema);
        let (hidden, table, id) = (shape.hidden(), table.to_string(), schema.id);
        Scan::new(shape.columns(), move |cx, wanted| open(cx, wanted, &shape, &table, id)).hiding(hidden).bound()
    }
}

/// The table's schema now, or in HEAD when it was dropped since.
pub fn current_schema(cx: &Context, table: &str) -> Result<Rc<Schema>> {
    if let Some(schema) = cx.workspace.borrow().schema(table) {
        return Ok(schema);
    }
    let head = Snapshot::of_commit(cx, cx.head_commit()?)?;
    match head.table(&*cx.store, table)? {
        Some(table) => Ok(table.schema.clone()),
        None => Err(Error::new(Code::TableNotFound, format!("table not found: {table}"))),
    }
}

fn between(cx: &Context, name: &str, table: &str, arguments: &[Value]) -> Result<Option<Box<dyn BoundTable>>> {
    let words = arguments.iter().map(|argument| text_argument(name, argument)).collect::<Result<Vec<_>>>()?;
    let pair = match &words[..] {
        [range] if range.contains("..") => match cx.ends_of(range)? {
            Some((from, to)) => Pair::resolve(cx, &from, to, table)?,
            None => return Err(wrong_count(name, "2", 1)),
        },
        [from, to] => Pair::resolve(cx, from, to, table)?,
        words => return Err(wrong_count(name, "1 to 2", words.len())),
    };
    let Some(shape) = DiffShape::between(pair.from.as_ref(), pair.to.as_ref()) else { return Ok(None) };
    let hidden = shape.hidden();
    Scan::new(shape.columns(), move |cx, wanted| {
        let mut changes = shape.open(cx, pair.from.as_ref(), pair.to.as_ref(), wanted)?;
        let (shape, ends) = (shape.clone(), pair.ends.clone());
        stream(move || changes.next()?.map(|change| shape.row(change, &ends)).transpose())
    })
    .hiding(hidden)
    .bound()
}

/// Two snapshots of the table, still to be compared.
struct Edge { ends: Ends, from: Option<Rc<Table>>, to: Option<Rc<Table>> }

/// A commit is compared with each of its parents: by the lines of the roots, so that one which left the table alone
/// costs two reads and no row.
fn open(cx: &Context, wanted: &Wanted, shape: &DiffShape, table: &str, id: TableId) -> Result<Box<dyn Relation>> {
    let (cx, wanted, shape, table) = (cx.clone(), wanted.clone(), shape.clone(), table.to_string());
    let mut edges: VecDeque<Edge> = VecDeque::new();
    let head = cx.head_commit()?;
    let (to_commit, from_commit) = (shape.to_commit(), shape.from_commit());
    if cx.settings.branch.is_some() && may_be(&wanted, to_commit, "WORKING") && may_be(&wanted, from_commit, &head.to_string()) {
        let (from, to) = (Snapshot::of_commit(&cx, head)?, Snapshot::working(&cx)?);
        let (old, new) = (find(&cx, &from, id, &table)?, find(&cx, &to, id, &table)?);
        edges.push_back(Edge { ends: ends_of(&from, &to), from: old, to: new });
    }
    // A commit lies above its parents. The first commit's is named by no text.
    let floor = match wanted.values(from_commit) {
        Some(values) if !values.iter().any(|value| matches!(value, Value::Text(text) if text.is_empty())) => {
            let from = asked_commits(&cx, &wanted, from_commit, &[head], &[])?.unwrap_or_default();
            Some(from.last().map_or(u64::MAX, |(_, commit)| commit.height))
        }
        _ => None,
    };
    let mut walk = CommitWalk::asked(&cx, &wanted, to_commit, &[head], &[])?.above(floor);
    let mut current: Option<(Ends, DiffRows)> = None;
    stream(move || loop {
        if let Some((ends, rows)) = &mut current {
            let change = rows.next();
            let change = walk.or_try_ahead(change, |walk, found| {
                for edge in edges_of(walk, found, &wanted, from_commit, id, &table)? {
                    shape.open(&cx, edge.from.as_ref(), edge.to.as_ref(), &wanted)?.next()?;
                }
                Ok(())
            });
            if let Some(change) = change? {
                return shape.row(change, ends).map(Some);
            }
            current = None;
        }
        if let Some(edge) = edges.pop_front() {
            let rows = shape.open(&cx, edge.from.as_ref(), edge.to.as_ref(), &wanted)?;
            current = Some((edge.ends, rows));
            continue;
        }
        let Some(found) = walk.next()? else { return Ok(None) };
        edges = edges_of(&mut walk, &found, &wanted, from_commit, id, &table)?;
    })
}

/// Against each of its parents that is wanted.
fn edges_of(
    walk: &mut CommitWalk,
    (address, commit): &Found,
    wanted: &Wanted,
    from_commit: usize,
    id: TableId,
    table: &str,
) -> Result<VecDeque<Edge>> {
    let mut edges = VecDeque::new();
    let parents: Vec<Option<Address>> = match &commit.parents[..] {
        [] => vec![None],
        parents => parents.iter().copied().map(Some).collect(),
    };
    for parent in parents {
        let label: Rc<str> = parent.map_or_else(String::new, |parent| parent.to_string()).into();
        if may_be(wanted, from_commit, &label) {
            edges.extend(edge(walk, *address, commit, parent, label, id, table)?);
        }
    }
    Ok(edges)
}

/// Against one parent; `None` when the table has the same rows there.
fn edge(
    walk: &mut CommitWalk,
    address: Address,
    commit: &Commit,
    parent: Option<Address>,
    label: Rc<str>,
    id: TableId,
    table: &str,
) -> Result<Option<Edge>> {
    let line = |entries: &[TableEntry]| {
        let by_id = entries.iter().find(|entry| entry.id == id);
        by_id.or_else(|| entries.iter().find(|entry| entry.name == table)).cloned()
    };
    let (from, from_date) = match parent {
        Some(parent) => {
            let parent = walk.parent(&parent)?;
            (line(&walk.tables(&parent.root)?), date_value(parent.committer.date_ms))
        }
        None => (None, Value::Null),
    };
    let to = line(&walk.tables(&commit.root)?);
    let rows = |line: &Option<TableEntry>| line.as_ref().map(|entry| entry.rows).unwrap_or_default();
    if rows(&from) == rows(&to) {
        return Ok(None);
    }
    let to_date = date_value(commit.committer.date_ms);
    let ends = Ends { to: address.to_string().into(), to_date, from: label, from_date };
    let mut open = |line: Option<TableEntry>| line.map(|entry| walk.open(&entry)).transpose();
    Ok(Some(Edge { ends, from: open(from)?, to: open(to)? }))
}

fn find(cx: &Context, snapshot: &Snapshot, id: TableId, table: &str) -> Result<Option<Rc<Table>>> {
    match snapshot.table_by_id(&*cx.store, id)? {
        Some(found) => Ok(Some(found)),
        None => snapshot.table(&*cx.store, table),
    }
}
