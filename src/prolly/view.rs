//! What a reader sees of a map under edit.

use std::collections::VecDeque;
use std::ops::Bound;
use std::rc::Rc;

use bytes::Bytes;

use super::layers::{find, merged, Layer};
use super::{Cursor, KeyRange, Map};
use crate::chunk::{ChunkStore, Store};
use crate::error::Result;

/// Edits that a cursor takes from the layers at a time.
const BATCH: usize = 128;

/// A map below layers that no longer change. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct MapView {
    base: Map,
    layers: Vec<Rc<Layer>>,
}

impl MapView {
    pub fn of(base: Map) -> Self {
        MapView {
            base,
            layers: Vec::new(),
        }
    }

    pub(super) fn with_layers(base: Map, layers: Vec<Rc<Layer>>) -> Self {
        MapView { base, layers }
    }

    pub fn base(&self) -> Map {
        self.base
    }

    /// Whether no edit lies above the base.
    pub fn is_clean(&self) -> bool {
        self.layers.is_empty()
    }

    pub fn get(&self, store: &dyn ChunkStore, key: &[u8]) -> Result<Option<Bytes>> {
        match find(self.layers.iter(), key) {
            Some(value) => Ok(value.clone()),
            None => self.base.get(store, key),
        }
    }

    /// Answers in the order of `keys`; those that no layer decides are looked up level by level.
    pub fn get_many(&self, store: &dyn ChunkStore, keys: &[Bytes]) -> Result<Vec<Option<Bytes>>> {
        if self.is_clean() {
            return self.base.get_many(store, keys);
        }
        let edited: Vec<Option<&Option<Bytes>>> = keys.iter().map(|key| find(self.layers.iter(), key)).collect();
        let undecided = keys.iter().zip(&edited).filter(|(_, edit)| edit.is_none());
        let asked: Vec<Bytes> = undecided.map(|(key, _)| key.clone()).collect();
        let mut found = self.base.get_many(store, &asked)?.into_iter();
        Ok(edited
            .into_iter()
            .map(|edit| match edit {
                Some(value) => value.clone(),
                None => found.next().flatten(),
            })
            .collect())
    }

    /// Entries in the range: the base's count, corrected by the edits inside.
    pub fn count(&self, store: &dyn ChunkStore, range: &KeyRange) -> Result<u64> {
        let base = self.base.count(store, range);
        if self.is_clean() {
            return base;
        }
        let edits: Vec<(&Bytes, bool)> = merged(self.layers.iter(), range, false)
            .map(|(key, value)| (key, value.is_some()))
            .collect();
        let keys: Vec<Bytes> = edits.iter().map(|(key, _)| (*key).clone()).collect();
        let before = self.base.get_many(store, &keys)?;
        let mut count = base?;
        for ((_, stays), before) in edits.iter().zip(before) {
            count = match (stays, before.is_some()) {
                (true, false) => count.saturating_add(1),
                (false, true) => count.saturating_sub(1),
                _ => count,
            };
        }
        Ok(count)
    }

    /// About how many entries the range has, for whoever plans: each edit counts as one more, and of many edits in a
    /// part of the map only the first are counted.
    pub fn estimate(&self, store: &dyn ChunkStore, range: &KeyRange) -> Result<u64> {
        let edits = self.layers.iter().map(|layer| layer.count(range, BATCH));
        Ok(self.base.count(store, range)?.saturating_add(edits.sum::<usize>() as u64))
    }

    pub fn cursor(&self, store: &Store, range: KeyRange, reverse: bool) -> ViewCursor {
        ViewCursor {
            store: store.clone(),
            view: self.clone(),
            base: self.base.cursor(store, range.clone(), reverse),
            exhausted: self.is_clean(),
            rest: range,
            reverse,
            edits: VecDeque::new(),
        }
    }
}

/// Merges the base's cursor with the layers. Retry-safe: nothing is consumed before the base has
/// answered.
#[derive(Clone)]
pub struct ViewCursor {
    store: Store,
    view: MapView,
    base: Cursor,
    /// What of the range was not yet taken from the layers.
    rest: KeyRange,
    reverse: bool,
    /// Edits taken from the layers that are still ahead.
    edits: VecDeque<(Bytes, Option<Bytes>)>,
    /// The layers have no edit beyond `edits`.
    exhausted: bool,
}

impl ViewCursor {
    /// The next entry; `None` at the end, and from then on.
    pub fn next(&mut self) -> Result<Option<(Bytes, Bytes)>> {
        loop {
            self.refill();
            let Some((edited, _)) = self.edits.front() else {
                return self.base.next();
            };
            let Some(key) = self.base.peek_key()? else {
                return self.next_edit();
            };
            if key != *edited {
                if (key > *edited) == self.reverse {
                    return self.base.next();
                }
            } else {
                self.base.next()?;
            }
            if let Some((key, Some(value))) = self.edits.pop_front() {
                return Ok(Some((key, value)));
            }
        }
    }

    /// The base is at its end: edits alone.
    fn next_edit(&mut self) -> Result<Option<(Bytes, Bytes)>> {
        loop {
            self.refill();
            match self.edits.pop_front() {
                None => return Ok(None),
                Some((key, Some(value))) => return Ok(Some((key, value))),
                Some((_, None)) => {}
            }
        }
    }

    /// Skips `n` entries: by the base's counts between the edits.
    pub fn skip(&mut self, n: u64) -> Result<()> {
        if self.exhausted && self.edits.is_empty() {
            return self.base.skip(n);
        }
        // All or nothing, since a caller repeats a call that faulted.
        let mut copy = self.clone();
        copy.skip_here(n)?;
        *self = copy;
        Ok(())
    }

    fn skip_here(&mut self, mut n: u64) -> Result<()> {
        while n > 0 {
            self.refill();
            let Some((edited, _)) = self.edits.front() else {
                return self.base.skip(n);
            };
            if let Some(key) = self.base.peek_key()? {
                let between = if self.reverse {
                    KeyRange {
                        start: Bound::Excluded(edited.clone()),
                        end: Bound::Included(key),
                    }
                } else {
                    KeyRange {
                        start: Bound::Included(key),
                        end: Bound::Excluded(edited.clone()),
                    }
                };
                let plain = self.view.base.count(&*self.store, &between)?.min(n);
                if plain > 0 {
                    self.base.skip(plain)?;
                    n -= plain;
                    continue;
                }
            }
            if self.next()?.is_none() {
                return Ok(());
            }
            n -= 1;
        }
        Ok(())
    }

    fn refill(&mut self) {
        if !self.edits.is_empty() || self.exhausted {
            return;
        }
        let edits = merged(self.view.layers.iter(), &self.rest, self.reverse);
        self.edits
            .extend(edits.take(BATCH).map(|(key, value)| (key.clone(), value.clone())));
        self.exhausted = self.edits.len() < BATCH;
        if let Some((last, _)) = self.edits.back() {
            let bound = Bound::Excluded(last.clone());
            *(if self.reverse {
                &mut self.rest.end
            } else {
                &mut self.rest.start
            }) = bound;
        }
    }
}
