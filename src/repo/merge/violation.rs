//! A violation is a value: which row of the merged table breaks which constraint.

use std::rc::Rc;

use bytes::Bytes;

use super::super::wire::{Reader, Writer};
use crate::chunk::ChunkStore;
use crate::error::Result;
use crate::prolly::Blob;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum ViolationKind { ForeignKey = 1, Unique = 2, Check = 3, NotNull = 4 }

impl ViolationKind {
    pub fn as_str(self) -> &'static str {
        match self {
            ViolationKind::ForeignKey => "foreign key",
            ViolationKind::Unique => "unique index",
            ViolationKind::Check => "check constraint",
            ViolationKind::NotNull => "not null",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    pub kind: ViolationKind,
    /// Name of the constraint, or of the column that is NULL.
    pub constraint: Rc<str>,
    /// Key of the row in the table's rows map.
    pub row_key: Bytes,
}

const INLINE_KEY: usize = 1_024;

impl Violation {
    /// Kind, then a hash of constraint and row key: short whatever the key's length.
    pub(crate) fn key(&self) -> Bytes {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&(self.constraint.len() as u64).to_le_bytes()).update(self.constraint.as_bytes()).update(&self.row_key);
        let mut key = vec![self.kind as u8];
        key.extend_from_slice(&hasher.finalize().as_bytes()[..16]);
        key.into()
    }

    pub(crate) fn encode(&self, store: &dyn ChunkStore) -> Result<Bytes> {
        let mut w = Writer::default();
        w.u8(self.kind as u8);
        w.str(&self.constraint);
        if self.row_key.len() <= INLINE_KEY {
            w.bool(false);
            w.bytes(&self.row_key);
        } else {
            let blob = Blob::write(store, &self.row_key)?;
            w.bool(true);
            w.address(&blob.root);
            w.u64(blob.len);
        }
        Ok(w.0.into())
    }

    pub fn decode(store: &dyn ChunkStore, bytes: &[u8]) -> Result<Violation> {
        let mut r = Reader::new(bytes, "violation");
        let kinds = [ViolationKind::ForeignKey, ViolationKind::Unique, ViolationKind::Check, ViolationKind::NotNull];
        let byte = r.u8()?;
        let kind = kinds.into_iter().find(|kind| *kind as u8 == byte);
        let kind = kind.ok_or_else(|| r.wrong(&format!("unknown kind {byte}")))?;
        let constraint = r.str()?.into();
        let row_key = if r.bool()? {
            Blob { root: r.address()?, len: r.u64()? }.read(store)?
        } else {
            Bytes::copy_from_slice(r.bytes()?)
        };
        r.end()?;
        Ok(Violation { kind, constraint, row_key })
    }

    pub(crate) fn blob(bytes: &[u8]) -> Result<Option<Blob>> {
        let mut r = Reader::new(bytes, "violation");
        r.u8()?;
        r.str()?;
        Ok(if r.bool()? { Some(Blob { root: r.address()?, len: r.u64()? }) } else { None })
    }
}
