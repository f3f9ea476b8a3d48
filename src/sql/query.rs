//! How a query is run: the entry points for the session and the write operator.

use gluesql::core::sqlparser::ast;

use super::parser::{Parsed, Statement};
use super::relation::Relation;
use super::{Context, Outcome, OutputColumn};
use crate::error::Result;

/// A table that a statement changes, as the statement names it.
#[derive(Clone, Debug)]
pub struct TableTarget { pub name: ast::ObjectName, pub alias: Option<ast::Ident> }

/// Runs a parsed `Statement::Query`; plans are cached by the statement's text.
pub fn run_parsed(cx: &Context, parsed: &Parsed) -> Result<Outcome> { todo!() }

/// Runs a query.
pub fn run(cx: &Context, query: &ast::Query) -> Result<Outcome> { todo!() }

/// A query's columns and its rows as a stream: INSERT … SELECT, CREATE TABLE … AS.
pub fn relation(cx: &Context, query: &ast::Query) -> Result<(Vec<OutputColumn>, Box<dyn Relation>)> { todo!() }

/// The rows that UPDATE or DELETE changes: each is the target's cells in column order, followed by the values of
/// `assignments` (evaluated over the old row and `from`). A target row joined to several rows of `from` comes once.
pub fn changes(
    cx: &Context,
    target: &TableTarget,
    from: &[ast::TableWithJoins],
    selection: Option<&ast::Expr>,
    assignments: &[ast::Expr],
    order_by: &[ast::OrderByExpr],
    limit: Option<&ast::Expr>,
) -> Result<Box<dyn Relation>> {
    todo!()
}

/// EXPLAIN: one row a node of the plan as executed.
pub fn explain(cx: &Context, statement: &Statement) -> Result<Outcome> { todo!() }

/// `SELECT dolt_commit(…)`: the registered procedure that a query without FROM calls as its only item, and its arguments.
pub fn procedure_call(query: &ast::Query) -> Option<(&'static dyn super::procedure::Procedure, Vec<ast::Expr>, Option<&ast::Ident>)> { todo!() }
