//! Foreign bytes as a stream of frames, in any pieces, and as a block: `cargo +nightly fuzz run frames`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use prollite::sync::{decode_block, FrameReader};

fuzz_target!(|data: (Vec<u8>, u8, bool)| {
    let (bytes, piece, framed) = data;
    let _ = decode_block(&bytes);
    let mut reader = FrameReader::new();
    if framed {
        reader.push(b"prolsyn\x01");
    }
    for piece in bytes.chunks(usize::from(piece).max(1)) {
        reader.push(piece);
        loop {
            match reader.next() {
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(_) => return,
            }
        }
    }
});
