//! A remote in a file: the other side of the protocol in this process, over a store file.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::{Rc, Weak};

use bytes::Bytes;

use super::frame_reader::{Event, FrameReader};
use super::job::Request;
use super::message::{FetchRequest, GetRequest, RefList, Updates};
use super::refusal::{invalid, Refusal};
use super::serve::{self, check_push, FrameStream, Rights};
use crate::chunk::{AddressMap, Chunk, ChunkStore, FileStore, Overlay, Store};
use crate::error::{Code, Error, Result};
use crate::hash::Address;
use crate::repo::{HEADS, LAZY, SHALLOW, TAGS, WORK};

pub struct LocalRemote {
    file: Rc<FileStore>,
    store: Store,
    /// Packs that were put and that no refs reach yet.
    staged: RefCell<BTreeMap<Address, Vec<Bytes>>>,
}

thread_local! {
    /// A file is locked while it is open: who carries one job to it may have to carry another meanwhile.
    static OPEN: RefCell<BTreeMap<String, Weak<LocalRemote>>> = const { RefCell::new(BTreeMap::new()) };
}

impl LocalRemote {
    /// `file:///path/to/remote`. `create`: a push makes the file.
    pub fn open(url: &str, create: bool) -> Result<Rc<LocalRemote>> {
        if let Some(open) = OPEN.with(|open| open.borrow().get(url).and_then(Weak::upgrade)) {
            return Ok(open);
        }
        let remote = Rc::new(Self::open_file(url, create)?);
        OPEN.with(|open| {
            let mut open = open.borrow_mut();
            open.retain(|_, remote| remote.strong_count() > 0);
            open.insert(url.into(), Rc::downgrade(&remote));
        });
        Ok(remote)
    }

    fn open_file(url: &str, create: bool) -> Result<LocalRemote> {
        let path = path_of(url)?;
        let missing = || Error::new(Code::RemoteUnreachable, format!("there is no remote at {url}"));
        if !path.exists() {
            match path.parent() {
                Some(folder) if create && folder.is_dir() => {}
                _ => return Err(missing()),
            }
        }
        let file = Rc::new(FileStore::open(&path)?);
        if file.refs().keys().any(|name| name == LAZY || name.starts_with(SHALLOW)) {
            let text = format!("{url} is a lazy or shallow clone itself: it cannot serve what it does not have");
            return Err(Error::new(Code::NotHere, text).with_hint("make it whole first: dolt_unlazy(), or dolt_fetch('--unshallow')"));
        }
        Ok(LocalRemote { store: file.clone(), file, staged: RefCell::default() })
    }

    fn refs(&self) -> RefList {
        let mut list = RefList::default();
        for (name, value) in self.file.refs() {
            if let (true, Some(address)) = (name.starts_with(HEADS) || name.starts_with(TAGS), Address::from_slice(&value)) {
                list.refs.insert(name, address);
            }
        }
        list
    }

    /// Status and body, in pieces.
    pub fn answer(&self, request: &Request, piece: &mut dyn FnMut(u16, &[u8]) -> Result<()>) -> Result<()> {
        match self.handle(request) {
            Ok(Answer::Body(status, body)) => piece(status, body.as_bytes()),
            Ok(Answer::Frames(mut stream)) => {
                while let Some(bytes) = stream.next()? {
                    piece(200, &bytes)?;
                }
                Ok(())
            }
            Err(refusal) => piece(refusal.status, refusal.to_json().as_bytes()),
        }
    }

    fn handle(&self, request: &Request) -> std::result::Result<Answer, Refusal> {
        match (request.method, request.path.as_str()) {
            ("GET", "/refs") => Ok(Answer::Body(200, serve::refs(&self.refs()))),
            ("POST", "/fetch") => {
                let stream = serve::fetch(&self.store, &self.refs(), &FetchRequest::parse(&request.body)?)?;
                Ok(Answer::Frames(Box::new(stream)))
            }
            ("POST", "/chunks/get") => {
                Ok(Answer::Frames(Box::new(serve::get(&self.store, &GetRequest::parse(&request.body)?)?)))
            }
            ("POST", "/push") => {
                let (updates, chunks) = read_push(&request.body)?;
                let updates = updates.ok_or_else(|| invalid("a push without an UPDATES frame"))?;
                self.push(&updates, chunks)
            }
            ("PUT", path) if path.starts_with("/packs/") => {
                let id = Address::from_hex(&path["/packs/".len()..]).filter(|id| *id == Address::of(&request.body));
                let id = id.ok_or_else(|| invalid("a pack is named by the hash of its bytes"))?;
                self.staged.borrow_mut().insert(id, read_push(&request.body)?.1);
                Ok(Answer::Body(201, "{}".into()))
            }
            ("POST", "/refs") => {
                let updates = Updates::parse(&request.body)?;
                let staged = self.staged.borrow();
                let mut chunks = Vec::new();
                for id in &updates.packs {
                    let pack = staged.get(id).ok_or_else(|| invalid(format!("pack {} was not put", id.hex())))?;
                    chunks.extend(pack.iter().cloned());
                }
                self.push(&updates, chunks)
            }
            (method, path) => Err(Refusal::new(404, Code::RemoteInvalid, format!("a remote knows no {method} {path}"))),
        }
    }

    fn push(&self, updates: &Updates, chunks: Vec<Bytes>) -> std::result::Result<Answer, Refusal> {
        for update in &updates.updates {
            let branch = update.name.strip_prefix(HEADS).unwrap_or_default();
            if self.file.get_ref(&format!("{WORK}{branch}")).is_some() {
                let text = format!("branch {branch} of the remote has uncommitted changes");
                return Err(Refusal::new(409, Code::Dirty, text));
            }
        }
        let overlay = Rc::new(Overlay::new(self.store.clone()));
        let mut pushed: AddressMap<Bytes> = AddressMap::default();
        for bytes in chunks {
            pushed.insert(overlay.put(Chunk::new(bytes.clone()))?, bytes);
        }
        let view: Store = overlay.clone();
        let get = |address: &Address| Ok(pushed.get(address).cloned());
        let receiver = check_push(&self.store, &view, get, &self.refs(), updates, Rights { force: true })?;
        for (address, chunk) in overlay.take() {
            if receiver.was_taken(&address) {
                self.store.put(chunk)?;
            }
        }
        let moves: Vec<(String, Option<Vec<u8>>)> =
            updates.updates.iter().map(|update| (update.name.clone(), update.new.map(|new| new.0.to_vec()))).collect();
        self.file.publish(&moves)?;
        Ok(Answer::Body(200, self.refs().to_json().to_string()))
    }
}

enum Answer { Body(u16, String), Frames(Box<FrameStream>) }

/// What a body of frames holds: updates, if any, and chunks.
fn read_push(body: &[u8]) -> Result<(Option<Updates>, Vec<Bytes>)> {
    let mut reader = FrameReader::new();
    reader.push(body);
    let (mut updates, mut chunks) = (None, Vec::new());
    while let Some(event) = reader.next()? {
        match event {
            Event::Updates(json) => updates = Some(Updates::parse(&json)?),
            Event::Chunks(more) => chunks.extend(more),
            Event::End | Event::Meta(_) | Event::Progress { .. } => {}
            other => return Err(invalid(format!("a push holds no such frame: {other:?}"))),
        }
    }
    if reader.is_ended() { Ok((updates, chunks)) } else { Err(invalid("the push was cut off before its END frame")) }
}

fn path_of(url: &str) -> Result<PathBuf> {
    let path = url.strip_prefix("file://").filter(|path| path.starts_with('/'));
    path.map(|path| Path::new(path).to_path_buf())
        .ok_or_else(|| Error::bad_argument(format!("{url} is not of the form file:///path/to/remote")))
}
