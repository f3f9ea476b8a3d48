//! What a liar sends, over the socket: each is answered with its code, nothing of it is stored, and memory stays bounded.

use std::rc::Rc;

use bytes::Bytes;
use prollite::chunk::{Chunk, Kind, Overlay, Store};
use prollite::prolly::Map;
use prollite::repo::{Commit, Root, Signature, Table};
use prollite::sync::{encode_block, Codec, FrameKind, FrameWriter, MAGIC, MAX_PUSH};
use prollite::Address;

use crate::rows;
use crate::support::{fsck, get, Client, Folder, Server};

fn updates(name: &str, old: Address, new: Address, idem: &str) -> String {
    format!(r#"{{"idem":"{idem}","updates":[{{"name":"{name}","old":"{}","new":"{}","mode":"ff"}}]}}"#, old.hex(), new.hex())
}

fn body(chunks: &[Bytes], updates: &str) -> Vec<u8> {
    let mut writer = FrameWriter::new(Codec::Deflate);
    chunks.iter().for_each(|chunk| writer.chunk(chunk));
    writer.frame(FrameKind::Updates, updates.as_bytes());
    writer.end();
    writer.take()
}

fn node(level: u8, items: &[(&[u8], Vec<u8>)]) -> Vec<u8> {
    let mut bytes = vec![Kind::Node as u8, 1, level];
    bytes.extend((items.len() as u16).to_le_bytes());
    if level > 0 {
        let total: u64 = items.iter().map(|(_, value)| u64::from_le_bytes(value[32..40].try_into().unwrap())).sum();
        bytes.extend(total.to_le_bytes());
    }
    let mut end = 0u16;
    for (key, _) in items {
        end += key.len() as u16;
        bytes.extend(end.to_le_bytes());
    }
    if level == 0 {
        let mut end = 0u16;
        for (_, value) in items {
            end += value.len() as u16;
            bytes.extend(end.to_le_bytes());
        }
    }
    items.iter().for_each(|(key, _)| bytes.extend(*key));
    items.iter().for_each(|(_, value)| bytes.extend(value));
    bytes
}

/// A commit on top of the client's whose table has these chunks, the last of them the root of its rows.
fn commit_of_rows(client: &Client, nodes: &[Vec<u8>]) -> (Address, Vec<Bytes>) {
    let overlay = Rc::new(Overlay::new(client.store.clone()));
    let store: Store = overlay.clone();
    let addresses: Vec<Address> = nodes.iter().map(|bytes| store.put(Chunk::new(bytes.clone())).unwrap()).collect();
    let mut root = Root::default();
    let map = Map::from_root(*addresses.last().unwrap());
    root.tables.insert("t".into(), Rc::new(Table { schema: Rc::new(rows::schema()), rows: map, indexes: Vec::new() }));
    let root = root.write(&*store).unwrap();
    let signature = Signature::new("mallory", "", 0);
    let (tip, _) = Commit::create(&store, root, vec![client.head], signature.clone(), signature, "lies").unwrap();
    (tip, overlay.take().into_iter().map(|(_, chunk)| chunk.bytes().clone()).collect())
}

#[test]
fn lies_are_answered_and_not_stored() {
    let folder = Folder::new("hostile");
    let server = Server::start(&folder, &[]);
    let address = &server.address;
    let mut ada = Client::new("ada-hostile", &server.url("notes"), address);
    ada.commit("v", "SELECT 1");
    ada.push(1).unwrap();
    let old = ada.head;
    let row = vec![0u8, 0];
    let leaf = node(0, &[(b"a", row.clone()), (b"b", row.clone())]);
    let child = |bytes: &[u8], count: u64| [&Address::of(bytes).0[..], &count.to_le_bytes()].concat();
    let mut deep = vec![leaf.clone()];
    for level in 1..=20 {
        let below = child(deep.last().unwrap(), 2);
        deep.push(node(level, &[(b"b", below)]));
    }
    // A level that says it is its own child's.
    let flat = vec![leaf.clone(), node(1, &[(b"b", child(&leaf, 2))])];
    let cyclic = vec![leaf.clone(), flat[1].clone(), node(1, &[(b"b", child(&flat[1], 2))])];
    let disorder = vec![node(0, &[(b"b", row.clone()), (b"a", row.clone())])];
    let push = "/v1/notes/push";
    let mut refused: Vec<(&str, &str, Vec<u8>, u16, &str)> = Vec::new();
    for (what, nodes) in [("a deep tree", deep), ("a level that does not fall", cyclic), ("keys out of order", disorder)] {
        let (tip, chunks) = commit_of_rows(&ada, &nodes);
        refused.push((what, push, body(&chunks, &updates("heads/main", old, tip, "hostile-1")), 400, "REMOTE_INVALID"));
    }
    let (tip, honest) = commit_of_rows(&ada, &flat);
    let forged: Vec<Bytes> = honest.iter().map(|chunk| if chunk[..] == leaf[..] { leaf.iter().rev().copied().collect::<Vec<u8>>().into() } else { chunk.clone() }).collect();
    refused.push(("a forged chunk", push, body(&forged, &updates("heads/main", old, tip, "hostile-2")), 422, "REMOTE_INVALID"));
    refused.push(("a ref outside", push, body(&honest, &updates("../x", old, tip, "hostile-3")), 400, "REMOTE_INVALID"));
    refused.push(("a ref of the working set", push, body(&honest, &updates("work/main", old, tip, "hostile-4")), 400, "REMOTE_INVALID"));
    let framed = |frame: &[u8]| [&MAGIC[..], frame].concat();
    refused.push(("a huge frame", push, framed(b"\x09\xff\xff\xff\xff"), 400, "REMOTE_INVALID"));
    refused.push(("a huge block", push, framed(b"\x09\x0d\0\0\0\x02\xff\xff\xff\xff\x01\0\0\0\xff\xff\xff\xff"), 400, "REMOTE_INVALID"));
    refused.push(("a block of too many chunks", push, framed(b"\x09\x0d\0\0\0\x02\x0a\0\0\0\xff\xff\xff\xff\x0a\0\0\0"), 400, "REMOTE_INVALID"));
    let whole = body(&honest, &updates("heads/main", old, tip, "hostile-5"));
    refused.push(("half a push", push, whole[..whole.len() / 2].to_vec(), 400, "REMOTE_INVALID"));
    refused.push(("a push and more", push, [&whole[..], b"more"].concat(), 400, "REMOTE_INVALID"));
    refused.push(("more than a push may be", push, vec![0; MAX_PUSH + 1], 413, "REMOTE_INVALID"));
    // Eight megabytes that would be eight thousand.
    let zeros = encode_block(Codec::Deflate, &vec![Bytes::from(vec![0u8; 65_535]); 16]);
    let mut bomb = MAGIC.to_vec();
    while bomb.len() + zeros.len() + 5 < MAX_PUSH {
        bomb.push(FrameKind::Block as u8);
        bomb.extend((zeros.len() as u32).to_le_bytes());
        bomb.extend(&zeros);
    }
    refused.push(("a bomb", push, bomb.clone(), 413, "REMOTE_INVALID"));
    let files = |folder: &Folder| {
        let count = |name: &str| std::fs::read_dir(folder.0.join("data/db/notes").join(name)).unwrap().count();
        (count("packs"), count("staged"), std::fs::read(folder.0.join("data/db/notes/manifest.json")).unwrap())
    };
    let before = files(&folder);
    for (what, path, body, status, code) in &refused {
        let (found, answer) = get(address, "POST", path, &[], body);
        assert!(found == *status && answer.contains(code), "{what}: {found} {answer}");
        assert!(files(&folder) == before, "{what} left something");
    }
    // The same bomb as a pack, from sixteen at once: what is unpacked at the same time is bounded.
    let path = format!("/v1/notes/packs/{}", Address::of(&bomb).hex());
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| assert_eq!(get(address, "PUT", &path, &[], &bomb).0, 413));
        }
    });
    assert!(files(&folder) == before);
    // An unsolicited chunk beside an honest push is not kept.
    let unsolicited = Bytes::from(node(0, &[(b"z", row)]));
    let chunks: Vec<Bytes> = honest.iter().chain([&unsolicited]).cloned().collect();
    let (status, answer) = get(address, "POST", push, &[], &body(&chunks, &updates("heads/main", old, tip, "hostile-6")));
    assert_eq!(status, 200, "{answer}");
    let asked = [Address::of(&leaf).0, Address::of(&unsolicited).0].concat();
    assert_eq!(get(address, "POST", "/v1/notes/chunks/has", &[], &asked).1.as_bytes(), [1]);
    let memory = server.most_memory();
    println!("{} MB were resident at most", memory >> 20);
    assert!(memory < 512 << 20, "{memory} bytes were resident");
    drop(server);
    fsck(&folder);
}
