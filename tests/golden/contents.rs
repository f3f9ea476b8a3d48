//! Fixed contents and their roots, for native and wasm alike: any change of them is a change of the
//! format. No dependency but the crate, so that a test of any target can include this file.

use bytes::Bytes;
use prollite::chunk::{ChunkStore, MemoryStore};
use prollite::prolly::{Blob, Map};
use prollite::Address;

/// SplitMix64 of a number.
fn mixed(n: u64) -> u64 {
    let mut z = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn bytes(seed: u64, len: usize) -> Bytes {
    let words = (0..len as u64 / 8 + 1).flat_map(|i| mixed(seed ^ i << 40).to_le_bytes());
    words.take(len).collect()
}

fn map(store: &MemoryStore, entries: u64, entry: impl Fn(u64) -> (Bytes, Bytes)) -> Address {
    let mut entries: Vec<(Bytes, Option<Bytes>)> =
        (0..entries).map(entry).map(|(key, value)| (key, Some(value))).collect();
    entries.sort_unstable();
    entries.dedup_by(|a, b| a.0 == b.0);
    Map::EMPTY
        .apply(store, &mut entries.into_iter())
        .map(|map| map.root())
        .unwrap_or_default()
}

fn hex(address: &Address) -> String {
    address.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Lines of the fixture `tests/golden/prolly.txt`: a name and an address in hex.
pub fn lines() -> String {
    let store = MemoryStore::new();
    let number = |n: u64| Bytes::copy_from_slice(&n.to_be_bytes());
    let mut roots = vec![
        ("map of nothing", map(&store, 0, |n| (number(n), Bytes::new()))),
        (
            "map of one empty entry",
            map(&store, 1, |_| (Bytes::new(), Bytes::new())),
        ),
        ("map of 100 numbers", map(&store, 100, |n| (number(n), bytes(n, 20)))),
        (
            "map of 10,000 numbers",
            map(&store, 10_000, |n| (number(n), bytes(n, 52))),
        ),
        (
            "map of 20,000 random keys",
            map(&store, 20_000, |n| {
                (bytes(n, 1 + (mixed(n) % 40) as usize), bytes(!n, 9))
            }),
        ),
        (
            "map of long keys",
            map(&store, 300, |n| {
                (bytes(n, 2_000 + (mixed(n) % 1_073) as usize), number(n))
            }),
        ),
        (
            "map of long values",
            map(&store, 300, |n| (number(n), bytes(n, (mixed(n) % 4_097) as usize))),
        ),
        (
            "map of keys without values",
            map(&store, 30_000, |n| {
                (Bytes::copy_from_slice(&n.to_be_bytes()[5..]), Bytes::new())
            }),
        ),
    ];
    for (name, len) in [
        ("blob of nothing", 0),
        ("blob of one byte", 1),
        ("blob of 10,000 bytes", 10_000),
        ("blob of 1,000,000 bytes", 1_000_000),
    ] {
        roots.push((
            name,
            Blob::write(&store, &bytes(len, len as usize))
                .map(|blob| blob.root)
                .unwrap_or_default(),
        ));
    }
    let zeros = Blob::write(&store, &[0; 300_000])
        .map(|blob| blob.root)
        .unwrap_or_default();
    roots.push(("blob of 300,000 zeros", zeros));
    for (_, root) in &roots {
        assert!(root.is_none() || store.contains(root).unwrap_or(false));
    }
    roots
        .iter()
        .map(|(name, root)| format!("{} {name}\n", hex(root)))
        .collect()
}
