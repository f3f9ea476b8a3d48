//! `dolt_branch_status(base, b…)`: how far branches are from a base.

use super::scan::{integer, rows, text, text_argument, Scan};
use super::{BoundTable, SystemTable};
use crate::error::{Error, Result};
use crate::repo::ahead_behind;
use crate::sql::Context;
use crate::tuple::Value;

pub struct BranchStatus;

impl SystemTable for BranchStatus {
    fn bind(&self, cx: &Context, name: &str, arguments: Option<&[Value]>) -> Result<Option<Box<dyn BoundTable>>> {
        const NAME: &str = "dolt_branch_status";
        let Some(arguments) = arguments.filter(|_| name == NAME) else { return Ok(None) };
        let words = arguments.iter().map(|argument| text_argument(NAME, argument)).collect::<Result<Vec<_>>>()?;
        let Some((base, others)) = words.split_first() else {
            return Err(Error::bad_argument(format!("function '{NAME}' expected at least 1 argument, 0 received")));
        };
        let base = cx.commit_of(base)?;
        let mut found = Vec::new();
        for other in others {
            let (ahead, behind) = ahead_behind(&cx.store, &cx.commit_of(other)?, &base)?;
            found.push(vec![Value::from(other.as_str()), Value::Int(ahead as i64), Value::Int(behind as i64)]);
        }
        Scan::new(vec![text("branch"), integer("commits_ahead"), integer("commits_behind")], move |_, _| rows(found.clone()))
            .bound()
    }
}
