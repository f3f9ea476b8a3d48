//! One connection: its branch, its transaction, its settings.

use crate::error::Result;
use crate::repo::{Publication, RefMap};
use crate::sql::{Moment, Outcome};
use crate::tuple::Value;

/// A statement on its way: text, parameters and its volatile values, kept for retries.
pub struct Run {}

pub enum Step {
    /// Chunks are missing: fetch what the store logged, then step again.
    Need,
    Done(Outcome),
}

/// What became of a publication.
pub enum Settled {
    Landed,
    /// Someone else moved a ref first; all refs as they are now.
    Lost(RefMap),
}

/// What the driver does next.
#[derive(Debug, PartialEq, Eq)]
pub enum Settlement {
    /// Nothing: the change is durable.
    Done,
    /// The session is on the new root: run the group's statements again.
    Rerun,
    /// An explicit transaction was merged onto the new root: ask for its publication again.
    Again,
}

pub struct Session {}

impl Session {
    pub fn branch(&self) -> Option<&str> { todo!() }
    /// Splits a script; each statement is a run.
    pub fn prepare(&self, sql: &str, parameters: Vec<Value>, moment: Moment) -> Result<Vec<Run>> { todo!() }
    /// Ok(Need) and Err leave the transaction as it was before the statement.
    pub fn step(&mut self, run: &mut Run) -> Result<Step> { todo!() }
    /// Whether there is something to publish: autocommitted changes, or an explicit COMMIT.
    pub fn unpublished(&self) -> bool { todo!() }
    /// Flushes edits into trees. A fault is answered as an error with `is_fault`; ask again then.
    pub fn publication(&mut self) -> Result<Publication> { todo!() }
    /// `TX_CONFLICT` when an explicit transaction cannot be merged onto what landed first.
    pub fn settle(&mut self, settled: Settled) -> Result<Settlement> { todo!() }
    /// Refs that another tab or session moved; ignored inside a transaction until it ends.
    pub fn in_transaction(&self) -> bool { todo!() }
    /// Native: runs one or more statements to the end, durable, and answers the last outcome.
    pub fn execute(&mut self, sql: &str, parameters: &[Value]) -> Result<Outcome> { todo!() }
}
