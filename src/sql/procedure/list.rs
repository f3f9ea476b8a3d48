//! The one list of procedures.

use super::Procedure;

pub const ALL: &[&dyn Procedure] = &[];
