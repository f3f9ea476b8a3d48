//! `dolt_diff_stat(a, b [, t])`: how many rows and cells differ. Counts come from the trees; only changes are read.

use super::scan::{integer, rows, text, wrong_count, Scan};
use super::schema_diff::Ends;
use super::table_deltas::{deltas, key_changed};
use super::{BoundTable, SystemTable, Wanted};
use crate::error::{Error, Result};
use crate::repo::{fold, Schema, Table, TableDelta};
use crate::sql::relation::Row;
use crate::sql::versions::ChangeKind;
use crate::sql::{Context, OutputColumn};
use crate::tuple::Value;

use super::diff_shape::DiffShape;

pub struct DiffStat;

const NAME: &str = "dolt_diff_stat";

impl SystemTable for DiffStat {
    fn bind(&self, cx: &Context, name: &str, arguments: Option<&[Value]>) -> Result<Option<Box<dyn BoundTable>>> {
        let Some(arguments) = arguments.filter(|_| name == NAME) else { return Ok(None) };
        if arguments.is_empty() || (arguments.len() == 1 && !matches!(&arguments[0], Value::Text(text) if text.contains(".."))) {
            return Err(wrong_count(NAME, "2 to 3", arguments.len()));
        }
        let ends = Ends::parse(cx, NAME, arguments)?;
        Scan::new(columns(), move |cx, _| {
            let deltas = deltas(cx, &ends)?;
            deltas.known(&ends)?;
            let mut found = Vec::new();
            for delta in &deltas.tables {
                if key_changed(delta) {
                    if ends.table.is_none() {
                        continue;
                    }
                    let text = format!("failed to compute diff stat for table {}: primary key set changed", delta.name());
                    return Err(Error::unsupported(text));
                }
                found.extend(stat(cx, delta)?);
            }
            rows(found)
        })
        .bound()
    }

    fn columns_of_call(&self, name: &str) -> Option<Vec<OutputColumn>> { (name == NAME).then(columns) }
}

fn columns() -> Vec<OutputColumn> {
    std::iter::once(text("table_name")).chain(COUNTS.iter().map(|name| integer(name))).collect()
}

const COUNTS: [&str; 11] = [
    "rows_unmodified",
    "rows_added",
    "rows_deleted",
    "rows_modified",
    "cells_added",
    "cells_deleted",
    "cells_modified",
    "old_row_count",
    "new_row_count",
    "old_cell_count",
    "new_cell_count",
];

fn stat(cx: &Context, delta: &TableDelta) -> Result<Option<Row>> {
    let (from, to) = (delta.from.as_ref(), delta.to.as_ref());
    let Some(shape) = DiffShape::between(from, to) else { return Ok(None) };
    let mut changes = shape.open(cx, from, to, &Wanted::default())?;
    let (mut added, mut deleted, mut modified, mut cells_modified) = (0u64, 0u64, 0u64, 0u64);
    let pairs: Vec<(usize, usize)> = shape
        .to
        .iter()
        .enumerate()
        .filter_map(|(at, column)| {
            let other = shape.from.iter().position(|other| fold(&other.name) == fold(&column.name))?;
            Some((at, other))
        })
        .collect();
    while let Some(change) = changes.next()? {
        match change.kind {
            ChangeKind::Added => added += 1,
            ChangeKind::Removed => deleted += 1,
            ChangeKind::Modified => modified += 1,
        }
        if let (Some(old), Some(new)) = (&change.from, &change.to) {
            cells_modified += pairs.iter().filter(|(at, other)| new[*at] != old[*other]).count() as u64;
        }
    }
    let name = Value::from(delta.name());
    let keyless = [from, to].into_iter().flatten().any(|table| table.schema.is_keyless());
    if keyless {
        if added + deleted == 0 {
            return Ok(None);
        }
        let mut row = vec![name, Value::Null, Value::Int(added as i64), Value::Int(deleted as i64)];
        row.extend(std::iter::repeat_n(Value::Null, 8));
        return Ok(Some(row));
    }
    let count = |table: Option<&std::rc::Rc<Table>>| table.map_or(Ok(0), |table| table.rows.len(&*cx.store));
    let (old_rows, new_rows) = (count(from)?, count(to)?);
    let width = |schema: Option<&Schema>| schema.map_or(0, |schema| schema.columns.len() as u64);
    let (old_width, new_width) = (width(from.map(|t| &*t.schema)), width(to.map(|t| &*t.schema)));
    let common = pairs.len() as u64;
    let both = old_rows.saturating_sub(deleted);
    let beyond = |width: u64| if from.is_some() && to.is_some() { width.saturating_sub(common) } else { 0 };
    let cells_added = added * new_width + both * beyond(new_width);
    let cells_deleted = deleted * old_width + both * beyond(old_width);
    if added + deleted + modified + cells_added + cells_deleted == 0 {
        return Ok(None);
    }
    let counts = [
        both.saturating_sub(modified),
        added,
        deleted,
        modified,
        cells_added,
        cells_deleted,
        cells_modified,
        old_rows,
        new_rows,
        old_rows * old_width,
        new_rows * new_width,
    ];
    let mut row = vec![name];
    row.extend(counts.map(|count| Value::Int(count as i64)));
    Ok(Some(row))
}
