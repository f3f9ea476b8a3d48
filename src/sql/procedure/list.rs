//! The one list of procedures.

use super::{
    add, branch, checkout, clean, clone, commit, config, conflicts_resolve, elsewhere, fetch, gc, merge, pick, pull, push, rebase, remote, reset, rm, squash_history, stash, tag, undo, unlazy, verify, verify_constraints,
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
    &elsewhere::BACKUP,
    &elsewhere::CLUSTER_ROLE,
    &fetch::Fetch,
    &gc::Gc,
    &merge::Merge,
    &pick::CherryPick,
    &pick::Revert,
    &pull::Pull,
    &push::Push,
    &rebase::Rebase,
    &remote::Remote,
    &reset::Reset,
    &rm::Rm,
    &squash_history::SquashHistory,
    &stash::Stash,
    &tag::Tag,
    &undo::Undo,
    &unlazy::Unlazy,
    &verify::Verify,
    &verify_constraints::VerifyConstraints,
];
