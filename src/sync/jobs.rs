//! The jobs of one statement. A statement that needs something of a remote is left when it asks, and runs again from its
//! start when the job is done; it then finds the outcome here. The key says what was asked: a statement that asks for
//! something else the second time (its branch moved) gets a new job.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::{Fetch, Job, Push};
use crate::error::{Error, Result};
use crate::hash::Address;

#[derive(Default)]
pub struct Jobs { asked: RefCell<Vec<Asked>>, at: Cell<usize>, waiting: RefCell<Option<Rc<dyn Job>>> }

struct Asked { key: String, job: Done }

#[derive(Clone)]
enum Done { Fetch(Rc<Fetch>), Push(Rc<Push>) }

impl Jobs {
    /// The statement begins from its start.
    pub fn begin(&self) {
        self.at.set(0);
        self.waiting.borrow_mut().take();
    }

    /// What the statement was left for.
    pub fn take_waiting(&self) -> Option<Rc<dyn Job>> { self.waiting.borrow_mut().take() }

    /// The job failed: whoever runs the statement again asks again.
    pub fn forget(&self) { self.asked.borrow_mut().clear(); }

    pub fn fetch(&self, key: &str, make: impl FnOnce() -> Result<Fetch>) -> Result<Rc<Fetch>> {
        match self.known(key) {
            Some(Done::Fetch(fetch)) => Ok(fetch),
            _ => {
                let job = Rc::new(make()?);
                Err(self.wait(key, Done::Fetch(job.clone()), job))
            }
        }
    }

    pub fn push(&self, key: &str, make: impl FnOnce() -> Result<Push>) -> Result<Rc<Push>> {
        match self.known(key) {
            Some(Done::Push(push)) => Ok(push),
            _ => {
                let job = Rc::new(make()?);
                Err(self.wait(key, Done::Push(job.clone()), job))
            }
        }
    }

    fn known(&self, key: &str) -> Option<Done> {
        let at = self.at.get();
        let found = self.asked.borrow().get(at).filter(|asked| asked.key == key).map(|asked| asked.job.clone());
        if found.is_some() {
            self.at.set(at + 1);
        }
        found
    }

    fn wait(&self, key: &str, job: Done, waiting: Rc<dyn Job>) -> Error {
        let mut asked = self.asked.borrow_mut();
        asked.truncate(self.at.get());
        asked.push(Asked { key: key.into(), job });
        *self.waiting.borrow_mut() = Some(waiting);
        Error::fault(Address::NONE)
    }
}
