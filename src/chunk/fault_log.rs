//! What was asked for and was not at hand.

use std::cell::RefCell;

use super::memory::AddressMap;
use crate::hash::Address;

/// Addresses asked for and not resident, each once, in the order of asking. Whoever can wait drains
/// it. The outcome of a call counts only if the log is empty after it, Ok included.
#[derive(Default)]
pub struct FaultLog {
    inner: RefCell<Inner>,
}

#[derive(Default)]
struct Inner {
    order: Vec<Address>,
    seen: AddressMap<()>,
}

impl FaultLog {
    pub fn new() -> Self {
        FaultLog::default()
    }

    pub fn log(&self, address: Address) {
        let mut inner = self.inner.borrow_mut();
        if inner.seen.insert(address, ()).is_none() {
            inner.order.push(address);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.inner.borrow().order.is_empty()
    }
    pub fn len(&self) -> usize {
        self.inner.borrow().order.len()
    }

    /// Hands everything out; the log is empty afterwards.
    pub fn drain(&self) -> Vec<Address> {
        std::mem::take(&mut *self.inner.borrow_mut()).order
    }
}
