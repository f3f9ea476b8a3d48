//! The one list of system tables.

use super::{
    at, blame, branch_status, branches, commit_ancestors, commit_diff, commits, conflicts, conflicts_table, constraint_violations, diff,
    diff_stat, diff_summary, diff_table, history, log, merge_status, preview_merge_conflicts, reflog, schema_conflicts, schema_diff, status, tags,
    SystemTable,
};

/// Asked in order; the first that knows the name serves it.
pub const ALL: &[&dyn SystemTable] = &[
    &branch_status::BranchStatus,
    &branches::Branches,
    &commit_ancestors::CommitAncestors,
    &commits::Commits,
    &conflicts::Conflicts,
    &constraint_violations::ConstraintViolations,
    &diff::Diff,
    &diff_stat::DiffStat,
    &diff_summary::DiffSummary,
    &log::Log,
    &merge_status::MergeStatus,
    &preview_merge_conflicts::PreviewMergeConflicts,
    &reflog::Reflog,
    &schema_conflicts::SchemaConflicts,
    &schema_diff::SchemaDiff,
    &status::Status,
    &tags::Tags,
    // Families, after the names that they would swallow.
    &at::At,
    &blame::Blame,
    &commit_diff::CommitDiff,
    &conflicts_table::ConflictsTable,
    &diff_table::DiffTable,
    &history::History,
];
