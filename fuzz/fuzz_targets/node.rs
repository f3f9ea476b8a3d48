//! Foreign bytes as the root of a map, read in every way: `cargo +nightly fuzz run node`.
#![no_main]

use std::rc::Rc;

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use prollite::chunk::{Chunk, MemoryStore, Store};
use prollite::prolly::{children, leaf_entries, Diff, KeyRange, Map};

fuzz_target!(|data: (Vec<u8>, Vec<Vec<u8>>)| {
    let (root, others) = data;
    let store: Store = Rc::new(MemoryStore::new());
    let mut addresses: Vec<_> = others.into_iter().filter_map(|bytes| store.put(Chunk::new(bytes)).ok()).collect();
    addresses.extend(store.put(Chunk::new(root)));
    let edits = |key: u8| (Bytes::from(vec![key; 3]), Some(Bytes::from_static(b"value")));
    for address in &addresses {
        let map = Map::from_root(*address);
        if let Ok(chunk) = store.get(address) {
            let _ = (children(&chunk), leaf_entries(&chunk));
        }
        let _ = map.get(&*store, b"key");
        let _ = map.count(&*store, &KeyRange::prefix(b"k"));
        let _ = map.nth(&*store, 2);
        let _ = map.apply(&*store, &mut [edits(0), edits(107), edits(255)].into_iter());
        for reverse in [false, true] {
            let mut cursor = map.cursor(&store, KeyRange::all(), reverse);
            let mut last: Option<Bytes> = None;
            while let Ok(Some((key, _))) = cursor.next() {
                assert!(last.is_none_or(|last| if reverse { key < last } else { key > last }));
                last = Some(key);
            }
        }
        let mut diff = Diff::new(&store, map, Map::from_root(addresses[0]), KeyRange::all());
        while let Ok(Some(_)) = diff.next() {}
    }
});
