//! `dolt_branch`: makes, deletes, renames and copies branches. Takes effect at once.

use super::answer::{integer, invalid_usage};
use super::flags::{flag, long, Flag, Flags};
use super::{Answer, Call, Procedure};
use crate::error::{Code, Error, Result};
use crate::hash::Address;
use crate::repo::{check_name, is_ancestor, Refs};
use crate::sql::{Context, OutputColumn};

pub struct Branch;

const FLAGS: &[Flag] = &[
    flag("delete", 'd'),
    flag("delete-force", 'D'),
    flag("move", 'm'),
    flag("copy", 'c'),
    flag("force", 'f'),
    long("list"),
];

impl Procedure for Branch {
    fn name(&self) -> &'static str { "dolt_branch" }
    fn columns(&self) -> Vec<OutputColumn> { vec![integer("status")] }

    fn call(&self, call: &mut Call<'_>) -> Result<Answer> {
        let flags = call.flags(FLAGS)?;
        let cx = call.context;
        let force = flags.has("force");
        if flags.has("delete") || flags.has("delete-force") {
            delete(cx, &flags)?;
        } else if flags.has("move") {
            let (old, new) = two(cx, &flags)?;
            rename(cx, old, new, force)?;
            if cx.settings.branch.as_deref() == Some(old) && old != new {
                call.effect.checkout = Some(new.to_string());
            }
        } else if flags.has("copy") {
            let (source, name) = two(cx, &flags)?;
            cx.head(source)?;
            check_new(cx, name, force)?;
            cx.change(|change| change.copy_branch(source, name, force))?;
        } else {
            let (name, start) = match &flags.positional[..] {
                [name] => (name, "HEAD"),
                [name, start] => (name, start.as_str()),
                _ => return Err(invalid_usage()),
            };
            let start = start_of(cx, name, start)?;
            create(cx, name, start, force)?;
        }
        Ok(Answer::ok())
    }
}

/// The commit that a new branch starts from.
pub fn start_of(cx: &Context, name: &str, start: &str) -> Result<Address> {
    cx.commit_of(start).map_err(|error| match error.code() {
        Code::RefNotFound => Error::new(
            Code::RefNotFound,
            format!("fatal: '{start}' is not a commit and a branch '{name}' cannot be created from it"),
        ),
        _ => error,
    })
}

pub fn create(cx: &Context, name: &str, start: Address, force: bool) -> Result<()> {
    check_new(cx, name, force)?;
    if force && cx.settings.branch.as_deref() == Some(name) {
        return Err(Error::bad_argument(format!("fatal: cannot force update the current branch: {name}")));
    }
    cx.change(|change| change.create_branch(name, start, force))
}

/// Names that differ in case only would be one branch on some remotes and two on others.
pub fn check_new(cx: &Context, name: &str, force: bool) -> Result<()> {
    if name.is_empty() {
        return Err(Error::bad_argument("error: cannot branch empty string"));
    }
    if name.eq_ignore_ascii_case("HEAD") {
        return Err(Error::bad_argument(format!("not a valid user branch name: {name}")));
    }
    check_name("branch", name)?;
    match cx.branches()?.into_iter().find(|(existing, _)| existing.eq_ignore_ascii_case(name)) {
        Some((existing, _)) if !force || existing != name => {
            Err(Error::new(Code::Exists, format!("fatal: A branch named '{existing}' already exists.")))
        }
        _ => Ok(()),
    }
}

fn delete(cx: &Context, flags: &Flags) -> Result<()> {
    let force = flags.has("force") || flags.has("delete-force");
    if flags.positional.is_empty() {
        return Err(invalid_usage());
    }
    for name in &flags.positional {
        if name.is_empty() {
            return Err(Error::bad_argument("error: cannot branch empty string"));
        }
        let head = cx.head(name)?;
        if cx.settings.branch.as_deref() == Some(name) {
            return Err(Error::bad_argument(format!("attempted to delete checked out branch: {name}")));
        }
        if !force && !merged_somewhere(cx, name, &head)? {
            return Err(Error::bad_argument(format!(
                "branch '{name}' is not fully merged; `dolt_branch('-D', '{name}')` deletes it all the same"
            )));
        }
        let current = cx.settings.branch.as_deref();
        cx.change(|change| change.delete_branch(name, current, force))?;
    }
    Ok(())
}

fn merged_somewhere(cx: &Context, name: &str, head: &Address) -> Result<bool> {
    let current = match &cx.settings.branch {
        Some(branch) => cx.head(branch)?,
        None => return Ok(cx.branches()?.iter().any(|(other, at)| other != name && at == head)),
    };
    is_ancestor(&*cx.store, head, &current)
}

fn rename(cx: &Context, old: &str, new: &str, force: bool) -> Result<()> {
    cx.head(old)?;
    if old == new {
        return Ok(());
    }
    if !old.eq_ignore_ascii_case(new) {
        check_new(cx, new, force)?;
    }
    cx.change(|change| change.rename_branch(old, new, force))
}

/// `old new`, or `new` alone for the current branch.
fn two<'a>(cx: &'a Context, flags: &'a Flags) -> Result<(&'a str, &'a str)> {
    match &flags.positional[..] {
        [new] => Ok((cx.branch()?, new)),
        [old, new] => Ok((old, new)),
        _ => Err(invalid_usage()),
    }
}
