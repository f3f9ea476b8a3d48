//! `dolt_stash`: puts uncommitted changes aside, and brings them back onto what stands then.
//!
//! A stash is a commit that no branch reaches: its root is the working root, its parent HEAD; its message names the
//! branch and, line by line, the new tables that were staged. The record `stash/⟨name⟩/⟨number⟩` holds its address.

use bytes::Bytes;

use super::answer::{integer, invalid_usage};
use super::flags::{flag, long, Flag, Flags};
use super::{Answer, Call, Procedure};
use crate::error::{Code, Error, Result};
use crate::hash::Address;
use crate::repo::{fold, Commit, Merger, Refs, Root, WorkingSet, STASH};
use crate::sql::versions::signature;
use crate::sql::write::MergeCheck;
use crate::sql::{Context, OutputColumn};

pub struct Stash;

const FLAGS: &[Flag] = &[flag("include-untracked", 'u'), flag("all", 'a'), long("force")];

impl Procedure for Stash {
    fn name(&self) -> &'static str { "dolt_stash" }
    fn columns(&self) -> Vec<OutputColumn> { vec![integer("status")] }

    fn call(&self, call: &mut Call<'_>) -> Result<Answer> {
        let flags = call.flags(FLAGS)?;
        let cx = call.context;
        let words: Vec<&str> = flags.positional.iter().map(String::as_str).collect();
        match &words[..] {
            ["push", name] => push(cx, name, &flags)?,
            ["pop", name] => pop(cx, name, 0)?,
            ["pop", name, at] => pop(cx, name, position(at)?)?,
            ["drop", name] => drop_one(cx, name, 0)?,
            ["drop", name, at] => drop_one(cx, name, position(at)?)?,
            ["clear", name] => clear(cx, name)?,
            _ => return Err(invalid_usage()),
        }
        call.effect.ends_transaction = true;
        Ok(Answer::ok())
    }
}

/// One entry; `position` 0 is the newest of its name.
pub struct Stashed { pub name: String, pub position: usize, pub branch: String, pub head: Address, record: String, commit: Commit }

/// All stashes by name, the newest first.
pub fn stashed(cx: &Context) -> Result<Vec<Stashed>> {
    let mut found: Vec<Stashed> = Vec::new();
    let mut records = cx.records(STASH);
    records.reverse();
    for (record, value) in records {
        let wrong = || Error::corrupt(format!("record {record} is no stash"));
        let (name, _) = record[STASH.len()..].rsplit_once('/').ok_or_else(wrong)?;
        let commit = cx.read_commit(&Address::from_slice(&value).ok_or_else(wrong)?)?;
        let position = found.iter().filter(|stash| stash.name == name).count();
        let branch = commit.message.lines().next().unwrap_or_default().to_string();
        let head = *commit.parents.first().ok_or_else(wrong)?;
        found.push(Stashed { name: name.to_string(), position, branch, head, record: record.clone(), commit });
    }
    crate::sort::sort_by(&mut found, |a, b| (&a.name, a.position).cmp(&(&b.name, b.position)));
    Ok(found)
}

fn position(text: &str) -> Result<usize> {
    let digits = text.strip_prefix("stash@{").and_then(|rest| rest.strip_suffix('}')).unwrap_or(text);
    digits.parse().map_err(|_| Error::bad_argument(format!("error: {text} is not a valid reference")))
}

fn find(cx: &Context, name: &str, position: usize) -> Result<Stashed> {
    let found = stashed(cx)?.into_iter().find(|stash| stash.name == name && stash.position == position);
    found.ok_or_else(|| Error::new(Code::RefNotFound, format!("stash@{{{position}}} of stash {name} does not exist")))
}

fn push(cx: &Context, name: &str, flags: &Flags) -> Result<()> {
    crate::repo::check_name("stash", name)?;
    let untracked = flags.has("include-untracked") || flags.has("all");
    let ignored = if flags.has("all") { Vec::new() } else { super::add::ignored_tables(cx)? };
    let who = signature(cx);
    let number = cx.records(STASH).iter().filter_map(|(name, _)| name.rsplit_once('/')?.1.parse::<u64>().ok()).max();
    let record = format!("{STASH}{name}/{:016}", number.map_or(0, |number| number + 1));
    cx.change_branch(|change, branch| {
        let roots = change.roots(branch)?;
        if roots.working_set.merge.is_some() {
            return Err(Error::new(Code::MergeConflict, "cannot stash while a merge is in progress"));
        }
        let mut stashed = roots.working.clone();
        let mut left = roots.head.clone();
        for (name, table) in &roots.working.tables {
            let tracked = |root: &Root| root.tables.contains_key(name) || root.table_by_id(table.schema.id).is_some();
            if !tracked(&roots.head) && !tracked(&roots.staged) && (!untracked || ignored.contains(name)) {
                stashed.tables.remove(name);
                left.tables.insert(name.clone(), table.clone());
            }
        }
        if stashed == roots.head && roots.staged == roots.head {
            return Err(Error::new(Code::NothingToCommit, "No local changes to save"));
        }
        let new = roots.staged.tables.keys().filter(|name| !roots.head.tables.contains_key(*name));
        let message = std::iter::once(branch).chain(new.map(String::as_str)).collect::<Vec<_>>().join("\n");
        let root = stashed.write(&*cx.store)?;
        let (stash, _) = Commit::create(&cx.store, root, vec![roots.commit], who.clone(), who.clone(), &message)?;
        change.set(&record, Some(Bytes::copy_from_slice(stash.as_bytes())));
        let head = roots.head.write(&*cx.store)?;
        let working_set = WorkingSet { working: left.write(&*cx.store)?, staged: head, merge: None };
        change.set_working_set(branch, &working_set)
    })
}

/// Three-way, from the commit that the stash was made on: what conflicts stays in the stash.
fn pop(cx: &Context, name: &str, position: usize) -> Result<()> {
    let stash = find(cx, name, position)?;
    let base = Root::read(&*cx.store, &cx.read_commit(&stash.head)?.root)?;
    let theirs = Root::read(&*cx.store, &stash.commit.root)?;
    let ours = cx.working_root()?;
    let merged = cx.resume.run(
        &[stash.head, ours.write(&*cx.store)?],
        || Ok(Merger::new(&cx.store, &base, ours, theirs, MergeCheck::new(cx))),
        Merger::run,
    )?;
    if let Some(conflict) = merged.schema_conflicts.first() {
        let text = format!("merge aborted: schema conflict found for table {}: {}", conflict.table, conflict.description);
        return Err(Error::new(Code::MergeConflict, text));
    }
    if !merged.conflicts.is_empty() || !merged.violations.is_empty() {
        let tables: Vec<&str> = merged.conflicts.keys().chain(merged.violations.keys()).map(String::as_str).collect();
        let tables = tables.join(", ");
        let text = format!("error: the stash cannot be applied: it conflicts with tables {tables}; the stash was kept");
        return Err(Error::new(Code::MergeConflict, text));
    }
    cx.change_branch(|change, branch| {
        let mut roots = change.roots(branch)?;
        roots.working_set.working = merged.root.write(&*cx.store)?;
        for table in stash.commit.message.lines().skip(1).map(fold) {
            if roots.head.table(&table).is_none() {
                roots.staged.take(&merged.root, &table);
            }
        }
        roots.working_set.staged = roots.staged.write(&*cx.store)?;
        change.set_working_set(branch, &roots.working_set)?;
        change.set(&stash.record, None);
        Ok(())
    })
}

fn drop_one(cx: &Context, name: &str, position: usize) -> Result<()> {
    let stash = find(cx, name, position)?;
    cx.change(|change| {
        change.set(&stash.record, None);
        Ok(())
    })
}

fn clear(cx: &Context, name: &str) -> Result<()> {
    let all: Vec<Stashed> = stashed(cx)?.into_iter().filter(|stash| stash.name == name).collect();
    cx.change(|change| {
        all.iter().for_each(|stash| change.set(&stash.record, None));
        Ok(())
    })
}
