//! One branch, SQL and versioning: what gets bound.
//!
//! A session never waits. The driver (native, or the worker in a page) runs a statement with [`Session::step`];
//! on [`Step::Need`] it fetches what the store's fault log holds and steps again. A change is in the session
//! until the driver makes it durable: [`Session::publication`], one compare-and-swap, [`Session::settle`].
//! Statements run one after another before one publication share it (group commit).

mod database;
mod session;

pub use database::Database;
pub use session::{Run, Session, Settled, Settlement, Step};
