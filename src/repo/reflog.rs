//! Reflogs: where each branch stood. The record `reflog/⟨branch⟩` holds the next number and the root of a map from
//! the number (big-endian) to a move.

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

/// Next number and map of a record.
pub(crate) fn parse_record(record: &[u8]) -> Result<(u64, Map)> {
    let mut r = Reader::new(record, "reflog record");
    let parsed = (r.u64()?, Map::from_root(r.address()?));
    r.end()?;
    Ok(parsed)
}

pub(crate) fn record(next: u64, map: Map) -> Bytes {
    let mut w = Writer::default();
    w.u64(next);
    w.address(&map.root());
    w.0.into()
}

impl Change<'_> {
    /// A longer action is cut, so that an entry stays small.
    pub(crate) fn log_move(&mut self, branch: &str, old: Option<Address>, new: Option<Address>, action: &str) -> Result<()> {
        let name = format!("{REFLOG}{branch}");
        let (next, map) = self.record(&name).map_or(Ok((0, Map::EMPTY)), |record| parse_record(&record))?;
        let first_line = action.lines().next().unwrap_or_default();
        let cut = first_line.char_indices().nth(200).map_or(first_line, |(at, _)| &first_line[..at]);
        let entry = Move { old, new, date_ms: self.now_ms, action: cut.into() };
        let key = Bytes::copy_from_slice(&next.to_be_bytes());
        let map = map.apply(self.chunks(), &mut std::iter::once((key, Some(entry.encode()))))?;
        self.set(&name, Some(record(next + 1, map)));
        Ok(())
    }
}

/// A branch's moves, newest first. Retry-safe.
pub struct Reflog { cursor: Option<Cursor> }

impl Reflog {
    pub fn open(refs: &dyn Refs, store: &Store, branch: &str) -> Result<Reflog> {
        let Some(record) = refs.record(&format!("{REFLOG}{branch}")) else { return Ok(Reflog { cursor: None }) };
        let (_, map) = parse_record(&record)?;
        Ok(Reflog { cursor: Some(map.cursor(store, KeyRange::all(), true)) })
    }

    pub fn next(&mut self) -> Result<Option<Move>> {
        let Some(cursor) = &mut self.cursor else { return Ok(None) };
        cursor.next()?.map(|(_, value)| Move::decode(&value)).transpose()
    }
}

/// A map without the moves that are older than `since_ms`.
pub(crate) fn trim(store: &Store, map: Map, since_ms: i64) -> Result<Map> {
    let mut cursor = map.cursor(store, KeyRange::all(), false);
    let mut old = Vec::new();
    while let Some((key, value)) = cursor.next()? {
        if Move::decode(&value)?.date_ms >= since_ms {
            break;
        }
        old.push((key, None));
    }
    map.apply(&**store, &mut old.into_iter())
}
