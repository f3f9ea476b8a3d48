//! The one list of procedures.

use super::{
    add, branch, checkout, clean, commit, config, conflicts_resolve, merge, pick, reset, rm, tag, undo, Procedure,
};

pub const ALL: &[&dyn Procedure] = &[
    &add::Add,
    &branch::Branch,
    &checkout::Checkout,
    &clean::Clean,
    &commit::Commit,
    &commit::CommitHashOut,
    &config::Config,
    &conflicts_resolve::ConflictsResolve,
    &merge::Merge,
    &pick::CherryPick,
    &pick::Revert,
    &reset::Reset,
    &rm::Rm,
    &tag::Tag,
    &undo::Undo,
];
