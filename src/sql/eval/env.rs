//! What an expression may look at besides its row, and what subqueries have answered so far.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::identity::push;
use super::expr::{Rule, Subquery};
use crate::error::Result;
use crate::sql::plan::Node;
use crate::sql::relation::{open, Row};
use crate::sql::Context;
use crate::tuple::Value;

/// The statement's context and the values that the enclosing query handed in. Cheap to clone.
#[derive(Clone)]
pub struct Env { pub cx: Context, pub outer: Vec<Value>, memo: Rc<Memo> }

/// Answers by plan and inputs: a correlated subquery runs once for each combination of inputs, any other once.
#[derive(Default)]
struct Memo {
    answers: RefCell<HashMap<(usize, Vec<u8>), Answer>>,
    /// What the steps of recursions work on.
    queues: RefCell<HashMap<usize, Rc<Vec<Row>>>>,
    asked: Cell<bool>,
}

#[derive(Clone)]
enum Answer { Scalar(Value), Exists(bool), Set(Rc<Set>), Rows(Rc<Vec<Row>>) }

/// What IN asks of a subquery.
pub struct Set { keys: HashSet<Vec<u8>>, has_null: bool, is_empty: bool }

/// Past this many answers all are forgotten.
const MOST: usize = 8_192;

impl Env {
    pub fn new(cx: Context) -> Env { Env { cx, outer: Vec::new(), memo: Rc::default() } }

    /// The environment of a subquery for one row of the query around it.
    fn within(&self, outer: Vec<Value>) -> Env { Env { cx: self.cx.clone(), outer, memo: self.memo.clone() } }

    /// Whether an expression has run a query.
    pub fn ran_subquery(&self) -> bool { self.memo.asked.get() }

    fn inputs(&self, query: &Subquery, row: &[Value]) -> Result<Vec<Value>> {
        query.inputs.iter().map(|input| input.eval(row, self)).collect()
    }

    fn remembered(&self, query: &Subquery, tag: u8, row: &[Value], run: impl FnOnce(&Env) -> Result<Answer>) -> Result<Answer> {
        self.memo.asked.set(true);
        let inputs = self.inputs(query, row)?;
        let mut key = vec![tag];
        inputs.iter().for_each(|input| {
            // Not only equal but alike: `typeof(outer.x)` may be asked inside.
            key.push(input.class().as_bytes()[0]);
            push(&mut key, input, false);
        });
        let key = (Rc::as_ptr(&query.node) as usize, key);
        if let Some(answer) = self.memo.answers.borrow().get(&key) {
            return Ok(answer.clone());
        }
        let answer = run(&self.within(inputs))?;
        let mut answers = self.memo.answers.borrow_mut();
        if answers.len() >= MOST {
            answers.clear();
        }
        answers.insert(key, answer.clone());
        Ok(answer)
    }

    /// The first cell of the first row, NULL without one.
    pub fn scalar(&self, query: &Subquery, row: &[Value]) -> Result<Value> {
        let answer = self.remembered(query, 0, row, |env| {
            let mut rows = open(&query.node, env)?;
            let mut first = Row::new();
            let found = rows.next(&mut first)?;
            Ok(Answer::Scalar(if found { first.swap_remove(0) } else { Value::Null }))
        })?;
        Ok(if let Answer::Scalar(value) = answer { value } else { Value::Null })
    }

    pub fn exists(&self, query: &Subquery, row: &[Value]) -> Result<bool> {
        let answer = self.remembered(query, 1, row, |env| Ok(Answer::Exists(open(&query.node, env)?.next(&mut Row::new())?)))?;
        Ok(matches!(answer, Answer::Exists(true)))
    }

    /// The values of the only column, for IN.
    pub fn set(&self, query: &Subquery, rule: &Rule, row: &[Value]) -> Result<Rc<Set>> {
        let answer = self.remembered(query, 2 + u8::from(rule.nocase), row, |env| {
            let mut rows = open(&query.node, env)?;
            let mut set = Set { keys: HashSet::new(), has_null: false, is_empty: true };
            let mut cells = Row::new();
            while rows.next(&mut cells)? {
                set.is_empty = false;
                let value = rule.right.apply(std::mem::take(&mut cells[0]));
                if value.is_null() {
                    set.has_null = true;
                } else {
                    let mut key = Vec::with_capacity(12);
                    push(&mut key, &value, rule.nocase);
                    set.keys.insert(key);
                }
            }
            Ok(Answer::Set(Rc::new(set)))
        })?;
        match answer {
            Answer::Set(set) => Ok(set),
            _ => Ok(Rc::new(Set { keys: HashSet::new(), has_null: false, is_empty: true })),
        }
    }

    /// All rows for one row of the query around it, not remembered.
    pub fn rows(&self, query: &Subquery, row: &[Value]) -> Result<Vec<Row>> {
        let env = self.within(self.inputs(query, row)?);
        let mut source = open(&query.node, &env)?;
        let (mut rows, mut row) = (Vec::new(), Row::new());
        while source.next(&mut row)? {
            row.truncate(query.width);
            rows.push(std::mem::take(&mut row));
        }
        Ok(rows)
    }

    pub fn queue(&self, queue: usize) -> Rc<Vec<Row>> { self.memo.queues.borrow().get(&queue).cloned().unwrap_or_default() }
    pub fn set_queue(&self, queue: usize, rows: Rc<Vec<Row>>) { self.memo.queues.borrow_mut().insert(queue, rows); }

    /// All rows of a plan that several places of a statement read, computed once.
    pub fn shared(&self, node: &Rc<Node>, width: usize) -> Result<Rc<Vec<Row>>> {
        let key = (Rc::as_ptr(node) as usize, vec![u8::MAX]);
        if let Some(Answer::Rows(rows)) = self.memo.answers.borrow().get(&key) {
            return Ok(rows.clone());
        }
        self.memo.asked.set(true);
        let mut source = open(node, self)?;
        let (mut rows, mut row) = (Vec::new(), Row::new());
        while source.next(&mut row)? {
            row.truncate(width);
            rows.push(std::mem::take(&mut row));
        }
        let rows = Rc::new(rows);
        self.memo.answers.borrow_mut().insert(key, Answer::Rows(rows.clone()));
        Ok(rows)
    }
}

impl Set {
    /// `value IN set`, three-valued; the value has been converted.
    pub fn contains(&self, value: &Value, nocase: bool) -> Option<bool> {
        if self.is_empty {
            return Some(false);
        }
        if value.is_null() {
            return None;
        }
        let mut key = Vec::with_capacity(12);
        push(&mut key, value, nocase);
        if self.keys.contains(&key) {
            Some(true)
        } else if self.has_null {
            None
        } else {
            Some(false)
        }
    }
}
