//! How a query is run: the entry points for the session and the write operator.

use std::cell::RefCell;
use std::rc::Rc;

use gluesql::core::sqlparser::ast::{self, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr, SelectItem, SetExpr};

use super::eval::{Env, Expr};
use super::explain::explained;
use super::parser::{find_name, Parsed, Statement};
use super::plan::{Binder, Node, Planned};
use super::procedure::{self, Procedure};
use super::relation::{Relation, Rows};
use super::{pushdown, storage, Context, Outcome, OutputColumn};
use crate::error::{Code, Error, Result};
use crate::repo::Schema;

/// A table that a statement changes, as the statement names it.
#[derive(Clone, Debug)]
pub struct TableTarget { pub name: ast::ObjectName, pub alias: Option<ast::Ident> }

/// A statement's plan, kept with its text. It holds while the tables that it names have the schemas that they had.
#[derive(Clone, Default)]
pub struct PlanSlot(RefCell<Option<Rc<Cached>>>);

impl std::fmt::Debug for PlanSlot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str("PlanSlot") }
}

struct Cached { node: Node, columns: Vec<OutputColumn>, tables: Vec<(Rc<str>, Rc<Schema>)>, pushdown: bool }

impl Cached {
    fn holds(&self, cx: &Context) -> bool {
        let workspace = cx.workspace.borrow();
        self.pushdown == cx.settings.pushdown
            && self.tables.iter().all(|(name, schema)| {
                workspace.schema(name).is_some_and(|now| Rc::ptr_eq(&now, schema) || now == *schema)
            })
    }
}

/// The statement's plan: the kept one while it holds, else the one that `make` binds, kept if it may be.
fn planned(
    cx: &Context,
    parsed: &Parsed,
    make: impl FnOnce(&mut Binder<'_>) -> Result<(Node, Vec<OutputColumn>)>,
) -> Result<Rc<Cached>> {
    let kept = parsed.plan.0.borrow().clone().filter(|cached| cached.holds(cx));
    if let Some(cached) = kept {
        return Ok(cached);
    }
    let mut binder = Binder::new(cx);
    let (node, columns) = make(&mut binder)?;
    let tables = binder.shared.tables.take();
    let cached = Rc::new(Cached { node, columns, tables, pushdown: cx.settings.pushdown });
    *parsed.plan.0.borrow_mut() = (!binder.shared.volatile.get()).then(|| cached.clone());
    Ok(cached)
}

/// Runs a parsed `Statement::Query`; its plan is kept.
pub fn run_parsed(cx: &Context, parsed: &Parsed) -> Result<Outcome> {
    let Statement::Query(query) = &parsed.statement else { return Err(Error::internal("not a query")) };
    let bind = |binder: &mut Binder<'_>| binder.query(query).map(|planned| (planned.node, planned.columns));
    let run = || {
        let cached = planned(cx, parsed, bind)?;
        let rows = storage::run(&cached.node, &Env::new(cx.clone()), false)?;
        Ok(Outcome { columns: cached.columns.clone(), rows, affected: 0 })
    };
    run().map_err(|error| locate(error, parsed))
}

/// Refuses a query that cannot be planned.
pub fn check(cx: &Context, query: &ast::Query) -> Result<()> { Binder::new(cx).query(query).map(drop) }

/// A query's columns; it is not run.
pub fn columns(cx: &Context, query: &ast::Query) -> Result<Vec<OutputColumn>> { Ok(Binder::new(cx).query(query)?.columns) }

/// Runs a query.
pub fn run(cx: &Context, query: &ast::Query) -> Result<Outcome> {
    let Planned { node, columns, .. } = Binder::new(cx).query(query)?;
    let rows = storage::run(&node, &Env::new(cx.clone()), true)?;
    Ok(Outcome { columns, rows, affected: 0 })
}

/// A query's columns and its rows: INSERT … SELECT, CREATE TABLE … AS.
pub fn relation(cx: &Context, query: &ast::Query) -> Result<(Vec<OutputColumn>, Box<dyn Relation>)> {
    let outcome = run(cx, query)?;
    Ok((outcome.columns, Box::new(Rows::new(outcome.rows))))
}

/// The rows that UPDATE or DELETE changes: each is the target's cells in column order, followed by the values of
/// `assignments` (evaluated over the old row and `from`). A target row joined to several rows of `from` comes once.
/// They are all there before the first is answered: what is changed does not change what is read.
/// The plan is kept with the statement.
#[allow(clippy::too_many_arguments)]
pub fn changes(
    cx: &Context,
    parsed: &Parsed,
    target: &TableTarget,
    from: &[ast::TableWithJoins],
    selection: Option<&ast::Expr>,
    assignments: &[ast::Expr],
    order_by: &[ast::OrderByExpr],
    limit: Option<&ast::Expr>,
) -> Result<Box<dyn Relation>> {
    let bind = |binder: &mut Binder<'_>| {
        if let Statement::With(with, _) = &parsed.statement {
            binder.with(with)?;
        }
        plan_changes(binder, target, from, selection, assignments, order_by, limit).map(|node| (node, Vec::new()))
    };
    let cached = planned(cx, parsed, bind)?;
    Ok(Box::new(Rows::new(storage::run(&cached.node, &Env::new(cx.clone()), true)?)))
}

fn plan_changes(
    binder: &mut Binder<'_>,
    target: &TableTarget,
    from: &[ast::TableWithJoins],
    selection: Option<&ast::Expr>,
    assignments: &[ast::Expr],
    order_by: &[ast::OrderByExpr],
    limit: Option<&ast::Expr>,
) -> Result<Node> {
    let alias = target.alias.clone().map(|name| ast::TableAlias { name, columns: Vec::new() });
    let relation = ast::TableFactor::Table {
        name: target.name.clone(),
        alias,
        args: None,
        with_hints: Vec::new(),
        version: None,
        with_ordinality: false,
        partitions: Vec::new(),
    };
    let mut tables = vec![ast::TableWithJoins { relation, joins: Vec::new() }];
    tables.extend_from_slice(from);

    let Some(tree) = binder.from(&tables)? else { return Err(Error::internal("a change of no table")) };
    let width = tree.first_width();
    let mut conjuncts = Vec::new();
    if let Some(selection) = selection {
        binder.plain(selection)?.expr.conjuncts(&mut conjuncts);
    }
    let mut list: Vec<Expr> = (0..width).map(Expr::Column).collect();
    for assignment in assignments {
        list.push(binder.plain(assignment)?.expr);
    }
    let outputs = list.len();
    let mut keys = Vec::new();
    for key in order_by {
        let bound = binder.plain(&key.expr)?;
        keys.push(super::plan::sort_key(key, list.len(), bound.kind.nocase));
        list.push(bound.expr);
    }
    let limit = limit.map(|limit| Ok::<Expr, Error>(binder.sibling().plain(limit)?.expr)).transpose()?;
    let mut needed = vec![false; binder.width];
    for expr in &list {
        expr.columns().into_iter().for_each(|cell| needed[cell] = true);
    }
    let below = pushdown::plan_from(binder.cx, tree, conjuncts, &needed)?;
    let mut node = Node::Project { input: Box::new(below), list, width: binder.width };
    if !from.is_empty() {
        node = Node::Distinct { input: Box::new(node), nocase: vec![false; width] };
    }
    if !keys.is_empty() {
        node = Node::Sort { input: Box::new(node), keys, top: None };
    }
    if limit.is_some() {
        node = Node::Limit { input: Box::new(node), limit, offset: None };
    }
    Ok(Node::Truncate { input: Box::new(node), width: outputs })
}

/// EXPLAIN: one row a node of the plan as executed.
pub fn explain(cx: &Context, statement: &Statement) -> Result<Outcome> {
    let mut binder = Binder::new(cx);
    let statement = match statement {
        Statement::With(with, change) => {
            binder.with(with)?;
            &**change
        }
        other => other,
    };
    let node = match statement {
        Statement::Query(query) => binder.query(query)?.node,
        Statement::Update(update) => {
            let ast::TableFactor::Table { name, alias, .. } = &update.table.relation else {
                return Err(Error::unsupported("EXPLAIN of this UPDATE is not supported"));
            };
            let target = TableTarget { name: name.clone(), alias: alias.as_ref().map(|alias| alias.name.clone()) };
            let from: Vec<ast::TableWithJoins> = update.from.iter().cloned().collect();
            let values: Vec<ast::Expr> = update.assignments.iter().map(|assignment| assignment.value.clone()).collect();
            plan_changes(&mut binder, &target, &from, update.selection.as_ref(), &values, &update.order_by, update.limit.as_ref())?
        }
        Statement::Delete(delete) => {
            let (ast::FromTable::WithFromKeyword(from) | ast::FromTable::WithoutKeyword(from)) = &delete.from;
            let Some(ast::TableFactor::Table { name, alias, .. }) = from.first().map(|table| &table.relation) else {
                return Err(Error::unsupported("EXPLAIN of this DELETE is not supported"));
            };
            let target = TableTarget { name: name.clone(), alias: alias.as_ref().map(|alias| alias.name.clone()) };
            let using = delete.using.clone().unwrap_or_default();
            plan_changes(&mut binder, &target, &using, delete.selection.as_ref(), &[], &delete.order_by, delete.limit.as_ref())?
        }
        Statement::Insert(insert) => match &insert.source {
            Some(source) => binder.query(source)?.node,
            None => Node::One,
        },
        _ => return Err(Error::unsupported("EXPLAIN explains SELECT, INSERT, UPDATE and DELETE")),
    };
    Ok(explained(&node))
}

/// `SELECT dolt_commit(…)`: the registered procedure that a query without FROM calls as its only item, its arguments,
/// and the column's alias.
pub fn procedure_call(query: &ast::Query) -> Option<(&'static dyn Procedure, Vec<ast::Expr>, Option<&ast::Ident>)> {
    let SetExpr::Select(select) = &*query.body else { return None };
    let plain = query.with.is_none() && select.from.is_empty() && select.selection.is_none() && select.having.is_none();
    let ungrouped = matches!(&select.group_by, GroupByExpr::Expressions(exprs, _) if exprs.is_empty());
    let (function, alias) = match &select.projection[..] {
        [SelectItem::UnnamedExpr(ast::Expr::Function(function))] => (function, None),
        [SelectItem::ExprWithAlias { expr: ast::Expr::Function(function), alias }] => (function, Some(alias)),
        _ => return None,
    };
    let name = function.name.to_string().to_ascii_lowercase();
    let procedure = procedure::ALL.iter().find(|procedure| procedure.name() == name)?;
    if !plain || !ungrouped {
        return None;
    }
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
            .collect::<Option<Vec<ast::Expr>>>()?,
    };
    Some((*procedure, arguments, alias))
}

/// Gives an error that names a table or column the place where the text says it.
pub fn locate(error: Error, parsed: &Parsed) -> Error {
    if error.is_fault() || error.position().is_some() {
        return error;
    }
    let named = matches!(error.code(), Code::ColumnNotFound | Code::TableNotFound | Code::Unsupported | Code::Syntax);
    let position = error.message().rsplit_once(": ").filter(|_| named).and_then(|(_, name)| {
        let name = name.split(" at ").next()?.split('(').next()?;
        find_name(parsed.source(), &name.split('.').collect::<Vec<&str>>())
    });
    match position {
        Some(position) => error.at(parsed.span.start + position),
        None => error,
    }
}
