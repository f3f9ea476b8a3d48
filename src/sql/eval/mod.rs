//! What an expression means: one compiled evaluator over rows of values, for queries, defaults, checks,
//! generated columns and assignments alike.

pub mod aggregates;
pub mod convert;
pub mod functions;
pub mod identity;

use gluesql::core::sqlparser::ast;

use super::Context;
use crate::error::Result;
use crate::repo::Schema;
use crate::sql::relation::Row;
use crate::tuple::{ColumnType, Value};

/// The names that an expression may use, in the order of the row's cells.
#[derive(Clone, Debug, Default)]
pub struct Scope { columns: Vec<ScopeColumn> }

#[derive(Clone, Debug)]
struct ScopeColumn { qualifier: Option<std::rc::Rc<str>>, name: std::rc::Rc<str>, column_type: ColumnType, nocase: bool }

impl Scope {
    /// No names: defaults.
    pub fn empty() -> Self { Scope::default() }
    /// A table's columns in order, under its name or an alias.
    pub fn table(schema: &Schema, alias: Option<&str>) -> Self { Scope::default().and(schema, alias.unwrap_or(&schema.name)) }
    /// The columns of a further table (`excluded`) after those that are there.
    pub fn and(mut self, schema: &Schema, alias: &str) -> Self {
        self.columns.extend(schema.columns.iter().map(|column| ScopeColumn {
            qualifier: Some(alias.into()),
            name: column.name.clone(),
            column_type: column.column_type.clone(),
            nocase: column.nocase,
        }));
        self
    }
    pub fn len(&self) -> usize { self.columns.len() }
    pub fn is_empty(&self) -> bool { self.columns.is_empty() }
}

/// An expression, compiled. Subqueries in it run when it is evaluated.
pub struct Compiled {}

/// Compiles an expression. Errors name the column or function that is not there.
pub fn compile(cx: &Context, expr: &ast::Expr, scope: &Scope) -> Result<Compiled> { todo!() }
/// As [`compile`], from text as kept in the schema.
pub fn compile_text(cx: &Context, text: &str, scope: &Scope) -> Result<Compiled> { todo!() }

impl Compiled {
    pub fn eval(&self, row: &[Value], cx: &Context) -> Result<Value> { todo!() }
    /// As a truth value: `None` is unknown.
    pub fn truth(&self, row: &[Value], cx: &Context) -> Result<Option<bool>> { todo!() }
    /// Columns of the scope that it reads.
    pub fn columns(&self) -> Vec<usize> { todo!() }
}

/// RETURNING: the columns that a select list answers over a scope (`*` included), and how to compute each.
pub fn compile_list(cx: &Context, items: &[ast::SelectItem], scope: &Scope) -> Result<(Vec<super::OutputColumn>, Vec<Compiled>)> { todo!() }

/// Evaluates a constant expression: an argument of CALL, the value of SET, a LIMIT.
pub fn constant(cx: &Context, expr: &ast::Expr) -> Result<Value> { todo!() }

/// A row of values through a list of expressions.
pub fn eval_all(list: &[Compiled], row: &[Value], cx: &Context) -> Result<Row> { list.iter().map(|expr| expr.eval(row, cx)).collect() }
