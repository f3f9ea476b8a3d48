//! Large values: reading back, parts, and what an edit costs.

use bytes::Bytes;
use prollite::chunk::MemoryStore;
use prollite::prolly::Blob;
use proptest::prelude::*;

use crate::support::*;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn reads_back_whole_and_in_parts(seed: u64, len in prop_oneof![0usize..3_000, 0usize..200_000], zeros: bool) {
        let store = MemoryStore::new();
        let mut random = Random(seed);
        let bytes = if zeros { Bytes::from(vec![0; len]) } else { random.bytes(len) };
        let blob = Blob::write(&store, &bytes).unwrap();
        prop_assert_eq!(blob.len, len as u64);
        prop_assert_eq!(blob.root.is_none(), len == 0);
        prop_assert!(blob.read(&store).unwrap() == bytes);
        for _ in 0..20 {
            let (from, to) = (random.below(len as u64 + 10), random.below(len as u64 + 10));
            let part = blob.read_range(&store, from, to).unwrap();
            let to = (to as usize).min(len);
            let expected = if from as usize >= to { &[][..] } else { &bytes[from as usize..to] };
            prop_assert!(&part[..] == expected);
        }
        prop_assert_eq!(Blob::write(&store, &bytes).unwrap(), blob);
    }

    #[test]
    fn an_edit_rewrites_the_leaves_around_it(seed: u64, len in 60_000usize..400_000, at: u64) {
        let store = MemoryStore::new();
        let bytes = Random(seed).bytes(len);
        Blob::write(&store, &bytes).unwrap();
        let before = store.bytes();
        let at = (at % len as u64) as usize;
        let edited = [&bytes[..at], b"an insertion", &bytes[at..]].concat();
        let blob = Blob::write(&store, &edited).unwrap();
        prop_assert!(blob.read(&store).unwrap() == edited);
        prop_assert!(store.bytes() - before < 100_000, "{} bytes rewritten", store.bytes() - before);
    }
}

#[test]
fn a_wrong_length_is_corrupt() {
    let store = MemoryStore::new();
    let blob = Blob::write(&store, &Random(1).bytes(50_000)).unwrap();
    for len in [1, 49_999, 50_001, u64::MAX] {
        let error = Blob { len, ..blob }.read(&store).unwrap_err();
        assert_eq!(error.code(), prollite::Code::Corrupt);
    }
}
