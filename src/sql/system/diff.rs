//! `dolt_diff`: without arguments the tables that each commit changed; with arguments the rows in which one table
//! differs between two revisions.

use std::collections::VecDeque;
use std::rc::Rc;

use super::commit_walk::CommitWalk;
use super::diff_shape::{DiffShape, Ends};
use super::log::commit_columns;
use super::scan::{boolean, datetime, may_be, may_be_table, stream, text, text_argument, wrong_count, Scan};
use super::{BoundTable, SystemTable, Wanted};
use crate::error::{Error, Result};
use crate::hash::Address;
use crate::repo::{fold, Commit, Root, Table, TableEntry};
use crate::sql::procedure::flags::{flag, list, Flag, Flags};
use crate::sql::relation::{Relation, Row};
use crate::sql::versions::{date_value, Snapshot};
use crate::sql::Context;
use crate::tuple::Value;

pub struct Diff;

const FLAGS: &[Flag] = &[flag("skinny", 's'), list("include-cols")];

impl SystemTable for Diff {
    fn bind(&self, cx: &Context, name: &str, arguments: Option<&[Value]>) -> Result<Option<Box<dyn BoundTable>>> {
        if name != "dolt_diff" {
            return Ok(None);
        }
        match arguments {
            None => bind_table(),
            Some(arguments) => bind_function(cx, arguments),
        }
    }
}

/// Both ends of a difference and its table.
pub struct Pair { pub ends: Ends, pub from: Option<Rc<Table>>, pub to: Option<Rc<Table>> }

impl Pair {
    pub fn resolve(cx: &Context, from: &str, to: &str, table: &str) -> Result<Pair> {
        let (from, to) = (Snapshot::resolve(cx, from)?, Snapshot::resolve(cx, to)?);
        let (old, new) = Snapshot::pair_or_missing(&*cx.store, &from, &to, table)?;
        Ok(Pair { ends: ends_of(&from, &to), from: old, to: new })
    }
}

pub fn ends_of(from: &Snapshot, to: &Snapshot) -> Ends {
    Ends { to: to.label.clone(), to_date: to.date.clone(), from: from.label.clone(), from_date: from.date.clone() }
}

fn bind_function(cx: &Context, arguments: &[Value]) -> Result<Option<Box<dyn BoundTable>>> {
    const NAME: &str = "dolt_diff";
    let flags = Flags::parse(FLAGS, arguments)?;
    for argument in arguments {
        text_argument(NAME, argument)?;
    }
    let words: Vec<&str> = flags.positional.iter().map(String::as_str).collect();
    let is_table = |name: &str| cx.workspace.borrow().schema(name).is_some();
    let pair = match &words[..] {
        // DoltLite's: the table first.
        [table] if !table.contains("..") => Pair::resolve(cx, "HEAD", "WORKING", table)?,
        [range, table] if range.contains("..") => {
            let (from, to) = cx.ends_of(range)?.ok_or_else(|| wrong_count(NAME, "2 to 3", 2))?;
            Pair::resolve(cx, &from, to, table)?
        }
        [table, from] if is_table(table) => Pair::resolve(cx, from, "WORKING", table)?,
        [first, second, third] if is_table(first) && !is_table(third) && cx.revision(third).is_ok() => {
            Pair::resolve(cx, second, third, first)?
        }
        [from, to, table] if !from.contains("..") => Pair::resolve(cx, from, to, table)?,
        words => return Err(wrong_count(NAME, "2 to 3", words.len())),
    };
    let Some(mut shape) = DiffShape::between(pair.from.as_ref(), pair.to.as_ref()) else { return Ok(None) };
    let extra: Vec<String> = flags.list("include-cols").iter().map(|column| fold(column)).collect();
    if flags.has("skinny") {
        shape = skinny(cx, shape, &pair, &extra)?;
    } else if let Some(missing) = extra.iter().find(|name| !has_column(&shape, name)) {
        return Err(unknown_column(missing));
    }
    let hidden = shape.hidden();
    Scan::new(shape.columns(), move |cx, wanted| {
        let mut changes = shape.open(cx, pair.from.as_ref(), pair.to.as_ref(), wanted)?;
        let (shape, ends) = (shape.clone(), pair.ends.clone());
        stream(move || changes.next()?.map(|change| shape.row(change, &ends)).transpose())
    })
    .hiding(hidden)
    .bound()
}

fn has_column(shape: &DiffShape, name: &str) -> bool {
    shape.to.iter().chain(&*shape.from).any(|column| fold(&column.name) == *name)
}

fn unknown_column(name: &str) -> Error {
    Error::new(crate::Code::ColumnNotFound, format!("column `{name}` not found in --include-cols"))
}

/// Keys, the columns of `extra` and those that differ in some row: all changes are read once to learn which.
fn skinny(cx: &Context, shape: DiffShape, pair: &Pair, extra: &[String]) -> Result<DiffShape> {
    if let Some(missing) = extra.iter().find(|name| !has_column(&shape, name)) {
        return Err(unknown_column(missing));
    }
    let mut keep: Vec<String> = extra.to_vec();
    for table in [&pair.from, &pair.to].into_iter().flatten() {
        let keys = table.schema.primary_key.iter().filter_map(|part| table.schema.columns.get(part.column));
        keep.extend(keys.map(|column| fold(&column.name)));
    }
    let mut changes = shape.open(cx, pair.from.as_ref(), pair.to.as_ref(), &Wanted::default())?;
    while let Some(change) = changes.next()? {
        let cell = |row: &Option<Row>, columns: &[crate::repo::Column], name: &str| {
            let position = columns.iter().position(|column| fold(&column.name) == name)?;
            row.as_ref()?.get(position).cloned()
        };
        for column in shape.to.iter().chain(&*shape.from) {
            let name = fold(&column.name);
            if !keep.contains(&name) && cell(&change.to, &shape.to, &name) != cell(&change.from, &shape.from, &name) {
                keep.push(name);
            }
        }
    }
    Ok(shape.only(|name| keep.iter().any(|kept| kept == name)))
}

fn bind_table() -> Result<Option<Box<dyn BoundTable>>> {
    let columns = vec![
        text("commit_hash"),
        text("table_name"),
        text("committer"),
        text("email"),
        datetime("date"),
        text("message"),
        boolean("data_change"),
        boolean("schema_change"),
        text("author"),
        text("author_email"),
        datetime("author_date"),
    ];
    Scan::new(columns, open_table).bound()
}

/// A table that differs, from the lines of two roots.
pub struct Changed { pub name: String, pub from: Option<TableEntry>, pub to: Option<TableEntry> }

impl Changed {
    pub fn data(&self) -> bool {
        let rows = |entry: &Option<TableEntry>| entry.as_ref().map(|entry| entry.rows).unwrap_or_default();
        rows(&self.from) != rows(&self.to)
    }
    pub fn schema(&self) -> bool {
        let schema = |entry: &Option<TableEntry>| entry.as_ref().map(|entry| (entry.name.clone(), entry.schema));
        schema(&self.from) != schema(&self.to)
    }
}

/// Tables that differ, paired by id, in order of names.
pub fn changed_tables(from: &[TableEntry], to: &[TableEntry]) -> Vec<Changed> {
    let mut changed: Vec<Changed> = Vec::new();
    for entry in to {
        let before = from.iter().find(|before| before.id == entry.id);
        if before != Some(entry) {
            changed.push(Changed { name: entry.name.clone(), from: before.cloned(), to: Some(entry.clone()) });
        }
    }
    for entry in from {
        if !to.iter().any(|after| after.id == entry.id) {
            changed.push(Changed { name: entry.name.clone(), from: Some(entry.clone()), to: None });
        }
    }
    crate::sort::sort_by(&mut changed, |a, b| a.name.cmp(&b.name));
    changed
}

fn open_table(cx: &Context, wanted: &Wanted) -> Result<Box<dyn Relation>> {
    let (cx, wanted) = (cx.clone(), wanted.clone());
    let mut ready: VecDeque<Row> = VecDeque::new();
    let head = cx.head_commit()?;
    if cx.settings.branch.is_some() {
        let working_set = cx.current_working_set()?;
        let at = |root: &Address| Root::read_entries(&*cx.store, root).map(|(entries, _)| entries);
        let (working, staged) = (at(&working_set.working)?, at(&working_set.staged)?);
        let committed = at(&cx.read_commit(&head)?.root)?;
        for (label, from, to) in [("WORKING", &staged, &working), ("STAGED", &committed, &staged)] {
            if may_be(&wanted, 0, label) {
                let info = || [Value::Null, Value::Null, Value::Null, Value::Null];
                ready.extend(table_rows(&changed_tables(from, to), &wanted, label, info(), None));
            }
        }
    }
    let mut walk = CommitWalk::asked(&cx, &wanted, 0, &[head], &[])?;
    stream(move || loop {
        if let Some(row) = ready.pop_front() {
            return Ok(Some(row));
        }
        let Some((address, commit)) = walk.next()? else { return Ok(None) };
        let after = walk.tables(&commit.root)?;
        let before = match commit.parents.first() {
            Some(parent) => {
                let parent = walk.parent(parent)?;
                walk.tables(&parent.root)?
            }
            None => [].into(),
        };
        let changed = changed_tables(&before, &after);
        ready.extend(table_rows(&changed, &wanted, &address.to_string(), commit_columns(&commit), Some(&commit)));
    })
}

fn table_rows(
    changed: &[Changed],
    wanted: &Wanted,
    label: &str,
    info: [Value; 4],
    commit: Option<&Rc<Commit>>,
) -> Vec<Row> {
    let author = match commit {
        Some(commit) => [
            Value::Text(commit.author.name.clone()),
            Value::Text(commit.author.email.clone()),
            date_value(commit.author.date_ms),
        ],
        None => [Value::Null, Value::Null, Value::Null],
    };
    let shown = changed.iter().filter(|changed| may_be_table(wanted, 1, &changed.name));
    shown
        .map(|changed| {
            let mut row = vec![Value::from(label), Value::from(changed.name.as_str())];
            row.extend(info.clone());
            row.extend([Value::bool(changed.data()), Value::bool(changed.schema())]);
            row.extend(author.clone());
            row
        })
        .collect()
}
