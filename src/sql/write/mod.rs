//! Changes of rows: INSERT, UPDATE, DELETE, REPLACE and their constraints.
//!
//! A change is a query that yields old and new cells, and one operator that writes them: a front
//! (`insert`, `update`, `delete`) makes batches of [`Change`], [`Target::finish`] brings new rows to their
//! types and checks what a row can break alone, [`Operator`] checks keys, edits rows and indexes together,
//! and follows foreign keys.

mod auto_increment;
mod check;
mod conflict;
pub mod defaults;
mod delete;
mod foreign_key;
mod generated;
mod insert;
mod names;
mod not_null;
mod operator;
mod plans;
mod returning;
mod row_check;
mod target;
mod trigger;
mod unique;
mod update;

pub use delete::delete;
pub use foreign_key::{check_rows as check_foreign_key_rows, resolve as resolve_foreign_key};
pub use insert::insert;
pub use names::{own as own_qualifier, table_name};
pub use operator::{Change, Operator, BATCH};
pub use plans::Plans;
pub use row_check::MergeCheck;
pub use target::{shown, Target};
pub use trigger::{raise, raised, Trigger, TriggerScope};
pub use unique::{duplicate, duplicate_key};
pub use update::update;
