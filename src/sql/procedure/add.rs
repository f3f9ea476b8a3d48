//! `dolt_add`: stages tables.

use super::answer::integer;
use super::flags::{flag, Flag};
use super::{Answer, Call, Procedure};
use crate::error::{Error, Result};
use crate::repo::Change;
use crate::sql::versions::Ignore;
use crate::sql::{Context, OutputColumn};

pub struct Add;

const FLAGS: &[Flag] = &[flag("all", 'A'), flag("force", 'f')];

impl Procedure for Add {
    fn name(&self) -> &'static str { "dolt_add" }
    fn columns(&self) -> Vec<OutputColumn> { vec![integer("status")] }

    fn call(&self, call: &mut Call<'_>) -> Result<Answer> {
        let flags = call.flags(FLAGS)?;
        let everything = flags.has("all") || flags.positional.iter().any(|word| word == ".");
        if !everything && flags.positional.is_empty() {
            return Err(Error::bad_argument("Nothing specified, nothing added. Maybe you wanted to say 'dolt add .'?"));
        }
        let cx = call.context;
        let ignored = if everything && !flags.has("force") { ignored_tables(cx)? } else { Vec::new() };
        cx.change_branch(|change, branch| {
            if everything {
                return stage_all(change, branch, &ignored);
            }
            let tables: Vec<&str> = flags.positional.iter().map(String::as_str).collect();
            change.add(branch, &tables)
        })?;
        Ok(Answer::ok())
    }
}

/// Folded names of the working tables that `dolt_ignore` names.
pub fn ignored_tables(cx: &Context) -> Result<Vec<String>> {
    let root = cx.working_root()?;
    let ignore = Ignore::read(cx, &root)?;
    let mut names = Vec::new();
    for name in root.tables.keys() {
        if ignore.ignores(name)? {
            names.push(name.clone());
        }
    }
    Ok(names)
}

pub fn stage_all(change: &mut Change<'_>, branch: &str, ignored: &[String]) -> Result<()> {
    change.add_all(branch, &|name| ignored.iter().any(|ignored| ignored == name))
}
