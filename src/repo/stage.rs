//! Verbs on the working set: add, reset, restore, clean.

use super::refs::{HEADS, WORK};
use super::status::VIEWS_TABLE;
use super::{fold, Change, Commit, Refs, Root, WorkingSet};
use crate::error::{Code, Error, Result};
use crate::hash::Address;

pub(crate) fn table_not_found(name: &str) -> Error {
    Error::new(Code::TableNotFound, format!("table not found: {name}"))
}

impl Root {
    /// Makes table (or view, or all views by `dolt_schemas`) `name` what it is in `source`: there, gone, or renamed
    /// from what has the same id here. `false` when neither root has it.
    pub fn take(&mut self, source: &Root, name: &str) -> bool {
        let name = fold(name);
        if name == VIEWS_TABLE {
            let any = !source.views.is_empty() || !self.views.is_empty();
            self.views = source.views.clone();
            return any;
        }
        let mut found = false;
        if let Some(table) = source.tables.get(&name) {
            self.tables.retain(|_, own| own.schema.id != table.schema.id);
            self.tables.insert(name.clone(), table.clone());
            found = true;
        } else if let Some(own) = self.tables.remove(&name) {
            // Gone under this name: renamed, if its id lives on in the source.
            if let Some(renamed) = source.table_by_id(own.schema.id) {
                self.tables.insert(fold(&renamed.schema.name), renamed.clone());
            }
            found = true;
        }
        if let Some(view) = source.views.get(&name) {
            self.views.insert(name, view.clone());
            return true;
        }
        self.views.remove(&name).is_some() || found
    }
}

impl Change<'_> {
    /// The three roots of a branch.
    pub fn roots(&mut self, branch: &str) -> Result<Roots> {
        self.expect(&format!("{HEADS}{branch}"));
        self.expect(&format!("{WORK}{branch}"));
        let commit = self.head(branch)?;
        let head = Commit::read(self.chunks(), &commit)?.root;
        let working_set = self.working_set(self.chunks(), branch)?;
        Ok(Roots {
            commit,
            head: Root::read(self.chunks(), &head)?,
            staged: Root::read(self.chunks(), &working_set.staged)?,
            working: Root::read(self.chunks(), &working_set.working)?,
            working_set,
        })
    }

    /// Stages tables as they stand in the working root.
    pub fn add(&mut self, branch: &str, tables: &[&str]) -> Result<()> {
        let mut roots = self.roots(branch)?;
        for table in tables {
            if !roots.staged.take(&roots.working, table) {
                return Err(table_not_found(table));
            }
        }
        roots.working_set.staged = roots.staged.write(self.chunks())?;
        self.set_working_set(branch, &roots.working_set)
    }

    /// Stages everything but new tables that `ignored` names.
    pub fn add_all(&mut self, branch: &str, ignored: &dyn Fn(&str) -> bool) -> Result<()> {
        let mut roots = self.roots(branch)?;
        let mut staged = roots.working.clone();
        staged.tables.retain(|name, table| {
            roots.staged.tables.contains_key(name) || roots.staged.table_by_id(table.schema.id).is_some() || !ignored(name)
        });
        roots.working_set.staged = staged.write(self.chunks())?;
        self.set_working_set(branch, &roots.working_set)
    }

    /// Stages what changed of the tables that HEAD or the stage already has (`commit -a`).
    pub fn add_tracked(&mut self, branch: &str) -> Result<()> {
        let mut roots = self.roots(branch)?;
        let tracked: Vec<String> = roots.staged.tables.keys().chain(roots.head.tables.keys()).cloned().collect();
        for table in tracked {
            roots.staged.take(&roots.working, &table);
        }
        roots.staged.views = roots.working.views.clone();
        roots.working_set.staged = roots.staged.write(self.chunks())?;
        self.set_working_set(branch, &roots.working_set)
    }

    /// Unstages tables, all of them when none is named. Rows stay as they are.
    pub fn reset_tables(&mut self, branch: &str, tables: &[&str]) -> Result<()> {
        let mut roots = self.roots(branch)?;
        if tables.is_empty() {
            roots.staged = roots.head.clone();
        }
        for table in tables {
            let known = roots.staged.take(&roots.head, table);
            if !known && roots.working.table(table).is_none() {
                return Err(table_not_found(table));
            }
        }
        roots.working_set.staged = roots.staged.write(self.chunks())?;
        self.set_working_set(branch, &roots.working_set)
    }

    /// Moves the branch; staged and working roots stay as they are.
    pub fn reset_soft(&mut self, branch: &str, to: Address) -> Result<()> {
        let roots = self.roots(branch)?;
        self.set_head(branch, to, &format!("reset: moving to {to}"))?;
        let mut working_set = roots.working_set;
        working_set.merge = None;
        self.set_working_set(branch, &working_set)
    }

    /// Moves the branch (when `to` is given) and drops uncommitted changes; tables that are not tracked stay.
    pub fn reset_hard(&mut self, branch: &str, to: Option<Address>) -> Result<()> {
        let roots = self.roots(branch)?;
        let to = to.unwrap_or(roots.commit);
        let target = Commit::read(self.chunks(), &to)?.root;
        let mut working = Root::read(self.chunks(), &target)?;
        for (name, table) in &roots.working.tables {
            let tracked = |root: &Root| root.tables.contains_key(name) || root.table_by_id(table.schema.id).is_some();
            if !tracked(&roots.head) && !tracked(&roots.staged) && !tracked(&working) {
                working.tables.insert(name.clone(), table.clone());
            }
        }
        self.set_head(branch, to, &format!("reset: moving to {to}"))?;
        let working_set = WorkingSet { working: working.write(self.chunks())?, staged: target, merge: None };
        self.set_working_set(branch, &working_set)
    }

    /// Makes tables in the working and the staged root what they are in HEAD.
    pub fn restore_tables(&mut self, branch: &str, tables: &[&str]) -> Result<()> {
        let mut roots = self.roots(branch)?;
        for table in tables {
            if !roots.working.take(&roots.head, table) {
                return Err(table_not_found(table));
            }
            roots.staged.take(&roots.head, table);
        }
        roots.working_set.working = roots.working.write(self.chunks())?;
        roots.working_set.staged = roots.staged.write(self.chunks())?;
        self.set_working_set(branch, &roots.working_set)
    }

    /// Drops tables that are not tracked, those named or all of them; answers their names.
    pub fn clean(&mut self, branch: &str, tables: &[&str], dry_run: bool) -> Result<Vec<String>> {
        let mut roots = self.roots(branch)?;
        let wanted: Vec<String> = tables.iter().map(|table| fold(table)).collect();
        let untracked: Vec<String> = roots
            .working
            .tables
            .iter()
            .filter(|(name, table)| {
                let id = table.schema.id;
                let tracked = roots.head.table_by_id(id).is_some() || roots.staged.table_by_id(id).is_some();
                !tracked && (wanted.is_empty() || wanted.contains(name))
            })
            .map(|(name, _)| name.clone())
            .collect();
        if !dry_run {
            roots.working.tables.retain(|name, _| !untracked.contains(name));
            roots.working_set.working = roots.working.write(self.chunks())?;
            self.set_working_set(branch, &roots.working_set)?;
        }
        Ok(untracked)
    }
}

/// A branch as it stands.
pub struct Roots {
    /// HEAD's commit.
    pub commit: Address,
    pub head: Root,
    pub staged: Root,
    pub working: Root,
    pub working_set: WorkingSet,
}
