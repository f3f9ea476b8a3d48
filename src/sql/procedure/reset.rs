//! `dolt_reset`: unstages, moves the branch, drops uncommitted changes.

use super::answer::integer;
use super::flags::{long, Flag};
use super::{Answer, Call, Procedure};
use crate::error::{Code, Error, Result};
use crate::sql::OutputColumn;

pub struct Reset;

const FLAGS: &[Flag] = &[long("hard"), long("soft")];

impl Procedure for Reset {
    fn name(&self) -> &'static str { "dolt_reset" }
    fn columns(&self) -> Vec<OutputColumn> { vec![integer("status")] }

    fn call(&self, call: &mut Call<'_>) -> Result<Answer> {
        let flags = call.flags(FLAGS)?;
        let cx = call.context;
        if cx.settings.branch.is_none() {
            return Err(Error::new(Code::ReadOnly, "unable to reset HEAD in read-only databases"));
        }
        if flags.has("hard") && flags.has("soft") {
            return Err(Error::bad_argument("error: --hard and --soft are mutually exclusive options"));
        }
        let moves = flags.has("hard") || flags.has("soft");
        if moves {
            flags.at_most("dolt_reset", 1)?;
        }
        let words: Vec<&str> = flags.positional.iter().map(String::as_str).collect();
        match &words[..] {
            [rev] if flags.has("hard") => {
                let to = cx.commit_of(rev)?;
                cx.change_branch(|change, branch| change.reset_hard(branch, Some(to)))?;
            }
            _ if flags.has("hard") => cx.change_branch(|change, branch| change.reset_hard(branch, None))?,
            [rev] if flags.has("soft") && *rev != "." => {
                let to = cx.commit_of(rev)?;
                cx.change_branch(|change, branch| change.reset_soft(branch, to))?;
            }
            [] | ["."] => cx.change_branch(|change, branch| change.reset_tables(branch, &[]))?,
            tables => {
                let unstaged = cx.change_branch(|change, branch| change.reset_tables(branch, tables));
                match (unstaged, tables) {
                    (Err(error), [rev]) if error.code() == Code::TableNotFound => {
                        let to = cx.commit_of(rev).map_err(|cause| match cause.code() {
                            Code::RefNotFound => {
                                Error::new(Code::RefNotFound, format!("'{rev}' is neither a table nor a commit"))
                            }
                            _ => cause,
                        })?;
                        cx.change_branch(|change, branch| {
                            change.reset_soft(branch, to)?;
                            change.reset_tables(branch, &[])
                        })?;
                    }
                    (answer, _) => answer?,
                }
            }
        }
        call.effect.ends_transaction = true;
        Ok(Answer::ok())
    }
}
