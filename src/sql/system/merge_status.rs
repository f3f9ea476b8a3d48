//! `dolt_merge_status`: one row on the merge that waits, if any does.

use super::conflicts::{merge_state, spelled};
use super::scan::{boolean, plain, rows, text, Scan};
use super::{BoundTable, SystemTable};
use crate::error::Result;
use crate::repo::Operation;
use crate::sql::Context;
use crate::tuple::Value;

pub struct MergeStatus;

impl SystemTable for MergeStatus {
    fn bind(&self, _: &Context, name: &str, arguments: Option<&[Value]>) -> Result<Option<Box<dyn BoundTable>>> {
        if !plain("dolt_merge_status", name, arguments)? {
            return Ok(None);
        }
        let columns =
            vec![boolean("is_merging"), text("source"), text("source_commit"), text("target"), text("unmerged_tables")];
        Scan::new(columns, |cx, _| {
            let Some(state) = merge_state(cx)?.filter(|state| state.operation != Operation::Verify) else {
                return rows(vec![vec![Value::Int(0), Value::Null, Value::Null, Value::Null, Value::Null]]);
            };
            let mut unmerged: Vec<String> = state.conflicts.keys().map(|table| spelled(cx, table)).collect();
            unmerged.extend(state.schema_conflicts.iter().map(|conflict| conflict.table.to_string()));
            unmerged.extend(state.violations.keys().map(|table| spelled(cx, table)));
            unmerged.sort();
            unmerged.dedup();
            rows(vec![vec![
                Value::Int(1),
                Value::Text(state.source.clone()),
                Value::from(state.source_commit.to_string()),
                Value::from(format!("refs/heads/{}", cx.branch()?)),
                Value::from(unmerged.join(", ")),
            ]])
        })
        .bound()
    }
}
