//! The native driver: nothing has to be waited for.

use super::clock;
use super::session::{Run, Session, Settlement, Step};
use crate::error::{Code, Error, Result};
use crate::sql::Outcome;
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
