//! Revisions: what a user writes where a commit is meant.

use super::commit::parse_closure_key;
use super::{Commit, History, Refs, Tag};
use crate::chunk::Store;
use crate::error::{Code, Error, Result};
use crate::hash::Address;
use crate::prolly::{Diff, KeyRange};
use crate::tuple::parse_datetime;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revision {
    Branch { name: String, commit: Address },
    /// A tag, a remote branch, a hash, an ancestor, a moment.
    Commit(Address),
    /// The working root of a branch.
    Working(String),
    Staged(String),
}

impl Revision {
    /// `None` for WORKING and STAGED.
    pub fn commit(&self) -> Option<Address> {
        match self {
            Revision::Branch { commit, .. } | Revision::Commit(commit) => Some(*commit),
            Revision::Working(_) | Revision::Staged(_) => None,
        }
    }

    /// Address of the root that the revision shows: a branch shows its head.
    pub fn root(&self, refs: &dyn Refs, store: &Store) -> Result<Address> {
        match self {
            Revision::Branch { commit, .. } | Revision::Commit(commit) => Ok(Commit::read(&**store, commit)?.root),
            Revision::Working(branch) => Ok(refs.working_set(&**store, branch)?.working),
            Revision::Staged(branch) => Ok(refs.working_set(&**store, branch)?.staged),
        }
    }
}

/// `a..b`, `a...b`, or one revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Range<'a> { One(&'a str), Two(&'a str, &'a str), Three(&'a str, &'a str) }

/// An empty side of a range is HEAD.
pub fn parse_range(spec: &str) -> Range<'_> {
    let or_head = |side: &'static str, text| if str::is_empty(text) { side } else { text };
    if let Some((a, b)) = spec.split_once("...") {
        return Range::Three(or_head("HEAD", a), or_head("HEAD", b));
    }
    match spec.split_once("..") {
        Some((a, b)) => Range::Two(or_head("HEAD", a), or_head("HEAD", b)),
        None => Range::One(spec),
    }
}

/// Reads a revision. `branch` is what HEAD, WORKING and STAGED mean: the session's branch, or `None` when it
/// stands on a tag or a commit.
pub fn resolve(refs: &dyn Refs, store: &Store, spec: &str, branch: Option<&str>) -> Result<Revision> {
    let spec = spec.trim();
    let (base, steps) = match spec.find(['~', '^']) {
        Some(at) => spec.split_at(at),
        None => (spec, ""),
    };
    let revision = resolve_base(refs, store, base, branch, spec)?;
    if steps.is_empty() {
        return Ok(revision);
    }
    let start = revision.commit().ok_or_else(|| Error::bad_argument(format!("{base} has no ancestors: {spec}")))?;
    walk_steps(store, start, steps, spec).map(Revision::Commit)
}

/// The commit that a revision names: WORKING and STAGED are none.
pub fn resolve_commit(refs: &dyn Refs, store: &Store, spec: &str, branch: Option<&str>) -> Result<Address> {
    let revision = resolve(refs, store, spec, branch)?;
    revision.commit().ok_or_else(|| Error::bad_argument(format!("{spec} is not a commit")))
}

fn no_such_ref(spec: &str) -> Error { Error::new(Code::RefNotFound, format!("no such ref: {spec}")) }

fn resolve_base(refs: &dyn Refs, store: &Store, base: &str, branch: Option<&str>, spec: &str) -> Result<Revision> {
    let here = || branch.ok_or_else(|| Error::new(Code::RefNotFound, format!("{base} needs a branch to stand on")));
    if base.is_empty() {
        return Err(no_such_ref(spec));
    }
    if base.eq_ignore_ascii_case("HEAD") {
        let name = here()?.to_owned();
        let commit = refs.head(&name)?;
        return Ok(Revision::Branch { name, commit });
    }
    if base.eq_ignore_ascii_case("WORKING") {
        return here().map(|branch| Revision::Working(branch.to_owned()));
    }
    if base.eq_ignore_ascii_case("STAGED") {
        return here().map(|branch| Revision::Staged(branch.to_owned()));
    }
    let name = base.strip_prefix("refs/heads/").unwrap_or(base);
    if let Some(commit) = refs.branch(name)? {
        return Ok(Revision::Branch { name: name.to_owned(), commit });
    }
    let tag = base.strip_prefix("refs/tags/").unwrap_or(base);
    if let Some((_, address)) = refs.tags()?.into_iter().find(|(name, _)| name == tag) {
        return Ok(Revision::Commit(Tag::read(&**store, &address)?.commit));
    }
    let remote = base.strip_prefix("refs/remotes/").or_else(|| base.strip_prefix("remotes/")).unwrap_or(base);
    if let Some((_, commit)) = refs.tracking()?.into_iter().find(|(name, _)| name == remote) {
        return Ok(Revision::Commit(commit));
    }
    let lower = base.to_ascii_lowercase();
    let is_hash = (4..=Address::SHOWN).contains(&lower.len()) && lower.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'v'));
    if is_hash {
        if let Some(commit) = find_by_hash(refs, store, &lower)? {
            return Ok(Revision::Commit(commit));
        }
    }
    if let Some(micros) = parse_datetime(base) {
        let start = match branch {
            Some(branch) => refs.head(branch)?,
            None => return Err(no_such_ref(spec)),
        };
        let found = commit_at(store, start, micros.div_euclid(1000))?;
        return found.map(Revision::Commit).ok_or_else(|| no_such_ref(spec));
    }
    Err(no_such_ref(spec))
}

/// The newest commit at or before a moment.
pub fn commit_at(store: &Store, start: Address, at_ms: i64) -> Result<Option<Address>> {
    let mut history = History::new(store, &[start], &[]);
    let mut end = None;
    while let Some((address, commit)) = history.next()? {
        if commit.committer.date_ms <= at_ms {
            return Ok(Some(address));
        }
        if store.partial().is_some_and(|partial| partial.ends_at(&address)) {
            end = Some((address, commit));
        }
    }
    match end {
        Some((end, commit)) => Err(super::beyond(&end, &commit)),
        None => Ok(None),
    }
}

/// The bits that a shown prefix stands for, so that thousands of addresses are compared without showing them.
struct Prefix { bits: u128, count: u32, rest: String }

impl Prefix {
    /// 25 digits fit; the others are compared as shown.
    fn new(shown: &str) -> Self {
        let digit = |byte: u8| u128::from(if byte.is_ascii_digit() { byte - b'0' } else { byte.wrapping_sub(b'a') + 10 });
        let head = &shown[..shown.len().min(25)];
        let bits = head.bytes().fold(0, |bits, byte| bits << 5 | digit(byte));
        Prefix { bits, count: 5 * head.len() as u32, rest: shown.to_owned() }
    }

    fn matches(&self, address: &Address) -> bool {
        let mut head = [0; 16];
        head.copy_from_slice(&address.as_bytes()[..16]);
        u128::from_be_bytes(head) >> (128 - self.count) == self.bits && address.shown_starts_with(&self.rest)
    }
}

/// The commit whose shown hash starts with `prefix`. Closures list every commit that the refs reach; those of
/// further refs are walked only where they differ from the first's.
fn find_by_hash(refs: &dyn Refs, store: &Store, prefix: &str) -> Result<Option<Address>> {
    let mut tips: Vec<Address> = Vec::new();
    tips.extend(refs.branches()?.into_iter().map(|(_, address)| address));
    tips.extend(refs.tracking()?.into_iter().map(|(_, address)| address));
    for (_, tag) in refs.tags()? {
        tips.push(Tag::read(&**store, &tag)?.commit);
    }
    tips.sort();
    tips.dedup();
    store.want(&tips)?;
    let wanted = Prefix::new(prefix);
    let mut found: Option<Address> = None;
    let mut consider = |address: Address| -> Result<()> {
        if !wanted.matches(&address) || found == Some(address) {
            return Ok(());
        }
        match found {
            Some(_) => Err(Error::new(Code::RefNotFound, format!("ambiguous hash: {prefix} names more than one commit"))),
            None => {
                found = Some(address);
                Ok(())
            }
        }
    };
    let mut first = None;
    for tip in &tips {
        consider(*tip)?;
        let commit = Commit::read(&**store, tip)?;
        commit.recent.iter().try_for_each(|address| consider(*address))?;
        let closure = commit.closure;
        match first {
            None => {
                first = Some(closure);
                let mut cursor = closure.cursor(store, KeyRange::all(), true);
                while let Some((key, _)) = cursor.next()? {
                    consider(parse_closure_key(&key)?.1)?;
                }
            }
            Some(first) => {
                let mut diff = Diff::new(store, first, closure, KeyRange::all());
                while let Some(change) = diff.next()? {
                    if change.from.is_none() {
                        consider(parse_closure_key(&change.key)?.1)?;
                    }
                }
            }
        }
    }
    Ok(found)
}

/// `~n` follows n first parents, `^n` takes the n-th parent.
fn walk_steps(store: &Store, start: Address, steps: &str, spec: &str) -> Result<Address> {
    let invalid = || Error::new(Code::RefNotFound, format!("invalid ancestor spec: {spec}"));
    let mut at = start;
    let mut rest = steps;
    while let Some(kind) = rest.chars().next() {
        rest = &rest[kind.len_utf8()..];
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let n = if digits == 0 { 1 } else { rest[..digits].parse::<u64>().map_err(|_| invalid())? };
        rest = &rest[digits..];
        let parent = |at: Address, index: usize| -> Result<Address> {
            Commit::read(&**store, &at)?.parents.get(index).copied().ok_or_else(invalid)
        };
        match kind {
            '~' => at = nth_first_parent(store, at, n, invalid)?,
            '^' if n == 0 => {}
            '^' => at = parent(at, usize::try_from(n - 1).map_err(|_| invalid())?)?,
            _ => return Err(invalid()),
        }
    }
    Ok(at)
}

/// In a history without merges the closure answers at once; otherwise parent by parent.
fn nth_first_parent(store: &Store, start: Address, n: u64, invalid: impl Fn() -> Error) -> Result<Address> {
    let commit = Commit::read(&**store, &start)?;
    if n > commit.height {
        return Err(invalid());
    }
    if let Some(recent) = usize::try_from(n).ok().and_then(|n| commit.recent.get(n.checked_sub(1)?)) {
        return Ok(*recent);
    }
    if n > 1 && commit.ancestors(&**store)? == commit.height {
        let key = commit.closure.nth(&**store, commit.height - n)?.map(|(key, _)| key);
        return Ok(parse_closure_key(&key.ok_or_else(&invalid)?)?.1);
    }
    let mut at = start;
    let mut commit = commit;
    for _ in 0..n {
        at = *commit.parents.first().ok_or_else(&invalid)?;
        commit = Commit::read(&**store, &at)?;
    }
    Ok(at)
}
