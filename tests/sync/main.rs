//! Replication, with a store on either side.

#[path = "../common/sql.rs"]
mod sql;

mod decoders;
mod hostile;
mod remotes;
mod support;
mod transfer;
