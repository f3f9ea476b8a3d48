//! `dolt_diff_summary(a, b [, t])`: which tables differ, and how.

use super::scan::{boolean, rows, text, wrong_count, Scan};
use super::schema_diff::Ends;
use super::table_deltas::{deltas, key_changed, names};
use super::{BoundTable, SystemTable};
use crate::error::{Error, Result};
use crate::repo::DeltaKind;
use crate::sql::versions::Ignore;
use crate::sql::{Context, OutputColumn};
use crate::tuple::Value;

pub struct DiffSummary;

const NAME: &str = "dolt_diff_summary";

impl SystemTable for DiffSummary {
    fn bind(&self, cx: &Context, name: &str, arguments: Option<&[Value]>) -> Result<Option<Box<dyn BoundTable>>> {
        let Some(arguments) = arguments.filter(|_| name == NAME) else { return Ok(None) };
        if arguments.is_empty() || (arguments.len() == 1 && !matches!(&arguments[0], Value::Text(text) if text.contains(".."))) {
            return Err(wrong_count(NAME, "2 to 3", arguments.len()));
        }
        let ends = Ends::parse(cx, NAME, arguments)?;
        Scan::new(columns(), move |cx, _| {
            let mut found = Vec::new();
            // New tables that are ignored are no part of the working set's story.
            let ignore = match ends.to.eq_ignore_ascii_case("WORKING") {
                true => Ignore::read(cx, &cx.working_root()?)?,
                false => Ignore::default(),
            };
            for delta in deltas(cx, &ends)?.tables {
                if ends.table.is_some() && key_changed(&delta) {
                    let text = format!("failed to compute diff summary for table {}: primary key set changed", delta.name());
                    return Err(Error::unsupported(text));
                }
                if delta.kind() == DeltaKind::Added && ignore.ignores(delta.name())? {
                    continue;
                }
                let kind = match delta.kind() {
                    DeltaKind::Added => "added",
                    DeltaKind::Dropped => "dropped",
                    DeltaKind::Modified => "modified",
                    DeltaKind::Renamed => "renamed",
                };
                let (from, to) = names(&delta);
                let flags = [Value::bool(delta.rows_changed()), Value::bool(delta.schema_changed())];
                let mut row = vec![Value::from(from), Value::from(to), Value::from(kind)];
                row.extend(flags);
                found.push(row);
            }
            rows(found)
        })
        .bound()
    }

    fn columns_of_call(&self, name: &str) -> Option<Vec<OutputColumn>> { (name == NAME).then(columns) }
}

fn columns() -> Vec<OutputColumn> {
    vec![
        text("from_table_name"),
        text("to_table_name"),
        text("diff_type"),
        boolean("data_change"),
        boolean("schema_change"),
    ]
}
