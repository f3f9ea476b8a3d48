//! A remote that lies: each lie is refused with its code, and nothing of it is kept.

use bytes::Bytes;
use prollite::chunk::{Chunk, Kind, Store};
use prollite::prolly::Map;
use prollite::repo::{Commit, Root, Signature};
use prollite::sync::serve::{check_push, Rights};
use prollite::sync::{
    decode_block, encode_block, Codec, Fetch, FrameKind, FrameReader, FrameWriter, Job, Mode, Receiver, RefList, Update, Updates,
};
use prollite::{Address, Code, Error};

use crate::support::{empty, filled, head, reachable};

fn raw(address: &Address, store: &Store) -> Bytes { store.get(address).unwrap().bytes().clone() }

#[test]
fn a_forged_or_unsolicited_chunk_is_refused() {
    let (source, _session) = filled();
    let store = source.repository().store().clone();
    let target = empty();
    let mut receiver = Receiver::new(&target);
    receiver.want_commit(head(&source)).unwrap();
    let commit = raw(&head(&source), &store);
    let mut forged = commit.to_vec();
    *forged.last_mut().unwrap() ^= 1;
    for bytes in [forged.into(), Bytes::from_static(b"\x01\x01anything"), raw(&Commit::read(&*store, &head(&source)).unwrap().root, &store)] {
        assert_eq!(receiver.accept(&bytes).unwrap_err().code(), Code::RemoteInvalid);
    }
    assert!(receiver.accept(&commit).unwrap());
    assert!(!receiver.accept(&commit).unwrap(), "a duplicate is passed over");
    assert_eq!(receiver.chunks(), 1);
}

/// A chunk of the right address in the wrong place: a schema where a commit must be, a leaf where an inner node must be.
#[test]
fn a_chunk_of_another_kind_is_refused() {
    let (source, _session) = filled();
    let store = source.repository().store().clone();
    for address in reachable(&store, &[head(&source)]) {
        let chunk = store.get(&address).unwrap();
        let mut receiver = Receiver::new(&empty());
        if chunk.kind().unwrap() == Kind::Commit {
            receiver.want_tag(address).unwrap();
        } else {
            receiver.want_commit(address).unwrap();
        }
        let refused = receiver.accept(chunk.bytes()).unwrap_err();
        assert_eq!(refused.code(), Code::RemoteInvalid, "{:?}", chunk.kind());
    }
}

fn signature() -> Signature { Signature::new("mallory", "", 0) }

/// A push of a commit over `rows` as the rows of a table of the source's schema.
fn pushed(store: &Store, view: &Store, source: Address, rows: Map) -> Result<(), prollite::sync::Refusal> {
    let commit = Commit::read(&**store, &source).unwrap();
    let mut root = Root::read(&**store, &commit.root).unwrap();
    let mut table = (**root.table("t").unwrap()).clone();
    table.rows = rows;
    root.tables.insert("t".into(), table.into());
    let root = root.write(&**view).unwrap();
    let (tip, _) = Commit::create(view, root, vec![source], signature(), signature(), "lies").unwrap();
    push(store, view, source, tip)
}

fn push(store: &Store, view: &Store, old: Address, new: Address) -> Result<(), prollite::sync::Refusal> {
    let mut refs = RefList::default();
    refs.refs.insert("heads/main".into(), old);
    let update = Update { name: "heads/main".into(), old: Some(old), new: Some(new), mode: Mode::FastForward };
    let updates = Updates { idem: "12345678".into(), updates: vec![update], packs: Vec::new() };
    let get = |address: &Address| match store.contains(address)? {
        true => Ok(None),
        false => Ok(view.get(address).ok().map(|chunk| chunk.bytes().clone())),
    };
    check_push(store, view, get, &refs, &updates, Rights::default()).map(drop)
}

fn node(level: u8, items: &[(&[u8], Vec<u8>)], total: Option<u64>) -> Vec<u8> {
    let mut bytes = vec![Kind::Node as u8, 1, level];
    bytes.extend((items.len() as u16).to_le_bytes());
    if let Some(total) = total {
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

fn child(address: Address, count: u64) -> Vec<u8> { [&address.0[..], &count.to_le_bytes()].concat() }

fn overlay(store: &Store) -> Store { std::rc::Rc::new(prollite::chunk::Overlay::new(store.clone())) }

#[test]
fn trees_that_are_not_well_formed_are_refused() {
    let (source, _session) = filled();
    let store = source.repository().store().clone();
    let tip = head(&source);
    // A row of one NULL cell stands for any.
    let row = vec![0u8, 0];
    let leaf = node(0, &[(b"a", row.clone()), (b"b", row.clone())], None);
    let cases: Vec<(&str, Vec<Vec<u8>>)> = vec![
        ("keys out of order", vec![node(0, &[(b"b", row.clone()), (b"a", row.clone())], None)]),
        ("another level", vec![leaf.clone(), node(2, &[(b"b", child(Address::of(&leaf), 2))], Some(2))]),
        ("another greatest key", vec![leaf.clone(), node(1, &[(b"c", child(Address::of(&leaf), 2))], Some(2))]),
        ("another count", vec![leaf.clone(), node(1, &[(b"b", child(Address::of(&leaf), 3))], Some(3))]),
        ("a sum", vec![leaf.clone(), node(1, &[(b"b", child(Address::of(&leaf), 2))], Some(9))]),
        ("a level above 16", {
            let mut chain = vec![leaf.clone()];
            for level in 1..=20 {
                let below = Address::of(chain.last().unwrap());
                chain.push(node(level, &[(b"b", child(below, 2))], Some(2)));
            }
            chain
        }),
        ("a large value of another length", {
            let blob = Chunk::build(Kind::Blob, b"\0short");
            let mut cell = vec![6u8];
            cell.extend(blob.address().0);
            cell.extend(77u64.to_le_bytes());
            let row = [&[0u8, 1, cell.len() as u8][..], &cell].concat();
            vec![blob.bytes().to_vec(), node(0, &[(b"a", row)], None)]
        }),
    ];
    for (what, chunks) in cases {
        let view = overlay(&store);
        let addresses: Vec<Address> = chunks.into_iter().map(|bytes| view.put(Chunk::new(bytes)).unwrap()).collect();
        let refusal = pushed(&store, &view, tip, Map::from_root(*addresses.last().unwrap())).unwrap_err();
        assert_eq!((refusal.status, refusal.code), (400, Code::RemoteInvalid), "{what}: {}", refusal.message);
    }
    // The same with nothing wrong.
    let view = overlay(&store);
    let root = view.put(Chunk::new(leaf)).unwrap();
    pushed(&store, &view, tip, Map::from_root(root)).unwrap();
}

/// An index reused as a table's rows: every chunk of it is here and none is what it is said to be.
#[test]
fn what_is_here_already_is_looked_at_too() {
    let (source, _session) = filled();
    let store = source.repository().store().clone();
    let commit = Commit::read(&*store, &head(&source)).unwrap();
    let root = Root::read(&*store, &commit.root).unwrap();
    let index = root.table("t").unwrap().indexes[0];
    let refusal = pushed(&store, &overlay(&store), head(&source), index).unwrap_err();
    assert_eq!(refusal.code, Code::RemoteInvalid, "{}", refusal.message);
}

#[test]
fn missing_chunks_are_listed_and_wrong_ancestors_are_found() {
    let (source, _session) = filled();
    let store = source.repository().store().clone();
    let tip = head(&source);
    let absent = Address::of(b"absent");
    let refusal = pushed(&store, &overlay(&store), tip, Map::from_root(absent)).unwrap_err();
    assert_eq!((refusal.status, refusal.missing), (422, vec![absent]));
    // A height that the parents do not give.
    let view = overlay(&store);
    let commit = Commit::read(&*store, &tip).unwrap();
    let (_, mut child) = Commit::create(&view, commit.root, vec![tip], signature(), signature(), "x").unwrap();
    child.height += 3;
    let lie = view.put(child.to_chunk().unwrap()).unwrap();
    assert_eq!(push(&store, &view, tip, lie).unwrap_err().code, Code::RemoteInvalid);
    // Not a descendant.
    let (other, _) = Commit::create(&view, commit.root, commit.parents, signature(), signature(), "beside").unwrap();
    assert_eq!(push(&store, &view, tip, other).unwrap_err().status, 409);
}

#[test]
fn blocks_and_frames_keep_their_limits() {
    // A bomb: a megabyte that its header calls ten bytes, and one that says more than a block may hold.
    let zeros = Bytes::from(vec![0u8; 60_000]);
    let honest = encode_block(Codec::Deflate, &[zeros.clone()]);
    assert_eq!(decode_block(&honest).unwrap(), [zeros]);
    let lie = |at: usize, number: u32| {
        let mut block = honest.clone();
        block[at..at + 4].copy_from_slice(&number.to_le_bytes());
        decode_block(&block).unwrap_err()
    };
    let both = |number: u32| {
        let mut block = honest.clone();
        block[1..5].copy_from_slice(&number.to_le_bytes());
        block[9..13].copy_from_slice(&number.to_le_bytes());
        decode_block(&block).unwrap_err()
    };
    let refused: Vec<Error> = vec![lie(1, 10), lie(1, u32::MAX), lie(5, u32::MAX), lie(5, 0), lie(9, u32::MAX), lie(9, 1), both(10), both(64)];
    assert!(refused.iter().all(|error| error.code() == Code::RemoteInvalid), "{refused:?}");
    let mut reader = FrameReader::new();
    reader.push(b"prolsyn\x01\x09\xff\xff\xff\xff");
    assert!(reader.next().unwrap_err().message().contains("at most"));
    for start in [&b"HTTP/1.1"[..], b"<html>", b"prolsyn\x02"] {
        let mut reader = FrameReader::new();
        reader.push(start);
        assert_eq!(reader.next().unwrap_err().code(), Code::RemoteInvalid);
    }
}

/// A stream that ends without END, or whose END is that of another stream, is no success.
#[test]
fn an_end_that_does_not_fit_is_refused() {
    let stream = |text: &[u8]| {
        let mut writer = FrameWriter::new(Codec::Deflate);
        writer.frame(FrameKind::Meta, text);
        writer.end();
        writer.take()
    };
    let (one, mut other) = (stream(b"one"), stream(b"two"));
    let end = one.len() - 48;
    other[end..].copy_from_slice(&one[end..]);
    let mut reader = FrameReader::new();
    reader.push(&other);
    reader.next().unwrap();
    assert_eq!(reader.next().unwrap_err().code(), Code::RemoteInvalid);
    let mut reader = FrameReader::new();
    reader.push(&one[..one.len() - 1]);
    while reader.next().unwrap().is_some() {}
    assert!(!reader.is_ended());
}

#[test]
fn names_that_are_no_refs_are_refused() {
    for name in ["../x", "heads/../x", "heads/", "work/main", "heads/a b", "heads/-x", "heads/a\\u0000", "reflog/main", "tags/.x"] {
        let json = format!(r#"{{"gen":1,"refs":{{"{name}":"{}"}}}}"#, Address::of(b"x").hex());
        assert_eq!(RefList::parse(json.as_bytes()).unwrap_err().code(), Code::RemoteInvalid, "{name}");
        let json = format!(r#"{{"idem":"12345678","updates":[{{"name":"{name}","new":"{}"}}]}}"#, Address::of(b"x").hex());
        assert_eq!(Updates::parse(json.as_bytes()).unwrap_err().code(), Code::RemoteInvalid, "{name}");
    }
}

/// A refused answer may be anything: a proxy may have written it.
#[test]
fn any_refusal_becomes_an_error() {
    let cases: &[(u16, &[u8], Code)] = &[
        (401, b"", Code::RemoteAuth),
        (403, b"{\"code\":\"REMOTE_AUTH\",\"message\":\"no\"}", Code::RemoteAuth),
        (404, b"<html>nginx</html>", Code::RemoteInvalid),
        (503, b"\xff\xfe", Code::RemoteUnreachable),
        (507, b"{}", Code::Quota),
        (302, b"[1", Code::RemoteInvalid),
    ];
    for (status, body, code) in cases {
        let fetch = Fetch::new("memory", &empty(), vec!["heads/*".into()], Vec::new());
        fetch.request().unwrap();
        fetch.answered(*status);
        fetch.feed(body).unwrap();
        assert_eq!(fetch.end().unwrap_err().code(), *code, "{status}");
    }
}
