//! Long work of a statement, kept between its retries: after a fault it goes on where it was.

use std::any::Any;
use std::cell::{Cell, RefCell};

use crate::error::{Error, Result};
use crate::hash::Address;

/// What a statement began and could not end yet. Work is known by its type and by the addresses of what it works on:
/// what is taken up again is the same work. New chunks that it wrote lie in the transaction's overlay; so the session
/// drops the work together with them.
#[derive(Default)]
pub struct Resume { kept: RefCell<Vec<(Vec<Address>, Box<dyn Any>)>>, passed: Cell<bool> }

impl Resume {
    /// The statement begins from its start.
    pub fn begin_attempt(&self) { self.passed.set(false) }

    /// What was read before is not needed again: the fault was met by work that passes over everything once.
    pub fn goes_on(&self) -> bool { self.passed.get() }

    /// As [`Resume::run`], for work that does not look back.
    pub fn pass<W: 'static, T>(
        &self,
        inputs: &[Address],
        begin: impl FnOnce() -> Result<W>,
        run: impl FnOnce(&mut W) -> Result<T>,
    ) -> Result<T> {
        let answer = self.run(inputs, begin, run);
        self.passed.set(answer.as_ref().is_err_and(Error::is_fault));
        answer
    }

    /// Begins work on `inputs`, or takes it up again, and runs it. A fault keeps it, anything else ends it.
    pub fn run<W: 'static, T>(
        &self,
        inputs: &[Address],
        begin: impl FnOnce() -> Result<W>,
        run: impl FnOnce(&mut W) -> Result<T>,
    ) -> Result<T> {
        let known = self.kept.borrow().iter().position(|(known, work)| known == inputs && work.is::<W>());
        let kept = known.map(|at| self.kept.borrow_mut().swap_remove(at).1);
        let mut work = match kept.and_then(|work| work.downcast::<W>().ok()) {
            Some(work) => work,
            None => Box::new(begin()?),
        };
        let answer = run(&mut work);
        if answer.as_ref().is_err_and(Error::is_fault) {
            self.kept.borrow_mut().push((inputs.to_vec(), work));
        }
        answer
    }
}
