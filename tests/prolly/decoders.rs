//! Foreign bytes: an error or an answer, never a panic, never a loop.

use prollite::chunk::{Chunk, ChunkStore, MemoryStore, Store};
use prollite::prolly::{children, Blob, Diff, KeyRange, Map, Reachable};
use prollite::Address;
use proptest::prelude::*;
use std::rc::Rc;

use crate::support::*;

/// Everything that reads, over whatever lies in the store.
fn read_all(store: &Store, root: Address, other: Map) {
    let map = Map::from_root(root);
    let _ = map.get(&**store, b"some key");
    let _ = map.get_many(&**store, &[vec![0].into(), vec![128; 9].into(), vec![255; 30].into()]);
    let _ = map.count(&**store, &KeyRange::prefix(b"\x00\x00"));
    let _ = map.nth(&**store, 3);
    for reverse in [false, true] {
        let mut cursor = map.cursor(store, KeyRange::all(), reverse);
        for _ in 0..5_000 {
            if !matches!(cursor.next(), Ok(Some(_))) {
                break;
            }
        }
        let _ = map.cursor(store, KeyRange::all(), reverse).skip(77);
    }
    for (from, to) in [(map, other), (other, map)] {
        let mut diff = Diff::new(store, from, to, KeyRange::all());
        for _ in 0..5_000 {
            if !matches!(diff.next(), Ok(Some(_))) {
                break;
            }
        }
    }
    let edit = |key: u8| (bytes::Bytes::from(vec![key; 3]), Some(bytes::Bytes::from_static(b"v")));
    let _ = map.apply(&**store, &mut [edit(0), edit(90), edit(255)].into_iter());
    let mut walk = Reachable::new(store, vec![root]);
    while let Ok(Some(_)) = walk.next(&mut |chunk| children(chunk)) {}
    for len in [10, 20_000] {
        let _ = Blob { root, len }.read(&**store);
    }
}

fn hostile(bytes: Vec<u8>, base: &Store, other: Map) {
    let store = Rc::new(MemoryStore::new());
    let root = store.put(Chunk::new(bytes)).unwrap();
    let both: Store = Rc::new(Both(store, base.clone()));
    read_all(&both, root, other);
}

struct Both(Rc<MemoryStore>, Store);

impl ChunkStore for Both {
    fn get(&self, address: &Address) -> prollite::Result<Chunk> {
        if self.0.contains(address)? {
            return self.0.get(address);
        }
        self.1.get(address)
    }
    fn put(&self, chunk: Chunk) -> prollite::Result<Address> {
        self.0.put(chunk)
    }
    fn contains(&self, address: &Address) -> prollite::Result<bool> {
        Ok(self.0.contains(address)? || self.1.contains(address)?)
    }
}

#[test]
fn every_flipped_byte_of_a_node() {
    let store: Store = Rc::new(MemoryStore::new());
    let map = build(&*store, &content(3, Shape::Dense, 1_500));
    let blob = Blob::write(&*store, &Random(5).bytes(40_000)).unwrap();
    let root = store.get(&map.root()).unwrap();
    let leaf = store.get(&children(&root).unwrap()[0]).unwrap();
    let blob_root = store.get(&blob.root).unwrap();
    for chunk in [root, leaf, blob_root] {
        for at in 0..chunk.len() {
            for bit in [1u8, 0x10, 0x80, 0xff] {
                // All of the header and the tables, a sample of the rest.
                if at < 100 || (at * 7 + usize::from(bit)) % 23 == 0 {
                    let mut bytes = chunk.bytes().to_vec();
                    bytes[at] ^= bit;
                    hostile(bytes, &store, map);
                }
            }
        }
        for cut in (0..chunk.len()).step_by(13) {
            hostile(chunk.bytes()[..cut].to_vec(), &store, map);
        }
    }
}

/// A root that calls another subtree's address a child, or itself.
#[test]
fn a_child_that_does_not_fit_its_parent_is_corrupt() {
    let store: Store = Rc::new(MemoryStore::new());
    let map = build(&*store, &content(3, Shape::Dense, 3_000));
    let root = store.get(&map.root()).unwrap();
    let kids = children(&root).unwrap();
    let table = root.len() - kids.len() * 40;
    for (i, kid) in kids.iter().enumerate() {
        let mut bytes = root.bytes().to_vec();
        let at = table + ((i + 1) % kids.len()) * 40;
        bytes[at..at + 32].copy_from_slice(kid.as_bytes());
        let forged = Map::from_root(store.put(Chunk::new(bytes)).unwrap());
        let mut cursor = forged.cursor(&store, KeyRange::all(), false);
        let error = loop {
            match cursor.next() {
                Ok(Some(_)) => {}
                Ok(None) => panic!("a forged tree was read to its end"),
                Err(error) => break error,
            }
        };
        assert_eq!(error.code(), prollite::Code::Corrupt);
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn random_bytes(
        kind in 1u8..3, level in 0u8..4, count in 0u16..40, body in prop::collection::vec(any::<u8>(), 0..600),
    ) {
        let store: Store = Rc::new(MemoryStore::new());
        let map = build(&*store, &content(3, Shape::Dense, 300));
        let mut bytes = vec![kind, 1, level];
        bytes.extend(count.to_le_bytes());
        bytes.extend(&body);
        hostile(bytes, &store, map);
        hostile(body, &store, map);
    }
}
