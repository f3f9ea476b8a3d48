use prollite::repo::{Role, Walk};
use prollite::sync::{encode_block, Codec, MAX_BLOCK};
use prollite::Address;

use crate::rows;
use crate::support::{fsck, get, Client, Folder, Server};

/// Counted by the server's own log: a small change is one request each way, and a few kilobytes.
#[test]
fn one_round_trip_each_way() {
    let folder = Folder::new("trips");
    let server = Server::start(&folder, &[]);
    let (url, address) = (server.url("notes"), server.address.clone());
    let mut ada = Client::new("ada-0000", &url, &address);
    for i in 0..50 {
        ada.commit(&format!("v{i}"), &"SELECT 1 ".repeat(40));
    }
    assert_eq!(ada.push(1).unwrap(), 1);
    let mut bob = Client::new("bob-0000", &url, &address);
    assert_eq!(bob.pull(1).unwrap(), 1);
    assert_eq!(bob.head, ada.head);
    bob.commit("more", "SELECT 2");
    let before = server.requests().len();
    assert_eq!(bob.push(1).unwrap(), 1);
    assert_eq!(ada.pull(1).unwrap(), 1);
    assert_eq!(ada.head, bob.head);
    let lines = server.requests();
    assert_eq!(lines.len() - before, 2, "{lines:#?}");
    assert!(lines[before].contains("/push") && lines[before + 1].contains("/fetch"));
    // Nothing new costs a request and no chunk.
    assert_eq!(ada.pull(1).unwrap(), 1);
    drop(server);
    fsck(&folder);
}

#[test]
fn refs_chunks_and_health() {
    let folder = Folder::new("refs");
    let server = Server::start(&folder, &[]);
    let address = &server.address;
    assert_eq!(get(address, "GET", "/healthz", &[], b""), (200, "ok\n".into()));
    assert_eq!(get(address, "GET", "/readyz", &[], b"").0, 200);
    assert_eq!(get(address, "GET", "/v1/notes/refs", &[], b"").0, 404);
    let mut ada = Client::new("ada-0001", &server.url("notes"), address);
    ada.commit("v", "SELECT 1");
    ada.push(1).unwrap();
    let (status, refs) = get(address, "GET", "/v1/notes/refs", &[], b"");
    assert!(status == 200 && refs.contains(&ada.head.hex()) && refs.contains("deflate-raw"), "{refs}");
    assert_eq!(get(address, "GET", "/v1/notes/refs", &[("if-none-match", "\"1\"")], b"").0, 304);
    let chunk = format!("/v1/notes/chunks/{}", ada.head.hex());
    assert_eq!(get(address, "GET", &chunk, &[], b"").0, 200);
    assert_eq!(get(address, "GET", &chunk[..chunk.len() - 2], &[], b"").0, 400);
    let (_, bits) = get(address, "POST", "/v1/notes/chunks/has", &[], &[ada.head.0, [7; 32]].concat());
    assert_eq!(bits.as_bytes(), [1]);
    // It stops when it is told, and what was there is there at the next start.
    drop(server);
    let server = Server::start(&folder, &[]);
    assert!(get(&server.address, "GET", "/v1/notes/refs", &[], b"").1.contains(&ada.head.hex()));
}

/// 24 MB in one push: packs first, then the refs.
#[test]
fn a_large_push_goes_in_packs() {
    let folder = Folder::new("large");
    let server = Server::start(&folder, &[]);
    let mut ada = Client::new("ada-0002", &server.url("big"), &server.address);
    let mut seed = 1u64;
    for i in 0..400 {
        let mut text = String::new();
        while text.len() < 60_000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(&format!("{:013x}", seed >> 12));
        }
        // One view at a time: a root is one chunk.
        ada.commit("v", &text);
        let _ = i;
    }
    let requests = ada.push(1).unwrap();
    assert!(requests >= 3, "{requests} requests");
    let mut bob = Client::new("bob-0002", &server.url("big"), &server.address);
    bob.pull(1).unwrap();
    assert_eq!(bob.head, ada.head);
    drop(server);
    fsck(&folder);
}

/// All that a commit reaches.
fn reachable(client: &Client, commit: Address) -> Vec<Address> {
    let mut walk = Walk::new(&client.store);
    walk.push(commit, Role::Plain);
    while walk.next().unwrap().is_some() {}
    walk.into_seen()
}

/// The new chunks of a commit, deflated block by block, and how many they are.
fn new_chunks(client: &Client, before: &[Address]) -> (usize, usize) {
    let after = reachable(client, client.head);
    let new: Vec<_> = after.iter().filter(|address| before.binary_search(address).is_err()).collect();
    let chunks: Vec<_> = new.iter().map(|address| client.store.get(address).unwrap().bytes().clone()).collect();
    let (mut deflated, mut block, mut bytes) = (0, Vec::new(), 0);
    for chunk in chunks {
        if bytes + chunk.len() > MAX_BLOCK {
            deflated += encode_block(Codec::Deflate, &std::mem::take(&mut block)).len();
            bytes = 0;
        }
        bytes += chunk.len();
        block.push(chunk);
    }
    (new.len(), deflated + encode_block(Codec::Deflate, &block).len())
}

/// One row of 500 k, and a hundred scattered ones: by the server's own log one request each way, and the bytes of both
/// directions within 1.3 times the new chunks deflated.
#[test]
fn bytes_of_small_changes() {
    let folder = Folder::new("bytes");
    let server = Server::start(&folder, &[]);
    let (url, address) = (server.url("rows"), server.address.clone());
    let mut ada = Client::new("ada-bytes", &url, &address);
    rows::commit(&mut ada, 0..500_000, 0);
    ada.push(1).unwrap();
    let mut bob = Client::new("bob-bytes", &url, &address);
    bob.pull(1).unwrap();
    assert_eq!(rows::count(&bob), 500_000);
    server.logged(0, " stream ", 1, "chunks");
    let changes: [(&str, Vec<i64>); 2] = [("1 row", vec![123_456]), ("100 rows", (0..100).map(|i| i * 5_000 + 17).collect())];
    for (tag, (what, ids)) in (1u64..).zip(changes) {
        let before = reachable(&ada, ada.head);
        rows::commit(&mut ada, ids.into_iter(), tag);
        let (count, deflated) = new_chunks(&ada, &before);
        let from = server.log_len();
        assert_eq!(ada.push(1).unwrap(), 1);
        let pushed = server.logged(from, " request ", 1, "bytes_in");
        let from = server.log_len();
        assert_eq!(bob.pull(1).unwrap(), 1);
        let asked = server.logged(from, " request ", 1, "bytes_in");
        let (streamed, chunks) = (server.logged(from, " stream ", 1, "bytes_out"), server.logged(from, " stream ", 1, "chunks"));
        assert_eq!((bob.head, chunks), (ada.head, count as u64));
        let pulled = asked + streamed;
        println!("{what}: {count} new chunks, {deflated} bytes deflated; pushed {pushed}, pulled {pulled}");
        let most = deflated as u64 * 13 / 10;
        assert!(pushed <= most && pulled <= most, "{what}: pushed {pushed}, pulled {pulled}, {deflated} deflated");
    }
    drop(server);
    fsck(&folder);
}

/// What deflate makes small is large to whoever unpacks it: it goes in several pieces.
#[test]
fn a_push_that_packs_well_goes_in_pieces() {
    let folder = Folder::new("packs-well");
    let server = Server::start(&folder, &[]);
    let mut ada = Client::new("ada-well", &server.url("well"), &server.address);
    for i in 0..700 {
        // One view at a time: a root is one chunk.
        ada.commit("v", &format!("{i} ").repeat(60_000 / 4));
    }
    let requests = ada.push(1).unwrap();
    assert!(requests >= 2, "{requests} requests");
    let mut bob = Client::new("bob-well", &server.url("well"), &server.address);
    bob.pull(1).unwrap();
    assert_eq!(bob.head, ada.head);
}
