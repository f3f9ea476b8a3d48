//! From sqlparser's trees to a plan: names become positions, and every expression one of `eval`.
//!
//! The tables of one FROM share a *register row*: each has its own cells in it, and an operator fills its own cells
//! only. So a join copies nothing, and the order of joins is free.

mod bind;
mod expression;
mod from;
mod function;
mod grouping;
mod interval;
mod node;
mod query;
mod recursive;
mod row_value;
mod scope;
mod select;
mod window;

pub use bind::{Binder, Bound};
pub use from::{FromTree, LateralTree};
pub use node::{
    Access, AggregateCall, Bounds, Callee, FunctionScan, Group, Join, JoinKind, Lateral, Method, Node, Operand, Recursive, Scan,
    SetOperation, Side, SortKey, Source, SystemScan,
};
pub use query::{sort_key, Planned};
pub use scope::{Scope, ScopeColumn};
pub use window::{Edge, Frame, FrameUnit, Window, WindowCall, WindowFunction};
