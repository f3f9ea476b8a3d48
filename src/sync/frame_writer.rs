//! Writes frames, gathering chunks into blocks.

use bytes::Bytes;

use super::block::{encode_block, MAX_BLOCK};
use super::codec::Codec;
use super::frame::{FrameKind, MAGIC};
use crate::hash::Address;

pub struct FrameWriter {
    codec: Codec,
    out: Vec<u8>,
    /// Of everything up to here, what was taken already included.
    hasher: blake3::Hasher,
    hashed: usize,
    block: Vec<Bytes>,
    block_bytes: usize,
    chunks: u64,
    bytes: u64,
}

impl FrameWriter {
    pub fn new(codec: Codec) -> Self {
        FrameWriter {
            codec,
            out: MAGIC.to_vec(),
            hasher: blake3::Hasher::new(),
            hashed: 0,
            block: Vec::new(),
            block_bytes: 0,
            chunks: 0,
            bytes: 0,
        }
    }

    pub fn frame(&mut self, kind: FrameKind, payload: &[u8]) {
        self.flush();
        self.write(kind, payload);
    }

    fn write(&mut self, kind: FrameKind, payload: &[u8]) {
        self.out.push(kind as u8);
        self.out.extend_from_slice(&(payload.len() as u32).to_le_bytes());
        self.out.extend_from_slice(payload);
    }

    /// Bytes of whole frames that wait to be taken.
    pub fn len(&self) -> usize { self.out.len() }
    pub fn is_empty(&self) -> bool { self.out.is_empty() }
    /// Bytes of chunks that wait for their block.
    pub fn pending(&self) -> usize { self.block_bytes }
    pub fn chunks(&self) -> u64 { self.chunks }
    /// Bytes of chunks in all.
    pub fn raw_bytes(&self) -> u64 { self.bytes }

    pub fn chunk(&mut self, bytes: &Bytes) {
        if self.block_bytes + bytes.len() > MAX_BLOCK {
            self.flush();
        }
        self.block_bytes += bytes.len();
        self.chunks += 1;
        self.bytes += bytes.len() as u64;
        self.block.push(bytes.clone());
    }

    /// Ends the block under way.
    pub fn flush(&mut self) {
        if !self.block.is_empty() {
            let block = encode_block(self.codec, &std::mem::take(&mut self.block));
            self.block_bytes = 0;
            self.write(FrameKind::Block, &block);
        }
    }

    pub fn missing(&mut self, addresses: &[Address]) {
        let payload: Vec<u8> = addresses.iter().flat_map(|address| *address.as_bytes()).collect();
        self.frame(FrameKind::Missing, &payload);
    }

    pub fn end(&mut self) {
        self.flush();
        self.hash();
        let mut payload = Vec::with_capacity(super::frame::END_LEN);
        payload.extend_from_slice(&self.chunks.to_le_bytes());
        payload.extend_from_slice(&self.bytes.to_le_bytes());
        payload.extend_from_slice(self.hasher.finalize().as_bytes());
        self.write(FrameKind::End, &payload);
    }

    fn hash(&mut self) {
        self.hasher.update(&self.out[self.hashed..]);
        self.hashed = self.out.len();
    }

    /// The frames written since the last call.
    pub fn take(&mut self) -> Vec<u8> {
        self.hash();
        self.hashed = 0;
        std::mem::take(&mut self.out)
    }
}
