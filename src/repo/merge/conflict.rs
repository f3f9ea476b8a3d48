//! A conflict is a value: the row on each side, stored in a map from row key to these.

use bytes::Bytes;

use super::super::wire::{Reader, Writer};
use crate::chunk::ChunkStore;
use crate::error::{Error, Result};
use crate::prolly::{Blob, MAX_VALUE};

/// Entries of the rows map in the layout of the merged schema; `None`: no row on that side.
/// The working root holds `ours` until the conflict is resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict { pub base: Option<Bytes>, pub ours: Option<Bytes>, pub theirs: Option<Bytes> }

const ABSENT: u8 = 0;
const INLINE: u8 = 1;
const MOVED_OUT: u8 = 2;

impl Conflict {
    fn sides(&self) -> [&Option<Bytes>; 3] { [&self.base, &self.ours, &self.theirs] }

    /// Rows stand inline while they fit a map's value together; otherwise all of them move out.
    pub(crate) fn encode(&self, store: &dyn ChunkStore) -> Result<Bytes> {
        let size: usize = self.sides().iter().map(|side| 3 + side.as_ref().map_or(0, Bytes::len)).sum();
        let mut w = Writer::default();
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
                }
            }
        }
        Ok(w.0.into())
    }

    pub fn decode(store: &dyn ChunkStore, bytes: &[u8]) -> Result<Conflict> {
        let mut sides = [None, None, None];
        let mut r = Reader::new(bytes, "conflict");
        for side in &mut sides {
            *side = match read_side(&mut r)? {
                Side::Absent => None,
                Side::Inline(row) => Some(Bytes::copy_from_slice(row)),
                Side::MovedOut(blob) => Some(blob.read(store)?),
            };
        }
        r.end()?;
        let [base, ours, theirs] = sides;
        Ok(Conflict { base, ours, theirs })
    }

    /// Moved-out rows of an encoded conflict: what a walk of everything reachable follows.
    pub(crate) fn blobs(bytes: &[u8]) -> Result<Vec<Blob>> {
        let mut r = Reader::new(bytes, "conflict");
        let mut blobs = Vec::new();
        for _ in 0..3 {
            if let Side::MovedOut(blob) = read_side(&mut r)? {
                blobs.push(blob);
            }
        }
        Ok(blobs)
    }
}

enum Side<'a> { Absent, Inline(&'a [u8]), MovedOut(Blob) }

fn read_side<'a>(r: &mut Reader<'a>) -> Result<Side<'a>> {
    match r.u8()? {
        ABSENT => Ok(Side::Absent),
        INLINE => r.bytes().map(Side::Inline),
        MOVED_OUT => Ok(Side::MovedOut(Blob { root: r.address()?, len: r.u64()? })),
        tag => Err(Error::corrupt(format!("conflict: unknown form {tag} of a row"))),
    }
}
