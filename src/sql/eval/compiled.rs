//! The evaluator for the write operator: defaults, checks, generated columns, RETURNING, arguments of CALL.

use std::rc::Rc;

use gluesql::core::sqlparser::ast;

use super::{Env, Expr, Type};
use crate::error::Result;
use crate::repo::Schema;
use crate::sql::parser::parse_expression;
use crate::sql::plan::{self, Binder};
use crate::sql::relation::Row;
use crate::sql::{Context, OutputColumn};
use crate::tuple::{ColumnType, Value};

/// The names that an expression may use, in the order of the row's cells.
#[derive(Clone, Default)]
pub struct Scope { names: plan::Scope, width: usize }

impl Scope {
    /// No names: defaults.
    pub fn empty() -> Self { Scope::default() }

    /// A table's columns in order, under its name or an alias.
    pub fn table(schema: &Schema, alias: Option<&str>) -> Self { Scope::default().and(schema, alias.unwrap_or(&schema.name)) }

    /// The columns of a further table (`excluded`) after those that are there. A bare name that both have means the
    /// first one's.
    pub fn and(mut self, schema: &Schema, alias: &str) -> Self {
        let first = self.names.columns.len();
        self.names.add_table(schema, &Rc::from(alias), self.width);
        self.width += schema.columns.len();
        if first > 0 {
            self.names.columns[first..].iter_mut().for_each(|column| column.bare = false);
        }
        self
    }

    pub fn len(&self) -> usize { self.width }
    pub fn is_empty(&self) -> bool { self.width == 0 }
}

/// An expression, compiled. Subqueries in it run when it is evaluated.
pub struct Compiled { expr: Expr }

/// Compiles an expression. Errors name the column or function that is not there.
pub fn compile(cx: &Context, expr: &ast::Expr, scope: &Scope) -> Result<Compiled> {
    let mut binder = Binder::new(cx);
    binder.scope = scope.names.clone();
    binder.width = scope.width;
    Ok(Compiled { expr: binder.plain(expr)?.expr })
}

/// As [`compile`], from text as kept in the schema.
pub fn compile_text(cx: &Context, text: &str, scope: &Scope) -> Result<Compiled> { compile(cx, &*parse_expression(text)?, scope) }

impl Compiled {
    pub fn eval(&self, row: &[Value], cx: &Context) -> Result<Value> {
        match &self.expr {
            // What most cells of an INSERT are needs no environment.
            Expr::Literal(value) => Ok(value.clone()),
            Expr::Parameter(at) if *at < cx.parameters.len() => Ok(cx.parameters[*at].clone()),
            expr => expr.eval(row, &Env::new(cx.clone())),
        }
    }

    /// As a truth value: `None` is unknown.
    pub fn truth(&self, row: &[Value], cx: &Context) -> Result<Option<bool>> { self.expr.truth(row, &Env::new(cx.clone())) }

    /// Columns of the scope that it reads.
    pub fn columns(&self) -> Vec<usize> { self.expr.columns() }
}

/// RETURNING: the columns that a select list answers over a scope (`*` included), and how to compute each.
pub fn compile_list(cx: &Context, items: &[ast::SelectItem], scope: &Scope) -> Result<(Vec<OutputColumn>, Vec<Compiled>)> {
    let mut binder = Binder::new(cx);
    binder.scope = scope.names.clone();
    binder.width = scope.width;
    let outputs = binder.list(items)?.into_iter().map(|output| {
        let column_type = match &output.bound {
            plan::Bound { expr: Expr::Column(_), kind: Type { column_type, .. } } => column_type.clone(),
            _ => ColumnType::Any,
        };
        (OutputColumn::new(output.name, column_type), Compiled { expr: output.bound.expr })
    });
    Ok(outputs.unzip())
}

/// Evaluates a constant expression: an argument of CALL, the value of SET, a LIMIT.
pub fn constant(cx: &Context, expr: &ast::Expr) -> Result<Value> { Binder::new(cx).constant(expr) }

/// A row of values through a list of expressions.
pub fn eval_all(list: &[Compiled], row: &[Value], cx: &Context) -> Result<Row> {
    let env = Env::new(cx.clone());
    list.iter().map(|compiled| compiled.expr.eval(row, &env)).collect()
}
