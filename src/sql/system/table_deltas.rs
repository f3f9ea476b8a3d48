//! Tables that differ between two revisions, for functions that take `(a, b [, t])` or `('a..b' [, t])`.

use std::rc::Rc;

use super::schema_diff::{root_at, Ends};
use crate::error::{Code, Error, Result};
use crate::repo::{diff_roots, fold, same_key_form, DeltaKind, Root, TableDelta};
use crate::sql::Context;

pub struct Deltas { pub from: Root, pub to: Root, pub tables: Vec<TableDelta> }

/// Tables that both have come first, then those that are gone, then new ones, each by name.
pub fn deltas(cx: &Context, ends: &Ends) -> Result<Deltas> {
    let (from, to) = (root_at(cx, &ends.from)?, root_at(cx, &ends.to)?);
    let mut tables = diff_roots(&from, &to);
    if let Some(name) = &ends.table {
        let name = fold(name);
        tables.retain(|delta| {
            let is = |table: &Option<Rc<crate::repo::Table>>| table.as_ref().is_some_and(|t| fold(&t.schema.name) == name);
            is(&delta.from) || is(&delta.to)
        });
    }
    crate::sort::sort_by_key(&mut tables, |delta| match delta.kind() {
        DeltaKind::Modified | DeltaKind::Renamed => 0,
        DeltaKind::Dropped => 1,
        DeltaKind::Added => 2,
    });
    Ok(Deltas { from, to, tables })
}

impl Deltas {
    /// `table not found` when a table was named that neither side has.
    pub fn known(&self, ends: &Ends) -> Result<()> {
        match &ends.table {
            Some(name) if self.from.table(name).is_none() && self.to.table(name).is_none() => {
                Err(Error::new(Code::TableNotFound, format!("table not found: {name}")))
            }
            _ => Ok(()),
        }
    }
}

/// Whether the rows of both sides cannot be told to be the same.
pub fn key_changed(delta: &TableDelta) -> bool {
    matches!((&delta.from, &delta.to), (Some(from), Some(to)) if !same_key_form(&from.schema, &to.schema))
}

/// Both names; empty where there is none.
pub fn names(delta: &TableDelta) -> (String, String) {
    let name = |table: &Option<Rc<crate::repo::Table>>| table.as_ref().map_or(String::new(), |t| t.schema.name.to_string());
    (name(&delta.from), name(&delta.to))
}
