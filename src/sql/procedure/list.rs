//! The one list of procedures.

use super::{
    add, branch, checkout, clean, commit, config, conflicts_resolve, gc, merge, pick, reset, rm, squash_history, stash, tag, undo, verify,
    Procedure,
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
    &gc::Gc,
    &merge::Merge,
    &pick::CherryPick,
    &pick::Revert,
    &reset::Reset,
    &rm::Rm,
    &squash_history::SquashHistory,
    &stash::Stash,
    &tag::Tag,
    &undo::Undo,
    &verify::Verify,
];
