//! The native driver: nothing has to be waited for.

use std::cell::RefCell;
use std::rc::Rc;

use super::clock;
use super::session::{Run, Session, Settlement, Step};
use super::Database;
use crate::error::{Code, Error, Result};
use crate::repo::{beyond, end_before, not_here, tables_of, Refs, REMOTE};
use crate::sql::Outcome;
use crate::sync::{base_url, lacking, Chunks, Job, LocalRemote, Progress, Request, Scope};
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
        let mut tries = 0;
        while tries < TRIES {
            let outcome = match self.step(run)? {
                Step::Done(outcome) => outcome,
                Step::Publish => {
                    self.publish()?;
                    continue;
                }
                Step::Remote(job) => {
                    if let Err(error) = carry(&Patient { job: &*job, database: &self.database().clone() }) {
                        run.forget_jobs();
                        return Err(error);
                    }
                    continue;
                }
                Step::Need => {
                    self.database().fetch_left_out()?;
                    continue;
                }
            };
            if !self.unpublished() || self.publish()? == Settlement::Done {
                if let Some(keep) = self.take_sweep() {
                    self.database().sweep(&keep)?;
                }
                return Ok(outcome);
            }
            tries += 1;
        }
        Err(Error::new(Code::TxConflict, format!("other writers came first {TRIES} times")))
    }

    fn publish(&mut self) -> Result<Settlement> {
        for _ in 0..TRIES {
            let database = self.database().clone();
            let publication = match database.complete(|| self.publication()) {
                Ok(publication) => publication,
                Err(error) => return Err(self.failed(error)),
            };
            let settled = match self.database().clone().publish(&publication) {
                Ok(settled) => settled,
                Err(error) => return Err(self.failed(error)),
            };
            match database.complete(|| self.settle(settled.clone()))? {
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

impl Database {
    /// What a read found left out: from the remote of a lazy clone, or the error that says what is missing.
    fn fetch_left_out(&self) -> Result<()> {
        let nobody = || Error::internal("a chunk is missing, and there is nobody to wait for");
        let lazy = self.lazy.as_ref().ok_or_else(nobody)?;
        let wanted = lazy.faults().drain();
        let Some(first) = wanted.first() else { return Err(nobody()) };
        let (store, refs) = (self.repository().store().clone(), self.repository().all_refs());
        let Some((remote, _)) = refs.lazy() else {
            return Err(match end_before(&store, &wanted)? {
                Some((end, commit)) => beyond(&end, &commit),
                None => Error::corrupt(format!("chunk {first} is not in the store")),
            });
        };
        let url = refs.record(&format!("{REMOTE}{remote}")).unwrap_or_default();
        let url = base_url(&String::from_utf8_lossy(&url))?;
        for some in wanted.chunks(Chunks::MOST) {
            let job = Chunks::new(&url, some.to_vec());
            let carried = carry(&job);
            for chunk in job.take() {
                store.put(chunk)?;
            }
            let carried = carried.and_then(|()| if job.lacking().is_empty() { Ok(()) } else { Err(lacking(&url)) });
            if let Err(error) = carried {
                let mut missing = wanted.clone();
                missing.retain(|address| !store.contains(address).unwrap_or(false));
                let tables = tables_of(&store, &refs, &missing)?;
                return Err(not_here(&tables, missing.len(), &remote, &error));
            }
        }
        Ok(())
    }

    /// Work that may fault, to its end.
    fn complete<T>(&self, mut work: impl FnMut() -> Result<T>) -> Result<T> {
        loop {
            match work() {
                Err(error) if error.is_fault() => self.fetch_left_out()?,
                done => return done,
            }
        }
    }
}

/// A job whose faults are met on its way: a carrier need not know of them.
struct Patient<'a> { job: &'a dyn Job, database: &'a Database }

impl Job for Patient<'_> {
    fn url(&self) -> &str { self.job.url() }
    fn request(&self) -> Result<Option<Request>> { self.database.complete(|| self.job.request()) }
    fn answered(&self, status: u16) { self.job.answered(status) }
    fn feed(&self, bytes: &[u8]) -> Result<()> { self.job.feed(bytes) }
    fn advance(&self) -> Result<()> { self.database.complete(|| self.job.advance()) }
    fn end(&self) -> Result<()> { self.database.complete(|| self.job.end()) }
    fn cut(&self) { self.job.cut() }
    fn has_enough(&self) -> bool { self.job.has_enough() }
    fn progress(&self) -> Progress { self.job.progress() }
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
