//! `dolt_branches` and `dolt_remote_branches`.

use super::scan::{boolean, datetime, may_be, plain, rows, text, Scan};
use super::{BoundTable, SystemTable, Wanted};
use crate::error::Result;
use crate::hash::Address;
use crate::repo::{Refs, WorkingSet};
use crate::sql::relation::{Relation, Row};
use crate::sql::versions::date_value;
use crate::sql::{Context, OutputColumn};
use crate::tuple::Value;

pub struct Branches;

impl SystemTable for Branches {
    fn bind(&self, _: &Context, name: &str, arguments: Option<&[Value]>) -> Result<Option<Box<dyn BoundTable>>> {
        if plain("dolt_branches", name, arguments)? {
            let mut columns = latest();
            columns.extend([text("remote"), text("branch"), boolean("dirty")]);
            columns.extend(authors());
            return Scan::new(columns, local).hiding(vec![boolean("is_current")]).bound();
        }
        if plain("dolt_remote_branches", name, arguments)? {
            let mut columns = latest();
            columns.extend(authors());
            return Scan::new(columns, remote).bound();
        }
        Ok(None)
    }
}

fn latest() -> Vec<OutputColumn> {
    vec![
        text("name"),
        text("hash"),
        text("latest_committer"),
        text("latest_committer_email"),
        datetime("latest_commit_date"),
        text("latest_commit_message"),
    ]
}

fn authors() -> [OutputColumn; 3] {
    [text("latest_author"), text("latest_author_email"), datetime("latest_author_date")]
}

/// The columns of `latest`, then those of `authors`.
fn of_commit(cx: &Context, name: &str, address: &Address) -> Result<(Row, Row)> {
    let commit = cx.read_commit(address)?;
    let latest = vec![
        Value::from(name),
        Value::from(address.to_string()),
        Value::Text(commit.committer.name),
        Value::Text(commit.committer.email),
        date_value(commit.committer.date_ms),
        Value::Text(commit.message),
    ];
    let authors =
        vec![Value::Text(commit.author.name), Value::Text(commit.author.email), date_value(commit.author.date_ms)];
    Ok((latest, authors))
}

fn local(cx: &Context, wanted: &Wanted) -> Result<Box<dyn Relation>> {
    let mut found = Vec::new();
    for (name, address) in cx.branches()? {
        if !may_be(wanted, 0, &name) {
            continue;
        }
        let current = cx.settings.branch.as_deref() == Some(&*name);
        let working_set =
            if current { cx.current_working_set()? } else { cx.working_set(&*cx.store, &name)? };
        let dirty = working_set != WorkingSet::clean(cx.read_commit(&address)?.root);
        let upstream = cx.config(&format!("branch.{name}"));
        let (upstream_remote, upstream_branch) = match upstream.as_deref().and_then(|upstream| upstream.split_once('/')) {
            Some((remote, branch)) => (remote, branch),
            None => ("", ""),
        };
        let (mut row, authors) = of_commit(cx, &name, &address)?;
        row.extend([Value::from(upstream_remote), Value::from(upstream_branch), Value::bool(dirty)]);
        row.extend(authors);
        row.push(Value::bool(current));
        found.push(row);
    }
    rows(found)
}

fn remote(cx: &Context, wanted: &Wanted) -> Result<Box<dyn Relation>> {
    let mut found = Vec::new();
    for (name, address) in cx.tracking()? {
        let name = format!("remotes/{name}");
        if may_be(wanted, 0, &name) {
            let (mut row, authors) = of_commit(cx, &name, &address)?;
            row.extend(authors);
            found.push(row);
        }
    }
    rows(found)
}
