//! Commits, their closures, ancestry and merge bases.
//!
//! A commit's *closure* is the prolly map of all its proper ancestors, keyed by (height big-endian, address). So
//! ancestry is one look-up, and what two commits do not share is found by walking two closures from the top:
//! the cost is the divergence, not the history.

use std::cmp::Ordering;
use std::rc::Rc;

use bytes::Bytes;

use super::wire::{Reader, Writer};
use crate::chunk::{Chunk, ChunkStore, Kind, Store};
use crate::error::{Code, Error, Result};
use crate::hash::Address;
use crate::prolly::{Cursor, Diff, KeyRange, Map};

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
    /// All proper ancestors.
    pub closure: Map,
}

impl Commit {
    pub fn to_chunk(&self) -> Result<Chunk> {
        let mut w = Writer::default();
        w.address(&self.root);
        w.count(self.parents.len());
        self.parents.iter().for_each(|parent| w.address(parent));
        w.varint(self.height);
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
            closure: Map::from_root(r.address()?),
            author: Signature::read(&mut r)?,
            committer: Signature::read(&mut r)?,
            message: r.str()?.into(),
        };
        r.end()?;
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
        let closure = join_closures(store, &parents, &read)?;
        let commit = Commit { root, parents, height, author, committer, message: message.into(), closure };
        let address = store.put(commit.to_chunk()?)?;
        Ok((address, commit))
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

/// The first parent's closure, what the others add, and the parents themselves.
fn join_closures(store: &Store, parents: &[Address], read: &[Commit]) -> Result<Map> {
    let Some(first) = read.first() else { return Ok(Map::EMPTY) };
    let mut closure = first.closure;
    for other in &read[1..] {
        let mut diff = Diff::new(store, closure, other.closure, KeyRange::all());
        let mut added = Vec::new();
        while let Some(change) = diff.next()? {
            if change.from.is_none() {
                added.push((change.key, Some(Bytes::new())));
            }
        }
        closure = closure.apply(&**store, &mut added.into_iter())?;
    }
    let mut own: Vec<Bytes> =
        parents.iter().zip(read).map(|(address, parent)| closure_key(parent.height, address)).collect();
    own.sort();
    own.dedup();
    closure.apply(&**store, &mut own.into_iter().map(|key| (key, Some(Bytes::new()))))
}

/// Whether `ancestor` is `commit` or comes before it.
pub fn is_ancestor(store: &dyn ChunkStore, ancestor: &Address, commit: &Address) -> Result<bool> {
    if ancestor == commit {
        return Ok(true);
    }
    store.want(&[*ancestor, *commit])?;
    let older = Commit::read(store, ancestor)?;
    let newer = Commit::read(store, commit)?;
    is_ancestor_of(store, (ancestor, older.height), &newer)
}

/// Whether the commit of this address and height comes before `commit`.
pub fn is_ancestor_of(store: &dyn ChunkStore, ancestor: (&Address, u64), commit: &Commit) -> Result<bool> {
    if ancestor.1 >= commit.height {
        return Ok(false);
    }
    Ok(commit.closure.get(store, &closure_key(ancestor.1, ancestor.0))?.is_some())
}

/// A commit and its ancestors, highest first; of one height, greatest address first.
struct Descent { own: Option<Bytes>, cursor: Cursor }

impl Descent {
    fn new(store: &Store, address: &Address, commit: &Commit) -> Self {
        Descent {
            own: Some(closure_key(commit.height, address)),
            cursor: commit.closure.cursor(store, KeyRange::all(), true),
        }
    }

    fn next(&mut self) -> Result<Option<Bytes>> {
        match self.own.take() {
            Some(own) => Ok(Some(own)),
            None => Ok(self.cursor.next()?.map(|(key, _)| key)),
        }
    }
}

/// The common ancestor of greatest height, then of least address; `None` for unrelated histories.
///
/// A common ancestor of greatest height has no common ancestor above it, so it is a best one in git's sense too.
/// Criss-cross histories have several: one is chosen by this rule, the same on every machine, rather than merging
/// the bases first. The price is a conflict that a virtual base would have settled, never a lost change.
pub fn merge_base(store: &Store, a: &Address, b: &Address) -> Result<Option<Address>> {
    if a == b {
        return Ok(Some(*a));
    }
    store.want(&[*a, *b])?;
    let (commit_a, commit_b) = (Commit::read(&**store, a)?, Commit::read(&**store, b)?);
    if is_ancestor_of(&**store, (a, commit_a.height), &commit_b)? {
        return Ok(Some(*a));
    }
    if is_ancestor_of(&**store, (b, commit_b.height), &commit_a)? {
        return Ok(Some(*b));
    }
    let mut left = Descent::new(store, a, &commit_a);
    let mut right = Descent::new(store, b, &commit_b);
    let (mut x, mut y) = (left.next()?, right.next()?);
    let mut best: Option<(u64, Address)> = None;
    while let (Some(key_x), Some(key_y)) = (&x, &y) {
        match key_x.cmp(key_y) {
            Ordering::Greater => x = left.next()?,
            Ordering::Less => y = right.next()?,
            Ordering::Equal => {
                let (height, address) = parse_closure_key(key_x)?;
                if best.is_some_and(|(found, _)| found != height) {
                    break;
                }
                // Of one height the greatest address comes first, so the last one seen is the least.
                best = Some((height, address));
                (x, y) = (left.next()?, right.next()?);
            }
        }
    }
    Ok(best.map(|(_, address)| address))
}

/// How many commits `a` has that `b` lacks, and the other way round.
pub fn ahead_behind(store: &Store, a: &Address, b: &Address) -> Result<(u64, u64)> {
    if a == b {
        return Ok((0, 0));
    }
    store.want(&[*a, *b])?;
    let (commit_a, commit_b) = (Commit::read(&**store, a)?, Commit::read(&**store, b)?);
    let mut left = Descent::new(store, a, &commit_a);
    let mut right = Descent::new(store, b, &commit_b);
    let (mut ahead, mut behind) = (0, 0);
    let (mut x, mut y) = (left.next()?, right.next()?);
    let mut shared = 0u64;
    loop {
        match (&x, &y) {
            (None, None) => break,
            (Some(key_x), Some(key_y)) if key_x == key_y => {
                shared += 1;
                // One common commit whose ancestors are all that remains on both sides ends the walk.
                if shared == 1 || shared % 64 == 0 {
                    let (_, address) = parse_closure_key(key_x)?;
                    let rest = Commit::read(&**store, &address)?.closure.len(&**store)?;
                    let left_rest = commit_a.closure.len(&**store)? + 1 - ahead - shared;
                    let right_rest = commit_b.closure.len(&**store)? + 1 - behind - shared;
                    if rest == left_rest && rest == right_rest {
                        break;
                    }
                }
                (x, y) = (left.next()?, right.next()?);
            }
            (Some(key_x), other) if other.as_ref().is_none_or(|key_y| key_x > key_y) => {
                ahead += 1;
                x = left.next()?;
            }
            _ => {
                behind += 1;
                y = right.next()?;
            }
        }
    }
    Ok((ahead, behind))
}
