//! `dolt_clone`: makes this database, which must hold nothing yet, a clone of a remote.

use super::answer::integer;
use super::flags::{long, long_value, value, Flag};
use super::remote::{check_remote, set};
use super::{unlazy, Answer, Call, Procedure};
use crate::error::{Code, Error, Result};
use crate::repo::{Refs, Root, WorkingSet, HEADS, REMOTE, STASH};
use crate::sql::versions::{fetch, Extent, Remote, Upstream};
use crate::sql::{Context, OutputColumn};
use crate::sync::base_url;

pub struct Clone;

const FLAGS: &[Flag] =
    &[long_value("remote"), value("branch", 'b'), long_value("depth"), long("single-branch"), long("lazy")];

impl Procedure for Clone {
    fn name(&self) -> &'static str { "dolt_clone" }
    fn columns(&self) -> Vec<OutputColumn> { vec![integer("status")] }

    fn call(&self, call: &mut Call<'_>) -> Result<Answer> {
        let flags = call.flags(FLAGS)?;
        flags.at_most("dolt_clone", 2)?;
        let cx = call.context;
        let Some(url) = flags.positional.first() else {
            return Err(Error::bad_argument("usage: dolt_clone(url [, name])"));
        };
        let base = base_url(url)?;
        if flags.has("lazy") && base.ends_with("/refs.json") {
            return Err(Error::unsupported(format!("{url} is a static remote: it is cloned whole, not lazily")));
        }
        if let Some(name) = flags.positional.get(1).filter(|name| !name.eq_ignore_ascii_case(&cx.settings.database)) {
            let text = format!("this session is on {}: open a database called {name} and clone there", cx.settings.database);
            return Err(Error::bad_argument(text));
        }
        // A clone that was broken off, or is lazy on purpose, goes on.
        if let Some((known, _)) = cx.lazy() {
            if base_url(&Remote::named(cx, &known)?.url)? == base {
                if !flags.has("lazy") {
                    unlazy::complete(cx)?;
                }
                return Ok(Answer::ok());
            }
        }
        check_empty(cx)?;
        let name = flags.value("remote").unwrap_or("origin");
        check_remote(name)?;
        let remote = Remote { name: name.into(), url: url.clone() };
        let extent = Extent { lazy: flags.has("lazy"), depth: Extent::flagged(&flags)?, ..Extent::default() };
        let branch = flags.value("branch").unwrap_or("main");
        let want = match (flags.has("single-branch"), extent.depth) {
            // As git's: a tag would bring the history behind it.
            (_, Some(_)) => vec![format!("{HEADS}{branch}")],
            (true, None) => vec![format!("{HEADS}{branch}"), "tags/*".into()],
            _ => vec!["heads/*".into(), "tags/*".into()],
        };
        let brought = fetch(cx, &remote, want, extent)?;
        let wanted: Vec<&str> = match flags.value("branch") {
            Some(branch) => vec![branch],
            None => vec!["main", "master"],
        };
        let named = |name: &&str| brought.heads.iter().find(|(branch, _)| branch == name);
        let first = if flags.has("branch") { None } else { brought.heads.first() };
        let Some((branch, at)) = wanted.iter().find_map(named).or(first) else {
            return Err(Error::new(Code::RefNotFound, match flags.value("branch") {
                Some(branch) => format!("the remote has no branch {branch}"),
                None => "the remote has no branch: nothing was ever pushed to it".into(),
            }));
        };
        set(cx, name, url);
        let here = cx.branch()?.to_owned();
        cx.change(|change| {
            change.create_branch(branch, *at, true)?;
            if *branch != here {
                change.delete_branch(&here, Some(branch), true)?;
            }
            Ok(())
        })?;
        Upstream::set(cx, branch, name, branch)?;
        call.effect.checkout = Some(branch.clone());
        call.effect.ends_transaction = true;
        Ok(Answer::ok())
    }
}

/// Nothing is lost: only what a database begins with is replaced.
fn check_empty(cx: &Context) -> Result<()> {
    let branches = cx.branches()?;
    let fresh = match &branches[..] {
        [(branch, head)] if *branch == cx.branch()? => {
            let commit = cx.read_commit(head)?;
            let empty = Root::read(&*cx.store, &commit.root)?;
            let clean = cx.current_working_set()? == WorkingSet::clean(commit.root);
            commit.parents.is_empty() && empty.tables.is_empty() && empty.views.is_empty() && clean
        }
        _ => false,
    };
    let bare = cx.tags()?.is_empty() && cx.records(REMOTE).is_empty() && cx.records(STASH).is_empty();
    if fresh && bare {
        return Ok(());
    }
    let text = format!("database {} is not empty: a clone takes its place only while it holds nothing", cx.settings.database);
    Err(Error::new(Code::Exists, text).with_hint("open a new database and clone there; or add a remote and fetch"))
}
