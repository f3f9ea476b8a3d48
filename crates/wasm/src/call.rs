//! A call of the page: one statement, a script, or a batch that is one transaction.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use prollite::session::{Run, Session};
use prollite::sql::{parser, Moment, Outcome};
use prollite::tuple::Value;
use prollite::{Error, Result};

use super::values::Reader;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One statement.
    Query = 0,
    /// Statements that autocommit one by one (outside a transaction).
    Script = 1,
    /// Statements with parameters, all or nothing.
    Batch = 2,
}

impl Kind {
    pub fn of(number: u8) -> Result<Kind> {
        [Kind::Query, Kind::Script, Kind::Batch]
            .into_iter()
            .find(|kind| *kind as u8 == number)
            .ok_or_else(|| Error::internal(format!("call of unknown kind {number}")))
    }
}

/// A text of a batch, parsed once, and how its named parameters are ordered.
pub struct Call {
    pub id: u32,
    pub kind: Kind,
    /// When it fails with `TIMEOUT`, in the host's milliseconds.
    pub deadline: Option<f64>,
    pub cancellable: bool,
    pub cancelled: Cell<bool>,
    runs: RefCell<Vec<Run>>,
    outcomes: RefCell<Vec<Outcome>>,
    pub failed: RefCell<Option<Error>>,
    /// Statements around a batch: BEGIN before, COMMIT after.
    framed: Cell<bool>,
    pub retries: Cell<u32>,
    message: Vec<u8>,
}

impl Call {
    pub fn new(id: u32, kind: Kind, message: Vec<u8>, deadline: Option<f64>, cancellable: bool) -> Self {
        Call {
            id,
            kind,
            deadline,
            cancellable,
            cancelled: Cell::new(false),
            runs: RefCell::default(),
            outcomes: RefCell::default(),
            failed: RefCell::default(),
            framed: Cell::new(false),
            retries: Cell::new(0),
            message,
        }
    }

    /// Parses. A batch inside a transaction is framed by a savepoint.
    pub fn prepare(&self, session: &Session, moment: Moment) -> Result<()> {
        let mut reader = Reader::new(&self.message);
        let mut runs = Vec::new();
        match self.kind {
            Kind::Query => {
                runs = prepare_one(session, &mut reader, moment)?;
                if runs.len() > 1 {
                    let more = runs.get(1).map(|run| run.sql().to_string()).unwrap_or_default();
                    let hint = "exec() runs scripts";
                    return Err(Error::bad_argument(format!("query() takes one statement, another follows: {}", brief(&more)))
                        .with_hint(hint));
                }
            }
            Kind::Script => runs = prepare_one(session, &mut reader, moment)?,
            Kind::Batch => {
                self.framed.set(true);
                let frame = |sql: &str| session.prepare(sql, Vec::new(), Moment::new(moment.now_ms, 0));
                let inside = session.in_transaction();
                runs.extend(frame(if inside { "SAVEPOINT prollite_batch" } else { "BEGIN" })?);
                let count = reader.u32()?;
                for number in 0..count {
                    let seed = moment.seed.wrapping_add(u64::from(number) << 40);
                    runs.extend(prepare_one(session, &mut reader, Moment::new(moment.now_ms, seed))?);
                }
                runs.extend(frame(if inside { "RELEASE SAVEPOINT prollite_batch" } else { "COMMIT" })?);
            }
        }
        *self.runs.borrow_mut() = runs;
        Ok(())
    }

    pub fn len(&self) -> usize {
        self.runs.borrow().len()
    }

    pub fn with_run<T>(&self, which: usize, f: impl FnOnce(&mut Run) -> T) -> Option<T> {
        self.runs.borrow_mut().get_mut(which).map(f)
    }

    pub fn record(&self, which: usize, outcome: Outcome) {
        let mut outcomes = self.outcomes.borrow_mut();
        outcomes.truncate(which);
        outcomes.push(outcome);
    }

    /// What undoes a batch that failed at a statement of it.
    pub fn undo(&self, session: &Session) -> Option<Result<Vec<Run>>> {
        if !self.framed.get() || !session.in_transaction() {
            return None;
        }
        let nested = self.with_run(0, |run| run.sql().starts_with("SAVEPOINT")).unwrap_or(false);
        let sql = if nested { "ROLLBACK TO prollite_batch; RELEASE SAVEPOINT prollite_batch" } else { "ROLLBACK" };
        Some(session.prepare(sql, Vec::new(), Moment::new(0, 0)))
    }

    /// The outcomes that the page asked for, without those of the frame.
    pub fn answers<T>(&self, read: impl FnOnce(&[Outcome]) -> T) -> T {
        let outcomes = self.outcomes.borrow();
        let inner = if self.framed.get() { outcomes.get(1..outcomes.len().saturating_sub(1)) } else { outcomes.get(..) };
        read(inner.unwrap_or_default())
    }
}

pub type SharedCall = Rc<Call>;

fn brief(sql: &str) -> String {
    let line: String = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// Text, whether its parameters have names, the names, the values.
fn prepare_one(session: &Session, reader: &mut Reader<'_>, moment: Moment) -> Result<Vec<Run>> {
    let sql = reader.text()?;
    let names = reader.u32()?;
    let mut named = Vec::with_capacity(names as usize);
    for _ in 0..names {
        named.push(reader.text()?.to_string());
    }
    let values = reader.values()?;
    let values = if named.is_empty() { values } else { by_name(sql, &named, values)? };
    session.prepare(sql, values, moment)
}

/// Values in the order in which the statement numbers its parameters.
fn by_name(sql: &str, names: &[String], values: Vec<Value>) -> Result<Vec<Value>> {
    let parsed = parser::parse(sql)?;
    let statement = parsed.first().ok_or_else(|| Error::bad_argument("there is no statement"))?;
    if let Some(other) = names.iter().find(|name| {
        !statement.parameters.iter().flatten().any(|known| **known == ***name)
    }) {
        return Err(Error::bad_argument(format!("parameter {other} is not in the statement")));
    }
    let value_of = |wanted: &Option<Rc<str>>| {
        let Some(wanted) = wanted else {
            return Err(Error::bad_argument("named and positional parameters cannot be mixed"));
        };
        let at = names.iter().position(|name| **name == **wanted);
        at.and_then(|at| values.get(at).cloned())
            .ok_or_else(|| Error::bad_argument(format!("parameter {wanted} has no value")))
    };
    statement.parameters.iter().map(value_of).collect()
}
