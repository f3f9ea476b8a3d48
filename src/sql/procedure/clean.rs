//! `dolt_clean`: drops tables that were never committed nor staged.

use super::add::ignored_tables;
use super::answer::integer;
use super::flags::{flag, long, Flag};
use super::{Answer, Call, Procedure};
use crate::error::{Code, Error, Result};
use crate::repo::fold;
use crate::sql::OutputColumn;

pub struct Clean;

const FLAGS: &[Flag] = &[long("dry-run"), flag("ignored", 'x'), flag("quiet", 'q')];

impl Procedure for Clean {
    fn name(&self) -> &'static str { "dolt_clean" }
    fn columns(&self) -> Vec<OutputColumn> { vec![integer("status")] }

    fn call(&self, call: &mut Call<'_>) -> Result<Answer> {
        let flags = call.flags(FLAGS)?;
        let cx = call.context;
        let spared = if flags.has("ignored") { Vec::new() } else { ignored_tables(cx)? };
        if let Some(missing) = flags.positional.iter().find(|name| cx.workspace.borrow().schema(name).is_none()) {
            return Err(Error::new(Code::TableNotFound, format!("table not found: {missing}")));
        }
        let named: Vec<String> = flags.positional.iter().map(|name| fold(name)).collect();
        cx.change_branch(|change, branch| {
            let untracked = change.clean(branch, &[], true)?;
            let gone: Vec<&str> = untracked
                .iter()
                .filter(|name| !spared.contains(name) && (named.is_empty() || named.contains(name)))
                .map(String::as_str)
                .collect();
            if !gone.is_empty() && !flags.has("dry-run") {
                change.clean(branch, &gone, false)?;
            }
            Ok(())
        })?;
        Ok(Answer::ok())
    }
}
