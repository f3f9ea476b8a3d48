//! `dolt_conflicts`: how many rows of each table are in conflict.

use super::scan::{integer, may_be_table, plain, rows, text, Scan};
use super::{BoundTable, SystemTable};
use crate::error::Result;
use crate::repo::{MergeState, Refs};
use crate::sql::Context;
use crate::tuple::Value;

pub struct Conflicts;

impl SystemTable for Conflicts {
    fn bind(&self, _: &Context, name: &str, arguments: Option<&[Value]>) -> Result<Option<Box<dyn BoundTable>>> {
        if !plain("dolt_conflicts", name, arguments)? {
            return Ok(None);
        }
        Scan::new(vec![text("table"), integer("num_conflicts")], |cx, wanted| {
            let mut found = Vec::new();
            if let Some(state) = merge_state(cx)? {
                for (table, map) in &state.conflicts {
                    if may_be_table(wanted, 0, table) && may_be_table(wanted, 2, table) {
                        let name = Value::from(spelled(cx, table));
                        found.push(vec![name.clone(), Value::Int(map.len(&*cx.store)? as i64), name]);
                    }
                }
            }
            rows(found)
        })
        .hiding(vec![text("table_name")])
        .bound()
    }
}

/// What waits to be resolved on the session's branch.
pub fn merge_state(cx: &Context) -> Result<Option<MergeState>> {
    match &cx.settings.branch {
        Some(branch) => Ok(cx.working_set(&*cx.store, branch)?.merge),
        None => Ok(None),
    }
}

/// A table's name as its schema spells it.
pub fn spelled(cx: &Context, folded: &str) -> String {
    let schema = cx.workspace.borrow().schema(folded);
    schema.map_or_else(|| folded.to_string(), |schema| schema.name.to_string())
}
