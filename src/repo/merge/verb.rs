//! The verbs: merge, cherry-pick, revert, abort, resolve.

use std::rc::Rc;

use super::super::ancestry::{is_ancestor, merge_base};
use super::super::refs::WORK;
use super::super::stage::table_not_found;
use super::super::working_set::{MergeState, Operation, WorkingSet};
use super::super::{diff_roots, diff_views, fold, Change, Commit, Root, Signature, Table};
use super::constraints::{ConstraintCheck, Violations};
use super::indexes::IndexMerge;
use super::{Conflict, MergeResult, Merger, RowCheck};
use crate::error::{Code, Error, Result};
use crate::hash::Address;
use crate::prolly::{KeyRange, Map};

#[derive(Clone, Debug)]
pub struct MergeOptions {
    /// A merge commit even where the branch could simply move.
    pub no_ff: bool,
    /// Refuse where it cannot.
    pub ff_only: bool,
    /// Takes the rows, not the history: nothing is committed and the next commit has one parent.
    pub squash: bool,
    pub no_commit: bool,
    /// Of the merge commit; empty: `Merge branch 'x' into y`.
    pub message: String,
    pub author: Signature,
    pub committer: Signature,
    /// A merge with conflicts or violations is an error instead of a state.
    pub refuse_conflicts: bool,
}

impl MergeOptions {
    pub fn new(author: Signature) -> Self {
        MergeOptions {
            no_ff: false,
            ff_only: false,
            squash: false,
            no_commit: false,
            message: String::new(),
            committer: author.clone(),
            author,
            refuse_conflicts: false,
        }
    }
}

#[derive(Clone, Debug, Default)]
pub struct MergeOutcome {
    /// The branch's head afterwards, where it moved.
    pub commit: Option<Address>,
    pub fast_forward: bool,
    pub up_to_date: bool,
    /// Rows in conflict, tables in schema conflict, rows that break a constraint.
    pub conflicts: u64,
    pub schema_conflicts: u64,
    pub violations: u64,
}

impl MergeOutcome {
    /// What DoltLite's users see.
    pub fn message(&self) -> String {
        let conflicts = self.conflicts + self.schema_conflicts;
        if self.up_to_date {
            "Already up to date".into()
        } else if conflicts > 0 {
            format!("Merge completed with {conflicts} conflict(s)")
        } else if self.violations > 0 {
            format!("Merge completed with {} constraint violation(s)", self.violations)
        } else {
            "merge successful".into()
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution { Ours, Theirs }

impl Change<'_> {
    /// Merges `source` (a commit, named `name` by the user) into a branch. `kept` holds the merge between retries
    /// after faults: start with `None`.
    pub fn merge(
        &mut self,
        branch: &str,
        name: &str,
        source: Address,
        options: &MergeOptions,
        check: &Rc<dyn RowCheck>,
        kept: &mut Option<Merger>,
    ) -> Result<MergeOutcome> {
        let roots = self.roots(branch)?;
        refuse_in_progress(branch, roots.working_set.merge.as_ref())?;
        let base = merge_base(self.store, &roots.commit, &source)?;
        let base = base.ok_or_else(|| Error::bad_argument(format!("{name} and {branch} have no common ancestor")))?;
        if base == source {
            return Ok(MergeOutcome { up_to_date: true, ..MergeOutcome::default() });
        }
        let ours = Commit::read(self.chunks(), &roots.commit)?;
        let theirs = Commit::read(self.chunks(), &source)?;
        if base == roots.commit && !options.no_ff && !options.squash && !options.no_commit {
            let target = Root::read(self.chunks(), &theirs.root)?;
            let working = carry(&roots.head, &roots.working, &target)?;
            let staged = carry(&roots.head, &roots.staged, &target)?;
            self.set_head(branch, source, &format!("merge {name}: Fast-forward"))?;
            let working_set =
                WorkingSet { working: working.write(self.chunks())?, staged: staged.write(self.chunks())?, merge: None };
            self.set_working_set(branch, &working_set)?;
            return Ok(MergeOutcome { commit: Some(source), fast_forward: true, ..MergeOutcome::default() });
        }
        if options.ff_only {
            let text = format!("cannot fast-forward {branch} to {name}: the branches have diverged");
            return Err(Error::bad_argument(text));
        }
        let base_root = Commit::read(self.chunks(), &base)?.root;
        let merged = self.run_merge([&base_root, &ours.root, &theirs.root], check, kept)?;
        let message = match options.message.as_str() {
            "" => format!("Merge branch '{name}' into {branch}"),
            message => message.to_owned(),
        };
        let operation = if options.squash { Operation::Squash } else { Operation::Merge };
        let commit = !options.no_commit && !options.squash;
        let parents = vec![roots.commit, source];
        let state = Pending { operation, name, source, base, message, commit: commit.then_some(parents) };
        self.finish_merge(branch, roots, merged, state, options)
    }

    /// Applies what `picked` changed against one of its parents (0 is the first), as a commit of its own.
    pub fn cherry_pick(
        &mut self,
        branch: &str,
        picked: Address,
        mainline: usize,
        options: &MergeOptions,
        check: &Rc<dyn RowCheck>,
        kept: &mut Option<Merger>,
    ) -> Result<MergeOutcome> {
        self.pick(Operation::CherryPick, branch, (picked, mainline), options, check, kept)
    }

    /// A step of a rebase: as [`Change::cherry_pick`], but for what is on its way where it conflicts.
    pub fn replay(
        &mut self,
        branch: &str,
        picked: Address,
        options: &MergeOptions,
        check: &Rc<dyn RowCheck>,
        kept: &mut Option<Merger>,
    ) -> Result<MergeOutcome> {
        self.pick(Operation::Rebase, branch, (picked, 0), options, check, kept)
    }

    fn pick(
        &mut self,
        operation: Operation,
        branch: &str,
        (picked, mainline): (Address, usize),
        options: &MergeOptions,
        check: &Rc<dyn RowCheck>,
        kept: &mut Option<Merger>,
    ) -> Result<MergeOutcome> {
        let commit = Commit::read(self.chunks(), &picked)?;
        let parent = parent_of(&commit, picked, "cherry-pick", mainline)?;
        let message = if options.message.is_empty() { commit.message.to_string() } else { options.message.clone() };
        let state = Pending::of(operation, picked, parent, message);
        self.apply_change(branch, picked, state, options, check, kept)
    }

    /// Takes back what `reverted` changed against one of its parents (0 is the first), as a commit of its own.
    pub fn revert(
        &mut self,
        branch: &str,
        reverted: Address,
        mainline: usize,
        options: &MergeOptions,
        check: &Rc<dyn RowCheck>,
        kept: &mut Option<Merger>,
    ) -> Result<MergeOutcome> {
        let commit = Commit::read(self.chunks(), &reverted)?;
        let parent = parent_of(&commit, reverted, "revert", mainline)?;
        let message = match options.message.as_str() {
            "" => format!("Revert \"{}\"", commit.message),
            message => message.to_owned(),
        };
        let state = Pending::of(Operation::Revert, parent, reverted, message);
        self.apply_change(branch, parent, state, options, check, kept)
    }

    /// Brings what changed from `state.base` to `to` onto the branch.
    fn apply_change(
        &mut self,
        branch: &str,
        to: Address,
        mut state: Pending<'_>,
        options: &MergeOptions,
        check: &Rc<dyn RowCheck>,
        kept: &mut Option<Merger>,
    ) -> Result<MergeOutcome> {
        let roots = self.roots(branch)?;
        refuse_in_progress(branch, roots.working_set.merge.as_ref())?;
        let ours = Commit::read(self.chunks(), &roots.commit)?.root;
        let (from, to) = (Commit::read(self.chunks(), &state.base)?.root, Commit::read(self.chunks(), &to)?.root);
        let merged = self.run_merge([&from, &ours, &to], check, kept)?;
        if merged.root == roots.head && merged.conflicts.is_empty() && merged.schema_conflicts.is_empty() {
            return Err(Error::new(Code::NothingToCommit, "no changes were made, nothing to commit"));
        }
        state.commit = (!options.no_commit).then(|| vec![roots.commit]);
        self.finish_merge(branch, roots, merged, state, options)
    }

    fn run_merge(
        &mut self,
        [base, ours, theirs]: [&Address; 3],
        check: &Rc<dyn RowCheck>,
        kept: &mut Option<Merger>,
    ) -> Result<MergeResult> {
        if kept.is_none() {
            let [base, ours, theirs] =
                [Root::read(self.chunks(), base)?, Root::read(self.chunks(), ours)?, Root::read(self.chunks(), theirs)?];
            *kept = Some(Merger::new(self.store, &base, ours, theirs, check.clone()));
        }
        match kept {
            Some(merger) => merger.run(),
            None => Err(Error::internal("the merge was lost between retries")),
        }
    }

    /// Commits a clean result, or keeps what is to be resolved in the working set.
    fn finish_merge(
        &mut self,
        branch: &str,
        roots: super::super::Roots,
        merged: MergeResult,
        state: Pending<'_>,
        options: &MergeOptions,
    ) -> Result<MergeOutcome> {
        let working = carry(&roots.head, &roots.working, &merged.root)?;
        let mut staged = carry(&roots.head, &roots.staged, &merged.root)?;
        // What is still to be resolved is not staged yet.
        for table in merged.conflicts.keys().chain(merged.violations.keys()) {
            staged.take(&roots.head, table);
        }
        for conflict in &merged.schema_conflicts {
            staged.take(&roots.head, &conflict.table);
        }
        let mut outcome = MergeOutcome { schema_conflicts: merged.schema_conflicts.len() as u64, ..MergeOutcome::default() };
        for map in merged.conflicts.values() {
            outcome.conflicts += map.len(self.chunks())?;
        }
        for map in merged.violations.values() {
            outcome.violations += map.len(self.chunks())?;
        }
        let settled = outcome.conflicts + outcome.schema_conflicts + outcome.violations == 0;
        if !settled && options.refuse_conflicts {
            let text = format!("{}; nothing was changed", outcome.message());
            return Err(Error::new(Code::MergeConflict, text));
        }
        let mut working_set =
            WorkingSet { working: working.write(self.chunks())?, staged: staged.write(self.chunks())?, merge: None };
        match (settled, state.commit) {
            (true, Some(parents)) => {
                let root = merged.root.write(self.chunks())?;
                let (author, committer) = (options.author.clone(), options.committer.clone());
                let (commit, _) = Commit::create(self.store, root, parents, author, committer, &state.message)?;
                let action = format!("{}: {}", state.operation.as_str(), state.message);
                self.set_head(branch, commit, &action)?;
                outcome.commit = Some(commit);
            }
            // Nothing to resolve and no second parent to remember.
            (true, None) if state.operation != Operation::Merge => {}
            _ => {
                working_set.merge = Some(MergeState {
                    operation: state.operation,
                    source: state.name.into(),
                    source_commit: state.source,
                    base_commit: state.base,
                    before_working: roots.working_set.working,
                    before_staged: roots.working_set.staged,
                    message: state.message.into(),
                    conflicts: merged.conflicts,
                    schema_conflicts: merged.schema_conflicts,
                    violations: merged.violations,
                });
            }
        }
        self.set_working_set(branch, &working_set)?;
        Ok(outcome)
    }

    /// Brings back the roots from before the merge.
    pub fn abort_merge(&mut self, branch: &str) -> Result<()> {
        let working_set = self.roots(branch)?.working_set;
        let merge = working_set.merge.ok_or_else(no_merge)?;
        self.expect(&format!("{WORK}{branch}"));
        let before = WorkingSet { working: merge.before_working, staged: merge.before_staged, merge: None };
        self.set_working_set(branch, &before)
    }

    /// Settles every conflict of the tables (all of them when none is named), and stages them.
    pub fn resolve_conflicts(
        &mut self,
        branch: &str,
        resolution: Resolution,
        tables: &[&str],
        check: &Rc<dyn RowCheck>,
    ) -> Result<()> {
        let mut roots = self.roots(branch)?;
        let merge = roots.working_set.merge.as_mut().ok_or_else(no_merge)?;
        let named: Vec<String> = match tables {
            [] => merge.conflicts.keys().cloned().chain(merge.schema_conflicts.iter().map(|c| fold(&c.table))).collect(),
            tables => tables.iter().map(|table| fold(table)).collect(),
        };
        let mut before: Vec<Rc<Table>> = Vec::new();
        for name in &named {
            let conflicts = merge.conflicts.remove(name);
            let schema_conflict = merge.schema_conflicts.iter().position(|conflict| fold(&conflict.table) == *name);
            if conflicts.is_none() && schema_conflict.is_none() && roots.working.table(name).is_none() {
                return Err(table_not_found(name));
            }
            if let Some(at) = schema_conflict {
                merge.schema_conflicts.remove(at);
                if resolution == Resolution::Theirs {
                    let source = Commit::read(&**self.store, &merge.source_commit)?.root;
                    roots.working.take(&Root::read(&**self.store, &source)?, name);
                }
            } else if let (Some(conflicts), Resolution::Theirs) = (conflicts, resolution) {
                let table = roots.working.table(name).cloned().ok_or_else(|| table_not_found(name))?;
                let taken = take_theirs(self.store, &table, conflicts, check)?;
                roots.working.tables.insert(name.clone(), Rc::new(taken));
                before.push(table);
            }
            if merge.operation != Operation::Rebase {
                roots.staged.take(&roots.working, name);
            }
        }
        // Rows that were taken may break constraints that ours kept.
        let mut found = Violations::over(&merge.violations);
        for old in before {
            let new = roots.working.table(&old.schema.name).cloned();
            ConstraintCheck::new(self.store, check.clone(), &roots.working, Some(&old), new.as_ref())?
                .run(&roots.working, &mut found)?;
        }
        merge.violations = found.finish(self.store)?;
        roots.working_set.working = roots.working.write(&**self.store)?;
        roots.working_set.staged = roots.staged.write(&**self.store)?;
        self.set_working_set(branch, &roots.working_set)
    }

    /// The conflict of one row is settled: the row stands as it should.
    pub fn drop_conflict(&mut self, branch: &str, table: &str, key: &[u8]) -> Result<()> {
        self.edit_conflicts(branch, table, key, None)
    }

    /// Replaces the conflict of one row (its `ours` was edited).
    pub fn edit_conflict(&mut self, branch: &str, table: &str, key: &[u8], conflict: &Conflict) -> Result<()> {
        self.edit_conflicts(branch, table, key, Some(conflict))
    }

    fn edit_conflicts(&mut self, branch: &str, table: &str, key: &[u8], conflict: Option<&Conflict>) -> Result<()> {
        let mut roots = self.roots(branch)?;
        let working_set = &mut roots.working_set;
        let merge = working_set.merge.as_mut().ok_or_else(no_merge)?;
        let name = fold(table);
        let map = merge.conflicts.get(&name).copied().ok_or_else(|| table_not_found(table))?;
        let value = conflict.map(|conflict| conflict.encode(&**self.store)).transpose()?;
        let map = map.apply(&**self.store, &mut std::iter::once((bytes::Bytes::copy_from_slice(key), value)))?;
        if map.is_empty() {
            merge.conflicts.remove(&name);
            self.stage_resolved(&mut roots, &name)?;
        } else {
            merge.conflicts.insert(name, map);
        }
        self.set_working_set(branch, &roots.working_set)
    }

    /// Forgets violations of a table: all of them, or those of one entry of its map.
    pub fn drop_violations(&mut self, branch: &str, table: &str, key: Option<&[u8]>) -> Result<()> {
        let mut roots = self.roots(branch)?;
        let merge = roots.working_set.merge.as_mut().ok_or_else(no_merge)?;
        let name = fold(table);
        let map = merge.violations.remove(&name).ok_or_else(|| table_not_found(table))?;
        if let Some(key) = key {
            let rest = map.apply(&**self.store, &mut std::iter::once((bytes::Bytes::copy_from_slice(key), None)))?;
            if !rest.is_empty() {
                merge.violations.insert(name, rest);
            }
        }
        if merge.operation == Operation::Verify {
            if merge.violations.is_empty() {
                roots.working_set.merge = None;
            }
        } else {
            self.stage_resolved(&mut roots, &fold(table))?;
        }
        self.set_working_set(branch, &roots.working_set)
    }

    /// The last conflict or violation of a table is gone: it is staged as it stands. A step of a rebase goes on when
    /// somebody says so, by staging it.
    fn stage_resolved(&self, roots: &mut super::super::Roots, table: &str) -> Result<()> {
        let resolved = roots.working_set.merge.as_ref().is_some_and(|merge| {
            let left = merge.conflicts.contains_key(table) || merge.violations.contains_key(table);
            !left && merge.operation != Operation::Rebase
        });
        if resolved {
            roots.staged.take(&roots.working, table);
            roots.working_set.staged = roots.staged.write(self.chunks())?;
        }
        Ok(())
    }

    /// Whether `branch` contains everything of `commit`.
    pub fn contains(&self, branch: Address, commit: Address) -> Result<bool> { is_ancestor(self.chunks(), &commit, &branch) }
}

struct Pending<'a> {
    operation: Operation,
    name: &'a str,
    source: Address,
    base: Address,
    message: String,
    /// Parents of the commit to make.
    commit: Option<Vec<Address>>,
}

impl Pending<'static> {
    fn of(operation: Operation, source: Address, base: Address, message: String) -> Self {
        Pending { operation, name: "", source, base, message, commit: None }
    }
}

fn parent_of(commit: &Commit, address: Address, what: &str, mainline: usize) -> Result<Address> {
    commit.parents.get(mainline).copied().ok_or_else(|| match commit.parents.len() {
        0 => Error::bad_argument(format!("cannot {what} {address}: the first commit has no parent")),
        parents => Error::bad_argument(format!("cannot {what} {address}: it has {parents} parents, not {}", mainline + 1)),
    })
}

fn refuse_in_progress(branch: &str, merge: Option<&MergeState>) -> Result<()> {
    let text = match merge.map(|merge| merge.operation) {
        None => return Ok(()),
        Some(Operation::Verify) => {
            format!("branch {branch} has unresolved entries in dolt_constraint_violations: repair the rows and delete the entries")
        }
        Some(_) => format!("a merge is already in progress on branch {branch}; commit it or use --abort"),
    };
    Err(Error::new(Code::MergeConflict, text))
}

fn no_merge() -> Error { Error::new(Code::MergeConflict, "no merge in progress") }

/// `onto`, with what `dirty` changed against `clean`. A table that differs on both ways stands in the way.
pub(crate) fn carry(clean: &Root, dirty: &Root, onto: &Root) -> Result<Root> {
    let mut carried = onto.clone();
    let mut stomped = Vec::new();
    for delta in diff_roots(clean, dirty) {
        let name = delta.name();
        let unmoved = clean.table_by_id(delta.id) == onto.table_by_id(delta.id);
        let free = delta.from.is_some() || onto.table(name).is_none_or(|table| Some(table) == delta.to.as_ref());
        if unmoved && free {
            let old = delta.from.as_ref().map(|table| fold(&table.schema.name));
            if let Some(old) = old {
                carried.tables.remove(&old);
            }
            if let Some(table) = &delta.to {
                carried.tables.insert(fold(&table.schema.name), table.clone());
            }
        } else if onto.table_by_id(delta.id) != delta.to.as_ref() {
            stomped.push(name.to_owned());
        }
    }
    for (name, from, to) in diff_views(clean, dirty) {
        if onto.views.get(&name) == from.as_ref() {
            match to {
                Some(view) => carried.views.insert(name, view),
                None => carried.views.remove(&name),
            };
        } else if onto.views.get(&name) != to.as_ref() {
            stomped.push(name);
        }
    }
    if !stomped.is_empty() {
        let text = format!("uncommitted changes would be stomped by merge: {}", stomped.join(", "));
        return Err(Error::new(Code::Dirty, text));
    }
    Ok(carried)
}

/// Every row in conflict becomes theirs; indexes follow.
fn take_theirs(
    store: &crate::chunk::Store,
    table: &Rc<Table>,
    conflicts: Map,
    check: &Rc<dyn RowCheck>,
) -> Result<Table> {
    let mut batch = super::super::batch::Batch::new(table.rows);
    let mut cursor = conflicts.cursor(store, KeyRange::all(), false);
    while let Some((key, value)) = cursor.next()? {
        batch.spill(&**store)?;
        match Conflict::decode(&**store, &value)?.theirs {
            Some(row) => batch.put(key, row),
            None => batch.delete(key),
        }
    }
    let rows = batch.finish(&**store)?;
    let wanted: Vec<usize> = (0..table.schema.indexes.len()).collect();
    let mut indexes = vec![Map::EMPTY; wanted.len()];
    let mut merge = IndexMerge::new(store, check.clone(), Some(&**table), &table.schema, rows, &wanted)?;
    for (position, map) in merge.run()? {
        indexes[position] = map;
    }
    Ok(Table { schema: table.schema.clone(), rows, indexes })
}
