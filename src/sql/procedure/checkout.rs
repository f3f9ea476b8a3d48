//! `dolt_checkout`: puts the session on a branch, or brings tables back. Every branch keeps its own working set.

use super::answer::{integer, invalid_usage, text};
use super::branch::{check_new, create, start_of};
use super::flags::{flag, long, value, Flag};
use super::{Answer, Call, Procedure};
use crate::error::{Code, Error, Result};
use crate::repo::{fold, Refs};
use crate::sql::versions::Ignore;
use crate::sql::{Context, OutputColumn};
use crate::tuple::Value;

pub struct Checkout;

const FLAGS: &[Flag] = &[
    value("new", 'b'),
    value("new-force", 'B'),
    flag("track", 't'),
    flag("move", 'm'),
    flag("force", 'f'),
    long("overwrite-ignore"),
    long("no-overwrite-ignore"),
];

impl Procedure for Checkout {
    fn name(&self) -> &'static str { "dolt_checkout" }
    fn columns(&self) -> Vec<OutputColumn> { vec![integer("status"), text("message")] }

    fn call(&self, call: &mut Call<'_>) -> Result<Answer> {
        let flags = call.flags(FLAGS)?;
        let cx = call.context;
        flags.exclusive("new", "new-force")?;
        if let Some(name) = flags.value("new").or(flags.value("new-force")) {
            flags.at_most("dolt_checkout", 1)?;
            let force = flags.has("new-force");
            check_new(cx, name, force)?;
            let start = flags.positional.first().map_or("HEAD", String::as_str);
            let start = start_of(cx, name, start)?;
            guard_ignored(cx, &start.to_string(), flags.has("no-overwrite-ignore"))?;
            create(cx, name, start, force)?;
            return Ok(switch(call, name));
        }
        let names_tables = flags.before_dashes.is_some();
        match &flags.positional[..] {
            [] => Err(invalid_usage()),
            [name] if !names_tables && cx.record(&format!("heads/{name}")).is_some() => {
                if cx.settings.branch.as_deref() == Some(name) {
                    return Ok(message(&format!("Already on branch '{name}'")));
                }
                guard_ignored(cx, name, flags.has("no-overwrite-ignore"))?;
                Ok(switch(call, name))
            }
            [name] if !names_tables && cx.working_root()?.table(name).is_none() && !is_head_table(cx, name)? => {
                match tracked(cx, name)? {
                    Some(start) => {
                        cx.change(|change| change.create_branch(name, start, false))?;
                        Ok(switch(call, name))
                    }
                    None => restore(cx, &flags.positional),
                }
            }
            tables => restore(cx, tables),
        }
    }
}

fn message(text: &str) -> Answer { Answer::new(vec![Value::Int(0), Value::from(text)], Value::Int(0)) }

fn switch(call: &mut Call<'_>, name: &str) -> Answer {
    call.effect.checkout = Some(name.to_string());
    message(&format!("Switched to branch '{name}'"))
}

/// The one remote branch of this name.
fn tracked(cx: &Context, name: &str) -> Result<Option<crate::hash::Address>> {
    let found: Vec<_> = cx.tracking()?;
    let mut found = found.into_iter().filter(|(full, _)| full.split_once('/').is_some_and(|(_, branch)| branch == name));
    match (found.next(), found.next()) {
        (Some((_, commit)), None) => Ok(Some(commit)),
        (Some(_), Some(_)) => Err(Error::bad_argument(format!("'{name}' matches branches of several remotes"))),
        _ => Ok(None),
    }
}

fn is_head_table(cx: &Context, name: &str) -> Result<bool> {
    let head = crate::sql::versions::Snapshot::of_commit(cx, cx.head_commit()?)?;
    Ok(head.entry(&fold(name)).is_some())
}

/// Tables as they are in HEAD; `.` is all that HEAD or the stage has.
fn restore(cx: &Context, names: &[String]) -> Result<Answer> {
    let mut missing = Vec::new();
    let mut revision = false;
    cx.change_branch(|change, branch| {
        let roots = change.roots(branch)?;
        let known = |name: &str| roots.head.table(name).is_some() || roots.staged.table(name).is_some();
        let mut tables: Vec<String> = Vec::new();
        for name in names {
            if name == "." {
                tables.extend(roots.head.tables.keys().chain(roots.staged.tables.keys()).cloned());
            } else if known(name) || roots.head.views.contains_key(&fold(name)) {
                tables.push(fold(name));
            } else {
                missing.push(name.clone());
            }
        }
        tables.sort();
        tables.dedup();
        if let [name] = &missing[..] {
            revision = names.len() == 1 && cx.commit_of(name).is_ok();
        }
        if !missing.is_empty() {
            return Ok(());
        }
        let tables: Vec<&str> = tables.iter().map(String::as_str).collect();
        change.restore_tables(branch, &tables)
    })?;
    if revision {
        let name = &missing[0];
        return Err(Error::bad_argument(format!(
            "dolt does not support a detached head state. To create a branch at this tag, run: \
             CALL DOLT_CHECKOUT('{name}', '-b', <new_branch_name>)"
        )));
    }
    if !missing.is_empty() {
        let lines: Vec<String> = missing
            .iter()
            .map(|name| format!("error: tablespec '{name}' did not match any table(s) known to dolt"))
            .collect();
        return Err(Error::new(Code::RefNotFound, lines.join("; ")));
    }
    Ok(message(""))
}

/// `--no-overwrite-ignore`: refuses where an ignored table differs at the target.
fn guard_ignored(cx: &Context, target: &str, guard: bool) -> Result<()> {
    if !guard {
        return Ok(());
    }
    let target = crate::sql::versions::Snapshot::resolve(cx, target)?;
    let root = cx.working_root()?;
    let ignore = Ignore::read(cx, &root)?;
    for (name, table) in &root.tables {
        let other = target.table(&*cx.store, name)?;
        if other.is_some_and(|other| other != *table) && ignore.ignores(name)? {
            return Err(Error::new(Code::Dirty, format!("checkout would overwrite the ignored table {name}")));
        }
    }
    Ok(())
}
