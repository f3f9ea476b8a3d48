//! Packs: what IndexedDB stores in place of single chunks.
//!
//! A pack is one byte of codec and then chunks, one after another, in the order in which they were written (tree
//! order within one commit, so that a scan reads packs side by side). Its index record tells where each chunk lies.
//! Over 64 KB Chromium's LevelDB backend moves each value into a file of its own, so a pack stays below.

use prollite::chunk::Chunk;
use prollite::{Address, Error, Result};

/// The largest stored value. Only a chunk that is larger by itself makes a larger pack.
pub const PACK_MAX: usize = 60 * 1024;

/// Raw bytes a pack can hold at most: the codec byte stands before them.
const BODY_MAX: usize = PACK_MAX - 1;

/// The first byte of a pack. Format, not tuning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Codec {
    Raw = 0,
    /// lz4 block, after the length of what it unpacks to (u32, little-endian).
    Lz4 = 1,
}

/// Where a chunk lies in the unpacked body of its pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    pub address: Address,
    pub offset: u32,
    pub length: u32,
}

/// A pack as it is written: the stored value and its slots.
#[derive(Clone, Debug)]
pub struct Pack {
    pub stored: Vec<u8>,
    pub slots: Vec<Slot>,
}

impl Pack {
    fn close(body: Vec<u8>, slots: Vec<Slot>) -> Pack {
        let packed = lz4_flex::block::compress_prepend_size(&body);
        let (codec, payload) = if packed.len() < body.len() { (Codec::Lz4, packed) } else { (Codec::Raw, body) };
        let mut stored = Vec::with_capacity(payload.len() + 1);
        stored.push(codec as u8);
        stored.extend_from_slice(&payload);
        Pack { stored, slots }
    }
}

/// Cuts chunks, in their order, into packs.
pub fn pack_chunks<'a>(chunks: impl IntoIterator<Item = (Address, &'a Chunk)>) -> Vec<Pack> {
    let mut packs = Vec::new();
    let mut body: Vec<u8> = Vec::new();
    let mut slots: Vec<Slot> = Vec::new();
    for (address, chunk) in chunks {
        if !slots.is_empty() && body.len() + chunk.len() > BODY_MAX {
            packs.push(Pack::close(std::mem::take(&mut body), std::mem::take(&mut slots)));
        }
        slots.push(Slot { address, offset: body.len() as u32, length: chunk.len() as u32 });
        body.extend_from_slice(chunk.bytes());
    }
    if !slots.is_empty() {
        packs.push(Pack::close(body, slots));
    }
    packs
}

/// The body of a stored pack.
pub fn unpack(number: u32, stored: &[u8]) -> Result<Vec<u8>> {
    let bad = |what: String| Error::corrupt(format!("pack {number}: {what}"));
    let (codec, payload) = stored.split_first().ok_or_else(|| bad("it is empty".into()))?;
    if *codec == Codec::Raw as u8 {
        return Ok(payload.to_vec());
    }
    if *codec != Codec::Lz4 as u8 {
        return Err(bad(format!("codec {codec} is unknown")));
    }
    let (size, block) = payload.split_first_chunk::<4>().ok_or_else(|| bad("its length is cut off".into()))?;
    let size = u32::from_le_bytes(*size) as usize;
    if size > Chunk::MAX.max(BODY_MAX) {
        return Err(bad(format!("it claims {size} bytes")));
    }
    let body = lz4_flex::block::decompress(block, size).map_err(|error| bad(error.to_string()))?;
    if body.len() != size {
        return Err(bad(format!("expected {size} bytes, got {}", body.len())));
    }
    Ok(body)
}

/// The chunk at `slot`, when its bytes have its address.
pub fn chunk_at(number: u32, body: &[u8], slot: &Slot) -> Result<Chunk> {
    let start = slot.offset as usize;
    let bytes = start
        .checked_add(slot.length as usize)
        .and_then(|end| body.get(start..end))
        .ok_or_else(|| Error::corrupt(format!("pack {number} ends before chunk {}", slot.address)))?;
    let found = Address::of(bytes);
    if found != slot.address {
        return Err(Error::corrupt(format!("pack {number}: expected chunk {}, found {found}", slot.address)));
    }
    Ok(Chunk::new(bytes.to_vec()))
}

/// Bytes of one entry of an index record: the address and the chunk's length (u32, little-endian). Offsets follow
/// from the lengths. Format, not tuning.
const ENTRY: usize = Address::LEN + 4;

/// The index record of a pack.
pub fn encode_slots(slots: &[Slot]) -> Vec<u8> {
    let mut record = Vec::with_capacity(slots.len() * ENTRY);
    for slot in slots {
        record.extend_from_slice(slot.address.as_bytes());
        record.extend_from_slice(&slot.length.to_le_bytes());
    }
    record
}

pub fn decode_slots(number: u32, record: &[u8]) -> Result<Vec<Slot>> {
    let bad = |what: &str| Error::corrupt(format!("index record of pack {number}: {what}"));
    if record.is_empty() || !record.len().is_multiple_of(ENTRY) {
        return Err(bad(&format!("{} bytes are no whole entries", record.len())));
    }
    let mut offset: u32 = 0;
    let mut slots = Vec::with_capacity(record.len() / ENTRY);
    for entry in record.chunks_exact(ENTRY) {
        let (address, length) = entry.split_at(Address::LEN);
        let address = Address::from_slice(address).ok_or_else(|| bad("an address is cut off"))?;
        let length = u32::from_le_bytes(length.try_into().map_err(|_| bad("a length is cut off"))?);
        if length == 0 || length as usize > Chunk::MAX || offset as usize > BODY_MAX {
            return Err(bad(&format!("a chunk of {length} bytes at {offset}")));
        }
        slots.push(Slot { address, offset, length });
        offset += length;
    }
    Ok(slots)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(seed: u32, length: usize) -> Chunk {
        let mut state = seed.wrapping_mul(2_654_435_761).max(1);
        let bytes: Vec<u8> = (0..length)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 17;
                state ^= state << 5;
                state as u8
            })
            .collect();
        Chunk::new(bytes)
    }

    #[test]
    fn every_chunk_comes_back_and_no_pack_is_too_large() {
        let mut chunks: Vec<Chunk> = (1..60).map(|seed| chunk(seed, 137 * seed as usize)).collect();
        chunks.push(Chunk::new(vec![7; Chunk::MAX]));
        chunks.push(chunk(99, Chunk::MAX));
        let packs = pack_chunks(chunks.iter().map(|chunk| (chunk.address(), chunk)));
        let mut found = Vec::new();
        for (number, pack) in packs.iter().enumerate() {
            let number = number as u32;
            assert!(pack.stored.len() <= PACK_MAX || pack.slots.len() == 1);
            let body = unpack(number, &pack.stored).unwrap();
            let slots = decode_slots(number, &encode_slots(&pack.slots)).unwrap();
            assert_eq!(slots, pack.slots);
            found.extend(slots.iter().map(|slot| chunk_at(number, &body, slot).unwrap().address()));
        }
        assert_eq!(found, chunks.iter().map(Chunk::address).collect::<Vec<_>>());
    }

    #[test]
    fn what_shrinks_is_stored_packed() {
        let dull = Chunk::new(vec![b'a'; 9_000]);
        let noise = chunk(5, 9_000);
        let packed = pack_chunks([(dull.address(), &dull)]);
        let raw = pack_chunks([(noise.address(), &noise)]);
        assert_eq!((packed[0].stored[0], raw[0].stored[0]), (1, 0));
        assert!(packed[0].stored.len() < 200);
    }

    #[test]
    fn damage_is_an_error_and_never_a_chunk() {
        let chunks: Vec<Chunk> = (1..5).map(|seed| Chunk::new(vec![seed; 500])).collect();
        let pack = pack_chunks(chunks.iter().map(|chunk| (chunk.address(), chunk))).remove(0);
        for position in 0..pack.stored.len() {
            let mut broken = pack.stored.clone();
            broken[position] ^= 0x11;
            let Ok(body) = unpack(0, &broken) else { continue };
            // A damaged body may hold some chunks still: each is checked by its own address.
            assert!(pack.slots.iter().any(|slot| chunk_at(0, &body, slot).is_err()) || body == unpack(0, &pack.stored).unwrap());
        }
        for length in 0..pack.stored.len() {
            assert!(unpack(0, &pack.stored[..length]).is_err() || length == 0);
        }
        let record = encode_slots(&pack.slots);
        assert!(decode_slots(0, &record[1..]).is_err());
        assert!(decode_slots(0, &[]).is_err());
        assert!(decode_slots(0, &[0xff; ENTRY]).is_err());
    }
}
