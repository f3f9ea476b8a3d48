//! `dolt_history_⟨t⟩`: every row of a table as it was at every commit, newest first. `dolt_history_⟨t⟩(rev)` starts
//! at a revision.

use std::collections::VecDeque;
use std::rc::Rc;

use super::commit_walk::CommitWalk;
use super::diff_shape::joined;
use super::diff_table::current_schema;
use super::scan::{datetime, family, stream, text, text_argument, wrong_count, Scan};
use super::{BoundTable, SystemTable, Wanted};
use crate::chunk::Store;
use crate::error::Result;
use crate::hash::Address;
use crate::prolly::{Cursor, KeyRange, Map};
use crate::repo::{fold, Commit, Schema, Table};
use crate::sql::relation::{Relation, Row};
use crate::sql::versions::{date_value, key_ranges, Fit, Projection};
use crate::sql::{Context, OutputColumn};
use crate::tuple::{ColumnType, Value};

pub struct History;

impl SystemTable for History {
    fn bind(&self, cx: &Context, name: &str, arguments: Option<&[Value]>) -> Result<Option<Box<dyn BoundTable>>> {
        let Some(table) = family("dolt_history_", name) else { return Ok(None) };
        let from = match arguments {
            None | Some([]) => "HEAD".to_string(),
            Some([revision]) => text_argument(name, revision)?,
            Some(arguments) => return Err(wrong_count(name, "0 to 1", arguments.len())),
        };
        let schema = current_schema(cx, table)?;
        let mut columns: Vec<OutputColumn> = schema
            .columns
            .iter()
            .map(|column| OutputColumn::new(column.name.clone(), column.column_type.clone()))
            .collect();
        columns.extend([text("commit_hash"), text("committer"), datetime("commit_date")]);
        let row_id = row_id_column(&schema);
        let row_id_type = row_id.map_or(ColumnType::Any, |column| schema.columns[column].column_type.clone());
        let hidden = vec![OutputColumn::new("rowid_val", row_id_type), text("value")];
        let table = fold(table);
        Scan::new(columns, move |cx, wanted| open(cx, wanted, &schema, &table, &from)).hiding(hidden).bound()
    }
}

/// The one column of the primary key.
pub fn row_id_column(schema: &Schema) -> Option<usize> {
    match &schema.primary_key[..] {
        [part] => Some(part.column),
        _ => None,
    }
}

/// Rows of one table at one commit.
struct Page { rows: Map, ranges: VecDeque<KeyRange>, cursor: Option<Cursor>, projection: Rc<Projection>, repeat: Option<(Row, u64)> }

impl Page {
    fn next(&mut self, store: &Store) -> Result<Option<Row>> {
        loop {
            if let Some((row, left)) = &mut self.repeat {
                let row = row.clone();
                *left -= 1;
                if *left == 0 {
                    self.repeat = None;
                }
                return Ok(Some(row));
            }
            if let Some(cursor) = &mut self.cursor {
                if let Some((key, value)) = cursor.next()? {
                    self.repeat = Some(self.projection.row(&**store, &key, &value)?);
                    continue;
                }
                self.cursor = None;
            }
            let Some(range) = self.ranges.pop_front() else { return Ok(None) };
            self.cursor = Some(self.rows.cursor(store, range, false));
        }
    }
}

/// What a state of the table answered, while that is little: the commits below that left the table alone answer it again
/// unread.
struct Answered { schema: Address, rows: Map, kept: Option<Vec<Row>> }

/// Most rows that are kept for that.
const MOST_KEPT: usize = 256;

/// How one schema's rows are read.
struct Reading { schema: Address, ranges: Vec<KeyRange>, projection: Rc<Projection> }

impl Reading {
    fn page(&self, rows: Map) -> Page {
        Page { rows, ranges: self.ranges.clone().into(), cursor: None, projection: self.projection.clone(), repeat: None }
    }
}

fn open(cx: &Context, wanted: &Wanted, schema: &Rc<Schema>, table: &str, from: &str) -> Result<Box<dyn Relation>> {
    let (cx, wanted, schema, table) = (cx.clone(), wanted.clone(), schema.clone(), table.to_string());
    let width = schema.columns.len();
    let row_id = row_id_column(&schema);
    let start = cx.commit_of(from)?;
    let mut walk = CommitWalk::asked(&cx, &wanted, width, &[start], &[])?;
    let mut reading: Option<Reading> = None;
    let mut answered: Option<Answered> = None;
    let mut again: VecDeque<Row> = VecDeque::new();
    let mut page: Option<Page> = None;
    let mut info = [Value::Null, Value::Null, Value::Null];
    let with_commit = move |mut row: Row, info: &[Value; 3]| -> Result<Row> {
        let hidden = [row_id.and_then(|at| row.get(at)).cloned().unwrap_or(Value::Null), joined(Some(&row))?];
        row.extend(info.iter().cloned());
        row.extend(hidden);
        Ok(row)
    };
    stream(move || loop {
        if let Some(row) = again.pop_front() {
            return with_commit(row, &info).map(Some);
        }
        if let Some(open) = &mut page {
            let row = open.next(&cx.store);
            let row = walk.or_try_ahead(row, |walk, (_, commit)| {
                let tables = walk.tables(&commit.root)?;
                let entry = tables.iter().find(|entry| entry.name == table);
                if let (Some(entry), Some(reads)) = (entry, &reading) {
                    if reads.schema == entry.schema && !reads.ranges.iter().any(KeyRange::is_all) {
                        let mut page = reads.page(entry.rows);
                        for _ in 0..MOST_KEPT {
                            if page.next(&cx.store)?.is_none() {
                                break;
                            }
                        }
                    }
                }
                Ok(())
            });
            if let Some(row) = row? {
                if let Some(kept) = answered.as_mut().and_then(|answered| answered.kept.as_mut()) {
                    kept.push(row.clone());
                    if kept.len() > MOST_KEPT {
                        answered = None;
                    }
                }
                return with_commit(row, &info).map(Some);
            }
            page = None;
        }
        let Some((address, commit)) = walk.next()? else { return Ok(None) };
        info = info_of(address, &commit);
        let entries = walk.tables(&commit.root)?;
        let Some(entry) = entries.iter().find(|entry| entry.name == table) else { continue };
        if let Some(Answered { schema, rows, kept: Some(kept) }) = &answered {
            if (*schema, *rows) == (entry.schema, entry.rows) {
                again.extend(kept.iter().cloned());
                continue;
            }
        }
        let reads = match reading.take() {
            Some(reads) if reads.schema == entry.schema => reads,
            _ => read_through(&cx, &wanted, &schema, &*walk.open(entry)?, entry.schema)?,
        };
        page = Some(reads.page(entry.rows));
        reading = Some(reads);
        answered = Some(Answered { schema: entry.schema, rows: entry.rows, kept: Some(Vec::new()) });
    })
}

/// Rows of a table as it was, seen through its columns of now.
fn read_through(cx: &Context, wanted: &Wanted, now: &Schema, then: &Table, address: Address) -> Result<Reading> {
    let (width, row_id) = (now.columns.len(), row_id_column(now));
    let asked = |column: usize| {
        wanted.columns.as_ref().is_none_or(|columns| columns.iter().any(|at| *at == column || *at >= width + 3))
    };
    let projection = Rc::new(Projection::new(&then.schema, &now.columns, Fit::SameFamily, &asked)?);
    let ranges = key_ranges(cx, &then.schema, wanted, &|column| {
        let name = then.schema.columns.get(column).map(|column| fold(&column.name));
        let Some(at) = now.columns.iter().position(|column| Some(fold(&column.name)) == name) else { return Vec::new() };
        let shown = &now.columns[at].column_type;
        let hidden = (row_id == Some(at)).then(|| (width + 3, shown.clone()));
        std::iter::once((at, shown.clone())).chain(hidden).collect()
    })?;
    Ok(Reading { schema: address, ranges, projection })
}

fn info_of(address: Address, commit: &Commit) -> [Value; 3] {
    let date = date_value(commit.committer.date_ms);
    [Value::from(address.to_string()), Value::Text(commit.committer.name.clone()), date]
}
