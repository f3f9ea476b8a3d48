//! Pushes, collections, compactions and readers at the same time, on one database in this process.

use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::thread;

use bytes::Bytes;
use prollite::chunk::{ChunkStore, MemoryStore, Store};
use prollite::repo::{Commit, Root, Signature, View as SqlView, Walk};
use prollite::sync::serve::Rights;
use prollite::sync::{Mode, Sender, Update, Updates};
use prollite::Address;
use prollite_server::database::Database;
use prollite_server::snapshot::View;
use prollite_server::{compact, fsck, gc};

fn signature() -> Signature { Signature::new("test", "", 0) }

/// A commit whose root holds one view of this text.
fn commit(store: &Store, parent: Option<Address>, text: &str) -> Address {
    let mut root = Root::default();
    root.views.insert("v".into(), Rc::new(SqlView { name: "v".into(), columns: Vec::new(), sql: text.into() }));
    let root = root.write(&**store).unwrap();
    Commit::create(store, root, parent.into_iter().collect(), signature(), signature(), text).unwrap().0
}

fn chunks(store: &Store, tip: Address, have: Option<Address>) -> Vec<Bytes> {
    let mut sender = Sender::new(store, &[tip], &[], &have.into_iter().collect::<Vec<_>>());
    let mut chunks = Vec::new();
    while let Some(chunk) = sender.next().unwrap() {
        chunks.push(chunk.bytes().clone());
    }
    chunks
}

/// Each pusher makes a branch, moves it, removes it and makes the very same again: what a collection is about to drop is
/// wanted once more. Whatever the order, every ref reaches only what is there.
#[test]
fn collections_beside_pushes_that_bring_things_back() {
    let folder = std::env::temp_dir().join(format!("prollite-collection-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    let database = Arc::new(Database::open(&folder, "db").unwrap());
    let stop = Arc::new(AtomicBool::new(false));
    let pushers: Vec<_> = (0..4)
        .map(|pusher: u64| {
            let database = database.clone();
            thread::spawn(move || {
                let store: Store = Rc::new(MemoryStore::new());
                let name = format!("heads/p{pusher}");
                let (mut refused, mut number) = (0, 0);
                let mut push = |old: Option<Address>, new: Option<Address>, have: Option<Address>| {
                    number += 1;
                    let update = Update { name: name.clone(), old, new, mode: Mode::Force };
                    let updates = Updates { idem: format!("p{pusher}-{number:08}"), updates: vec![update], packs: Vec::new() };
                    // First with what the server lacks as far as this side knows, then with everything.
                    let brief = new.map_or_else(Vec::new, |new| chunks(&store, new, have));
                    match database.push(&updates, brief, Rights { force: true }) {
                        Ok(_) => {}
                        Err(refusal) if refusal.status == 422 => {
                            refused += 1;
                            let whole = new.map_or_else(Vec::new, |new| chunks(&store, new, None));
                            database.push(&updates, whole, Rights { force: true }).unwrap();
                        }
                        Err(refusal) => panic!("{refusal:?}"),
                    }
                };
                for round in 0..30 {
                    let first = commit(&store, None, &format!("shared {}", round % 5));
                    let second = commit(&store, Some(first), &format!("own {pusher} {}", round % 3));
                    push(None, Some(first), None);
                    push(Some(first), Some(second), Some(first));
                    push(Some(second), None, None);
                }
                let last = commit(&store, None, &format!("last {pusher}"));
                push(None, Some(last), None);
                last
            })
        })
        .collect();
    let helpers: Vec<_> = (0..3)
        .map(|helper| {
            let (database, stop) = (database.clone(), stop.clone());
            thread::spawn(move || {
                let mut done = 0;
                while !stop.load(Ordering::Relaxed) {
                    match helper {
                        // Others' pushes may come first every time: that is no failure.
                        0 => done += u64::from(gc::collect(&database, 0).is_ok()),
                        1 => done += compact::compact(&database).unwrap() as u64,
                        _ => {
                            let snapshot = database.snapshot();
                            let store: Store = Rc::new(View::new(snapshot.clone()));
                            let mut walk = Walk::new(&store);
                            snapshot.manifest.refs.values().for_each(|at| walk.push(*at, prollite::repo::Role::Plain));
                            while walk.next().unwrap().is_some() {}
                            done += 1;
                        }
                    }
                }
                done
            })
        })
        .collect();
    let last: Vec<Address> = pushers.into_iter().map(|pusher| pusher.join().unwrap()).collect();
    stop.store(true, Ordering::Relaxed);
    let done: Vec<u64> = helpers.into_iter().map(|helper| helper.join().unwrap()).collect();
    assert!(done[0] > 0 && done[2] > 0, "collections, compactions and readers: {done:?}");
    let report = fsck::check(&database).unwrap();
    assert!(report.problems.is_empty() && report.refs == 4, "{report:?}");
    gc::collect(&database, 0).unwrap();
    let report = fsck::check(&database).unwrap();
    assert!(report.problems.is_empty() && report.packs == 1, "{report:?}");
    // Nothing but what is listed lies in the folder.
    let files = std::fs::read_dir(folder.join("packs")).unwrap().count();
    assert_eq!(files, 2);
    drop(database);
    let database = Database::open(&folder, "db").unwrap();
    let view = View::new(database.snapshot());
    for at in last {
        assert!(view.contains(&at).unwrap());
    }
    drop(database);
    std::fs::remove_dir_all(&folder).unwrap();
}

/// Many small pushes leave few packs.
#[test]
fn small_packs_are_joined() {
    let folder = std::env::temp_dir().join(format!("prollite-compaction-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    let database = Database::open(&folder, "db").unwrap();
    let store: Store = Rc::new(MemoryStore::new());
    let mut tip: Option<Address> = None;
    for i in 0..300 {
        let new = commit(&store, tip, &format!("{i}"));
        let update = Update { name: "heads/main".into(), old: tip, new: Some(new), mode: Mode::FastForward };
        let updates = Updates { idem: format!("small-{i:08}"), updates: vec![update], packs: Vec::new() };
        database.push(&updates, chunks(&store, new, tip), Rights::default()).unwrap();
        if compact::is_crowded(&database) {
            assert!(compact::compact(&database).unwrap() >= compact::FEW);
        }
        tip = Some(new);
        assert!(database.snapshot().packs.len() <= 2 * compact::FEW);
    }
    let report = fsck::check(&database).unwrap();
    assert!(report.problems.is_empty() && report.packs < 2 * compact::FEW, "{report:?}");
    drop(database);
    std::fs::remove_dir_all(&folder).unwrap();
}
