//! The commit verb.

use super::working_set::Operation;
use super::{Change, Commit, MergeState, Reflog, Signature};
use crate::error::{Code, Error, Result};
use crate::hash::Address;

/// What a commit is made with; what is staged is what it holds.
#[derive(Clone, Debug)]
pub struct CommitOptions {
    /// Empty with `amend`: the old message stays. Empty with a merge on its way: the merge's own.
    pub message: String,
    pub author: Signature,
    pub committer: Signature,
    pub amend: bool,
    pub allow_empty: bool,
    /// Nothing to commit is no error.
    pub skip_empty: bool,
    /// Constraint violations do not stand in the way.
    pub force: bool,
}

impl CommitOptions {
    pub fn new(message: impl Into<String>, author: Signature) -> Self {
        CommitOptions {
            message: message.into(),
            committer: author.clone(),
            author,
            amend: false,
            allow_empty: false,
            skip_empty: false,
            force: false,
        }
    }
}

impl Change<'_> {
    /// Commits what is staged. `None`: nothing was, and `skip_empty` allowed that.
    pub fn commit(&mut self, branch: &str, options: &CommitOptions) -> Result<Option<Address>> {
        let roots = self.roots(branch)?;
        let mut working_set = roots.working_set;
        if let Some(merge) = &working_set.merge {
            check_settled(merge, options.force)?;
        }
        let head = Commit::read(self.chunks(), &roots.commit)?;
        let merging = working_set.merge.as_ref().filter(|merge| merge.operation == Operation::Merge);
        if working_set.staged == head.root && merging.is_none() && !options.amend && !options.allow_empty {
            if options.skip_empty {
                return Ok(None);
            }
            let text = if working_set.working == head.root {
                "nothing to commit, working tree clean (use dolt_add to stage changes)"
            } else {
                "nothing to commit (use dolt_add first, or dolt_commit('-A', '-m', 'msg'))"
            };
            return Err(Error::new(Code::NothingToCommit, text));
        }
        let message = match (options.message.is_empty(), options.amend, &working_set.merge) {
            (false, _, _) => options.message.as_str(),
            (true, true, _) => &head.message,
            (true, false, Some(merge)) if !merge.message.is_empty() => &merge.message,
            (true, false, _) => {
                let text = "dolt_commit requires a message: SELECT dolt_commit('-m', 'msg')";
                return Err(Error::bad_argument(text));
            }
        };
        let mut parents = if options.amend { head.parents.clone() } else { vec![roots.commit] };
        parents.extend(merging.map(|merge| merge.source_commit));
        let (author, committer) = (options.author.clone(), options.committer.clone());
        let (commit, _) = Commit::create(self.store, working_set.staged, parents, author, committer, message)?;
        let action = format!("{}: {message}", if options.amend { "commit (amend)" } else { "commit" });
        self.set_head(branch, commit, &action)?;
        // What was committed by force still breaks its constraints.
        let violations = working_set.merge.take().map(|merge| merge.violations).unwrap_or_default();
        if !violations.is_empty() {
            let alone = MergeState::violations_alone(commit, working_set.working, working_set.staged);
            working_set.merge = Some(MergeState { violations, ..alone });
        }
        self.set_working_set(branch, &working_set)?;
        Ok(Some(commit))
    }

    /// Moves the branch back to where it stood before its last move; uncommitted changes must not stand in the way.
    pub fn undo(&mut self, branch: &str) -> Result<Address> {
        let roots = self.roots(branch)?;
        if roots.working != roots.head || roots.working_set.merge.is_some() {
            let message = format!("uncommitted changes on branch {branch} stand in the way of dolt_undo");
            return Err(Error::new(Code::Dirty, message));
        }
        let mut reflog = Reflog::open(self, self.store, branch)?;
        let mut depth = 0u32;
        while let Some(step) = reflog.next()? {
            // An undo hides itself and the move that it took back.
            if &*step.action == UNDO {
                depth += 1;
                continue;
            }
            if depth > 0 {
                depth -= 1;
                continue;
            }
            let Some(old) = step.old.filter(|_| step.old != step.new) else { continue };
            self.set_head(branch, old, UNDO)?;
            let root = Commit::read(self.chunks(), &old)?.root;
            self.set_working_set(branch, &super::WorkingSet::clean(root))?;
            return Ok(old);
        }
        Err(Error::new(Code::RefNotFound, format!("nothing to undo on branch {branch}: its reflog ends here")))
    }
}

const UNDO: &str = "undo";

fn check_settled(merge: &MergeState, force: bool) -> Result<()> {
    let text = if !merge.conflicts.is_empty() {
        "cannot commit: unresolved merge conflicts. Use dolt_conflicts_resolve() first."
    } else if !merge.schema_conflicts.is_empty() {
        "cannot commit: unresolved schema conflicts. Resolve them with dolt_conflicts_resolve(), or abort the merge."
    } else if !merge.violations.is_empty() && !force {
        "cannot commit: unresolved entries in dolt_constraint_violations. Resolve them, or commit with --force."
    } else {
        return Ok(());
    };
    Err(Error::new(Code::MergeConflict, text))
}
