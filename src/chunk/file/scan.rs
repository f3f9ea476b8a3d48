//! Reading a store file from its start, and what to do with a damaged end.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};

use super::record::{self, Header, BATCH, CHUNK, HEADER, MAGIC};
use crate::chunk::AddressMap;
use crate::error::{Error, Result};

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
pub(super) fn scan(file: &mut File, name: &str) -> Result<Scanned> {
    let io = |error: std::io::Error| Error::corrupt(format!("store file {name} cannot be read: {error}"));
    let size = file.seek(SeekFrom::End(0)).map_err(io)?;
    file.rewind().map_err(io)?;
    let mut scanned = Scanned {
        index: AddressMap::default(),
        refs: BTreeMap::new(),
        end: MAGIC.len() as u64,
    };
    let mut reader = BufReader::with_capacity(1 << 20, file);
    let mut magic = [0; MAGIC.len()];
    if size < MAGIC.len() as u64 || reader.read_exact(&mut magic).is_err() || magic != *MAGIC {
        return Err(Error::corrupt(format!("{name} is not a store file of this version")));
    }
    let mut header = [0; HEADER];
    let mut payload = Vec::new();
    let mut at = scanned.end;
    // Chunks after the newest batch, which a cut would drop.
    let mut loose = Vec::new();
    while at < size {
        let whole = (|| {
            let body_at = at.checked_add(HEADER as u64).filter(|body| *body <= size)?;
            reader.read_exact(&mut header).ok()?;
            let header = Header::parse(&header)?;
            let next = body_at.checked_add(header.len as u64).filter(|next| *next <= size)?;
            payload.resize(header.len, 0);
            reader.read_exact(&mut payload).ok()?;
            header.fits(&payload).then_some((header, body_at, next))
        })();
        let Some((header, body_at, next)) = whole else {
            if batch_behind(reader.into_inner(), at).map_err(io)? {
                return Err(Error::corrupt(format!(
                    "store file {name} is damaged at byte {at}, before batches that were durable"
                )));
            }
            for address in loose {
                scanned.index.remove(&address);
            }
            return Ok(scanned);
        };
        if header.kind == CHUNK {
            let place = Place {
                at: body_at,
                len: header.len as u32,
            };
            if scanned.index.insert(header.check, place).is_none() {
                loose.push(header.check);
            }
        } else {
            let Some((_, edits)) = record::read_batch(&payload) else {
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
    // Whole chunks that no batch followed: written, never published, but sound.
    scanned.end = at;
    Ok(scanned)
}

/// Whether a whole batch that began behind `at` lies behind it.
fn batch_behind(file: &mut File, at: u64) -> std::io::Result<bool> {
    file.seek(SeekFrom::Start(at))?;
    let mut rest = Vec::new();
    file.read_to_end(&mut rest)?;
    for start in 0..rest.len().saturating_sub(HEADER) {
        if rest[start] != BATCH {
            continue;
        }
        let Some(header) = Header::parse(&rest[start..]) else {
            continue;
        };
        let Some(payload) = rest.get(start + HEADER..start + HEADER + header.len) else {
            continue;
        };
        if !header.fits(payload) {
            continue;
        }
        if record::read_batch(payload).is_some_and(|(begins_at, _)| begins_at > at) {
            return Ok(true);
        }
    }
    Ok(false)
}
