//! `prollite-server`: databases over HTTP. The protocol and every check of what is pushed are the engine's
//! (`prollite::sync`); this crate adds transport, durability, rights and limits. `docs/sync.md` is the protocol,
//! `docs/operations.md` tells how to run it.

pub mod auth;
#[cfg(feature = "bucket")]
pub mod bucket;
pub mod check_store;
pub mod compact;
pub mod config;
pub mod database;
pub mod depot;
pub mod export;
pub mod files;
pub mod fsck;
pub mod gc;
pub mod http;
pub mod limits;
pub mod manifest;
pub mod metrics;
pub mod pack;
pub mod registry;
pub mod run;
pub mod snapshot;
pub mod streams;

use prollite::{Code, Error};

/// An error of the file system, with what was done to which file.
pub(crate) fn io(what: impl std::fmt::Display, error: std::io::Error) -> Error {
    use std::io::ErrorKind;
    let code = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => Code::Quota,
        _ => Code::StorageBlocked,
    };
    Error::new(code, format!("{what}: {error}"))
}

/// Milliseconds since the epoch.
pub(crate) fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
