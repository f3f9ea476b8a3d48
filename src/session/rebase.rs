//! A publication lost the race: someone else moved a ref that the transaction started from.
//!
//! Autocommitted statements run again on the new root. An explicit transaction cannot: its statements were
//! answered. Its rows are merged onto what landed, three-way from the root it began with; a row that both sides
//! changed, a schema that either side changed, or a constraint that the merged rows break is `TX_CONFLICT`.

use std::rc::Rc;

use super::session::{Mode, Session, Settlement};
use super::snapshot::Snapshot;
use crate::error::{Code, Error, Result};
use crate::repo::{Publication, RefMap, Root};
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
                let mut workspace = Workspace::of(theirs.root.clone());
                workspace.keep_marks(&self.workspace.borrow());
                workspace.put_root(root);
                *self.workspace.borrow_mut() = workspace;
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

    fn merged(&self, base: &Rc<Root>, ours: Root, theirs: &Rc<Root>) -> Result<Root> {
        if **theirs == **base {
            return Ok(ours);
        }
        if !self.publication.borrow().set.is_empty() {
            return Err(Error::new(Code::TxConflict, "it staged changes"));
        }
        Err(Error::new(Code::TxConflict, "its rows were changed"))
    }
}
