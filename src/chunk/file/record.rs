//! The records of a store file.
//!
//! ```text
//! file    8 bytes  magic, with the format's version as its last byte
//!         then records
//! record  u8       kind: 1 chunk, 2 ref batch
//!         u32      length n of the payload, little-endian
//!         32       BLAKE3: of a chunk its address, of a ref batch the keyed hash of its payload
//!         n        payload
//! batch   u64      offset in the file at which the batch's records begin
//!         u32      entries, then for each: u32 length and UTF-8 name, u8 1 to set or 0 to remove,
//!                  and when it sets u32 length and value
//! ```

use std::collections::BTreeMap;

use crate::hash::Address;

pub(super) const MAGIC: &[u8; 8] = b"prollit\x01";
pub(super) const HEADER: usize = 1 + 4 + Address::LEN;
pub(super) const CHUNK: u8 = 1;
pub(super) const BATCH: u8 = 2;

/// No record is longer, or a broken length would ask for all memory.
pub(super) const MAX_LEN: usize = 256 << 20;

/// A set or removed ref.
pub(super) type RefEdit = (String, Option<Vec<u8>>);

pub(super) struct Header {
    pub kind: u8,
    pub len: usize,
    pub check: Address,
}

impl Header {
    pub fn parse(bytes: &[u8]) -> Option<Header> {
        let (kind, rest) = bytes.split_first()?;
        let (len, rest) = rest.split_first_chunk::<4>()?;
        let len = u32::from_le_bytes(*len) as usize;
        let check = Address::from_slice(rest.get(..Address::LEN)?)?;
        (matches!(*kind, CHUNK | BATCH) && len <= MAX_LEN).then_some(Header {
            kind: *kind,
            len,
            check,
        })
    }

    pub fn fits(&self, payload: &[u8]) -> bool {
        check(self.kind, payload) == self.check
    }
}

/// A batch can never pass for a chunk, nor the reverse.
fn check(kind: u8, payload: &[u8]) -> Address {
    match kind {
        CHUNK => Address::of(payload),
        _ => Address(blake3::derive_key("prollite store file, ref batch", payload)),
    }
}

pub(super) fn write_chunk(out: &mut Vec<u8>, address: &Address, payload: &[u8]) {
    out.push(CHUNK);
    out.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    out.extend_from_slice(address.as_bytes());
    out.extend_from_slice(payload);
}

pub(super) fn write_batch(out: &mut Vec<u8>, begins_at: u64, edits: &[RefEdit]) {
    let mut payload = begins_at.to_le_bytes().to_vec();
    payload.extend_from_slice(&(edits.len() as u32).to_le_bytes());
    let part = |payload: &mut Vec<u8>, bytes: &[u8]| {
        payload.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
        payload.extend_from_slice(bytes);
    };
    for (name, value) in edits {
        part(&mut payload, name.as_bytes());
        payload.push(u8::from(value.is_some()));
        if let Some(value) = value {
            part(&mut payload, value);
        }
    }
    out.push(BATCH);
    out.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    out.extend_from_slice(check(BATCH, &payload).as_bytes());
    out.extend_from_slice(&payload);
}

/// Where the batch's records begin, and its edits.
pub(super) fn read_batch(payload: &[u8]) -> Option<(u64, Vec<RefEdit>)> {
    let (begins_at, rest) = payload.split_first_chunk::<8>()?;
    let (entries, mut rest) = rest.split_first_chunk::<4>()?;
    let mut edits = Vec::new();
    for _ in 0..u32::from_le_bytes(*entries) {
        let name = String::from_utf8(part(&mut rest)?.to_vec()).ok()?;
        let (sets, after) = rest.split_first()?;
        rest = after;
        let value = match sets {
            0 => None,
            1 => Some(part(&mut rest)?.to_vec()),
            _ => return None,
        };
        edits.push((name, value));
    }
    rest.is_empty().then_some((u64::from_le_bytes(*begins_at), edits))
}

fn part<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (len, after) = rest.split_first_chunk::<4>()?;
    let (part, after) = after.split_at_checked(u32::from_le_bytes(*len) as usize)?;
    *rest = after;
    Some(part)
}

pub(super) fn patch(refs: &mut BTreeMap<String, Vec<u8>>, edits: Vec<RefEdit>) {
    for (name, value) in edits {
        match value {
            Some(value) => refs.insert(name, value),
            None => refs.remove(&name),
        };
    }
}
