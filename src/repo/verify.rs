//! Verification: every ref is walked, every chunk hashed again and decoded. In the heads and working sets of branches
//! every row is decoded and every index compared with its rows.

use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;

use bytes::Bytes;

use super::merge::{IndexMerge, RowCheck};
use super::row_codec::{split_keyless, RowCodec};
use super::refs::WORK;
use super::{Commit, RefMap, Refs, Role, Root, Table, Walk, WorkingSet};
use crate::chunk::{Chunk, Kind, Store};
use crate::error::{Code, Result};
use crate::hash::Address;
use crate::prolly::{Cursor, KeyRange, Map};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    pub chunks: u64,
    /// Referred to and not there.
    pub missing: Vec<Address>,
    /// Referred to and not read yet, in a lazy clone.
    pub left_out: u64,
    /// There, but not what the address or the format says; and why.
    pub corrupt: Vec<(Address, String)>,
    /// Tables whose rows or indexes disagree, and how.
    pub disagreements: Vec<String>,
}

impl Verdict {
    pub fn is_ok(&self) -> bool { self.missing.is_empty() && self.corrupt.is_empty() && self.disagreements.is_empty() }
}

/// A verification under way. [`Verify::run`] may answer a fault: call it again, it goes on where it was.
pub struct Verify {
    store: Store,
    walk: Walk,
    /// Walked and not looked into yet.
    pending: Option<(Address, Chunk)>,
    verdict: Verdict,
    /// With this, rows and indexes of the branches' roots are compared.
    check: Option<Rc<dyn RowCheck>>,
    tables: VecDeque<TableCheck>,
    known: BTreeSet<(Address, Vec<Address>)>,
    /// Heads, and the roots of heads and working sets.
    current: BTreeSet<Address>,
}

struct TableCheck {
    tree: crate::prolly::Verify,
    table: Rc<Table>,
    /// Whether all of it is here, walked over.
    here: Option<Walk>,
    rows: Option<(RowCodec, Cursor)>,
    pending: Option<(Bytes, Bytes)>,
    indexes: Option<IndexMerge>,
}

impl Verify {
    pub fn new(store: &Store, refs: &RefMap, check: Option<Rc<dyn RowCheck>>) -> Result<Self> {
        let mut current: BTreeSet<Address> = refs.branches()?.into_iter().map(|(_, head)| head).collect();
        for (_, record) in refs.records(WORK) {
            let working_set = WorkingSet::decode(&record)?;
            current.extend([working_set.working, working_set.staged]);
        }
        Ok(Verify {
            store: store.clone(),
            walk: Walk::of_refs(store, refs)?,
            pending: None,
            verdict: Verdict::default(),
            check,
            tables: VecDeque::new(),
            known: BTreeSet::new(),
            current,
        })
    }

    pub fn run(&mut self) -> Result<Verdict> {
        loop {
            if let Some((address, chunk)) = self.pending.clone() {
                self.visit(address, &chunk)?;
                self.pending = None;
            }
            match self.walk.next() {
                Ok(Some((address, _, chunk))) => self.pending = Some((address, chunk)),
                Ok(None) => break,
                Err(error) if error.is_fault() => {
                    // A fault on what nobody has would never end.
                    let Some(address) = error.fault_address() else { return Err(error) };
                    if self.store.contains(&address)? {
                        return Err(error);
                    }
                    self.give_up(|_| true, "");
                }
                Err(error) if error.code() == Code::Corrupt || error.code() == Code::FormatNewer => {
                    let store = self.store.clone();
                    self.give_up(|address| !store.contains(address).unwrap_or(true), error.message());
                }
                Err(error) => return Err(error),
            }
        }
        self.verdict.left_out = self.walk.left_out();
        while let Some(check) = self.tables.front_mut() {
            if self.verdict.left_out > 0 && !check.is_here(&self.store)? {
                self.tables.pop_front();
                continue;
            }
            match check.run(&self.store, &self.check) {
                Ok(None) => {}
                Ok(Some(text)) => self.verdict.disagreements.push(text),
                Err(error) if error.code() == Code::Corrupt => {
                    let text = format!("table {}: {}", check.table.schema.name, error.message());
                    self.verdict.disagreements.push(text);
                }
                Err(error) => return Err(error),
            }
            self.tables.pop_front();
        }
        Ok(self.verdict.clone())
    }

    fn give_up(&mut self, is_missing: impl Fn(&Address) -> bool, reason: &str) {
        if let Some(address) = self.walk.give_up() {
            if is_missing(&address) {
                self.verdict.missing.push(address);
            } else {
                self.verdict.corrupt.push((address, reason.to_owned()));
            }
        }
    }

    fn visit(&mut self, address: Address, chunk: &Chunk) -> Result<()> {
        let found = chunk.address();
        if found != address {
            self.verdict.corrupt.push((address, format!("chunk {address} has bytes of address {found}")));
        } else if chunk.kind()? == Kind::Commit && self.current.contains(&address) {
            self.current.insert(Commit::from_chunk(chunk)?.root);
        } else if chunk.kind()? == Kind::Root && self.check.is_some() && self.current.contains(&address) {
            let (entries, _) = Root::entries_of(chunk)?;
            let mut found = Vec::new();
            for entry in entries {
                let mut trees = vec![entry.rows.root()];
                trees.extend(entry.indexes.iter().map(|index| index.root()));
                if self.known.contains(&(entry.schema, trees.clone())) {
                    continue;
                }
                match entry.open(&*self.store) {
                    Ok(table) => found.push((entry.schema, trees, table)),
                    Err(error) if error.is_fault() => return Err(error),
                    Err(error) => self.verdict.disagreements.push(error.message().to_owned()),
                }
            }
            for (schema, trees, table) in found {
                self.tables.push_back(TableCheck::new(&self.store, table));
                self.known.insert((schema, trees));
            }
        }
        self.verdict.chunks += 1;
        Ok(())
    }
}

impl TableCheck {
    fn new(store: &Store, table: Table) -> Self {
        let tree = crate::prolly::Verify::new(store, table.rows);
        TableCheck { tree, table: Rc::new(table), here: None, rows: None, pending: None, indexes: None }
    }

    /// In a lazy clone: whether rows and indexes have all been read from the remote.
    fn is_here(&mut self, store: &Store) -> Result<bool> {
        let walk = self.here.get_or_insert_with(|| {
            let role = if self.table.schema.is_keyless() { Role::KeylessRows } else { Role::Rows };
            let mut walk = Walk::new(store);
            walk.push(self.table.rows.root(), role);
            self.table.indexes.iter().for_each(|index| walk.push(index.root(), Role::Plain));
            walk
        });
        while walk.left_out() == 0 {
            match walk.next() {
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(error) if error.is_fault() => return Err(error),
                // The walk over everything has told.
                Err(_) => return Ok(false),
            }
        }
        Ok(walk.left_out() == 0)
    }

    /// Every row must be readable and stand under its own key; every index must be what the rows make of it.
    fn run(&mut self, store: &Store, check: &Option<Rc<dyn RowCheck>>) -> Result<Option<String>> {
        let Some(check) = check else { return Ok(None) };
        let schema = &self.table.schema;
        // Index trees are built again below; this says the same of the rows: one content, one root.
        self.tree.step(u64::MAX)?;
        if self.rows.is_none() {
            self.rows = Some((RowCodec::new(schema)?, self.table.rows.cursor(store, KeyRange::all(), false)));
        }
        if let Some((codec, cursor)) = &mut self.rows {
            loop {
                if self.pending.is_none() {
                    self.pending = cursor.next()?;
                }
                let Some((key, value)) = &self.pending else { break };
                let values = codec.decode(&**store, key, value)?;
                if codec.key(&values)? != *key {
                    return Ok(Some(format!("table {}: a row does not stand under its key", schema.name)));
                }
                let row = codec.encode_row(&**store, &values)?;
                let stored = if codec.is_keyless() { split_keyless(value)?.1 } else { value };
                if row != stored {
                    return Ok(Some(format!("table {}: a row is not in its canonical form", schema.name)));
                }
                self.pending = None;
            }
        }
        if self.indexes.is_none() {
            let wanted: Vec<usize> = (0..schema.indexes.len()).collect();
            let rows = self.table.rows;
            self.indexes = Some(IndexMerge::new(store, check.clone(), None, schema, rows, &wanted)?);
        }
        if let Some(indexes) = &mut self.indexes {
            for (position, map) in indexes.run()? {
                if map != self.table.indexes.get(position).copied().unwrap_or(Map::EMPTY) {
                    let index = &schema.indexes[position].name;
                    return Ok(Some(format!("table {}: index {index} disagrees with its rows", schema.name)));
                }
            }
        }
        Ok(None)
    }
}
