//! Counters, in Prometheus' text form.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

#[derive(Default)]
pub struct Metrics {
    requests: Mutex<BTreeMap<(&'static str, u16), u64>>,
    pub bytes_in: AtomicU64,
    pub bytes_out: AtomicU64,
    pub pushes: AtomicU64,
    pub chunks_out: AtomicU64,
    pub connections: AtomicU64,
    pub refused_connections: AtomicU64,
    /// Streams whose reader was too slow.
    pub cut_streams: AtomicU64,
}

impl Metrics {
    pub fn request(&self, endpoint: &'static str, status: u16) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        *requests.entry((endpoint, status)).or_insert(0) += 1;
    }

    pub fn text(&self, databases: usize, chunks: usize, bytes: u64, free: u64) -> String {
        let mut text = String::from("# TYPE prollite_requests_total counter\n");
        for ((endpoint, status), count) in self.requests.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let _ = writeln!(text, "prollite_requests_total{{endpoint=\"{endpoint}\",status=\"{status}\"}} {count}");
        }
        let counters = [
            ("bytes_in_total", &self.bytes_in),
            ("bytes_out_total", &self.bytes_out),
            ("pushes_total", &self.pushes),
            ("chunks_out_total", &self.chunks_out),
            ("refused_connections_total", &self.refused_connections),
            ("cut_streams_total", &self.cut_streams),
        ];
        for (name, value) in counters {
            let _ = writeln!(text, "# TYPE prollite_{name} counter\nprollite_{name} {}", value.load(Ordering::Relaxed));
        }
        let gauges = [
            ("connections", self.connections.load(Ordering::Relaxed)),
            ("open_databases", databases as u64),
            ("chunks", chunks as u64),
            ("pack_bytes", bytes),
            ("disk_free_bytes", free),
        ];
        for (name, value) in gauges {
            let _ = writeln!(text, "# TYPE prollite_{name} gauge\nprollite_{name} {value}");
        }
        text
    }
}
