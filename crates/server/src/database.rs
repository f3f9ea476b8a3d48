//! One database: its folder, its state, and how it moves.
//!
//! A push is checked against a snapshot without holding anything up; then it queues. Whoever comes first writes the
//! manifest for all that wait (group commit). Where a collection came in between, what was checked before is checked
//! again: the chunks that it counted on may be leaving.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Instant;

use bytes::Bytes;
use prollite::chunk::{AddressMap, Chunk, ChunkStore, Overlay, Store};
use prollite::sync::serve::{check_push, check_standing, Rights};
use prollite::sync::{RefList, Refusal, Updates};
use prollite::{Address, Code, Error, Result};

use crate::depot::{Depot, Found, Version};
use crate::manifest::{DonePush, Manifest, Tombstone};
use crate::pack::{index_path, pack_path, Pack, PackWriter};
use crate::snapshot::{Snapshot, View};
use crate::{files, io, now_ms};

pub struct Database {
    pub name: String,
    folder: PathBuf,
    /// Where manifest and packs are kept, if not in the folder.
    depot: Option<Arc<dyn Depot>>,
    state: RwLock<Arc<Snapshot>>,
    waiting: Mutex<Vec<Waiting>>,
    writing: Mutex<Writing>,
    staged: Mutex<BTreeMap<Address, Staged>>,
    /// Read by whoever has written a pack that nothing lists yet, written by whoever removes files.
    pub(crate) files: RwLock<()>,
    /// Held by the one that joins packs.
    pub(crate) compacting: Mutex<()>,
    /// Held as long as the database is open: one server a folder.
    _lock: File,
}

/// What only the one knows that writes: of a depot, which manifest it saw last, and when it looked.
#[derive(Default)]
struct Writing { version: Option<Version>, looked: Option<Instant> }

struct Staged { pack: Arc<Pack>, at_ms: i64 }

/// A push that was checked and waits for its turn.
struct Waiting { updates: Updates, rights: Rights, pack: Option<Arc<Pack>>, collections: u64, slot: Slot }

type Slot = Arc<Mutex<Option<std::result::Result<Landed, Refused>>>>;

/// What became of a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Landed { pub generation: u64, pub again: bool }

#[derive(Clone)]
enum Refused {
    Because(Refusal),
    /// A collection or another server came between: check again.
    Stale,
}

/// Most bytes that wait in packs whose refs never came.
pub const STAGED_QUOTA: u64 = 4 << 30;
const STAGED_MS: i64 = 24 * 3_600_000;
/// Others may be faster so many times.
const TRIES: usize = 200;

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> { mutex.lock().unwrap_or_else(PoisonError::into_inner) }

impl Database {
    pub fn open(folder: &Path, name: &str) -> Result<Database> { Database::open_in(folder, name, None) }

    pub fn open_in(folder: &Path, name: &str, depot: Option<Arc<dyn Depot>>) -> Result<Database> {
        files::make_folder(&folder.join("packs"))?;
        files::make_folder(&folder.join("staged"))?;
        let path = folder.join("LOCK");
        let lock = File::create(&path).map_err(|error| io(format!("making {}", path.display()), error))?;
        lock.try_lock().map_err(|_| {
            Error::new(Code::StorageBlocked, format!("database {name} is open in another process ({} is locked)", path.display()))
        })?;
        for part in ["", "packs", "staged"] {
            files::sweep_temporaries(&folder.join(part))?;
        }
        let database = Database {
            name: name.into(),
            state: RwLock::new(Arc::new(if depot.is_some() { Snapshot::default() } else { read_state(folder)? })),
            folder: folder.into(),
            depot,
            waiting: Mutex::default(),
            writing: Mutex::default(),
            staged: Mutex::default(),
            files: RwLock::default(),
            compacting: Mutex::default(),
            _lock: lock,
        };
        database.read_staged()?;
        database.refresh()?;
        Ok(database)
    }

    pub fn folder(&self) -> &Path { &self.folder }
    pub(crate) fn depot(&self) -> Option<&dyn Depot> { self.depot.as_deref() }
    pub fn snapshot(&self) -> Arc<Snapshot> { self.state.read().unwrap_or_else(PoisonError::into_inner).clone() }

    /// Sees what other servers did. Requests that wait for the same look share it.
    pub fn refresh(&self) -> Result<()> {
        let Some(depot) = self.depot() else { return Ok(()) };
        let asked = Instant::now();
        let mut writing = locked(&self.writing);
        if writing.looked.is_some_and(|at| at >= asked) {
            return Ok(());
        }
        let began = Instant::now();
        self.look(depot, &mut writing)?;
        writing.looked = Some(began);
        Ok(())
    }

    fn look(&self, depot: &dyn Depot, writing: &mut Writing) -> Result<()> {
        let (bytes, version) = match depot.manifest(&self.name, writing.version.as_ref())? {
            Found::Manifest(bytes, version) => (bytes, version),
            Found::Nothing if writing.version.is_some() => {
                return Err(Error::corrupt(format!("the manifest of {} was there and is gone", self.name)));
            }
            Found::Nothing | Found::Same => return Ok(()),
        };
        let manifest = Manifest::decode(&bytes)?;
        let known = self.snapshot();
        let pack = |id: &Address| match known.packs.iter().find(|pack| pack.id == *id) {
            Some(pack) => Ok(pack.clone()),
            None => self.bring(depot, id).map(Arc::new),
        };
        let packs = manifest.packs.iter().map(pack).collect::<Result<_>>()?;
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Snapshot { manifest, packs });
        writing.version = Some(version);
        Ok(())
    }

    /// A pack from the depot, copied into the folder.
    fn bring(&self, depot: &dyn Depot, id: &Address) -> Result<Pack> {
        let folder = self.folder.join("packs");
        if !pack_path(&folder, id).exists() {
            for (path, kind) in [(index_path(&folder, id), "idx"), (pack_path(&folder, id), "pack")] {
                let from = format!("{}/packs/{}.{kind}", self.name, id.hex());
                let missing = || Error::corrupt(format!("{from} is listed and not in the bucket"));
                files::write(&path, &depot.get(&from)?.ok_or_else(missing)?)?;
            }
        }
        Pack::open(&folder, *id)
    }

    /// A pack in the making.
    pub fn writer(&self) -> Result<PackWriter> {
        let writer = PackWriter::new(&self.folder.join("packs"))?;
        if self.depot.is_some() { writer.salted() } else { Ok(writer) }
    }

    /// Makes it durable, where all servers find it.
    pub fn finish(&self, writer: PackWriter) -> Result<Pack> {
        let pack = writer.finish()?;
        if let Some(depot) = self.depot() {
            self.copy_pack(depot, &self.folder.join("packs"), &pack, &format!("{}/packs/{}", self.name, pack.id.hex()))?;
        }
        Ok(pack)
    }

    fn copy_pack(&self, depot: &dyn Depot, folder: &Path, pack: &Pack, to: &str) -> Result<()> {
        for (path, kind) in [(index_path(folder, &pack.id), "idx"), (pack_path(folder, &pack.id), "pack")] {
            let bytes = std::fs::read(&path).map_err(|error| io(format!("reading {}", path.display()), error))?;
            depot.put(&format!("{to}.{kind}"), bytes.into())?;
        }
        Ok(())
    }

    /// A staged pack that another server took.
    fn bring_staged(&self, wire: &Address) -> Result<Option<Arc<Pack>>> {
        let Some(depot) = self.depot() else { return Ok(None) };
        let from = format!("{}/staged/{}", self.name, wire.hex());
        let (Some(index), Some(bytes)) = (depot.get(&format!("{from}.idx"))?, depot.get(&format!("{from}.pack"))?) else { return Ok(None) };
        let (folder, id) = (self.folder.join("staged"), Address::of(&bytes));
        files::write(&index_path(&folder, &id), &index)?;
        files::write(&pack_path(&folder, &id), &bytes)?;
        files::write(&folder.join(format!("{}.name", wire.hex())), id.hex().as_bytes())?;
        let pack = Arc::new(Pack::open(&folder, id)?);
        locked(&self.staged).insert(*wire, Staged { pack: pack.clone(), at_ms: now_ms() });
        Ok(Some(pack))
    }

    /// Packs that a restart finds staged: a client in mid-push goes on. With a depot only what lies there counts, since
    /// other servers must find it: a copy here may be of a pack that never got there.
    fn read_staged(&self) -> Result<()> {
        let folder = self.folder.join("staged");
        let entries = std::fs::read_dir(&folder).map_err(|error| io(format!("reading {}", folder.display()), error))?;
        for entry in entries.flatten() {
            let path = entry.path();
            if self.depot.is_some() {
                std::fs::remove_file(&path).map_err(|error| io(format!("removing {}", path.display()), error))?;
                continue;
            }
            let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            let is_pack = path.extension().is_some_and(|extension| extension == "name");
            let (Some(wire), true) = (Address::from_hex(name), is_pack) else { continue };
            let id = std::fs::read_to_string(&path).ok().and_then(|id| Address::from_hex(id.trim()));
            if let Some(Ok(pack)) = id.map(|id| Pack::open(&folder, id)) {
                locked(&self.staged).insert(wire, Staged { pack: Arc::new(pack), at_ms: now_ms() });
            }
        }
        Ok(())
    }

    /// Takes a pack under the hash of what came over the wire. `false`: it was here.
    pub fn stage(&self, wire: Address, chunks: Vec<Bytes>) -> std::result::Result<bool, Refusal> {
        self.drop_stale();
        {
            let staged = locked(&self.staged);
            if staged.contains_key(&wire) {
                return Ok(false);
            }
            let bytes: u64 = staged.values().map(|staged| staged.pack.bytes).sum();
            if bytes > STAGED_QUOTA {
                let text = format!("packs of {bytes} bytes wait for refs that never came: the quota is {STAGED_QUOTA}");
                return Err(Refusal::new(507, Code::Quota, text));
            }
        }
        let folder = self.folder.join("staged");
        let mut writer = PackWriter::new(&folder)?;
        for bytes in chunks {
            writer.push(Address::of(&bytes), bytes)?;
        }
        let pack = writer.finish()?;
        files::write(&folder.join(format!("{}.name", wire.hex())), pack.id.hex().as_bytes())?;
        if let Some(depot) = self.depot() {
            self.copy_pack(depot, &folder, &pack, &format!("{}/staged/{}", self.name, wire.hex()))?;
        }
        locked(&self.staged).insert(wire, Staged { pack: Arc::new(pack), at_ms: now_ms() });
        Ok(true)
    }

    fn drop_stale(&self) {
        let since = now_ms() - STAGED_MS;
        let stale: Vec<Address> = {
            let staged = locked(&self.staged);
            staged.iter().filter(|(_, staged)| staged.at_ms < since).map(|(wire, _)| *wire).collect()
        };
        stale.iter().for_each(|wire| self.unstage(wire));
    }

    fn unstage(&self, wire: &Address) {
        let mut staged = locked(&self.staged);
        let Some(gone) = staged.remove(wire) else { return };
        let folder = self.folder.join("staged");
        // A file that stays is found and dropped at the next start.
        let _ = std::fs::remove_file(folder.join(format!("{}.name", wire.hex())));
        if !staged.values().any(|other| other.pack.id == gone.pack.id) {
            let _ = std::fs::remove_file(pack_path(&folder, &gone.pack.id));
            let _ = std::fs::remove_file(index_path(&folder, &gone.pack.id));
        }
        drop(staged);
        if let Some(depot) = self.depot() {
            let at = format!("{}/staged/{}", self.name, wire.hex());
            // What stays is dropped by a collection.
            let _ = (depot.remove(&format!("{at}.pack")), depot.remove(&format!("{at}.idx")));
        }
    }

    /// Checks a push and does it. `chunks` came with it; packs that it names were staged.
    pub fn push(&self, updates: &Updates, chunks: Vec<Bytes>, rights: Rights) -> std::result::Result<Landed, Refusal> {
        let mut request = updates.clone();
        request.packs.clear();
        let request = Address::of(request.to_json().as_bytes());
        let _files = self.files.read().unwrap_or_else(PoisonError::into_inner);
        for _ in 0..TRIES {
            let snapshot = self.snapshot();
            if let Some(done) = snapshot.manifest.done_push(&updates.idem) {
                return match done.request == request {
                    true => Ok(Landed { generation: done.generation, again: true }),
                    false => Err(Refusal::new(400, Code::RemoteInvalid, "this idem key was used for another push")),
                };
            }
            let pack = self.check(&snapshot, updates, &chunks, rights)?;
            let slot = Slot::default();
            locked(&self.waiting).push(Waiting {
                updates: updates.clone(),
                rights,
                pack: pack.map(Arc::new),
                collections: snapshot.manifest.collections,
                slot: slot.clone(),
            });
            self.write_waiting();
            let outcome = locked(&slot).take();
            match outcome {
                Some(Ok(landed)) => {
                    updates.packs.iter().for_each(|wire| self.unstage(wire));
                    return Ok(landed);
                }
                Some(Err(Refused::Because(refusal))) => return Err(refusal),
                Some(Err(Refused::Stale)) => continue,
                None => return Err(Error::internal("a push was left without an outcome").into()),
            }
        }
        let mut refusal = Refusal::new(503, Code::RemoteUnreachable, format!("others were faster {TRIES} times"));
        refusal.retry_after = Some(2);
        Err(refusal)
    }

    /// Verifies the push and writes what it brings as one durable pack, which nothing lists yet.
    fn check(&self, snapshot: &Arc<Snapshot>, updates: &Updates, chunks: &[Bytes], rights: Rights) -> std::result::Result<Option<Pack>, Refusal> {
        let refs: RefList = snapshot.manifest.ref_list();
        check_standing(&refs, updates, rights)?;
        let mut packs = Vec::new();
        for wire in &updates.packs {
            let staged = locked(&self.staged).get(wire).map(|staged| staged.pack.clone());
            let staged = if staged.is_some() { staged } else { self.bring_staged(wire)? };
            let missing = || Refusal::new(422, Code::RemoteInvalid, format!("pack {} is not here: put it first", wire.hex()));
            packs.push(staged.ok_or_else(missing)?);
        }
        let base: Store = Rc::new(View::new(snapshot.clone()));
        let below: Store = Rc::new(View::with(snapshot.clone(), packs.clone()));
        let overlay = Rc::new(Overlay::new(below.clone()));
        let mut pushed: AddressMap<Bytes> = AddressMap::default();
        // As they were sent: what is read together lies together.
        let mut order = Vec::new();
        for pack in &packs {
            let mut placed: Vec<_> = pack.addresses().filter_map(|address| Some((pack.find(address)?, *address))).collect();
            placed.sort_by_key(|(place, _)| (place.at, place.which));
            order.extend(placed.into_iter().map(|(_, address)| address));
        }
        for bytes in chunks {
            let address = overlay.put(Chunk::new(bytes.clone()))?;
            pushed.insert(address, bytes.clone());
            order.push(address);
        }
        let view: Store = overlay;
        let in_packs = |address: &Address| packs.iter().any(|pack| pack.find(address).is_some());
        let get = |address: &Address| match pushed.get(address) {
            Some(bytes) => Ok(Some(bytes.clone())),
            None if in_packs(address) => Ok(Some(below.get(address)?.bytes().clone())),
            None => Ok(None),
        };
        let receiver = check_push(&base, &view, get, &refs, updates, rights)?;
        if receiver.chunks() == 0 {
            return Ok(None);
        }
        let mut writer = self.writer()?;
        let mut written: AddressMap<()> = AddressMap::default();
        for address in order.into_iter().filter(|address| receiver.was_taken(address)) {
            if written.insert(address, ()).is_none() {
                writer.push(address, view.get(&address)?.bytes().clone())?;
            }
        }
        Ok(Some(self.finish(writer)?))
    }

    /// Does what waits, in one write. Whoever comes while it is written waits for the next.
    fn write_waiting(&self) {
        let mut writing = locked(&self.writing);
        let waiting = std::mem::take(&mut *locked(&self.waiting));
        if waiting.is_empty() {
            return;
        }
        let snapshot = self.snapshot();
        let mut manifest = snapshot.manifest.clone();
        let mut packs = snapshot.packs.clone();
        manifest.generation += 1;
        let mut landed = Vec::new();
        for push in waiting {
            match apply(&mut manifest, &mut packs, &push) {
                Ok(done) => landed.push((push.slot, done)),
                Err(refused) => *locked(&push.slot) = Some(Err(refused)),
            }
        }
        if landed.iter().all(|(_, done)| done.again) {
            landed.into_iter().for_each(|(slot, done)| *locked(&slot) = Some(Ok(done)));
            return;
        }
        let written = self.replace(&mut writing, manifest, packs);
        for (slot, done) in landed {
            let outcome = match &written {
                Ok(true) => Ok(done),
                Ok(false) => Err(Refused::Stale),
                Err(error) => Err(Refused::Because(Refusal::from(error.clone()))),
            };
            *locked(&slot) = Some(outcome);
        }
    }

    /// Makes a manifest the database's. `false`: another server was faster, and what it made is seen now.
    fn replace(&self, writing: &mut Writing, manifest: Manifest, packs: Vec<Arc<Pack>>) -> Result<bool> {
        match self.depot() {
            None => files::write(&self.folder.join("manifest.json"), &manifest.encode())?,
            Some(depot) => match depot.swap(&self.name, manifest.encode(), writing.version.as_ref()) {
                Ok(Some(version)) => writing.version = Some(version),
                Ok(None) => return self.look(depot, writing).map(|()| false),
                Err(error) => {
                    // The answer may have been lost behind the effect: what is there now decides.
                    let before = writing.version.clone();
                    self.look(depot, writing)?;
                    return if writing.version == before { Err(error) } else { Ok(false) };
                }
            },
        }
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Snapshot { manifest, packs });
        Ok(true)
    }

    /// `new` holds everything that `old` do, and takes their place. Where a collection was faster it is left alone.
    pub fn join(&self, old: &[Arc<Pack>], new: Arc<Pack>) -> Result<()> {
        let mut writing = locked(&self.writing);
        let snapshot = self.snapshot();
        let gone: Vec<Address> = old.iter().map(|pack| pack.id).filter(|id| *id != new.id).collect();
        if !gone.iter().all(|id| snapshot.manifest.packs.contains(id)) {
            return Ok(());
        }
        let mut manifest = snapshot.manifest.clone();
        manifest.generation += 1;
        let mut packs: Vec<Arc<Pack>> = snapshot.packs.iter().filter(|pack| !gone.contains(&pack.id)).cloned().collect();
        if !packs.iter().any(|pack| pack.id == new.id) {
            packs.push(new.clone());
        }
        manifest.packs = packs.iter().map(|pack| pack.id).collect();
        manifest.tombstones.retain(|stone| stone.id != new.id);
        let at_ms = now_ms();
        manifest.tombstones.extend(gone.into_iter().map(|id| Tombstone { id, at_ms }));
        self.replace(&mut writing, manifest, packs).map(drop)
    }

    /// Compare and swap for a collection: `change` makes the next state of the one that was looked at. `false`: somebody
    /// moved it meanwhile.
    pub fn swap(&self, seen: &Snapshot, manifest: Manifest, packs: Vec<Arc<Pack>>) -> Result<bool> {
        let mut writing = locked(&self.writing);
        if self.snapshot().manifest.generation != seen.manifest.generation {
            return Ok(false);
        }
        self.replace(&mut writing, manifest, packs)
    }
}

fn apply(manifest: &mut Manifest, packs: &mut Vec<Arc<Pack>>, push: &Waiting) -> std::result::Result<Landed, Refused> {
    let mut plain = push.updates.clone();
    plain.packs.clear();
    let request = Address::of(plain.to_json().as_bytes());
    if let Some(done) = manifest.done_push(&push.updates.idem) {
        return Ok(Landed { generation: done.generation, again: true });
    }
    if manifest.collections != push.collections {
        return Err(Refused::Stale);
    }
    check_standing(&manifest.ref_list(), &push.updates, push.rights).map_err(Refused::Because)?;
    for update in &push.updates.updates {
        match update.new {
            Some(new) => manifest.refs.insert(update.name.clone(), new),
            None => manifest.refs.remove(&update.name),
        };
    }
    if let Some(pack) = push.pack.as_ref().filter(|pack| !manifest.packs.contains(&pack.id)) {
        manifest.packs.push(pack.id);
        manifest.tombstones.retain(|stone| stone.id != pack.id);
        packs.push(pack.clone());
    }
    let generation = manifest.generation;
    manifest.remember(DonePush { key: push.updates.idem.clone(), request, generation, at_ms: now_ms() });
    Ok(Landed { generation, again: false })
}

fn read_state(folder: &Path) -> Result<Snapshot> {
    let path = folder.join("manifest.json");
    let manifest = match std::fs::read(&path) {
        Ok(bytes) => Manifest::decode(&bytes)?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Manifest::default(),
        Err(error) => return Err(io(format!("reading {}", path.display()), error)),
    };
    let open = |id: &Address| Pack::open(&folder.join("packs"), *id).map(Arc::new);
    let packs = manifest.packs.iter().map(open).collect::<Result<_>>()?;
    Ok(Snapshot { manifest, packs })
}
