//! Servers over one depot whose every operation can fail: before its effect, behind it (the answer is lost), or because
//! the server dies there. Whatever happens at the k-th operation, each push is done once, and what refs reach is there.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use prollite::chunk::{MemoryStore, Store};
use prollite::repo::{Commit, Root, Signature, View as SqlView};
use prollite::sync::serve::Rights;
use prollite::sync::{Mode, Refusal, Sender, Update, Updates};
use prollite::{Address, Code, Error, Result};
use prollite_server::database::Database;
use prollite_server::depot::{check, Depot, Found, Item, Version};
use prollite_server::manifest::Manifest;
use prollite_server::{compact, fsck, gc};

/// What all servers share. Every object was written long ago: whatever may be removed is removed at once.
#[derive(Default)]
struct Shelf(Mutex<BTreeMap<String, (Bytes, u64)>>);

impl Shelf {
    fn age_tombstones(&self) {
        let mut objects = self.0.lock().unwrap();
        let Some((bytes, version)) = objects.get_mut("db/manifest.json") else { return };
        let mut manifest = Manifest::decode(bytes).unwrap();
        manifest.tombstones.iter_mut().for_each(|stone| stone.at_ms = 0);
        *bytes = manifest.encode().into();
        *version += 1;
    }

    fn names(&self, part: &str) -> usize { self.0.lock().unwrap().keys().filter(|name| name.contains(part)).count() }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault { Before, Behind, DiesBefore, DiesBehind }

const FAULTS: [Fault; 4] = [Fault::Before, Fault::Behind, Fault::DiesBefore, Fault::DiesBehind];

/// One server's way to the shelf. Of all operations since the beginning, `at` goes wrong.
struct Line { shelf: Arc<Shelf>, count: Arc<AtomicU64>, at: Option<(u64, Fault)>, dead: Mutex<bool> }

impl Line {
    fn through<T>(&self, work: impl FnOnce(&mut BTreeMap<String, (Bytes, u64)>) -> T) -> Result<T> {
        let broken = || Error::new(Code::StorageBlocked, "the line is down");
        let mut dead = self.dead.lock().unwrap();
        if *dead {
            return Err(broken());
        }
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let fault = self.at.filter(|(at, _)| *at == number).map(|(_, fault)| fault);
        *dead = matches!(fault, Some(Fault::DiesBefore | Fault::DiesBehind));
        if matches!(fault, Some(Fault::Before | Fault::DiesBefore)) {
            return Err(broken());
        }
        let done = work(&mut self.shelf.0.lock().unwrap());
        if fault.is_some() { Err(broken()) } else { Ok(done) }
    }
}

impl Depot for Line {
    fn manifest(&self, database: &str, known: Option<&Version>) -> Result<Found> {
        self.through(|objects| match objects.get(&format!("{database}/manifest.json")) {
            None => Found::Nothing,
            Some((_, version)) if known.is_some_and(|known| known.0 == version.to_string()) => Found::Same,
            Some((bytes, version)) => Found::Manifest(bytes.to_vec(), Version(version.to_string())),
        })
    }

    fn swap(&self, database: &str, manifest: Vec<u8>, seen: Option<&Version>) -> Result<Option<Version>> {
        self.through(|objects| {
            let name = format!("{database}/manifest.json");
            let now = objects.get(&name).map(|(_, version)| *version);
            if now.map(|version| version.to_string()) != seen.map(|seen| seen.0.clone()) {
                return None;
            }
            let next = now.unwrap_or(0) + 1;
            objects.insert(name, (manifest.into(), next));
            Some(Version(next.to_string()))
        })
    }

    fn put(&self, path: &str, bytes: Bytes) -> Result<()> {
        self.through(|objects| drop(objects.insert(path.into(), (bytes, 0))))
    }

    fn get(&self, path: &str) -> Result<Option<Bytes>> {
        self.through(|objects| objects.get(path).map(|(bytes, _)| bytes.clone()))
    }

    fn list(&self, folder: &str) -> Result<Vec<Item>> {
        self.through(|objects| {
            let names = objects.keys().filter_map(|name| name.strip_prefix(&format!("{folder}/")));
            names.map(|name| Item { name: name.into(), at_ms: 0 }).collect()
        })
    }

    fn remove(&self, path: &str) -> Result<()> { self.through(|objects| drop(objects.remove(path))) }

    fn databases(&self) -> Result<Vec<String>> { self.through(|_| vec!["db".into()]) }
}

/// Two servers, and the client that speaks to them.
struct World {
    shelf: Arc<Shelf>,
    count: Arc<AtomicU64>,
    fault: Option<(u64, Fault)>,
    folder: PathBuf,
    servers: [Option<(Database, Arc<Line>)>; 2],
    /// A server that comes back keeps its folder, or has lost it.
    keeps_folder: bool,
    restarts: usize,
    store: Store,
    pushes: usize,
}

fn signature() -> Signature { Signature::new("test", "", 0) }

impl World {
    fn new(name: &str, fault: Option<(u64, Fault)>, keeps_folder: bool) -> World {
        let folder = std::env::temp_dir().join(format!("prollite-depot-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        World {
            shelf: Arc::default(),
            count: Arc::default(),
            fault,
            folder,
            servers: [None, None],
            keeps_folder,
            restarts: 0,
            store: Rc::new(MemoryStore::new()),
            pushes: 0,
        }
    }

    fn server(&mut self, which: usize) -> Result<&Database> {
        if self.servers[which].as_ref().is_some_and(|(_, line)| *line.dead.lock().unwrap()) {
            // Killed: nothing is put in order.
            self.servers[which] = None;
            self.restarts += 1;
        }
        if self.servers[which].is_none() {
            let folder = match self.keeps_folder {
                true => self.folder.join(which.to_string()),
                false => self.folder.join(format!("{which}-{}", self.restarts)),
            };
            let line = Arc::new(Line { shelf: self.shelf.clone(), count: self.count.clone(), at: self.fault, dead: Mutex::default() });
            let database = Database::open_in(&folder, "db", Some(line.clone()))?;
            self.servers[which] = Some((database, line));
        }
        let (database, _) = self.servers[which].as_ref().unwrap();
        database.refresh()?;
        Ok(database)
    }

    /// As a client does it: again, until there is an answer.
    fn until<T>(&mut self, mut work: impl FnMut(&mut World) -> std::result::Result<T, Refusal>) -> T {
        for _ in 0..5 {
            match work(self) {
                Ok(done) => return done,
                Err(refusal) => assert!(refusal.message.contains("the line is down"), "{:?}: {refusal:?}", self.fault),
            }
        }
        panic!("{:?}: no answer in five tries", self.fault);
    }

    fn commit(&self, parent: Option<Address>, text: &str) -> Address {
        let mut root = Root::default();
        root.views.insert("v".into(), Rc::new(SqlView { name: "v".into(), columns: Vec::new(), sql: text.into() }));
        let root = root.write(&*self.store).unwrap();
        Commit::create(&self.store, root, parent.into_iter().collect(), signature(), signature(), text).unwrap().0
    }

    fn chunks(&self, tip: Option<Address>, have: Option<Address>) -> Vec<Bytes> {
        let Some(tip) = tip else { return Vec::new() };
        let mut sender = Sender::new(&self.store, &[tip], &[], &have.into_iter().collect::<Vec<_>>());
        std::iter::from_fn(|| sender.next().unwrap()).map(|chunk| chunk.bytes().clone()).collect()
    }

    fn push(&mut self, which: usize, name: &str, old: Option<Address>, new: Option<Address>) {
        self.pushes += 1;
        let update = Update { name: name.into(), old, new, mode: Mode::Force };
        let updates = Updates { idem: format!("push-{:06}", self.pushes), updates: vec![update], packs: Vec::new() };
        let chunks = self.chunks(new, old);
        self.until(|world| world.server(which)?.push(&updates, chunks.clone(), Rights { force: true }));
    }

    /// The pack goes to one server, the refs to the other. Where the pack is gone it is put again.
    fn push_staged(&mut self, name: &str, new: Address) {
        self.pushes += 1;
        let chunks = self.chunks(Some(new), None);
        let wire = Address::of(&chunks.concat());
        let update = Update { name: name.into(), old: None, new: Some(new), mode: Mode::FastForward };
        let updates = Updates { idem: format!("push-{:06}", self.pushes), updates: vec![update], packs: vec![wire] };
        self.until(|world| {
            for _ in 0..3 {
                world.server(0)?.stage(wire, chunks.clone())?;
                match world.server(1)?.push(&updates, Vec::new(), Rights { force: false }) {
                    Err(refusal) if refusal.status == 422 => continue,
                    other => return other.map(drop),
                }
            }
            panic!("{:?}: the pack does not arrive", world.fault)
        });
    }

    fn run(&mut self) -> BTreeMap<String, Address> {
        let first = self.commit(None, "first");
        let second = self.commit(Some(first), "second");
        let other = self.commit(None, "other");
        self.push(0, "heads/main", None, Some(first));
        self.push(1, "heads/other", None, Some(other));
        self.push_staged("heads/large", second);
        self.push(0, "heads/main", Some(first), Some(second));
        self.push(1, "heads/other", Some(other), None);
        self.until(|world| Ok(gc::collect(world.server(0)?, 0)?));
        // What was collected is wanted again.
        self.push(1, "heads/other", None, Some(other));
        self.shelf.age_tombstones();
        self.until(|world| Ok(gc::collect(world.server(1)?, 0)?));
        let mut tip = second;
        for i in 0..4 {
            let next = self.commit(Some(tip), &format!("more {i}"));
            self.push(i % 2, "heads/main", Some(tip), Some(next));
            tip = next;
        }
        self.until(|world| Ok(compact::compact(world.server(0)?)?));
        [("heads/main", tip), ("heads/other", other), ("heads/large", second)].map(|(name, at)| (name.into(), at)).into()
    }

    /// As a server that is new to the depot finds it.
    fn verify(&mut self, refs: &BTreeMap<String, Address>) {
        self.fault = None;
        self.servers = [None, None];
        self.keeps_folder = false;
        self.restarts += 1_000;
        let (fault, pushes) = (self.fault, self.pushes);
        let database = self.server(0).unwrap();
        let report = fsck::check(database).unwrap();
        let snapshot = database.snapshot();
        assert!(report.problems.is_empty(), "{fault:?}: {:?}", report.problems);
        assert_eq!(snapshot.manifest.refs, *refs, "{fault:?}");
        // Each push has its effect once.
        let mut keys: Vec<&str> = snapshot.manifest.done.iter().map(|done| &*done.key).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!((keys.len(), snapshot.manifest.done.len()), (pushes, pushes), "{fault:?}");
        // What was left over goes, and nothing else does.
        self.shelf.age_tombstones();
        gc::collect(self.server(0).unwrap(), 0).unwrap();
        self.shelf.age_tombstones();
        gc::collect(self.server(0).unwrap(), 0).unwrap();
        let report = fsck::check(self.server(0).unwrap()).unwrap();
        assert!(report.problems.is_empty() && report.packs == 1, "{fault:?}: {report:?}");
        assert_eq!((self.shelf.names("db/packs/"), self.shelf.names("db/staged/")), (2, 0), "{fault:?}");
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.servers = [None, None];
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn any_operation_of_a_depot_may_fail() {
    let mut world = World::new("plain", None, true);
    let refs = world.run();
    let operations = world.count.load(Ordering::Relaxed);
    world.verify(&refs);
    assert!((60..400).contains(&operations), "{operations} operations");
    let every = if std::env::var("PROLLITE_SERVER_KILLS").is_ok() { 1 } else { 5 };
    let mut restarts = 0;
    for k in 0..operations {
        for (which, fault) in FAULTS.into_iter().enumerate().filter(|(which, _)| (k as usize + which) % every == 0) {
            let mut world = World::new("faults", Some((k, fault)), (k as usize + which) % 2 == 0);
            let refs = world.run();
            restarts += world.restarts;
            world.verify(&refs);
        }
    }
    assert!(restarts > operations as usize / 10, "{restarts} servers died");
}

#[test]
fn a_store_that_swaps_in_earnest_passes_the_check_and_another_does_not() {
    struct Blind(Line);
    impl Depot for Blind {
        fn manifest(&self, database: &str, known: Option<&Version>) -> Result<Found> {
            let found = self.0.manifest(database, known);
            std::thread::sleep(std::time::Duration::from_millis(1));
            found
        }
        fn swap(&self, database: &str, manifest: Vec<u8>, _: Option<&Version>) -> Result<Option<Version>> {
            self.0.put(&format!("{database}/manifest.json"), manifest.into())?;
            Ok(Some(Version("0".into())))
        }
        fn put(&self, path: &str, bytes: Bytes) -> Result<()> { self.0.put(path, bytes) }
        fn get(&self, path: &str) -> Result<Option<Bytes>> { self.0.get(path) }
        fn list(&self, folder: &str) -> Result<Vec<Item>> { self.0.list(folder) }
        fn remove(&self, path: &str) -> Result<()> { self.0.remove(path) }
        fn databases(&self) -> Result<Vec<String>> { self.0.databases() }
    }
    let line = || Line { shelf: Arc::default(), count: Arc::default(), at: None, dead: Mutex::default() };
    let earnest: Arc<dyn Depot> = Arc::new(line());
    check(&earnest).unwrap();
    let blind: Arc<dyn Depot> = Arc::new(Blind(line()));
    assert_eq!(check(&blind).unwrap_err().code(), Code::StorageBlocked);
}
