//! A plan's node as a running operator.

use std::any::Any;

use super::derived::Derived;
use super::distinct::Distinct;
use super::filter::Filter;
use super::function::FunctionRows;
use super::group::Group;
use super::hash_join::HashJoin;
use super::lateral::LateralRows;
use super::limit::Limit;
use super::lookup_join::LookupJoin;
use super::loop_join::LoopJoin;
use super::project::{Project, Truncate};
use super::recursive::{Queue, RecursiveRows};
use super::scan::Scanner;
use super::set_operation::SetRows;
use super::sort::Sort;
use super::system::SystemRows;
use super::values::{Nothing, One, Values};
use super::window::WindowRows;
use super::Row;
use crate::error::{Error, Result};
use crate::sql::eval::Env;
use crate::sql::plan::{JoinKind, Method, Node};

pub trait Operator {
    /// Fills its cells with the next row; `false` at the end.
    fn next(&mut self, row: &mut Row) -> Result<bool>;

    /// After a fault: what it takes to go on from there in another attempt, with the row that was handed in as the fault
    /// left it. `None`: it has to begin anew.
    fn park(&mut self) -> Option<Parked> { None }

    /// Goes on where the operator stood that was parked. It is of the same plan, just opened.
    fn resume(&mut self, _: Parked) -> Result<()> { Err(Error::internal("an operator goes on that was never parked")) }
}

pub type Parked = Box<dyn Any>;

/// What an operator of type `T` parked.
pub fn parked<T: 'static>(parked: Parked) -> Result<T> {
    parked.downcast().map(|state| *state).map_err(|_| Error::internal("an operator is handed what another one parked"))
}

pub fn open<'p>(node: &'p Node, env: &'p Env) -> Result<Box<dyn Operator + 'p>> {
    Ok(match node {
        Node::One => Box::new(One(false)),
        Node::Nothing => Box::new(Nothing),
        Node::Values(rows) => Box::new(Values::new(rows, env)),
        Node::Scan(scan) => Box::new(Scanner::open(scan, env, &[])?),
        Node::System(scan) => Box::new(SystemRows::open(scan, env)?),
        Node::Derived { input, offset, width, shared, .. } => {
            let shared = shared.as_ref().is_some_and(|uses| uses.get() > 1);
            Box::new(Derived::open(input, *offset, *width, shared, env)?)
        }
        Node::Function(scan) => Box::new(FunctionRows::open(scan, env)?),
        Node::Lateral(lateral) => Box::new(LateralRows::open(lateral, env)?),
        Node::Recursive(recursive) => Box::new(RecursiveRows::open(recursive, env)?),
        Node::Queue { queue, offset, width, .. } => Box::new(Queue::open(*queue, *offset, *width, env)),
        Node::Filter { input, predicate } => Box::new(Filter::new(open(input, env)?, predicate, env)),
        Node::Join(join) => match (join.kind, join.method) {
            (JoinKind::Inner | JoinKind::Left, Method::Lookup) => Box::new(LookupJoin::open(join, env)?),
            (_, Method::Hash) => Box::new(HashJoin::open(join, env)?),
            _ => Box::new(LoopJoin::open(join, env)?),
        },
        Node::Project { input, list, width } => Box::new(Project::open(input, list, *width, env)?),
        Node::Group(group) => Box::new(Group::open(group, env)?),
        Node::Window(window) => Box::new(WindowRows::open(window, env)?),
        Node::Distinct { input, nocase } => Box::new(Distinct::new(open(input, env)?, nocase)),
        Node::Sort { input, keys, top } => Box::new(Sort::open(input, keys, top.as_deref(), env)?),
        Node::Truncate { input, width } => Box::new(Truncate { input: open(input, env)?, width: *width }),
        Node::Limit { input, limit, offset } => Box::new(Limit::open(input, limit.as_ref(), offset.as_ref(), env)?),
        Node::Set { operation, nocase, left, right } => Box::new(SetRows::open(*operation, nocase, left, right, env)?),
    })
}
