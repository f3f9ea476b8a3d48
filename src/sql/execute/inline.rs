//! `SELECT length(dolt_commit('-m', 'x'))`: procedures inside the expressions of a SELECT without FROM. Each is
//! called once, from left to right; its value stands in its place when the rest is evaluated.

use gluesql::core::sqlparser::ast::{
    self, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, SelectItem, SetExpr, Value as Ast,
};

use super::call;
use crate::error::{Error, Result};
use crate::sql::procedure::{Effect, Procedure, ALL};
use crate::sql::Context;
use crate::tuple::{real_to_text, Value};

/// The query with its procedures called; `None` when there are none, or a FROM.
pub fn inline(cx: &Context, query: &ast::Query, effect: &mut Effect) -> Result<Option<ast::Query>> {
    let SetExpr::Select(select) = &*query.body else { return Ok(None) };
    if !select.from.is_empty() || query.with.is_some() {
        return Ok(None);
    }
    let mut select = select.clone();
    let mut called = false;
    for item in &mut select.projection {
        if let SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } = item {
            let shown = expr.to_string();
            let mut here = false;
            walk(expr, &mut |function| {
                let Some((procedure, arguments)) = procedure_of(function) else { return Ok(None) };
                here = true;
                call::value(cx, procedure, &arguments, effect).and_then(literal).map(Some)
            })?;
            called |= here;
            // The column keeps the name that the text gives it.
            if let (true, SelectItem::UnnamedExpr(expr)) = (here, &*item) {
                *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias: ast::Ident::with_quote('"', shown) };
            }
        }
    }
    Ok(called.then(|| ast::Query { body: Box::new(SetExpr::Select(select)), ..query.clone() }))
}

fn procedure_of(function: &Function) -> Option<(&'static dyn Procedure, Vec<Expr>)> {
    let name = function.name.to_string();
    let procedure = ALL.iter().find(|procedure| procedure.name().eq_ignore_ascii_case(&name))?;
    let arguments = match &function.args {
        FunctionArguments::None => Vec::new(),
        FunctionArguments::Subquery(_) => return None,
        FunctionArguments::List(list) => list
            .args
            .iter()
            .map(|argument| match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr.clone()),
                _ => None,
            })
            .collect::<Option<_>>()?,
    };
    Some((*procedure, arguments))
}

fn literal(value: Value) -> Result<Expr> {
    Ok(Expr::Value(match value {
        Value::Null => Ast::Null,
        Value::Int(int) if int < 0 => return Err(Error::internal("a procedure answered a negative number")),
        Value::Int(int) => Ast::Number(int.into(), false),
        Value::Real(real) => Ast::SingleQuotedString(real_to_text(real)),
        Value::Decimal(decimal) => Ast::SingleQuotedString(decimal.to_string()),
        Value::Text(text) => Ast::SingleQuotedString(text.to_string()),
        Value::Blob(_) => return Err(Error::internal("a procedure answered a blob")),
    }))
}

/// Puts what `replace` answers in place of function calls, innermost arguments of other functions included.
fn walk(expr: &mut Expr, replace: &mut dyn FnMut(&Function) -> Result<Option<Expr>>) -> Result<()> {
    if let Expr::Function(function) = expr {
        if let Some(other) = replace(function)? {
            *expr = other;
            return Ok(());
        }
    }
    match expr {
        Expr::Function(function) => {
            if let FunctionArguments::List(list) = &mut function.args {
                for argument in &mut list.args {
                    if let FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) = argument {
                        walk(expr, replace)?;
                    }
                }
            }
        }
        Expr::BinaryOp { left, right, .. } => {
            walk(left, replace)?;
            walk(right, replace)?;
        }
        Expr::Like { expr, pattern, .. } | Expr::ILike { expr, pattern, .. } => {
            walk(expr, replace)?;
            walk(pattern, replace)?;
        }
        Expr::Between { expr, low, high, .. } => {
            walk(expr, replace)?;
            walk(low, replace)?;
            walk(high, replace)?;
        }
        Expr::InList { expr, list, .. } => {
            walk(expr, replace)?;
            for item in list {
                walk(item, replace)?;
            }
        }
        Expr::UnaryOp { expr, .. }
        | Expr::Nested(expr)
        | Expr::Cast { expr, .. }
        | Expr::IsNull(expr)
        | Expr::IsNotNull(expr) => walk(expr, replace)?,
        Expr::Substring { expr, substring_from, substring_for, .. } => {
            walk(expr, replace)?;
            for part in [substring_from, substring_for].into_iter().flatten() {
                walk(part, replace)?;
            }
        }
        _ => {}
    }
    Ok(())
}
