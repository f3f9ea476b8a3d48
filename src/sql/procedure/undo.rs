//! `dolt_undo`: moves the branch back to where it stood before its last move.

use super::answer::text;
use super::flags::Flags;
use super::{Answer, Call, Procedure};
use crate::error::Result;
use crate::sql::OutputColumn;

pub struct Undo;

impl Procedure for Undo {
    fn name(&self) -> &'static str { "dolt_undo" }
    fn columns(&self) -> Vec<OutputColumn> { vec![text("hash")] }

    fn call(&self, call: &mut Call<'_>) -> Result<Answer> {
        Flags::parse(&[], call.arguments)?.at_most("dolt_undo", 0)?;
        let hash = call.context.change_branch(|change, branch| change.undo(branch))?;
        call.effect.ends_transaction = true;
        Ok(Answer::one(hash.to_string()))
    }
}
