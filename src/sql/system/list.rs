//! The one list of system tables.

use super::{
    at, blame, branch_status, branches, column_diff, commit_ancestors, commit_diff, commits, conflict_hunks, conflicts, conflicts_table, constraint_violations, diff,
    diff_stat, diff_summary, diff_table, history, information_schema, log, merge_status, own_tables, patch,
    preview_merge_conflicts, rebase, reflog, remotes, schema_conflicts, schema_diff, schemas, sqlite_master, stashes, status, tags,
    text_hunks, workspace,
    SystemTable,
};

/// Asked in order; the first that knows the name serves it.
pub const ALL: &[&dyn SystemTable] = &[
    &branch_status::BranchStatus,
    &branches::Branches,
    &column_diff::ColumnDiff,
    &commit_ancestors::CommitAncestors,
    &commits::Commits,
    &conflicts::Conflicts,
    &constraint_violations::ConstraintViolations,
    &diff::Diff,
    &diff_stat::DiffStat,
    &diff_summary::DiffSummary,
    &information_schema::InformationSchema,
    &log::Log,
    &merge_status::MergeStatus,
    &own_tables::OwnTables,
    &patch::Patch,
    &preview_merge_conflicts::PreviewMergeConflicts,
    &rebase::Rebase,
    &reflog::Reflog,
    &remotes::Remotes,
    &schema_conflicts::SchemaConflicts,
    &schema_diff::SchemaDiff,
    &schemas::Schemas,
    &sqlite_master::SqliteMaster,
    &stashes::Stashes,
    &status::Status,
    &tags::Tags,
    &text_hunks::TextHunks,
    // Families, after the names that they would swallow.
    &at::At,
    &blame::Blame,
    &commit_diff::CommitDiff,
    &conflict_hunks::ConflictHunks,
    &conflicts_table::ConflictsTable,
    &diff_table::DiffTable,
    &history::History,
    &workspace::Workspace,
];
