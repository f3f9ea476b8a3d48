//! INTERVAL, in MySQL's places: `d + INTERVAL 1 DAY`, DATE_ADD, DATE_SUB.

use gluesql::core::sqlparser::ast;

use super::{Binder, Bound};
use crate::error::Result;
use crate::sql::eval::Expr;

impl Binder<'_> {
    /// DATE_ADD and its kind, if the call is one.
    pub fn interval_function(&self, name: &str, arguments: &[&ast::Expr]) -> Result<Option<Bound>> {
        let back = match name {
            "date_add" | "adddate" => false,
            "date_sub" | "subdate" => true,
            _ => return Ok(None),
        };
        match arguments {
            [date, ast::Expr::Interval(interval)] => self.shift(date, interval, back).map(Some),
            [date, days] => {
                let arguments = vec![self.expr(date)?.expr, self.expr(days)?.expr, Expr::Literal("DAY".into())];
                self.call(if back { "date_sub" } else { "date_add" }, arguments).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// A date and an interval, if one side of `+` or `-` is one.
    pub fn interval(&self, left: &ast::Expr, op: &ast::BinaryOperator, right: &ast::Expr) -> Result<Option<Bound>> {
        use ast::BinaryOperator::{Minus, Plus};
        match (left, op, right) {
            (date, Plus | Minus, ast::Expr::Interval(interval)) => self.shift(date, interval, *op == Minus).map(Some),
            (ast::Expr::Interval(interval), Plus, date) => self.shift(date, interval, false).map(Some),
            _ => Ok(None),
        }
    }

    fn shift(&self, date: &ast::Expr, interval: &ast::Interval, back: bool) -> Result<Bound> {
        let mut arguments = vec![self.expr(date)?.expr, self.expr(&interval.value)?.expr];
        // PostgreSQL's '1 day' has its unit inside.
        arguments.extend(interval.leading_field.as_ref().map(|unit| Expr::Literal(unit.to_string().into())));
        self.call(if back { "date_sub" } else { "date_add" }, arguments)
    }
}
