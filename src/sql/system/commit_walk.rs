//! The commits that a system table goes through: those that WHERE names by their hashes, or the history, newest first.
//! What their roots say of tables is read once for a commit and for its children.
//!
//! Each commit leads to its root and that to rows: where one of them is missing, those of the commits that follow are
//! tried as well, so that one round of fetching serves many commits.

use std::cmp::Reverse;
use std::collections::VecDeque;
use std::rc::Rc;

use super::Wanted;
use crate::chunk::{readahead, Store};
use crate::error::{Code, Result};
use crate::hash::Address;
use crate::repo::{Commit, History, Root, Schema, Table, TableEntry};
use crate::sql::Context;
use crate::tuple::Value;

/// Roots and schemas that are kept: enough for a commit, its parents, and what goes on beside them.
const KEPT: usize = 8;

pub type Found = (Address, Rc<Commit>);

#[derive(Clone)]
pub struct CommitWalk {
    store: Store,
    /// In place of the history.
    asked: Option<VecDeque<Found>>,
    history: History,
    /// Where the walk ends: commits from this height down are not answered.
    floor: Option<u64>,
    roots: VecDeque<(Address, Rc<[TableEntry]>)>,
    schemas: VecDeque<(Address, Rc<Schema>)>,
    /// It only tries what another walk will do.
    trial: bool,
}

impl CommitWalk {
    /// What can be reached from `starts` and not from `hidden`.
    pub fn new(cx: &Context, starts: &[Address], hidden: &[Address]) -> Self {
        CommitWalk {
            store: cx.store.clone(),
            asked: None,
            history: History::new(&cx.store, starts, hidden),
            floor: None,
            roots: VecDeque::new(),
            schemas: VecDeque::new(),
            trial: false,
        }
    }

    /// Of those only the commits that WHERE says `column` to be, when it does.
    pub fn asked(cx: &Context, wanted: &Wanted, column: usize, starts: &[Address], hidden: &[Address]) -> Result<Self> {
        let mut walk = CommitWalk::new(cx, starts, hidden);
        walk.asked = asked_commits(cx, wanted, column, starts, hidden)?.map(VecDeque::from);
        Ok(walk)
    }

    /// Ends before the commits of this height.
    pub fn above(mut self, height: Option<u64>) -> Self {
        self.floor = height;
        self
    }

    pub fn next(&mut self) -> Result<Option<Found>> {
        let next = match &mut self.asked {
            Some(asked) => asked.pop_front(),
            None => self.history.next()?,
        };
        Ok(next.filter(|(_, commit)| self.floor.is_none_or(|floor| commit.height > floor)))
    }

    /// A parent of the commit that was answered last.
    pub fn parent(&mut self, address: &Address) -> Result<Rc<Commit>> {
        match self.asked {
            Some(_) => Ok(Rc::new(Commit::read(&*self.store, address)?)),
            None => self.history.parent(address),
        }
    }

    /// The tables of a root, not opened.
    pub fn tables(&mut self, root: &Address) -> Result<Rc<[TableEntry]>> {
        let store = self.store.clone();
        let tables = keep(&mut self.roots, root, || Ok(Root::read_entries(&*store, root)?.0.into()));
        self.or_try_ahead(tables, |walk, (_, commit)| walk.tables(&commit.root).map(drop))
    }

    /// After a fault: tries the same work on the commits that follow, as many as a scan announces leaves, for what they
    /// miss. What comes of it is forgotten.
    pub fn or_try_ahead<T>(&self, done: Result<T>, work: impl Fn(&mut CommitWalk, &Found) -> Result<()>) -> Result<T> {
        if !self.trial && done.as_ref().is_err_and(|error| error.is_fault()) {
            let mut trial = CommitWalk { trial: true, ..self.clone() };
            for _ in 0..readahead::leaves() {
                let Ok(Some(found)) = trial.next() else { break };
                let _ = work(&mut trial, &found);
            }
        }
        done
    }

    pub fn open(&mut self, entry: &TableEntry) -> Result<Rc<Table>> {
        let store = self.store.clone();
        let schema = keep(&mut self.schemas, &entry.schema, || Schema::read(&*store, &entry.schema).map(Rc::new))?;
        entry.with_schema(schema).map(Rc::new)
    }
}

fn keep<T: Clone>(kept: &mut VecDeque<(Address, T)>, address: &Address, read: impl FnOnce() -> Result<T>) -> Result<T> {
    if let Some((_, known)) = kept.iter().find(|(known, _)| known == address) {
        return Ok(known.clone());
    }
    let value = read()?;
    if kept.len() == KEPT {
        kept.pop_front();
    }
    kept.push_back((*address, value.clone()));
    Ok(value)
}

/// Commits that WHERE asks for by their whole hashes, newest first, as far as the walk would come to them; `None`: any
/// commit may match.
pub fn asked_commits(
    cx: &Context,
    wanted: &Wanted,
    column: usize,
    starts: &[Address],
    hidden: &[Address],
) -> Result<Option<Vec<Found>>> {
    let Some(values) = wanted.values(column) else { return Ok(None) };
    let read = |addresses: &[Address]| -> Result<Vec<(Address, Commit)>> {
        cx.store.want(addresses)?;
        addresses.iter().map(|address| Ok((*address, cx.read_commit(address)?))).collect()
    };
    let (starts, hidden) = (read(starts)?, read(hidden)?);
    let mut found: Vec<Found> = Vec::new();
    for value in values {
        let Value::Text(hash) = value else { continue };
        if hash.len() != Address::SHOWN {
            continue;
        }
        let address = match cx.commit_of(hash) {
            Ok(address) => address,
            Err(error) if error.code() == Code::RefNotFound => continue,
            Err(error) => return Err(error),
        };
        if address.to_string() != **hash || found.iter().any(|(known, _)| *known == address) {
            continue;
        }
        let commit = cx.read_commit(&address)?;
        let below = |tips: &[(Address, Commit)]| -> Result<bool> {
            for (tip, newer) in tips {
                if *tip == address || newer.has_ancestor(&*cx.store, &address, commit.height)? {
                    return Ok(true);
                }
            }
            Ok(false)
        };
        if below(&starts)? && !below(&hidden)? {
            found.push((address, Rc::new(commit)));
        }
    }
    crate::sort::sort_by_key(&mut found, |(address, commit)| Reverse((commit.height, commit.committer.date_ms, Reverse(*address))));
    Ok(Some(found))
}
