//! `dolt_commits`: every commit of every branch and tag.

use super::commit_walk::CommitWalk;
use super::log::commit_columns;
use super::scan::{datetime, plain, stream, text, Scan};
use super::{BoundTable, SystemTable};
use crate::error::Result;
use crate::hash::Address;
use crate::repo::{Commit, Refs, Tag};
use crate::sql::relation::Row;
use crate::sql::versions::date_value;
use crate::sql::Context;
use crate::tuple::Value;

pub struct Commits;

impl SystemTable for Commits {
    fn bind(&self, _: &Context, name: &str, arguments: Option<&[Value]>) -> Result<Option<Box<dyn BoundTable>>> {
        if !plain("dolt_commits", name, arguments)? {
            return Ok(None);
        }
        let columns = vec![
            text("commit_hash"),
            text("committer"),
            text("email"),
            datetime("date"),
            text("message"),
            text("author"),
            text("author_email"),
            datetime("author_date"),
        ];
        Scan::new(columns, |cx, wanted| {
            let tips = all_tips(cx)?;
            let mut walk = CommitWalk::asked(cx, wanted, 0, &tips, &[])?;
            stream(move || Ok(walk.next()?.map(|(address, commit)| row(address, &commit))))
        })
        .bound()
    }
}

fn row(address: Address, commit: &std::rc::Rc<Commit>) -> Row {
    let mut row = vec![Value::from(address.to_string())];
    row.extend(commit_columns(commit));
    row.push(Value::Text(commit.author.name.clone()));
    row.push(Value::Text(commit.author.email.clone()));
    row.push(date_value(commit.author.date_ms));
    row
}

/// Heads of branches and remote branches, and what tags name.
pub fn all_tips(cx: &Context) -> Result<Vec<Address>> {
    let mut tips: Vec<Address> = cx.branches()?.into_iter().chain(cx.tracking()?).map(|(_, commit)| commit).collect();
    for (_, tag) in cx.tags()? {
        tips.push(Tag::read(&*cx.store, &tag)?.commit);
    }
    tips.sort();
    tips.dedup();
    Ok(tips)
}
