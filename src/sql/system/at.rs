//! `dolt_at_⟨t⟩(rev)`: a table as a revision shows it.

use super::scan::{family, stream, text_argument, wrong_count, Scan};
use super::{BoundTable, SystemTable};
use crate::error::{Code, Error, Result};
use crate::sql::versions::{key_ranges, Fit, Projection, Snapshot};
use crate::sql::{Context, OutputColumn};
use crate::tuple::Value;

pub struct At;

impl SystemTable for At {
    fn bind(&self, cx: &Context, name: &str, arguments: Option<&[Value]>) -> Result<Option<Box<dyn BoundTable>>> {
        let Some(table) = family("dolt_at_", name) else { return Ok(None) };
        let revision = match arguments {
            Some([revision]) => text_argument(name, revision)?,
            given => return Err(wrong_count(name, "1", given.map_or(0, <[Value]>::len))),
        };
        let found = Snapshot::resolve(cx, &revision)?.table(&*cx.store, table)?;
        let missing = || Error::new(Code::TableNotFound, format!("table not found: {table} at {revision}"));
        let table = found.ok_or_else(missing)?;
        let columns = table
            .schema
            .columns
            .iter()
            .map(|column| OutputColumn::new(column.name.clone(), column.column_type.clone()))
            .collect();
        Scan::new(columns, move |cx, wanted| {
            let asked = |column: usize| wanted.columns.as_ref().is_none_or(|columns| columns.contains(&column));
            let projection = Projection::new(&table.schema, &table.schema.columns, Fit::Coerce, &asked)?;
            let ranges = key_ranges(cx, &table.schema, wanted, &|column| {
                vec![(column, table.schema.columns[column].column_type.clone())]
            })?;
            let mut ranges = ranges.into_iter();
            let (store, rows) = (cx.store.clone(), table.rows);
            let mut cursor = None;
            let mut repeat: Option<(Vec<Value>, u64)> = None;
            stream(move || loop {
                if let Some((row, left)) = &mut repeat {
                    let row = row.clone();
                    *left -= 1;
                    if *left == 0 {
                        repeat = None;
                    }
                    return Ok(Some(row));
                }
                if cursor.is_none() {
                    let Some(range) = ranges.next() else { return Ok(None) };
                    cursor = Some(rows.cursor(&store, range, false));
                }
                match cursor.as_mut().map(|cursor| cursor.next()).transpose()?.flatten() {
                    Some((key, value)) => repeat = Some(projection.row(&*store, &key, &value)?),
                    None => cursor = None,
                }
            })
        })
        .bound()
    }
}
