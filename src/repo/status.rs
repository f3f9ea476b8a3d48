//! Status: what is staged, what is not, and what a merge left behind.

use super::{diff_roots, diff_views, DeltaKind, Operation, Root, WorkingSet};
use crate::chunk::ChunkStore;
use crate::error::Result;
use crate::hash::Address;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State { NewTable, Modified, Deleted, Renamed, Conflict, SchemaConflict, ConstraintViolation }

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            State::NewTable => "new table",
            State::Modified => "modified",
            State::Deleted => "deleted",
            State::Renamed => "renamed",
            State::Conflict => "conflict",
            State::SchemaConflict => "schema conflict",
            State::ConstraintViolation => "constraint violation",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusEntry {
    /// Of a rename: `old -> new`.
    pub table: String,
    pub staged: bool,
    pub state: State,
}

/// Views show as the table `dolt_schemas`, as Dolt shows them.
pub const VIEWS_TABLE: &str = "dolt_schemas";

/// Staged entries first, then unstaged ones, then what a merge left, each by name.
pub fn status(store: &dyn ChunkStore, head_root: &Address, working_set: &WorkingSet) -> Result<Vec<StatusEntry>> {
    let mut entries = Vec::new();
    if *head_root != working_set.staged || working_set.staged != working_set.working {
        let head = Root::read(store, head_root)?;
        let staged = Root::read(store, &working_set.staged)?;
        let working = Root::read(store, &working_set.working)?;
        push_deltas(&mut entries, &head, &staged, true);
        push_deltas(&mut entries, &staged, &working, false);
    }
    if let Some(merge) = &working_set.merge {
        // Rows that break a constraint are all that need be said of their table.
        let broken = |entry: &StatusEntry| merge.violations.contains_key(&super::fold(&entry.table));
        if merge.operation != Operation::Verify {
            entries.retain(|entry| entry.staged || entry.state != State::Modified || !broken(entry));
        }
        let mut push = |table: &str, state| entries.push(StatusEntry { table: table.to_owned(), staged: false, state });
        merge.conflicts.keys().for_each(|table| push(table, State::Conflict));
        merge.schema_conflicts.iter().for_each(|conflict| push(&conflict.table, State::SchemaConflict));
        merge.violations.keys().for_each(|table| push(table, State::ConstraintViolation));
    }
    Ok(entries)
}

fn push_deltas(entries: &mut Vec<StatusEntry>, from: &Root, to: &Root, staged: bool) {
    for delta in diff_roots(from, to) {
        let state = match delta.kind() {
            DeltaKind::Added => State::NewTable,
            DeltaKind::Dropped => State::Deleted,
            DeltaKind::Modified => State::Modified,
            DeltaKind::Renamed => State::Renamed,
        };
        let table = match (&delta.from, state) {
            (Some(from), State::Renamed) => format!("{} -> {}", from.schema.name, delta.name()),
            _ => delta.name().to_owned(),
        };
        entries.push(StatusEntry { table, staged, state });
    }
    if !diff_views(from, to).is_empty() {
        let state = match (from.views.is_empty(), to.views.is_empty()) {
            (true, _) => State::NewTable,
            (_, true) => State::Deleted,
            _ => State::Modified,
        };
        entries.push(StatusEntry { table: VIEWS_TABLE.to_owned(), staged, state });
    }
}
