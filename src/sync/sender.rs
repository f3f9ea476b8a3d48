//! Walks what one side has and the other lacks, parents before children.
//!
//! The commits first, newest to oldest: each announces its parents. Then their trees, oldest to newest: a tree is
//! walked beside those of the commit's parents, which the receiver has by then, so that a node goes out once. The walk
//! descends only where a key range of the new tree has a node that the old ones have not, so it costs the difference,
//! and holds one path.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::rc::Rc;

use bytes::Bytes;

use crate::chunk::{AddressMap, Chunk, Kind, Store};
use super::Cut;
use crate::error::Result;
use crate::hash::Address;
use crate::prolly::{children, leaf_entries, Outline};
use crate::repo::{large_values, Commit, History, Role, Root, Schema, TableEntry, Tag};

/// Addresses remembered, so that what stands in several places goes out once. Beyond this they are forgotten: a
/// receiver passes over what it has.
const REMEMBERED: usize = 1 << 18;
/// Most addresses that one fault announces.
const AHEAD: usize = 256;

pub struct Sender {
    store: Store,
    history: Option<Source>,
    /// Commits that went out, newest first, whose trees are still to come.
    commits: Vec<(Address, Rc<Commit>)>,
    /// What they and their parents hold: root and closure.
    trees: HashMap<Address, (Address, Address)>,
    /// Tags, which go out before everything.
    tags: Vec<Address>,
    stack: Vec<Visit>,
    sent: AddressMap<u8>,
    /// Where history is cut: commits that the receiver has, and what it ended at.
    had: Option<BTreeSet<Address>>,
    lean_on: Vec<(Address, Address)>,
    with_trees: bool,
}

/// The commits to send, newest first.
enum Source { History(Box<History>), List(VecDeque<(Address, Rc<Commit>)>) }

#[derive(Clone)]
enum Visit {
    One(Address),
    Root { address: Address, olds: Vec<Address> },
    Map { address: Address, role: Role, olds: Vec<Address>, low: Option<Bytes> },
    Blob { address: Address, known: Rc<HashSet<Address>> },
}

/// A node of an old tree that overlaps what is looked at.
struct Old { address: Address, chunk: Chunk, outline: Outline }

impl Sender {
    /// `tips`: commits to send; `tags`: tag chunks whose commits are among `tips`; `have`: commits that the receiver
    /// has with all they reach. All of them are in `store`.
    pub fn new(store: &Store, tips: &[Address], tags: &[Address], have: &[Address]) -> Self {
        Sender {
            store: store.clone(),
            history: Some(Source::History(Box::new(History::new(store, tips, have)))),
            commits: Vec::new(),
            trees: HashMap::new(),
            tags: tags.to_vec(),
            stack: Vec::new(),
            sent: AddressMap::default(),
            had: None,
            lean_on: Vec::new(),
            with_trees: true,
        }
    }

    /// The commits of a cut, each with what it says of its ancestors.
    pub fn cut(store: &Store, cut: Cut, tags: &[Address]) -> Self {
        let mut sender = Sender::new(store, &[], tags, &[]);
        sender.history = Some(Source::List(cut.send.into()));
        (sender.had, sender.lean_on) = (Some(cut.had), cut.lean_on);
        sender
    }

    /// Commits, roots and schemas alone: the receiver reads the trees when it needs them.
    pub fn commits_only(mut self) -> Self {
        self.with_trees = false;
        self
    }

    /// The next chunk. A fault loses nothing.
    pub fn next(&mut self) -> Result<Option<Chunk>> {
        loop {
            if let Some(tag) = self.tags.last().copied() {
                let chunk = self.store.get(&tag)?;
                Tag::from_chunk(&chunk)?;
                self.tags.pop();
                return Ok(Some(chunk));
            }
            if let Some(chunk) = self.next_commit()? {
                return Ok(Some(chunk));
            }
            let Some(visit) = self.stack.last().cloned() else {
                if !self.next_trees()? {
                    return Ok(None);
                }
                continue;
            };
            let mut below = Vec::new();
            let chunk = match self.visit(&visit, &mut below) {
                Ok(chunk) => chunk,
                Err(error) => {
                    if error.is_fault() {
                        let ahead = self.stack.iter().rev().take(AHEAD).map(Visit::address);
                        self.store.want(&ahead.collect::<Vec<_>>())?;
                    }
                    return Err(error);
                }
            };
            self.stack.pop();
            self.stack.extend(below.into_iter().rev());
            if chunk.is_some() {
                return Ok(chunk);
            }
        }
    }

    fn next_commit(&mut self) -> Result<Option<Chunk>> {
        let Some(history) = &mut self.history else { return Ok(None) };
        let next = match history {
            Source::History(history) => history.next()?,
            Source::List(list) => list.front().cloned(),
        };
        let Some((address, commit)) = next else {
            self.history = None;
            return Ok(None);
        };
        // What history answers it has read.
        let chunk = self.store.get(&address)?;
        if let Some(Source::List(list)) = &mut self.history {
            list.pop_front();
        }
        self.trees.insert(address, (commit.root, commit.closure.root()));
        self.commits.push((address, commit));
        Ok(Some(chunk))
    }

    /// Lays out the trees of the oldest commit that is left.
    fn next_trees(&mut self) -> Result<bool> {
        let Some((_, commit)) = self.commits.last().cloned() else { return Ok(false) };
        let mut olds = Vec::new();
        for parent in &commit.parents {
            match self.trees.get(parent) {
                Some(trees) => olds.push(*trees),
                None if self.had.as_ref().is_some_and(|had| !had.contains(parent)) => {}
                None => {
                    let parent = Commit::read(&*self.store, parent)?;
                    olds.push((parent.root, parent.closure.root()));
                }
            }
        }
        if olds.is_empty() {
            olds.extend(&self.lean_on);
        }
        self.commits.pop();
        let roots = olds.iter().map(|(root, _)| *root).collect();
        self.stack.push(Visit::Root { address: commit.root, olds: roots });
        let closures = olds.iter().map(|(_, closure)| *closure).filter(|closure| !closure.is_none()).collect();
        let closure = commit.closure.root();
        self.stack.push(Visit::Map { address: closure, role: Role::Plain, olds: closures, low: None });
        Ok(true)
    }

    /// Notes that it goes out as `bit`. `false`: it went already, `None` never.
    fn note(&mut self, address: &Address, bit: u8) -> Seen {
        if self.sent.len() >= REMEMBERED {
            self.sent.clear();
        }
        let bits = self.sent.entry(*address).or_insert(0);
        let seen = match *bits {
            0 => Seen::Never,
            bits if bits & bit != 0 => Seen::Same,
            _ => Seen::Otherwise,
        };
        *bits |= bit;
        seen
    }

    fn visit(&mut self, visit: &Visit, below: &mut Vec<Visit>) -> Result<Option<Chunk>> {
        let address = visit.address();
        if address.is_none() {
            return Ok(None);
        }
        let chunk = match visit {
            Visit::Root { olds, .. } | Visit::Map { olds, .. } if olds.contains(&address) => return Ok(None),
            Visit::Blob { known, .. } if known.contains(&address) => return Ok(None),
            _ => self.store.get(&address)?,
        };
        let bit = match visit {
            Visit::One(_) => 128,
            Visit::Root { olds, .. } => {
                self.visit_root(&chunk, olds, below)?;
                128
            }
            Visit::Map { role, olds, low, .. } => {
                self.visit_map(&chunk, *role, olds, low.as_ref(), below)?;
                *role as u8
            }
            Visit::Blob { known, .. } => {
                let child = |address| Visit::Blob { address, known: known.clone() };
                below.extend(children(&chunk)?.into_iter().map(child));
                128
            }
        };
        Ok(match self.note(&address, bit) {
            Seen::Never => Some(chunk),
            Seen::Otherwise => None,
            Seen::Same => {
                below.clear();
                None
            }
        })
    }

    /// Schemas come before the trees: they say what the rows are.
    fn visit_root(&self, chunk: &Chunk, olds: &[Address], below: &mut Vec<Visit>) -> Result<()> {
        let (entries, _) = Root::entries_of(chunk)?;
        let mut known: Vec<TableEntry> = Vec::new();
        for old in olds {
            known.extend(Root::read_entries(&*self.store, old)?.0);
        }
        let schemas: Vec<Address> = entries.iter().chain(&known).map(|entry| entry.schema).collect();
        self.store.want(&schemas)?;
        let mut trees = Vec::new();
        for entry in entries {
            let of_table = || known.iter().filter(|old| old.id == entry.id);
            if !of_table().any(|old| old.schema == entry.schema) {
                below.push(Visit::One(entry.schema));
            }
            if !self.with_trees {
                continue;
            }
            let keyless = Schema::read(&*self.store, &entry.schema)?.is_keyless();
            let role = if keyless { Role::KeylessRows } else { Role::Rows };
            let mut olds = Vec::new();
            for old in of_table() {
                if !old.rows.is_empty() && Schema::read(&*self.store, &old.schema)?.is_keyless() == keyless {
                    olds.push(old.rows.root());
                }
            }
            trees.push(Visit::Map { address: entry.rows.root(), role, olds, low: None });
            for (position, index) in entry.indexes.iter().enumerate() {
                let olds = of_table().filter_map(|old| old.indexes.get(position)).map(|old| old.root());
                let olds = olds.filter(|old| !old.is_none()).collect();
                trees.push(Visit::Map { address: index.root(), role: Role::Plain, olds, low: None });
            }
        }
        below.extend(trees);
        Ok(())
    }

    fn visit_map(&self, chunk: &Chunk, role: Role, olds: &[Address], low: Option<&Bytes>, below: &mut Vec<Visit>) -> Result<()> {
        let node = Outline::of_map(chunk)?;
        let olds = self.align(olds, node.level, low, &node.last_key)?;
        if node.level == 0 {
            return self.visit_leaf(chunk, role, &olds, below);
        }
        // Each old node one level down: its keys lie above the first, up to the second.
        let mut lower: Vec<(Address, Option<Bytes>, Bytes)> = Vec::new();
        for old in olds {
            if old.outline.level < node.level {
                lower.push((old.address, None, old.outline.last_key));
                continue;
            }
            let mut above = None;
            for child in old.outline.children {
                lower.push((child.address, above.replace(child.last_key.clone()), child.last_key));
            }
        }
        let known: HashSet<Address> = lower.iter().map(|(address, ..)| *address).collect();
        let mut above = low.cloned();
        for child in node.children {
            let low = above.replace(child.last_key.clone());
            if known.contains(&child.address) {
                continue;
            }
            let overlaps = |(address, from, to): &(Address, Option<Bytes>, Bytes)| {
                let meets = low.as_ref().is_none_or(|low| to > low) && from.as_ref().is_none_or(|from| *from < child.last_key);
                meets.then_some(*address)
            };
            let olds = lower.iter().filter_map(overlaps).collect();
            below.push(Visit::Map { address: child.address, role, olds, low });
        }
        Ok(())
    }

    /// Old nodes of `level` or below that overlap the keys above `low` up to `high`.
    fn align(&self, olds: &[Address], level: u8, low: Option<&Bytes>, high: &Bytes) -> Result<Vec<Old>> {
        self.store.want(olds)?;
        let mut found = Vec::new();
        let mut ahead: Vec<Address> = olds.iter().rev().copied().collect();
        while let Some(address) = ahead.pop() {
            let chunk = self.store.get(&address)?;
            let outline = Outline::of_map(&chunk)?;
            if outline.level <= level {
                found.push(Old { address, chunk, outline });
                continue;
            }
            let mut above: Option<&Bytes> = None;
            for child in &outline.children {
                let meets = low.is_none_or(|low| child.last_key > *low) && above.is_none_or(|above| above < high);
                above = Some(&child.last_key);
                if meets {
                    ahead.push(child.address);
                }
            }
        }
        Ok(found)
    }

    /// Large values go with the rows that name them, beside those that the row had before.
    fn visit_leaf(&self, chunk: &Chunk, role: Role, olds: &[Old], below: &mut Vec<Visit>) -> Result<()> {
        if !matches!(role, Role::Rows | Role::KeylessRows) {
            return Ok(());
        }
        let mut before: Option<HashMap<Bytes, Bytes>> = None;
        for (key, value) in leaf_entries(chunk)? {
            let blobs = large_values(&value, role)?;
            if blobs.is_empty() {
                continue;
            }
            let before = match &mut before {
                Some(before) => before,
                none => {
                    let mut rows = HashMap::new();
                    for old in olds {
                        rows.extend(self.rows_below(old)?);
                    }
                    none.insert(rows)
                }
            };
            let old = before.get(&key);
            if old == Some(&value) {
                continue;
            }
            let mut known = HashSet::new();
            for blob in old.map_or(Ok(Vec::new()), |old| large_values(old, role))? {
                self.whole_blob(blob.root, &mut known)?;
            }
            let known = Rc::new(known);
            below.extend(blobs.into_iter().map(|blob| Visit::Blob { address: blob.root, known: known.clone() }));
        }
        Ok(())
    }

    fn rows_below(&self, old: &Old) -> Result<Vec<(Bytes, Bytes)>> {
        if old.outline.level == 0 {
            return leaf_entries(&old.chunk);
        }
        Ok(Vec::new())
    }

    fn whole_blob(&self, root: Address, known: &mut HashSet<Address>) -> Result<()> {
        let mut ahead = vec![root];
        while let Some(address) = ahead.pop() {
            if !known.insert(address) {
                continue;
            }
            let chunk = self.store.get(&address)?;
            let outline = Outline::of_blob(&chunk)?;
            let below: Vec<Address> = outline.children.iter().map(|child| child.address).collect();
            if outline.level > 1 {
                self.store.want(&below)?;
                ahead.extend(below);
            } else {
                // Leaves point to nothing.
                known.extend(below);
            }
        }
        Ok(())
    }
}

#[derive(PartialEq, Eq)]
enum Seen { Never, Otherwise, Same }

impl Visit {
    fn address(&self) -> Address {
        match self {
            Visit::One(address) | Visit::Root { address, .. } | Visit::Map { address, .. } | Visit::Blob { address, .. } => {
                *address
            }
        }
    }
}

/// Commits that refs name, tags followed.
pub(super) fn commit_of(store: &Store, address: &Address) -> Result<Address> {
    let chunk = store.get(address)?;
    match chunk.kind()? {
        Kind::Tag => Ok(Tag::from_chunk(&chunk)?.commit),
        _ => Ok(*address),
    }
}
