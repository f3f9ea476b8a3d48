//! What a column holds when a statement names no value for it.

use super::Target;
use crate::error::Result;
use crate::sql::Context;
use crate::tuple::Value;

/// NULL without a DEFAULT; NOT NULL complains later, when AUTO_INCREMENT had its turn.
pub fn value(target: &Target, cx: &Context, position: usize) -> Result<Value> {
    match &target.defaults[position] {
        Some(default) => default.eval(&[], cx),
        None => Ok(Value::Null),
    }
}
