//! The index beside a pack: where each chunk lies. `docs/sync.md`, "Static folder", is normative.

use super::refusal::invalid;
use crate::error::Result;
use crate::hash::Address;

const INDEX_MAGIC: &[u8; 8] = b"prolidx\x01";
const ENTRY: usize = 48;

/// Where a chunk lies: its block, and which chunk of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place { pub at: u64, pub len: u32, pub which: u32 }

/// Ascending by address.
pub fn read_index(bytes: &[u8]) -> Result<Vec<(Address, Place)>> {
    entries(bytes).ok_or_else(|| invalid(format!("pack index of {} bytes is damaged", bytes.len())))
}

fn entries(bytes: &[u8]) -> Option<Vec<(Address, Place)>> {
    let (body, hash) = bytes.split_at_checked(bytes.len().checked_sub(Address::LEN)?)?;
    if Address::of(body).as_bytes() != hash || body.get(..8)? != INDEX_MAGIC {
        return None;
    }
    let count = u32::from_le_bytes(body.get(8..12)?.try_into().ok()?) as usize;
    let items = body.get(12..)?;
    if items.len() != count.checked_mul(ENTRY)? {
        return None;
    }
    let mut entries = Vec::with_capacity(count);
    for item in items.chunks_exact(ENTRY) {
        let place = Place {
            at: u64::from_le_bytes(item[32..40].try_into().ok()?),
            len: u32::from_le_bytes(item[40..44].try_into().ok()?),
            which: u32::from_le_bytes(item[44..48].try_into().ok()?),
        };
        entries.push((Address::from_slice(&item[..32])?, place));
    }
    entries.is_sorted_by(|a, b| a.0 < b.0).then_some(entries)
}

pub fn write_index(entries: &[(Address, Place)]) -> Vec<u8> {
    let mut index = INDEX_MAGIC.to_vec();
    index.extend((entries.len() as u32).to_le_bytes());
    for (address, place) in entries {
        index.extend(address.0);
        index.extend(place.at.to_le_bytes());
        index.extend(place.len.to_le_bytes());
        index.extend(place.which.to_le_bytes());
    }
    let hash = Address::of(&index);
    index.extend(hash.0);
    index
}
