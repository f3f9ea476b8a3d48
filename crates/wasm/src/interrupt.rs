//! Cancelling and time limits: what the engine's loops ask every few hundred rows.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use prollite::chunk::interrupt;
use prollite::{Code, Error, Result};

use super::call::SharedCall;
use super::shared::Core;

/// A call runs this long before the page is asked whether it still wants the answer.
const QUIET_MS: f64 = 50.0;
/// Time between two questions: each may cost some milliseconds.
const ASK_MS: f64 = 60.0;

struct Running {
    call: SharedCall,
    core: Rc<Core>,
    /// When the page is asked next; set at the first step that looks at the clock.
    ask_at: Option<f64>,
}

thread_local! {
    static RUNNING: RefCell<Option<Running>> = const { RefCell::new(None) };
    static HOOKED: Cell<bool> = const { Cell::new(false) };
}

/// While it lives, the engine's loops can be stopped on behalf of its call.
pub struct Watch;

impl Drop for Watch {
    fn drop(&mut self) {
        RUNNING.with(|running| running.borrow_mut().take());
    }
}

pub fn watch(call: &SharedCall, core: &Rc<Core>) -> Watch {
    if !HOOKED.with(|hooked| hooked.replace(true)) {
        interrupt::set_hook(ask);
    }
    RUNNING.with(|running| *running.borrow_mut() = Some(Running { call: call.clone(), core: core.clone(), ask_at: None }));
    Watch
}

fn ask() -> Result<()> {
    RUNNING.with(|running| {
        let mut running = running.borrow_mut();
        let Some(running) = running.as_mut() else { return Ok(()) };
        let host = &running.core.host;
        let now = host.now();
        check_call(&running.call, now)?;
        let ask_at = *running.ask_at.get_or_insert(now + QUIET_MS);
        if running.call.cancellable && now >= ask_at {
            if host.cancelled(running.call.id) {
                running.call.cancelled.set(true);
                return Err(aborted());
            }
            running.ask_at = Some(host.now() + ASK_MS);
        }
        Ok(())
    })
}

/// What is known without asking.
pub fn check_call(call: &SharedCall, now: f64) -> Result<()> {
    if call.cancelled.get() {
        return Err(aborted());
    }
    match call.deadline {
        Some(deadline) if now > deadline => Err(Error::new(Code::Timeout, "the call ran past its time limit")),
        _ => Ok(()),
    }
}

pub fn aborted() -> Error {
    Error::new(Code::Aborted, "the call was cancelled")
}
