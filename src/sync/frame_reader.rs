//! Reads frames from bytes that come in any pieces. Never panics, and never holds more than one frame.

use bytes::Bytes;

use super::block::decode_block;
use super::frame::{FrameKind, END_LEN, FRAME_HEADER, MAGIC};
use super::refusal::invalid;
use crate::error::Result;
use crate::hash::Address;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Meta(Bytes),
    Refs(Bytes),
    Updates(Bytes),
    Progress { done: u64, total: u64 },
    Missing(Vec<Address>),
    NeedHaves,
    Error(Bytes),
    Chunks(Vec<Bytes>),
    End,
}

#[derive(Default)]
pub struct FrameReader {
    buffer: Vec<u8>,
    /// Where in the buffer the next frame begins.
    at: usize,
    begun: bool,
    ended: bool,
    hasher: blake3::Hasher,
    chunks: u64,
    bytes: u64,
}

impl FrameReader {
    pub fn new() -> Self { FrameReader::default() }

    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..std::mem::take(&mut self.at));
        self.buffer.extend_from_slice(bytes);
    }

    /// Whether END came and agreed with what came before it.
    pub fn is_ended(&self) -> bool { self.ended }

    /// The next whole frame; `None`: more bytes are needed.
    pub fn next(&mut self) -> Result<Option<Event>> {
        loop {
            if self.ended {
                return match self.buffer.len() - self.at {
                    0 => Ok(None),
                    more => Err(invalid(format!("{more} bytes follow the END frame"))),
                };
            }
            let rest = &self.buffer[self.at..];
            if !self.begun {
                let len = rest.len().min(MAGIC.len());
                if rest[..len] != MAGIC[..len] {
                    return Err(invalid("the stream does not begin as one of Prollite's"));
                }
                if len < MAGIC.len() {
                    return Ok(None);
                }
                self.begun = true;
                self.consume(MAGIC.len());
                continue;
            }
            let Some((head, after)) = rest.split_at_checked(FRAME_HEADER) else { return Ok(None) };
            let code = head[0];
            let kind = FrameKind::from_byte(code).ok_or_else(|| invalid(format!("unknown frame kind {code}")))?;
            let len = u32::from_le_bytes([head[1], head[2], head[3], head[4]]) as usize;
            if len > kind.limit() {
                let limit = kind.limit();
                return Err(invalid(format!("{kind:?} frame of {len} bytes, at most {limit} are allowed")));
            }
            let Some(payload) = after.get(..len) else { return Ok(None) };
            let event = self.event(kind, payload)?;
            self.consume(FRAME_HEADER + len);
            if let Some(event) = event {
                if let Event::Chunks(chunks) = &event {
                    self.chunks += chunks.len() as u64;
                    self.bytes += chunks.iter().map(|chunk| chunk.len() as u64).sum::<u64>();
                }
                self.ended = event == Event::End;
                return Ok(Some(event));
            }
        }
    }

    fn consume(&mut self, len: usize) {
        self.hasher.update(&self.buffer[self.at..self.at + len]);
        self.at += len;
    }

    fn event(&self, kind: FrameKind, payload: &[u8]) -> Result<Option<Event>> {
        let number = |at: usize| -> Result<u64> {
            let bytes = payload.get(at..at + 8).and_then(|bytes| bytes.try_into().ok());
            let short = || invalid(format!("{kind:?} frame of {} bytes is too short", payload.len()));
            bytes.map(u64::from_le_bytes).ok_or_else(short)
        };
        let copied = || Bytes::copy_from_slice(payload);
        Ok(Some(match kind {
            FrameKind::Meta => Event::Meta(copied()),
            FrameKind::Refs => Event::Refs(copied()),
            FrameKind::Updates => Event::Updates(copied()),
            FrameKind::Error => Event::Error(copied()),
            FrameKind::Progress => Event::Progress { done: number(0)?, total: number(8)? },
            FrameKind::NeedHaves => Event::NeedHaves,
            FrameKind::KeepAlive => return Ok(None),
            FrameKind::Missing if payload.len().is_multiple_of(Address::LEN) => {
                Event::Missing(payload.chunks_exact(Address::LEN).filter_map(Address::from_slice).collect())
            }
            FrameKind::Missing => return Err(invalid("Missing frame does not hold whole addresses")),
            FrameKind::Block => Event::Chunks(decode_block(payload)?),
            FrameKind::End => {
                let (chunks, bytes) = (number(0)?, number(8)?);
                if payload.len() != END_LEN || payload[16..] != *self.hasher.finalize().as_bytes() {
                    return Err(invalid("the END frame's hash is not that of the frames before it"));
                }
                if (chunks, bytes) != (self.chunks, self.bytes) {
                    let text = format!("{} chunks came, the END frame says {chunks}", self.chunks);
                    return Err(invalid(text));
                }
                Event::End
            }
        }))
    }
}
