//! Tags: a name for a commit that never moves.

use std::rc::Rc;

use super::wire::{Reader, Writer};
use super::Signature;
use crate::chunk::{Chunk, ChunkStore, Kind};
use crate::error::Result;
use crate::hash::Address;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag { pub commit: Address, pub tagger: Signature, pub message: Rc<str> }

impl Tag {
    pub fn to_chunk(&self) -> Chunk {
        let mut w = Writer::default();
        w.address(&self.commit);
        self.tagger.write(&mut w);
        w.str(&self.message);
        Chunk::build(Kind::Tag, &w.0)
    }

    pub fn from_chunk(chunk: &Chunk) -> Result<Tag> {
        let body = chunk.body(Kind::Tag)?;
        let mut r = Reader::new(&body, "tag");
        let tag = Tag { commit: r.address()?, tagger: Signature::read(&mut r)?, message: r.str()?.into() };
        r.end()?;
        Ok(tag)
    }

    pub fn read(store: &dyn ChunkStore, address: &Address) -> Result<Tag> { Tag::from_chunk(&store.get(address)?) }
}
