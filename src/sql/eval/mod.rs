//! What an expression means: one compiled evaluator over rows of values, for queries, defaults, checks,
//! generated columns and assignments alike.
//!
//! `plan` binds names and chooses conversions, `coercion` is the table of those, `run` evaluates.

pub mod aggregates;
mod arithmetic;
mod coercion;
mod compiled;
pub mod convert;
mod env;
mod expr;
pub mod functions;
pub mod identity;
mod run;

pub use arithmetic::arithmetic;
pub use coercion::{compare, order, rule, Type};
pub use compiled::{compile, compile_list, compile_text, constant, eval_all, Compiled, Scope};
pub use env::Env;
pub use run::regex;
pub use expr::{Arithmetic, Comparator, Comparison, Conversion, Expr, InList, Match, MatchKind, Rule, Subquery};

use super::Context;
