//! The native driver: nothing has to be waited for.

use std::cell::RefCell;
use std::rc::Rc;

use super::clock;
use super::session::{Run, Session, Settlement, Step};
use crate::error::{Code, Error, Result};
use crate::sql::Outcome;
use crate::sync::{Job, LocalRemote, Scope};
use crate::tuple::Value;

/// How often a publication is tried before the others are said to be too many.
const TRIES: usize = 100;

impl Session {
    /// Native: runs one or more statements to the end, durable, and answers the last outcome.
    pub fn execute(&mut self, sql: &str, parameters: &[Value]) -> Result<Outcome> {
        let mut last = Outcome::default();
        for outcome in self.execute_all(sql, parameters)? {
            last = outcome;
        }
        Ok(last)
    }

    /// As [`Session::execute`], with the outcome of each statement.
    pub fn execute_all(&mut self, sql: &str, parameters: &[Value]) -> Result<Vec<Outcome>> {
        let mut outcomes = Vec::new();
        for mut run in self.prepare(sql, parameters.to_vec(), clock::moment())? {
            outcomes.push(self.run(&mut run)?);
        }
        Ok(outcomes)
    }

    fn run(&mut self, run: &mut Run) -> Result<Outcome> {
        for _ in 0..TRIES {
            let outcome = match self.step(run)? {
                Step::Done(outcome) => outcome,
                Step::Publish => {
                    self.publish()?;
                    continue;
                }
                Step::Remote(job) => {
                    if let Err(error) = carry(&*job) {
                        run.forget_jobs();
                        return Err(error);
                    }
                    continue;
                }
                Step::Need => return Err(Error::internal("a chunk is missing, and there is nobody to wait for")),
            };
            if !self.unpublished() || self.publish()? == Settlement::Done {
                if let Some(keep) = self.take_sweep() {
                    self.database().sweep(&keep)?;
                }
                return Ok(outcome);
            }
        }
        Err(Error::new(Code::TxConflict, format!("other writers came first {TRIES} times")))
    }

    fn publish(&mut self) -> Result<Settlement> {
        for _ in 0..TRIES {
            let publication = match self.publication() {
                Ok(publication) => publication,
                Err(error) => return Err(self.failed(error)),
            };
            let settled = match self.database().clone().publish(&publication) {
                Ok(settled) => settled,
                Err(error) => return Err(self.failed(error)),
            };
            match self.settle(settled)? {
                Settlement::Again => continue,
                settlement => return Ok(settlement),
            }
        }
        Err(Error::new(Code::TxConflict, format!("other writers came first {TRIES} times")))
    }

    /// The store refused: what was to be published never happened.
    fn failed(&mut self, error: Error) -> Error {
        self.abandon();
        error
    }
}

thread_local! {
    static CARRIER: RefCell<Option<Carrier>> = const { RefCell::new(None) };
}

/// Carries a job's requests to remotes that are no files.
pub type Carrier = Rc<dyn Fn(&dyn Job) -> Result<()>>;

/// From here on this thread's sessions reach http remotes through `carrier`: this crate has no HTTP of its own.
pub fn set_carrier(carrier: Option<Carrier>) { CARRIER.with(|slot| *slot.borrow_mut() = carrier) }

fn carry(job: &dyn Job) -> Result<()> {
    if !job.url().starts_with("file://") {
        let carrier = CARRIER.with(|slot| slot.borrow().clone());
        let none = || Error::unsupported(format!("{}: this program reaches file:// remotes alone", job.url()));
        return carrier.ok_or_else(none)?(job);
    }
    let mut remote = None;
    while let Some(request) = job.request()? {
        let open = match &mut remote {
            Some(open) => open,
            none => none.insert(LocalRemote::open(job.url(), request.scope != Scope::Read)?),
        };
        open.answer(&request, &mut |status, bytes| {
            job.answered(status);
            job.feed(bytes)?;
            job.advance()
        })?;
        job.end()?;
    }
    Ok(())
}
