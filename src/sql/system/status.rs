//! `dolt_status` and `dolt_status_ignored`: what is staged, what is not, what a merge left.

use super::conflicts::spelled;
use super::scan::{boolean, may_be_table, plain, rows, text, Scan};
use super::{BoundTable, SystemTable};
use crate::error::Result;
use crate::repo::{status, State};
use crate::sql::versions::Ignore;
use crate::sql::Context;
use crate::tuple::Value;

pub struct Status;

impl SystemTable for Status {
    fn bind(&self, _: &Context, name: &str, arguments: Option<&[Value]>) -> Result<Option<Box<dyn BoundTable>>> {
        let with_ignored = plain("dolt_status_ignored", name, arguments)?;
        if !with_ignored && !plain("dolt_status", name, arguments)? {
            return Ok(None);
        }
        let mut columns = vec![text("table_name"), boolean("staged"), text("status")];
        if with_ignored {
            columns.push(boolean("ignored"));
        }
        Scan::new(columns, move |cx, wanted| {
            if cx.settings.branch.is_none() {
                return rows(Vec::new());
            }
            let working_set = cx.current_working_set()?;
            let head = cx.read_commit(&cx.head_commit()?)?.root;
            let ignore = Ignore::read(cx, &cx.working_root()?)?;
            let mut found = Vec::new();
            for entry in status(&*cx.store, &head, &working_set)? {
                let new = entry.state == State::NewTable && !entry.staged;
                let ignored = new && ignore.ignores(&entry.table)?;
                if (ignored && !with_ignored) || !may_be_table(wanted, 0, &entry.table) {
                    continue;
                }
                // What a merge left is kept by folded name.
                let name = match entry.state {
                    State::Conflict | State::ConstraintViolation => spelled(cx, &entry.table),
                    _ => entry.table,
                };
                let mut row =
                    vec![Value::from(name), Value::bool(entry.staged), Value::from(entry.state.as_str())];
                if with_ignored {
                    row.push(Value::bool(ignored));
                }
                found.push(row);
            }
            rows(found)
        })
        .bound()
    }
}
