//! The store over its file.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

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
    path: PathBuf,
    inner: RefCell<Inner>,
}

struct Inner {
    file: File,
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
        let path = path.as_ref().to_path_buf();
        let name = path.display().to_string();
        let opened = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path);
        let mut file = opened.map_err(|error| blocked(&name, &error))?;
        lock(&file, &name)?;
        let size = file.metadata().map_err(|error| blocked(&name, &error))?.len();
        if size < MAGIC.len() as u64 {
            // New, or torn while it was made.
            let mut head = Vec::new();
            file.rewind()
                .and_then(|()| file.read_to_end(&mut head))
                .map_err(|error| blocked(&name, &error))?;
            if !MAGIC.starts_with(&head) {
                return Err(Error::corrupt(format!("{name} is not a store file")));
            }
            let made = file
                .rewind()
                .and_then(|()| file.write_all(MAGIC))
                .and_then(|()| file.sync_all());
            made.map_err(|error| failed(&name, &error))?;
            sync_folder(&path)?;
        }
        let scanned = scan(&mut file, &name)?;
        let size = file.metadata().map_err(|error| blocked(&name, &error))?.len();
        if scanned.end < size {
            file.set_len(scanned.end)
                .and_then(|()| file.sync_all())
                .map_err(|error| failed(&name, &error))?;
        }
        let inner = Inner {
            file,
            index: scanned.index,
            refs: scanned.refs,
            cache: Residency::new(CACHE),
            batch_at: scanned.end,
            end: scanned.end,
            buffer: Vec::new(),
            broken: false,
        };
        Ok(FileStore {
            path,
            inner: RefCell::new(inner),
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
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
        if let Err(error) = inner.write_buffer().and_then(|()| inner.file.sync_data()) {
            inner.undo(start, kept);
            return Err(failed(&self.name(), &error));
        }
        inner.batch_at = inner.end;
        record::patch(&mut inner.refs, set.to_vec());
        Ok(())
    }

    /// Keeps the chunks in `keep` and all refs, and gives the room of the rest back: a new file takes
    /// the place of the old by a rename, so that a crash leaves the one or the other.
    pub fn sweep(&self, keep: &HashSet<Address>) -> Result<()> {
        let inner = &mut *self.inner.borrow_mut();
        inner.write_buffer().map_err(|error| failed(&self.name(), &error))?;
        let mut kept: Vec<(Address, Place)> = inner
            .index
            .iter()
            .filter(|(address, _)| keep.contains(*address))
            .map(|(a, p)| (*a, *p))
            .collect();
        kept.sort_unstable_by_key(|(_, place)| place.at);
        let beside = self.path.with_extension("sweep");
        let name = beside.display().to_string();
        let mut options = OpenOptions::new();
        let opened = options.read(true).write(true).create(true).truncate(true).open(&beside);
        let mut file = opened.map_err(|error| failed(&name, &error))?;
        lock(&file, &name)?;
        let mut index = AddressMap::default();
        let mut buffer = MAGIC.to_vec();
        let mut end = 0u64;
        for (address, place) in kept {
            let payload = inner.read(place).map_err(|error| failed(&self.name(), &error))?;
            if Address::of(&payload) != address {
                return Err(Error::corrupt(format!("chunk {address} is damaged in {}", self.name())));
            }
            let at = end + buffer.len() as u64 + HEADER as u64;
            index.insert(address, Place { at, len: place.len });
            record::write_chunk(&mut buffer, &address, &payload);
            if buffer.len() >= BUFFER {
                file.write_all(&buffer).map_err(|error| failed(&name, &error))?;
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
        let written = file.write_all(&buffer).and_then(|()| file.sync_all());
        written
            .and_then(|()| std::fs::rename(&beside, &self.path))
            .map_err(|error| failed(&name, &error))?;
        end += buffer.len() as u64;
        sync_folder(&self.path)?;
        inner.file = file;
        inner.cache.clear();
        (inner.index, inner.batch_at, inner.end, inner.broken) = (index, end, end, false);
        Ok(())
    }

    fn name(&self) -> String {
        self.path.display().to_string()
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
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(&self.buffer)?;
        self.end += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    /// After a batch could not be made durable it must not come back at the next open. When it was
    /// not even written, its chunks are still buffered, and the store goes on.
    fn undo(&mut self, start: u64, kept: usize) {
        self.broken |= self.end != start || self.file.set_len(start).is_err();
        if self.broken {
            // A last attempt: the caller learns of the failure of the batch either way.
            self.file
                .set_len(start)
                .and_then(|()| self.file.sync_all())
                .unwrap_or_default();
        }
        self.buffer.truncate(kept);
    }

    fn read(&mut self, place: Place) -> std::io::Result<Vec<u8>> {
        let mut bytes = vec![0; place.len as usize];
        if place.at >= self.end {
            let start = (place.at - self.end) as usize;
            let buffered = self.buffer.get(start..start + bytes.len());
            bytes.copy_from_slice(buffered.ok_or(std::io::ErrorKind::UnexpectedEof)?);
        } else {
            self.file.seek(SeekFrom::Start(place.at))?;
            self.file.read_exact(&mut bytes)?;
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
            return Err(Error::corrupt(format!("chunk {address} is not in {}", self.name())));
        };
        let bytes = inner
            .read(place)
            .map_err(|error| Error::corrupt(format!("chunk {address} cannot be read from {}: {error}", self.name())))?;
        let chunk = Chunk::new(bytes);
        let found = chunk.address();
        if found != *address {
            let name = self.name();
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
            inner.write_buffer().map_err(|error| failed(&self.name(), &error))?;
        }
        Ok(address)
    }

    fn contains(&self, address: &Address) -> Result<bool> {
        Ok(self.inner.borrow().index.contains_key(address))
    }
}

fn lock(file: &File, name: &str) -> Result<()> {
    file.try_lock().map_err(|error| match error {
        std::fs::TryLockError::WouldBlock => Error::new(
            Code::StorageBlocked,
            format!("store file {name} is open in another process"),
        ),
        std::fs::TryLockError::Error(error) => blocked(name, &error),
    })
}

/// A rename or a new file is durable when its folder is.
fn sync_folder(path: &Path) -> Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    // Not every system can open a folder; where it cannot, there is nothing to flush.
    match File::open(folder) {
        Ok(folder_file) => folder_file
            .sync_all()
            .map_err(|error| failed(&folder.display().to_string(), &error)),
        Err(_) => Ok(()),
    }
}

fn blocked(name: &str, error: &std::io::Error) -> Error {
    Error::new(
        Code::StorageBlocked,
        format!("store file {name} cannot be opened: {error}"),
    )
}

fn failed(name: &str, error: &std::io::Error) -> Error {
    let code = match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Code::Quota,
        _ => Code::StorageBlocked,
    };
    Error::new(code, format!("store file {name} cannot be written: {error}"))
}
