//! Three-way merge: schemas first, then rows cell by cell, then indexes from the same streams, then constraints.
//!
//! All three versions of a table are brought into the merged schema's layout (free unless columns were dropped or
//! moved), and two diffs from the base run side by side. Work is proportional to what changed. Laws, which
//! `tests/merge_laws.rs` holds up: merge(a, a) = a; merge(base, x) = x; the rows are the same whichever side is ours.

mod check;
mod conflict;
mod constraints;
mod drivers;
mod indexes;
mod json;
mod merger;
mod probe;
mod rewrite;
mod rows;
mod schemas;
mod text;
mod verb;
mod verify_constraints;
mod violation;

pub use check::{NoExpressions, RowCheck};
pub use conflict::Conflict;
pub use drivers::{Driver, Drivers, DRIVERS_TABLE};
pub(crate) use indexes::IndexMerge;
pub use merger::{MergeResult, Merger, TableStats};
pub use probe::rows_where;
pub use schemas::merge_schemas;
pub use text::{Choice, HunkKind, TextHunk, TextMerge};
pub(crate) use verb::carry;
pub use verb::{MergeOptions, MergeOutcome, Resolution};
pub use violation::{Violation, ViolationKind};
