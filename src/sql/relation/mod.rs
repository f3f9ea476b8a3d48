//! Rows that stream: our own operators, one a file, and what table functions and system tables answer.
//!
//! An operator fills its cells of the row that it is handed and leaves the others alone (see `plan`): the tables of one
//! FROM share a row, so a join copies nothing. An error ends a stream for good; a fault does, unless it parks.

mod bounds;
mod derived;
mod distinct;
mod filter;
mod function;
mod group;
mod hash_join;
mod lateral;
mod limit;
mod lookup_join;
mod loop_join;
mod open;
mod project;
mod recursive;
mod saved;
mod scan;
mod set_operation;
mod sort;
mod stream;
mod system;
mod values;
mod window;

pub use bounds::{key_ranges, whole_keys, BoundParts};
pub use open::{open, parked, Operator, Parked};
pub use stream::{Relation, Row, Rows};
