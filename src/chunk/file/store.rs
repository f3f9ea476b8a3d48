//! The store over its file.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::io::ErrorKind;
use std::path::Path;

use super::disk::{Disk, FileDisk};
use super::record::{self, HEADER, MAGIC};
use super::scan::{scan, Place};
use crate::chunk::residency::Residency;
use crate::chunk::{AddressMap, Chunk, ChunkStore};
use crate::error::{Code, Error, Result};
use crate::hash::Address;

/// Bytes kept in memory of what was read and written.
const CACHE: usize = 64 << 20;
/// Bytes of new chunks that are buffered before they are written.
const BUFFER: usize = 1 << 20;

/// A store in one append-only file. What was put is durable when the `publish` after it returned:
/// chunks and refs go out in one append and one fsync, and a crash leaves all of it or nothing.
pub struct FileStore {
    name: String,
    inner: RefCell<Inner>,
}

struct Inner {
    disk: Box<dyn Disk>,
    index: AddressMap<Place>,
    refs: BTreeMap<String, Vec<u8>>,
    cache: Residency,
    /// Where the present batch begins: the end of the last one.
    batch_at: u64,
    /// Where `buffer` will go.
    end: u64,
    buffer: Vec<u8>,
    /// A write failed and could not be undone: the file's end is unknown.
    broken: bool,
}

impl FileStore {
    /// Opens the file, or makes it. One process at a time.
    pub fn open(path: impl AsRef<Path>) -> Result<FileStore> {
        let path = path.as_ref();
        let disk = FileDisk::open(path).map_err(|error| blocked(&path.display().to_string(), &error))?;
        FileStore::on(Box::new(disk))
    }

    pub(super) fn on(mut disk: Box<dyn Disk>) -> Result<FileStore> {
        let name = disk.name();
        let size = disk.len().map_err(|error| blocked(&name, &error))?;
        if size <= MAGIC.len() as u64 {
            // New, or torn while it was made: then its bytes may be there or zero.
            let mut head = vec![0; size as usize];
            disk.read_at(0, &mut head).map_err(|error| blocked(&name, &error))?;
            if head.iter().zip(MAGIC).any(|(found, byte)| found != byte && *found != 0) {
                return Err(Error::corrupt(format!("{name} is not a store file")));
            }
            disk.write_at(0, MAGIC).and_then(|()| disk.sync()).map_err(|error| failed(&name, &error))?;
        }
        let scanned = scan(&mut *disk)?;
        if scanned.end < disk.len().map_err(|error| blocked(&name, &error))? {
            disk.set_len(scanned.end)
                .and_then(|()| disk.sync())
                .map_err(|error| failed(&name, &error))?;
        }
        let inner = Inner {
            disk,
            index: scanned.index,
            refs: scanned.refs,
            cache: Residency::new(CACHE),
            batch_at: scanned.end,
            end: scanned.end,
            buffer: Vec::new(),
            broken: false,
        };
        Ok(FileStore {
            name,
            inner: RefCell::new(inner),
        })
    }

    /// All ref records.
    pub fn refs(&self) -> BTreeMap<String, Vec<u8>> {
        self.inner.borrow().refs.clone()
    }

    pub fn get_ref(&self, name: &str) -> Option<Vec<u8>> {
        self.inner.borrow().refs.get(name).cloned()
    }

    /// Number of chunks.
    pub fn len(&self) -> usize {
        self.inner.borrow().index.len()
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Bytes of the file and of what is buffered for it.
    pub fn size(&self) -> u64 {
        let inner = self.inner.borrow();
        inner.end + inner.buffer.len() as u64
    }

    /// Makes everything put before durable, together with these refs (`None` removes one).
    pub fn publish(&self, set: &[(String, Option<Vec<u8>>)]) -> Result<()> {
        let inner = &mut *self.inner.borrow_mut();
        if set.is_empty() && inner.buffer.is_empty() && inner.end == inner.batch_at {
            return Ok(());
        }
        let (start, kept) = (inner.end, inner.buffer.len());
        record::write_batch(&mut inner.buffer, inner.batch_at, set);
        if let Err(error) = inner.write_buffer().and_then(|()| inner.disk.sync()) {
            inner.undo(start, kept);
            return Err(failed(&self.name, &error));
        }
        inner.batch_at = inner.end;
        record::patch(&mut inner.refs, set.to_vec());
        Ok(())
    }

    /// Keeps the chunks in `keep` and all refs, and gives the room of the rest back: a new file takes
    /// the place of the old, so that a crash leaves the one or the other.
    pub fn sweep(&self, keep: &HashSet<Address>) -> Result<()> {
        let inner = &mut *self.inner.borrow_mut();
        let write_failed = |error: std::io::Error| failed(&self.name, &error);
        inner.write_buffer().map_err(write_failed)?;
        let mut kept: Vec<(Address, Place)> = inner
            .index
            .iter()
            .filter(|(address, _)| keep.contains(*address))
            .map(|(a, p)| (*a, *p))
            .collect();
        kept.sort_unstable_by_key(|(_, place)| place.at);
        let mut disk = inner.disk.beside().map_err(write_failed)?;
        let mut index = AddressMap::default();
        let mut buffer = MAGIC.to_vec();
        let mut end = 0u64;
        for (address, place) in kept {
            let payload = inner
                .read(place)
                .map_err(|error| unreadable(&address, &self.name, &error))?;
            if Address::of(&payload) != address {
                return Err(Error::corrupt(format!("chunk {address} is damaged in {}", self.name)));
            }
            let at = end + buffer.len() as u64 + HEADER as u64;
            index.insert(address, Place { at, len: place.len });
            record::write_chunk(&mut buffer, &address, &payload);
            if buffer.len() >= BUFFER {
                disk.write_at(end, &buffer).map_err(write_failed)?;
                end += buffer.len() as u64;
                buffer.clear();
            }
        }
        let refs: Vec<record::RefEdit> = inner
            .refs
            .iter()
            .map(|(name, value)| (name.clone(), Some(value.clone())))
            .collect();
        record::write_batch(&mut buffer, MAGIC.len() as u64, &refs);
        disk.write_at(end, &buffer)
            .and_then(|()| disk.sync())
            .map_err(write_failed)?;
        end += buffer.len() as u64;
        if let Err(error) = disk.settle() {
            // Which of the two files is in place is not known.
            inner.broken = true;
            return Err(write_failed(error));
        }
        inner.disk = disk;
        inner.cache.clear();
        (inner.index, inner.batch_at, inner.end, inner.broken) = (index, end, end, false);
        Ok(())
    }
}

impl Inner {
    fn write_buffer(&mut self) -> std::io::Result<()> {
        if self.broken {
            return Err(std::io::Error::other("an earlier write failed and could not be undone"));
        }
        if self.buffer.is_empty() {
            return Ok(());
        }
        self.disk.write_at(self.end, &self.buffer)?;
        self.end += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    /// After a batch could not be made durable it must not come back at the next open. When it was
    /// not even written, its chunks are still buffered, and the store goes on.
    fn undo(&mut self, start: u64, kept: usize) {
        self.broken |= self.end != start || self.disk.set_len(start).is_err();
        if self.broken {
            // A last attempt: the caller learns of the failure of the batch either way.
            self.disk
                .set_len(start)
                .and_then(|()| self.disk.sync())
                .unwrap_or_default();
        }
        self.buffer.truncate(kept);
    }

    fn read(&mut self, place: Place) -> std::io::Result<Vec<u8>> {
        let mut bytes = vec![0; place.len as usize];
        if place.at >= self.end {
            let start = (place.at - self.end) as usize;
            let buffered = self.buffer.get(start..start + bytes.len());
            bytes.copy_from_slice(buffered.ok_or(ErrorKind::UnexpectedEof)?);
        } else {
            self.disk.read_at(place.at, &mut bytes)?;
        }
        Ok(bytes)
    }
}

impl ChunkStore for FileStore {
    fn get(&self, address: &Address) -> Result<Chunk> {
        let inner = &mut *self.inner.borrow_mut();
        if let Some(chunk) = inner.cache.get(address) {
            return Ok(chunk);
        }
        let Some(place) = inner.index.get(address).copied() else {
            return Err(Error::corrupt(format!("chunk {address} is not in {}", self.name)));
        };
        let bytes = inner
            .read(place)
            .map_err(|error| unreadable(address, &self.name, &error))?;
        let chunk = Chunk::new(bytes);
        let found = chunk.address();
        if found != *address {
            let name = &self.name;
            return Err(Error::corrupt(format!(
                "chunk {address} is damaged in {name}, its bytes hash to {found}"
            )));
        }
        inner.cache.insert(*address, chunk.clone(), false);
        Ok(chunk)
    }

    fn put(&self, chunk: Chunk) -> Result<Address> {
        let address = chunk.address();
        let inner = &mut *self.inner.borrow_mut();
        if inner.index.contains_key(&address) {
            return Ok(address);
        }
        let at = inner.end + inner.buffer.len() as u64 + HEADER as u64;
        record::write_chunk(&mut inner.buffer, &address, chunk.bytes());
        inner.index.insert(
            address,
            Place {
                at,
                len: chunk.len() as u32,
            },
        );
        inner.cache.insert(address, chunk, false);
        if inner.buffer.len() >= BUFFER {
            inner.write_buffer().map_err(|error| failed(&self.name, &error))?;
        }
        Ok(address)
    }

    fn contains(&self, address: &Address) -> Result<bool> {
        Ok(self.inner.borrow().index.contains_key(address))
    }
}

fn blocked(name: &str, error: &std::io::Error) -> Error {
    Error::new(
        Code::StorageBlocked,
        format!("store file {name} cannot be opened: {error}"),
    )
}

fn unreadable(address: &Address, name: &str, error: &std::io::Error) -> Error {
    Error::corrupt(format!("chunk {address} cannot be read from {name}: {error}"))
}

fn failed(name: &str, error: &std::io::Error) -> Error {
    let code = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Code::Quota,
        _ => Code::StorageBlocked,
    };
    Error::new(code, format!("store file {name} cannot be written: {error}"))
}
