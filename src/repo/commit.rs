//! Commits.
//!
//! A commit names all its proper ancestors: the nearest ones, while they form a line of single parents, in
//! `recent`; the others in its *closure*, a prolly map keyed by (height big-endian, address). So ancestry is one
//! look-up, and what two commits do not share is found by walking down from both: the cost is the divergence, not
//! the history. The map grows once in [`RECENT`] commits, so that a commit does not write a path of it each time.

use std::rc::Rc;

use bytes::Bytes;

use super::wire::{Reader, Writer};
use crate::chunk::{Chunk, ChunkStore, Kind, Store};
use crate::error::{Code, Error, Result};
use crate::hash::Address;
use crate::prolly::{Diff, KeyRange, Map};

/// Who, and when: milliseconds since the epoch, UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature { pub name: Rc<str>, pub email: Rc<str>, pub date_ms: i64 }

impl Signature {
    pub fn new(name: impl Into<Rc<str>>, email: impl Into<Rc<str>>, date_ms: i64) -> Self {
        Signature { name: name.into(), email: email.into(), date_ms }
    }

    /// `Name <email>`.
    pub fn parse(text: &str, date_ms: i64) -> Result<Self> {
        let parsed = text.trim().strip_suffix('>').and_then(|rest| rest.split_once('<'));
        match parsed {
            Some((name, email)) if !name.trim().is_empty() && !email.contains(['<', '>']) => {
                Ok(Signature::new(name.trim(), email.trim(), date_ms))
            }
            _ => Err(Error::bad_argument("Author not formatted correctly. Use 'Name <author@example.com>' format")),
        }
    }

    pub(crate) fn write(&self, w: &mut Writer) {
        w.str(&self.name);
        w.str(&self.email);
        w.i64(self.date_ms);
    }

    pub(crate) fn read(r: &mut Reader<'_>) -> Result<Self> {
        Ok(Signature { name: r.str()?.into(), email: r.str()?.into(), date_ms: r.i64()? })
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    pub root: Address,
    pub parents: Vec<Address>,
    /// 1 + the greatest height of its parents; 0 for the first.
    pub height: u64,
    pub author: Signature,
    pub committer: Signature,
    pub message: Rc<str>,
    /// The nearest ancestors, the parent first, each the only parent of the one before it.
    pub recent: Vec<Address>,
    /// All other proper ancestors.
    pub closure: Map,
}

/// Most ancestors that stand in the commit itself. Format, not tuning.
pub const RECENT: usize = 16;

impl Commit {
    pub fn to_chunk(&self) -> Result<Chunk> {
        let mut w = Writer::default();
        w.address(&self.root);
        w.count(self.parents.len());
        self.parents.iter().for_each(|parent| w.address(parent));
        w.varint(self.height);
        w.count(self.recent.len());
        self.recent.iter().for_each(|ancestor| w.address(ancestor));
        w.address(&self.closure.root());
        self.author.write(&mut w);
        self.committer.write(&mut w);
        w.str(&self.message);
        if w.0.len() + Chunk::HEADER > Chunk::MAX {
            let message = format!("commit message of {} bytes is too long: at most {}", self.message.len(), Chunk::MAX - 1024);
            return Err(Error::new(Code::BadArgument, message));
        }
        Ok(Chunk::build(Kind::Commit, &w.0))
    }

    pub fn from_chunk(chunk: &Chunk) -> Result<Commit> {
        let body = chunk.body(Kind::Commit)?;
        let mut r = Reader::new(&body, "commit");
        let commit = Commit {
            root: r.address()?,
            parents: r.list(|r| r.address())?,
            height: r.varint()?,
            recent: r.list(|r| r.address())?,
            closure: Map::from_root(r.address()?),
            author: Signature::read(&mut r)?,
            committer: Signature::read(&mut r)?,
            message: r.str()?.into(),
        };
        r.end()?;
        let recent = &commit.recent;
        let in_line = recent.is_empty() || commit.parents.len() == 1 && recent[0] == commit.parents[0];
        if !in_line || recent.len() > RECENT || recent.len() as u64 > commit.height {
            return Err(r.wrong("its nearest ancestors are not those of its parent"));
        }
        Ok(commit)
    }

    pub fn read(store: &dyn ChunkStore, address: &Address) -> Result<Commit> { Commit::from_chunk(&store.get(address)?) }

    /// A new commit: height and closure follow from the parents.
    pub fn create(
        store: &Store,
        root: Address,
        parents: Vec<Address>,
        author: Signature,
        committer: Signature,
        message: &str,
    ) -> Result<(Address, Commit)> {
        store.want(&parents)?;
        let read: Vec<Commit> = parents.iter().map(|parent| Commit::read(&**store, parent)).collect::<Result<_>>()?;
        let height = read.iter().map(|parent| parent.height + 1).max().unwrap_or(0);
        let (recent, closure) = ancestors_of(store, &parents, &read)?;
        let commit = Commit { root, parents, height, author, committer, message: message.into(), recent, closure };
        let address = store.put(commit.to_chunk()?)?;
        Ok((address, commit))
    }

    /// Whether height and ancestors are what the parents make of them: a receiver's check.
    pub fn check_ancestors(&self, store: &Store) -> Result<()> {
        store.want(&self.parents)?;
        let read: Vec<Commit> = self.parents.iter().map(|parent| Commit::read(&**store, parent)).collect::<Result<_>>()?;
        let height = read.iter().map(|parent| parent.height + 1).max().unwrap_or(0);
        let (recent, closure) = ancestors_of(store, &self.parents, &read)?;
        if (height, &recent, closure) != (self.height, &self.recent, self.closure) {
            let text = format!("commit of height {}: its ancestors are not those of its parents", self.height);
            return Err(Error::corrupt(text));
        }
        Ok(())
    }

    /// How many proper ancestors it has.
    pub fn ancestors(&self, store: &dyn ChunkStore) -> Result<u64> {
        Ok(self.closure.len(store)? + self.recent.len() as u64)
    }

    /// Whether the commit of this address and height comes before this one.
    pub fn has_ancestor(&self, store: &dyn ChunkStore, address: &Address, height: u64) -> Result<bool> {
        let Some(steps) = self.height.checked_sub(height).and_then(|steps| steps.checked_sub(1)) else { return Ok(false) };
        match usize::try_from(steps).ok().and_then(|steps| self.recent.get(steps)) {
            Some(recent) => Ok(recent == address),
            None => Ok(self.closure.get(store, &closure_key(height, address))?.is_some()),
        }
    }

    /// Keys of the nearest ancestors as the closure would have them, the parent's first.
    pub(crate) fn recent_keys(&self) -> impl Iterator<Item = Bytes> + '_ {
        self.recent.iter().zip(1..).map(|(address, steps)| closure_key(self.height.saturating_sub(steps), address))
    }
}

/// Key of a commit in a closure.
pub fn closure_key(height: u64, address: &Address) -> Bytes {
    let mut key = Vec::with_capacity(8 + Address::LEN);
    key.extend_from_slice(&height.to_be_bytes());
    key.extend_from_slice(address.as_bytes());
    key.into()
}

pub fn parse_closure_key(key: &[u8]) -> Result<(u64, Address)> {
    let wrong = || Error::corrupt(format!("closure: key of {} bytes", key.len()));
    let (height, address) = key.split_at_checked(8).ok_or_else(wrong)?;
    let height = u64::from_be_bytes(height.try_into().map_err(|_| wrong())?);
    Ok((height, Address::from_slice(address).ok_or_else(wrong)?))
}

/// A single parent joins the line while it is short; otherwise everything goes into the first parent's closure.
fn ancestors_of(store: &Store, parents: &[Address], read: &[Commit]) -> Result<(Vec<Address>, Map)> {
    let Some(first) = read.first() else { return Ok((Vec::new(), Map::EMPTY)) };
    if parents.len() == 1 && first.recent.len() < RECENT {
        let mut recent = vec![parents[0]];
        recent.extend_from_slice(&first.recent);
        return Ok((recent, first.closure));
    }
    let mut closure = first.closure;
    let mut added: Vec<Bytes> = first.recent_keys().collect();
    for other in &read[1..] {
        added.extend(other.recent_keys());
        let mut diff = Diff::new(store, closure, other.closure, KeyRange::all());
        let mut missing = Vec::new();
        while let Some(change) = diff.next()? {
            if change.from.is_none() {
                missing.push((change.key, Some(Bytes::new())));
            }
        }
        closure = closure.apply(&**store, &mut missing.into_iter())?;
    }
    let mut recent = Vec::new();
    if parents.len() == 1 {
        recent.push(parents[0]);
    } else {
        added.extend(parents.iter().zip(read).map(|(address, parent)| closure_key(parent.height, address)));
    }
    added.sort();
    added.dedup();
    Ok((recent, closure.apply(&**store, &mut added.into_iter().map(|key| (key, Some(Bytes::new()))))?))
}
