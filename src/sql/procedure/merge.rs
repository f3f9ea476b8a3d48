//! `dolt_merge`: brings another branch's changes here. A merge that conflicts stays in the working set until it is
//! resolved and committed, or aborted.

use super::answer::{integer, text};
use super::commit::author_of;
use super::flags::{flag, long, long_value, value, Flag};
use super::{Answer, Call, Procedure};
use crate::error::{Code, Error, Result};
use crate::repo::{is_ancestor, CommitOptions, MergeOptions, Operation, Refs, Revision};
use crate::sql::versions::{author, signature};
use crate::sql::write::MergeCheck;
use crate::sql::{Context, OutputColumn};
use crate::tuple::Value;

pub struct Merge;

const FLAGS: &[Flag] = &[
    long("no-ff"),
    long("ff-only"),
    long("squash"),
    long("no-commit"),
    long("commit"),
    value("message", 'm'),
    long_value("author"),
    long("abort"),
    long("continue"),
    flag("force", 'f'),
];

impl Procedure for Merge {
    fn name(&self) -> &'static str { "dolt_merge" }
    fn columns(&self) -> Vec<OutputColumn> {
        vec![text("hash"), integer("fast_forward"), integer("conflicts"), text("message")]
    }

    fn call(&self, call: &mut Call<'_>) -> Result<Answer> {
        let flags = call.flags(FLAGS)?;
        let cx = call.context;
        let branch = cx.branch()?;
        for (one, other) in [("abort", "continue"), ("no-ff", "ff-only"), ("no-ff", "squash")] {
            if flags.has(one) && flags.has(other) {
                return Err(Error::bad_argument(format!("error: Flags '--{one}' and '--{other}' cannot be used together")));
            }
        }
        if flags.has("commit") && flags.has("no-commit") {
            let text = "cannot define both 'commit' and 'no-commit' flags at the same time";
            return Err(Error::bad_argument(text));
        }
        call.effect.ends_transaction = true;
        if flags.has("abort") {
            abort(cx, Operation::Merge)?;
            return Ok(answer("", 0, 0, "merge aborted", Value::Int(0)));
        }
        if flags.has("continue") {
            let hash = go_on(cx, Operation::Merge, flags.value("message"))?;
            return Ok(answer(&hash, 0, 0, "merge successful", Value::from(hash.as_str())));
        }
        let [name] = &flags.positional[..] else {
            return Err(Error::bad_argument(format!(
                "dolt_merge takes one branch or commit to merge, found {}",
                flags.positional.len()
            )));
        };
        let source = cx.commit_of(name)?;
        let head = cx.head_commit()?;
        if source == head {
            return Ok(answer("", 0, 0, "Everything up-to-date", Value::from("Already up to date")));
        }
        if is_ancestor(&*cx.store, &source, &head)? {
            let text = "cannot fast forward from a to b. a is ahead of b already";
            return Ok(answer("", 0, 0, text, Value::from("Already up to date")));
        }
        let mut options = MergeOptions::new(author(cx));
        options.committer = signature(cx);
        if let Some(given) = flags.value("author") {
            options.author = author_of(given, cx.moment.now_ms)?;
        }
        options.no_ff = flags.has("no-ff");
        options.ff_only = flags.has("ff-only");
        options.squash = flags.has("squash");
        options.refuse_conflicts = refuses_conflicts(cx);
        options.no_commit = flags.has("no-commit");
        options.message = match flags.value("message") {
            Some(message) => message.to_string(),
            None if matches!(cx.revision(name)?, Revision::Branch { .. }) => String::new(),
            None => format!("Merge commit '{name}' into {branch}"),
        };
        let ahead = is_ancestor(&*cx.store, &head, &source)?;
        let check = MergeCheck::new(cx);
        let outcome = cx.resume.run(
            &[head, source],
            || Ok(None),
            |kept| cx.change_branch(|change, branch| change.merge(branch, name, source, &options, &check, kept)),
        )?;
        if outcome.conflicts + outcome.schema_conflicts + outcome.violations > 0 {
            return Ok(answer("", 0, 1, "conflicts found", Value::from(outcome.message())));
        }
        let hash = match outcome.commit {
            Some(commit) => commit.to_string(),
            None if options.squash => head.to_string(),
            None => String::new(),
        };
        let forward = outcome.fast_forward || (options.squash && ahead);
        let value = if outcome.commit.is_some() { Value::from(hash.as_str()) } else { Value::Int(0) };
        Ok(answer(&hash, forward.into(), 0, "merge successful", value))
    }
}

fn answer(hash: &str, forward: i64, conflicts: i64, message: &str, value: Value) -> Answer {
    Answer::new(vec![Value::from(hash), Value::Int(forward), Value::Int(conflicts), Value::from(message)], value)
}

/// `SET dolt_allow_commit_conflicts = 0`: what conflicts is an error, and nothing is changed. A transaction (autocommit
/// off) takes it all the same, as Dolt's does.
pub fn refuses_conflicts(cx: &Context) -> bool {
    let off = |name: &str| cx.settings.variables.get(name) == Some(&Value::Int(0));
    off("dolt_allow_commit_conflicts") && !off("autocommit")
}

fn none_in_progress(operation: Operation) -> Error {
    let text = match operation {
        Operation::CherryPick => "error: There is no cherry-pick merge to abort",
        Operation::Revert => "error: There is no revert in progress",
        _ => "fatal: There is no merge to abort",
    };
    Error::new(Code::MergeConflict, text)
}

/// The operation under way, when it is `operation`.
fn under_way(cx: &Context, operation: Operation) -> Result<crate::repo::MergeState> {
    let state = cx.working_set(&*cx.store, cx.branch()?)?.merge;
    state.filter(|state| state.operation == operation || matches!((state.operation, operation), (Operation::Squash, Operation::Merge)))
        .ok_or_else(|| none_in_progress(operation))
}

/// Brings back what was before. Tables that are not part of the merge and were changed since keep their changes
/// only as far as they were never tracked: those that `dolt_ignore` names.
pub fn abort(cx: &Context, operation: Operation) -> Result<()> {
    under_way(cx, operation)?;
    let ignored = super::add::ignored_tables(cx)?;
    let kept: Vec<_> = {
        let root = cx.working_root()?;
        ignored.iter().filter_map(|name| root.table(name).cloned().map(|table| (name.clone(), table))).collect()
    };
    cx.change_branch(|change, branch| {
        change.abort_merge(branch)?;
        let mut roots = change.roots(branch)?;
        for (name, table) in &kept {
            if roots.head.table(name).is_none() {
                roots.working.tables.insert(name.clone(), table.clone());
            }
        }
        let working = roots.working.write(&**change.store)?;
        if working != roots.working_set.working {
            roots.working_set.working = working;
            change.set_working_set(branch, &roots.working_set)?;
        }
        Ok(())
    })
}

/// Commits a resolved merge with its own message.
pub fn go_on(cx: &Context, operation: Operation, message: Option<&str>) -> Result<String> {
    let state = under_way(cx, operation)?;
    let mut options = CommitOptions::new(message.unwrap_or(&state.message), author(cx));
    options.committer = signature(cx);
    // Resolved to what is there already: the commit says that it was dealt with.
    options.allow_empty = true;
    if operation == Operation::CherryPick {
        options.author = cx.read_commit(&state.source_commit)?.author;
    }
    let hash = cx.change_branch(|change, branch| {
        change.add_tracked(branch)?;
        change.commit(branch, &options)
    })?;
    hash.map(|hash| hash.to_string()).ok_or_else(|| Error::new(Code::NothingToCommit, "nothing to commit"))
}
