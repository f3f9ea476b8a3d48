//! What a transaction begins with: a branch as its records show it, or a commit that can only be read.

use std::rc::Rc;

use bytes::Bytes;

use crate::chunk::Store;
use crate::error::{Code, Error, Result};
use crate::repo::{Commit, Refs, Revision, Root, HEADS, WORK};

/// Where a session stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Branch(Rc<str>),
    /// A tag, a commit, or any revision that is no branch; as the user named it.
    Revision(Rc<str>),
}

impl Place {
    pub fn branch(&self) -> Option<&Rc<str>> {
        match self {
            Place::Branch(branch) => Some(branch),
            Place::Revision(_) => None,
        }
    }
    pub fn revision(&self) -> Option<&Rc<str>> {
        match self {
            Place::Branch(_) => None,
            Place::Revision(revision) => Some(revision),
        }
    }
}

/// The records that decide the tables of a branch, and those tables.
#[derive(Clone)]
pub struct Snapshot { head: Option<Bytes>, work: Option<Bytes>, pub root: Rc<Root>, loaded: bool }

impl Snapshot {
    pub fn load(refs: &dyn Refs, store: &Store, place: &Place) -> Result<Snapshot> {
        let (head, work) = records(refs, place);
        let root = match place {
            Place::Branch(branch) => refs.working_set(&**store, branch)?.working,
            Place::Revision(revision) => match crate::repo::resolve(refs, store, revision, None)? {
                Revision::Branch { commit, .. } | Revision::Commit(commit) => Commit::read(&**store, &commit)?.root,
                _ => return Err(Error::new(Code::RefNotFound, format!("branch not found: {revision}"))),
            },
        };
        Ok(Snapshot { head, work, root: Rc::new(Root::read(&**store, &root)?), loaded: true })
    }

    /// What a session's own publication left.
    pub fn of(refs: &dyn Refs, place: &Place, root: Rc<Root>) -> Snapshot {
        let (head, work) = records(refs, place);
        Snapshot { head, work, root, loaded: true }
    }

    /// Whether the records still say what this was loaded from.
    pub fn is_current(&self, refs: &dyn Refs, place: &Place) -> bool {
        self.loaded && records(refs, place) == (self.head.clone(), self.work.clone())
    }

    /// Where chunks are missing yet: the first statement loads it.
    pub fn unloaded() -> Snapshot { Snapshot { head: None, work: None, root: Rc::default(), loaded: false } }
}

fn records(refs: &dyn Refs, place: &Place) -> (Option<Bytes>, Option<Bytes>) {
    match place {
        Place::Branch(branch) => (refs.record(&format!("{HEADS}{branch}")), refs.record(&format!("{WORK}{branch}"))),
        Place::Revision(_) => (None, None),
    }
}
