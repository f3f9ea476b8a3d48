//! What goes over the wire is what is missing, whole, whatever happens on the way.

use prollite::chunk::ChunkStore;
use prollite::repo::{Commit, Refs};
use prollite::sync::{haves, Codec, Event, Fetch, FrameKind, FrameReader, FrameWriter, Job};
use prollite::{Address, Code};

use crate::support::{carry, empty, filled, head, keep, reachable, refs_of, serve_one};

fn all() -> Vec<String> { vec!["heads/*".into(), "tags/*".into()] }

#[test]
fn a_clone_is_every_chunk_once() {
    let (source, mut session) = filled();
    for i in 0..40 {
        session.execute(&format!("UPDATE t SET n = n + 1 WHERE id = {}", i * 71), &[]).unwrap();
        session.execute(&format!("SELECT dolt_commit('-am', 'change {i}')"), &[]).unwrap();
    }
    let store = source.repository().store().clone();
    let target = empty();
    let fetch = Fetch::new("memory", &target, all(), Vec::new());
    let cost = carry(&fetch, &store, &refs_of(&source)).unwrap();
    let taken = keep(&target, &fetch);
    let needed = reachable(&store, &[head(&source)]);
    // The tag's own chunk is not reached from the head.
    assert_eq!((cost.requests, taken), (1, needed.len() + 1));
    assert_eq!(reachable(&target, &[head(&source)]), needed);
}

/// After each kind of change the next fetch brings exactly the new chunks, in one request.
#[test]
fn a_fetch_is_the_difference() {
    let (source, mut session) = filled();
    let store = source.repository().store().clone();
    let target = empty();
    let fetch = Fetch::new("memory", &target, all(), Vec::new());
    carry(&fetch, &store, &refs_of(&source)).unwrap();
    keep(&target, &fetch);
    let changes = [
        "UPDATE t SET name = 'other' WHERE id = 1500",
        "DELETE FROM t WHERE id < 40",
        "INSERT INTO t SELECT id + 10000, name, n FROM t WHERE id % 50 = 0",
        "UPDATE docs SET body = CONCAT(SUBSTR(body, 1, 40000), 'inserted', SUBSTR(body, 40001)) WHERE id = 1",
        "ALTER TABLE t ADD COLUMN more INT DEFAULT 3",
        "CREATE INDEX by_name ON t (name)",
        "INSERT INTO loose VALUES (1, 'x'), (9, 'new')",
        "DROP VIEW v",
        "CREATE TABLE late (k TEXT PRIMARY KEY)",
        "DROP TABLE docs",
    ];
    let mut known = head(&source);
    for change in changes {
        session.execute(change, &[]).unwrap();
        session.execute("SELECT dolt_commit('-Am', 'changed')", &[]).unwrap();
        let before = reachable(&store, &[known]);
        let after = reachable(&store, &[head(&source)]);
        let new = after.iter().filter(|address| before.binary_search(address).is_err()).count();
        let fetch = Fetch::new("memory", &target, all(), haves(&target, &[known]).unwrap());
        let cost = carry(&fetch, &store, &refs_of(&source)).unwrap();
        assert_eq!((cost.requests, keep(&target, &fetch)), (1, new), "{change}");
        known = head(&source);
    }
}

/// Several commits at once, and one of them takes back what another did.
#[test]
fn what_several_commits_share_goes_once() {
    let (source, mut session) = filled();
    let store = source.repository().store().clone();
    let target = empty();
    let fetch = Fetch::new("memory", &target, all(), Vec::new());
    carry(&fetch, &store, &refs_of(&source)).unwrap();
    keep(&target, &fetch);
    let known = head(&source);
    let before = reachable(&store, &[known]);
    for (i, change) in ["UPDATE t SET n = -1 WHERE id = 5", "UPDATE t SET n = -1 WHERE id = 2995", "UPDATE t SET n = 5 WHERE id = 5"].iter().enumerate() {
        session.execute(change, &[]).unwrap();
        session.execute(&format!("SELECT dolt_commit('-Am', 'change {i}')"), &[]).unwrap();
    }
    let after = reachable(&store, &[head(&source)]);
    let new = after.iter().filter(|address| before.binary_search(address).is_err()).count();
    let fetch = Fetch::new("memory", &target, all(), vec![known]);
    carry(&fetch, &store, &refs_of(&source)).unwrap();
    let taken = keep(&target, &fetch);
    assert!(taken >= new && taken <= new + 2, "{taken} chunks were sent, {new} are new");
    assert_eq!(reachable(&target, &[head(&source)]), after);
}

/// A connection that breaks after any number of bytes: what came stays, the rest is asked for, nothing is asked twice.
#[test]
fn a_cut_is_taken_up_again() {
    let (source, _session) = filled();
    let store = source.repository().store().clone();
    let refs = refs_of(&source);
    let needed = reachable(&store, &[head(&source)]);
    let (mut cuts, mut at) = (0, 1);
    while at < 400_000 {
        let target = empty();
        let fetch = Fetch::new("memory", &target, all(), Vec::new());
        let mut left = Some(at);
        let mut bytes = 0;
        while let Some(request) = fetch.request().unwrap() {
            let body = serve_one(&store, &refs, &request).unwrap().whole().unwrap();
            fetch.answered(200);
            let cut = left.take().map_or(body.len(), |at| at.min(body.len()));
            let mut here = 0;
            while here < cut {
                let piece = &body[here..cut.min(here + 50_000)];
                fetch.feed(piece).unwrap();
                fetch.advance().unwrap();
                here += piece.len();
            }
            bytes += cut;
            if cut < body.len() {
                assert_eq!(fetch.end().unwrap_err().code(), Code::RemoteUnreachable);
                fetch.cut();
                cuts += 1;
            } else {
                fetch.end().unwrap();
            }
        }
        assert_eq!(keep(&target, &fetch), needed.len() + 1, "cut at {at}");
        assert_eq!(reachable(&target, &[head(&source)]), needed);
        assert!(bytes > 0);
        at = at * 3 / 2 + 1;
    }
    assert!(cuts > 10, "only {cuts} cuts");
}

/// The haves name a common commit however far two histories went apart.
#[test]
fn diverged_histories_meet() {
    let (source, mut session) = filled();
    let store = source.repository().store().clone();
    let target = empty();
    let fetch = Fetch::new("memory", &target, all(), Vec::new());
    carry(&fetch, &store, &refs_of(&source)).unwrap();
    keep(&target, &fetch);
    // Thirty commits here that the source never sees.
    let mut tip = head(&source);
    for i in 0..30 {
        let base = Commit::read(&*target, &tip).unwrap();
        let message = format!("here {i}");
        tip = Commit::create(&target, base.root, vec![tip], base.author.clone(), base.committer, &message).unwrap().0;
    }
    session.execute("UPDATE t SET n = 1000 WHERE id = 7", &[]).unwrap();
    session.execute("SELECT dolt_commit('-am', 'there')", &[]).unwrap();
    let claimed = haves(&target, &[tip]).unwrap();
    assert!(claimed.len() < 12 && claimed[0] == tip, "{} haves", claimed.len());
    let fetch = Fetch::new("memory", &target, all(), claimed);
    let cost = carry(&fetch, &store, &refs_of(&source)).unwrap();
    let taken = keep(&target, &fetch);
    assert!(cost.requests == 1 && taken < 20, "{taken} chunks in {} requests", cost.requests);
    assert!(target.contains(&head(&source)).unwrap());
}

#[test]
fn a_ref_that_is_not_there_is_named() {
    let (source, _session) = filled();
    let fetch = Fetch::new("memory", &empty(), vec!["heads/nowhere".into()], Vec::new());
    let refused = carry(&fetch, &source.repository().store().clone(), &refs_of(&source)).err().unwrap();
    assert_eq!((refused.code(), refused.message()), (Code::RefNotFound, "the remote has no nowhere (heads/nowhere)"));
}

/// Equal bytes in, equal bytes out: what is sent does not depend on maps' order.
#[test]
fn a_stream_is_deterministic() {
    let (source, _session) = filled();
    let store = source.repository().store().clone();
    let stream = || {
        let fetch = Fetch::new("memory", &empty(), all(), Vec::new());
        let request = fetch.request().unwrap().unwrap();
        serve_one(&store, &refs_of(&source), &request).unwrap().whole().unwrap()
    };
    let first = stream();
    assert_eq!(Address::of(&first), Address::of(&stream()));
    let mut reader = FrameReader::new();
    reader.push(&first);
    while reader.next().unwrap().is_some() {}
    assert!(reader.is_ended());
    assert!(source.repository().head("main").is_ok());
}

/// A store that was collected may keep a chunk and have lost what it reaches: that is seen and mended, also where
/// the connection broke before it showed.
#[test]
fn a_hole_in_what_is_here_is_filled() {
    use prollite::chunk::MemoryStore;
    let (source, mut session) = filled();
    let store = source.repository().store().clone();
    let known = head(&source);
    session.execute("UPDATE docs SET body = CONCAT(body, 'x') WHERE id = 1", &[]).unwrap();
    session.execute("SELECT dolt_commit('-am', 'changed')", &[]).unwrap();
    let before = reachable(&store, &[known]);
    let after = reachable(&store, &[head(&source)]);
    let new: Vec<Address> = after.iter().filter(|address| before.binary_search(address).is_err()).copied().collect();
    let refs = refs_of(&source);
    let (mut holes, mut hidden) = (0, 0);
    for kept in &new {
        // What is known whole, and one dead chunk of the rest.
        let target = || -> prollite::chunk::Store {
            let target = MemoryStore::new();
            for address in before.iter().chain([kept]) {
                target.put(store.get(address).unwrap()).unwrap();
            }
            std::rc::Rc::new(target)
        };
        let unbroken = target();
        let fetch = Fetch::new("memory", &unbroken, all(), vec![known]);
        let cost = carry(&fetch, &store, &refs).unwrap();
        // A leaf reaches nothing: it is no hole.
        assert!(cost.requests <= 2);
        holes += usize::from(cost.requests == 2);
        keep(&unbroken, &fetch);
        assert_eq!(reachable(&unbroken, &[head(&source)]), after);

        for cut in 1..new.len() {
            let broken = target();
            let fetch = Fetch::new("memory", &broken, all(), vec![known]);
            let request = fetch.request().unwrap().unwrap();
            let body = serve_one(&store, &refs, &request).unwrap().whole().unwrap();
            fetch.answered(200);
            fetch.feed(&first_chunks(&body, cut)).unwrap();
            fetch.advance().unwrap();
            fetch.cut();
            carry(&fetch, &store, &refs).unwrap();
            // Where a hole was found everything is taken again.
            hidden += usize::from(keep(&broken, &fetch) > before.len());
            assert_eq!(reachable(&broken, &[head(&source)]), after);
        }
    }
    assert!(holes > 2 && hidden > 0 && new.len() > 4, "{holes} and {hidden} holes below {} chunks", new.len());
}

/// The beginning of an answer up to so many chunks.
fn first_chunks(body: &[u8], most: usize) -> Vec<u8> {
    let mut reader = FrameReader::new();
    reader.push(body);
    let mut writer = FrameWriter::new(Codec::Raw);
    while let Some(event) = reader.next().unwrap() {
        match event {
            Event::Refs(json) => writer.frame(FrameKind::Refs, &json),
            Event::Chunks(chunks) => chunks.iter().take(most).for_each(|chunk| writer.chunk(chunk)),
            _ => {}
        }
    }
    writer.flush();
    writer.take()
}

/// One row, and a hundred scattered ones: one request, and little more than the new chunks deflated.
#[test]
fn the_wire_carries_little_more_than_the_new_chunks() {
    use prollite::sync::encode_block;
    let (source, mut session) = filled();
    let store = source.repository().store().clone();
    let target = empty();
    let fetch = Fetch::new("memory", &target, all(), Vec::new());
    carry(&fetch, &store, &refs_of(&source)).unwrap();
    keep(&target, &fetch);
    for change in ["UPDATE t SET n = n + 1 WHERE id = 1234", "UPDATE t SET n = n + 1 WHERE id % 30 = 7"] {
        let known = head(&source);
        session.execute(change, &[]).unwrap();
        session.execute("SELECT dolt_commit('-am', 'changed')", &[]).unwrap();
        let fetch = Fetch::new("memory", &target, all(), haves(&target, &[known]).unwrap());
        let cost = carry(&fetch, &store, &refs_of(&source)).unwrap();
        let chunks: Vec<_> = fetch.fetched().unwrap().chunks.iter().map(|chunk| chunk.bytes().clone()).collect();
        let raw: usize = chunks.iter().map(|chunk| chunk.len()).sum();
        let deflated = encode_block(Codec::Deflate, &chunks).len();
        keep(&target, &fetch);
        println!("{change}: {} bytes in {} requests; {} chunks of {raw} bytes, deflated {deflated}", cost.bytes, cost.requests, chunks.len());
        assert_eq!(cost.requests, 1);
        assert!(cost.bytes * 10 <= deflated * 13, "{} bytes for {deflated}", cost.bytes);
    }
}
