//! FROM: tables, views, system tables, table functions, other revisions, queries, and how they are joined.

use std::cell::Cell;
use std::ops::Range;
use std::rc::Rc;

use gluesql::core::sqlparser::ast::{
    self, FunctionArg, FunctionArgExpr, Ident, JoinConstraint, JoinOperator, ObjectName, TableAlias, TableFactor, TableWithJoins,
};

use super::bind::{Cte, CteRows};
use super::{Access, Binder, Bound, Callee, FunctionScan, JoinKind, Node, Planned, Scan, ScopeColumn, Source, SystemScan};
use crate::error::{Code, Error, Result};
use crate::repo::{fold, Refs, RowCodec};
use crate::sql::eval::{Comparator, Expr, Subquery, Type};
use crate::sql::parser::{parse, Statement, AS_OF_MARK};
use crate::sql::system;
use crate::sql::tables::{self, TableFunction};
use crate::sql::versions::Snapshot;
use crate::sql::TableView;
use crate::tuple::Value;

/// The tables of FROM as the statement joins them; what is inner is free to be reordered.
pub enum FromTree {
    Leaf { node: Node, cells: Range<usize> },
    Join { kind: JoinKind, left: Box<FromTree>, right: Box<FromTree>, on: Vec<Expr> },
    Lateral(Box<LateralTree>),
}

/// What reads the tables to its left; they are put in when it is joined to them.
pub struct LateralTree {
    pub left: Option<FromTree>,
    pub query: Rc<Subquery>,
    pub cells: Range<usize>,
    pub kind: JoinKind,
    pub on: Vec<Expr>,
    pub name: Rc<str>,
}

impl FromTree {
    /// How many cells the first table of FROM has.
    pub fn first_width(&self) -> usize {
        match self {
            FromTree::Leaf { cells, .. } => if cells.start == 0 { cells.end } else { 0 },
            FromTree::Join { left, right, .. } => left.first_width().max(right.first_width()),
            FromTree::Lateral(tree) => tree.left.as_ref().map_or(0, FromTree::first_width),
        }
    }

    fn join(self, kind: JoinKind, right: FromTree, on: Vec<Expr>) -> Result<FromTree> {
        match right {
            FromTree::Lateral(mut tree) if tree.left.is_none() => {
                if kind == JoinKind::Full {
                    return Err(beside_lateral(&tree.name));
                }
                (tree.left, tree.kind, tree.on) = (Some(self), kind, on);
                Ok(FromTree::Lateral(tree))
            }
            right => {
                self.closed()?;
                Ok(FromTree::Join { kind, left: Box::new(self), right: Box::new(right), on })
            }
        }
    }

    /// Refuses a lateral query whose left side lies outside of the parentheses that it stands in.
    fn closed(&self) -> Result<()> {
        match self {
            FromTree::Lateral(tree) if tree.left.is_none() && tree.query.inputs.iter().any(|input| !input.columns().is_empty()) => {
                Err(beside_lateral(&tree.name))
            }
            _ => Ok(()),
        }
    }
}

fn beside_lateral(name: &str) -> Error {
    Error::unsupported(format!("{name} reads tables to its left: it can only be joined to them by a comma, JOIN or LEFT JOIN"))
}

/// Views inside views inside views.
const DEEPEST_VIEW: usize = 32;

impl<'a> Binder<'a> {
    /// A comma is a join like any other, from left to right as in SQLite: an ON may name every table before it.
    pub fn from(&mut self, from: &[TableWithJoins]) -> Result<Option<FromTree>> {
        let first = self.scope.columns.len();
        let mut whole: Option<FromTree> = None;
        for item in from {
            whole = Some(self.joins(whole, item, first)?);
        }
        whole.iter().try_for_each(FromTree::closed)?;
        Ok(whole)
    }

    /// `first`: where the scope's columns of this FROM begin.
    fn joins(&mut self, before: Option<FromTree>, item: &TableWithJoins, first: usize) -> Result<FromTree> {
        let factor = self.factor(&item.relation)?;
        let mut tree = match before {
            Some(before) => before.join(JoinKind::Inner, factor, Vec::new())?,
            None => factor,
        };
        for join in &item.joins {
            let middle = self.scope.columns.len();
            let right = self.factor(&join.relation)?;
            let (kind, constraint) = match &join.join_operator {
                JoinOperator::Inner(constraint) => ("inner", constraint),
                JoinOperator::CrossJoin => ("inner", &JoinConstraint::None),
                JoinOperator::LeftOuter(constraint) => ("left", constraint),
                JoinOperator::RightOuter(constraint) => ("right", constraint),
                JoinOperator::FullOuter(constraint) => ("full", constraint),
                _ => return Err(Error::unsupported("SEMI, ANTI, APPLY and ASOF joins are not supported")),
            };
            let on = self.constraint(constraint, first..middle, middle, kind)?;
            tree = match kind {
                "left" => tree.join(JoinKind::Left, right, on)?,
                // Cells keep their places, so the sides can change theirs.
                "right" => right.join(JoinKind::Left, tree, on)?,
                "full" => tree.join(JoinKind::Full, right, on)?,
                _ => tree.join(JoinKind::Inner, right, on)?,
            };
        }
        Ok(tree)
    }

    /// ON, USING or NATURAL; `left` and what follows `middle` are the scope's columns of both sides.
    fn constraint(&mut self, constraint: &JoinConstraint, left: Range<usize>, middle: usize, kind: &str) -> Result<Vec<Expr>> {
        let names: Vec<String> = match constraint {
            JoinConstraint::None => return Ok(Vec::new()),
            JoinConstraint::On(expr) => {
                let mut on = Vec::new();
                self.plain(expr)?.expr.conjuncts(&mut on);
                return Ok(on);
            }
            JoinConstraint::Using(names) => names.iter().map(|name| name.value.clone()).collect(),
            JoinConstraint::Natural => {
                let right = &self.scope.columns[middle..];
                let shared = self.scope.columns[left.clone()].iter().filter(|column| {
                    column.star && column.bare && right.iter().any(|other| other.star && other.name.eq_ignore_ascii_case(&column.name))
                });
                shared.map(|column| column.name.to_string()).collect()
            }
        };
        let mut on = Vec::new();
        for name in names {
            let missing = || Error::new(Code::ColumnNotFound, format!("column not found on both sides of the join: {name}"));
            let find = |columns: &[ScopeColumn]| {
                columns.iter().position(|column| column.bare && column.name.eq_ignore_ascii_case(&name))
            };
            let l = left.start + find(&self.scope.columns[left.clone()]).ok_or_else(missing)?;
            let r = middle + find(&self.scope.columns[middle..]).ok_or_else(missing)?;
            let bound = |column: &ScopeColumn| Bound { expr: column.expr.clone(), kind: column.kind.clone() };
            let (left_bound, right_bound) = (bound(&self.scope.columns[l]), bound(&self.scope.columns[r]));
            on.push(self.compare(Comparator::Eq, left_bound, right_bound)?);
            let merged = Expr::Coalesce(vec![self.scope.columns[l].expr.clone(), self.scope.columns[r].expr.clone()]);
            self.scope.columns[r].star = false;
            self.scope.columns[r].bare = false;
            if kind == "right" || kind == "full" {
                let mut both = self.scope.columns[l].clone();
                both.qualifier = None;
                both.expr = merged;
                self.scope.columns[l].star = false;
                self.scope.columns[l].bare = false;
                self.scope.columns.insert(l, both);
                return self.using_rest(constraint, &name, left.start..left.end + 1, middle + 1, kind, on);
            }
        }
        Ok(on)
    }

    /// Goes on after a merged column was inserted, which moved the scope's positions.
    fn using_rest(
        &mut self,
        constraint: &JoinConstraint,
        done: &str,
        left: Range<usize>,
        middle: usize,
        kind: &str,
        mut on: Vec<Expr>,
    ) -> Result<Vec<Expr>> {
        let rest = match constraint {
            JoinConstraint::Using(names) => {
                let after = names.iter().skip_while(|name| !name.value.eq_ignore_ascii_case(done)).skip(1);
                JoinConstraint::Using(after.cloned().collect())
            }
            // The columns that are done no longer show themselves.
            other => other.clone(),
        };
        if matches!(&rest, JoinConstraint::Using(names) if names.is_empty()) {
            return Ok(on);
        }
        on.extend(self.constraint(&rest, left, middle, kind)?);
        Ok(on)
    }

    fn factor(&mut self, factor: &TableFactor) -> Result<FromTree> {
        match factor {
            TableFactor::Table { name, alias, args, .. } => match args {
                None => self.table(name, alias.as_ref()),
                Some(arguments) => self.call_or_as_of(name, &arguments.args, alias.as_ref()),
            },
            TableFactor::Function { name, args, alias, .. } => self.call_or_as_of(name, args, alias.as_ref()),
            TableFactor::Derived { lateral: false, subquery, alias } => {
                let planned = self.sibling().query(subquery)?;
                self.derived(planned, alias.as_ref(), "subquery")
            }
            TableFactor::Derived { subquery, alias, .. } => {
                let (query, planned) = {
                    let inner = self.subquery();
                    let Planned { node, columns, kinds } = inner.query(subquery)?;
                    (inner.closed_over(node, columns.len()), (columns, kinds))
                };
                let names = planned.0.iter().map(|column| column.name.clone()).collect();
                self.lateral(query, names, planned.1, 0, alias.as_ref(), "subquery")
            }
            TableFactor::NestedJoin { table_with_joins, alias: None } => {
                let first = self.scope.columns.len();
                self.joins(None, table_with_joins, first)
            }
            TableFactor::NestedJoin { .. } => Err(Error::unsupported("an alias of a parenthesised join is not supported")),
            other => Err(Error::unsupported(format!("this table expression is not supported: {other}"))),
        }
    }

    /// A query's rows as a table.
    fn derived(&mut self, planned: Planned, alias: Option<&TableAlias>, name: &str) -> Result<FromTree> {
        let names: Vec<Rc<str>> = planned.columns.iter().map(|column| column.name.clone()).collect();
        self.derived_node(Rc::new(planned.node), names, planned.kinds, alias, name, None)
    }

    /// A plan that was bound by this binder, with what it takes from around it.
    fn closed_over(&self, node: Node, width: usize) -> Rc<Subquery> {
        let inputs = self.captures.borrow().iter().map(|bound| bound.expr.clone()).collect();
        Rc::new(Subquery { node: Rc::new(node), inputs, width })
    }

    fn lateral(
        &mut self,
        query: Rc<Subquery>,
        mut names: Vec<Rc<str>>,
        kinds: Vec<Type>,
        hidden: usize,
        alias: Option<&TableAlias>,
        name: &str,
    ) -> Result<FromTree> {
        rename(&mut names, alias)?;
        let name: Rc<str> = alias.map_or(name, |alias| &alias.name.value).into();
        let cells = self.name_cells(&name, &names, kinds, hidden);
        let tree = LateralTree { left: None, query, cells, kind: JoinKind::Inner, on: Vec::new(), name };
        Ok(FromTree::Lateral(Box::new(tree)))
    }

    /// Gives a relation's columns their names and cells; `*` leaves the last `hidden` ones out.
    fn name_cells(&mut self, qualifier: &Rc<str>, names: &[Rc<str>], kinds: Vec<Type>, hidden: usize) -> Range<usize> {
        let offset = self.width;
        let visible = names.len() - hidden;
        for (position, (column, kind)) in names.iter().zip(kinds).enumerate() {
            let kind = Type { explicit: false, ..kind };
            self.scope.add(Some(qualifier.clone()), column.clone(), kind, offset + position, position < visible);
        }
        self.width += names.len();
        offset..self.width
    }

    fn table_function(&mut self, function: &'static dyn TableFunction, arguments: &[&ast::Expr], alias: Option<&TableAlias>) -> Result<FromTree> {
        let (name, takes) = (function.name(), function.arguments());
        if !takes.contains(&arguments.len()) {
            let message = format!("{name}() takes {} to {} arguments, got {}", takes.start(), takes.end(), arguments.len());
            return Err(Error::bad_argument(message));
        }
        let columns = function.columns();
        let width = columns.len();
        let (query, scan) = {
            let inner = self.subquery();
            let arguments = arguments.iter().map(|argument| Ok(inner.plain(argument)?.expr)).collect::<Result<Vec<Expr>>>()?;
            if inner.captures.borrow().is_empty() {
                (None, Some(FunctionScan { function: Callee::Table(function), arguments, offset: self.width, width }))
            } else {
                let scan = Node::Function(Box::new(FunctionScan { function: Callee::Table(function), arguments, offset: 0, width }));
                let list = (0..width).map(Expr::Column).collect();
                (Some(inner.closed_over(Node::Project { input: Box::new(scan), list, width }, width)), None)
            }
        };
        let mut names: Vec<Rc<str>> = columns.iter().map(|(name, _)| Rc::from(*name)).collect();
        let kinds = columns.into_iter().map(|(_, column_type)| Type::of(column_type)).collect();
        match (query, scan) {
            (Some(query), _) => self.lateral(query, names, kinds, function.hidden(), alias, name),
            (None, scan) => {
                rename(&mut names, alias)?;
                let qualifier: Rc<str> = alias.map_or(name, |alias| &alias.name.value).into();
                let cells = self.name_cells(&qualifier, &names, kinds, function.hidden());
                let scan = scan.ok_or_else(|| Error::internal("a table function without a plan"))?;
                Ok(FromTree::Leaf { node: Node::Function(Box::new(scan)), cells })
            }
        }
    }

    fn derived_node(
        &mut self,
        input: Rc<Node>,
        mut names: Vec<Rc<str>>,
        kinds: Vec<Type>,
        alias: Option<&TableAlias>,
        name: &str,
        shared: Option<Rc<Cell<usize>>>,
    ) -> Result<FromTree> {
        rename(&mut names, alias)?;
        let qualifier: Rc<str> = alias.map_or(name, |alias| &alias.name.value).into();
        let cells = self.name_cells(&qualifier, &names, kinds, 0);
        let node = Node::Derived { input, offset: cells.start, width: names.len(), shared, name: qualifier };
        Ok(FromTree::Leaf { node, cells })
    }

    /// A common table expression, or inside of a recursive one the rows that its step works on.
    fn cte(&mut self, cte: Cte, alias: Option<&TableAlias>) -> Result<FromTree> {
        let mut names: Vec<Rc<str>> = cte.columns.iter().map(|column| column.name.clone()).collect();
        let kinds = cte.kinds.to_vec();
        match cte.rows {
            CteRows::Query { node, uses } => {
                if let Some(uses) = &uses {
                    // What runs for each row of something reads it more than once.
                    uses.set(uses.get() + if self.nesting() > 0 || self.in_step { 2 } else { 1 });
                }
                self.derived_node(node, names, kinds, alias, &cte.name, uses)
            }
            CteRows::Queue { queue, uses, nesting } => {
                uses.set(uses.get() + 1);
                self.shared.queue_reads.set(self.shared.queue_reads.get() + 1);
                if self.nesting() != nesting {
                    return Err(Error::unsupported(format!("recursive table {} in a subquery is not supported; join it", cte.name)));
                }
                rename(&mut names, alias)?;
                let qualifier: Rc<str> = alias.map_or(&*cte.name, |alias| &alias.name.value).into();
                let cells = self.name_cells(&qualifier, &names, kinds, 0);
                let node = Node::Queue { queue, offset: cells.start, width: names.len(), name: qualifier };
                Ok(FromTree::Leaf { node, cells })
            }
        }
    }

    fn table(&mut self, name: &ObjectName, alias: Option<&TableAlias>) -> Result<FromTree> {
        let parts = &name.0;
        let own = &*self.cx.settings.database;
        let (schema, table) = match &parts[..] {
            [table] => (None, table),
            [schema, table] => (Some(&*schema.value), table),
            [.., schema, table] => (Some(&*schema.value), table),
            [] => return Err(Error::internal("a table without a name")),
        };
        match schema {
            None => {}
            Some(schema) if schema.eq_ignore_ascii_case(own) || schema.eq_ignore_ascii_case("main") => {}
            Some(schema) if schema.eq_ignore_ascii_case("information_schema") => {
                let full = format!("information_schema.{}", fold(&table.value));
                return match self.system(&full, None, alias, &table.value)? {
                    Some(tree) => Ok(tree),
                    None => Err(not_found(&full)),
                };
            }
            Some(schema) => return self.other_branch(schema, table, alias),
        }
        if schema.is_none() {
            let cte = self.ctes.iter().rev().find(|cte| cte.name.eq_ignore_ascii_case(&table.value)).cloned();
            if let Some(cte) = cte {
                return self.cte(cte, alias);
            }
        }
        let found = self.cx.workspace.borrow().schema(&table.value);
        if let Some(schema) = found {
            let name: Rc<str> = table.value.as_str().into();
            self.shared.tables.borrow_mut().push((name.clone(), schema.clone()));
            return self.scan(Source::Workspace(name), schema, alias, &table.value);
        }
        let view = self.cx.workspace.borrow().view(&table.value);
        if let Some(view) = view {
            return self.view(&view, alias);
        }
        match self.system(&fold(&table.value), None, alias, &table.value)? {
            Some(tree) => Ok(tree),
            None => Err(not_found(&table.value)),
        }
    }

    fn scan(&mut self, source: Source, schema: Rc<crate::repo::Schema>, alias: Option<&TableAlias>, name: &str) -> Result<FromTree> {
        let qualifier: Rc<str> = alias.map_or(name, |alias| &alias.name.value).into();
        let offset = self.width;
        let first = self.scope.columns.len();
        self.scope.add_table(&schema, &qualifier, offset);
        let mut names: Vec<Rc<str>> = schema.columns.iter().map(|column| column.name.clone()).collect();
        rename(&mut names, alias)?;
        for (column, name) in self.scope.columns[first..].iter_mut().zip(names) {
            column.name = name;
        }
        self.width += schema.columns.len();
        let scan = Scan {
            source,
            offset,
            filter_columns: Vec::new(),
            columns: (0..schema.columns.len()).collect(),
            codec: Rc::new(RowCodec::new(&schema)?),
            orders: schema.key_orders(),
            schema,
            filter: None,
            access: Access::Full,
            reverse: false,
            estimate: 0,
            alias: qualifier,
        };
        Ok(FromTree::Leaf { node: Node::Scan(Box::new(scan)), cells: offset..self.width })
    }

    fn view(&mut self, view: &crate::repo::View, alias: Option<&TableAlias>) -> Result<FromTree> {
        self.shared.volatile.set(true);
        let name = fold(&view.name);
        if self.shared.views.borrow().contains(&name) || self.shared.views.borrow().len() >= DEEPEST_VIEW {
            return Err(Error::unsupported(format!("view {} contains itself", view.name)));
        }
        self.shared.views.borrow_mut().push(name);
        let planned = self.view_query(view);
        self.shared.views.borrow_mut().pop();
        let mut planned = planned?;
        if !view.columns.is_empty() {
            if view.columns.len() != planned.columns.len() {
                let (named, found) = (view.columns.len(), planned.columns.len());
                return Err(Error::new(Code::Type, format!("view {} names {named} columns, its query has {found}", view.name)));
            }
            for (column, name) in planned.columns.iter_mut().zip(&view.columns) {
                column.name = name.clone();
            }
        }
        self.derived(planned, alias, &view.name)
    }

    fn view_query(&self, view: &crate::repo::View) -> Result<Planned> {
        let parsed = parse(&view.sql)?;
        match parsed.first().map(|parsed| &parsed.statement) {
            Some(Statement::Query(query)) => self.detached().query(query),
            _ => Err(Error::corrupt(format!("view {} does not hold a query", view.name))),
        }
    }

    /// `` `db/rev`.t ``, or `` `rev`.t `` of this database.
    fn other_branch(&mut self, schema: &str, table: &Ident, alias: Option<&TableAlias>) -> Result<FromTree> {
        let own = &*self.cx.settings.database;
        let revision = match schema.split_once('/') {
            Some((database, revision)) if database.eq_ignore_ascii_case(own) => revision,
            Some((database, _)) => return Err(Error::new(Code::TableNotFound, format!("database not found: {database}"))),
            None => return Err(Error::new(Code::TableNotFound, format!("database not found: {schema}"))),
        };
        if self.cx.settings.branch.as_deref() == Some(revision) {
            let name = ObjectName(vec![table.clone()]);
            return self.table(&name, alias);
        }
        // A branch shows its working set, anything else its commit.
        let snapshot = if self.cx.record(&format!("heads/{revision}")).is_some() {
            let working = self.cx.working_set(&*self.cx.store, revision)?.working;
            Snapshot::of_root(self.cx, &working, revision)?
        } else {
            Snapshot::resolve(self.cx, revision)?
        };
        self.of_snapshot(&snapshot, &table.value, revision, alias)
    }

    fn of_snapshot(&mut self, snapshot: &Snapshot, name: &str, revision: &str, alias: Option<&TableAlias>) -> Result<FromTree> {
        self.shared.volatile.set(true);
        let Some(table) = snapshot.table(&*self.cx.store, name)? else {
            return Err(Error::new(Code::TableNotFound, format!("table not found: {name} at {revision}")));
        };
        let view = TableView::of(&table);
        let schema = view.schema.clone();
        self.scan(Source::Fixed(Rc::new(view)), schema, alias, name)
    }

    fn call_or_as_of(&mut self, name: &ObjectName, arguments: &[FunctionArg], alias: Option<&TableAlias>) -> Result<FromTree> {
        let mut exprs = Vec::new();
        for argument in arguments {
            match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => exprs.push(expr),
                other => return Err(Error::unsupported(format!("this argument of a table function is not supported: {other}"))),
            }
        }
        let is_mark = |expr: &ast::Expr| matches!(expr, ast::Expr::Value(ast::Value::Placeholder(text)) if text == AS_OF_MARK);
        let table = name.0.last().map_or("", |part| &part.value).to_string();
        if let [mark, revision] = &exprs[..] {
            if is_mark(mark) {
                let revision = match self.constant(revision)? {
                    Value::Text(revision) => revision,
                    other => return Err(Error::bad_argument(format!("AS OF takes a revision or a time, got a value of class {}", other.class()))),
                };
                if fold(&table).starts_with("dolt_") {
                    if let Some(bound) = system::bind_as_of(self.cx, &fold(&table), &revision)? {
                        return self.bound_system(bound, &fold(&table), alias, &table);
                    }
                }
                let snapshot = Snapshot::resolve(self.cx, &revision)?;
                return self.of_snapshot(&snapshot, &table, &revision, alias);
            }
        }
        if let Some(function) = tables::find(&fold(&table)) {
            return self.table_function(function, &exprs, alias);
        }
        // A bare name is a text: dolt_diff(t, …).
        let folded = fold(&table);
        let varying = {
            let inner = self.subquery();
            let bound = exprs.iter().map(|expr| match expr {
                ast::Expr::Identifier(name) => Ok(Expr::Literal(Value::text(name.value.as_str()))),
                other => Ok(inner.plain(other)?.expr),
            });
            let bound = bound.collect::<Result<Vec<Expr>>>()?;
            let captured = !inner.captures.borrow().is_empty();
            match captured.then(|| system::columns_of_call(&folded)) {
                None => None,
                Some(None) => {
                    let message = format!("arguments of {table} cannot be taken from the columns of a table");
                    return Err(Error::unsupported(message));
                }
                Some(Some((function, columns))) => {
                    let callee = Callee::System { function, name: folded.as_str().into() };
                    let width = columns.len();
                    let scan = FunctionScan { function: callee, arguments: bound, offset: 0, width };
                    let list = (0..width).map(Expr::Column).collect();
                    let node = Node::Project { input: Box::new(Node::Function(Box::new(scan))), list, width };
                    Some((inner.closed_over(node, width), columns))
                }
            }
        };
        if let Some((query, columns)) = varying {
            self.shared.volatile.set(true);
            let kinds = columns.iter().map(|column| Type::of(column.column_type.clone())).collect();
            let names = columns.into_iter().map(|column| column.name).collect();
            return self.lateral(query, names, kinds, 0, alias, &table);
        }
        let mut values = Vec::with_capacity(exprs.len());
        for expr in exprs {
            values.push(match expr {
                ast::Expr::Identifier(name) => Value::text(name.value.as_str()),
                other => self.constant(other)?,
            });
        }
        match self.system(&folded, Some(&values), alias, &table)? {
            Some(tree) => Ok(tree),
            None => Err(Error::new(Code::TableNotFound, format!("table function not found: {table}"))),
        }
    }

    /// A system table or table function, if the name is one's.
    fn system(&mut self, name: &str, arguments: Option<&[Value]>, alias: Option<&TableAlias>, shown: &str) -> Result<Option<FromTree>> {
        for candidate in system::ALL {
            let Some(table) = candidate.bind(self.cx, name, arguments)? else { continue };
            return self.bound_system(table, name, alias, shown).map(Some);
        }
        Ok(None)
    }

    fn bound_system(
        &mut self,
        table: Box<dyn system::BoundTable>,
        name: &str,
        alias: Option<&TableAlias>,
        shown: &str,
    ) -> Result<FromTree> {
        self.shared.volatile.set(true);
        let mut names: Vec<Rc<str>> = table.columns().iter().map(|column| column.name.clone()).collect();
        rename(&mut names, alias)?;
        let qualifier: Rc<str> = alias.map_or(shown, |alias| &alias.name.value).into();
        let kinds = table.columns().iter().map(|column| Type::of(column.column_type.clone())).collect();
        let cells = self.name_cells(&qualifier, &names, kinds, table.hidden());
        let node = SystemScan {
            table: table.into(),
            name: name.into(),
            offset: cells.start,
            width: names.len(),
            filter: None,
            equals: Vec::new(),
            sides: Vec::new(),
            columns: (0..names.len()).collect(),
            exact: true,
            top: None,
        };
        Ok(FromTree::Leaf { node: Node::System(Box::new(node)), cells })
    }
}

fn not_found(name: &str) -> Error { Error::new(Code::TableNotFound, format!("table not found: {name}")) }

fn rename(names: &mut [Rc<str>], alias: Option<&TableAlias>) -> Result<()> {
    let Some(alias) = alias else { return Ok(()) };
    if alias.columns.len() > names.len() {
        let (given, there) = (alias.columns.len(), names.len());
        return Err(Error::new(Code::ColumnNotFound, format!("{} names {given} columns, there are {there}", alias.name.value)));
    }
    for (name, given) in names.iter_mut().zip(&alias.columns) {
        *name = given.value.as_str().into();
    }
    Ok(())
}
