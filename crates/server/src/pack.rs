//! Packs: many chunks in one immutable file, named by the hash of its bytes, and an index beside it.
//!
//! ```text
//! ⟨id⟩.pack  `prolpak` 01 · blocks, one after the other (the protocol's, of about 64 KiB of chunks each)
//! ⟨id⟩.idx   `prolidx` 01 · u32le n · n × (address · u64le offset of the block · u32le its length · u32le which chunk
//!            of it), ascending by address · BLAKE3 of all that
//! ```

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use prollite::sync::{decode_block, encode_block, read_index, write_index, Codec};
pub use prollite::sync::Place;
use prollite::{Address, Error, Result};

use crate::{files, io};

const PACK_MAGIC: &[u8; 8] = b"prolpak\x01";
/// Raw bytes of chunks in a block. Smaller than the wire's: one chunk is read by inflating its block.
const BLOCK: usize = 64 << 10;

#[derive(Debug)]
pub struct Pack {
    pub id: Address,
    file: File,
    /// Ascending by address.
    entries: Vec<(Address, Place)>,
    pub bytes: u64,
}

pub fn pack_path(folder: &Path, id: &Address) -> PathBuf { folder.join(format!("{}.pack", id.hex())) }
pub fn index_path(folder: &Path, id: &Address) -> PathBuf { folder.join(format!("{}.idx", id.hex())) }

impl Pack {
    pub fn open(folder: &Path, id: Address) -> Result<Pack> {
        let path = pack_path(folder, &id);
        let file = File::open(&path).map_err(|error| io(format!("opening {}", path.display()), error))?;
        let bytes = file.metadata().map_err(|error| io(format!("reading {}", path.display()), error))?.len();
        let index = index_path(folder, &id);
        let read = fs::read(&index).map_err(|error| io(format!("reading {}", index.display()), error))?;
        let entries = read_index(&read).map_err(|_| Error::corrupt(format!("index {} is damaged", index.display())))?;
        Ok(Pack { id, file, entries, bytes })
    }

    pub fn find(&self, address: &Address) -> Option<Place> {
        self.entries.binary_search_by(|(found, _)| found.cmp(address)).ok().map(|at| self.entries[at].1)
    }

    pub fn len(&self) -> usize { self.entries.len() }
    pub fn is_empty(&self) -> bool { self.entries.is_empty() }
    pub fn addresses(&self) -> impl Iterator<Item = &Address> { self.entries.iter().map(|(address, _)| address) }

    /// The chunks of the block at a place.
    pub fn block(&self, place: Place) -> Result<Vec<Bytes>> {
        let mut bytes = vec![0; place.len as usize];
        self.file.read_exact_at(&mut bytes, place.at).map_err(|error| io(format!("reading pack {}", self.id.hex()), error))?;
        decode_block(&bytes).map_err(|error| Error::corrupt(format!("pack {}: {}", self.id.hex(), error.message())))
    }

    /// Reads everything again: whether the file is what its name says, and each chunk what the index says.
    pub fn check(&self) -> Result<()> {
        let mut hasher = blake3::Hasher::new();
        let mut at = 0;
        let mut buffer = vec![0; 1 << 20];
        while at < self.bytes {
            let len = buffer.len().min((self.bytes - at) as usize);
            let read = self.file.read_exact_at(&mut buffer[..len], at);
            read.map_err(|error| io(format!("reading pack {}", self.id.hex()), error))?;
            hasher.update(&buffer[..len]);
            at += len as u64;
        }
        if hasher.finalize().as_bytes() != self.id.as_bytes() {
            return Err(Error::corrupt(format!("pack {} has other bytes than its name says", self.id.hex())));
        }
        let mut by_place: Vec<&(Address, Place)> = self.entries.iter().collect();
        by_place.sort_by_key(|(_, place)| (place.at, place.which));
        let mut block: Option<(u64, Vec<Bytes>)> = None;
        for (address, place) in by_place {
            if block.as_ref().is_none_or(|(at, _)| *at != place.at) {
                block = Some((place.at, self.block(*place)?));
            }
            let chunk = block.as_ref().and_then(|(_, chunks)| chunks.get(place.which as usize));
            if chunk.map(|chunk| Address::of(chunk)) != Some(*address) {
                return Err(Error::corrupt(format!("pack {}: chunk {address} is not where the index says", self.id.hex())));
            }
        }
        Ok(())
    }
}

/// A pack in the making. Given up, it leaves no file.
pub struct PackWriter {
    folder: PathBuf,
    path: Temporary,
    file: BufWriter<File>,
    hasher: blake3::Hasher,
    at: u64,
    block: Vec<(Address, Bytes)>,
    block_bytes: usize,
    entries: Vec<(Address, Place)>,
}

impl PackWriter {
    pub fn new(folder: &Path) -> Result<PackWriter> {
        let path = files::beside(&folder.join("pack"));
        let file = File::create(&path).map_err(|error| io(format!("making {}", path.display()), error))?;
        let mut writer = PackWriter {
            folder: folder.into(),
            path: Temporary(path),
            file: BufWriter::new(file),
            hasher: blake3::Hasher::new(),
            at: 0,
            block: Vec::new(),
            block_bytes: 0,
            entries: Vec::new(),
        };
        writer.write(PACK_MAGIC)?;
        Ok(writer)
    }

    /// Another name than that of any other pack: a block that no index names comes first. Where several machines write,
    /// a pack that is about to be removed must not be listed anew.
    pub fn salted(mut self) -> Result<PackWriter> {
        let mut salt = [0; 16];
        getrandom::fill(&mut salt).map_err(|error| Error::internal(format!("no random numbers: {error}")))?;
        self.write(&encode_block(Codec::Raw, &[Bytes::copy_from_slice(&salt)]))?;
        Ok(self)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(|error| io(format!("writing {}", self.path.0.display()), error))?;
        self.hasher.update(bytes);
        self.at += bytes.len() as u64;
        Ok(())
    }

    pub fn bytes(&self) -> u64 { self.at + self.block_bytes as u64 }
    pub fn is_empty(&self) -> bool { self.entries.is_empty() && self.block.is_empty() }

    pub fn push(&mut self, address: Address, bytes: Bytes) -> Result<()> {
        self.block_bytes += bytes.len();
        self.block.push((address, bytes));
        if self.block_bytes >= BLOCK { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<()> {
        if self.block.is_empty() {
            return Ok(());
        }
        let chunks: Vec<Bytes> = self.block.iter().map(|(_, bytes)| bytes.clone()).collect();
        let block = encode_block(Codec::Deflate, &chunks);
        for (which, (address, _)) in std::mem::take(&mut self.block).into_iter().enumerate() {
            self.entries.push((address, Place { at: self.at, len: block.len() as u32, which: which as u32 }));
        }
        self.block_bytes = 0;
        self.write(&block)
    }

    /// Makes it durable under its name. The index is there before the pack is.
    pub fn finish(mut self) -> Result<Pack> {
        self.flush()?;
        let wrong = |error| io(format!("writing {}", self.path.0.display()), error);
        self.file.flush().and_then(|()| self.file.get_ref().sync_all()).map_err(wrong)?;
        let id = Address(*self.hasher.finalize().as_bytes());
        self.entries.sort_unstable_by_key(|(address, _)| *address);
        self.entries.dedup_by_key(|(address, _)| *address);
        let index = write_index(&self.entries);
        files::write(&index_path(&self.folder, &id), &index)?;
        files::settle(&self.path.0, &pack_path(&self.folder, &id))?;
        Pack::open(&self.folder, id)
    }
}

/// A file that is removed, unless it has another name by then.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) { let _ = fs::remove_file(&self.0); }
}
