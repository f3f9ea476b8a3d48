//! A chunk: immutable bytes that start with a kind and a format version.

use std::cell::{Cell, OnceCell};
use std::rc::Rc;

use bytes::Bytes;

use crate::error::{Code, Error, Result};
use crate::hash::Address;

/// The first byte of every chunk, so that a commit can never be read as a node. Format, not tuning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Node of a prolly map.
    Node = 1,
    /// Node of a blob tree.
    Blob = 2,
    Schema = 3,
    Root = 4,
    Commit = 5,
    WorkingSet = 6,
    Tag = 7,
}

impl Kind {
    pub fn from_byte(byte: u8) -> Option<Kind> {
        [
            Kind::Node,
            Kind::Blob,
            Kind::Schema,
            Kind::Root,
            Kind::Commit,
            Kind::WorkingSet,
            Kind::Tag,
        ]
        .into_iter()
        .find(|kind| *kind as u8 == byte)
    }
}

/// Immutable bytes, cheap to clone. `checked` remembers that the holder of this
/// residency has validated the inside, so that a node is validated once and not at each read.
#[derive(Clone, Debug)]
pub struct Chunk(Rc<Inner>);

#[derive(Debug)]
struct Inner {
    bytes: Bytes,
    checked: Cell<bool>,
    /// Hashed when it is first asked for.
    address: OnceCell<Address>,
}

impl Chunk {
    /// Format version, the second byte of every chunk.
    pub const VERSION: u8 = 1;
    pub const HEADER: usize = 2;
    /// No chunk is larger.
    pub const MAX: usize = 64 * 1024;

    pub fn new(bytes: impl Into<Bytes>) -> Self {
        Chunk(Rc::new(Inner {
            bytes: bytes.into(),
            checked: Cell::new(false),
            address: OnceCell::new(),
        }))
    }

    /// The header and `body`.
    pub fn build(kind: Kind, body: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(Self::HEADER + body.len());
        bytes.extend_from_slice(&[kind as u8, Self::VERSION]);
        bytes.extend_from_slice(body);
        Chunk::new(bytes)
    }

    pub fn bytes(&self) -> &Bytes {
        &self.0.bytes
    }
    pub fn len(&self) -> usize {
        self.0.bytes.len()
    }
    pub fn is_empty(&self) -> bool {
        self.0.bytes.is_empty()
    }
    pub fn address(&self) -> Address {
        *self.0.address.get_or_init(|| Address::of(&self.0.bytes))
    }

    pub fn kind(&self) -> Result<Kind> {
        let byte = *self.0.bytes.first().ok_or_else(|| Error::corrupt("chunk is empty"))?;
        Kind::from_byte(byte).ok_or_else(|| Error::corrupt(format!("chunk has unknown kind {byte}")))
    }

    /// What follows the header, when the chunk is of `kind` and of a version that this build reads.
    pub fn body(&self, kind: Kind) -> Result<Bytes> {
        let found = self.kind()?;
        if found != kind {
            return Err(Error::corrupt(format!("expected a {kind:?} chunk, found {found:?}")));
        }
        match self.0.bytes.get(1) {
            Some(&Self::VERSION) => Ok(self.0.bytes.slice(Self::HEADER..)),
            Some(&version) if version > Self::VERSION => Err(Error::new(
                Code::FormatNewer,
                format!(
                    "{kind:?} chunk has format version {version}, this build reads up to {}",
                    Self::VERSION
                ),
            )),
            Some(version) => Err(Error::corrupt(format!("{kind:?} chunk has format version {version}"))),
            None => Err(Error::corrupt("chunk ends inside its header")),
        }
    }

    pub fn is_checked(&self) -> bool {
        self.0.checked.get()
    }
    pub fn set_checked(&self) {
        self.0.checked.set(true)
    }
}
