//! The one list of system tables.

use super::{branches, commit_ancestors, commits, log, status, tags, SystemTable};

/// Asked in order; the first that knows the name serves it.
pub const ALL: &[&dyn SystemTable] = &[
    &branches::Branches,
    &commit_ancestors::CommitAncestors,
    &commits::Commits,
    &log::Log,
    &status::Status,
    &tags::Tags,
];
