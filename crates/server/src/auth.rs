//! Tokens: 256 random bits, of which only a hash is kept. Without a single token a server on loopback serves everybody.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::SystemTime;

use prollite::sync::{matches, Refusal};
use prollite::{Address, Code, Error, Result};
use serde::{Deserialize, Serialize};

use crate::{files, io, now_ms};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope { Read, Write, Force, Admin }

impl Scope {
    pub fn parse(text: &str) -> Result<Scope> {
        Ok(match text.trim() {
            "read" => Scope::Read,
            "write" => Scope::Write,
            "force" => Scope::Force,
            "admin" => Scope::Admin,
            other => return Err(Error::bad_argument(format!("scope {other}: expected read, write, force or admin"))),
        })
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    pub id: String,
    /// BLAKE3 of the token, hexadecimal.
    pub hash: String,
    pub scopes: Vec<Scope>,
    /// Names of databases, or `*`.
    pub databases: Vec<String>,
    /// Refs that it may move, by name or up to a last `*`; none: all.
    #[serde(default)]
    pub refs: Vec<String>,
    #[serde(default)]
    pub expires_ms: Option<i64>,
    #[serde(default)]
    pub note: String,
}

/// What a request may do.
#[derive(Clone, Debug)]
pub struct Grant { pub id: String, pub force: bool, pub refs: Vec<String> }

impl Grant {
    pub fn may_move(&self, name: &str) -> bool { self.refs.is_empty() || self.refs.iter().any(|pattern| matches(pattern, name)) }
}

pub struct Tokens { path: PathBuf, known: Mutex<(Option<SystemTime>, Vec<Token>)>, open: bool }

fn path_of(data: &Path) -> PathBuf { data.join("tokens.json") }

pub fn read(data: &Path) -> Result<Vec<Token>> {
    let path = path_of(data);
    match fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| Error::corrupt(format!("{}: {error}", path.display()))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(io(format!("reading {}", path.display()), error)),
    }
}

pub fn write(data: &Path, tokens: &[Token]) -> Result<()> {
    let bytes = serde_json::to_vec_pretty(tokens).map_err(|error| Error::internal(error.to_string()))?;
    files::write(&path_of(data), &bytes)
}

/// A new token and what is kept of it.
pub fn make(scopes: Vec<Scope>, databases: Vec<String>, refs: Vec<String>, expires_ms: Option<i64>, note: String) -> Result<(String, Token)> {
    let mut random = [0u8; 40];
    getrandom::fill(&mut random).map_err(|error| Error::internal(format!("no random numbers: {error}")))?;
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let secret = format!("plt_{}", hex(&random[..32]));
    let hash = Address::of(secret.as_bytes()).hex();
    Ok((secret, Token { id: hex(&random[32..]), hash, scopes, databases, refs, expires_ms, note }))
}

impl Tokens {
    /// `open`: with no token at all, everything is allowed.
    pub fn new(data: &Path, open: bool) -> Result<Tokens> {
        let tokens = Tokens { path: path_of(data), known: Mutex::new((None, read(data)?)), open };
        Ok(tokens)
    }

    /// Tokens that were added or removed while the server runs count at once.
    fn all(&self) -> Vec<Token> {
        let changed = fs::metadata(&self.path).and_then(|data| data.modified()).ok();
        let mut known = self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if known.0 != changed {
            let folder = self.path.parent().unwrap_or(Path::new("."));
            if let Ok(read) = read(folder) {
                *known = (changed, read);
            }
        }
        known.1.clone()
    }

    pub fn is_open(&self) -> bool { self.open && self.all().is_empty() }

    pub fn grant(&self, header: Option<&str>, database: &str, scope: Scope) -> std::result::Result<Grant, Refusal> {
        let all = self.all();
        if all.is_empty() && self.open {
            return Ok(Grant { id: "open".into(), force: true, refs: Vec::new() });
        }
        let unknown = |text: &str| Refusal::new(401, Code::RemoteAuth, text);
        let secret = header.and_then(|header| header.strip_prefix("Bearer ")).ok_or_else(|| unknown("this remote wants a token"))?;
        let hash = blake3::hash(secret.trim().as_bytes());
        // `blake3::Hash` compares in constant time.
        let is_it = |token: &&Token| Address::from_hex(&token.hash).is_some_and(|kept| blake3::Hash::from(kept.0) == hash);
        let token = all.iter().find(is_it).ok_or_else(|| unknown("the token is not known"))?;
        if token.expires_ms.is_some_and(|at| at <= now_ms()) {
            return Err(unknown("the token has expired"));
        }
        let forbidden = |text: String| Refusal::new(403, Code::RemoteAuth, text);
        if !token.databases.iter().any(|name| name == "*" || name == database) {
            return Err(forbidden(format!("the token is not for database {database}")));
        }
        let has = |scope| token.scopes.contains(&scope) || token.scopes.contains(&Scope::Admin);
        let force = has(Scope::Force);
        let enough = match scope {
            Scope::Read => has(Scope::Read) || has(Scope::Write) || force,
            Scope::Write => has(Scope::Write) || force,
            other => has(other),
        };
        if !enough {
            return Err(forbidden(format!("the token lacks the scope {}", format!("{scope:?}").to_lowercase())));
        }
        Ok(Grant { id: token.id.clone(), force, refs: token.refs.clone() })
    }
}
