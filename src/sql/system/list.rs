//! The one list of system tables.

use super::{
    at, branches, commit_ancestors, commit_diff, commits, conflicts, conflicts_table, constraint_violations, diff,
    diff_table, history, log, merge_status, preview_merge_conflicts, schema_conflicts, schema_diff, status, tags,
    SystemTable,
};

/// Asked in order; the first that knows the name serves it.
pub const ALL: &[&dyn SystemTable] = &[
    &branches::Branches,
    &commit_ancestors::CommitAncestors,
    &commits::Commits,
    &conflicts::Conflicts,
    &constraint_violations::ConstraintViolations,
    &diff::Diff,
    &log::Log,
    &merge_status::MergeStatus,
    &preview_merge_conflicts::PreviewMergeConflicts,
    &schema_conflicts::SchemaConflicts,
    &schema_diff::SchemaDiff,
    &status::Status,
    &tags::Tags,
    // Families, after the names that they would swallow.
    &at::At,
    &commit_diff::CommitDiff,
    &conflicts_table::ConflictsTable,
    &diff_table::DiffTable,
    &history::History,
];
