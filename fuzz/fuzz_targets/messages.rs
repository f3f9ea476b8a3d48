//! Foreign bytes as each JSON message, and as a chunk that was wanted: `cargo +nightly fuzz run messages`.
#![no_main]

use std::rc::Rc;

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use prollite::chunk::{MemoryStore, Store};
use prollite::sync::{FetchRequest, GetRequest, Receiver, RefList, Refusal, Updates};
use prollite::Address;

fuzz_target!(|bytes: Vec<u8>| {
    let _ = (FetchRequest::parse(&bytes), GetRequest::parse(&bytes), RefList::parse(&bytes), Updates::parse(&bytes));
    let _ = Refusal::from_answer(409, &bytes);
    let store: Store = Rc::new(MemoryStore::new());
    let mut receiver = Receiver::new(&store);
    let address = Address::of(&bytes);
    if bytes.first() == Some(&7) {
        let _ = receiver.want_tag(address);
    } else {
        let _ = receiver.want_commit(address);
    }
    let _ = receiver.accept(&Bytes::from(bytes));
});
