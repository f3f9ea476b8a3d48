//! Procedures: one file each, registered in one list. `CALL dolt_x(…)` and `SELECT dolt_x(…)` are the same call.
//!
//! To add one: copy a small neighbour, implement [`Procedure`], add it to [`list::ALL`].

mod add;
mod answer;
mod branch;
mod checkout;
mod clean;
mod clone;
mod commit;
mod config;
mod conflicts_resolve;
mod elsewhere;
mod fetch;
pub mod flags;
mod gc;
mod list;
mod merge;
mod pick;
mod pull;
mod push;
mod rebase;
mod remote;
mod reset;
mod rm;
mod squash_history;
mod stash;
mod tag;
mod undo;
mod unlazy;
mod verify;
mod verify_constraints;

use super::{Context, OutputColumn};
use crate::error::Result;
use crate::tuple::Value;

pub use list::ALL;
pub use rebase::under_way as rebase_under_way;
pub use stash::{stashed, Stashed};

pub trait Procedure {
    /// Lower case: `dolt_commit`.
    fn name(&self) -> &'static str;
    /// Columns of the row that CALL answers.
    fn columns(&self) -> Vec<OutputColumn>;
    fn call(&self, call: &mut Call<'_>) -> Result<Answer>;
}

/// One call. It moves refs by [`Context::set_ref`] and tables through the workspace.
pub struct Call<'a> {
    pub context: &'a Context,
    pub arguments: &'a [Value],
    /// Called as `SELECT p(…)`, DoltLite's form, rather than CALL.
    pub selected: bool,
    /// What the session does after a success.
    pub effect: &'a mut Effect,
}

/// What a procedure asks of the session.
#[derive(Debug, Default)]
pub struct Effect {
    /// The call ends the SQL transaction (commit, merge, reset…).
    pub ends_transaction: bool,
    /// The session's branch from now on.
    pub checkout: Option<String>,
    /// Values for the arguments, by position, that name a user variable (`@hash`) to take them.
    pub out: Vec<(usize, Value)>,
    /// Variables that the session sets, by folded name: what `out` came to.
    pub variables: Vec<(String, Value)>,
    /// Once the transaction is durable, nothing but these chunks needs to stay.
    pub sweep: Option<Vec<crate::Address>>,
}

pub struct Answer {
    /// The row of CALL.
    pub row: Vec<Value>,
    /// The value of SELECT, as DoltLite answers.
    pub value: Value,
}
