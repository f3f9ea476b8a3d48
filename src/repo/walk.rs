//! The walk over everything that records reach. It knows what every map's values point to: large values inside
//! rows, rows moved out of conflicts. A chunk is visited once for each role that it plays.

use std::collections::{HashMap, VecDeque};

use super::merge::{Conflict, Violation};
use super::refs::{HEADS, REBASE, REFLOG, STASH, TAGS, TRACKING, WORK};
use super::row_codec::split_keyless;
use super::schema::Schema;
use super::{reflog, Commit, Publication, Rebase, RefMap, Root, Tag, WorkingSet};
use crate::chunk::{Chunk, Kind, Store};
use crate::error::Result;
use crate::hash::Address;
use crate::prolly::{children, leaf_entries, Blob};
use crate::tuple::{read_large, Cells};

/// What a chunk is reached as: what its leaves' values point to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Role {
    /// Commits, roots, schemas, tags, blobs, and maps whose values point to nothing.
    Plain = 1,
    Rows = 2,
    KeylessRows = 4,
    Conflicts = 8,
    Violations = 16,
    Reflog = 32,
}

const ROLES: [Role; 6] = [
    Role::Plain,
    Role::Rows,
    Role::KeylessRows,
    Role::Conflicts,
    Role::Violations,
    Role::Reflog,
];

/// Most addresses that one fault announces.
const MAX_AHEAD: usize = 1_024;

/// Breadth first, resumable: a fault loses nothing. Where the store serves a lazy clone the walk keeps to what is here;
/// where history ends in a shallow one, it ends.
pub struct Walk {
    store: Store,
    /// Roles seen, as bits.
    seen: HashMap<Address, u8>,
    frontier: VecDeque<(Address, Role)>,
    follow_parents: bool,
    /// Passes over what a lazy clone has not read yet, and how often it did.
    here: bool,
    left_out: u64,
}

impl Walk {
    pub fn new(store: &Store) -> Self {
        let here = store.partial().is_some_and(|partial| partial.is_lazy());
        Walk { store: store.clone(), seen: HashMap::new(), frontier: VecDeque::new(), follow_parents: true, here, left_out: 0 }
    }

    /// Reads what is not here as well: the driver asks the remote.
    pub fn everywhere(mut self) -> Self {
        self.here = false;
        self
    }

    /// How many chunks were passed over: they are reached, and a lazy clone has not read them.
    pub fn left_out(&self) -> u64 { self.left_out }

    /// Does not go from a commit to its parents and its closure.
    pub fn without_parents(mut self) -> Self {
        self.follow_parents = false;
        self
    }

    /// Everything that records reach. Of reflogs: what still stands in them.
    pub fn of_refs(store: &Store, refs: &RefMap) -> Result<Self> {
        let mut walk = Walk::new(store);
        for (name, value) in refs {
            for (address, role) in record_points_to(name, value)? {
                walk.push(address, role);
            }
        }
        Ok(walk)
    }

    /// Adds a start.
    pub fn push(&mut self, address: Address, role: Role) {
        if address.is_none() {
            return;
        }
        let seen = self.seen.entry(address).or_insert(0);
        if *seen & role as u8 == 0 {
            *seen |= role as u8;
            self.frontier.push_back((address, role));
        }
    }

    /// Leaves out what stands here as if it had been visited.
    pub fn skip(&mut self, address: Address) {
        self.seen.insert(address, u8::MAX);
    }

    /// The next chunk.
    pub fn next(&mut self) -> Result<Option<(Address, Role, Chunk)>> {
        let (address, role) = loop {
            let Some((address, role)) = self.frontier.front().copied() else { return Ok(None) };
            if !self.here || self.store.contains(&address)? {
                break (address, role);
            }
            self.left_out += 1;
            self.frontier.pop_front();
        };
        let chunk = match self.store.get(&address) {
            Ok(chunk) => chunk,
            Err(error) => {
                if error.is_fault() {
                    let mut ahead: Vec<Address> = self.frontier.iter().map(|(address, _)| *address).take(MAX_AHEAD).collect();
                    if self.here {
                        ahead.retain(|address| self.store.contains(address).unwrap_or(false));
                    }
                    self.store.want(&ahead)?;
                }
                return Err(error);
            }
        };
        self.expand(&address, &chunk, role)?;
        self.frontier.pop_front();
        Ok(Some((address, role, chunk)))
    }

    /// Gives up on the chunk that [`Walk::next`] failed on, and answers it.
    pub fn give_up(&mut self) -> Option<Address> { self.frontier.pop_front().map(|(address, _)| address) }

    fn expand(&mut self, address: &Address, chunk: &Chunk, role: Role) -> Result<()> {
        for (address, role) in self.points_to(address, chunk, role)? {
            self.push(address, role);
        }
        Ok(())
    }

    fn points_to(&self, address: &Address, chunk: &Chunk, role: Role) -> Result<Vec<(Address, Role)>> {
        if chunk.kind()? == Kind::Root {
            return root_points_to(chunk, &*self.store);
        }
        if chunk.kind()? == Kind::Commit && !self.follow_parents {
            return Ok(vec![(Commit::from_chunk(chunk)?.root, Role::Plain)]);
        }
        if chunk.kind()? == Kind::Commit && self.store.partial().is_some_and(|partial| partial.ends_at(address)) {
            let commit = Commit::from_chunk(chunk)?;
            return Ok(vec![(commit.root, Role::Plain), (commit.closure.root(), Role::Plain)]);
        }
        points_to(chunk, role)
    }

    /// Every address visited or about to be.
    pub fn into_seen(self) -> Vec<Address> {
        let mut seen: Vec<Address> = self.seen.into_keys().collect();
        seen.sort();
        seen
    }

    pub fn seen_count(&self) -> usize { self.seen.len() }
}

/// What a record points to.
pub fn record_points_to(name: &str, value: &[u8]) -> Result<Vec<(Address, Role)>> {
    if [HEADS, TAGS, TRACKING, STASH].iter().any(|prefix| name.starts_with(prefix)) {
        return Ok(vec![(super::refs::address_of(value, name)?, Role::Plain)]);
    }
    if name.starts_with(REFLOG) {
        let record = reflog::Record::decode(value)?;
        let mut found = vec![(record.map.root(), Role::Reflog)];
        for entry in record.newest {
            found.extend([entry.old, entry.new].into_iter().flatten().map(|address| (address, Role::Plain)));
        }
        return Ok(found);
    }
    let mut found = Vec::new();
    if name.starts_with(REBASE) {
        let rebase = Rebase::decode(value)?;
        let commits = rebase.steps.iter().map(|step| step.commit).chain([rebase.onto, rebase.head]);
        found.extend(commits.map(|address| (address, Role::Plain)));
    }
    if name.starts_with(WORK) {
        let working_set = WorkingSet::decode(value)?;
        found.extend([(working_set.working, Role::Plain), (working_set.staged, Role::Plain)]);
        if let Some(merge) = working_set.merge {
            let plain = [merge.source_commit, merge.base_commit, merge.before_working, merge.before_staged];
            found.extend(plain.map(|address| (address, Role::Plain)));
            found.extend(merge.conflicts.values().map(|map| (map.root(), Role::Conflicts)));
            for conflict in &merge.schema_conflicts {
                let schemas = [conflict.base, conflict.ours, conflict.theirs];
                found.extend(schemas.into_iter().flatten().map(|address| (address, Role::Plain)));
            }
            found.extend(merge.violations.values().map(|map| (map.root(), Role::Violations)));
        }
    }
    Ok(found)
}

/// A root's rows maps need the schemas' word on which are keyless.
fn root_points_to(chunk: &Chunk, store: &dyn crate::chunk::ChunkStore) -> Result<Vec<(Address, Role)>> {
    let (entries, _) = Root::entries_of(chunk)?;
    let schemas: Vec<Address> = entries.iter().map(|entry| entry.schema).collect();
    store.want(&schemas)?;
    let mut found = Vec::with_capacity(entries.len() * 3);
    for entry in entries {
        let keyless = Schema::read(store, &entry.schema)?.is_keyless();
        found.push((entry.schema, Role::Plain));
        found.push((entry.rows.root(), if keyless { Role::KeylessRows } else { Role::Rows }));
        found.extend(entry.indexes.iter().map(|index| (index.root(), Role::Plain)));
    }
    Ok(found)
}

pub(super) fn points_to(chunk: &Chunk, role: Role) -> Result<Vec<(Address, Role)>> {
    let mut found = Vec::new();
    match chunk.kind()? {
        Kind::Commit => {
            let commit = Commit::from_chunk(chunk)?;
            found.push((commit.root, Role::Plain));
            found.push((commit.closure.root(), Role::Plain));
            found.extend(commit.parents.iter().map(|parent| (*parent, Role::Plain)));
        }
        Kind::Tag => found.push((Tag::from_chunk(chunk)?.commit, Role::Plain)),
        Kind::Blob => found.extend(children(chunk)?.into_iter().map(|child| (child, Role::Plain))),
        Kind::Node => {
            found.extend(children(chunk)?.into_iter().map(|child| (child, role)));
            if role != Role::Plain {
                for (_, value) in leaf_entries(chunk)? {
                    value_points_to(&value, role, &mut found)?;
                }
            }
        }
        Kind::Schema | Kind::Root | Kind::WorkingSet => {}
    }
    Ok(found)
}

fn value_points_to(value: &[u8], role: Role, found: &mut Vec<(Address, Role)>) -> Result<()> {
    match role {
        Role::Plain => {}
        Role::Rows => row_points_to(value, found)?,
        Role::KeylessRows => row_points_to(split_keyless(value)?.1, found)?,
        Role::Conflicts => found.extend(Conflict::points_to(value)?.into_iter().map(|address| (address, Role::Plain))),
        Role::Violations => found.extend(Violation::blob(value)?.map(|blob| (blob.root, Role::Plain))),
        Role::Reflog => {
            let entry = reflog::Move::decode(value)?;
            found.extend([entry.old, entry.new].into_iter().flatten().map(|address| (address, Role::Plain)));
        }
    }
    Ok(())
}

/// The large values of one row, by their roots: what a leaf of rows points to. `role` is that of its map.
pub fn large_values(value: &[u8], role: Role) -> Result<Vec<Blob>> {
    let row = match role {
        Role::Rows => value,
        Role::KeylessRows => split_keyless(value)?.1,
        _ => return Ok(Vec::new()),
    };
    let cells = Cells::new(row)?;
    let mut found = Vec::new();
    for index in 0..cells.len() {
        found.extend(cells.slice(index)?.and_then(read_large));
    }
    Ok(found)
}

fn row_points_to(row: &[u8], found: &mut Vec<(Address, Role)>) -> Result<()> {
    let cells = Cells::new(row)?;
    for index in 0..cells.len() {
        if let Some(blob) = cells.slice(index)?.and_then(read_large) {
            found.push((blob.root, Role::Plain));
        }
    }
    Ok(())
}

/// All that a chunk can point to, whatever role it plays: more than it does point to, never less. What a
/// transaction's overlay follows to see which of its new chunks are still wanted; addresses that it does not hold
/// mean nothing to it.
pub fn may_point_to(chunk: &Chunk) -> Result<Vec<Address>> {
    let mut found = Vec::new();
    if chunk.kind()? == Kind::Root {
        let (entries, _) = Root::entries_of(chunk)?;
        for entry in entries {
            found.extend([entry.schema, entry.rows.root()]);
            found.extend(entry.indexes.iter().map(|index| index.root()));
        }
        return Ok(found);
    }
    let mut wider = points_to(chunk, Role::Plain)?;
    for (_, value) in leaf_entries(chunk)? {
        for role in ROLES {
            // In a role that the map does not have, a value may be nothing that can be read.
            let _ = value_points_to(&value, role, &mut wider);
        }
    }
    found.extend(wider.into_iter().map(|(address, _)| address));
    found.sort();
    found.dedup();
    Ok(found)
}

/// Addresses that a publication's records point to: where its new chunks are reached from.
pub fn publication_points_to(publication: &Publication) -> Result<Vec<Address>> {
    let mut found = Vec::new();
    for (name, value) in &publication.set {
        if let Some(value) = value {
            found.extend(record_points_to(name, value)?.into_iter().map(|(address, _)| address));
        }
    }
    Ok(found)
}
