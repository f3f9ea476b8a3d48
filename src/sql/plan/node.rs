//! What a plan is made of.

use std::cell::Cell;
use std::ops::Range;
use std::rc::Rc;

use crate::repo::{RowCodec, Schema};
use crate::sql::eval::aggregates::Aggregate;
use crate::sql::eval::{Conversion, Expr, Rule, Subquery};
use crate::sql::system::{BoundTable, SystemTable};
use crate::sql::tables::TableFunction;
use crate::sql::TableView;
use crate::tuple::KeyOrder;

use super::Window;

pub enum Node {
    /// One row, for a query without FROM.
    One,
    /// No row.
    Nothing,
    Values(Vec<Vec<Expr>>),
    Scan(Box<Scan>),
    System(Box<SystemScan>),
    /// A query in FROM: its cells go to `offset`. `shared` counts the places that read it: when there are several, it is
    /// computed once.
    Derived { input: Rc<Node>, offset: usize, width: usize, shared: Option<Rc<Cell<usize>>>, name: Rc<str> },
    Function(Box<FunctionScan>),
    Lateral(Box<Lateral>),
    /// WITH RECURSIVE.
    Recursive(Box<Recursive>),
    /// In a step of the recursion of that number: the rows that it works on.
    Queue { queue: usize, offset: usize, width: usize, name: Rc<str> },
    Filter { input: Box<Node>, predicate: Expr },
    Join(Box<Join>),
    /// The first node above FROM, or above a group: a new row. `width` is that of the rows below.
    Project { input: Box<Node>, list: Vec<Expr>, width: usize },
    Group(Box<Group>),
    Window(Box<Window>),
    /// Over the first `nocase.len()` cells; the first row of each kind stays.
    Distinct { input: Box<Node>, nocase: Vec<bool> },
    /// `top`: only so many first rows are needed (LIMIT and OFFSET).
    Sort { input: Box<Node>, keys: Vec<SortKey>, top: Option<Vec<Expr>> },
    /// Drops the cells that only the sort needed.
    Truncate { input: Box<Node>, width: usize },
    Limit { input: Box<Node>, limit: Option<Expr>, offset: Option<Expr> },
    Set { operation: SetOperation, nocase: Vec<bool>, left: Box<Node>, right: Box<Node> },
}

/// A table's rows. The filter is checked on every row, whatever the access promises.
pub struct Scan {
    pub source: Source,
    pub schema: Rc<Schema>,
    pub codec: Rc<RowCodec>,
    /// How the parts of the key sort that `access` walks.
    pub orders: Vec<KeyOrder>,
    /// Where its cells begin in the register row.
    pub offset: usize,
    /// Columns (of the table) that the filter reads, and those that are read after it.
    pub filter_columns: Vec<usize>,
    pub columns: Vec<usize>,
    pub filter: Option<Expr>,
    pub access: Access,
    pub reverse: bool,
    /// Rows expected, for the plan's choices and EXPLAIN.
    pub estimate: u64,
    pub alias: Rc<str>,
}

#[derive(Clone)]
pub enum Source {
    /// A table of the transaction, looked up when the plan runs.
    Workspace(Rc<str>),
    /// A table of another revision, fixed when the plan was made.
    Fixed(Rc<TableView>),
}

#[derive(Clone)]
pub enum Access {
    Full,
    Key(Bounds),
    Index { index: usize, bounds: Bounds },
}

/// Bounds over the leading parts of a key: values that the first parts may equal (several: each combination is
/// a range), then a range of the part after them.
#[derive(Clone, Default)]
pub struct Bounds {
    pub equals: Vec<Vec<Operand>>,
    pub lower: Option<(Operand, bool)>,
    pub upper: Option<(Operand, bool)>,
}

/// A value that bounds a key: evaluated when the scan opens, over the register row as it is then, so that it may read
/// tables to the left in a join.
#[derive(Clone)]
pub struct Operand {
    pub expr: Expr,
    pub conversion: Conversion,
    /// `IS NULL`: NULL is meant, where otherwise NULL matches nothing.
    pub null_matches: bool,
}

pub struct SystemScan {
    pub table: Rc<dyn BoundTable>,
    pub name: Rc<str>,
    pub offset: usize,
    pub width: usize,
    pub filter: Option<Expr>,
    pub equals: Vec<(usize, Vec<Operand>)>,
    pub sides: Vec<Side>,
    pub columns: Vec<usize>,
    /// The filter is nothing but `equals` and `sides`.
    pub exact: bool,
    /// Only so many first rows are needed (LIMIT and OFFSET); never with a filter.
    pub top: Option<Vec<Expr>>,
}

/// One side of a range of a column's values.
pub struct Side { pub column: usize, pub lower: bool, pub inclusive: bool, pub operand: Operand }

/// A table function; its arguments read no table beside it.
pub struct FunctionScan { pub function: Callee, pub arguments: Vec<Expr>, pub offset: usize, pub width: usize }

pub enum Callee {
    Table(&'static dyn TableFunction),
    /// One of version control whose arguments are known only when it runs.
    System { function: &'static dyn SystemTable, name: Rc<str> },
}

impl Callee {
    pub fn name(&self) -> &str {
        match self {
            Callee::Table(function) => function.name(),
            Callee::System { name, .. } => name,
        }
    }
}

/// A query or table function in FROM that reads the tables to its left: it runs for each row of theirs.
pub struct Lateral {
    pub left: Node,
    pub query: Rc<Subquery>,
    pub offset: usize,
    /// Inner or left.
    pub kind: JoinKind,
    pub on: Option<Expr>,
    pub name: Rc<str>,
}

pub struct Recursive {
    pub name: Rc<str>,
    /// The number under which the steps find their rows.
    pub queue: usize,
    pub anchor: Node,
    pub steps: Vec<Node>,
    /// UNION: which columns compare without case. `None`: UNION ALL.
    pub distinct: Option<Vec<bool>>,
    /// ORDER BY: which of the rows that wait goes first.
    pub order: Vec<SortKey>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinKind { Inner, Left, Full }

pub struct Join {
    pub kind: JoinKind,
    pub left: Node,
    pub right: Node,
    /// The cells that each side fills.
    pub left_cells: Vec<Range<usize>>,
    pub right_cells: Vec<Range<usize>>,
    /// `left = right` conditions, for hashing; they are not in `on`.
    pub equal: Vec<(Expr, Expr, Rule)>,
    pub on: Option<Expr>,
    pub method: Method,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The right side is kept in memory and walked for each left row.
    Loop,
    Hash,
    /// The right side is a scan whose bounds read the left row; left rows come in batches.
    Lookup,
}

/// GROUP BY and aggregates. Rows: keys, aggregates, then `bare` (columns that are neither, from one row of the group).
pub struct Group {
    pub input: Node,
    /// Width of the rows below.
    pub width: usize,
    pub keys: Vec<(Expr, bool)>,
    pub calls: Vec<AggregateCall>,
    pub bare: Vec<Expr>,
    /// Without GROUP BY there is one row even of nothing.
    pub whole: bool,
    /// All calls are COUNT(*) and the input is one unfiltered table: its subtree counts answer.
    pub from_counts: bool,
}

#[derive(Clone, PartialEq)]
pub struct AggregateCall {
    pub aggregate: Aggregate,
    pub arguments: Vec<Expr>,
    pub distinct: bool,
    pub filter: Option<Expr>,
    /// GROUP_CONCAT's ORDER BY: expression, and whether it descends.
    pub order: Vec<(Expr, bool)>,
    pub nocase: bool,
}

/// A cell of the row below.
#[derive(Clone, Debug, PartialEq)]
pub struct SortKey { pub cell: usize, pub descending: bool, pub nulls_first: bool, pub nocase: bool }

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetOperation { UnionAll, Union, Intersect, IntersectAll, Except, ExceptAll }
