//! Text to statements: our own dialect over sqlparser, cached by text.

mod statement;

use std::rc::Rc;

use gluesql::core::sqlparser::ast;

use crate::error::Result;

pub use statement::{source_of, AlterTable, CreateView, Drop, DropWhat, Parsed, Show, Statement, Update};

/// Splits and parses a script. Cached by text.
pub fn parse(text: &str) -> Result<Rc<[Parsed]>> { todo!("{text}") }

/// One expression, as in DEFAULT or CHECK. Cached by text.
pub fn parse_expression(text: &str) -> Result<Rc<ast::Expr>> { todo!("{text}") }
