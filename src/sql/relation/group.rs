//! GROUP BY and aggregates. Groups come in the order of their keys.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use super::{open, parked, Operator, Parked, Row};
use crate::error::Result;
use crate::prolly::KeyRange;
use crate::sql::eval::aggregates::{Accumulator, Aggregate};
use crate::sql::eval::{identity::push, Env};
use crate::sql::plan::{self, AggregateCall, Node};
use crate::tuple::Value;

pub struct Group<'p> {
    group: &'p plan::Group,
    env: &'p Env,
    input: Option<Box<dyn Operator + 'p>>,
    fold: Fold,
    done: std::vec::IntoIter<Row>,
}

/// What was read so far.
#[derive(Default)]
struct Fold {
    /// The row that the input fills.
    row: Row,
    groups: HashMap<Vec<u8>, usize>,
    states: Vec<State>,
    /// A row is being added: some of the calls have it.
    torn: bool,
}

/// One group: its key, the state of each call, and the row that its bare columns come from.
struct State { keys: Vec<Value>, calls: Vec<Call>, bare: Vec<Value> }

struct Call {
    accumulator: Accumulator,
    seen: Option<HashSet<Vec<u8>>>,
    /// With an ORDER BY of its own: what came, until all is there.
    waiting: Vec<(Vec<Value>, Vec<Value>)>,
}

impl<'p> Group<'p> {
    pub fn open(group: &'p plan::Group, env: &'p Env) -> Result<Self> {
        let input = if group.from_counts { None } else { Some(open(&group.input, env)?) };
        let done = if group.from_counts { vec![counted(group, env)?] } else { Vec::new() };
        let mut this = Group { group, env, input, fold: Fold { row: vec![Value::Null; group.width], ..Fold::default() }, done: done.into_iter() };
        if group.whole {
            this.fold.states.push(new_state(group, Vec::new()));
        }
        Ok(this)
    }

    fn read(&mut self, input: &mut dyn Operator) -> Result<()> {
        let (group, env) = (self.group, self.env);
        let Fold { row, groups, states, torn } = &mut self.fold;
        // Columns that are neither keys nor aggregates come from the row of MIN or MAX, if there is just one such.
        let extremes = group.calls.iter().enumerate().filter(|(_, call)| is_extreme(call));
        let extremes: Vec<usize> = extremes.map(|(at, _)| at).collect();
        let (mut key, mut arguments) = (Vec::new(), Vec::new());
        while input.next(row)? {
            *torn = true;
            let at = if group.whole {
                0
            } else {
                key.clear();
                let mut keys = Vec::with_capacity(group.keys.len());
                for (expr, nocase) in &group.keys {
                    let value = expr.eval(row, env)?;
                    push(&mut key, &value, *nocase);
                    keys.push(value);
                }
                match groups.get(&key) {
                    Some(at) => *at,
                    None => {
                        groups.insert(key.clone(), states.len());
                        states.push(new_state(group, keys));
                        states.len() - 1
                    }
                }
            };
            let state = &mut states[at];
            let mut moved = false;
            for (n, (call, state)) in group.calls.iter().zip(&mut state.calls).enumerate() {
                let changed = add(call, state, row, env, &mut arguments)?;
                moved |= changed && extremes == [n];
            }
            if !group.bare.is_empty() && (state.bare.is_empty() || moved) {
                state.bare = group.bare.iter().map(|expr| expr.eval(row, env)).collect::<Result<Vec<Value>>>()?;
            }
            *torn = false;
        }
        Ok(())
    }

    fn finish(&self, mut states: Vec<State>) -> Result<Vec<Row>> {
        let nocase: Vec<bool> = self.group.keys.iter().map(|(_, nocase)| *nocase).collect();
        crate::sort::sort_by(&mut states, |a, b| {
            let mut orders = a.keys.iter().zip(&b.keys).zip(&nocase).map(|((a, b), nocase)| a.compare(b, *nocase));
            orders.find(|order| *order != Ordering::Equal).unwrap_or(Ordering::Equal)
        });
        let mut rows = Vec::with_capacity(states.len());
        for State { keys, calls, mut bare } in states {
            let mut row = keys;
            for (call, state) in self.group.calls.iter().zip(calls) {
                row.push(finish(call, state)?);
            }
            bare.resize(self.group.bare.len(), Value::Null);
            row.append(&mut bare);
            rows.push(row);
        }
        Ok(rows)
    }
}

fn new_state(group: &plan::Group, keys: Vec<Value>) -> State {
    let calls = group.calls.iter().map(|call| Call {
        accumulator: Accumulator::new(call.aggregate, call.nocase),
        seen: call.distinct.then(HashSet::new),
        waiting: Vec::new(),
    });
    State { keys, calls: calls.collect(), bare: Vec::new() }
}

fn is_extreme(call: &AggregateCall) -> bool { matches!(call.aggregate, Aggregate::Min | Aggregate::Max) }

/// `true`: the call's MIN or MAX moved to this row.
fn add(call: &AggregateCall, state: &mut Call, row: &Row, env: &Env, arguments: &mut Vec<Value>) -> Result<bool> {
    if let Some(filter) = &call.filter {
        if filter.truth(row, env)? != Some(true) {
            return Ok(false);
        }
    }
    arguments.clear();
    for argument in &call.arguments {
        arguments.push(argument.eval(row, env)?);
    }
    if let (Some(seen), Some(value)) = (&mut state.seen, arguments.first()) {
        let mut key = Vec::with_capacity(12);
        push(&mut key, value, call.nocase);
        if !seen.insert(key) {
            return Ok(false);
        }
    }
    if !call.order.is_empty() {
        let keys = call.order.iter().map(|(expr, _)| expr.eval(row, env)).collect::<Result<Vec<Value>>>()?;
        state.waiting.push((keys, arguments.clone()));
        return Ok(false);
    }
    state.accumulator.add(arguments)
}

fn finish(call: &AggregateCall, mut state: Call) -> Result<Value> {
    crate::sort::sort_by(&mut state.waiting, |(a, _), (b, _)| {
        let mut orders = call.order.iter().zip(a.iter().zip(b)).map(|((_, descending), (a, b))| {
            let order = a.compare(b, false);
            if *descending { order.reverse() } else { order }
        });
        orders.find(|order| *order != Ordering::Equal).unwrap_or(Ordering::Equal)
    });
    for (_, arguments) in &state.waiting {
        state.accumulator.add(arguments)?;
    }
    state.accumulator.finish()
}

/// COUNT(*) of a whole table, from its subtree counts.
fn counted(group: &plan::Group, env: &Env) -> Result<Row> {
    let Node::Scan(scan) = &group.input else { return Err(crate::Error::internal("counts of no table")) };
    let table = scan.source.table(&env.cx)?;
    let count = table.rows.count(&*env.cx.store, &KeyRange::all())?;
    Ok(vec![Value::Int(i64::try_from(count).unwrap_or(i64::MAX)); group.calls.len()])
}

impl Operator for Group<'_> {
    fn next(&mut self, row: &mut Row) -> Result<bool> {
        if let Some(mut input) = self.input.take() {
            if let Err(error) = self.read(&mut *input) {
                self.input = Some(input);
                return Err(error);
            }
            let states = std::mem::take(&mut self.fold.states);
            self.done = self.finish(states)?.into_iter();
        }
        match self.done.next() {
            Some(next) => {
                *row = next;
                Ok(true)
            }
            None => Ok(false),
        }
    }

    fn park(&mut self) -> Option<Parked> {
        if self.fold.torn {
            return None;
        }
        Some(Box::new((self.input.as_mut()?.park()?, std::mem::take(&mut self.fold))))
    }

    fn resume(&mut self, state: Parked) -> Result<()> {
        let input;
        (input, self.fold) = parked(state)?;
        self.input.as_mut().map_or(Ok(()), |reader| reader.resume(input))
    }
}
