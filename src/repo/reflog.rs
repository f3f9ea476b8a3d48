//! Reflogs: where each branch stood. The record `reflog/⟨branch⟩` holds the next number, the newest moves, and the
//! root of a map from a move's number (big-endian) to the others. The map grows once in [`INLINE`] moves, so that a
//! commit does not write a path of it each time.

use std::rc::Rc;

use bytes::Bytes;

use super::refs::REFLOG;
use super::wire::{Reader, Writer};
use super::{Change, Refs};
use crate::chunk::Store;
use crate::error::Result;
use crate::hash::Address;
use crate::prolly::{Cursor, KeyRange, Map};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    pub old: Option<Address>,
    /// `None`: the branch was deleted.
    pub new: Option<Address>,
    pub date_ms: i64,
    pub action: Rc<str>,
}

impl Move {
    fn encode(&self) -> Bytes {
        let mut w = Writer::default();
        w.option(self.old.as_ref(), Writer::address);
        w.option(self.new.as_ref(), Writer::address);
        w.i64(self.date_ms);
        w.str(&self.action);
        w.0.into()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Move> {
        let mut r = Reader::new(bytes, "reflog");
        let entry = Move {
            old: r.option(|r| r.address())?,
            new: r.option(|r| r.address())?,
            date_ms: r.i64()?,
            action: r.str()?.into(),
        };
        r.end()?;
        Ok(entry)
    }
}

/// Moves that stand in the record itself. Format, not tuning.
const INLINE: usize = 8;

/// What a record holds.
pub(crate) struct Record {
    /// Number of the next move.
    next: u64,
    pub map: Map,
    /// The newest moves, oldest first; the last one's number is `next - 1`.
    pub newest: Vec<Move>,
}

impl Record {
    fn empty() -> Self { Record { next: 0, map: Map::EMPTY, newest: Vec::new() } }

    pub fn decode(record: &[u8]) -> Result<Record> {
        let mut r = Reader::new(record, "reflog record");
        let (next, map) = (r.u64()?, Map::from_root(r.address()?));
        let newest = r.list(|r| Move::decode(r.bytes()?))?;
        r.end()?;
        if newest.len() as u64 > next {
            return Err(r.wrong("more moves than were made"));
        }
        Ok(Record { next, map, newest })
    }

    pub fn encode(&self) -> Bytes {
        let mut w = Writer::default();
        w.u64(self.next);
        w.address(&self.map.root());
        w.count(self.newest.len());
        self.newest.iter().for_each(|entry| w.bytes(&entry.encode()));
        w.0.into()
    }
}

impl Change<'_> {
    /// A longer action is cut, so that an entry stays small.
    pub(crate) fn log_move(&mut self, branch: &str, old: Option<Address>, new: Option<Address>, action: &str) -> Result<()> {
        let name = format!("{REFLOG}{branch}");
        let mut record = self.record(&name).map_or(Ok(Record::empty()), |record| Record::decode(&record))?;
        let first_line = action.lines().next().unwrap_or_default();
        let cut = first_line.char_indices().nth(200).map_or(first_line, |(at, _)| &first_line[..at]);
        let entry = Move { old, new, date_ms: self.now_ms, action: cut.into() };
        if record.newest.len() == INLINE {
            let first = record.next - INLINE as u64;
            let moves = std::mem::take(&mut record.newest);
            let mut edits = moves.iter().zip(first..).map(|(entry, number)| {
                (Bytes::copy_from_slice(&number.to_be_bytes()), Some(entry.encode()))
            });
            record.map = record.map.apply(self.chunks(), &mut edits)?;
        }
        record.newest.push(entry);
        record.next += 1;
        self.set(&name, Some(record.encode()));
        Ok(())
    }
}

/// A branch's moves, newest first. Retry-safe.
pub struct Reflog { newest: Vec<Move>, cursor: Option<Cursor> }

impl Reflog {
    pub fn open(refs: &dyn Refs, store: &Store, branch: &str) -> Result<Reflog> {
        let Some(record) = refs.record(&format!("{REFLOG}{branch}")) else {
            return Ok(Reflog { newest: Vec::new(), cursor: None });
        };
        let record = Record::decode(&record)?;
        Ok(Reflog { newest: record.newest, cursor: Some(record.map.cursor(store, KeyRange::all(), true)) })
    }

    pub fn next(&mut self) -> Result<Option<Move>> {
        if let Some(newest) = self.newest.pop() {
            return Ok(Some(newest));
        }
        let Some(cursor) = &mut self.cursor else { return Ok(None) };
        cursor.next()?.map(|(_, value)| Move::decode(&value)).transpose()
    }
}

/// A record without the moves that are older than `since_ms`; `None` when it has none.
pub(crate) fn trim(store: &Store, record: &[u8], since_ms: i64) -> Result<Option<Bytes>> {
    let mut record = Record::decode(record)?;
    let mut cursor = record.map.cursor(store, KeyRange::all(), false);
    let mut old = Vec::new();
    while let Some((key, value)) = cursor.next()? {
        if Move::decode(&value)?.date_ms >= since_ms {
            break;
        }
        old.push((key, None));
    }
    let kept = record.newest.len();
    record.newest.retain(|entry| entry.date_ms >= since_ms);
    if old.is_empty() && kept == record.newest.len() {
        return Ok(None);
    }
    record.map = record.map.apply(&**store, &mut old.into_iter())?;
    Ok(Some(record.encode()))
}
