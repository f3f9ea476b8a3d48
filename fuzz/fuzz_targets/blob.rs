//! Foreign bytes as a blob tree, and any value written and read back: `cargo +nightly fuzz run blob`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use prollite::chunk::{Chunk, ChunkStore, MemoryStore};
use prollite::prolly::{children, Blob};

fuzz_target!(|data: (Vec<u8>, u64, u64)| {
    let (bytes, from, to) = data;
    let store = MemoryStore::new();
    if let Ok(root) = store.put(Chunk::new(bytes.clone())) {
        for len in [1, from, to, bytes.len() as u64] {
            let _ = Blob { root, len }.read_range(&store, from, to);
        }
        if let Ok(chunk) = store.get(&root) {
            let _ = children(&chunk);
        }
    }
    let Ok(blob) = Blob::write(&store, &bytes) else { return };
    assert!(blob.read(&store).is_ok_and(|read| read == bytes));
    let (start, end) = (from.min(bytes.len() as u64) as usize, to.min(bytes.len() as u64) as usize);
    let part = blob.read_range(&store, from, to);
    assert!(part.is_ok_and(|part| part == bytes[start..end.max(start)]));
});
