//! The binder of one query: its names, and the way to those of the queries around it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gluesql::core::sqlparser::ast::{self, Ident};

use super::window::{NamedWindows, WindowDef};
use super::{AggregateCall, Node, Scope};
use crate::error::{Code, Error, Result};
use crate::repo::Schema;
use crate::sql::eval::{Expr, Type};
use crate::sql::{Context, OutputColumn};

/// A bound expression and what is known of it.
#[derive(Clone)]
pub struct Bound { pub expr: Expr, pub kind: Type }

impl Bound {
    pub fn new(expr: Expr) -> Bound { Bound { expr, kind: Type::UNKNOWN } }
}

/// What a query takes from the one around it, see `Subquery::inputs`. Queries in its FROM share it.
pub type Captures = Rc<RefCell<Vec<Bound>>>;

/// A common table expression.
#[derive(Clone)]
pub struct Cte { pub name: String, pub rows: CteRows, pub columns: Rc<[OutputColumn]>, pub kinds: Rc<[Type]> }

#[derive(Clone)]
pub enum CteRows {
    /// `uses` counts its readers; `None`: what it reads differs from place to place, so that nothing can be shared.
    Query { node: Rc<Node>, uses: Option<Rc<Cell<usize>>> },
    /// Inside of the recursive table itself. It may be read at the depth of subqueries `nesting` only.
    Queue { queue: usize, uses: Rc<Cell<usize>>, nesting: usize },
}

pub struct Binder<'a> {
    pub cx: &'a Context,
    pub scope: Scope,
    /// Width of the register row so far.
    pub width: usize,
    /// The query around this one, for an expression's subquery.
    pub parent: Option<&'a Binder<'a>>,
    pub captures: Captures,
    /// What the leftmost COLLATE inside of the expression being bound says; see [`Binder::expr`].
    pub collation: Cell<Option<bool>>,
    /// `None` where aggregates may not stand.
    pub aggregates: RefCell<Option<Vec<AggregateCall>>>,
    /// `None` where window functions may not stand.
    pub windows: RefCell<Option<Vec<WindowDef>>>,
    pub named_windows: RefCell<NamedWindows>,
    /// The select list, by alias: names that no column has mean these.
    pub aliases: RefCell<Vec<(String, ast::Expr)>>,
    pub ctes: Rc<Vec<Cte>>,
    /// Inside of a recursion's step, which runs many times.
    pub in_step: bool,
    pub shared: Rc<Shared>,
}

/// What all binders of a statement share.
#[derive(Default)]
pub struct Shared {
    pub depth: Cell<usize>,
    /// Views open around this place, for the one that contains itself.
    pub views: RefCell<Vec<String>>,
    /// Tables of the workspace that were named, with their schemas: what a cached plan depends on.
    pub tables: RefCell<Vec<(Rc<str>, Rc<Schema>)>>,
    /// The plan holds something that the next execution may find otherwise: another revision, a system table, a view.
    pub volatile: Cell<bool>,
    /// Recursions so far.
    pub queues: Cell<usize>,
    /// How often steps have named their own table: a query that does differs from step to step.
    pub queue_reads: Cell<usize>,
}

/// Deeper expressions are refused: evaluation is recursive.
const DEEPEST: usize = 200;

impl<'a> Binder<'a> {
    pub fn new(cx: &'a Context) -> Binder<'a> {
        Binder {
            cx,
            scope: Scope::default(),
            width: 0,
            parent: None,
            captures: Captures::default(),
            collation: Cell::default(),
            aggregates: RefCell::new(None),
            windows: RefCell::new(None),
            named_windows: RefCell::new(Rc::from([])),
            aliases: RefCell::default(),
            ctes: Rc::default(),
            in_step: false,
            shared: Rc::default(),
        }
    }

    /// For a query inside an expression of this one.
    pub fn subquery(&'a self) -> Binder<'a> {
        Binder { parent: Some(self), captures: Captures::default(), ..self.sibling() }
    }

    /// For a query that sees what this one sees around it, but not its tables: in FROM, in a set operation.
    pub fn sibling(&self) -> Binder<'a> {
        Binder {
            cx: self.cx,
            scope: Scope::default(),
            width: 0,
            parent: self.parent,
            captures: self.captures.clone(),
            collation: Cell::default(),
            aggregates: RefCell::new(None),
            windows: RefCell::new(None),
            named_windows: RefCell::new(Rc::from([])),
            aliases: RefCell::default(),
            ctes: self.ctes.clone(),
            in_step: self.in_step,
            shared: self.shared.clone(),
        }
    }

    /// For a view: it sees nothing of what is around it.
    pub fn detached(&self) -> Binder<'a> {
        Binder { parent: None, captures: Captures::default(), ctes: Rc::default(), ..self.sibling() }
    }

    /// How many queries stand around this one.
    pub fn nesting(&self) -> usize { self.parent.map_or(0, |parent| parent.nesting() + 1) }

    /// Guards against expressions that would overflow the stack.
    pub fn deeper<T>(&self, run: impl FnOnce() -> Result<T>) -> Result<T> {
        let depth = self.shared.depth.get();
        if depth >= DEEPEST {
            return Err(Error::unsupported(format!("an expression nested more than {DEEPEST} deep is not supported")));
        }
        self.shared.depth.set(depth + 1);
        let answer = run();
        self.shared.depth.set(depth);
        answer
    }

    /// A column by name, here or in a query around this one.
    pub fn column(&self, qualifier: Option<&str>, name: &str) -> Result<Option<Bound>> {
        if let Some(column) = self.scope.find(qualifier, name)? {
            return Ok(Some(Bound { expr: column.expr.clone(), kind: column.kind.clone() }));
        }
        let Some(parent) = self.parent else { return Ok(None) };
        Ok(parent.column(qualifier, name)?.map(|outer| self.capture(outer)))
    }

    /// What is bound in the query around this one, as this one reads it.
    pub fn capture(&self, outer: Bound) -> Bound {
        let mut captures = self.captures.borrow_mut();
        let slot = match captures.iter().position(|known| known.expr == outer.expr) {
            Some(slot) => slot,
            None => {
                captures.push(outer.clone());
                captures.len() - 1
            }
        };
        Bound { expr: Expr::Outer(slot), kind: outer.kind }
    }

    /// A name in an expression: a column, an alias of the select list, or a double-quoted text.
    pub fn name(&self, parts: &[Ident]) -> Result<Bound> {
        let (qualifier, name) = match parts {
            [name] => (None, name),
            [table, name] => (Some(&*table.value), name),
            // database.table.column
            [.., table, name] => (Some(&*table.value), name),
            [] => return Err(Error::internal("a name without parts")),
        };
        if let Some(bound) = self.column(qualifier, &name.value)? {
            return Ok(bound);
        }
        if let (Some(scope), Some(row)) = (&self.cx.trigger, qualifier) {
            if let Some((parameter, at)) = scope.find(row, &name.value) {
                self.shared.tables.borrow_mut().push((scope.schema.name.clone(), scope.schema.clone()));
                let column = &scope.schema.columns[at];
                let kind = Type { nocase: column.nocase, ..Type::of(column.column_type.clone()) };
                return Ok(Bound { expr: Expr::Parameter(parameter), kind });
            }
        }
        if qualifier.is_none() {
            let alias = self.aliases.borrow().iter().find(|(alias, _)| alias.eq_ignore_ascii_case(&name.value)).cloned();
            if let Some((_, expr)) = alias {
                // The alias means its expression, which cannot mean the alias.
                let aliases = self.aliases.take();
                let bound = self.expr(&expr);
                self.aliases.replace(aliases);
                return bound;
            }
            if name.quote_style == Some('"') {
                return Ok(Bound::new(Expr::Literal((&*name.value).into())));
            }
            if name.quote_style.is_none() {
                match name.value.to_ascii_uppercase().as_str() {
                    "TRUE" => return Ok(Bound::new(Expr::boolean(true))),
                    "FALSE" => return Ok(Bound::new(Expr::boolean(false))),
                    _ => {}
                }
            }
        }
        let shown: Vec<&str> = parts.iter().map(|part| &*part.value).collect();
        Err(Error::new(Code::ColumnNotFound, format!("column not found: {}", shown.join("."))))
    }

    /// An expression that may hold neither aggregates nor window functions.
    pub fn plain(&self, expr: &ast::Expr) -> Result<Bound> { self.within_aggregate(|| self.expr(expr)) }

    /// For what stands beside an expression's operands: a COLLATE there is of no concern to them.
    pub fn beside(&self, bind: impl FnOnce() -> Result<Bound>) -> Result<Bound> {
        let collation = self.collation.get();
        let bound = bind();
        self.collation.set(collation);
        bound
    }

    pub fn within_aggregate(&self, bind: impl FnOnce() -> Result<Bound>) -> Result<Bound> {
        let allowed = (self.aggregates.take(), self.windows.take());
        let bound = bind();
        self.aggregates.replace(allowed.0);
        self.windows.replace(allowed.1);
        bound
    }

    /// The value of an expression without columns.
    pub fn constant(&self, expr: &ast::Expr) -> Result<crate::tuple::Value> {
        let bound = self.sibling().plain(expr)?;
        bound.expr.eval(&[], &crate::sql::eval::Env::new(self.cx.clone()))
    }
}
