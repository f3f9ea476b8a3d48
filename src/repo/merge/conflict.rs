//! A conflict is a value: the row on each side, stored in a map from row key to these.

use bytes::Bytes;

use super::super::row_codec::split_keyless;
use super::super::wire::{Reader, Writer};
use crate::chunk::ChunkStore;
use crate::error::{Error, Result};
use crate::hash::Address;
use crate::prolly::{Blob, MAX_VALUE};
use crate::tuple::{read_large, Cells};

/// Entries of the rows map in the layout of the merged schema; `None`: no row on that side.
/// The working root holds `ours` until the conflict is resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Of a table without a primary key: entries begin with their counts.
    pub keyless: bool,
    pub base: Option<Bytes>,
    pub ours: Option<Bytes>,
    pub theirs: Option<Bytes>,
}

const ABSENT: u8 = 0;
const INLINE: u8 = 1;
const MOVED_OUT: u8 = 2;

impl Conflict {
    fn sides(&self) -> [&Option<Bytes>; 3] { [&self.base, &self.ours, &self.theirs] }

    /// Rows stand inline while they fit a map's value together; otherwise all of them move out, and the addresses of
    /// their large values stand beside, so that a walk need not read the rows.
    pub(crate) fn encode(&self, store: &dyn ChunkStore) -> Result<Bytes> {
        let size = 1 + self.sides().iter().map(|side| 3 + side.as_ref().map_or(0, Bytes::len)).sum::<usize>();
        let mut w = Writer::default();
        w.bool(self.keyless);
        for side in self.sides() {
            match side {
                None => w.u8(ABSENT),
                Some(row) if size <= MAX_VALUE => {
                    w.u8(INLINE);
                    w.bytes(row);
                }
                Some(row) => {
                    let blob = Blob::write(store, row)?;
                    w.u8(MOVED_OUT);
                    w.address(&blob.root);
                    w.u64(blob.len);
                    let large = large_values(row, self.keyless)?;
                    w.count(large.len());
                    large.iter().for_each(|address| w.address(address));
                }
            }
        }
        Ok(w.0.into())
    }

    pub fn decode(store: &dyn ChunkStore, bytes: &[u8]) -> Result<Conflict> {
        let mut sides = [None, None, None];
        let mut r = Reader::new(bytes, "conflict");
        let keyless = r.bool()?;
        for side in &mut sides {
            *side = match read_side(&mut r)? {
                Side::Absent => None,
                Side::Inline(row) => Some(Bytes::copy_from_slice(row)),
                Side::MovedOut(blob, _) => Some(blob.read(store)?),
            };
        }
        r.end()?;
        let [base, ours, theirs] = sides;
        Ok(Conflict { keyless, base, ours, theirs })
    }

    /// Moved-out rows and large values: what a walk of everything reachable follows.
    pub(crate) fn points_to(bytes: &[u8]) -> Result<Vec<Address>> {
        let mut r = Reader::new(bytes, "conflict");
        let keyless = r.bool()?;
        let mut found = Vec::new();
        for _ in 0..3 {
            match read_side(&mut r)? {
                Side::Absent => {}
                Side::Inline(row) => found.extend(large_values(row, keyless)?),
                Side::MovedOut(blob, large) => {
                    found.push(blob.root);
                    found.extend(large);
                }
            }
        }
        Ok(found)
    }
}

fn large_values(entry: &[u8], keyless: bool) -> Result<Vec<Address>> {
    let row = if keyless { split_keyless(entry)?.1 } else { entry };
    let cells = Cells::new(row)?;
    let mut found = Vec::new();
    for index in 0..cells.len() {
        found.extend(cells.slice(index)?.and_then(read_large).map(|blob| blob.root));
    }
    Ok(found)
}

enum Side<'a> { Absent, Inline(&'a [u8]), MovedOut(Blob, Vec<Address>) }

fn read_side<'a>(r: &mut Reader<'a>) -> Result<Side<'a>> {
    match r.u8()? {
        ABSENT => Ok(Side::Absent),
        INLINE => r.bytes().map(Side::Inline),
        MOVED_OUT => {
            let blob = Blob { root: r.address()?, len: r.u64()? };
            Ok(Side::MovedOut(blob, r.list(|r| r.address())?))
        }
        tag => Err(Error::corrupt(format!("conflict: unknown form {tag} of a row"))),
    }
}
