//! The one list of system tables.

use super::SystemTable;

/// Asked in order; the first that knows the name serves it.
pub const ALL: &[&dyn SystemTable] = &[];
