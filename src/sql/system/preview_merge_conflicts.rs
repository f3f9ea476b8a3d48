//! `dolt_preview_merge_conflicts_summary(a, b)` and `dolt_preview_merge_conflicts(a, b, t)`: what merging b into a
//! would leave to resolve. Nothing is changed.

use std::rc::Rc;

use super::conflict_shape::ConflictShape;
use super::conflicts_table::all_rows;
use super::scan::{integer, rows, text, text_argument, wrong_count, Scan};
use super::{BoundTable, SystemTable};
use crate::error::{Code, Error, Result};
use crate::repo::{fold, merge_base, MergeResult, Merger, Root};
use crate::sql::write::MergeCheck;
use crate::sql::Context;
use crate::tuple::Value;

pub struct PreviewMergeConflicts;

impl SystemTable for PreviewMergeConflicts {
    fn bind(&self, cx: &Context, name: &str, arguments: Option<&[Value]>) -> Result<Option<Box<dyn BoundTable>>> {
        let expected = match name {
            "dolt_preview_merge_conflicts_summary" => 2,
            "dolt_preview_merge_conflicts" => 3,
            _ => return Ok(None),
        };
        let given = arguments.unwrap_or_default();
        if given.len() != expected {
            return Err(wrong_count(name, &expected.to_string(), given.len()));
        }
        cx.branch()?;
        let words = given.iter().map(|argument| text_argument(name, argument)).collect::<Result<Vec<_>>>()?;
        let merged = merged(cx, &words[0], &words[1])?;
        match words.get(2) {
            None => summary(merged),
            Some(table) => conflicts(cx, merged, &words[1], table),
        }
    }
}

fn merged(cx: &Context, ours: &str, theirs: &str) -> Result<MergeResult> {
    let (left, right) = (cx.commit_of(ours)?, cx.commit_of(theirs)?);
    let base = merge_base(&cx.store, &left, &right)?
        .ok_or_else(|| Error::new(Code::RefNotFound, format!("no common ancestor of {ours} and {theirs}")))?;
    let root = |commit| -> Result<Root> { Root::read(&*cx.store, &cx.read_commit(&commit)?.root) };
    cx.resume.run(
        &[left, right],
        || Ok(Merger::new(&cx.store, &root(base)?, root(left)?, root(right)?, MergeCheck::new(cx))),
        Merger::run,
    )
}

fn summary(merged: MergeResult) -> Result<Option<Box<dyn BoundTable>>> {
    let columns = vec![text("table"), integer("num_data_conflicts"), integer("num_schema_conflicts")];
    Scan::new(columns, move |cx, _| {
        let mut names: Vec<String> = merged.conflicts.keys().cloned().collect();
        names.extend(merged.schema_conflicts.iter().map(|conflict| fold(&conflict.table)));
        names.sort();
        names.dedup();
        let mut found = Vec::new();
        for name in names {
            let schema_conflicts = merged.schema_conflicts.iter().filter(|conflict| fold(&conflict.table) == name).count();
            let data = match merged.conflicts.get(&name).filter(|_| schema_conflicts == 0) {
                Some(map) => Value::Int(map.len(&*cx.store)? as i64),
                None => Value::Null,
            };
            let shown = merged.root.table(&name).map_or(name.clone(), |table| table.schema.name.to_string());
            found.push(vec![Value::from(shown), data, Value::Int(schema_conflicts as i64)]);
        }
        rows(found)
    })
    .bound()
}

fn conflicts(cx: &Context, merged: MergeResult, theirs: &str, table: &str) -> Result<Option<Box<dyn BoundTable>>> {
    let count = merged.schema_conflicts.iter().filter(|conflict| fold(&conflict.table) == fold(table)).count();
    if count > 0 {
        return Err(Error::new(Code::MergeConflict, format!("schema conflicts found: {count}")));
    }
    let found = merged.root.table(table).cloned();
    let found = found.ok_or_else(|| Error::new(Code::TableNotFound, format!("table not found: {table}")))?;
    let shape = Rc::new(ConflictShape::new(&found.schema)?);
    let from = Value::from(cx.commit_of(theirs)?.to_string());
    let map = merged.conflicts.get(&fold(table)).copied().unwrap_or_default();
    let hidden = shape.hidden();
    Scan::new(shape.columns(), move |cx, _| rows(all_rows(cx, &shape, map, &from)?)).hiding(hidden).bound()
}
