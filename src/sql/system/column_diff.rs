//! `dolt_column_diff`: which columns each commit changed, and what is not committed yet.

use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;

use super::diff_shape::DiffShape;
use super::commit_walk::CommitWalk;
use super::log::commit_columns;
use super::scan::{datetime, may_be, may_be_table, plain, stream, text, Scan};
use super::{BoundTable, SystemTable, Wanted};
use crate::error::Result;
use crate::repo::{diff_roots, fold, Commit, Root, TableDelta};
use crate::sql::relation::{Relation, Row};
use crate::sql::versions::date_value;
use crate::sql::Context;
use crate::tuple::Value;

pub struct ColumnDiff;

impl SystemTable for ColumnDiff {
    fn bind(&self, _: &Context, name: &str, arguments: Option<&[Value]>) -> Result<Option<Box<dyn BoundTable>>> {
        if !plain("dolt_column_diff", name, arguments)? {
            return Ok(None);
        }
        let columns = vec![
            text("commit_hash"),
            text("table_name"),
            text("column_name"),
            text("committer"),
            text("email"),
            datetime("date"),
            text("message"),
            text("diff_type"),
            text("author"),
            text("author_email"),
            datetime("author_date"),
        ];
        Scan::new(columns, open).bound()
    }
}

fn open(cx: &Context, wanted: &Wanted) -> Result<Box<dyn Relation>> {
    let (cx, wanted) = (cx.clone(), wanted.clone());
    let mut ready: VecDeque<Row> = VecDeque::new();
    let head = cx.head_commit()?;
    if cx.settings.branch.is_some() {
        let working_set = cx.current_working_set()?;
        let at = |root| Root::read(&*cx.store, root);
        let (working, staged) = (at(&working_set.working)?, at(&working_set.staged)?);
        let committed = at(&cx.read_commit(&head)?.root)?;
        for (label, from, to) in [("WORKING", &staged, &working), ("STAGED", &committed, &staged)] {
            if may_be(&wanted, 0, label) {
                push(&cx, &wanted, &mut ready, label, None, from, to)?;
            }
        }
    }
    let mut walk = CommitWalk::asked(&cx, &wanted, 0, &[head], &[])?;
    stream(move || loop {
        if let Some(row) = ready.pop_front() {
            return Ok(Some(row));
        }
        let Some((address, commit)) = walk.next()? else { return Ok(None) };
        let from = match commit.parents.first() {
            Some(parent) => Root::read(&*cx.store, &walk.parent(parent)?.root)?,
            None => Root::default(),
        };
        let to = Root::read(&*cx.store, &commit.root)?;
        push(&cx, &wanted, &mut ready, &address.to_string(), Some(&commit), &from, &to)?;
    })
}

fn push(
    cx: &Context,
    wanted: &Wanted,
    ready: &mut VecDeque<Row>,
    label: &str,
    commit: Option<&Rc<Commit>>,
    from: &Root,
    to: &Root,
) -> Result<()> {
    for delta in diff_roots(from, to) {
        if !may_be_table(wanted, 1, delta.name()) {
            continue;
        }
        for (column, kind) in columns_of(cx, &delta)? {
            let mut row = vec![Value::from(label), Value::from(delta.name()), Value::from(column)];
            match commit {
                Some(commit) => {
                    row.extend(commit_columns(commit));
                    row.push(Value::from(kind));
                    row.extend([
                        Value::Text(commit.author.name.clone()),
                        Value::Text(commit.author.email.clone()),
                        date_value(commit.author.date_ms),
                    ]);
                }
                None => {
                    row.extend(std::iter::repeat_n(Value::Null, 4));
                    row.push(Value::from(kind));
                    row.extend(std::iter::repeat_n(Value::Null, 3));
                }
            }
            ready.push_back(row);
        }
    }
    Ok(())
}

/// Columns that came, went, or in which some row differs. Reading stops when every column is known to differ.
fn columns_of(cx: &Context, delta: &TableDelta) -> Result<Vec<(String, &'static str)>> {
    let all = |table: &crate::repo::Table, kind: &'static str| -> Vec<(String, &'static str)> {
        table.schema.columns.iter().map(|column| (column.name.to_string(), kind)).collect()
    };
    let (from, to) = match (&delta.from, &delta.to) {
        (None, Some(to)) => return Ok(all(to, "added")),
        (Some(from), None) => return Ok(all(from, "removed")),
        (Some(from), Some(to)) => (from, to),
        (None, None) => return Ok(Vec::new()),
    };
    // A renamed column is the one that it was; one that was dropped and came again is too.
    let (olds, news) = (&from.schema.columns, &to.schema.columns);
    let partner = |column: &crate::repo::Column| {
        let alike = |other: &crate::repo::Column| {
            fold(&other.name) == fold(&column.name)
                && other.column_type.family() == column.column_type.family()
                && !news.iter().any(|new| new.id == other.id)
        };
        olds.iter().position(|other| other.id == column.id).or_else(|| olds.iter().position(alike))
    };
    let pairs: Vec<(usize, usize)> =
        news.iter().enumerate().filter_map(|(at, column)| Some((at, partner(column)?))).collect();
    let mut changed: BTreeSet<usize> = BTreeSet::new();
    if from.rows != to.rows {
        if let Some(shape) = DiffShape::between(Some(from), Some(to)) {
            let mut changes = shape.open(cx, Some(from), Some(to), &Wanted::default())?;
            while changed.len() < pairs.len() {
                let Some(change) = changes.next()? else { break };
                for (at, other) in &pairs {
                    let new = change.to.as_ref().map_or(&Value::Null, |row| &row[*at]);
                    let old = change.from.as_ref().map_or(&Value::Null, |row| &row[*other]);
                    if new != old {
                        changed.insert(*at);
                    }
                }
            }
        }
    }
    let mut found: Vec<(String, &'static str)> =
        changed.iter().map(|at| (to.schema.columns[*at].name.to_string(), "modified")).collect();
    let gone = olds.iter().enumerate().filter(|(at, _)| !pairs.iter().any(|(_, old)| old == at));
    found.extend(gone.map(|(_, column)| (column.name.to_string(), "removed")));
    let new = news.iter().enumerate().filter(|(at, _)| !pairs.iter().any(|(new, _)| new == at));
    found.extend(new.map(|(_, column)| (column.name.to_string(), "added")));
    Ok(found)
}
