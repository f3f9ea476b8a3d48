//! Reading a store file from its start, and what to do with a damaged end.

use std::collections::BTreeMap;

use super::disk::Disk;
use super::record::{self, Header, BATCH, CHUNK, HEADER, MAGIC};
use crate::chunk::AddressMap;
use crate::error::{Error, Result};

/// Bytes read at a time.
const BLOCK: usize = 1 << 20;

/// Where a chunk's bytes lie.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub at: u64,
    pub len: u32,
}

pub(super) struct Scanned {
    pub index: AddressMap<Place>,
    pub refs: BTreeMap<String, Vec<u8>>,
    /// Where the next record goes; whatever lies behind is a torn write.
    pub end: u64,
}

/// Reads all records. A write that was torn by a crash was never acknowledged: the records from the
/// start of its batch on are cut. Damage before a later whole batch is none of that, since each batch
/// was durable before the next began: it is reported, and the file is left alone.
pub(super) fn scan(disk: &mut dyn Disk) -> Result<Scanned> {
    let name = disk.name();
    let failed = |error: std::io::Error| Error::corrupt(format!("store file {name} cannot be read: {error}"));
    let size = disk.len().map_err(failed)?;
    let mut window = Window {
        disk,
        size,
        at: 0,
        bytes: Vec::new(),
    };
    if window.get(0, MAGIC.len()).map_err(failed)? != Some(&MAGIC[..]) {
        return Err(Error::corrupt(format!("{name} is not a store file of this version")));
    }
    let mut scanned = Scanned {
        index: AddressMap::default(),
        refs: BTreeMap::new(),
        end: MAGIC.len() as u64,
    };
    // Chunks after the newest batch, which a cut would drop.
    let mut loose = Vec::new();
    let mut at = scanned.end;
    while at < size {
        let Some(header) = window.get(at, HEADER).map_err(failed)?.and_then(Header::parse) else {
            break;
        };
        let body_at = at + HEADER as u64;
        let Some(payload) = window
            .get(body_at, header.len)
            .map_err(failed)?
            .filter(|payload| header.fits(payload))
        else {
            break;
        };
        let next = body_at + header.len as u64;
        if header.kind == CHUNK {
            let place = Place {
                at: body_at,
                len: header.len as u32,
            };
            if scanned.index.insert(header.check, place).is_none() {
                loose.push(header.check);
            }
        } else {
            let Some((_, edits)) = record::read_batch(payload) else {
                return Err(Error::corrupt(format!(
                    "store file {name} has a malformed ref batch at byte {at}"
                )));
            };
            record::patch(&mut scanned.refs, edits);
            loose.clear();
            scanned.end = next;
        }
        at = next;
    }
    if at == size {
        // Whole chunks that no batch followed: never published, but sound.
        scanned.end = size;
        return Ok(scanned);
    }
    if window.batch_behind(at).map_err(failed)? {
        return Err(Error::corrupt(format!(
            "store file {name} is damaged at byte {at}, before batches that were durable"
        )));
    }
    for address in loose {
        scanned.index.remove(&address);
    }
    Ok(scanned)
}

/// A part of the file in memory, moved ahead as it is read.
struct Window<'a> {
    disk: &'a mut dyn Disk,
    size: u64,
    at: u64,
    bytes: Vec<u8>,
}

impl Window<'_> {
    /// `len` bytes from `at`; nothing when the file ends before.
    fn get(&mut self, at: u64, len: usize) -> std::io::Result<Option<&[u8]>> {
        let Some(end) = at.checked_add(len as u64).filter(|end| *end <= self.size) else {
            return Ok(None);
        };
        if at < self.at || end > self.at + self.bytes.len() as u64 {
            let wanted = (self.size - at).min(len.max(BLOCK) as u64);
            self.bytes.resize(wanted as usize, 0);
            self.at = at;
            self.disk.read_at(at, &mut self.bytes)?;
        }
        let start = (at - self.at) as usize;
        Ok(self.bytes.get(start..start + len))
    }

    /// Whether a whole batch that began behind `damage` lies behind it.
    fn batch_behind(&mut self, damage: u64) -> std::io::Result<bool> {
        for at in damage..self.size.saturating_sub(HEADER as u64) {
            if self.get(at, 1)? != Some(&[BATCH][..]) {
                continue;
            }
            let Some(header) = self.get(at, HEADER)?.and_then(Header::parse) else {
                continue;
            };
            let Some(payload) = self.get(at + HEADER as u64, header.len)? else {
                continue;
            };
            if header.fits(payload) && record::read_batch(payload).is_some_and(|(begins_at, _)| begins_at > damage) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
