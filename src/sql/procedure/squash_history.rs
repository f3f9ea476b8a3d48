//! `dolt_squash_history`: makes one commit of the branch's last ones. Together with `dolt_gc('--prune')` it forgets.

use super::answer::text;
use super::flags::{flag, long_value, value, Flag};
use super::pick::has_changes;
use super::{Answer, Call, Procedure};
use crate::error::{Code, Error, Result};
use crate::hash::Address;
use crate::repo::{is_ancestor, Commit, History, Refs};
use crate::sql::versions::{author, signature};
use crate::sql::{Context, OutputColumn};

pub struct SquashHistory;

const FLAGS: &[Flag] = &[value("message", 'm'), long_value("first"), flag("force", 'f')];

impl Procedure for SquashHistory {
    fn name(&self) -> &'static str { "dolt_squash_history" }
    fn columns(&self) -> Vec<OutputColumn> { vec![text("hash")] }

    fn call(&self, call: &mut Call<'_>) -> Result<Answer> {
        let flags = call.flags(FLAGS)?;
        flags.at_most("dolt_squash_history", 1)?;
        let cx = call.context;
        let message = flags
            .value("message")
            .ok_or_else(|| Error::bad_argument("must provide a commit message with --message"))?
            .to_string();
        if cx.working_set(&*cx.store, cx.branch()?)?.merge.is_some() {
            let text = "cannot squash history while a merge is in progress; abort the merge first";
            return Err(Error::new(Code::MergeConflict, text));
        }
        let head = cx.head_commit()?;
        let newest = cx.read_commit(&head)?;
        if has_changes(cx, &newest.root)? {
            return Err(Error::new(Code::Dirty, "cannot squash history with uncommitted changes"));
        }
        let first = match flags.value("first").or(flags.positional.first().map(String::as_str)) {
            Some(first) => cx.commit_of(first)?,
            None => first_after_initial(cx, &head)?,
        };
        if !is_ancestor(&*cx.store, &first, &head)? {
            return Err(Error::bad_argument("--first must be an ancestor of HEAD"));
        }
        let parents = cx.read_commit(&first)?.parents;
        let (author, committer) = (author(cx), signature(cx));
        let hash = cx.change_branch(|change, branch| {
            let (commit, _) = Commit::create(&cx.store, newest.root, parents, author, committer, &message)?;
            change.set_head(branch, commit, &format!("squash: {message}"))?;
            Ok(commit)
        })?;
        call.effect.ends_transaction = true;
        Ok(Answer::one(hash.to_string()))
    }
}

/// The one child of the first commit.
fn first_after_initial(cx: &Context, head: &Address) -> Result<Address> {
    let mut history = History::new(&cx.store, &[*head], &[]);
    let mut walked: Vec<(Address, Vec<Address>)> = Vec::new();
    while let Some((address, commit)) = history.next()? {
        walked.push((address, commit.parents.clone()));
    }
    let initial = walked.last().map(|(address, _)| *address);
    let children: Vec<Address> = walked
        .iter()
        .filter(|(_, parents)| parents.iter().any(|parent| Some(*parent) == initial))
        .map(|(address, _)| *address)
        .collect();
    match &children[..] {
        [child] => Ok(*child),
        [] => Err(Error::new(Code::NothingToCommit, "nothing to squash: the branch contains only the initial commit")),
        _ => Err(Error::bad_argument(
            "the initial commit has multiple children; specify --first with the commit to squash from",
        )),
    }
}
