//! `dolt_commit_ancestors`: each commit with its parents.

use std::collections::VecDeque;

use super::commits::all_tips;
use super::commit_walk::CommitWalk;
use super::scan::{integer, plain, stream, text, Scan};
use super::{BoundTable, SystemTable};
use crate::error::Result;
use crate::hash::Address;
use crate::repo::Commit;
use crate::sql::relation::Row;
use crate::sql::Context;
use crate::tuple::Value;

pub struct CommitAncestors;

impl SystemTable for CommitAncestors {
    fn bind(&self, _: &Context, name: &str, arguments: Option<&[Value]>) -> Result<Option<Box<dyn BoundTable>>> {
        if !plain("dolt_commit_ancestors", name, arguments)? {
            return Ok(None);
        }
        Scan::new(vec![text("commit_hash"), text("parent_hash"), integer("parent_index")], |cx, wanted| {
            let tips = all_tips(cx)?;
            let mut walk = CommitWalk::asked(cx, wanted, 0, &tips, &[])?;
            let mut ready: VecDeque<Row> = VecDeque::new();
            stream(move || loop {
                if let Some(row) = ready.pop_front() {
                    return Ok(Some(row));
                }
                let Some((address, commit)) = walk.next()? else { return Ok(None) };
                ready.extend(parents(&address, &commit));
            })
        })
        .bound()
    }
}

fn parents(address: &Address, commit: &Commit) -> Vec<Row> {
    let hash = Value::from(address.to_string());
    if commit.parents.is_empty() {
        return vec![vec![hash, Value::Null, Value::Null]];
    }
    let rows = commit.parents.iter().zip(0i64..);
    rows.map(|(parent, index)| vec![hash.clone(), Value::from(parent.to_string()), Value::Int(index)]).collect()
}
