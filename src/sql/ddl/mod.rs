//! Definitions: CREATE, ALTER, DROP, RENAME TABLE and TRUNCATE, from text to a changed workspace.
//!
//! `lexer → reader → columns, parse → definition`, then one file for each thing that is defined.

mod columns;
mod definition;
mod lexer;
mod parse;
mod reader;

pub use definition::*;
pub use parse::{is_definition, parse};
