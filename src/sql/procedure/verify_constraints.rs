//! `dolt_verify_constraints`: rows that break a constraint. They go into `dolt_constraint_violations`, unless
//! `--output-only` is given; a commit is refused while they stand there.

use super::answer::integer;
use super::flags::{flag, Flag};
use super::{Answer, Call, Procedure};
use crate::error::Result;
use crate::sql::write::MergeCheck;
use crate::sql::OutputColumn;

pub struct VerifyConstraints;

const FLAGS: &[Flag] = &[flag("all", 'a'), flag("output-only", 'o')];

impl Procedure for VerifyConstraints {
    fn name(&self) -> &'static str { "dolt_verify_constraints" }
    fn columns(&self) -> Vec<OutputColumn> { vec![integer("violations")] }

    fn call(&self, call: &mut Call<'_>) -> Result<Answer> {
        let flags = call.flags(FLAGS)?;
        let cx = call.context;
        let check = MergeCheck::new(cx);
        let tables: Vec<&str> = flags.positional.iter().map(String::as_str).filter(|table| *table != ".").collect();
        let found = cx.change_branch(|change, branch| {
            change.verify_constraints(branch, &tables, flags.has("all"), flags.has("output-only"), &check)
        })?;
        // As in Dolt: whether there are any.
        Ok(Answer::one(i64::from(found > 0)))
    }
}
