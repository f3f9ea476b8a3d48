//! Window functions: from `f(…) OVER (…)` to nodes that answer them, one for each ordering.
//!
//! Below them stands a projection to the cells that the calls and the expressions above them read; each window node
//! sorts what it needs sorted, and appends its answers. Expressions above then read those cells.

use std::rc::Rc;

use gluesql::core::sqlparser::ast::{
    self, NamedWindowExpr, WindowFrame, WindowFrameBound, WindowFrameUnits, WindowSpec, WindowType,
};

use super::function::{decimal_only, typed_only};
use super::{sort_key, Binder, Bound, Node, SortKey};
use crate::error::{Code, Error, Result};
use crate::sql::eval::aggregates::{self, Aggregate};
use crate::sql::eval::{Expr, Type};
use crate::sql::pushdown;
use crate::tuple::Value;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowFunction {
    RowNumber,
    Rank,
    DenseRank,
    PercentRank,
    CumeDist,
    Ntile,
    Lag,
    Lead,
    FirstValue,
    LastValue,
    NthValue,
    Aggregate(Aggregate),
}

/// Name, fewest and most arguments.
const FUNCTIONS: &[(&str, WindowFunction, usize, usize)] = &[
    ("row_number", WindowFunction::RowNumber, 0, 0),
    ("rank", WindowFunction::Rank, 0, 0),
    ("dense_rank", WindowFunction::DenseRank, 0, 0),
    ("percent_rank", WindowFunction::PercentRank, 0, 0),
    ("cume_dist", WindowFunction::CumeDist, 0, 0),
    ("ntile", WindowFunction::Ntile, 1, 1),
    ("lag", WindowFunction::Lag, 1, 3),
    ("lead", WindowFunction::Lead, 1, 3),
    ("first_value", WindowFunction::FirstValue, 1, 1),
    ("last_value", WindowFunction::LastValue, 1, 1),
    ("nth_value", WindowFunction::NthValue, 2, 2),
];

/// Whether the name is a function that only stands before OVER.
pub fn is_window_function(name: &str) -> bool { FUNCTIONS.iter().any(|(known, ..)| *known == name) }

/// Sorted by `partition`, then by `order`; the calls' answers are appended to each row.
pub struct Window { pub input: Node, pub partition: Vec<(usize, bool)>, pub order: Vec<SortKey>, pub calls: Vec<WindowCall> }

/// Arguments and filter are cells of the row.
pub struct WindowCall {
    pub function: WindowFunction,
    pub arguments: Vec<usize>,
    pub filter: Option<usize>,
    pub nocase: bool,
    pub frame: Frame,
    /// LAG and LEAD: how far, where that is the same for every row.
    pub reach: Option<usize>,
}

#[derive(Clone, PartialEq)]
pub struct Frame { pub unit: FrameUnit, pub start: Edge, pub end: Edge }

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameUnit { Rows, Range, Groups }

/// Where a frame starts or ends.
#[derive(Clone, PartialEq)]
pub enum Edge { Unbounded, Current, Preceding(Expr), Following(Expr) }

/// A call while its query is bound: everything over FROM's cells.
#[derive(Clone, PartialEq)]
pub struct WindowDef {
    function: WindowFunction,
    arguments: Vec<Expr>,
    filter: Option<Expr>,
    nocase: bool,
    partition: Vec<(Expr, bool)>,
    /// The keys' cells mean nothing yet.
    order: Vec<(Expr, SortKey)>,
    frame: Frame,
}

impl WindowDef {
    pub fn exprs(&self) -> impl Iterator<Item = &Expr> {
        let keys = self.partition.iter().map(|(expr, _)| expr).chain(self.order.iter().map(|(expr, _)| expr));
        self.arguments.iter().chain(&self.filter).chain(keys)
    }

    pub fn exprs_mut(&mut self) -> impl Iterator<Item = &mut Expr> {
        let keys = self.partition.iter_mut().map(|(expr, _)| expr).chain(self.order.iter_mut().map(|(expr, _)| expr));
        self.arguments.iter_mut().chain(&mut self.filter).chain(keys)
    }

    fn same_order(&self, other: &WindowDef) -> bool { self.partition == other.partition && self.order == other.order }
}

impl Binder<'_> {
    /// `name(arguments) FILTER (…) OVER over`.
    pub fn window(&self, name: &str, arguments: &[&ast::Expr], filter: Option<&ast::Expr>, over: &WindowType) -> Result<Bound> {
        let (function, fewest, most) = match FUNCTIONS.iter().find(|(known, ..)| *known == name) {
            Some((_, function, fewest, most)) => (*function, *fewest, *most),
            None => match aggregates::find(name, arguments.len()) {
                Some(aggregate) => (WindowFunction::Aggregate(aggregate), 0, usize::MAX),
                None => return Err(Error::unsupported(format!("{name}() is no window function and no aggregate"))),
            },
        };
        if !(fewest..=most).contains(&arguments.len()) {
            let message = format!("{name}() takes {fewest} to {most} arguments, got {}", arguments.len());
            return Err(Error::new(Code::BadArgument, message));
        }
        if filter.is_some() && !matches!(function, WindowFunction::Aggregate(_)) {
            return Err(Error::new(Code::Syntax, format!("FILTER belongs to aggregates, {name}() is none")));
        }
        let Some(windows) = self.windows.take() else {
            return Err(Error::new(Code::Syntax, format!("window function {name}() may not stand here")));
        };
        let bound = self.window_def(name, function, arguments, filter, over);
        self.windows.replace(Some(windows));
        let (def, kind) = bound?;
        let mut windows = self.windows.borrow_mut();
        let Some(windows) = windows.as_mut() else { return Err(Error::internal("windows are closed")) };
        let at = windows.iter().position(|known| *known == def).unwrap_or_else(|| {
            windows.push(def);
            windows.len() - 1
        });
        Ok(Bound { expr: Expr::Window(at), kind })
    }

    fn window_def(
        &self,
        name: &str,
        function: WindowFunction,
        arguments: &[&ast::Expr],
        filter: Option<&ast::Expr>,
        over: &WindowType,
    ) -> Result<(WindowDef, Type)> {
        let spec = self.window_spec(over, self.named_windows.borrow().len())?;
        let bound = arguments.iter().enumerate().map(|(at, argument)| self.argument(name, at, argument));
        let mut bound = bound.collect::<Result<Vec<Bound>>>()?;
        let kind = bound.first().map_or(Type::UNKNOWN, |bound| bound.kind.clone());
        let nocase = kind.nocase;
        let filter = filter.map(|filter| Ok::<Expr, Error>(self.beside(|| self.expr(filter))?.expr)).transpose()?;
        let mut partition = Vec::new();
        for expr in &spec.partition_by {
            let bound = self.beside(|| self.expr(expr))?;
            partition.push((bound.expr, bound.kind.nocase));
        }
        let mut order = Vec::new();
        for key in &spec.order_by {
            let bound = self.beside(|| self.expr(&key.expr))?;
            order.push((bound.expr, sort_key(key, 0, bound.kind.nocase)));
        }
        let frame = self.frame(spec.window_frame.as_ref(), order.len())?;
        let kind = match function {
            WindowFunction::Aggregate(Aggregate::Sum | Aggregate::Avg) => decimal_only(kind),
            WindowFunction::Aggregate(Aggregate::Min | Aggregate::Max)
            | WindowFunction::FirstValue
            | WindowFunction::LastValue
            | WindowFunction::NthValue
            | WindowFunction::Lag
            | WindowFunction::Lead => typed_only(kind),
            _ => Type::UNKNOWN,
        };
        let arguments = bound.drain(..).map(|bound| bound.expr).collect();
        Ok((WindowDef { function, arguments, filter, nocase, partition, order, frame }, kind))
    }

    /// What OVER means, names replaced; `known`: only so many named windows are in sight, so that none contains itself.
    fn window_spec(&self, over: &WindowType, known: usize) -> Result<WindowSpec> {
        match over {
            WindowType::NamedWindow(name) => self.named_window(&name.value, known),
            WindowType::WindowSpec(spec) => self.extended(spec, known),
        }
    }

    fn extended(&self, spec: &WindowSpec, known: usize) -> Result<WindowSpec> {
        let Some(name) = &spec.window_name else { return Ok(spec.clone()) };
        let base = self.named_window(&name.value, known)?;
        let refused = match () {
            _ if !spec.partition_by.is_empty() => "PARTITION BY",
            _ if !spec.order_by.is_empty() && !base.order_by.is_empty() => "ORDER BY",
            _ if base.window_frame.is_some() => "the frame",
            _ => {
                let order_by = if spec.order_by.is_empty() { base.order_by } else { spec.order_by.clone() };
                let partition_by = base.partition_by;
                return Ok(WindowSpec { window_name: None, partition_by, order_by, window_frame: spec.window_frame.clone() });
            }
        };
        Err(Error::new(Code::Syntax, format!("{refused} of window {} cannot be overridden", name.value)))
    }

    fn named_window(&self, name: &str, known: usize) -> Result<WindowSpec> {
        let named = self.named_windows.borrow().clone();
        let found = named[..known].iter().rposition(|definition| definition.0.value.eq_ignore_ascii_case(name));
        let Some(at) = found else { return Err(Error::new(Code::ColumnNotFound, format!("no such window: {name}"))) };
        match &named[at].1 {
            NamedWindowExpr::NamedWindow(other) => self.named_window(&other.value, at),
            NamedWindowExpr::WindowSpec(spec) => self.extended(spec, at),
        }
    }

    fn frame(&self, frame: Option<&WindowFrame>, keys: usize) -> Result<Frame> {
        let Some(frame) = frame else {
            return Ok(Frame { unit: FrameUnit::Range, start: Edge::Unbounded, end: Edge::Current });
        };
        let unit = match frame.units {
            WindowFrameUnits::Rows => FrameUnit::Rows,
            WindowFrameUnits::Range => FrameUnit::Range,
            WindowFrameUnits::Groups => FrameUnit::Groups,
        };
        let start = self.edge(&frame.start_bound, false)?;
        let end = frame.end_bound.as_ref().map_or(Ok(Edge::Current), |bound| self.edge(bound, true))?;
        let upside_down = match (&start, &end) {
            (Edge::Following(_), Edge::Current | Edge::Preceding(_)) | (Edge::Current, Edge::Preceding(_)) => true,
            (start, end) => {
                let has_offset = [start, end].iter().any(|edge| matches!(edge, Edge::Preceding(_) | Edge::Following(_)));
                if unit == FrameUnit::Range && has_offset && keys != 1 {
                    let message = format!("RANGE with an offset takes one ORDER BY expression, there are {keys}");
                    return Err(Error::new(Code::Syntax, message));
                }
                false
            }
        };
        if upside_down {
            return Err(Error::new(Code::Syntax, "a frame ends before it starts"));
        }
        Ok(Frame { unit, start, end })
    }

    fn edge(&self, bound: &WindowFrameBound, is_end: bool) -> Result<Edge> {
        let offset = |expr: &ast::Expr| Ok::<Expr, Error>(self.sibling().plain(expr)?.expr);
        Ok(match bound {
            WindowFrameBound::CurrentRow => Edge::Current,
            WindowFrameBound::Preceding(None) if !is_end => Edge::Unbounded,
            WindowFrameBound::Following(None) if is_end => Edge::Unbounded,
            WindowFrameBound::Preceding(Some(expr)) => Edge::Preceding(offset(expr)?),
            WindowFrameBound::Following(Some(expr)) => Edge::Following(offset(expr)?),
            other => return Err(Error::new(Code::Syntax, format!("a frame cannot {} at {other}", if is_end { "end" } else { "start" }))),
        })
    }
}

/// The cells of the row below the windows, each expression once.
#[derive(Default)]
struct Cells(Vec<Expr>);

impl Cells {
    fn of(&mut self, expr: &Expr) -> usize {
        self.0.iter().position(|known| known == expr).unwrap_or_else(|| {
            self.0.push(expr.clone());
            self.0.len() - 1
        })
    }
}

/// Puts the windows above `input`, whose rows are `width` wide; `list` are the expressions above, which then read the
/// answers. Answers the node and the width of its rows.
pub fn place_windows(mut input: Node, width: usize, defs: Vec<WindowDef>, list: &mut [Expr], pushdown: bool) -> (Node, usize) {
    let mut cells = Cells::default();
    for expr in list.iter() {
        expr.visit(&mut |part| {
            if let Expr::Column(_) = part {
                cells.of(part);
            }
        });
    }
    // One node for each ordering, in the order of their first calls.
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (at, def) in defs.iter().enumerate() {
        match groups.iter_mut().find(|group| defs[group[0]].same_order(def)) {
            Some(group) => group.push(at),
            None => groups.push(vec![at]),
        }
    }
    let mut nodes = Vec::new();
    for group in &groups {
        let first = &defs[group[0]];
        let partition: Vec<(usize, bool)> = first.partition.iter().map(|(expr, nocase)| (cells.of(expr), *nocase)).collect();
        let order: Vec<SortKey> = first.order.iter().map(|(expr, key)| SortKey { cell: cells.of(expr), ..key.clone() }).collect();
        let calls: Vec<WindowCall> = group.iter().map(|at| call(&defs[*at], &mut cells)).collect();
        nodes.push((partition, order, calls));
    }
    let base = cells.0.len();
    let mut place = vec![0; defs.len()];
    groups.iter().flatten().enumerate().for_each(|(position, at)| place[*at] = base + position);
    for expr in list.iter_mut() {
        *expr = std::mem::replace(expr, Expr::null()).rewrite(&mut |part| match part {
            Expr::Window(at) => Some(Expr::Column(place[*at])),
            Expr::Column(_) => Some(Expr::Column(cells.of(part))),
            _ => None,
        });
    }
    let sorts: Vec<Vec<SortKey>> = nodes.iter().map(|(partition, order, _)| {
        let partition = partition.iter().map(|(cell, nocase)| SortKey { cell: *cell, descending: false, nulls_first: true, nocase: *nocase });
        partition.chain(order.iter().cloned()).collect()
    }).collect();
    let mut is_sorted = sorts.first().is_none_or(Vec::is_empty)
        || (pushdown && pushdown::order_from_keys(&mut input, &cells.0, &sorts[0], false));
    let mut node = Node::Project { input: Box::new(input), list: cells.0, width };
    for ((partition, order, calls), keys) in nodes.into_iter().zip(sorts) {
        if !std::mem::take(&mut is_sorted) && !keys.is_empty() {
            node = Node::Sort { input: Box::new(node), keys, top: None };
        }
        node = Node::Window(Box::new(Window { input: node, partition, order, calls }));
    }
    (node, base + defs.len())
}

fn call(def: &WindowDef, cells: &mut Cells) -> WindowCall {
    let reach = match (def.function, def.arguments.get(1)) {
        (WindowFunction::Lag | WindowFunction::Lead, None) => Some(1),
        (WindowFunction::Lag | WindowFunction::Lead, Some(Expr::Literal(Value::Int(by)))) => usize::try_from(*by).ok(),
        _ => None,
    };
    WindowCall {
        function: def.function,
        arguments: def.arguments.iter().map(|argument| cells.of(argument)).collect(),
        filter: def.filter.as_ref().map(|filter| cells.of(filter)),
        nocase: def.nocase,
        frame: def.frame.clone(),
        reach,
    }
}

/// The WINDOW clause of a query.
pub type NamedWindows = Rc<[ast::NamedWindowDefinition]>;
