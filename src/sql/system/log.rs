//! `dolt_log` and `dolt_log(revisions…, flags)`: commits, newest first, read as they are asked for.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::commit_walk::CommitWalk;
use super::scan::{datetime, integer, stream, text, text_argument, Scan};
use super::{BoundTable, SystemTable, Wanted};
use crate::error::{Error, Result};
use crate::hash::Address;
use crate::repo::{fold, merge_base, parse_range, Commit, Range, Refs, Tag};
use crate::sql::procedure::flags::{flag, list, long, long_value, value, Flag, Flags};
use crate::sql::relation::{Relation, Row};
use crate::sql::versions::date_value;
use crate::sql::{Context, OutputColumn};
use crate::tuple::Value;

pub struct Log;

/// Where `refs` stands among the columns.
const REFS: usize = 7;

const FLAGS: &[Flag] = &[
    list("not"),
    list("tables"),
    long("parents"),
    long("merges"),
    long_value("min-parents"),
    long_value("decorate"),
    long("all"),
    value("number", 'n'),
    long("show-signature"),
    flag("oneline", 'o'),
];

impl SystemTable for Log {
    fn bind(&self, cx: &Context, name: &str, arguments: Option<&[Value]>) -> Result<Option<Box<dyn BoundTable>>> {
        if name != "dolt_log" {
            return Ok(None);
        }
        match arguments {
            None => Scan::new(columns(), scan_head).bound(),
            Some(arguments) => {
                for argument in arguments {
                    text_argument("dolt_log", argument).map(drop).or_else(|error| match argument {
                        Value::Int(_) => Ok(()),
                        _ => Err(error),
                    })?;
                }
                let walk = Walk::parse(cx, &Flags::parse(FLAGS, arguments)?)?;
                Scan::new(columns(), move |cx, wanted| walk.clone().open(cx, wanted)).bound()
            }
        }
    }

    fn columns_of_call(&self, name: &str) -> Option<Vec<OutputColumn>> { (name == "dolt_log").then(columns) }
}

fn columns() -> Vec<OutputColumn> {
    vec![
        text("commit_hash"),
        text("committer"),
        text("email"),
        datetime("date"),
        text("message"),
        integer("commit_order"),
        text("parents"),
        text("refs"),
        text("signature"),
        text("author"),
        text("author_email"),
        datetime("author_date"),
    ]
}

fn scan_head(cx: &Context, wanted: &Wanted) -> Result<Box<dyn Relation>> {
    let head = cx.head_commit()?;
    let walk = Walk {
        starts: vec![head],
        hidden: Vec::new(),
        tables: Vec::new(),
        parents: true,
        min_parents: 0,
        decorate: Decorate::Short,
        limit: u64::MAX,
        head: Some(head),
    };
    walk.open(cx, wanted)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Decorate { No, Short, Full }

#[derive(Clone)]
struct Walk {
    starts: Vec<Address>,
    hidden: Vec<Address>,
    /// Folded; empty: all commits.
    tables: Vec<String>,
    parents: bool,
    min_parents: usize,
    decorate: Decorate,
    limit: u64,
    /// What `HEAD ->` stands before.
    head: Option<Address>,
}

impl Walk {
    fn parse(cx: &Context, flags: &Flags) -> Result<Walk> {
        let number = |name: &str| match flags.value(name) {
            None => Ok(None),
            Some(text) => text.parse::<u64>().map(Some).map_err(|_| {
                Error::bad_argument(format!("error: option `{name}` takes a number, found `{text}`"))
            }),
        };
        let mut walk = Walk {
            starts: Vec::new(),
            hidden: Vec::new(),
            tables: flags.list("tables").iter().map(|table| fold(table)).collect(),
            parents: flags.has("parents"),
            min_parents: number("min-parents")?.unwrap_or(0) as usize,
            decorate: match flags.value("decorate") {
                None | Some("auto" | "short") => Decorate::Short,
                Some("full") => Decorate::Full,
                Some("no") => Decorate::No,
                Some(other) => {
                    return Err(Error::bad_argument(format!("fatal: invalid --decorate option: {other}")));
                }
            },
            limit: number("number")?.unwrap_or(u64::MAX),
            head: None,
        };
        if flags.has("merges") {
            walk.min_parents = walk.min_parents.max(2);
        }
        if flags.has("all") {
            walk.starts.extend(cx.branches()?.into_iter().map(|(_, head)| head));
        }
        for spec in &flags.positional {
            match (spec.strip_prefix('^'), parse_range(spec)) {
                (Some(excluded), _) => walk.hidden.push(cx.commit_of(excluded)?),
                (None, Range::Two(from, to)) => {
                    walk.hidden.push(cx.commit_of(from)?);
                    walk.starts.push(cx.commit_of(to)?);
                }
                (None, Range::Three(from, to)) => {
                    let (from, to) = (cx.commit_of(from)?, cx.commit_of(to)?);
                    walk.hidden.extend(merge_base(&cx.store, &from, &to)?);
                    walk.starts.extend([from, to]);
                }
                (None, Range::One(spec)) => walk.starts.push(cx.commit_of(spec)?),
            }
        }
        for spec in flags.list("not") {
            walk.hidden.push(cx.commit_of(spec)?);
        }
        walk.head = walk.starts.first().copied();
        if walk.starts.is_empty() && flags.positional.is_empty() {
            let head = cx.head_commit()?;
            walk.starts.push(head);
            walk.head = Some(head);
        }
        Ok(walk)
    }

    fn open(self, cx: &Context, wanted: &Wanted) -> Result<Box<dyn Relation>> {
        let named = self.decorate != Decorate::No && wanted.reads(REFS);
        let names = if named { ref_names(cx, self.decorate)? } else { BTreeMap::new() };
        let mut walk = match self.limit {
            u64::MAX => CommitWalk::asked(cx, wanted, 0, &self.starts, &self.hidden)?,
            // The first so many of all.
            _ => CommitWalk::new(cx, &self.starts, &self.hidden),
        };
        let mut left = self.limit;
        stream(move || loop {
            if left == 0 {
                return Ok(None);
            }
            let Some((address, commit)) = walk.next()? else { return Ok(None) };
            if commit.parents.len() < self.min_parents || !self.changes_tables(&mut walk, &commit)? {
                continue;
            }
            left -= 1;
            return Ok(Some(self.row(&names, address, &commit)));
        })
    }

    /// Against the first parent.
    fn changes_tables(&self, walk: &mut CommitWalk, commit: &Commit) -> Result<bool> {
        if self.tables.is_empty() {
            return Ok(true);
        }
        let before = match commit.parents.first() {
            Some(parent) => {
                let parent = walk.parent(parent)?;
                walk.tables(&parent.root)?
            }
            None => [].into(),
        };
        let after = walk.tables(&commit.root)?;
        Ok(self.tables.iter().any(|table| {
            after.iter().find(|entry| entry.name == *table) != before.iter().find(|entry| entry.name == *table)
        }))
    }

    fn row(&self, names: &BTreeMap<Address, Vec<String>>, address: Address, commit: &Commit) -> Row {
        let parents: Vec<String> = commit.parents.iter().map(Address::to_string).collect();
        let refs = match (names.get(&address), self.head) {
            (None, _) => String::new(),
            (Some(names), Some(head)) if head == address => format!("HEAD -> {}", names.join(", ")),
            (Some(names), _) => names.join(", "),
        };
        vec![
            Value::from(address.to_string()),
            Value::Text(commit.committer.name.clone()),
            Value::Text(commit.committer.email.clone()),
            date_value(commit.committer.date_ms),
            Value::Text(commit.message.clone()),
            Value::Int(commit.height as i64 + 1),
            if self.parents { Value::from(parents.join(", ")) } else { Value::Null },
            Value::from(refs),
            Value::from(""),
            Value::Text(commit.author.name.clone()),
            Value::Text(commit.author.email.clone()),
            date_value(commit.author.date_ms),
        ]
    }
}

/// What points at each commit: branches (the session's first), remote branches, tags.
fn ref_names(cx: &Context, decorate: Decorate) -> Result<BTreeMap<Address, Vec<String>>> {
    let full = decorate == Decorate::Full;
    let prefix = |kind: &str| if full { format!("refs/{kind}/") } else { String::new() };
    let mut names: BTreeMap<Address, Vec<String>> = BTreeMap::new();
    let mut branches = cx.branches()?;
    crate::sort::sort_by_key(&mut branches, |(name, _)| cx.settings.branch.as_deref() != Some(name));
    for (name, head) in branches {
        names.entry(head).or_default().push(format!("{}{name}", prefix("heads")));
    }
    for (name, head) in cx.tracking()? {
        names.entry(head).or_default().push(format!("{}{name}", prefix("remotes")));
    }
    for (name, tag) in cx.tags()? {
        let commit = Tag::read(&*cx.store, &tag)?.commit;
        names.entry(commit).or_default().push(format!("tag: {}{name}", prefix("tags")));
    }
    Ok(names)
}

/// Shared by tables that show a commit.
pub fn commit_columns(commit: &Rc<Commit>) -> [Value; 4] {
    [
        Value::Text(commit.committer.name.clone()),
        Value::Text(commit.committer.email.clone()),
        date_value(commit.committer.date_ms),
        Value::Text(commit.message.clone()),
    ]
}
