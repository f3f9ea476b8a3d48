//! A job: something to do with a remote, as requests and what became of them. Who carries them (the native driver, a
//! worker with `fetch`) knows nothing of what is in them.

use bytes::Bytes;

use super::static_folder::REFS;
use crate::error::{Error, Result};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope { Read, Write, Force }

impl Scope {
    pub fn as_str(self) -> &'static str {
        match self {
            Scope::Read => "read",
            Scope::Write => "write",
            Scope::Force => "force",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Request {
    pub method: &'static str,
    /// Below the remote's URL: `/fetch`.
    pub path: String,
    pub content_type: &'static str,
    pub body: Bytes,
    /// From which byte of a file, and up to which.
    pub range: Option<(u64, u64)>,
    /// What a token has to allow.
    pub scope: Scope,
}

pub const JSON: &str = "application/json";
pub const FRAMES: &str = "application/vnd.prollite.frames";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub chunks: u64,
    /// What is announced and not here yet.
    pub announced: u64,
    pub bytes_wire: u64,
    pub bytes_raw: u64,
}

impl Progress {
    /// Of one job after another.
    pub fn plus(&self, next: &Progress) -> Progress {
        Progress {
            chunks: self.chunks + next.chunks,
            announced: next.announced,
            bytes_wire: self.bytes_wire + next.bytes_wire,
            bytes_raw: self.bytes_raw + next.bytes_raw,
        }
    }
}

/// The order: `request`; `answered`; `feed` for each piece of the body, each followed by `advance` until it does not
/// fault; `end`, or `cut` where the connection broke. Then `request` again, which goes on where the last one ended.
pub trait Job {
    /// Base of the remote: `https://…/v1/mydb`, or `file:///…`.
    fn url(&self) -> &str;
    /// `None`: it is done. May fault.
    fn request(&self) -> Result<Option<Request>>;
    fn answered(&self, status: u16);
    /// Never faults.
    fn feed(&self, bytes: &[u8]) -> Result<()>;
    /// Works on what was fed. May fault: fetch what the store logged, and call again.
    fn advance(&self) -> Result<()>;
    /// The body is whole. May fault.
    fn end(&self) -> Result<()>;
    fn cut(&self);
    /// What is left of the body is of no use: the connection can be let go of, and `request` called again.
    fn has_enough(&self) -> bool { false }
    fn progress(&self) -> Progress;
}

/// Base of the protocol for a remote's URL: `http://host/mydb` is served below `http://host/v1/mydb`; what ends with
/// `/refs.json` is a static folder. What is no such URL is refused.
pub fn base_url(url: &str) -> Result<String> {
    let wrong = |what: &str| Error::bad_argument(format!("remote url {url}: {what}"));
    if url.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(wrong("it has blanks in it"));
    }
    if let Some(path) = url.strip_prefix("file://") {
        return if path.starts_with('/') { Ok(url.into()) } else { Err(wrong("expected file:///path/to/remote")) };
    }
    let scheme = ["http://", "https://"].into_iter().find(|scheme| url.starts_with(scheme));
    let scheme = scheme.ok_or_else(|| wrong("expected http://, https:// or file:///"))?;
    let (host, path) = url[scheme.len()..].split_once('/').unwrap_or((&url[scheme.len()..], ""));
    if host.is_empty() || host.contains('@') {
        return Err(wrong("expected a host, and no user or password: tokens are never part of a URL"));
    }
    if path.ends_with(&REFS[1..]) {
        return Ok(url.into());
    }
    let name = path.trim_end_matches('/').trim_start_matches("v1/");
    let name = name.strip_suffix(".db").unwrap_or(name);
    check_database(name).map_err(|error| wrong(error.message()))?;
    Ok(format!("{scheme}{host}/v1/{name}"))
}

/// Names of databases on a server: `[a-z0-9][a-z0-9_-]{0,63}`.
pub fn check_database(name: &str) -> Result<()> {
    let plain = name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-'));
    if plain && (1..=64).contains(&name.len()) && !name.starts_with(['-', '_']) {
        return Ok(());
    }
    Err(Error::bad_argument(format!("a database is named with 1 to 64 of a-z, 0-9, _ and -, found {name:?}")))
}

/// A request's own URL.
pub fn join(url: &str, path: &str) -> String { format!("{}{path}", url.trim_end_matches('/')) }
