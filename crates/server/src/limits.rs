//! How many requests a second a caller may make: a bucket of tokens each.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Buckets that are full again are forgotten beyond so many.
const KEPT: usize = 16_384;

pub struct Rate { each_second: f64, buckets: Mutex<HashMap<String, (f64, Instant)>> }

impl Rate {
    /// 0: no limit.
    pub fn new(each_second: u32) -> Rate { Rate { each_second: f64::from(each_second), buckets: Mutex::default() } }

    pub fn allow(&self, who: &str) -> bool {
        if self.each_second == 0.0 {
            return true;
        }
        let now = Instant::now();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() > KEPT {
            buckets.retain(|_, (_, at)| now.duration_since(*at).as_secs() < 2);
        }
        // Two seconds' worth may come at once.
        let (left, at) = buckets.entry(who.to_owned()).or_insert((2.0 * self.each_second, now));
        *left = (*left + now.duration_since(*at).as_secs_f64() * self.each_second).min(2.0 * self.each_second);
        *at = now;
        if *left < 1.0 {
            return false;
        }
        *left -= 1.0;
        true
    }
}
