//! Verbs on branches and tags.

use bytes::Bytes;

use super::ancestry::is_ancestor;
use super::refs::{check_free, check_name, HEADS, REFLOG, TAGS, WORK};
use super::{Change, Commit, Refs, Signature, Tag, WorkingSet};
use crate::error::{Code, Error, Result};
use crate::hash::Address;

impl Change<'_> {
    /// With `force` an existing branch is moved and its uncommitted changes are dropped.
    pub fn create_branch(&mut self, name: &str, start: Address, force: bool) -> Result<()> {
        check_name("branch", name)?;
        if !force {
            check_free(self, HEADS, "branch", name)?;
        }
        // A start point that is no commit must not become a branch.
        Commit::read(self.chunks(), &start)?;
        self.expect(&format!("{HEADS}{name}"));
        self.set_head(name, start, &format!("branch: Created from {start}"))?;
        if self.record(&format!("{WORK}{name}")).is_some() {
            self.set(&format!("{WORK}{name}"), None);
        }
        Ok(())
    }

    /// The copy has the source's head; uncommitted changes stay with the source.
    pub fn copy_branch(&mut self, source: &str, name: &str, force: bool) -> Result<()> {
        let start = self.head(source)?;
        self.create_branch(name, start, force)
    }

    /// Takes the working set and the reflog along.
    pub fn rename_branch(&mut self, old: &str, new: &str, force: bool) -> Result<()> {
        let head = self.head(old)?;
        if old == new {
            return Ok(());
        }
        check_name("branch", new)?;
        if !force {
            check_free(self, HEADS, "branch", new)?;
        }
        for prefix in [WORK, REFLOG] {
            let moved = self.record(&format!("{prefix}{old}"));
            for (name, value) in [(new, moved), (old, None)] {
                if value.is_some() || self.record(&format!("{prefix}{name}")).is_some() {
                    self.set(&format!("{prefix}{name}"), value);
                }
            }
        }
        self.set(&format!("{HEADS}{old}"), None);
        self.set(&format!("{HEADS}{new}"), Some(Bytes::copy_from_slice(head.as_bytes())));
        self.log_move(new, Some(head), Some(head), &format!("branch: renamed {old} to {new}"))
    }

    /// `current` is the session's branch. Without `force` the branch must be merged into it and clean.
    pub fn delete_branch(&mut self, name: &str, current: Option<&str>, force: bool) -> Result<()> {
        let head = self.head(name)?;
        if current == Some(name) {
            return Err(Error::bad_argument(format!("cannot delete the current branch: {name}")));
        }
        if !force {
            let into = match current {
                Some(branch) => self.head(branch)?,
                None => head,
            };
            if !is_ancestor(self.chunks(), &head, &into)? {
                let message = format!("branch is not fully merged: {name}; -D deletes it all the same");
                return Err(Error::bad_argument(message));
            }
            let working_set = self.working_set(self.chunks(), name)?;
            if working_set != WorkingSet::clean(Commit::read(self.chunks(), &head)?.root) {
                let message = format!("branch has uncommitted changes: {name}; use --force to delete it");
                return Err(Error::new(Code::Dirty, message));
            }
        }
        self.set(&format!("{HEADS}{name}"), None);
        if self.record(&format!("{WORK}{name}")).is_some() {
            self.set(&format!("{WORK}{name}"), None);
        }
        self.log_move(name, Some(head), None, "branch: deleted")
    }

    pub fn create_tag(&mut self, name: &str, commit: Address, tagger: Signature, message: &str) -> Result<()> {
        check_name("tag", name)?;
        check_free(self, TAGS, "tag", name)?;
        Commit::read(self.chunks(), &commit)?;
        let address = self.store.put(Tag { commit, tagger, message: message.into() }.to_chunk())?;
        self.set(&format!("{TAGS}{name}"), Some(Bytes::copy_from_slice(address.as_bytes())));
        Ok(())
    }

    pub fn delete_tag(&mut self, name: &str) -> Result<()> {
        if self.record(&format!("{TAGS}{name}")).is_none() {
            return Err(Error::new(Code::RefNotFound, format!("tag not found: {name}")));
        }
        self.set(&format!("{TAGS}{name}"), None);
        Ok(())
    }
}
