//! Window functions over rows that come sorted by partition and order.
//!
//! A row is answered as soon as the rows that its frames reach have been read, and rows that no later frame can reach
//! are forgotten: a running sum holds two rows, a moving one its frame, RANK one group of peers. Only what asks for the
//! whole partition (NTILE, PERCENT_RANK, UNBOUNDED FOLLOWING) holds it.

use std::cmp::Ordering;
use std::collections::VecDeque;

use super::{open, Operator, Row};
use crate::error::{Code, Error, Result};
use crate::sql::eval::aggregates::Accumulator;
use crate::sql::eval::{arithmetic, convert, Arithmetic, Env, Expr};
use crate::sql::plan::{self, FrameUnit, SortKey, WindowCall, WindowFunction};
use crate::tuple::Value;

pub struct WindowRows<'p> {
    window: &'p plan::Window,
    input: Box<dyn Operator + 'p>,
    partition: Partition,
    calls: Vec<Call<'p>>,
    /// The row to be answered next, by its number in the partition.
    at: usize,
    /// The first row of the next partition.
    next: Option<Row>,
    ended: bool,
}

/// The partition at hand, as far as it was read and is still needed.
struct Partition {
    /// From row number `first` on; each with the number of its group of peers.
    rows: VecDeque<(Row, usize)>,
    first: usize,
    /// Whether the last row was read.
    whole: bool,
}

impl Partition {
    fn count(&self) -> usize { self.first + self.rows.len() }
    fn row(&self, at: usize) -> &Row { &self.rows[at - self.first].0 }
    fn group(&self, at: usize) -> usize { self.rows[at - self.first].1 }
}

/// An edge of a frame, its offset computed. `Range`: how far, and whether towards the partition's start.
enum Edge { Unbounded, Rows(i64), Groups(i64), Range(Value, bool) }

struct Call<'p> {
    call: &'p WindowCall,
    from: Edge,
    to: Edge,
    /// The frame of the last row that was answered; it only moves forwards.
    start: usize,
    end: usize,
    /// What the rows `low..high` fold into.
    fold: Option<Accumulator>,
    low: usize,
    high: usize,
    /// The answer for the frame `start..end`, if it was asked already.
    known: Option<(usize, usize, Value)>,
    /// The first row of the peers of the last row.
    group: (usize, usize),
}

impl<'p> WindowRows<'p> {
    pub fn open(window: &'p plan::Window, env: &'p Env) -> Result<Self> {
        let calls = window.calls.iter().map(|call| Call::open(call, env)).collect::<Result<_>>()?;
        let partition = Partition { rows: VecDeque::new(), first: 0, whole: false };
        Ok(WindowRows { window, input: open(&window.input, env)?, partition, calls, at: 0, next: None, ended: false })
    }

    /// Reads one more row, or finds that there is none in this partition.
    fn read(&mut self) -> Result<()> {
        let mut row = Row::new();
        if !self.input.next(&mut row)? {
            self.ended = true;
            self.partition.whole = true;
            return Ok(());
        }
        let Some((last, group)) = self.partition.rows.back() else {
            self.partition.rows.push_back((row, 0));
            return Ok(());
        };
        let differs = |cell: usize, nocase: bool| row[cell].compare(&last[cell], nocase) != Ordering::Equal;
        if self.window.partition.iter().any(|(cell, nocase)| differs(*cell, *nocase)) {
            self.partition.whole = true;
            self.next = Some(row);
            return Ok(());
        }
        let group = group + usize::from(self.window.order.iter().any(|key| differs(key.cell, key.nocase)));
        self.partition.rows.push_back((row, group));
        Ok(())
    }

    fn begin(&mut self) {
        self.partition.rows.clear();
        self.partition.rows.extend(self.next.take().map(|row| (row, 0)));
        self.partition.first = 0;
        self.partition.whole = false;
        self.at = 0;
        self.calls.iter_mut().for_each(Call::reset);
    }

    /// The answers of row `at`; `None`: more rows have to be read first.
    fn answers(&mut self) -> Result<Option<Vec<Value>>> {
        let mut values = Vec::with_capacity(self.calls.len());
        for call in &mut self.calls {
            match call.answer(&self.partition, self.at, &self.window.order)? {
                Some(value) => values.push(value),
                None => return Ok(None),
            }
        }
        Ok(Some(values))
    }

    /// The row `at` leaves; those before it that no frame reaches any more are forgotten, the last one never.
    fn take_row(&mut self) -> Row {
        let at = self.at;
        self.at += 1;
        let partition = &mut self.partition;
        let needed = self.calls.iter().map(|call| call.needs(at)).min().unwrap_or(self.at).min(self.at).min(partition.count() - 1);
        let mut row = None;
        while partition.first < needed {
            let gone = partition.rows.pop_front();
            if partition.first == at {
                row = gone.map(|(row, _)| row);
            }
            partition.first += 1;
        }
        row.unwrap_or_else(|| partition.row(at).clone())
    }
}

impl Operator for WindowRows<'_> {
    fn next(&mut self, row: &mut Row) -> Result<bool> {
        loop {
            if self.at == self.partition.count() && self.partition.whole {
                if self.ended {
                    return Ok(false);
                }
                self.begin();
            }
            if self.at < self.partition.count() {
                if let Some(values) = self.answers()? {
                    *row = self.take_row();
                    row.extend(values);
                    return Ok(true);
                }
            }
            self.read()?;
        }
    }
}

impl<'p> Call<'p> {
    fn open(call: &'p WindowCall, env: &Env) -> Result<Self> {
        let edge = |edge: &plan::Edge| -> Result<Edge> {
            let (expr, back) = match edge {
                plan::Edge::Unbounded => return Ok(Edge::Unbounded),
                plan::Edge::Current if call.frame.unit == FrameUnit::Rows => return Ok(Edge::Rows(0)),
                plan::Edge::Current => return Ok(Edge::Groups(0)),
                plan::Edge::Preceding(expr) => (expr, true),
                plan::Edge::Following(expr) => (expr, false),
            };
            offset(call.frame.unit, expr, back, env)
        };
        let (from, to) = (edge(&call.frame.start)?, edge(&call.frame.end)?);
        Ok(Call { call, from, to, start: 0, end: 0, fold: None, low: 0, high: 0, known: None, group: (0, 0) })
    }

    fn reset(&mut self) {
        (self.start, self.end, self.low, self.high, self.group) = (0, 0, 0, 0, (0, 0));
        self.fold = None;
        self.known = None;
    }

    /// The first row that it may look at again after row `at` was answered.
    fn needs(&self, at: usize) -> usize {
        let is_fixed = matches!(self.from, Edge::Unbounded);
        let held = match self.call.function {
            WindowFunction::Lag => return self.call.reach.map_or(0, |reach| (at + 1).saturating_sub(reach)),
            WindowFunction::Lead if self.call.reach.is_none() => return 0,
            WindowFunction::Aggregate(_) if is_fixed => self.high,
            WindowFunction::Aggregate(_) | WindowFunction::NthValue => self.start,
            WindowFunction::FirstValue => match &self.known {
                Some((start, end, _)) if is_fixed && start < end => usize::MAX,
                _ => self.start,
            },
            WindowFunction::LastValue => self.end.saturating_sub(1),
            _ => return usize::MAX,
        };
        let edge = |edge: &Edge, at: usize| if matches!(edge, Edge::Groups(_) | Edge::Range(..)) { at } else { usize::MAX };
        held.min(edge(&self.from, self.start)).min(edge(&self.to, self.end))
    }

    fn answer(&mut self, rows: &Partition, at: usize, order: &[SortKey]) -> Result<Option<Value>> {
        let argument = |n: usize, at: usize| self.call.arguments.get(n).map(|cell| &rows.row(at)[*cell]);
        let number = |value: usize| Value::Int(value as i64);
        let whole = rows.whole.then_some(rows.count());
        Ok(Some(match self.call.function {
            WindowFunction::RowNumber => number(at + 1),
            WindowFunction::Rank => number(self.first_peer(rows, at) + 1),
            WindowFunction::DenseRank => number(rows.group(at) + 1),
            WindowFunction::PercentRank => match whole {
                None => return Ok(None),
                Some(1) => Value::Real(0.0),
                Some(count) => Value::Real(self.first_peer(rows, at) as f64 / (count - 1) as f64),
            },
            WindowFunction::CumeDist => {
                let Some(count) = whole else { return Ok(None) };
                self.end = self.end.max(at);
                while self.end < count && rows.group(self.end) == rows.group(at) {
                    self.end += 1;
                }
                Value::Real(self.end as f64 / count as f64)
            }
            WindowFunction::Ntile => match whole {
                None => return Ok(None),
                Some(count) => number(tile(at, count, positive(argument(0, at), "ntile()")?)),
            },
            WindowFunction::Lag | WindowFunction::Lead => {
                let by = match argument(1, at) {
                    None => 1,
                    Some(value) => convert::to_int(value).filter(|_| !value.is_null()).unwrap_or(0),
                };
                let by = if self.call.function == WindowFunction::Lag { by.saturating_neg() } else { by };
                let place = i64::try_from(at).unwrap_or(i64::MAX).saturating_add(by);
                match usize::try_from(place) {
                    Ok(place) if place < rows.count() => argument(0, place).cloned().unwrap_or_default(),
                    Ok(_) if !rows.whole => return Ok(None),
                    _ => argument(2, at).cloned().unwrap_or_default(),
                }
            }
            _ => {
                if !self.frame(rows, at, order) {
                    return Ok(None);
                }
                match &self.known {
                    Some((start, end, value)) if self.is_known(*start, *end) => value.clone(),
                    _ => {
                        let value = self.over_frame(rows, at)?;
                        self.known = Some((self.start, self.end, value.clone()));
                        value
                    }
                }
            }
        }))
    }

    /// Whether an answer for the frame `start..end` is that of the frame now.
    fn is_known(&self, start: usize, end: usize) -> bool {
        match self.call.function {
            // The argument may differ from row to row.
            WindowFunction::NthValue => false,
            WindowFunction::FirstValue => start == self.start && start < end && self.start < self.end,
            _ => (start, end) == (self.start, self.end),
        }
    }

    fn first_peer(&mut self, rows: &Partition, at: usize) -> usize {
        let group = rows.group(at);
        if group != self.group.0 {
            self.group = (group, at);
        }
        self.group.1
    }

    /// Moves the frame to row `at`; `false`: more rows have to be read first.
    fn frame(&mut self, rows: &Partition, at: usize, order: &[SortKey]) -> bool {
        let count = rows.count();
        let start = match &self.from {
            Edge::Unbounded => Some(0),
            edge => advance(edge, rows, self.start, at, order, false),
        };
        let end = match &self.to {
            Edge::Unbounded => rows.whole.then_some(count),
            edge => advance(edge, rows, self.end, at, order, true),
        };
        match (start, end) {
            (Some(start), Some(end)) => {
                (self.start, self.end) = (start, end);
                true
            }
            _ => false,
        }
    }

    fn over_frame(&mut self, rows: &Partition, at: usize) -> Result<Value> {
        let (start, end) = (self.start, self.end);
        let value = |at: usize| self.call.arguments.first().map_or(Value::Null, |cell| rows.row(at)[*cell].clone());
        Ok(match self.call.function {
            WindowFunction::Aggregate(aggregate) => {
                if start >= end {
                    return Accumulator::new(aggregate, self.call.nocase).finish();
                }
                self.fold_to(rows)?;
                match &self.fold {
                    Some(fold) => fold.clone().finish()?,
                    None => Accumulator::new(aggregate, self.call.nocase).finish()?,
                }
            }
            _ if start >= end => Value::Null,
            WindowFunction::FirstValue => value(start),
            WindowFunction::LastValue => value(end - 1),
            _ => {
                let place = self.call.arguments.get(1).map(|cell| &rows.row(at)[*cell]);
                let place = start.saturating_add(positive(place, "nth_value()")? - 1);
                if place < end { value(place) } else { Value::Null }
            }
        })
    }

    /// Makes the fold that of `start..end`: what left the frame is taken out where that can be done.
    fn fold_to(&mut self, rows: &Partition) -> Result<()> {
        let WindowFunction::Aggregate(aggregate) = self.call.function else { return Ok(()) };
        let mut arguments = Vec::with_capacity(self.call.arguments.len());
        let mut load = |at: usize| -> Option<Vec<Value>> {
            let row = rows.row(at);
            let passes = self.call.filter.is_none_or(|cell| convert::truth(&row[cell]) == Some(true));
            arguments.clear();
            arguments.extend(self.call.arguments.iter().map(|cell| row[*cell].clone()));
            passes.then(|| arguments.clone())
        };
        let mut keeps = self.fold.is_some() && self.start < self.high;
        if let (true, Some(fold)) = (keeps, &mut self.fold) {
            for at in self.low..self.start {
                keeps = keeps && load(at).is_none_or(|arguments| fold.remove(&arguments));
            }
        }
        if !keeps {
            self.fold = Some(Accumulator::new(aggregate, self.call.nocase));
            self.high = self.start;
        }
        self.low = self.start;
        if let Some(fold) = &mut self.fold {
            for at in self.high..self.end {
                if let Some(arguments) = load(at) {
                    fold.add(&arguments)?;
                }
            }
        }
        self.high = self.end;
        Ok(())
    }
}

/// The frame's start (`past` false) or end (`past` true) for row `at`, from where it was; `None`: not read so far.
fn advance(edge: &Edge, rows: &Partition, from: usize, at: usize, order: &[SortKey], past: bool) -> Option<usize> {
    let count = rows.count();
    if let Edge::Rows(by) = edge {
        let place = i64::try_from(at).unwrap_or(i64::MAX).saturating_add(*by).saturating_add(i64::from(past));
        let place = usize::try_from(place).unwrap_or(0);
        return (place <= count || rows.whole).then_some(place.min(count));
    }
    // What the edge is compared with: a group's number, or a key.
    let limit = match edge {
        Edge::Range(by, back) => order.first().map(|key| (key, shifted(&rows.row(at)[key.cell], by, *back != key.descending))),
        _ => None,
    };
    let reaches = |place: usize| {
        let side = match (edge, &limit) {
            (Edge::Groups(by), _) => (rows.group(place) as i64).cmp(&(rows.group(at) as i64).saturating_add(*by)),
            (_, Some((key, limit))) => key.compare(&rows.row(place)[key.cell], limit),
            _ => Ordering::Equal,
        };
        if past { side != Ordering::Greater } else { side == Ordering::Less }
    };
    let mut place = from;
    while place < count && reaches(place) {
        place += 1;
    }
    (place < count || rows.whole).then_some(place)
}

/// A key moved by an offset; what is no number stays, so that its frame is its peers.
fn shifted(key: &Value, by: &Value, down: bool) -> Value {
    match key {
        Value::Int(_) | Value::Real(_) | Value::Decimal(_) => {
            arithmetic(if down { Arithmetic::Subtract } else { Arithmetic::Add }, key, by)
        }
        other => other.clone(),
    }
}

fn offset(unit: FrameUnit, expr: &Expr, back: bool, env: &Env) -> Result<Edge> {
    let value = expr.eval(&[], env)?;
    let wrong = |what: &str| {
        let side = if back { "PRECEDING" } else { "FOLLOWING" };
        Error::new(Code::BadArgument, format!("the offset before {side} must be a non-negative {what}"))
    };
    if unit == FrameUnit::Range {
        let number = match &value {
            Value::Int(_) | Value::Real(_) | Value::Decimal(_) => value.compare(&Value::Int(0), false) != Ordering::Less,
            _ => false,
        };
        return if number { Ok(Edge::Range(value, back)) } else { Err(wrong("number")) };
    }
    let Value::Int(rows @ 0..) = value else { return Err(wrong("integer")) };
    let by = if back { -rows } else { rows };
    Ok(if unit == FrameUnit::Rows { Edge::Rows(by) } else { Edge::Groups(by) })
}

fn positive(value: Option<&Value>, function: &str) -> Result<usize> {
    let number = value.filter(|value| !matches!(value, Value::Text(_) | Value::Blob(_) | Value::Null)).and_then(convert::to_int);
    match number.map(usize::try_from) {
        Some(Ok(number @ 1..)) => Ok(number),
        _ => Err(Error::new(Code::BadArgument, format!("{function} takes a positive integer"))),
    }
}

/// NTILE: the first `count % tiles` tiles have one row more.
fn tile(at: usize, count: usize, tiles: usize) -> usize {
    let (size, larger) = (count / tiles, count % tiles);
    let in_larger = larger * (size + 1);
    if at < in_larger { at / (size + 1) + 1 } else { larger + (at - in_larger) / size + 1 }
}
