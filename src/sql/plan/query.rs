//! Whole queries: WITH, set operations, VALUES, and ORDER BY and LIMIT over their output.

use std::cell::Cell;
use std::rc::Rc;

use gluesql::core::sqlparser::ast::{self, SetExpr, SetOperator, SetQuantifier};

use super::bind::{Cte, CteRows};
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

    pub fn with(&mut self, with: &ast::With) -> Result<()> {
        for cte in &with.cte_tables {
            let (captured, queue_reads) = (self.captures.borrow().len(), self.shared.queue_reads.get());
            let mut planned = match self.recursive(cte)? {
                Some(planned) => planned,
                None => self.query(&cte.query)?,
            };
            name_columns(&mut planned.columns, &cte.alias)?;
            // What reads the query around it differs from row to row, what reads a recursion's rows from step to step.
            let shared = self.captures.borrow().len() == captured
                && self.parent.is_none()
                && (self.shared.queue_reads.get() == queue_reads || !self.in_step);
            let uses = shared.then(|| Rc::new(Cell::new(0)));
            self.add_cte(&cte.alias, CteRows::Query { node: Rc::new(planned.node), uses }, &planned.columns, &planned.kinds);
        }
        Ok(())
    }

    pub fn add_cte(&mut self, alias: &ast::TableAlias, rows: CteRows, columns: &[OutputColumn], kinds: &[Type]) {
        let mut ctes = (*self.ctes).clone();
        ctes.push(Cte { name: alias.name.value.clone(), rows, columns: columns.into(), kinds: kinds.into() });
        self.ctes = Rc::new(ctes);
    }

    pub fn tail<'q>(&self, query: &'q ast::Query) -> Result<Tail<'q>> {
        let bound = |expr: &ast::Expr| -> Result<Expr> { Ok(self.sibling().plain(expr)?.expr) };
        let limit = query.limit.as_ref().map(bound).transpose()?;
        let fetched = query.fetch.as_ref().and_then(|fetch| fetch.quantity.as_ref()).map(bound).transpose()?;
        Ok(Tail {
            order_by: query.order_by.as_ref().map_or(&[], |order| &order.exprs),
            limit: limit.or(fetched),
            offset: query.offset.as_ref().map(|offset| bound(&offset.value)).transpose()?,
        })
    }

    pub fn body(&self, body: &SetExpr, tail: Tail<'_>) -> Result<Planned> {
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
        // sqlparser lets INTERSECT bind tighter; in SQLite they all go from left to right.
        if let SetExpr::SetOperation { op: last, set_quantifier, left: middle, right } = right {
            let (left, right_of_it) = (Box::new(left.clone()), middle.clone());
            let first = SetExpr::SetOperation { op, set_quantifier: quantifier, left, right: right_of_it };
            return self.set_operation(*last, *set_quantifier, &first, right);
        }
        let none = || Tail { order_by: &[], limit: None, offset: None };
        let left = self.sibling().body(left, none())?;
        let right = self.sibling().body(right, none())?;
        let all = is_all(op, quantifier)?;
        let operation = match (op, all) {
            (SetOperator::Union, true) => SetOperation::UnionAll,
            (SetOperator::Union, false) => SetOperation::Union,
            (SetOperator::Intersect, false) => SetOperation::Intersect,
            (SetOperator::Intersect, true) => SetOperation::IntersectAll,
            (SetOperator::Except, false) => SetOperation::Except,
            (SetOperator::Except, true) => SetOperation::ExceptAll,
        };
        combine(operation, &op.to_string(), left, right)
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
        let keys = output_keys(tail.order_by, &columns, &kinds)?;
        if !keys.is_empty() {
            node = Node::Sort { input: Box::new(node), keys, top: top(&tail) };
        }
        Ok(Planned { node: limited(node, tail), columns, kinds })
    }
}

/// ORDER BY over output columns: by number or by name.
pub fn output_keys(order_by: &[ast::OrderByExpr], columns: &[OutputColumn], kinds: &[Type]) -> Result<Vec<SortKey>> {
    let mut keys = Vec::new();
    for key in order_by {
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
    Ok(keys)
}

pub fn is_all(op: impl std::fmt::Display, quantifier: SetQuantifier) -> Result<bool> {
    match quantifier {
        SetQuantifier::All => Ok(true),
        SetQuantifier::None | SetQuantifier::Distinct => Ok(false),
        other => Err(Error::unsupported(format!("{op} {other} is not supported"))),
    }
}

/// Two queries whose rows go through one set operation. Text compares as the left side's column says.
pub fn combine(operation: SetOperation, op: &str, left: Planned, right: Planned) -> Result<Planned> {
    if left.columns.len() != right.columns.len() {
        let (l, r) = (left.columns.len(), right.columns.len());
        return Err(Error::new(Code::Type, format!("the sides of {op} have {l} and {r} columns")));
    }
    let mut columns = left.columns;
    let mut kinds = left.kinds;
    let mut nocase = Vec::with_capacity(kinds.len());
    for ((column, kind), (other, other_kind)) in columns.iter_mut().zip(&mut kinds).zip(right.columns.iter().zip(&right.kinds)) {
        let collation = kind.collation().or(other_kind.collation());
        (kind.nocase, kind.column) = (collation.unwrap_or(false), collation.is_some());
        nocase.push(kind.nocase);
        if column.column_type != other.column_type {
            column.column_type = ColumnType::Any;
            *kind = Type { nocase: kind.nocase, column: kind.column, ..Type::UNKNOWN };
        }
    }
    let node = Node::Set { operation, nocase, left: Box::new(left.node), right: Box::new(right.node) };
    Ok(Planned { node, columns, kinds })
}

/// `WITH c (a, b) AS …`
pub fn name_columns(columns: &mut [OutputColumn], alias: &ast::TableAlias) -> Result<()> {
    if !alias.columns.is_empty() && alias.columns.len() != columns.len() {
        let (given, there) = (alias.columns.len(), columns.len());
        return Err(Error::new(Code::Type, format!("table {} has {there} values for {given} columns", alias.name.value)));
    }
    for (column, name) in columns.iter_mut().zip(&alias.columns) {
        column.name = name.value.as_str().into();
    }
    Ok(())
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

/// `ORDER BY 2`: the output column that a plain number means; parentheses and signs change nothing about that.
pub fn ordinal(expr: &ast::Expr, columns: usize, clause: &str) -> Result<Option<usize>> {
    use ast::{Expr as E, UnaryOperator};
    let (mut expr, mut sign) = (expr, 1);
    while let E::Nested(inner) | E::UnaryOp { op: UnaryOperator::Plus | UnaryOperator::Minus, expr: inner } = expr {
        if matches!(expr, E::UnaryOp { op: UnaryOperator::Minus, .. }) {
            sign = -sign;
        }
        expr = inner;
    }
    let E::Value(value @ ast::Value::Number(..)) = expr else { return Ok(None) };
    let Expr::Literal(Value::Int(number)) = super::expression::literal(value)? else { return Ok(None) };
    let number = sign * number;
    // As in SQLite, more than 32 bits are a constant like any other.
    if i32::try_from(number).is_err() {
        return Ok(None);
    }
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
