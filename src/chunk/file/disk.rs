//! What the store asks of the file system: little enough that a test can stand in for it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Error, ErrorKind, Read, Result, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// One file. What was written is durable after `sync`, not before.
pub(super) trait Disk {
    fn name(&self) -> String;
    fn len(&mut self) -> Result<u64>;
    /// Fills `out`, or fails.
    fn read_at(&mut self, at: u64, out: &mut [u8]) -> Result<()>;
    fn write_at(&mut self, at: u64, bytes: &[u8]) -> Result<()>;
    fn set_len(&mut self, len: u64) -> Result<()>;
    fn sync(&mut self) -> Result<()>;
    /// An empty file that may take this one's place.
    fn beside(&self) -> Result<Box<dyn Disk>>;
    /// Takes the place of the file that this one was made beside: after a crash, one or the other is there.
    fn settle(&mut self) -> Result<()>;
}

/// A real file, locked against other processes.
pub(super) struct FileDisk {
    path: PathBuf,
    place: PathBuf,
    file: File,
}

impl FileDisk {
    pub fn open(path: &Path) -> Result<FileDisk> {
        let disk = FileDisk::at(path, path, false)?;
        // A new file is there after a crash when its folder knows of it.
        sync_folder(path)?;
        Ok(disk)
    }

    fn at(path: &Path, place: &Path, truncate: bool) -> Result<FileDisk> {
        let mut options = OpenOptions::new();
        let file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(truncate)
            .open(path)?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => Error::new(ErrorKind::WouldBlock, "it is open already"),
            TryLockError::Error(error) => error,
        })?;
        Ok(FileDisk {
            path: path.to_path_buf(),
            place: place.to_path_buf(),
            file,
        })
    }
}

impl Disk for FileDisk {
    fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn len(&mut self) -> Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn read_at(&mut self, at: u64, out: &mut [u8]) -> Result<()> {
        self.file.seek(SeekFrom::Start(at))?;
        self.file.read_exact(out)
    }

    fn write_at(&mut self, at: u64, bytes: &[u8]) -> Result<()> {
        self.file.seek(SeekFrom::Start(at))?;
        self.file.write_all(bytes)
    }

    fn set_len(&mut self, len: u64) -> Result<()> {
        self.file.set_len(len)
    }

    fn sync(&mut self) -> Result<()> {
        self.file.sync_all()
    }

    fn beside(&self) -> Result<Box<dyn Disk>> {
        let path = self.path.with_extension("sweep");
        Ok(Box::new(FileDisk::at(&path, &self.path, true)?))
    }

    fn settle(&mut self) -> Result<()> {
        std::fs::rename(&self.path, &self.place)?;
        self.path.clone_from(&self.place);
        sync_folder(&self.place)
    }
}

fn sync_folder(path: &Path) -> Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    // Not every system can open a folder; where it cannot, there is nothing to flush.
    File::open(folder).map_or(Ok(()), |folder| folder.sync_all())
}
