//! The one list of table functions.

use super::{generate_series, json_each, TableFunction};

pub const ALL: &[&dyn TableFunction] = &[&generate_series::GenerateSeries, &json_each::JsonEach, &json_each::JsonTree];
