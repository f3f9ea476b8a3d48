//! Blocks: many chunks packed together, which saves more than any codec does alone.
//!
//! ```text
//! u8 codec · u32le raw length · u32le n, at least 1 · n × u32le length of each chunk · packed bytes
//! ```

use bytes::Bytes;

use super::codec::Codec;
use super::refusal::invalid;
use crate::chunk::Chunk;
use crate::error::Result;

/// Most bytes of chunks in a block.
pub const MAX_BLOCK: usize = 1 << 20;
const HEADER: usize = 9;

/// `chunks` are at most [`MAX_BLOCK`] bytes together. What does not shrink is kept raw.
pub fn encode_block(codec: Codec, chunks: &[Bytes]) -> Vec<u8> {
    let raw: Vec<u8> = chunks.concat();
    let packed = codec.pack(&raw);
    let (codec, packed) = if packed.len() < raw.len() { (codec, &packed) } else { (Codec::Raw, &raw) };
    let mut block = Vec::with_capacity(HEADER + 4 * chunks.len() + packed.len());
    block.push(codec as u8);
    block.extend_from_slice(&(raw.len() as u32).to_le_bytes());
    block.extend_from_slice(&(chunks.len() as u32).to_le_bytes());
    for chunk in chunks {
        block.extend_from_slice(&(chunk.len() as u32).to_le_bytes());
    }
    block.extend_from_slice(packed);
    block
}

/// The chunks of a block; their addresses are for the receiver to compute.
pub fn decode_block(block: &[u8]) -> Result<Vec<Bytes>> {
    let number = |at: usize| -> Option<usize> {
        let bytes = block.get(at..at.checked_add(4)?)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?) as usize)
    };
    let short = || invalid(format!("block of {} bytes ends inside its header", block.len()));
    let code = *block.first().ok_or_else(short)?;
    let codec = Codec::from_byte(code).ok_or_else(|| invalid(format!("block has unknown codec {code}")))?;
    let (raw_len, count) = (number(1).ok_or_else(short)?, number(5).ok_or_else(short)?);
    if raw_len > MAX_BLOCK {
        return Err(invalid(format!("block of {raw_len} bytes, at most {MAX_BLOCK} are allowed")));
    }
    let data_at = count.checked_mul(4).and_then(|len| len.checked_add(HEADER)).filter(|at| *at <= block.len());
    let data_at = data_at.ok_or_else(short)?;
    let mut ends = Vec::with_capacity(count);
    let mut end = 0usize;
    for i in 0..count {
        let len = number(HEADER + 4 * i).ok_or_else(short)?;
        if len < Chunk::HEADER || len > Chunk::MAX {
            return Err(invalid(format!("chunk of {len} bytes, allowed are {} to {}", Chunk::HEADER, Chunk::MAX)));
        }
        end += len;
        ends.push(end);
    }
    if count == 0 || end != raw_len {
        return Err(invalid(format!("block of {raw_len} bytes holds {count} chunks of {end} bytes")));
    }
    let raw = Bytes::from(codec.unpack(&block[data_at..], raw_len)?);
    let mut start = 0;
    let cut = |end: usize| {
        let chunk = raw.slice(start..end);
        start = end;
        chunk
    };
    Ok(ends.into_iter().map(cut).collect())
}
