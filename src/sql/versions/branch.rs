//! The session's branch: records as the transaction sees them, and verbs run over its working set.

use std::borrow::Cow;

use bytes::Bytes;

use crate::error::{Code, Error, Result};
use crate::hash::Address;
use crate::repo::{
    parse_range, resolve, Change, Commit, Publication, Range, RefName, Reflog, Refs, Revision, Root, Signature, WorkingSet,
    REFLOG,
};
use crate::sql::Context;
use crate::tuple::Value;

/// Who commits when nobody said.
pub const DEFAULT_NAME: &str = "root";
pub const DEFAULT_EMAIL: &str = "root@localhost";

impl Refs for Context {
    fn record(&self, name: &str) -> Option<Bytes> { self.get_ref(name) }

    fn records(&self, prefix: &str) -> Vec<(RefName, Bytes)> {
        let mut publication = self.publication.borrow_mut();
        self.change_over(&mut publication).records(prefix)
    }
}

impl Context {
    fn change_over<'a>(&'a self, publication: &'a mut Publication) -> Change<'a> {
        Change::new(&self.repository, &self.store, publication, self.moment.now_ms)
    }

    /// Runs a verb of the repository over what this transaction moved so far. All of it happens, or nothing.
    pub fn change<T>(&self, verb: impl FnOnce(&mut Change<'_>) -> Result<T>) -> Result<T> {
        let mut publication = self.publication.borrow().clone();
        let answer = verb(&mut self.change_over(&mut publication))?;
        *self.publication.borrow_mut() = publication;
        Ok(answer)
    }

    /// As [`Context::change`], on the session's branch: the workspace goes into the branch's working set before,
    /// and what the verb made of the working set comes back. A verb that removes the branch leaves the workspace alone:
    /// its session moves away.
    pub fn change_branch<T>(&self, verb: impl FnOnce(&mut Change<'_>, &str) -> Result<T>) -> Result<T> {
        let branch = self.branch()?;
        let before = self.working_root()?.write(&*self.store)?;
        let (answer, after) = self.change(|change| {
            let mut working_set = change.working_set(&*self.store, branch)?;
            if working_set.working != before {
                working_set.working = before;
                change.set_working_set(branch, &working_set)?;
            }
            let answer = verb(change, branch)?;
            let after = match change.branch(branch)? {
                Some(_) => change.working_set(&*self.store, branch)?.working,
                None => before,
            };
            Ok((answer, after))
        })?;
        if after != before {
            let root = Root::read(&*self.store, &after)?;
            self.workspace.borrow_mut().replace_root(root);
        }
        Ok(answer)
    }

    /// The session's branch; none when it reads a tag or a commit.
    pub fn branch(&self) -> Result<&str> { self.settings.branch.as_deref().ok_or_else(detached) }

    /// HEAD's commit.
    pub fn head_commit(&self) -> Result<Address> { self.commit_of("HEAD") }

    /// Tables as the session sees them now, pending edits in trees.
    pub fn working_root(&self) -> Result<Root> { self.workspace.borrow_mut().flush(&*self.store) }

    /// The session's working set as it is now, pending edits included.
    pub fn current_working_set(&self) -> Result<WorkingSet> {
        let mut working_set = self.working_set(&*self.store, self.branch()?)?;
        working_set.working = self.working_root()?.write(&*self.store)?;
        Ok(working_set)
    }

    pub fn read_commit(&self, address: &Address) -> Result<Commit> { Commit::read(&*self.store, address) }

    /// What a revision names, with Dolt's texts where it names nothing.
    pub fn revision(&self, spec: &str) -> Result<Revision> {
        let spec = self.with_head(spec);
        match resolve(self, &self.store, &spec, self.settings.branch.as_deref()) {
            Err(error) => match self.left_behind(&error, &spec)? {
                Some(commit) => Ok(Revision::Commit(commit)),
                None => Err(not_found(error, &spec)),
            },
            found => found,
        }
    }

    /// The commit that a revision names.
    pub fn commit_of(&self, spec: &str) -> Result<Address> {
        let revision = self.revision(spec)?;
        revision.commit().ok_or_else(|| Error::bad_argument(format!("{spec} is not a commit")))
    }

    /// A whole hash that no ref reaches any more, but that a reflog remembers.
    fn left_behind(&self, error: &Error, spec: &str) -> Result<Option<Address>> {
        if !is_missing(error) || !is_hash(spec) {
            return Ok(None);
        }
        for (name, _) in self.records(REFLOG) {
            let mut reflog = Reflog::open(self, &self.store, &name[REFLOG.len()..])?;
            while let Some(step) = reflog.next()? {
                if let Some(found) = [step.new, step.old].into_iter().flatten().find(|at| at.shown_starts_with(spec)) {
                    return Ok(Some(found));
                }
            }
        }
        Ok(None)
    }

    /// A session that stands on no branch: its revision is what HEAD, WORKING and STAGED mean.
    fn with_head<'a>(&self, spec: &'a str) -> Cow<'a, str> {
        let Some(revision) = self.settings.revision.as_ref().filter(|_| self.settings.branch.is_none()) else {
            return Cow::Borrowed(spec);
        };
        let (base, steps) = spec.split_at(spec.find(['~', '^']).unwrap_or(spec.len()));
        match ["HEAD", "WORKING", "STAGED"].iter().any(|word| base.eq_ignore_ascii_case(word)) {
            true => Cow::Owned(format!("{revision}{steps}")),
            false => Cow::Borrowed(spec),
        }
    }

    /// Both ends of `a..b` or `a...b`; `None` for a single revision.
    pub fn ends_of<'a>(&self, spec: &'a str) -> Result<Option<(Cow<'a, str>, &'a str)>> {
        Ok(match parse_range(spec) {
            Range::One(_) => None,
            Range::Two(from, to) => Some((from.into(), to)),
            Range::Three(from, to) => Some((super::merge_base_of(self, from, to)?.to_string().into(), to)),
        })
    }
}

pub fn detached() -> Error {
    Error::new(Code::ReadOnly, "this operation is not supported while in a detached head state")
}

fn is_missing(error: &Error) -> bool { error.code() == Code::RefNotFound && error.message().starts_with("no such ref") }

fn is_hash(spec: &str) -> bool {
    spec.len() == Address::SHOWN && spec.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'v'))
}

fn not_found(error: Error, spec: &str) -> Error {
    if !is_missing(&error) {
        return error;
    }
    let base = spec.split(['~', '^']).next().unwrap_or(spec);
    let what = if is_hash(base) { "target commit" } else { "branch" };
    Error::new(Code::RefNotFound, format!("{what} not found: {base}"))
}

/// A setting that is kept with the database (`dolt_config`).
pub fn config(cx: &Context, key: &str) -> Option<String> { Refs::config(cx, key) }

/// Who commits now: `@@dolt_committer_name` and `_email` before what is configured.
pub fn signature(cx: &Context) -> Signature { identity(cx, "committer") }

/// Who wrote what is committed now: `@@dolt_author_name` and `_email`, else who commits.
pub fn author(cx: &Context) -> Signature {
    match cx.settings.variables.contains_key("dolt_author_name") {
        true => identity(cx, "author"),
        false => signature(cx),
    }
}

fn identity(cx: &Context, role: &str) -> Signature {
    let set = |part: &str| match cx.settings.variables.get(&format!("dolt_{role}_{part}")) {
        Some(Value::Text(text)) if !text.is_empty() => Some(text.to_string()),
        _ => None,
    };
    let or = |part: &str, default: &str| {
        set(part).or_else(|| config(cx, &format!("user.{part}"))).unwrap_or_else(|| default.to_string())
    };
    Signature::new(or("name", DEFAULT_NAME), or("email", DEFAULT_EMAIL), cx.moment.now_ms)
}
