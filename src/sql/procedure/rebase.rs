//! `dolt_rebase`: makes a branch's commits again on top of another. Interactive, the plan is the table `dolt_rebase`
//! until `--continue`. A step that conflicts is an answer with status 1, as a merge that conflicts is one: resolve it,
//! stage it, and go on with `--continue`, or take all back with `--abort`.

use super::answer::{integer, text};
use super::commit::operation_name;
use super::flags::{flag, long, long_value, Flag, Flags};
use super::pick::has_changes;
use super::{Answer, Call, Procedure};
use crate::error::{Code, Error, Result};
use crate::repo::{
    show_order, Change, History, MergeState, Operation, Rebase as State, RebaseAction, RebaseProgress, RebaseStep, Rebaser, Refs,
    Root,
};
use crate::sql::versions::signature;
use crate::sql::write::MergeCheck;
use crate::sql::{Context, OutputColumn};
use crate::tuple::Value;

pub struct Rebase;

const FLAGS: &[Flag] = &[flag("interactive", 'i'), long("continue"), long("abort"), long_value("empty")];

impl Procedure for Rebase {
    fn name(&self) -> &'static str { "dolt_rebase" }
    fn columns(&self) -> Vec<OutputColumn> { vec![integer("status"), text("message")] }

    fn call(&self, call: &mut Call<'_>) -> Result<Answer> {
        let flags = call.flags(FLAGS)?;
        flags.exclusive("continue", "abort")?;
        let going_on = flags.has("continue") || flags.has("abort");
        match flags.positional.len() {
            0 if !going_on => return Err(Error::bad_argument("not enough args: dolt_rebase takes the branch to rebase onto")),
            0 | 1 if !(going_on && flags.positional.len() == 1) => {}
            _ => return Err(Error::bad_argument("rebase takes at most one positional argument.")),
        }
        let moved = if flags.has("abort") {
            abort(call.context)?
        } else if flags.has("continue") {
            go_on(call.context)?
        } else {
            start(call.context, &flags)?
        };
        call.effect.ends_transaction = true;
        call.effect.checkout = moved.checkout;
        Ok(Answer::new(vec![Value::Int(moved.status), Value::from(moved.message.as_str())], moved.message))
    }
}

/// The branch being rebased, and its rebase, as the session's branch tells.
pub fn under_way(cx: &Context) -> Result<Option<(String, State)>> {
    let Some(branch) = cx.settings.branch.as_deref() else { return Ok(None) };
    for name in State::rebased_on(branch).into_iter().chain([branch]) {
        if let Some(rebase) = State::read(cx, name)? {
            return Ok(Some((name.to_owned(), rebase)));
        }
    }
    Ok(None)
}

struct Moved { status: i64, message: String, checkout: Option<String> }

impl Moved {
    fn to(message: impl Into<String>, branch: impl Into<String>) -> Self {
        Moved { status: 0, message: message.into(), checkout: Some(branch.into()) }
    }
}

fn none_in_progress() -> Error { Error::new(Code::MergeConflict, "no rebase in progress") }

fn start(cx: &Context, flags: &Flags) -> Result<Moved> {
    let branch = cx.branch()?;
    if under_way(cx)?.is_some() {
        return Err(Error::new(Code::MergeConflict, "rebase already in progress; use --continue or --abort"));
    }
    let keep_empty = match flags.value("empty") {
        None | Some("drop") => false,
        Some("keep") => true,
        Some(other) => return Err(Error::bad_argument(format!("error: option `empty` takes drop or keep, found `{other}`"))),
    };
    if let Some(merge) = cx.working_set(&*cx.store, branch)?.merge {
        let what = operation_name(merge.operation);
        let text = format!("unable to start rebase while a {what} is in progress – abort the current {what} before proceeding");
        return Err(Error::new(Code::MergeConflict, text));
    }
    let head = cx.head_commit()?;
    if has_changes(cx, &cx.read_commit(&head)?.root)? {
        return Err(Error::new(Code::Dirty, "cannot start a rebase with uncommitted changes"));
    }
    let onto = cx.commit_of(&flags.positional[0])?;
    let mut rebase = State { onto, head, keep_empty, tried: None, steps: steps(cx, head, onto)? };
    if rebase.steps.is_empty() {
        return Err(Error::new(Code::NothingToCommit, "didn't identify any commits!"));
    }
    let on = State::branch_of(branch);
    if flags.has("interactive") {
        cx.change_branch(|change, branch| change.start_rebase(branch, &rebase))?;
        let text = format!(
            "interactive rebase started on branch {on}; adjust the rebase plan in the dolt_rebase table, then continue \
             rebasing by calling dolt_rebase('--continue')"
        );
        return Ok(Moved::to(text, on));
    }
    let (check, committer) = (MergeCheck::new(cx), signature(cx));
    let progress = cx.change_branch(|change, branch| {
        change.start_rebase(branch, &rebase)?;
        change.run_rebase(branch, &mut rebase, &Rebaser { committer: committer.clone(), check: &check })
    })?;
    Ok(match progress {
        RebaseProgress::Finished => Moved { checkout: None, ..done(branch) },
        stopped => Moved { checkout: Some(on), ..stopped_at(stopped) },
    })
}

/// What the branch has and the other has not, oldest first, merges left out.
fn steps(cx: &Context, head: crate::Address, onto: crate::Address) -> Result<Vec<RebaseStep>> {
    let mut history = History::new(&cx.store, &[head], &[onto]);
    let mut found = Vec::new();
    while let Some((address, commit)) = history.next()? {
        if commit.parents.len() == 1 {
            found.push((address, commit.message.clone()));
        }
    }
    let steps = found.into_iter().rev().zip(1..);
    Ok(steps
        .map(|((commit, message), number)| RebaseStep { order: number * 100, action: RebaseAction::Pick, commit, message })
        .collect())
}

fn abort(cx: &Context) -> Result<Moved> {
    let (branch, _) = under_way(cx)?.ok_or_else(none_in_progress)?;
    cx.change(|change| change.abort_rebase(&branch))?;
    Ok(Moved::to("Interactive rebase aborted", branch))
}

fn go_on(cx: &Context) -> Result<Moved> {
    let (branch, mut rebase) = under_way(cx)?.ok_or_else(none_in_progress)?;
    let on = State::branch_of(&branch);
    if cx.branch()? != on {
        let text = format!("the rebase of {branch} waits on branch {on}: continue there, after dolt_checkout('{on}')");
        return Err(Error::new(Code::MergeConflict, text));
    }
    rebase.check()?;
    let settled = settle(cx, &rebase)?;
    let (check, committer) = (MergeCheck::new(cx), signature(cx));
    let progress = cx.change_branch(|change: &mut Change<'_>, on| {
        let rebaser = Rebaser { committer: committer.clone(), check: &check };
        if let Some(step) = &settled {
            change.commit_step(on, step, &rebaser)?;
        }
        change.run_rebase(&branch, &mut rebase, &rebaser)
    })?;
    Ok(match progress {
        RebaseProgress::Finished => done(&branch),
        stopped => stopped_at(stopped),
    })
}

/// The step whose conflicts were resolved and whose commit is still to be made. What is neither committed nor staged
/// stands in the way.
fn settle(cx: &Context, rebase: &State) -> Result<Option<RebaseStep>> {
    let working_set = cx.current_working_set()?;
    let Some(merge) = &working_set.merge else {
        if has_changes(cx, &cx.read_commit(&cx.head_commit()?)?.root)? {
            let text = "cannot continue a rebase with uncommitted changes: commit them, or amend the commit, first";
            return Err(Error::new(Code::Dirty, text));
        }
        return Ok(None);
    };
    refuse_unsettled(merge)?;
    let staged = Root::read(&*cx.store, &working_set.staged)?;
    let mut working = cx.working_root()?;
    for name in super::add::ignored_tables(cx)? {
        if staged.table(&name).is_none() {
            working.tables.remove(&name);
        }
    }
    if working != staged {
        let text = "cannot continue a rebase with unstaged changes: stage them with dolt_add(), then continue the rebase";
        return Err(Error::new(Code::Dirty, text));
    }
    let tried = rebase.steps.iter().find(|step| Some(step.order) == rebase.tried).cloned();
    let missing = || Error::bad_argument("the step of the rebase that conflicts is no longer in the table dolt_rebase");
    tried.ok_or_else(missing).map(Some)
}

fn refuse_unsettled(merge: &MergeState) -> Result<()> {
    if merge.operation != Operation::Rebase {
        let text = format!("a {} is in progress: finish or abort it before the rebase goes on", operation_name(merge.operation));
        return Err(Error::new(Code::MergeConflict, text));
    }
    if merge.is_settled() {
        return Ok(());
    }
    let mut tables: Vec<&str> = merge.conflicts.keys().chain(merge.violations.keys()).map(String::as_str).collect();
    tables.extend(merge.schema_conflicts.iter().map(|conflict| &*conflict.table));
    tables.sort();
    tables.dedup();
    let text = format!("cannot continue a rebase with unresolved conflicts in {}: resolve and stage them first", tables.join(", "));
    Err(Error::new(Code::MergeConflict, text))
}

fn done(branch: &str) -> Moved { Moved::to(format!("Successfully rebased and updated refs/heads/{branch}"), branch) }

fn stopped_at(progress: RebaseProgress) -> Moved {
    let (status, message) = match progress {
        RebaseProgress::Edit(step) => {
            let (order, commit) = (show_order(step.order), step.commit);
            let text = format!(
                "edit action paused at step {order}, commit {commit} ({}): change and amend it, then continue rebasing by \
                 calling dolt_rebase('--continue')",
                step.message
            );
            (0, text)
        }
        RebaseProgress::Conflict(step, counts) => {
            let (order, commit) = (show_order(step.order), step.commit);
            let what = match (counts.conflicts + counts.schema_conflicts, counts.violations) {
                (0, violations) => format!("{violations} constraint violation(s)"),
                (conflicts, _) => format!("{conflicts} conflict(s)"),
            };
            let text = format!(
                "{what} at step {order}, commit {commit} ({}): resolve and stage them, then continue rebasing by calling \
                 dolt_rebase('--continue')",
                step.message
            );
            (1, text)
        }
        RebaseProgress::Finished => (0, String::new()),
    };
    Moved { status, message, checkout: None }
}
