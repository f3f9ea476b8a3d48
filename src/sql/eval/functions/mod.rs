//! Scalar functions: name, number of arguments, and what is called. One file a subject, one list.
//!
//! To add one: write it beside its like and put a line into that file's list. Forms whose arguments are not all
//! evaluated (COALESCE, IIF, CASE) are no functions: the compiler knows them.

mod calendar;
mod datetime;
mod format;
pub mod json;
pub mod like;
mod math;
mod merge_text;
mod moment;
mod regexp;
mod session;
mod text;
mod value;
mod versioning;

pub use merge_text::texts;
pub use value::{MAX_NOCASE, MIN_NOCASE};

use super::Context;
use crate::error::{Error, Result};
use crate::tuple::Value;

/// A function by name; the same name may stand with several arities.
pub struct Function {
    pub name: &'static str,
    pub min: usize,
    pub max: usize,
    pub call: Callee,
}

/// `Pure` answers the same for the same arguments, so constants fold.
#[derive(Clone, Copy)]
pub enum Callee {
    Pure(fn(&[Value]) -> Result<Value>),
    InContext(fn(&[Value], &Context) -> Result<Value>),
}

const MANY: usize = 127;

const fn pure(name: &'static str, min: usize, max: usize, call: fn(&[Value]) -> Result<Value>) -> Function {
    Function { name, min, max, call: Callee::Pure(call) }
}

const fn in_context(name: &'static str, min: usize, max: usize, call: fn(&[Value], &Context) -> Result<Value>) -> Function {
    Function { name, min, max, call: Callee::InContext(call) }
}

const LISTS: &[&[Function]] = &[text::LIST, math::LIST, merge_text::LIST, value::LIST, format::LIST, datetime::LIST, calendar::LIST, json::LIST, regexp::LIST, session::LIST, versioning::LIST];

/// The function of a folded name, `None` when there is none; a wrong number of arguments is an error that says so.
pub fn find(name: &str, arguments: usize) -> Result<Option<&'static Function>> {
    let mut known = None;
    for function in LISTS.iter().flat_map(|list| list.iter()).filter(|function| function.name == name) {
        if (function.min..=function.max).contains(&arguments) {
            return Ok(Some(function));
        }
        known = Some(function);
    }
    match known {
        None => Ok(None),
        Some(function) => Err(Error::bad_argument(format!(
            "{name}() takes {}, got {arguments}",
            match (function.min, function.max) {
                (min, max) if min == max => format!("{min} argument{}", if min == 1 { "" } else { "s" }),
                (min, MANY) => format!("at least {min} argument{}", if min == 1 { "" } else { "s" }),
                (min, max) => format!("{min} to {max} arguments"),
            }
        ))),
    }
}

impl Function {
    pub fn call(&self, arguments: &[Value], cx: &Context) -> Result<Value> {
        match self.call {
            Callee::Pure(call) => call(arguments),
            Callee::InContext(call) => call(arguments, cx),
        }
    }
    pub fn is_pure(&self) -> bool { matches!(self.call, Callee::Pure(_)) }
}
