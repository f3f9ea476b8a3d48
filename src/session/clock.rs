//! The native clock. In a page the worker draws a statement's moment.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::sql::Moment;

pub fn moment() -> Moment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now_ms = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
    // A fresh RandomState is keyed by the system's randomness, and differs a call.
    Moment::new(now_ms, RandomState::new().build_hasher().finish() ^ since.as_nanos() as u64)
}
