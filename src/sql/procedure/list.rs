//! The one list of procedures.

use super::{
    add, branch, checkout, clean, clone, commit, config, conflicts_resolve, fetch, gc, merge, pick, pull, push, remote, reset, rm, squash_history, stash, tag, undo, verify,
    Procedure,
};

pub const ALL: &[&dyn Procedure] = &[
    &add::Add,
    &branch::Branch,
    &checkout::Checkout,
    &clean::Clean,
    &clone::Clone,
    &commit::Commit,
    &commit::CommitHashOut,
    &config::Config,
    &conflicts_resolve::ConflictsResolve,
    &fetch::Fetch,
    &gc::Gc,
    &merge::Merge,
    &pick::CherryPick,
    &pick::Revert,
    &pull::Pull,
    &push::Push,
    &remote::Remote,
    &reset::Reset,
    &rm::Rm,
    &squash_history::SquashHistory,
    &stash::Stash,
    &tag::Tag,
    &undo::Undo,
    &verify::Verify,
];
