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
