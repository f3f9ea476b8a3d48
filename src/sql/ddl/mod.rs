//! Definitions: CREATE, ALTER, DROP, RENAME TABLE and TRUNCATE, from text to a changed workspace.
//!
//! `lexer → reader → columns, parse → definition`, then one file for each thing that is defined;
//! `schema_of` makes schemas, `rebuild` makes trees for them.

mod alter_table;
mod columns;
mod create_table;
mod define;
mod definition;
mod drop;
mod index;
mod lexer;
mod parse;
mod reader;
mod rebuild;
mod rename;
mod schema_of;
mod trigger;
mod view;

pub use define::define;
pub use definition::*;
pub use parse::{is_definition, parse, trigger as trigger_definition};
