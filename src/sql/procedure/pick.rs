//! `dolt_cherry_pick` and `dolt_revert`: brings or takes back what one commit changed.

use super::answer::{integer, invalid_usage, text};
use super::commit::author_of;
use super::flags::{flag, long, long_value, value, Flag, Flags};
use super::merge::{abort, go_on};
use super::{Answer, Call, Procedure};
use crate::error::{Code, Error, Result};
use crate::repo::{MergeOptions, Merger, Operation, Refs, WorkingSet};
use crate::sql::versions::{author, signature};
use crate::sql::write::MergeCheck;
use crate::sql::{Context, OutputColumn};
use crate::tuple::Value;

pub struct CherryPick;
pub struct Revert;

const FLAGS: &[Flag] = &[
    long("abort"),
    long("continue"),
    long("allow-empty"),
    flag("no-commit", 'n'),
    long_value("author"),
    value("message", 'm'),
    long_value("mainline"),
];

impl Procedure for CherryPick {
    fn name(&self) -> &'static str { "dolt_cherry_pick" }
    fn columns(&self) -> Vec<OutputColumn> { columns() }
    fn call(&self, call: &mut Call<'_>) -> Result<Answer> { run(call, Operation::CherryPick) }
}

impl Procedure for Revert {
    fn name(&self) -> &'static str { "dolt_revert" }
    fn columns(&self) -> Vec<OutputColumn> { columns() }
    fn call(&self, call: &mut Call<'_>) -> Result<Answer> { run(call, Operation::Revert) }
}

fn columns() -> Vec<OutputColumn> {
    vec![text("hash"), integer("data_conflicts"), integer("schema_conflicts"), integer("constraint_violations")]
}

fn run(call: &mut Call<'_>, operation: Operation) -> Result<Answer> {
    let picking = operation == Operation::CherryPick;
    let flags = call.flags(FLAGS)?;
    flags.exclusive("continue", "abort")?;
    let cx = call.context;
    cx.branch()?;
    call.effect.ends_transaction = true;
    if flags.has("abort") {
        abort(cx, operation)?;
        return Ok(answer("", [0; 3], Value::Int(0)));
    }
    if flags.has("continue") {
        let state = cx.working_set(&*cx.store, cx.branch()?)?.merge.filter(|state| state.operation == operation);
        if state.as_ref().is_some_and(|state| !state.is_settled()) {
            return unsettled(cx, operation);
        }
        let hash = go_on(cx, operation, flags.value("message")).map_err(|error| match picking && state.is_none() {
            true => Error::new(Code::MergeConflict, "error: There is no cherry-pick merge to continue"),
            false => error,
        })?;
        return Ok(answer(&hash, [0; 3], Value::from(hash.as_str())));
    }
    if flags.positional.is_empty() || (picking && flags.positional.len() > 1) {
        return Err(invalid_usage());
    }
    let commits = flags.positional.iter().map(|revision| cx.commit_of(revision)).collect::<Result<Vec<_>>>()?;
    let mut hash = String::new();
    for commit in commits {
        let read = cx.read_commit(&commit)?;
        let merged = read.parents.len() > 1;
        let mainline = if merged { mainline(&flags, &commit, read.parents.len())? } else { 0 };
        let committed = cx.read_commit(&cx.head_commit()?)?.root;
        if has_changes(cx, &committed)? {
            let text = if picking { "cannot cherry-pick with uncommitted changes" } else { "You must commit any changes before using revert." };
            return Err(Error::new(Code::Dirty, text));
        }
        let mut options = MergeOptions::new(if picking { read.author.clone() } else { author(cx) });
        options.refuse_conflicts = super::merge::refuses_conflicts(cx);
        options.committer = signature(cx);
        if let Some(given) = flags.value("author") {
            options.author = author_of(given, cx.moment.now_ms)?;
        }
        options.no_commit = flags.has("no-commit");
        let message = flags.value("message").filter(|message| !merged || number(message).is_none());
        options.message = message.unwrap_or_default().to_string();
        let check = MergeCheck::new(cx);
        let pick = |kept: &mut Option<Merger>| {
            cx.change_branch(|change, branch| match operation {
                Operation::CherryPick => change.cherry_pick(branch, commit, mainline, &options, &check, kept),
                _ => change.revert(branch, commit, mainline, &options, &check, kept),
            })
        };
        let outcome = cx.resume.run(&[cx.head_commit()?, commit], || Ok(None), pick);
        let outcome = match outcome {
            Err(error) if error.code() == Code::NothingToCommit && flags.has("allow-empty") => continue,
            other => other?,
        };
        if outcome.conflicts + outcome.schema_conflicts + outcome.violations > 0 {
            return unsettled(cx, operation);
        }
        hash = outcome.commit.map(|commit| commit.to_string()).unwrap_or_default();
    }
    let value = if hash.is_empty() { Value::Int(0) } else { Value::from(hash.as_str()) };
    Ok(answer(&hash, [0; 3], value))
}

fn number(text: &str) -> Option<usize> { text.trim().parse().ok() }

/// Of a merge one must say which parent stays: `-m 1` as in git, or `--mainline 1`. Counts from 0.
fn mainline(flags: &Flags, commit: &crate::Address, parents: usize) -> Result<usize> {
    let given = flags.value("mainline").or(flags.value("message").filter(|text| number(text).is_some()));
    match given.map(number) {
        Some(Some(given)) if (1..=parents).contains(&given) => Ok(given - 1),
        Some(_) => {
            let text = format!("commit {commit} has parents 1 to {parents}, found -m {}", given.unwrap_or_default());
            Err(Error::bad_argument(text))
        }
        None => Err(Error::bad_argument(format!("commit {commit} is a merge: say with -m 1 to -m {parents} which parent stays"))),
    }
}

/// Uncommitted changes of tracked tables; new ones that `dolt_ignore` names do not count.
pub fn has_changes(cx: &Context, committed: &crate::hash::Address) -> Result<bool> {
    let mut working_set = cx.current_working_set()?;
    let mut root = cx.working_root()?;
    for name in super::add::ignored_tables(cx)? {
        let head = crate::sql::versions::Snapshot::of_commit(cx, cx.head_commit()?)?;
        if head.entry(&name).is_none() {
            root.tables.remove(&name);
        }
    }
    working_set.working = root.write(&*cx.store)?;
    Ok(working_set != WorkingSet::clean(*committed))
}

/// Tables with conflicts of rows, of schemas, and rows' violations, as they stand now.
fn unsettled(cx: &Context, operation: Operation) -> Result<Answer> {
    let Some(state) = cx.working_set(&*cx.store, cx.branch()?)?.merge else {
        return Err(Error::internal("a merge with conflicts left no state"));
    };
    let mut rows = 0;
    for map in state.conflicts.values() {
        rows += map.len(&*cx.store)?;
    }
    let counts = [state.conflicts.len(), state.schema_conflicts.len(), state.violations.len()];
    let what = if operation == Operation::CherryPick { "Cherry-pick" } else { "Revert" };
    let value = match rows + state.schema_conflicts.len() as u64 {
        0 => format!("{what} completed with constraint violations"),
        conflicts => format!("{what} completed with {conflicts} conflict(s)"),
    };
    Ok(answer("", counts.map(|count| count as i64), Value::from(value)))
}

fn answer(hash: &str, counts: [i64; 3], value: Value) -> Answer {
    let mut row = vec![Value::from(hash)];
    row.extend(counts.map(Value::Int));
    Answer::new(row, value)
}
