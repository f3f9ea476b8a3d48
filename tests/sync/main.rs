//! Replication, with a store on either side.

#[path = "../common/sql.rs"]
mod sql;

mod decoders;
mod hostile;
mod lazy;
mod shallow;
mod remotes;
mod support;
mod transfer;
