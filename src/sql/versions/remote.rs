//! Remotes as this database knows them, and what fetching from one brings.

use bytes::Bytes;

use crate::error::{Code, Error, Result};
use crate::hash::Address;
use crate::repo::{is_ancestor, Refs, HEADS, LAZY, REMOTE, SHALLOW, TAGS, TRACKING, UNLAZY};
use crate::sql::procedure::flags::Flags;
use crate::sql::Context;
use crate::sync::{base_url, haves, Fetch};

pub struct Remote { pub name: String, pub url: String }

impl Remote {
    pub fn all(cx: &Context) -> Result<Vec<Remote>> {
        let read = |(name, value): (String, Bytes)| {
            let url = String::from_utf8(value.to_vec());
            let url = url.map_err(|_| Error::corrupt(format!("record {name} is not UTF-8")))?;
            Ok(Remote { name: name[REMOTE.len()..].to_owned(), url })
        };
        cx.records(REMOTE).into_iter().map(read).collect()
    }

    pub fn named(cx: &Context, name: &str) -> Result<Remote> {
        let found = Remote::all(cx)?.into_iter().find(|remote| remote.name == name);
        found.ok_or_else(|| Error::new(Code::RefNotFound, format!("remote not found: {name}")))
    }

    /// The one that is meant when none is named: that of the branch, else `origin`, else the only one.
    pub fn default_for(cx: &Context, branch: Option<&str>) -> Result<Remote> {
        let upstream = branch.and_then(|branch| Upstream::of(cx, branch));
        if let Some(upstream) = upstream {
            return Remote::named(cx, &upstream.remote);
        }
        let mut all = Remote::all(cx)?;
        if let Some(at) = all.iter().position(|remote| remote.name == "origin") {
            return Ok(all.swap_remove(at));
        }
        match all.len() {
            1 => Ok(all.remove(0)),
            0 => Err(Error::new(Code::RefNotFound, "there is no remote").with_hint("CALL dolt_remote('add', 'origin', 'https://…')")),
            n => Err(Error::bad_argument(format!("there are {n} remotes: name one of them"))),
        }
    }

    /// Branches of the remote as they were seen last.
    pub fn tracking(&self, cx: &Context) -> Result<Vec<(String, Address)>> {
        let prefix = format!("{}/", self.name);
        let of_remote = |(name, at): (String, Address)| Some((name.strip_prefix(&prefix)?.to_owned(), at));
        Ok(cx.tracking()?.into_iter().filter_map(of_remote).collect())
    }

    /// What a fetch wants when nothing is named: all, or in a shallow clone the branches that it follows.
    pub fn usual(&self, cx: &Context) -> Result<Vec<String>> {
        if cx.shallow()?.is_empty() {
            return Ok(vec!["heads/*".into(), "tags/*".into()]);
        }
        Ok(self.tracking(cx)?.into_iter().map(|(branch, _)| format!("{HEADS}{branch}")).collect())
    }

    pub fn tracked(&self, cx: &Context, branch: &str) -> Result<Option<Address>> {
        Ok(self.tracking(cx)?.into_iter().find(|(name, _)| name == branch).map(|(_, at)| at))
    }

    pub fn set_tracked(&self, cx: &Context, branch: &str, at: Option<Address>) {
        let name = format!("{TRACKING}{}/{branch}", self.name);
        let value = at.map(|at| Bytes::copy_from_slice(at.as_bytes()));
        if cx.get_ref(&name) != value {
            cx.set_ref(&name, value);
        }
    }
}

/// What a branch follows, `branch.⟨name⟩` = `⟨remote⟩/⟨branch⟩`.
pub struct Upstream { pub remote: String, pub branch: String }

impl Upstream {
    pub fn of(cx: &Context, branch: &str) -> Option<Upstream> {
        let value = cx.config(&format!("branch.{branch}"))?;
        let (remote, branch) = value.split_once('/')?;
        Some(Upstream { remote: remote.into(), branch: branch.into() })
    }

    pub fn set(cx: &Context, branch: &str, remote: &str, upstream: &str) -> Result<()> {
        cx.change(|change| {
            change.set_config(&format!("branch.{branch}"), Some(&format!("{remote}/{upstream}")));
            Ok(())
        })
    }
}

/// A branch of the remote that moved.
pub struct Moved { pub branch: String, pub old: Option<Address>, pub new: Address, pub rewritten: bool }

#[derive(Default)]
pub struct Brought {
    pub heads: Vec<(String, Address)>,
    pub tags: Vec<(String, Address)>,
    pub moved: Vec<Moved>,
    /// It was too much for one answer: `dolt_unlazy` reads the rest.
    pub is_partial: bool,
}

/// How much a fetch brings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// Commits, roots and schemas alone.
    pub lazy: bool,
    /// So many levels of history.
    pub depth: Option<u64>,
    /// Beyond so many bytes of chunks the tables are left to `dolt_unlazy`.
    pub most_bytes: Option<u64>,
}

impl Extent {
    /// What this database fetches when nothing else is asked for: one of which a part is left out claims to have no more than
    /// it has.
    pub fn usual(cx: &Context, remote: &Remote) -> Result<Extent> {
        match cx.lazy() {
            Some((name, _)) if name != remote.name => Err(lazy_of_another(&name, &remote.name)),
            lazy => Ok(Extent { lazy: lazy.is_some(), ..Extent::default() }),
        }
    }

    /// What `--depth n` and `--unshallow` say.
    pub fn flagged(flags: &Flags) -> Result<Option<u64>> {
        match flags.value("depth") {
            None => Ok(flags.has("unshallow").then_some(u64::MAX)),
            Some(depth) => match depth.parse() {
                Ok(depth) if depth > 0 => Ok(Some(depth)),
                _ => Err(Error::bad_argument(format!("--depth takes a number of commits, 1 or more, found {depth}"))),
            },
        }
    }

    /// As the flags of a fetch say: only history that was cut can be deepened.
    pub fn deepened(self, cx: &Context, flags: &Flags) -> Result<Extent> {
        let depth = Extent::flagged(flags)?;
        if depth.is_some() && cx.shallow()?.is_empty() {
            return Err(Error::bad_argument("history is here from its beginning: --depth and --unshallow deepen shallow clones"));
        }
        // What is left out is read from records that have landed.
        let in_batches = Extent::in_batches(flags)?.filter(|_| depth.is_none() && !self.lazy && !cx.in_transaction);
        Ok(Extent { depth, most_bytes: in_batches, ..self })
    }

    /// What `--batch-bytes n` says.
    fn in_batches(flags: &Flags) -> Result<Option<u64>> {
        let read = |bytes: &str| {
            let wrong = || Error::bad_argument(format!("--batch-bytes takes a number of bytes, found {bytes}"));
            bytes.parse().map_err(|_| wrong())
        };
        flags.value("batch-bytes").map(read).transpose()
    }
}

fn lazy_of_another(name: &str, asked: &str) -> Error {
    Error::unsupported(format!("this clone reads its tables from {name} as it needs them, and cannot take those of {asked}"))
        .with_hint("dolt_unlazy() makes it a whole one")
}

/// Brings what `want` names (refs, or patterns that end with `*`) and what it reaches, and moves the tracking refs.
/// Tags that are here keep what they name.
pub fn fetch(cx: &Context, remote: &Remote, want: Vec<String>, extent: Extent) -> Result<Brought> {
    let key = format!("fetch {} {want:?} {extent:?}", remote.url);
    let job = cx.jobs.fetch(&key, || {
        let mut tips: Vec<Address> = remote.tracking(cx)?.into_iter().map(|(_, at)| at).collect();
        tips.extend(cx.branches()?.into_iter().map(|(_, at)| at));
        tips.extend(cx.tracking()?.into_iter().map(|(_, at)| at));
        let fetch = Fetch::new(&base_url(&remote.url)?, &cx.store, want, haves(&cx.store, &tips)?);
        Ok(fetch.commits_only(extent.lazy).to_depth(extent.depth, cx.shallow()?).at_most(extent.most_bytes))
    })?;
    let fetched = job.fetched()?;
    let before = cx.shallow()?;
    for end in before.iter().filter(|end| !fetched.ends.contains(end)) {
        cx.set_ref(&format!("{SHALLOW}{}", end.hex()), None);
    }
    for end in fetched.ends.iter().filter(|end| !before.contains(end)) {
        cx.set_ref(&format!("{SHALLOW}{}", end.hex()), Some(Bytes::new()));
    }
    if fetched.is_partial {
        cx.set_ref(UNLAZY, Some(cx.moment.now_ms.to_string().into()));
    }
    if extent.lazy || fetched.is_partial {
        // So `dolt_unlazy` sees that there is more than it read.
        let times = cx.lazy().map_or(0, |(_, times)| times);
        cx.set_ref(LAZY, Some(format!("{}/{}", remote.name, times + 1).into()));
    }
    for chunk in fetched.chunks {
        cx.store.put(chunk)?;
    }
    let mut brought = Brought { is_partial: fetched.is_partial, ..Brought::default() };
    for (name, at) in fetched.refs.refs {
        if let Some(branch) = name.strip_prefix(HEADS) {
            let old = remote.tracked(cx, branch)?;
            if old != Some(at) {
                let rewritten = match &old {
                    Some(old) => !is_ancestor(&*cx.store, old, &at)?,
                    None => false,
                };
                remote.set_tracked(cx, branch, Some(at));
                brought.moved.push(Moved { branch: branch.into(), old, new: at, rewritten });
            }
            brought.heads.push((branch.into(), at));
        } else if let Some(tag) = name.strip_prefix(TAGS) {
            if cx.get_ref(&name).is_none() {
                cx.set_ref(&name, Some(Bytes::copy_from_slice(at.as_bytes())));
            }
            brought.tags.push((tag.into(), at));
        }
    }
    Ok(brought)
}
