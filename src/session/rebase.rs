//! A publication lost the race: someone else moved a ref that the transaction started from.
//!
//! Autocommitted statements run again on the new root. An explicit transaction cannot: its statements were
//! answered. Its rows are merged onto what landed, three-way from the root it began with; a row that both sides
//! changed, a schema that either side changed, or a constraint that the merged rows break is `TX_CONFLICT`.

use std::rc::Rc;

use super::session::{Mode, Session, Settlement};
use super::snapshot::Snapshot;
use crate::error::{Code, Error, Result};
use crate::prolly::{KeyRange, Merge, Side};
use crate::repo::Merger;
use crate::repo::{Publication, RefMap, Root};
use crate::sql::write::MergeCheck;
use crate::sql::Workspace;

impl Session {
    pub(super) fn lost(&mut self, refs: RefMap) -> Result<Settlement> {
        self.database.moved(refs.clone());
        if self.immediate.take().is_some() {
            // The transaction goes on; only the call that moved the ref runs again.
            self.repository.replace(refs);
            self.in_flight = None;
            return Ok(Settlement::Rerun);
        }
        if self.mode == Mode::Auto {
            self.abandon();
            return Ok(Settlement::Rerun);
        }
        if self.alone {
            return Err(self.conflict("the versioning call that ended it cannot be run again"));
        }
        let theirs = Snapshot::load(&refs, &self.store, &self.place)?;
        let ours = self.workspace.borrow_mut().flush(&*self.store)?;
        match self.merged(&self.snapshot.root, ours, &theirs.root) {
            Ok(root) => {
                self.repository.replace(refs);
                self.seen = self.database.version();
                let mut workspace = Workspace::of(theirs.root.clone()).with_temporary(&self.workspace.borrow());
                workspace.keep_marks(&self.workspace.borrow());
                workspace.put_root(root);
                *self.workspace.borrow_mut() = workspace;
                self.database.hold(&theirs.root);
                self.snapshot = theirs;
                *self.publication.borrow_mut() = Publication::default();
                self.in_flight = None;
                Ok(Settlement::Again)
            }
            Err(error) if error.is_fault() => Err(error),
            Err(error) => Err(self.conflict(error.message())),
        }
    }

    fn conflict(&mut self, reason: &str) -> Error {
        let place = self.branch().unwrap_or("the branch").to_string();
        self.abandon();
        Error::new(Code::TxConflict, format!("the transaction is rolled back, {place} was changed meanwhile: {reason}"))
            .with_hint("run the transaction again")
    }

    /// Our rows onto theirs. Every row of a table that both sides changed is looked at alone: cells of one row are not
    /// merged here, or of two that count up, one would be lost.
    fn merged(&self, base: &Rc<Root>, ours: Root, theirs: &Rc<Root>) -> Result<Root> {
        if **theirs == **base {
            return Ok(ours);
        }
        if !self.publication.borrow().set.is_empty() {
            return Err(conflict("it staged changes"));
        }
        for (name, before) in &base.tables {
            let same = |root: &Root| root.tables.get(name).is_some_and(|table| table.schema == before.schema);
            if !same(&ours) || !same(theirs) {
                return Err(conflict(&format!("the definition of table {name} was changed")));
            }
            let maps = [before.rows, ours.tables[name].rows, theirs.tables[name].rows];
            let [base, our, their] = maps;
            if our == base || their == base {
                continue;
            }
            let mut changes = Merge::new(&self.store, base, our, their, KeyRange::all());
            while let Some(change) = changes.next()? {
                if matches!(change.side, Side::Both | Side::Same) {
                    return Err(conflict(&format!("both changed a row of table {name}")));
                }
            }
        }
        let cx = self.context_now();
        let merged = Merger::new(&self.store, base, ours, (**theirs).clone(), MergeCheck::new(&cx)).run()?;
        if let Some(table) = merged.violations.keys().chain(merged.conflicts.keys()).next() {
            return Err(conflict(&format!("the rows of both break a constraint of table {table}")));
        }
        match merged.schema_conflicts.first() {
            Some(schema) => Err(conflict(&format!("both defined {}", schema.table))),
            None => Ok(merged.root),
        }
    }
}

fn conflict(reason: &str) -> Error { Error::new(Code::TxConflict, reason) }
