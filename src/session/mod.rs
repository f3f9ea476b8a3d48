//! One branch, SQL and versioning: what gets bound.
//!
//! A session never waits. The driver (native, or the worker in a page) runs a statement with [`Session::step`]:
//! - [`Step::Need`]: fetch what the store's fault log holds and step again;
//! - [`Step::Publish`]: this statement does not share a publication with those before it: publish them, step again;
//! - [`Step::Remote`]: carry a job's requests to a remote, step again;
//! - [`Step::Done`]: the outcome. If [`Session::unpublished`], it counts once it is durable.
//!
//! A change is in the session until the driver makes it durable: [`Session::publication`], one compare-and-swap
//! (skipped when the publication is empty), the new chunks put where the store finds them, [`Session::settle`].
//! Autocommitted statements that run one after another before one publication share it (group commit).

#[cfg(not(target_arch = "wasm32"))]
mod clock;
mod control;
mod database;
#[cfg(not(target_arch = "wasm32"))]
mod native;
mod rebase;
mod session;
mod snapshot;
mod watch;

pub use database::Database;
#[cfg(not(target_arch = "wasm32"))]
pub use native::{set_carrier, Carrier};
pub use session::{Run, Session, Settled, Settlement, Step};
