//! A rebase on its way: the plan, and how far it is. It is the value of the record `rebase/⟨branch⟩`; the commits are
//! made on the branch `dolt_rebase_⟨branch⟩`, and the branch itself moves only when all is done.

use std::rc::Rc;

use bytes::Bytes;

use super::refs::{HEADS, REBASE};
use super::stage::Roots;
use super::wire::{Reader, Writer};
use super::{merge::carry, Change, Commit, CommitOptions, MergeOptions, MergeOutcome, Merger, Refs, Root, RowCheck, Signature, WorkingSet};
use crate::error::{Code, Error, Result};
use crate::hash::Address;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Action {
    Pick = 0,
    /// Into the commit before, messages together.
    Squash = 1,
    /// Into the commit before, whose message stays.
    Fixup = 2,
    Drop = 3,
    /// With the plan's message.
    Reword = 4,
    /// Stops after it.
    Edit = 5,
}

impl Action {
    pub const ALL: [Action; 6] = [Action::Pick, Action::Squash, Action::Fixup, Action::Drop, Action::Reword, Action::Edit];

    pub fn as_str(self) -> &'static str {
        match self {
            Action::Pick => "pick",
            Action::Squash => "squash",
            Action::Fixup => "fixup",
            Action::Drop => "drop",
            Action::Reword => "reword",
            Action::Edit => "edit",
        }
    }

    pub fn parse(word: &str) -> Option<Action> { Action::ALL.into_iter().find(|action| action.as_str() == word) }

    /// Whether it changes the commit before.
    fn joins(self) -> bool { matches!(self, Action::Squash | Action::Fixup) }
}

/// One line of the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RebaseStep {
    /// In hundredths.
    pub order: i64,
    pub action: Action,
    pub commit: Address,
    pub message: Rc<str>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rebase {
    pub onto: Address,
    /// Where the branch stood when it began.
    pub head: Address,
    /// Commits that turn out to change nothing are made all the same.
    pub keep_empty: bool,
    /// The order of the last step that was tried.
    pub tried: Option<i64>,
    /// In order.
    pub steps: Vec<RebaseStep>,
}

/// Where a rebase stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    Finished,
    /// At a step that is to be edited.
    Edit(RebaseStep),
    /// At a step that left conflicts or violations.
    Conflict(RebaseStep, ConflictCounts),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConflictCounts { pub conflicts: u64, pub schema_conflicts: u64, pub violations: u64 }

const VERSION: u8 = 1;

impl Rebase {
    pub fn branch_of(branch: &str) -> String { format!("dolt_rebase_{branch}") }

    /// The branch that is being rebased on this one.
    pub fn rebased_on(branch: &str) -> Option<&str> { branch.strip_prefix("dolt_rebase_") }

    pub fn read(refs: &dyn Refs, branch: &str) -> Result<Option<Rebase>> {
        refs.record(&record_of(branch)).map(|record| Rebase::decode(&record)).transpose()
    }

    pub fn encode(&self) -> Bytes {
        let mut w = Writer::default();
        w.u8(VERSION);
        w.address(&self.onto);
        w.address(&self.head);
        w.bool(self.keep_empty);
        w.option(self.tried.as_ref(), |w, order| w.i64(*order));
        w.count(self.steps.len());
        for step in &self.steps {
            w.i64(step.order);
            w.u8(step.action as u8);
            w.address(&step.commit);
            w.str(&step.message);
        }
        w.0.into()
    }

    pub fn decode(bytes: &[u8]) -> Result<Rebase> {
        let mut r = Reader::new(bytes, "rebase");
        match r.u8()? {
            VERSION => {}
            version if version > VERSION => {
                return Err(Error::new(Code::FormatNewer, format!("rebase has format version {version}")));
            }
            version => return Err(r.wrong(&format!("format version {version}"))),
        }
        let (onto, head, keep_empty) = (r.address()?, r.address()?, r.bool()?);
        let tried = r.option(|r| r.i64())?;
        let steps = r.list(|r| {
            let order = r.i64()?;
            let byte = r.u8()?;
            let action = Action::ALL.into_iter().find(|action| *action as u8 == byte);
            let action = action.ok_or_else(|| r.wrong(&format!("unknown action {byte}")))?;
            Ok(RebaseStep { order, action, commit: r.address()?, message: r.str()?.into() })
        })?;
        r.end()?;
        Ok(Rebase { onto, head, keep_empty, tried, steps })
    }

    fn next(&self) -> Option<&RebaseStep> { self.steps.iter().find(|step| self.tried.is_none_or(|tried| step.order > tried)) }

    /// Refuses a plan that cannot be carried out.
    pub fn check(&self) -> Result<()> {
        let first = self.steps.iter().find(|step| step.action != Action::Drop);
        match first {
            None if self.steps.is_empty() => {
                let text = "the rebase plan is empty: nothing would be left of the branch; use dolt_rebase('--abort') to stop";
                Err(Error::bad_argument(text))
            }
            Some(step) if step.action.joins() => Err(Error::bad_argument(format!(
                "invalid rebase plan: {} needs a pick, reword or edit before it, and step {} is the first",
                step.action.as_str(),
                show_order(step.order)
            ))),
            _ => Ok(()),
        }
    }
}

/// Hundredths as they were typed: `1`, `3.50`.
pub fn show_order(order: i64) -> String {
    if order % 100 == 0 { (order / 100).to_string() } else { format!("{}.{:02}", order / 100, order.rem_euclid(100)) }
}

fn record_of(branch: &str) -> String { format!("{REBASE}{branch}") }

/// Who makes the commits of a rebase, and what it asks of expressions.
pub struct Rebaser<'a> { pub committer: Signature, pub check: &'a Rc<dyn RowCheck> }

impl Change<'_> {
    pub fn set_rebase(&mut self, branch: &str, rebase: Option<&Rebase>) { self.set(&record_of(branch), rebase.map(Rebase::encode)); }

    /// Begins: the branch that the commits are made on starts where they go.
    pub fn start_rebase(&mut self, branch: &str, rebase: &Rebase) -> Result<()> {
        self.expect(&format!("{HEADS}{branch}"));
        self.create_branch(&Rebase::branch_of(branch), rebase.onto, false)?;
        self.set_rebase(branch, Some(rebase));
        Ok(())
    }

    pub fn abort_rebase(&mut self, branch: &str) -> Result<()> {
        let on = Rebase::branch_of(branch);
        if self.branch(&on)?.is_some() {
            self.delete_branch(&on, None, true)?;
        }
        self.set_rebase(branch, None);
        Ok(())
    }

    /// Makes the commits that are left, until one is to be edited or conflicts; after the last one the branch moves.
    /// Each step is a merge of its own; `rebase` is kept up to date.
    pub fn run_rebase(&mut self, branch: &str, rebase: &mut Rebase, rebaser: &Rebaser<'_>) -> Result<Progress> {
        let on = Rebase::branch_of(branch);
        while let Some(step) = rebase.next().cloned() {
            rebase.tried = Some(step.order);
            if step.action == Action::Drop {
                continue;
            }
            let outcome = self.make_step(&on, &step, rebase.keep_empty, rebaser)?;
            let MergeOutcome { conflicts, schema_conflicts, violations, .. } = outcome;
            if conflicts + schema_conflicts + violations > 0 {
                self.set_rebase(branch, Some(rebase));
                return Ok(Progress::Conflict(step, ConflictCounts { conflicts, schema_conflicts, violations }));
            }
            if step.action == Action::Edit {
                self.set_rebase(branch, Some(rebase));
                return Ok(Progress::Edit(step));
            }
        }
        self.finish_rebase(branch, rebase)?;
        Ok(Progress::Finished)
    }

    fn make_step(&mut self, on: &str, step: &RebaseStep, keep_empty: bool, rebaser: &Rebaser<'_>) -> Result<MergeOutcome> {
        let commit = Commit::read(self.chunks(), &step.commit)?;
        let mut options = MergeOptions::new(commit.author.clone());
        options.committer = rebaser.committer.clone();
        options.message = step_message(step, &commit);
        options.no_commit = step.action.joins();
        let was_empty = match commit.parents.first() {
            Some(parent) => Commit::read(self.chunks(), parent)?.root == commit.root,
            None => false,
        };
        let mut kept: Option<Merger> = None;
        let outcome = match self.replay(on, step.commit, &options, rebaser.check, &mut kept) {
            Err(error) if error.code() == Code::NothingToCommit => MergeOutcome::default(),
            outcome => outcome?,
        };
        let settled = outcome.conflicts + outcome.schema_conflicts + outcome.violations == 0;
        let empty = outcome.commit.is_none() && !step.action.joins();
        if settled && (step.action.joins() || (empty && (keep_empty || was_empty || step.action == Action::Edit))) {
            self.commit_step(on, step, rebaser)?;
        }
        Ok(outcome)
    }

    /// Commits what is staged on the rebase's branch as its step says.
    pub fn commit_step(&mut self, on: &str, step: &RebaseStep, rebaser: &Rebaser<'_>) -> Result<()> {
        let commit = Commit::read(self.chunks(), &step.commit)?;
        let mut options = CommitOptions::new(step_message(step, &commit), commit.author.clone());
        if step.action.joins() {
            let before = Commit::read(self.chunks(), &self.head(on)?)?;
            options.amend = true;
            options.author = before.author.clone();
            options.message = match step.action {
                Action::Squash => format!("{}\n\n{}", before.message, commit.message),
                _ => before.message.to_string(),
            };
        }
        options.committer = rebaser.committer.clone();
        options.allow_empty = true;
        self.commit(on, &options).map(drop)
    }

    /// The branch moves to what was made; what was not committed on it stays, as do untracked tables of the rebase.
    fn finish_rebase(&mut self, branch: &str, rebase: &Rebase) -> Result<()> {
        let Roots { commit, head, staged, working, .. } = self.roots(branch)?;
        if commit != rebase.head {
            let text = format!("branch {branch} changed since its rebase began: use dolt_rebase('--abort'), and rebase again");
            return Err(Error::new(Code::TxConflict, text));
        }
        let on = self.roots(&Rebase::branch_of(branch))?;
        let mut after = carry(&head, &working, &on.head)?;
        let staged = carry(&head, &staged, &on.head)?;
        for (name, table) in &on.working.tables {
            let known = |root: &Root| root.tables.contains_key(name) || root.table_by_id(table.schema.id).is_some();
            if !known(&on.head) && !known(&after) {
                after.tables.insert(name.clone(), table.clone());
            }
        }
        self.abort_rebase(branch)?;
        self.set_head(branch, on.commit, &format!("rebase: onto {}", rebase.onto))?;
        let working_set = WorkingSet { working: after.write(self.chunks())?, staged: staged.write(self.chunks())?, merge: None };
        self.set_working_set(branch, &working_set)
    }
}

fn step_message(step: &RebaseStep, commit: &Commit) -> String {
    if step.action == Action::Reword { step.message.to_string() } else { commit.message.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample() -> Rebase {
        let step = |order, action| RebaseStep { order, action, commit: Address::of(b"c"), message: "text".into() };
        Rebase {
            onto: Address::of(b"a"),
            head: Address::of(b"b"),
            keep_empty: true,
            tried: Some(100),
            steps: vec![step(100, Action::Pick), step(350, Action::Fixup)],
        }
    }

    #[test]
    fn survives_its_bytes() {
        let rebase = sample();
        assert_eq!(Rebase::decode(&rebase.encode()).unwrap(), rebase);
        assert_eq!(rebase.next().map(|step| step.order), Some(350));
        assert_eq!((show_order(350), show_order(100)), ("3.50".into(), "1".into()));
    }

    #[test]
    fn plans_are_checked() {
        let mut rebase = sample();
        rebase.check().unwrap();
        rebase.steps[0].action = Action::Drop;
        let message = rebase.check().unwrap_err().message().to_owned();
        assert!(message.contains("fixup") && message.contains("3.50"), "{message}");
        rebase.steps.clear();
        assert!(rebase.check().is_err());
    }

    proptest! {
        #[test]
        fn foreign_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200), at in 0usize..120, byte: u8) {
            let _ = Rebase::decode(&bytes);
            let mut mutated = sample().encode().to_vec();
            let length = mutated.len();
            mutated[at % length] = byte;
            let _ = Rebase::decode(&mutated);
        }
    }
}
