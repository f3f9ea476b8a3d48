//! Files that are there whole or not at all: written beside, made durable, renamed, and the folder made durable too.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use prollite::Result;

use crate::io;

/// A name beside `path` that no other write uses.
pub fn beside(path: &Path) -> PathBuf {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{name}.{}-{number}.tmp", std::process::id()))
}

pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let temporary = beside(path);
    let written = File::create(&temporary).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    if let Err(error) = written {
        // On a full disk what is half written must not stay.
        let _ = fs::remove_file(&temporary);
        return Err(io(format!("writing {}", temporary.display()), error));
    }
    settle(&temporary, path)
}

/// Bytes that are left to this program on the disk of `folder`.
pub fn free(folder: &Path) -> Result<u64> {
    let disk = rustix::fs::statvfs(folder).map_err(|error| io(format!("asking the disk of {}", folder.display()), error.into()))?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// Puts a durable file in its place.
pub fn settle(temporary: &Path, path: &Path) -> Result<()> {
    fs::rename(temporary, path).map_err(|error| io(format!("renaming to {}", path.display()), error))?;
    sync_folder(path.parent().unwrap_or(Path::new(".")))
}

pub fn sync_folder(folder: &Path) -> Result<()> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| io(format!("syncing {}", folder.display()), error))
}

pub fn make_folder(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(|error| io(format!("making {}", folder.display()), error))
}

/// Removes what a crash left half-written.
pub fn sweep_temporaries(folder: &Path) -> Result<()> {
    let entries = fs::read_dir(folder).map_err(|error| io(format!("reading {}", folder.display()), error))?;
    for entry in entries.flatten() {
        if entry.path().extension().is_some_and(|extension| extension == "tmp") {
            fs::remove_file(entry.path()).map_err(|error| io(format!("removing {}", entry.path().display()), error))?;
        }
    }
    Ok(())
}
