//! Foreign bytes as what a server reads of its own files: `cargo +nightly fuzz run server`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use prollite::sync::read_index;
use prollite_server::auth::Token;
use prollite_server::manifest::Manifest;

fuzz_target!(|bytes: Vec<u8>| {
    if let Ok(manifest) = Manifest::decode(&bytes) {
        assert!(Manifest::decode(&manifest.encode()).is_ok_and(|again| again == manifest));
    }
    let _ = serde_json::from_slice::<Vec<Token>>(&bytes);
    let _ = read_index(&bytes);
    // The same with a hash that fits.
    let _ = read_index(&[&bytes[..], prollite::Address::of(&bytes).as_bytes()].concat());
});
