//! `dolt_unlazy`: reads what a lazy clone has not read yet; from then on it is a database like any other. What was read stays
//! when it is broken off, so that it goes on there.

use super::answer::integer;
use super::flags::Flags;
use super::{verify, Answer, Call, Procedure};
use crate::error::Result;
use crate::repo::{RefMap, Refs, LAZY, UNLAZY};
use crate::sql::{Context, OutputColumn};
use crate::sync::Completion;

pub struct Unlazy;

impl Procedure for Unlazy {
    fn name(&self) -> &'static str { "dolt_unlazy" }
    fn columns(&self) -> Vec<OutputColumn> { vec![integer("status")] }

    fn call(&self, call: &mut Call<'_>) -> Result<Answer> {
        Flags::parse(&[], call.arguments)?.at_most("dolt_unlazy", 0)?;
        complete(call.context)?;
        Ok(Answer::ok())
    }
}

/// Reads what is left out, and is no lazy clone any more.
pub fn complete(cx: &Context) -> Result<()> {
    if cx.get_ref(LAZY).is_some() {
        let refs: RefMap = cx.records("").into_iter().collect();
        cx.resume.pass(&[verify::records(&refs)], || Completion::new(&cx.store, &refs), Completion::run)?;
        cx.set_ref(LAZY, None);
        // In any case: where another tab has made it whole and begun the next large fetch, this runs again.
        cx.set_ref(UNLAZY, None);
    }
    Ok(())
}

/// A large fetch has landed its commits, and the rest is still to be read.
pub fn is_under_way(cx: &Context) -> bool { cx.get_ref(UNLAZY).is_some() }

/// What a fetch in batches says then.
pub const MORE: &str = "tables are still to be read: dolt_unlazy() does, then call this again";
