//! SQL on GlueSQL's executor. The only layer that names GlueSQL.
//!
//! `text → parse (own dialect, cached) → normalise → relations → translate → plan → pushdown → execute`,
//! see `docs/architecture.md`.

mod context;
pub mod ddl;
pub mod eval;
pub mod execute;
mod outcome;
pub mod parser;
pub mod procedure;
pub mod query;
pub mod relation;
pub mod system;
pub mod versions;
mod workspace;
pub mod write;

pub use context::{Context, Moment, Settings};
pub use outcome::{Outcome, OutputColumn};
pub use workspace::{TableView, TableWriter, Workspace};
