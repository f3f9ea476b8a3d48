//! A server's own files with anything in them: each decoder answers, none panics.

use prollite::sync::read_index;
use prollite::Address;
use prollite_server::auth::Token;
use prollite_server::manifest::{DonePush, Manifest, Tombstone};

fn next(seed: &mut u64) -> usize {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 33) as usize
}

/// Bytes changed, cut out and doubled.
fn damaged(honest: &[u8], seed: &mut u64) -> Vec<u8> {
    let mut bytes = honest.to_vec();
    for _ in 0..1 + next(seed) % 4 {
        let at = next(seed) % bytes.len().max(1);
        match next(seed) % 4 {
            0 if !bytes.is_empty() => bytes[at] = next(seed) as u8,
            1 => bytes.truncate(at),
            2 if !bytes.is_empty() => drop(bytes.drain(at..(at + 1 + next(seed) % 8).min(bytes.len()))),
            _ => {
                let again = bytes[at.min(bytes.len())..].to_vec();
                bytes.extend(again);
            }
        }
    }
    bytes
}

#[test]
fn damaged_files_are_refused() {
    let address = |text: &str| Address::of(text.as_bytes());
    let mut manifest = Manifest { generation: 7, collections: 1, packs: vec![address("a"), address("b")], ..Manifest::default() };
    manifest.refs.insert("heads/main".into(), address("c"));
    manifest.tombstones.push(Tombstone { id: address("d"), at_ms: 5 });
    manifest.done.push(DonePush { key: "12345678".into(), request: address("e"), generation: 7, at_ms: 9 });
    let encoded = manifest.encode();
    assert_eq!(Manifest::decode(&encoded).unwrap(), manifest);
    let mut index = b"prolidx\x01".to_vec();
    index.extend(3u32.to_le_bytes());
    let mut addresses = [address("a"), address("b"), address("c")];
    addresses.sort_unstable();
    for address in addresses {
        index.extend(address.as_bytes());
        index.extend([0; 16]);
    }
    let signed = |body: &[u8]| [body, Address::of(body).as_bytes()].concat();
    assert_eq!(read_index(&signed(&index)).unwrap().len(), 3);
    let tokens = br#"[{"id":"x","hash":"00","scopes":["read"],"databases":["*"]}]"#;
    assert_eq!(serde_json::from_slice::<Vec<Token>>(tokens).unwrap().len(), 1);
    let (mut seed, mut refused) = (1, 0);
    for _ in 0..20_000 {
        if let Ok(read) = Manifest::decode(&damaged(&encoded, &mut seed)) {
            assert_eq!(Manifest::decode(&read.encode()).unwrap(), read);
        } else {
            refused += 1;
        }
        assert!(read_index(&damaged(&signed(&index), &mut seed)).map_or(true, |entries| entries.len() == 3));
        let entries = read_index(&signed(&damaged(&index, &mut seed)));
        assert!(entries.map_or(true, |entries| entries.is_sorted_by(|a, b| a.0 < b.0)));
        let _ = serde_json::from_slice::<Vec<Token>>(&damaged(tokens, &mut seed));
    }
    assert!(refused > 10_000, "{refused} of 20,000 were refused");
}
