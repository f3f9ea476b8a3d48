//! Whether a folder's file system does what the server relies on: a lock keeps a second server out, a file is replaced
//! whole, and of sixteen writers at once none is lost. Network file systems fail here, and lose pushes if they are used.

use std::path::Path;
use std::sync::Arc;

use prollite::sync::serve::Rights;
use prollite::sync::{Mode, Update, Updates};
use prollite::{Code, Error, Result};

use crate::database::Database;
use crate::{io, now_ms};

const WRITERS: usize = 16;
const WRITES: usize = 8;

pub fn check(data: &Path) -> Result<()> {
    let folder = data.join(format!(".check-{}-{}", std::process::id(), now_ms()));
    let checked = race(&folder);
    std::fs::remove_dir_all(&folder).map_err(|error| io(format!("removing {}", folder.display()), error))?;
    checked
}

fn race(folder: &Path) -> Result<()> {
    let database = Arc::new(Database::open(folder, "check")?);
    if Database::open(folder, "check").is_ok() {
        return Err(Error::new(Code::StorageBlocked, "a lock did not keep a second server out"));
    }
    // Each removes a ref that is not there: a move of the manifest that needs no chunk.
    let work = |writer: usize, database: Arc<Database>| {
        move || -> std::result::Result<(), prollite::sync::Refusal> {
            for write in 0..WRITES {
                let update = Update { name: format!("heads/w{writer}"), old: None, new: None, mode: Mode::Force };
                let updates = Updates { idem: format!("check-{writer:04}-{write:04}"), updates: vec![update], packs: Vec::new() };
                database.push(&updates, Vec::new(), Rights { force: true })?;
            }
            Ok(())
        }
    };
    let threads: Vec<_> = (0..WRITERS).map(|writer| std::thread::spawn(work(writer, database.clone()))).collect();
    for thread in threads {
        let joined = thread.join().map_err(|_| Error::internal("a writer failed"))?;
        joined.map_err(prollite::sync::Refusal::into_error)?;
    }
    drop(database);
    let database = Database::open(folder, "check")?;
    let done = database.snapshot().manifest.done.len();
    match done == WRITERS * WRITES {
        true => Ok(()),
        false => Err(Error::new(Code::StorageBlocked, format!("of {} writes {done} are there", WRITERS * WRITES))),
    }
}
