//! `dolt_stashes`.

use super::scan::{may_be, plain, rows, text, Scan};
use super::{BoundTable, SystemTable};
use crate::error::Result;
use crate::sql::procedure::stashed;
use crate::sql::Context;
use crate::tuple::Value;

pub struct Stashes;

impl SystemTable for Stashes {
    fn bind(&self, _: &Context, name: &str, arguments: Option<&[Value]>) -> Result<Option<Box<dyn BoundTable>>> {
        if !plain("dolt_stashes", name, arguments)? {
            return Ok(None);
        }
        let columns = ["name", "stash_id", "branch", "hash", "commit_message"].map(text).to_vec();
        Scan::new(columns, |cx, wanted| {
            let mut found = Vec::new();
            for stash in stashed(cx)?.into_iter().filter(|stash| may_be(wanted, 0, &stash.name)) {
                found.push(vec![
                    Value::from(stash.name),
                    Value::from(format!("stash@{{{}}}", stash.position)),
                    Value::from(stash.branch),
                    Value::from(stash.head.to_string()),
                    Value::Text(cx.read_commit(&stash.head)?.message),
                ]);
            }
            rows(found)
        })
        .bound()
    }
}
