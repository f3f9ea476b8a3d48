//! A remote that is a folder of files on any host: `refs.json` and packs, as `prollite-server export` writes them. The
//! client finds what it lacks in the packs' indexes and reads ranges of the packs. Nothing is believed: each chunk is
//! checked as one that a server sends.

use bytes::Bytes;

use super::block::decode_block;
use super::message::{read_packs, RefList};
use super::pack_index::{read_index, Place};
use super::refusal::invalid;
use super::Receiver;
use crate::chunk::AddressMap;
use crate::error::Result;
use crate::hash::Address;

/// What a static remote's URL ends with.
pub const REFS: &str = "/refs.json";
/// Blocks are read together when no more than this lies between them.
const GAP: u64 = 32 << 10;
/// Bytes of one range.
const RANGE: u64 = 4 << 20;
const MAX_REFS: u64 = 16 << 20;
const MAX_INDEX: u64 = 256 << 20;

#[derive(Default)]
pub struct StaticFolder {
    packs: Vec<Pack>,
    asked: Option<Asked>,
    body: Vec<u8>,
    /// Bytes of the body before what is kept.
    passed: u64,
    /// Bytes to read beyond what is known to be missing: packs lie in the order in which they are walked, so it doubles
    /// as long as one range follows the other.
    ahead: u64,
}

struct Pack { id: Address, index: Option<Vec<(Address, Place)>> }

#[derive(Clone, Copy)]
enum Asked {
    Refs,
    Index(usize),
    /// Of which pack, from where, up to where.
    Range(usize, u64, u64),
}

impl StaticFolder {
    /// Path of the next file, and which bytes of it. `asking`: the refs first.
    pub fn request(&mut self, asking: bool, receiver: &Receiver) -> Result<(String, Option<(u64, u64)>)> {
        let asked = if asking { Asked::Refs } else { self.find(&receiver.missing(usize::MAX))? };
        (self.asked, self.passed) = (Some(asked), 0);
        self.body.clear();
        let name = |pack: usize, kind: &str| format!("/packs/{}.{kind}", self.packs[pack].id.hex());
        Ok(match asked {
            Asked::Refs => (REFS.into(), None),
            Asked::Index(pack) => (name(pack, "idx"), None),
            Asked::Range(pack, from, to) => (name(pack, "pack"), Some((from, to))),
        })
    }

    fn find(&mut self, missing: &[Address]) -> Result<Asked> {
        let Some(first) = missing.first() else { return Err(invalid("nothing is missing, and nothing is whole")) };
        // The newest packs are listed last.
        for (at, pack) in self.packs.iter().enumerate().rev() {
            let Some(index) = &pack.index else { return Ok(Asked::Index(at)) };
            let place = |address: &Address| index.binary_search_by_key(address, |(found, _)| *found).ok().map(|found| index[found].1);
            if place(first).is_none() {
                continue;
            }
            let mut blocks: Vec<(u64, u64)> = missing.iter().filter_map(place).map(|place| (place.at, end_of(&place))).collect();
            blocks.sort_unstable();
            let Some((from, mut to)) = blocks.first().copied() else { continue };
            for (next, end) in blocks {
                if next > to.saturating_add(GAP) || end - from > RANGE {
                    break;
                }
                to = to.max(end);
            }
            let follows = matches!(self.asked, Some(Asked::Range(last, _, end)) if last == at && end == from);
            self.ahead = if follows { (2 * self.ahead).clamp(GAP, RANGE) } else { 0 };
            let ahead = from.saturating_add(self.ahead);
            to = index.iter().map(|(_, place)| end_of(place)).filter(|end| *end <= ahead).fold(to, u64::max);
            return Ok(Asked::Range(at, from, to));
        }
        Err(invalid(format!("chunk {first} is in no pack of the remote, and its refs reach it")))
    }

    /// A piece of the file. A host that knows no ranges sends all of it.
    pub fn feed(&mut self, status: u16, bytes: &[u8]) -> Result<()> {
        let (skip, most) = match self.asked {
            Some(Asked::Range(_, from, to)) => (if status == 206 { 0 } else { from }, to - from),
            Some(Asked::Index(_)) => (0, MAX_INDEX),
            _ => (0, MAX_REFS),
        };
        let before = (skip.saturating_sub(self.passed)).min(bytes.len() as u64);
        self.passed += before;
        let bytes = &bytes[before as usize..];
        let room = most.saturating_sub(self.body.len() as u64);
        if bytes.len() as u64 > room && !(skip > 0 || status != 206 && matches!(self.asked, Some(Asked::Range(..)))) {
            return Err(invalid(format!("a file of the remote has more than {most} bytes")));
        }
        self.body.extend_from_slice(&bytes[..bytes.len().min(room as usize)]);
        Ok(())
    }

    /// The file is whole. Answers the refs where they were asked for. A fault loses nothing.
    pub fn take(&mut self, receiver: &mut Receiver) -> Result<Option<RefList>> {
        match self.asked {
            Some(Asked::Refs) => {
                let refs = RefList::parse(&self.body)?;
                let known = std::mem::take(&mut self.packs);
                let index = |id: Address| known.iter().find(|pack| pack.id == id).and_then(|pack| pack.index.clone());
                self.packs = read_packs(&self.body)?.into_iter().map(|id| Pack { id, index: index(id) }).collect();
                return Ok(Some(refs));
            }
            Some(Asked::Index(pack)) => self.packs[pack].index = Some(read_index(&self.body)?),
            Some(Asked::Range(pack, from, to)) => self.take_range(pack, from, to, receiver)?,
            None => {}
        }
        Ok(None)
    }

    /// Whether a range was read: then chunks must have come.
    pub fn is_range(&self) -> bool { matches!(self.asked, Some(Asked::Range(..))) }

    fn take_range(&self, pack: usize, from: u64, to: u64, receiver: &mut Receiver) -> Result<()> {
        if self.body.len() as u64 != to - from {
            let text = format!("pack {}: {} of the {} bytes from {from} on came", self.packs[pack].id.hex(), self.body.len(), to - from);
            return Err(super::fetch::truncated(&text));
        }
        let index = self.packs[pack].index.as_deref().unwrap_or_default();
        let mut places: Vec<(Address, Place)> = index.iter().filter(|(_, place)| place.at >= from && end_of(place) <= to).copied().collect();
        places.sort_by_key(|(_, place)| (place.at, place.which));
        let mut came: AddressMap<Bytes> = AddressMap::default();
        let mut block: Option<(u64, Vec<Bytes>)> = None;
        for (address, place) in places {
            if block.as_ref().is_none_or(|(at, _)| *at != place.at) {
                let at = (place.at - from) as usize;
                block = Some((place.at, decode_block(&self.body[at..at + place.len as usize])?));
            }
            let chunk = block.as_ref().and_then(|(_, chunks)| chunks.get(place.which as usize));
            came.insert(address, chunk.ok_or_else(|| invalid(format!("chunk {address} is not where its index says")))?.clone());
        }
        // Parents announce what lies beside them.
        loop {
            receiver.settle_roots()?;
            let wanted: Vec<Bytes> = receiver.missing(usize::MAX).iter().filter_map(|address| came.remove(address)).collect();
            if wanted.is_empty() {
                return Ok(());
            }
            for bytes in wanted {
                receiver.accept(&bytes)?;
            }
        }
    }
}

fn end_of(place: &Place) -> u64 { place.at.saturating_add(u64::from(place.len)) }
