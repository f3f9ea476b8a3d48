//! Stopping a call that runs: the engine's loops ask every few hundred rows, whoever drives it answers.

use std::cell::Cell;

use crate::error::Result;

thread_local! {
    static HOOK: Cell<Option<fn() -> Result<()>>> = const { Cell::new(None) };
    static STEPS: Cell<u32> = const { Cell::new(0) };
}

/// Steps between two questions.
const EVERY: u32 = 512;

/// Called from then on by this thread's loops; its error ends the statement.
pub fn set_hook(hook: fn() -> Result<()>) {
    HOOK.set(Some(hook));
}

/// One step of a loop that may run for long: a row, a comparison, a chunk read.
#[inline]
pub fn check() -> Result<()> {
    let steps = STEPS.get().wrapping_add(1);
    STEPS.set(steps);
    match steps.is_multiple_of(EVERY) {
        true => HOOK.get().map_or(Ok(()), |hook| hook()),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Code, Error};

    #[test]
    fn a_long_loop_is_stopped() {
        assert!((0..10_000).all(|_| check().is_ok()));
        set_hook(|| Err(Error::new(Code::Aborted, "stop")));
        let stopped = (0..10_000).position(|_| check().is_err());
        set_hook(|| Ok(()));
        assert!(stopped.is_some_and(|step| step < EVERY as usize));
    }
}
