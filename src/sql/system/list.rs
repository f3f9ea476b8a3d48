//! The one list of system tables.

use super::{
    at, branches, commit_ancestors, commit_diff, commits, diff, diff_table, history, log, schema_diff, status, tags,
    SystemTable,
};

/// Asked in order; the first that knows the name serves it.
pub const ALL: &[&dyn SystemTable] = &[
    &branches::Branches,
    &commit_ancestors::CommitAncestors,
    &commits::Commits,
    &diff::Diff,
    &log::Log,
    &schema_diff::SchemaDiff,
    &status::Status,
    &tags::Tags,
    // Families, after the names that they would swallow.
    &at::At,
    &commit_diff::CommitDiff,
    &diff_table::DiffTable,
    &history::History,
];
