//! What can be configured: by flag, by environment (`PROLLITE_` and the flag's name), by file (`--config`, TOML, the
//! flags' names). A flag beats the environment, which beats the file. `docs/operations.md` has the table.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use prollite::{Error, Result};
use serde::Deserialize;

#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Options {
    /// Where to listen; other machines reach it only at another address than loopback [127.0.0.1:8765]
    #[arg(long, env = "PROLLITE_LISTEN", value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
    /// Origins whose pages may call, `https://app.example.org` or `*`; pages on localhost always may
    #[arg(long, env = "PROLLITE_ALLOW_ORIGIN", value_name = "ORIGIN", value_delimiter = ',')]
    pub allow_origin: Vec<String>,
    /// Names that the Host header may have beside localhost and the address listened at
    #[arg(long, env = "PROLLITE_ALLOW_HOST", value_name = "HOST", value_delimiter = ',')]
    pub allow_host: Vec<String>,
    /// Serve everybody although other machines can reach it and there is no token
    #[arg(long, env = "PROLLITE_OPEN")]
    pub open: bool,
    /// Answer reads alone
    #[arg(long, env = "PROLLITE_READ_ONLY")]
    pub read_only: bool,
    /// Most connections at once [1024]
    #[arg(long, env = "PROLLITE_MAX_CONNECTIONS", value_name = "N")]
    pub max_connections: Option<usize>,
    /// Most requests that work on a store at once [64]
    #[arg(long, env = "PROLLITE_MAX_REQUESTS", value_name = "N")]
    pub max_requests: Option<usize>,
    /// Most streams to readers at once; for one more, the slowest reader is cut off, and goes on from there later [256]
    #[arg(long, env = "PROLLITE_MAX_STREAMS", value_name = "N")]
    pub max_streams: Option<usize>,
    /// Requests a second for each token, or each address without one; 0: no limit [200]
    #[arg(long, env = "PROLLITE_RATE", value_name = "N")]
    pub rate: Option<u32>,
    /// Seconds in which a request's head, its body, or the next piece of an answer must be on its way [30]
    #[arg(long, env = "PROLLITE_TIMEOUT", value_name = "SECONDS")]
    pub timeout: Option<u64>,
    /// Most bytes of packs a database; 0: no limit [0]
    #[arg(long, env = "PROLLITE_QUOTA", value_name = "BYTES")]
    pub quota: Option<u64>,
    /// Bytes that stay free on the disk: below them pushes are refused; 0: as long as there is room [64 MiB]
    #[arg(long, env = "PROLLITE_MIN_FREE", value_name = "BYTES")]
    pub min_free: Option<u64>,
    /// Hours for which files stay that nothing lists any more [24]
    #[arg(long, env = "PROLLITE_GRACE", value_name = "HOURS")]
    pub grace: Option<u64>,
    /// Minutes between looks for what can be collected; 0: never by itself [60]
    #[arg(long, env = "PROLLITE_GC_EVERY", value_name = "MINUTES")]
    pub gc_every: Option<u64>,
    /// Keep the databases in an S3-compatible bucket, `s3://bucket/prefix`, and copies alone in the folder
    #[arg(long, env = "PROLLITE_BUCKET", value_name = "URL")]
    pub bucket: Option<String>,
    /// Where to answer `GET /metrics`, Prometheus' form; nowhere unless given
    #[arg(long, env = "PROLLITE_METRICS", value_name = "ADDRESS:PORT")]
    pub metrics: Option<SocketAddr>,
    /// `text` or `json` [text]
    #[arg(long, env = "PROLLITE_LOG_FORMAT", value_name = "FORM")]
    pub log_format: Option<String>,
}

impl Options {
    pub fn listen(&self) -> SocketAddr { self.listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8765))) }
    pub fn max_connections(&self) -> usize { self.max_connections.unwrap_or(1_024).max(1) }
    pub fn max_requests(&self) -> usize { self.max_requests.unwrap_or(64).max(1) }
    pub fn max_streams(&self) -> usize { self.max_streams.unwrap_or(256).max(1) }
    pub fn rate(&self) -> u32 { self.rate.unwrap_or(200) }
    pub fn timeout(&self) -> std::time::Duration { std::time::Duration::from_secs(self.timeout.unwrap_or(30).max(1)) }
    pub fn quota(&self) -> u64 { self.quota.unwrap_or(0) }
    pub fn min_free(&self) -> u64 { self.min_free.unwrap_or(64 << 20) }
    pub fn grace_ms(&self) -> i64 { i64::try_from(self.grace.unwrap_or(24).saturating_mul(3_600_000)).unwrap_or(i64::MAX / 4) }

    /// What the file says where neither a flag nor the environment does.
    pub fn over(self, file: Options) -> Options {
        let longer = |one: Vec<String>, other: Vec<String>| if one.is_empty() { other } else { one };
        Options {
            listen: self.listen.or(file.listen),
            allow_origin: longer(self.allow_origin, file.allow_origin),
            allow_host: longer(self.allow_host, file.allow_host),
            open: self.open || file.open,
            read_only: self.read_only || file.read_only,
            max_connections: self.max_connections.or(file.max_connections),
            max_requests: self.max_requests.or(file.max_requests),
            max_streams: self.max_streams.or(file.max_streams),
            rate: self.rate.or(file.rate),
            timeout: self.timeout.or(file.timeout),
            quota: self.quota.or(file.quota),
            min_free: self.min_free.or(file.min_free),
            grace: self.grace.or(file.grace),
            gc_every: self.gc_every.or(file.gc_every),
            bucket: self.bucket.or(file.bucket),
            metrics: self.metrics.or(file.metrics),
            log_format: self.log_format.or(file.log_format),
        }
    }

    pub fn read(path: &Path) -> Result<Options> {
        let text = std::fs::read_to_string(path).map_err(|error| crate::io(format!("reading {}", path.display()), error))?;
        toml::from_str(&text).map_err(|error| Error::bad_argument(format!("{}: {error}", path.display())))
    }
}

/// Where the databases are, and the options, read and merged.
#[derive(Clone, Debug)]
pub struct Config { pub data: PathBuf, pub options: Options }
