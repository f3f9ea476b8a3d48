//! The history of one table: which commits changed it, and what it was before and after.

use std::rc::Rc;

use super::{fold, Commit, History, Root, Table, TableEntry, TableId};
use crate::chunk::Store;
use crate::error::Result;
use crate::hash::Address;

/// A commit that changed the table against its first parent.
#[derive(Clone, Debug)]
pub struct TableChange {
    pub address: Address,
    pub commit: Rc<Commit>,
    /// Address and commit that `from` belongs to; `None` for the first commit.
    pub parent: Option<(Address, Rc<Commit>)>,
    pub from: Option<Rc<Table>>,
    pub to: Option<Rc<Table>>,
}

/// A commit, and the table as it stood there.
pub type Snapshot = (Address, Rc<Commit>, Option<Rc<Table>>);

/// Follows a table by its id, newest first, reading two chunks a commit where nothing changed. Merge commits are
/// compared with their first parent. Retry-safe.
pub struct TableHistory {
    store: Store,
    history: History,
    name: String,
    id: Option<TableId>,
    pending: Option<(Address, Rc<Commit>)>,
}

impl TableHistory {
    /// `id` where the table's is known: then renames are followed; otherwise the newest table of this name is.
    pub fn new(store: &Store, history: History, name: &str, id: Option<TableId>) -> Self {
        TableHistory { store: store.clone(), history, name: fold(name), id, pending: None }
    }

    /// The next commit whose table differs from its parent's.
    pub fn next(&mut self) -> Result<Option<TableChange>> {
        loop {
            let Some((address, commit)) = self.pull()? else { return Ok(None) };
            let to = self.entry(&commit.root)?;
            let parent = match commit.parents.first() {
                Some(parent) => Some((*parent, Rc::new(Commit::read(&*self.store, parent)?))),
                None => None,
            };
            let from = match &parent {
                Some((_, parent)) if parent.root != commit.root => self.entry(&parent.root)?,
                Some(_) => to.clone(),
                None => None,
            };
            if from != to {
                let change = TableChange { from: self.open(from)?, to: self.open(to)?, address, commit, parent };
                self.pending = None;
                return Ok(Some(change));
            }
            self.pending = None;
        }
    }

    /// The next commit with the table as it stood there (`None`: there was none).
    pub fn next_snapshot(&mut self) -> Result<Option<Snapshot>> {
        let Some((address, commit)) = self.pull()? else { return Ok(None) };
        let entry = self.entry(&commit.root)?;
        let table = self.open(entry)?;
        self.pending = None;
        Ok(Some((address, commit, table)))
    }

    /// Held until the commit has been answered, so that a fault costs nothing.
    fn pull(&mut self) -> Result<Option<(Address, Rc<Commit>)>> {
        if self.pending.is_none() {
            self.pending = self.history.next()?;
        }
        Ok(self.pending.clone())
    }

    fn entry(&mut self, root: &Address) -> Result<Option<TableEntry>> {
        let (entries, _) = Root::read_entries(&*self.store, root)?;
        let found = match self.id {
            Some(id) => entries.into_iter().find(|entry| entry.id == id),
            None => entries.into_iter().find(|entry| entry.name == self.name),
        };
        if let Some(entry) = &found {
            self.id = Some(entry.id);
        }
        Ok(found)
    }

    fn open(&self, entry: Option<TableEntry>) -> Result<Option<Rc<Table>>> {
        entry.map(|entry| entry.open(&*self.store).map(Rc::new)).transpose()
    }
}
