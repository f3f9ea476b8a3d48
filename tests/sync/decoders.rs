//! Bytes that nobody wrote on purpose: every decoder answers, none panics.

use bytes::Bytes;
use prollite::sync::{decode_block, FetchRequest, FrameReader, GetRequest, Receiver, RefList, Refusal, Updates};
use proptest::prelude::*;

use crate::support::{empty, filled, head, refs_of};

fn read_all(bytes: &[u8], piece: usize) {
    let mut reader = FrameReader::new();
    for piece in bytes.chunks(piece.max(1)) {
        reader.push(piece);
        loop {
            match reader.next() {
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(_) => return,
            }
        }
    }
}

proptest! {
    #[test]
    fn random_bytes(bytes in prop::collection::vec(any::<u8>(), 0..600), piece in 1usize..64) {
        let mut framed = b"prolsyn\x01".to_vec();
        framed.extend(&bytes);
        read_all(&framed, piece);
        read_all(&bytes, piece);
        let _ = decode_block(&bytes);
        let _ = (FetchRequest::parse(&bytes), GetRequest::parse(&bytes), RefList::parse(&bytes), Updates::parse(&bytes));
        let _ = Refusal::from_answer(500, &bytes);
        let mut receiver = Receiver::new(&empty());
        let _ = receiver.want_commit(prollite::Address::of(&bytes));
        let _ = receiver.accept(&Bytes::from(bytes));
    }

    #[test]
    fn frames_with_any_kind_and_length(kind in 0u8..14, len in 0u32..200, body in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut framed = b"prolsyn\x01".to_vec();
        framed.push(kind);
        framed.extend(len.to_le_bytes());
        framed.extend(body);
        read_all(&framed, 17);
    }
}

/// Bits flipped in an honest stream: it is refused, or what it brings is what was wanted.
#[test]
fn flipped_bits() {
    let (source, _session) = filled();
    let store = source.repository().store().clone();
    let request = FetchRequest { want: vec!["heads/*".into()], done: true, ..FetchRequest::default() };
    let honest = prollite::sync::serve::fetch(&store, &refs_of(&source), &request).unwrap().whole().unwrap();
    let mut seed = 7u64;
    let mut refused = 0;
    for _ in 0..200 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mut bytes = honest.clone();
        let at = (seed >> 20) as usize % bytes.len();
        bytes[at] ^= 1 << (seed & 7);
        let fetch = prollite::sync::Fetch::new("memory", &empty(), vec!["heads/*".into()], Vec::new());
        use prollite::sync::Job;
        fetch.request().unwrap();
        fetch.answered(200);
        let came = fetch.feed(&bytes).and_then(|()| fetch.advance()).and_then(|()| fetch.end());
        refused += usize::from(came.is_err());
        if let Ok(fetched) = fetch.fetched() {
            assert_eq!(fetched.refs.refs["heads/main"], head(&source));
        }
    }
    assert!(refused >= 199, "{refused} of 200 were refused");
}
