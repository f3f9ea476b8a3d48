//! `dolt_log` and `dolt_log(revisions…, flags)`: commits, newest first, read as they are asked for.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::scan::{datetime, integer, rows, stream, text, text_argument, Scan};
use super::{BoundTable, SystemTable, Wanted};
use crate::error::{Code, Error, Result};
use crate::hash::Address;
use crate::repo::{fold, is_ancestor, merge_base, parse_range, Commit, History, Range, Refs, Root, Tag};
use crate::sql::procedure::flags::{flag, list, long, long_value, value, Flag, Flags};
use crate::sql::relation::{Relation, Row};
use crate::sql::versions::date_value;
use crate::sql::{Context, OutputColumn};
use crate::tuple::Value;

pub struct Log;

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

/// Commits asked for by their whole hash, as far as they can be reached from `from`; `None`: any commit may match.
pub fn asked_commits(cx: &Context, wanted: &Wanted, column: usize, from: &[Address]) -> Result<Option<Vec<Address>>> {
    let Some(values) = wanted.values(column) else { return Ok(None) };
    let mut found = Vec::new();
    for value in values {
        let Value::Text(hash) = value else { continue };
        if hash.len() != Address::SHOWN {
            continue;
        }
        let address = match cx.commit_of(hash) {
            Ok(address) => address,
            Err(error) if error.code() == Code::RefNotFound => continue,
            Err(error) => return Err(error),
        };
        if address.to_string() != **hash || found.contains(&address) {
            continue;
        }
        for start in from {
            if is_ancestor(&*cx.store, &address, start)? {
                found.push(address);
                break;
            }
        }
    }
    Ok(Some(found))
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
        let names = if self.decorate == Decorate::No { BTreeMap::new() } else { ref_names(cx, self.decorate)? };
        let cx = cx.clone();
        let plain = self.hidden.is_empty() && self.tables.is_empty() && self.min_parents == 0 && self.limit == u64::MAX;
        if plain {
            if let Some(asked) = asked_commits(&cx, wanted, 0, &self.starts)? {
                let found = asked.into_iter().map(|address| {
                    let commit = cx.read_commit(&address)?;
                    Ok(self.row(&names, address, &commit))
                });
                return rows(found.collect::<Result<_>>()?);
            }
        }
        let mut history = History::new(&cx.store, &self.starts, &self.hidden);
        let mut left = self.limit;
        stream(move || loop {
            if left == 0 {
                return Ok(None);
            }
            let Some((address, commit)) = history.next()? else { return Ok(None) };
            if commit.parents.len() < self.min_parents || !self.changes_tables(&cx, &commit)? {
                continue;
            }
            left -= 1;
            return Ok(Some(self.row(&names, address, &commit)));
        })
    }

    /// Against the first parent.
    fn changes_tables(&self, cx: &Context, commit: &Commit) -> Result<bool> {
        if self.tables.is_empty() {
            return Ok(true);
        }
        let (after, _) = Root::read_entries(&*cx.store, &commit.root)?;
        let before = match commit.parents.first() {
            Some(parent) => Root::read_entries(&*cx.store, &cx.read_commit(parent)?.root)?.0,
            None => Vec::new(),
        };
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
    branches.sort_by_key(|(name, _)| cx.settings.branch.as_deref() != Some(name));
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
