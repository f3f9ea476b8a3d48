//! The store file under crashes, damage and sweeps.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use prollite::chunk::{Chunk, ChunkStore, FileStore};
use prollite::{Address, Code};

/// A folder of a test, removed when the test is over.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("prollite-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    pub fn file(&self) -> PathBuf {
        self.0.join("store")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap_or_default();
    }
}

type Refs = BTreeMap<String, Vec<u8>>;

fn chunk(n: usize) -> Chunk {
    Chunk::new(vec![n as u8; 40 + n])
}

/// Four batches; the file's size and the refs after each, the chunks of each.
fn history(folder: &Folder) -> Vec<(u64, Refs, Vec<Address>)> {
    std::fs::remove_file(folder.file()).unwrap_or_default();
    let store = FileStore::open(folder.file()).unwrap();
    let mut states = vec![(store.size(), Refs::new(), Vec::new())];
    for batch in 0..4usize {
        let addresses = (0..3).map(|n| store.put(chunk(batch * 3 + n)).unwrap()).collect();
        let set = [
            ("main".to_string(), Some(vec![batch as u8; 5])),
            (format!("old{batch}"), None),
        ];
        store.publish(&set).unwrap();
        store.publish(&[(format!("old{}", batch + 1), Some(vec![]))]).unwrap();
        states.push((store.size(), store.refs(), addresses));
    }
    states
}

#[test]
fn a_file_cut_anywhere_opens_at_a_published_state() {
    let folder = Folder::new("cut");
    let states = history(&folder);
    let whole = std::fs::read(folder.file()).unwrap();
    assert_eq!(whole.len() as u64, states[4].0);
    for len in 0..=whole.len() {
        std::fs::write(folder.file(), &whole[..len]).unwrap();
        let store = FileStore::open(folder.file()).unwrap();
        let (_, refs, _) = states
            .iter()
            .rev()
            .find(|(size, ..)| *size <= len.max(8) as u64)
            .unwrap();
        let found = store.refs();
        // Between two states lies one publish that has a batch of its own.
        let main = |refs: &Refs| refs.get("main").cloned();
        assert!(found == *refs || main(&found) >= main(refs), "cut at {len}");
        for (size, _, addresses) in &states {
            if *size <= len as u64 {
                addresses
                    .iter()
                    .for_each(|address| assert_eq!(store.get(address).unwrap().address(), *address));
            }
        }
        if len % 16 > 0 {
            continue;
        }
        // And it goes on from there.
        let address = store.put(chunk(99)).unwrap();
        store.publish(&[("after".to_string(), Some(vec![1]))]).unwrap();
        drop(store);
        let store = FileStore::open(folder.file()).unwrap();
        assert!(store.get(&address).is_ok() && store.get_ref("after").is_some());
    }
}

#[test]
fn a_torn_tail_of_garbage_is_cut() {
    let folder = Folder::new("torn");
    let states = history(&folder);
    let whole = std::fs::read(folder.file()).unwrap();
    for garbage in [vec![0; 5_000], vec![1; 70], vec![2; 300], vec![255; 10]] {
        std::fs::write(folder.file(), [&whole[..], &garbage].concat()).unwrap();
        let store = FileStore::open(folder.file()).unwrap();
        assert_eq!(store.refs(), states[4].1);
        assert_eq!(store.size(), whole.len() as u64);
    }
}

/// A flipped byte: an error, or the state before the newest batch, in which damage cannot be told
/// from a torn write. Never a state that was not published, never a chunk with other bytes.
#[test]
fn every_flipped_byte() {
    let folder = Folder::new("flip");
    let states = history(&folder);
    let whole = std::fs::read(folder.file()).unwrap();
    let mut refused = 0;
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x40;
        std::fs::write(folder.file(), &bytes).unwrap();
        match FileStore::open(folder.file()) {
            Err(error) => {
                assert_eq!(error.code(), Code::Corrupt);
                assert_eq!(
                    std::fs::read(folder.file()).unwrap(),
                    bytes,
                    "a refused file is left alone"
                );
                refused += 1;
            }
            Ok(store) => {
                assert_eq!(store.refs().get("main"), states[4].1.get("main"), "flip at {at}");
                for address in states.iter().flat_map(|(_, _, addresses)| addresses) {
                    assert_eq!(store.get(address).unwrap().address(), *address);
                }
            }
        }
    }
    assert!(refused > whole.len() * 8 / 10);
}

#[test]
fn what_is_put_again_is_not_written_again() {
    let folder = Folder::new("again");
    history(&folder);
    let store = FileStore::open(folder.file()).unwrap();
    let size = store.size();
    store.put(chunk(4)).unwrap();
    assert_eq!(store.size(), size);
}

#[test]
fn a_sweep_keeps_refs_and_what_it_is_told() {
    let folder = Folder::new("sweep");
    let states = history(&folder);
    let store = FileStore::open(folder.file()).unwrap();
    let before = store.size();
    let unpublished = store.put(chunk(77)).unwrap();
    let keep: HashSet<Address> = states[2].2.iter().copied().chain([unpublished]).collect();
    store.sweep(&keep).unwrap();
    // The new file is held as the old one was.
    assert_eq!(
        FileStore::open(folder.file()).err().map(|error| error.code()),
        Some(Code::StorageBlocked)
    );
    assert!(store.size() < before && store.len() == 4);
    keep.iter().for_each(|address| assert!(store.get(address).is_ok()));
    assert!(!store.contains(&states[1].2[0]).unwrap());
    let added = store.put(chunk(78)).unwrap();
    store.publish(&[("main".to_string(), Some(b"later".to_vec()))]).unwrap();
    drop(store);
    let store = FileStore::open(folder.file()).unwrap();
    assert_eq!(store.get_ref("main").as_deref(), Some(&b"later"[..]));
    assert_eq!(store.refs().len(), states[4].1.len());
    keep.iter()
        .chain([&added])
        .for_each(|address| assert!(store.get(address).is_ok()));
}

#[test]
fn one_process_at_a_time() {
    let folder = Folder::new("lock");
    let store = FileStore::open(folder.file()).unwrap();
    let error = FileStore::open(folder.file()).err().unwrap();
    assert_eq!(error.code(), Code::StorageBlocked);
    drop(store);
    assert!(FileStore::open(folder.file()).is_ok());
}

#[test]
fn another_file_is_refused_and_left_alone() {
    let folder = Folder::new("other");
    for content in [&b"text"[..], b"some other file, long enough"] {
        std::fs::write(folder.file(), content).unwrap();
        assert_eq!(FileStore::open(folder.file()).err().unwrap().code(), Code::Corrupt);
        assert_eq!(std::fs::read(folder.file()).unwrap(), content);
    }
}
