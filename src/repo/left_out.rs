//! What is said of chunks that are left out here: of which tables they are, or behind which commit history ends.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::walk::points_to;
use super::{parse_closure_key, Commit, RefMap, Refs, Role, Root, Schema, WorkingSet, WORK};
use crate::chunk::Store;
use crate::error::{Code, Error, Result};
use crate::hash::Address;
use crate::prolly::KeyRange;

/// Most chunks that are read to find out whose the missing ones are.
const MOST: usize = 4_096;

/// How many of `missing` are of which table, as the branches stand now, looking no further than at what is here. May fault
/// on what is here and not resident.
pub fn tables_of(store: &Store, refs: &RefMap, missing: &[Address]) -> Result<BTreeMap<String, usize>> {
    let missing: BTreeSet<&Address> = missing.iter().collect();
    let mut roots = BTreeSet::new();
    for (_, record) in refs.records(WORK) {
        roots.insert(WorkingSet::decode(&record)?.working);
    }
    for (_, head) in refs.branches()? {
        if store.contains(&head)? {
            roots.insert(Commit::read(&**store, &head)?.root);
        }
    }
    let mut ahead: VecDeque<(Address, Role, String)> = VecDeque::new();
    for root in roots {
        if !store.contains(&root)? {
            continue;
        }
        for entry in Root::read_entries(&**store, &root)?.0 {
            let keyless = store.contains(&entry.schema)? && Schema::read(&**store, &entry.schema)?.is_keyless();
            let role = if keyless { Role::KeylessRows } else { Role::Rows };
            ahead.push_back((entry.schema, Role::Plain, entry.name.clone()));
            ahead.push_back((entry.rows.root(), role, entry.name.clone()));
            ahead.extend(entry.indexes.iter().map(|index| (index.root(), Role::Plain, entry.name.clone())));
        }
    }
    let (mut found, mut seen, mut read) = (BTreeMap::new(), BTreeSet::new(), 0);
    while let Some((address, role, table)) = ahead.pop_front() {
        if address.is_none() || !seen.insert(address) {
            continue;
        }
        if missing.contains(&address) {
            *found.entry(table).or_insert(0) += 1;
        } else if read < MOST && store.contains(&address)? {
            read += 1;
            ahead.extend(points_to(&store.get(&address)?, role)?.into_iter().map(|(below, role)| (below, role, table.clone())));
        }
    }
    Ok(found)
}

/// The commit at which history ends and before which one of `missing` comes. May fault on what is here and not resident.
pub fn end_before(store: &Store, missing: &[Address]) -> Result<Option<(Address, Commit)>> {
    for end in store.partial().map_or_else(Vec::new, |partial| partial.ends()) {
        let commit = Commit::read(&**store, &end)?;
        let near = |address: &Address| commit.parents.contains(address) || commit.recent.contains(address);
        if missing.iter().any(near) {
            return Ok(Some((end, commit)));
        }
        let mut cursor = commit.closure.cursor(store, KeyRange::all(), true);
        while let Some((key, _)) = cursor.next()? {
            if missing.contains(&parse_closure_key(&key)?.1) {
                return Ok(Some((end, commit)));
            }
        }
    }
    Ok(None)
}

/// The error of reading behind that commit.
pub fn beyond(end: &Address, commit: &Commit) -> Error {
    let subject = commit.message.lines().next().unwrap_or_default();
    let text = format!("history ends here at commit {end} ({subject}), of height {}: this clone is shallow", commit.height);
    Error::new(Code::BeyondDepth, text).with_hint("dolt_fetch('--depth', n) deepens it, dolt_fetch('--unshallow') brings all of it")
}

/// The error of reading what the remote of a lazy clone cannot be asked for.
pub fn not_here(tables: &BTreeMap<String, usize>, count: usize, remote: &str, cause: &Error) -> Error {
    let chunks = |count: usize| if count == 1 { "1 chunk".to_owned() } else { format!("{count} chunks") };
    let of = |(table, count): (&String, &usize)| format!("{} of table {table}", chunks(*count));
    let mut what: Vec<String> = tables.iter().map(of).collect();
    let others = count.saturating_sub(tables.values().sum());
    if others > 0 {
        what.push(if what.is_empty() { format!("{} of the history", chunks(others)) } else { format!("{} more", chunks(others)) });
    }
    let verb = if count == 1 { "is" } else { "are" };
    let text = format!("{} {verb} not here, and remote {remote} does not give them: {}", what.join(", "), cause.message());
    let code = if cause.code() == Code::RemoteUnreachable { Code::NotHere } else { cause.code() };
    Error::new(code, text).with_hint("this clone is lazy: ask again when the remote can be reached; dolt_unlazy() brings everything")
}
