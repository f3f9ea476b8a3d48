//! SQL on GlueSQL's executor. The only layer that names GlueSQL.
//!
//! `text → statements (own dialect, cached) → plan (names bound) → pushdown → relations → GlueSQL's executor`,
//! see `docs/sql-seam.md`. Changes are queries whose rows the write operator stores.

mod context;
pub mod ddl;
pub mod eval;
pub mod execute;
mod explain;
pub mod json;
mod outcome;
pub mod parser;
pub mod plan;
pub mod procedure;
pub mod pushdown;
pub mod query;
pub mod relation;
mod resume;
mod storage;
mod suspension;
pub mod system;
pub mod tables;
mod temporary;
pub mod versions;
mod workspace;
pub mod write;

pub use context::{Context, Keeper, Moment, Settings};
pub use outcome::{Outcome, OutputColumn};
pub use resume::Resume;
pub use suspension::Suspension;
pub use workspace::{TableView, TableWriter, Workspace};
