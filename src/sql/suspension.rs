//! A statement's query, suspended while chunks are fetched.
//!
//! A fault unwinds a statement, and it runs again from its start. A scan that would read everything again, and so keep
//! all of it resident, instead leaves here where it was: in the next attempt it goes on from there, and needs no more
//! than its path. Only the first query of a statement does so; and none with subqueries, which run again for the row at
//! hand and must find what they faulted in.

use std::cell::{Cell, RefCell};

use super::relation::{Parked, Row};

#[derive(Default)]
pub struct Suspension {
    state: RefCell<State>,
    /// A query has run in this attempt.
    asked: Cell<bool>,
    /// The query read an entry in this attempt.
    moved: Cell<bool>,
    /// It waited for chunks at least once.
    waited: Cell<bool>,
    /// It runs again from its start, from here on.
    refused: Cell<bool>,
}

#[derive(Default)]
enum State {
    #[default]
    None,
    Waiting(Waiting),
    /// It has run to its end; the statement has not.
    Done(Answer),
}

/// A query in the middle: its operators, the rows so far, the row that was being filled, and how many random numbers
/// were drawn.
pub struct Waiting { pub source: Parked, pub rows: Vec<Row>, pub row: Row, pub drawn: u64 }

#[derive(Clone)]
pub struct Answer { pub rows: Vec<Row>, pub drawn: u64 }

/// How a query begins.
pub enum Start { Anew, Resume(Waiting), Answered(Answer) }

impl Suspension {
    pub fn begin_attempt(&self) {
        self.asked.set(false);
        self.moved.set(false);
    }

    pub fn moved(&self) { self.moved.set(true); }

    /// Whether this is the query that may be suspended; the first that asks is.
    pub fn claim(&self) -> bool { !self.asked.replace(true) }

    pub fn start(&self) -> Start {
        let state = self.state.take();
        match state {
            State::None => Start::Anew,
            State::Waiting(waiting) => Start::Resume(waiting),
            State::Done(answer) => {
                *self.state.borrow_mut() = State::Done(answer.clone());
                Start::Answered(answer)
            }
        }
    }

    /// `None`: it cannot be suspended.
    pub fn wait(&self, waiting: Option<Waiting>) {
        match waiting.filter(|_| !self.refused.get()) {
            Some(waiting) => {
                self.waited.set(true);
                *self.state.borrow_mut() = State::Waiting(waiting);
            }
            None => self.refuse(),
        }
    }

    /// The statement goes on, and may fault: what was not kept resident must not be asked for again.
    pub fn answered(&self, rows: &[Row], drawn: u64) {
        if self.waited.get() {
            *self.state.borrow_mut() = State::Done(Answer { rows: rows.to_vec(), drawn });
        }
    }

    pub fn refuse(&self) {
        *self.state.borrow_mut() = State::None;
        self.refused.set(true);
    }

    /// What the query read so far is not needed any more. While it only gets closer to its next entry (a look-up's nodes
    /// come level by level) it is.
    pub fn goes_on(&self) -> bool { self.moved.get() && matches!(*self.state.borrow(), State::Waiting(_)) }

    /// The next attempt must stand on the same root.
    pub fn is_active(&self) -> bool { !matches!(*self.state.borrow(), State::None) }

    /// The statement is over.
    pub fn clear(&self) {
        *self.state.borrow_mut() = State::None;
        self.waited.set(false);
        self.refused.set(false);
    }
}
