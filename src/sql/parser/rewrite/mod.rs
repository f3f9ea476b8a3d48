//! What sqlparser cannot parse, turned into what it can: rules over the token stream, one a file, in this order.
//! Each keeps the position of the tokens it replaces.

mod as_of;
mod empty_row;
mod hex_number;
mod in_table;
mod index_hint;
mod insert_set;
mod or_policy;
mod parameters;

pub use as_of::{as_of, AS_OF_MARK};
pub use empty_row::{empty_row, ALL_DEFAULTS};
pub use hex_number::numbers;
pub use in_table::in_table;
pub use index_hint::index_hint;
pub use insert_set::insert_set;
pub use or_policy::or_policy;
pub use parameters::parameters;
