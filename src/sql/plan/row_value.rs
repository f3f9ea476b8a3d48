//! Row values: `(a, b) = (1, 2)`, `(a, b) < (SELECT x, y …)`, `(a, b) IN (SELECT x, y …)`.
//!
//! A row is its columns' expressions, and a comparison of rows one of those: `(a, b) < (c, d)` is
//! `a < c OR (a = c AND b < d)`. `(a, b) IN (SELECT x, y …)` is `1 IN (SELECT a = x AND b = y …)`, unknowns included.

use std::rc::Rc;

use gluesql::core::sqlparser::ast;

use super::{Binder, Bound, Node};
use crate::error::{Code, Error, Result};
use crate::sql::eval::{Comparator, Comparison, Expr, Rule, Subquery, Type};
use crate::tuple::Value;

pub fn tuple(expr: &ast::Expr) -> Option<&[ast::Expr]> {
    match expr {
        ast::Expr::Tuple(list) => Some(list),
        ast::Expr::Nested(inner) => tuple(inner),
        _ => None,
    }
}

impl Binder<'_> {
    /// Both operands as rows, when either is one.
    pub fn rows_of(&self, left: &ast::Expr, right: &ast::Expr) -> Result<Option<(Vec<Bound>, Vec<Bound>)>> {
        if tuple(left).is_none() && tuple(right).is_none() {
            return Ok(None);
        }
        let (left, right) = (self.row(left)?, self.row(right)?);
        if left.len() != right.len() {
            return Err(Error::new(Code::Type, format!("row values of {} and {} columns cannot be compared", left.len(), right.len())));
        }
        Ok(Some((left, right)))
    }

    fn row(&self, expr: &ast::Expr) -> Result<Vec<Bound>> {
        match expr {
            ast::Expr::Tuple(list) => list.iter().map(|expr| self.expr(expr)).collect(),
            ast::Expr::Nested(inner) => self.row(inner),
            ast::Expr::Subquery(query) => {
                let (query, kinds) = self.query_in_expression(query)?;
                let column = |(at, kind): (usize, Type)| {
                    let node = on_top(&query, vec![Expr::Column(at)]);
                    Bound { expr: Expr::Scalar(Rc::new(Subquery { node, inputs: query.inputs.clone(), width: 1 })), kind }
                };
                Ok(kinds.into_iter().enumerate().map(column).collect())
            }
            other => Ok(vec![self.expr(other)?]),
        }
    }

    pub fn compare_rows(&self, op: Comparator, left: &[Bound], right: &[Bound]) -> Result<Expr> {
        let pair = |op: Comparator, at: usize| self.compare(op, left[at].clone(), right[at].clone());
        let each = |op: Comparator| (0..left.len()).map(|at| pair(op, at)).collect::<Result<Vec<Expr>>>();
        match op {
            Comparator::Eq => Ok(Expr::And(each(Comparator::Eq)?)),
            Comparator::NotEq => Ok(Expr::Or(each(Comparator::NotEq)?)),
            _ => {
                // The last pair takes the equal case.
                let strict = match op {
                    Comparator::LtEq => Comparator::Lt,
                    Comparator::GtEq => Comparator::Gt,
                    op => op,
                };
                let mut branches = Vec::new();
                for at in 0..left.len() {
                    let mut parts = (0..at).map(|before| pair(Comparator::Eq, before)).collect::<Result<Vec<Expr>>>()?;
                    parts.push(pair(if at + 1 == left.len() { op } else { strict }, at)?);
                    branches.push(Expr::And(parts));
                }
                Ok(Expr::Or(branches))
            }
        }
    }

    /// `IS [NOT] DISTINCT FROM` between rows.
    pub fn distinct_rows(&self, left: Vec<Bound>, right: Vec<Bound>, distinct: bool) -> Result<Expr> {
        let mut parts = Vec::with_capacity(left.len());
        for (left, right) in left.into_iter().zip(right) {
            let (right, rule) = self.comparable(&left, right)?;
            let comparison = Comparison { op: Comparator::Eq, left: left.expr, right, rule };
            parts.push(Expr::Distinct { comparison: Box::new(comparison), distinct });
        }
        Ok(if distinct { Expr::Or(parts) } else { Expr::And(parts) })
    }

    pub fn row_in_query(&self, row: &[ast::Expr], query: &ast::Query, negated: bool) -> Result<Expr> {
        let (query, kinds) = self.query_in_expression(query)?;
        if row.len() != kinds.len() {
            let message = format!("a row value of {} columns is looked for in a query of {}", row.len(), kinds.len());
            return Err(Error::new(Code::Type, message));
        }
        let mut inputs = query.inputs.clone();
        let mut parts = Vec::with_capacity(row.len());
        for (at, (expr, kind)) in row.iter().zip(kinds).enumerate() {
            let bound = self.expr(expr)?;
            let outside = Bound { expr: Expr::Outer(inputs.len()), kind: bound.kind };
            inputs.push(bound.expr);
            parts.push(self.compare(Comparator::Eq, outside, Bound { expr: Expr::Column(at), kind })?);
        }
        let node = on_top(&query, vec![Expr::And(parts)]);
        let query = Rc::new(Subquery { node, inputs, width: 1 });
        Ok(Expr::InQuery { expr: Box::new(Expr::Literal(Value::Int(1))), query, rule: Rule::default(), negated })
    }
}

/// A list over the rows of a subquery.
fn on_top(query: &Subquery, list: Vec<Expr>) -> Rc<Node> {
    let below = Node::Derived { input: query.node.clone(), offset: 0, width: query.width, shared: None, name: "row".into() };
    Rc::new(Node::Project { input: Box::new(below), list, width: query.width })
}
