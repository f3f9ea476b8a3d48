//! What moves: branches, tags, working sets, reflogs, marks. Everything else is immutable.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::{Commit, WorkingSet};
use crate::chunk::{Chunk, ChunkStore};
use crate::error::{Code, Error, Result};
use crate::hash::Address;

/// `heads/main`, `tags/v1`, `work/main`, `reflog/main`, `auto/⟨table id⟩`, `config/user.name`, `state/…`.
pub type RefName = String;

/// All records. Small: an engine holds the whole map in memory.
pub type RefMap = BTreeMap<RefName, Bytes>;

/// What one compare-and-swap makes durable: all of it or nothing.
#[derive(Clone, Debug, Default)]
pub struct Publication {
    /// What this transaction started from; `None`: the record did not exist.
    pub expect: BTreeMap<RefName, Option<Bytes>>,
    /// `None` removes.
    pub set: BTreeMap<RefName, Option<Bytes>>,
    /// New chunks, children before parents.
    pub chunks: Vec<Chunk>,
}

impl Publication {
    pub fn is_empty(&self) -> bool { self.set.is_empty() }
}

pub const HEADS: &str = "heads/";
pub const TAGS: &str = "tags/";
pub const WORK: &str = "work/";
pub const REFLOG: &str = "reflog/";
pub const AUTO: &str = "auto/";
pub const CONFIG: &str = "config/";
/// Tracking refs, `tracking/origin/main`.
pub const TRACKING: &str = "tracking/";
/// Stashes: each a commit.
pub const STASH: &str = "stash/";
/// A rebase on its way, by the branch that it moves.
pub const REBASE: &str = "rebase/";
/// Opaque records of the layers above; hold no addresses.
pub const STATE: &str = "state/";
/// `⟨remote⟩/⟨n⟩`: a lazy clone reads chunks of that remote, and has fetched from it n times.
pub const LAZY: &str = "state/lazy";
/// The time of a large fetch, as decimal milliseconds: the database is lazy until the rest of it has been read.
pub const UNLAZY: &str = "state/unlazy";
/// Commits at which the history of a shallow clone ends, by their 64 hexadecimal digits; without a value.
pub const SHALLOW: &str = "shallow/";
/// Remotes: url and options, opaque to this layer.
pub const REMOTE: &str = "remote/";

/// Whoever can be asked for records: the repository, or a change that is being made over it.
pub trait Refs {
    fn record(&self, name: &str) -> Option<Bytes>;
    /// Records whose name starts with `prefix`, in order of names.
    fn records(&self, prefix: &str) -> Vec<(RefName, Bytes)>;

    fn branch(&self, name: &str) -> Result<Option<Address>> {
        self.record(&format!("{HEADS}{name}")).map(|value| address_of(&value, name)).transpose()
    }

    /// The branch's commit, or `branch not found: x`.
    fn head(&self, branch: &str) -> Result<Address> {
        let missing = || Error::new(Code::RefNotFound, format!("branch not found: {branch}"));
        self.branch(branch)?.ok_or_else(missing)
    }

    fn branches(&self) -> Result<Vec<(String, Address)>> { named_addresses(self.records(HEADS), HEADS) }

    /// Tags with the addresses of their tag chunks.
    fn tags(&self) -> Result<Vec<(String, Address)>> { named_addresses(self.records(TAGS), TAGS) }

    /// `origin/main` and so on.
    fn tracking(&self) -> Result<Vec<(String, Address)>> { named_addresses(self.records(TRACKING), TRACKING) }

    fn working_set(&self, store: &dyn ChunkStore, branch: &str) -> Result<WorkingSet> {
        match self.record(&format!("{WORK}{branch}")) {
            Some(record) => WorkingSet::decode(&record),
            None => Ok(WorkingSet::clean(Commit::read(store, &self.head(branch)?)?.root)),
        }
    }

    /// The remote that a lazy clone reads, and how often it fetched.
    fn lazy(&self) -> Option<(String, u64)> {
        let value = String::from_utf8(self.record(LAZY)?.to_vec()).ok()?;
        let (remote, fetched) = value.split_once('/')?;
        Some((remote.to_owned(), fetched.parse().ok()?))
    }

    /// The commits at which history ends here, ascending.
    fn shallow(&self) -> Result<Vec<Address>> {
        let ends = self.records(SHALLOW).into_iter().map(|(name, _)| {
            Address::from_hex(&name[SHALLOW.len()..]).ok_or_else(|| Error::corrupt(format!("record {name} names no commit")))
        });
        ends.collect()
    }

    fn config(&self, key: &str) -> Option<String> {
        let record = self.record(&format!("{CONFIG}{key}"))?;
        String::from_utf8(record.to_vec()).ok()
    }
}

impl Refs for RefMap {
    fn record(&self, name: &str) -> Option<Bytes> { self.get(name).cloned() }
    fn records(&self, prefix: &str) -> Vec<(RefName, Bytes)> {
        let from = self.range::<str, _>((std::ops::Bound::Included(prefix), std::ops::Bound::Unbounded));
        from.take_while(|(name, _)| name.starts_with(prefix)).map(|(name, value)| (name.clone(), value.clone())).collect()
    }
}

pub(crate) fn address_of(record: &[u8], name: &str) -> Result<Address> {
    Address::from_slice(record)
        .ok_or_else(|| Error::corrupt(format!("ref {name}: expected {} bytes, found {}", Address::LEN, record.len())))
}

fn named_addresses(records: Vec<(RefName, Bytes)>, prefix: &str) -> Result<Vec<(String, Address)>> {
    let named = records.into_iter().map(|(name, value)| {
        let address = address_of(&value, &name)?;
        Ok((name[prefix.len()..].to_owned(), address))
    });
    named.collect()
}

/// One grammar for branches and tags: git's, so that a name never reads as a path, a revision or a flag.
pub fn check_name(kind: &str, name: &str) -> Result<()> {
    let reserved = ["HEAD", "WORKING", "STAGED"].iter().any(|word| name.eq_ignore_ascii_case(word));
    let odd = |c: char| c.is_control() || c.is_whitespace() || "~^:?*[\\@{}".contains(c);
    let parts_are_fine = name.split('/').all(|part| {
        !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock") && !part.ends_with('.')
    });
    if reserved || name.len() > 255 || name.starts_with('-') || name.contains("..") || name.contains(odd) || !parts_are_fine {
        return Err(Error::bad_argument(format!("invalid {kind} name: {name}")));
    }
    Ok(())
}

/// Refuses a name in use.
pub fn check_free(refs: &dyn Refs, prefix: &str, kind: &str, name: &str) -> Result<()> {
    if refs.record(&format!("{prefix}{name}")).is_some() {
        return Err(Error::new(Code::Exists, format!("{kind} already exists: {name}")));
    }
    Ok(())
}
