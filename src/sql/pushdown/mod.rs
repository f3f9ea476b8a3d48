//! What the store can answer better than a walk over all rows: ranges of keys and indexes, order, counts; and in which
//! order tables are joined, and how.
//!
//! `SET prollite_pushdown = off` leaves all of it out; the answers must be the same.

mod access;
mod counts;
mod joins;
mod order;
mod plan;

pub use access::describe;
pub use counts::count_from_trees;
pub use order::order_from_keys;
pub use plan::{limit_system, plan_from};
