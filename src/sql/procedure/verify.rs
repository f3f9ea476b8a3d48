//! `dolt_verify`: walks everything that refs reach, hashes every chunk again, compares indexes with rows. What a lazy clone
//! has not read yet is counted as left out: that is no damage.

use super::answer::integer;
use super::flags::Flags;
use super::{Answer, Call, Procedure};
use crate::error::Result;
use crate::hash::Address;
use crate::repo::{RefMap, Refs, Verify as Walk};
use crate::sql::write::MergeCheck;
use crate::sql::OutputColumn;
use crate::tuple::Value;

pub struct Verify;

/// What all records say, as an address.
pub fn records(refs: &RefMap) -> Address {
    let mut all = Vec::new();
    for (name, value) in refs {
        for part in [name.as_bytes(), value] {
            all.extend_from_slice(&(part.len() as u64).to_le_bytes());
            all.extend_from_slice(part);
        }
    }
    Address::of(&all)
}

impl Procedure for Verify {
    fn name(&self) -> &'static str { "dolt_verify" }
    fn columns(&self) -> Vec<OutputColumn> { vec![integer("ok"), integer("missing"), integer("corrupt"), integer("left_out")] }

    fn call(&self, call: &mut Call<'_>) -> Result<Answer> {
        Flags::parse(&[], call.arguments)?.at_most("dolt_verify", 0)?;
        let cx = call.context;
        let refs: RefMap = cx.records("").into_iter().collect();
        let verdict = cx.resume.run(&[records(&refs)], || Walk::new(&cx.store, &refs, Some(MergeCheck::new(cx))), Walk::run)?;
        // A table that disagrees with its indexes is as bad as a chunk that disagrees with its address.
        let corrupt = verdict.corrupt.len() + verdict.disagreements.len();
        let ok = Value::bool(verdict.is_ok());
        let counts = [verdict.missing.len(), corrupt, verdict.left_out as usize].map(|count| Value::Int(count as i64));
        let row = std::iter::once(ok.clone()).chain(counts).collect();
        Ok(Answer::new(row, ok))
    }
}
