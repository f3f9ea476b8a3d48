//! `dolt_commit_diff_⟨t⟩`: the rows in which a table differs between the two commits that WHERE names.

use super::diff::ends_of;
use super::diff_shape::DiffShape;
use super::diff_table::current_schema;
use super::scan::{family, stream, wrong_count, Scan};
use super::{BoundTable, SystemTable, Wanted};
use crate::error::{Error, Result};
use crate::sql::versions::Snapshot;
use crate::sql::Context;
use crate::tuple::Value;

pub struct CommitDiff;

impl SystemTable for CommitDiff {
    fn bind(&self, cx: &Context, name: &str, arguments: Option<&[Value]>) -> Result<Option<Box<dyn BoundTable>>> {
        let Some(table) = family("dolt_commit_diff_", name) else { return Ok(None) };
        if let Some(arguments) = arguments {
            return Err(wrong_count(name, "0", arguments.len()));
        }
        let shape = DiffShape::of(&*current_schema(cx, table)?);
        let (hidden, table) = (shape.hidden(), table.to_string());
        Scan::new(shape.columns(), move |cx, wanted| {
            let from = Snapshot::resolve(cx, one(wanted, shape.from_commit(), "from_commit")?)?;
            let to = Snapshot::resolve(cx, one(wanted, shape.to_commit(), "to_commit")?)?;
            let (old, new) = Snapshot::pair(&*cx.store, &from, &to, &table)?;
            let mut changes = shape.open(cx, old.as_ref(), new.as_ref(), wanted)?;
            let (shape, ends) = (shape.clone(), ends_of(&from, &to));
            stream(move || changes.next()?.map(|change| shape.row(change, &ends)).transpose())
        })
        .hiding(hidden)
        .bound()
    }
}

fn one<'a>(wanted: &'a Wanted, column: usize, name: &str) -> Result<&'a str> {
    match wanted.values(column) {
        Some([Value::Text(revision)]) => Ok(revision),
        _ => Err(Error::bad_argument(format!("dolt_commit_diff_* tables must be filtered to a single '{name}'"))),
    }
}
