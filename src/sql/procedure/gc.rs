//! `dolt_gc`: drops chunks that nothing reaches. Marks here; the sweep is done when the transaction is durable.

use super::answer::text;
use super::flags::{long, Flag};
use super::{Answer, Call, Procedure};
use crate::error::{Error, Result};
use crate::hash::Address;
use crate::repo::{Gc as Marking, RefMap, Refs};
use crate::sql::OutputColumn;

pub struct Gc;

const FLAGS: &[Flag] = &[long("shallow"), long("full"), long("prune")];

impl Procedure for Gc {
    fn name(&self) -> &'static str { "dolt_gc" }
    fn columns(&self) -> Vec<OutputColumn> { vec![text("message")] }

    fn call(&self, call: &mut Call<'_>) -> Result<Answer> {
        let flags = call.flags(FLAGS)?;
        if let Some(first) = flags.positional.first() {
            let count = flags.positional.len();
            let text = format!("error: gc does not take positional arguments, but found {count}: {first}");
            return Err(Error::bad_argument(text));
        }
        let cx = call.context;
        // What this transaction did counts as well.
        if cx.settings.branch.is_some() {
            cx.change_branch(|_, _| Ok(()))?;
        }
        let mut pins = Vec::new();
        for root in cx.keeper.held() {
            pins.push(root.write(&*cx.store)?);
        }
        let refs: RefMap = cx.records("").into_iter().collect();
        let mut inputs = pins.clone();
        inputs.extend([super::verify::records(&refs), Address::of(&[flags.has("prune").into()])]);
        let begin = || Ok(Marking::new(&cx.store, refs, cx.moment.now_ms, flags.has("prune"), pins));
        let kept = cx.resume.run(&inputs, begin, Marking::run)?;
        cx.change(|change| {
            kept.records.iter().for_each(|(name, value)| change.set(name, value.clone()));
            Ok(())
        })?;
        let count = (kept.chunks.len() as u64).saturating_sub(kept.left_out);
        let message = match cx.keeper.superfluous(&kept.chunks)? {
            Some(removed) => format!("{removed} chunks removed, {count} chunks kept"),
            None => format!("{count} chunks kept"),
        };
        call.effect.ends_transaction = true;
        call.effect.sweep = Some(kept.chunks);
        Ok(Answer::one(message))
    }
}
