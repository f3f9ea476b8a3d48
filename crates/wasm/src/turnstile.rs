//! One at a time, in the order of asking, within one worker.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

#[derive(Clone, Default)]
pub struct Turnstile {
    inner: Rc<Inner>,
}

#[derive(Default)]
struct Inner {
    next: Cell<u64>,
    serving: Cell<u64>,
    waiting: RefCell<VecDeque<(u64, Waker)>>,
}

/// Lets the next one through when dropped.
pub struct Turn {
    inner: Rc<Inner>,
}

impl Turnstile {
    /// Waits for its turn. The future must be run to its end.
    pub async fn pass(&self) -> Turn {
        let inner = self.inner.clone();
        let ticket = inner.next.get();
        inner.next.set(ticket + 1);
        poll_fn(|context| {
            if inner.serving.get() == ticket {
                return Poll::Ready(());
            }
            let mut waiting = inner.waiting.borrow_mut();
            waiting.retain(|(other, _)| *other != ticket);
            waiting.push_back((ticket, context.waker().clone()));
            Poll::Pending
        })
        .await;
        Turn { inner }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let next = self.inner.serving.get() + 1;
        self.inner.serving.set(next);
        let mut waiting = self.inner.waiting.borrow_mut();
        if let Some(at) = waiting.iter().position(|(ticket, _)| *ticket == next) {
            if let Some((_, waker)) = waiting.remove(at) {
                waker.wake();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future;
    use std::pin::pin;
    use std::task::Context;

    #[test]
    fn turns_come_in_order() {
        let gate = Turnstile::default();
        let mut context = Context::from_waker(Waker::noop());
        let (mut first, mut second) = (pin!(gate.pass()), pin!(gate.pass()));
        let Poll::Ready(turn) = first.as_mut().poll(&mut context) else { panic!("the first waits") };
        assert!(second.as_mut().poll(&mut context).is_pending());
        drop(turn);
        assert!(second.as_mut().poll(&mut context).is_ready());
    }
}
