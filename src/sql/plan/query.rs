//! Whole queries: WITH, set operations, VALUES, and ORDER BY and LIMIT over their output.

use std::rc::Rc;

use gluesql::core::sqlparser::ast::{self, SetExpr, SetOperator, SetQuantifier};

use super::bind::Cte;
use super::{Binder, Node, SetOperation, SortKey};
use crate::error::{Code, Error, Result};
use crate::sql::eval::{Expr, Type};
use crate::sql::OutputColumn;
use crate::tuple::{ColumnType, Value};

/// A query ready to run.
pub struct Planned { pub node: Node, pub columns: Vec<OutputColumn>, pub kinds: Vec<Type> }

/// ORDER BY, LIMIT and OFFSET of a query.
pub struct Tail<'q> { pub order_by: &'q [ast::OrderByExpr], pub limit: Option<Expr>, pub offset: Option<Expr> }

impl<'a> Binder<'a> {
    /// A query that sees what this binder sees around itself.
    pub fn query(&self, query: &ast::Query) -> Result<Planned> {
        let mut binder = self.sibling();
        if let Some(with) = &query.with {
            binder.with(with)?;
        }
        refuse(query)?;
        let tail = binder.tail(query)?;
        binder.body(&query.body, tail)
    }

    fn with(&mut self, with: &ast::With) -> Result<()> {
        if with.recursive {
            return Err(Error::unsupported("WITH RECURSIVE is not supported yet"));
        }
        for cte in &with.cte_tables {
            let captured = self.captures.borrow().len();
            let mut planned = self.query(&cte.query)?;
            for (column, name) in planned.columns.iter_mut().zip(&cte.alias.columns) {
                column.name = name.value.as_str().into();
            }
            let mut ctes = (*self.ctes).clone();
            ctes.push(Cte {
                name: cte.alias.name.value.clone(),
                node: Rc::new(planned.node),
                columns: planned.columns.into(),
                kinds: planned.kinds.into(),
                // What reads the query around it differs from row to row.
                shared: self.captures.borrow().len() == captured && self.parent.is_none(),
            });
            self.ctes = Rc::new(ctes);
        }
        Ok(())
    }

    fn tail<'q>(&self, query: &'q ast::Query) -> Result<Tail<'q>> {
        let bound = |expr: &ast::Expr| -> Result<Expr> { Ok(self.sibling().plain(expr)?.expr) };
        let limit = query.limit.as_ref().map(bound).transpose()?;
        let fetched = query.fetch.as_ref().and_then(|fetch| fetch.quantity.as_ref()).map(bound).transpose()?;
        Ok(Tail {
            order_by: query.order_by.as_ref().map_or(&[], |order| &order.exprs),
            limit: limit.or(fetched),
            offset: query.offset.as_ref().map(|offset| bound(&offset.value)).transpose()?,
        })
    }

    fn body(&self, body: &SetExpr, tail: Tail<'_>) -> Result<Planned> {
        match body {
            SetExpr::Select(select) => self.select(select, tail),
            SetExpr::Query(query) => {
                let planned = self.query(query)?;
                self.order_output(planned, tail)
            }
            SetExpr::Values(values) => {
                let planned = self.values(values)?;
                self.order_output(planned, tail)
            }
            SetExpr::SetOperation { op, set_quantifier, left, right } => {
                let planned = self.deeper(|| self.set_operation(*op, *set_quantifier, left, right))?;
                self.order_output(planned, tail)
            }
            SetExpr::Table(_) => Err(Error::unsupported("TABLE t is not supported; use SELECT * FROM t")),
            SetExpr::Insert(_) | SetExpr::Update(_) => Err(Error::unsupported("INSERT or UPDATE inside a query is not supported")),
        }
    }

    fn set_operation(&self, op: SetOperator, quantifier: SetQuantifier, left: &SetExpr, right: &SetExpr) -> Result<Planned> {
        let none = || Tail { order_by: &[], limit: None, offset: None };
        let left = self.sibling().body(left, none())?;
        let right = self.sibling().body(right, none())?;
        let all = match quantifier {
            SetQuantifier::All => true,
            SetQuantifier::None | SetQuantifier::Distinct => false,
            other => return Err(Error::unsupported(format!("{op} {other} is not supported"))),
        };
        let operation = match (op, all) {
            (SetOperator::Union, true) => SetOperation::UnionAll,
            (SetOperator::Union, false) => SetOperation::Union,
            (SetOperator::Intersect, false) => SetOperation::Intersect,
            (SetOperator::Except, false) => SetOperation::Except,
            (op, true) => return Err(Error::unsupported(format!("{op} ALL is not supported"))),
        };
        if left.columns.len() != right.columns.len() {
            let (l, r) = (left.columns.len(), right.columns.len());
            return Err(Error::new(Code::Type, format!("the sides of {op} have {l} and {r} columns")));
        }
        let mut columns = left.columns;
        let mut kinds = left.kinds;
        for ((column, kind), other) in columns.iter_mut().zip(&mut kinds).zip(&right.columns) {
            if column.column_type != other.column_type {
                column.column_type = ColumnType::Any;
                *kind = Type { nocase: kind.nocase, ..Type::UNKNOWN };
            }
        }
        let node = Node::Set { operation, left: Box::new(left.node), right: Box::new(right.node) };
        Ok(Planned { node, columns, kinds })
    }

    fn values(&self, values: &ast::Values) -> Result<Planned> {
        let width = values.rows.first().map_or(0, Vec::len);
        let mut rows = Vec::with_capacity(values.rows.len());
        for row in &values.rows {
            if row.len() != width {
                return Err(Error::new(Code::Syntax, format!("all rows of VALUES have {width} values, one has {}", row.len())));
            }
            rows.push(row.iter().map(|expr| Ok(self.plain(expr)?.expr)).collect::<Result<Vec<Expr>>>()?);
        }
        let columns = (1..=width).map(|at| OutputColumn::new(format!("column{at}"), ColumnType::Any)).collect();
        Ok(Planned { node: Node::Values(rows), columns, kinds: vec![Type::UNKNOWN; width] })
    }

    /// ORDER BY over output columns: by number or by name.
    fn order_output(&self, planned: Planned, tail: Tail<'_>) -> Result<Planned> {
        let Planned { mut node, columns, kinds } = planned;
        let mut keys = Vec::new();
        for key in tail.order_by {
            let (expr, explicit) = collated(&key.expr)?;
            let cell = match ordinal(expr, columns.len(), "ORDER BY")? {
                Some(cell) => cell,
                None => {
                    let name = match expr {
                        ast::Expr::Identifier(name) => name.value.clone(),
                        other => other.to_string(),
                    };
                    columns.iter().position(|column| column.name.eq_ignore_ascii_case(&name)).ok_or_else(|| {
                        Error::new(Code::ColumnNotFound, format!("ORDER BY of a set operation names an output column, {name} is none"))
                    })?
                }
            };
            keys.push(sort_key(key, cell, explicit.unwrap_or(kinds[cell].nocase)));
        }
        if !keys.is_empty() {
            node = Node::Sort { input: Box::new(node), keys, top: top(&tail) };
        }
        Ok(Planned { node: limited(node, tail), columns, kinds })
    }
}

pub fn limited(node: Node, tail: Tail<'_>) -> Node {
    match (tail.limit, tail.offset) {
        (None, None) => node,
        (limit, offset) => Node::Limit { input: Box::new(node), limit, offset },
    }
}

/// How many first rows a sort has to give, as the expressions whose sum it is.
pub fn top(tail: &Tail<'_>) -> Option<Vec<Expr>> {
    tail.limit.as_ref().map(|limit| std::iter::once(limit).chain(&tail.offset).cloned().collect())
}

pub fn sort_key(key: &ast::OrderByExpr, cell: usize, nocase: bool) -> SortKey {
    let descending = key.asc == Some(false);
    // SQLite's NULLs are least.
    SortKey { cell, descending, nulls_first: key.nulls_first.unwrap_or(!descending), nocase }
}

/// An expression without its COLLATE, and what that says.
pub fn collated(expr: &ast::Expr) -> Result<(&ast::Expr, Option<bool>)> {
    match expr {
        ast::Expr::Collate { expr, collation } => Ok((expr, Some(super::expression::nocase(&collation.to_string())?))),
        other => Ok((other, None)),
    }
}

/// `ORDER BY 2`: the output column that a plain number means.
pub fn ordinal(expr: &ast::Expr, columns: usize, clause: &str) -> Result<Option<usize>> {
    let ast::Expr::Value(value @ ast::Value::Number(..)) = expr else { return Ok(None) };
    let Expr::Literal(Value::Int(number)) = super::expression::literal(value)? else { return Ok(None) };
    match usize::try_from(number) {
        Ok(number) if (1..=columns).contains(&number) => Ok(Some(number - 1)),
        _ => Err(Error::new(Code::ColumnNotFound, format!("{clause} {number} is out of range: there are {columns} columns"))),
    }
}

fn refuse(query: &ast::Query) -> Result<()> {
    let clause = match () {
        _ if !query.limit_by.is_empty() => "LIMIT BY",
        _ if query.for_clause.is_some() => "FOR XML",
        _ if query.settings.is_some() => "SETTINGS",
        _ if query.format_clause.is_some() => "FORMAT",
        _ if query.order_by.as_ref().is_some_and(|order| order.interpolate.is_some()) => "INTERPOLATE",
        _ if query.fetch.as_ref().is_some_and(|fetch| fetch.with_ties || fetch.percent) => "FETCH … PERCENT or WITH TIES",
        _ => return Ok(()),
    };
    Err(Error::unsupported(format!("{clause} is not supported")))
}
