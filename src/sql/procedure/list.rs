//! The one list of procedures.

use super::{add, branch, checkout, commit, config, reset, tag, Procedure};

pub const ALL: &[&dyn Procedure] = &[
    &add::Add,
    &branch::Branch,
    &checkout::Checkout,
    &commit::Commit,
    &config::Config,
    &reset::Reset,
    &tag::Tag,
];
