//! `dolt_history_⟨t⟩`: every row of a table as it was at every commit, newest first. `dolt_history_⟨t⟩(rev)` starts
//! at a revision.

use std::collections::VecDeque;
use std::rc::Rc;

use super::diff_shape::joined;
use super::diff_table::current_schema;
use super::log::asked_commits;
use super::scan::{datetime, family, stream, text, text_argument, wrong_count, Scan};
use super::{BoundTable, SystemTable, Wanted};
use crate::chunk::Store;
use crate::error::Result;
use crate::hash::Address;
use crate::prolly::{Cursor, KeyRange, Map};
use crate::repo::{fold, Commit, History as Log, Root, Schema};
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

/// Rows found by key at one state of the table: the commits below that left it alone answer them again unread.
struct Found { schema: Address, rows: Map, answer: Rc<[Row]> }

fn open(cx: &Context, wanted: &Wanted, schema: &Rc<Schema>, table: &str, from: &str) -> Result<Box<dyn Relation>> {
    let (cx, wanted, schema, table) = (cx.clone(), wanted.clone(), schema.clone(), table.to_string());
    let width = schema.columns.len();
    let row_id = row_id_column(&schema);
    let start = cx.commit_of(from)?;
    let mut asked = asked_commits(&cx, &wanted, width, &[start])?.map(VecDeque::from);
    let mut log = Log::new(&cx.store, &[start], &[]);
    let mut last: Option<(Address, Rc<Schema>, Rc<Projection>)> = None;
    let mut found: Option<Found> = None;
    let mut ready: VecDeque<Row> = VecDeque::new();
    let mut page: Option<(Page, [Value; 3])> = None;
    let with_commit = move |mut row: Row, info: &[Value; 3]| -> Result<Row> {
        let hidden = [row_id.and_then(|at| row.get(at)).cloned().unwrap_or(Value::Null), joined(Some(&row))?];
        row.extend(info.iter().cloned());
        row.extend(hidden);
        Ok(row)
    };
    stream(move || loop {
        if let Some(row) = ready.pop_front() {
            return Ok(Some(row));
        }
        if let Some((open, info)) = &mut page {
            match open.next(&cx.store)? {
                Some(row) => return with_commit(row, info).map(Some),
                None => page = None,
            }
        }
        let (address, commit) = match &mut asked {
            Some(asked) => {
                let Some(address) = asked.pop_front() else { return Ok(None) };
                (address, Rc::new(cx.read_commit(&address)?))
            }
            None => match log.next()? {
                Some(next) => next,
                None => return Ok(None),
            },
        };
        let (entries, _) = Root::read_entries(&*cx.store, &commit.root)?;
        let Some(entry) = entries.into_iter().find(|entry| entry.name == table) else { continue };
        if last.as_ref().is_none_or(|(address, ..)| *address != entry.schema) {
            let own = entry.open(&*cx.store)?.schema;
            let asked = |column: usize| {
                wanted.columns.as_ref().is_none_or(|columns| columns.iter().any(|at| *at == column || *at >= width + 3))
            };
            let projection = Rc::new(Projection::new(&own, &schema.columns, Fit::SameFamily, &asked)?);
            last = Some((entry.schema, own, projection));
        }
        let Some((_, own, projection)) = &last else { continue };
        let info = info_of(address, &commit);
        let ranges = key_ranges(own, &wanted, &|column| {
            let name = own.columns.get(column).map(|column| fold(&column.name));
            let position = schema.columns.iter().position(|column| Some(fold(&column.name)) == name);
            position.into_iter().chain((position.is_some() && position == row_id).then_some(width + 3)).collect()
        });
        let mut next =
            Page { rows: entry.rows, ranges: ranges.into(), cursor: None, projection: projection.clone(), repeat: None };
        if next.ranges.iter().any(|range| range.is_all()) {
            page = Some((next, info));
            continue;
        }
        let known = found.as_ref().filter(|found| found.schema == entry.schema && found.rows == entry.rows);
        let answer = match known {
            Some(found) => found.answer.clone(),
            None => {
                let mut rows = Vec::new();
                while let Some(row) = next.next(&cx.store)? {
                    rows.push(row);
                }
                rows.into()
            }
        };
        for row in answer.iter() {
            ready.push_back(with_commit(row.clone(), &info)?);
        }
        found = Some(Found { schema: entry.schema, rows: entry.rows, answer });
    })
}

fn info_of(address: Address, commit: &Commit) -> [Value; 3] {
    let date = date_value(commit.committer.date_ms);
    [Value::from(address.to_string()), Value::Text(commit.committer.name.clone()), date]
}
