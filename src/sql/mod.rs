//! SQL on GlueSQL's executor. The only layer that names GlueSQL.
//!
//! `text → parse (own dialect, cached) → normalise → relations → translate → plan → pushdown → execute`,
//! see `docs/architecture.md`.

mod context;
pub mod ddl;
pub mod eval;
pub mod execute;
mod explain;
mod outcome;
pub mod parser;
pub mod plan;
pub mod procedure;
pub mod pushdown;
pub mod query;
pub mod relation;
mod storage;
pub mod system;
pub mod versions;
mod workspace;
pub mod write;

pub use context::{Context, Keeper, Moment, Settings};
pub use outcome::{Outcome, OutputColumn};
pub use workspace::{TableView, TableWriter, Workspace};
