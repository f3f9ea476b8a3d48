//! The one list of table functions.

use super::{generate_series, TableFunction};

pub const ALL: &[&dyn TableFunction] = &[&generate_series::GenerateSeries];
