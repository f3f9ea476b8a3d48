//! Text to statements: our own dialect over sqlparser, cached by text.
//!
//! `text → tokens → statements apart → rewrites → sqlparser → Statement`; definitions go to `sql::ddl` instead.

mod cache;
mod dialect;
mod error;
mod joined;
mod parse;
mod rewrite;
mod statement;
mod statements;
mod tokens;

#[cfg(test)]
mod tests;

pub use cache::Cache;
pub use dialect::GLOB;
pub use parse::{find_name, parse, parse_expression};
pub use rewrite::{ALL_DEFAULTS, AS_OF_MARK};
pub use statement::{Parsed, Show, Statement, Update};
