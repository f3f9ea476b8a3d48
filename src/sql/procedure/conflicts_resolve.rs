//! `dolt_conflicts_resolve`: takes one side for every conflict of some tables.

use super::answer::integer;
use super::flags::{long, Flag};
use super::{Answer, Call, Procedure};
use crate::error::{Error, Result};
use crate::repo::Resolution;
use crate::sql::write::MergeCheck;
use crate::sql::OutputColumn;

pub struct ConflictsResolve;

const FLAGS: &[Flag] = &[long("ours"), long("theirs")];

impl Procedure for ConflictsResolve {
    fn name(&self) -> &'static str { "dolt_conflicts_resolve" }
    fn columns(&self) -> Vec<OutputColumn> { vec![integer("status")] }

    fn call(&self, call: &mut Call<'_>) -> Result<Answer> {
        let flags = call.flags(FLAGS)?;
        let resolution = match (flags.has("ours"), flags.has("theirs")) {
            (true, false) => Resolution::Ours,
            (false, true) => Resolution::Theirs,
            (true, true) => return Err(Error::bad_argument("specify only one of --ours and --theirs")),
            (false, false) => return Err(Error::bad_argument("--ours or --theirs must be supplied")),
        };
        if flags.positional.is_empty() {
            return Err(Error::bad_argument("specify at least one table to resolve conflicts in, or `.` for all"));
        }
        let cx = call.context;
        let all = flags.positional.iter().any(|table| table == ".");
        let tables: Vec<&str> = if all { Vec::new() } else { flags.positional.iter().map(String::as_str).collect() };
        let check = MergeCheck::new(cx);
        cx.change_branch(|change, branch| change.resolve_conflicts(branch, resolution, &tables, &check))?;
        Ok(Answer::ok())
    }
}
