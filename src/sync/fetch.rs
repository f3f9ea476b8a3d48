//! Fetching: the client's side.
//!
//! One request asks for refs and tells what is here; the answer streams what is missing. What a broken connection left
//! out is asked for by address. The job is done when everything wanted is whole and every commit's ancestors are what
//! they must be; nothing points to any of it before.

use std::cell::RefCell;
use std::collections::VecDeque;

use bytes::Bytes;

use super::frame_reader::{Event, FrameReader};
use super::job::{Job, Progress, Request, Scope, JSON};
use super::message::{matches, read_shallow, FetchRequest, GetRequest, RefList, MAX_GET, MAX_HAVES};
use super::refusal::{invalid, Refusal};
use super::sender::commit_of;
use super::static_folder::{StaticFolder, REFS};
use super::{Cut, Receiver, Sender};
use crate::chunk::{Chunk, Store};
use crate::error::{Code, Error, Result};
use crate::hash::Address;
use crate::repo::{Commit, TAGS};

pub struct Fetch {
    url: String,
    want: Vec<String>,
    /// The remote is a folder of files.
    folder: Option<RefCell<StaticFolder>>,
    state: RefCell<State>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Refs and what they reach.
    Ask,
    /// What is announced and missing.
    Get,
    Done,
}

struct State {
    phase: Phase,
    haves: Vec<Address>,
    /// How many of them were told.
    told: usize,
    reader: FrameReader,
    receiver: Receiver,
    refs: Option<RefList>,
    pending: VecDeque<Event>,
    need_haves: bool,
    status: u16,
    refusal: Vec<u8>,
    /// Chunks here when the request under way began.
    before: u64,
    bytes_wire: u64,
    chunks: Vec<Chunk>,
    /// Walks what came and what it leans on, beside what was claimed: nothing may be missing.
    proof: Option<Sender>,
    base: Store,
    /// What is here was found to have holes: everything is taken again.
    whole: bool,
    /// What is left of the answer under way is of no use.
    skip: bool,
    /// Commits without their trees.
    commits_only: bool,
    depth: Option<u64>,
    /// Where history ends here.
    shallow: Vec<Address>,
    /// Where it ends once this has landed.
    ends: Vec<Address>,
    /// Beyond so many bytes of chunks it is broken off, and brings commits alone.
    most_bytes: u64,
    /// What came before it was broken off, each chunk verified.
    spared: Option<Vec<Chunk>>,
}

/// What came.
pub struct Fetched {
    pub refs: RefList,
    pub chunks: Vec<Chunk>,
    /// Where history ends from now on, if it was cut.
    pub ends: Vec<Address>,
    /// It was too much: commits, roots and schemas are whole, of the tables some chunks came.
    pub is_partial: bool,
}

impl Fetch {
    /// `want`: names or patterns of refs; `haves`: commits that `base` has with all they reach.
    pub fn new(url: &str, base: &Store, want: Vec<String>, haves: Vec<Address>) -> Self {
        let state = State {
            phase: Phase::Ask,
            haves,
            told: 0,
            reader: FrameReader::new(),
            receiver: Receiver::new(base),
            refs: None,
            pending: VecDeque::new(),
            need_haves: false,
            status: 0,
            refusal: Vec::new(),
            before: 0,
            bytes_wire: 0,
            chunks: Vec::new(),
            proof: None,
            base: base.clone(),
            whole: false,
            skip: false,
            commits_only: false,
            depth: None,
            shallow: Vec::new(),
            ends: Vec::new(),
            most_bytes: u64::MAX,
            spared: None,
        };
        let (url, folder) = match url.strip_suffix(REFS) {
            Some(folder) => (folder, Some(RefCell::default())),
            None => (url, None),
        };
        Fetch { url: url.into(), want, folder, state: RefCell::new(state) }
    }

    /// Commits, roots and schemas: the tables are read when they are needed. `haves` are then whole without them too.
    pub fn commits_only(self, only: bool) -> Self {
        {
            let state = &mut *self.state.borrow_mut();
            state.commits_only = only;
            state.receiver = Receiver::new(&state.base).without_trees(only);
        }
        self
    }

    /// So many levels of history. `shallow`: where it ends here.
    pub fn to_depth(self, depth: Option<u64>, shallow: Vec<Address>) -> Self {
        {
            let state = &mut *self.state.borrow_mut();
            (state.depth, state.shallow) = (depth, shallow);
        }
        self
    }

    /// Breaks off an answer of more bytes of chunks than this, and takes commits, roots and schemas instead. A folder of
    /// files has no such answer.
    pub fn at_most(self, bytes: Option<u64>) -> Self {
        if let (Some(bytes), None) = (bytes, &self.folder) {
            self.state.borrow_mut().most_bytes = bytes;
        }
        self
    }

    /// What came, once the job is done; as often as it is asked for.
    pub fn fetched(&self) -> Result<Fetched> {
        let state = self.state.borrow();
        match &state.refs {
            Some(refs) if state.phase == Phase::Done => {
                let is_partial = state.spared.is_some();
                let chunks = state.spared.iter().flatten().chain(&state.chunks).cloned().collect();
                Ok(Fetched { refs: refs.clone(), chunks, ends: state.ends.clone(), is_partial })
            },
            _ => Err(Error::internal("a fetch was asked for its outcome before it was done")),
        }
    }
}

impl Fetch {
    fn take_file(&self, folder: &mut StaticFolder) -> Result<()> {
        let state = &mut *self.state.borrow_mut();
        if let Some(refs) = folder.take(&mut state.receiver)? {
            for pattern in &self.want {
                if !pattern.ends_with('*') && !refs.refs.contains_key(pattern) {
                    return Err(Error::new(Code::RefNotFound, format!("the remote has no {pattern}")));
                }
            }
            state.want_refs(refs, &self.want)?;
            return state.finish();
        }
        if folder.is_range() { state.finish() } else { Ok(()) }
    }
}

impl State {
    fn handle(&mut self, event: &Event, want: &[String]) -> Result<()> {
        if self.skip {
            return Ok(());
        }
        match event {
            Event::Refs(json) if self.refs.is_none() => {
                self.want_ends(json)?;
                self.want_refs(RefList::parse(json)?, want)?;
            }
            Event::Chunks(chunks) => {
                for chunk in chunks {
                    match self.receiver.accept(chunk) {
                        // It may belong below a chunk that is here without all that it reaches. Or the remote lies:
                        // then the whole answer shows it.
                        Err(error) if error.code() == Code::RemoteInvalid && !self.whole && self.receiver.met_known() => {
                            self.take_whole();
                            return Ok(());
                        }
                        taken => taken?,
                    };
                }
                if self.receiver.bytes() > self.most_bytes && !self.commits_only {
                    self.break_off();
                }
            }
            Event::NeedHaves => self.need_haves = true,
            Event::Missing(missing) => {
                let one = missing.first().map(Address::to_string).unwrap_or_default();
                let text = format!("the remote lacks {} chunks that its own refs reach, {one} among them", missing.len());
                return Err(invalid(text));
            }
            Event::Error(json) => return Err(Refusal::from_answer(500, json).into_error()),
            Event::End => self.finish()?,
            Event::Refs(_) | Event::Meta(_) | Event::Progress { .. } => {}
            Event::Updates(_) => return Err(invalid("an UPDATES frame came in answer to a fetch")),
        }
        Ok(())
    }

    /// Where history will end, and where it goes on that ended here before. May fault.
    fn want_ends(&mut self, refs: &[u8]) -> Result<()> {
        if self.depth.is_none() && self.shallow.is_empty() {
            return Ok(());
        }
        let cannot = || invalid("the remote does not cut history: it told no commits at which it ends");
        self.ends = read_shallow(refs)?.ok_or_else(cannot)?;
        let mut parents = Vec::new();
        for known in self.shallow.iter().filter(|known| !self.ends.contains(known)) {
            parents.extend(Commit::read(&*self.base, known)?.parents);
        }
        self.ends.iter().for_each(|end| self.receiver.end_at(*end));
        parents.into_iter().try_for_each(|parent| self.receiver.want_commit(parent))
    }

    fn want_refs(&mut self, mut refs: RefList, want: &[String]) -> Result<()> {
        refs.refs.retain(|name, _| want.iter().any(|pattern| matches(pattern, name)));
        for (name, address) in &refs.refs {
            match name.starts_with(TAGS) {
                true => self.receiver.want_tag(*address)?,
                false => self.receiver.want_commit(*address)?,
            }
        }
        self.refs = Some(refs);
        Ok(())
    }

    /// Whether everything that the new commits reach is here or came, down to what the haves reach. May fault.
    fn prove(&mut self) -> Result<bool> {
        if self.whole || !self.receiver.met_known() {
            return Ok(true);
        }
        let view = self.receiver.view().clone();
        if self.proof.is_none() {
            let (mut tips, mut tags) = (Vec::new(), Vec::new());
            for (name, address) in self.refs.iter().flat_map(|refs| &refs.refs) {
                tips.push(commit_of(&view, address)?);
                if name.starts_with(TAGS) {
                    tags.push(*address);
                }
            }
            let proof = if self.depth.is_some() || !self.shallow.is_empty() {
                Sender::cut(&view, Cut::received(&view, &self.receiver.taken_commits()?, &self.shallow)?, &tags)
            } else {
                Sender::new(&view, &tips, &tags, &self.haves)
            };
            self.proof = Some(if self.commits_only { proof.commits_only() } else { proof });
        }
        let Some(proof) = &mut self.proof else { return Ok(true) };
        loop {
            match proof.next() {
                Ok(Some(_)) => {}
                Ok(None) => return Ok(true),
                Err(error) => {
                    let lacking = match error.fault_address() {
                        Some(address) if !address.is_none() => !view.contains(&address)?,
                        Some(_) => false,
                        None => error.code() == Code::Corrupt,
                    };
                    return if lacking { Ok(false) } else { Err(error) };
                }
            }
        }
    }

    /// A store that was collected may keep a chunk without all that it reaches: nothing that is here counts any more.
    fn take_whole(&mut self) {
        self.receiver = Receiver::new(&self.base).distrusting().without_trees(self.commits_only);
        (self.haves, self.told, self.refs, self.proof, self.whole) = (Vec::new(), 0, None, None, true);
        (self.phase, self.skip) = (Phase::Ask, true);
    }

    /// What came is kept for whoever reads the rest.
    fn break_off(&mut self) {
        self.spared = Some(self.receiver.take_chunks());
        let receiver = Receiver::new(&self.base).without_trees(true);
        self.receiver = if self.whole { receiver.distrusting() } else { receiver };
        (self.told, self.refs, self.proof, self.commits_only) = (0, None, None, true);
        (self.phase, self.skip) = (Phase::Ask, true);
    }

    fn finish(&mut self) -> Result<()> {
        self.receiver.settle_roots()?;
        if self.need_haves && self.phase == Phase::Ask && self.told < self.haves.len() {
            self.told += MAX_HAVES;
            return Ok(());
        }
        if self.refs.is_none() {
            return Err(invalid("the answer to a fetch has no REFS frame"));
        }
        if !self.receiver.is_complete() {
            if self.phase == Phase::Get && self.receiver.chunks() == self.before {
                let lacking = self.receiver.missing(1).first().map(Address::to_string).unwrap_or_default();
                return Err(invalid(format!("the remote does not send chunk {lacking}, which its refs reach")));
            }
            self.phase = Phase::Get;
            return Ok(());
        }
        if !self.prove()? {
            self.take_whole();
            return Ok(());
        }
        self.receiver.check_commits()?;
        self.chunks = self.receiver.take_chunks();
        self.phase = Phase::Done;
        Ok(())
    }
}

impl Job for Fetch {
    fn url(&self) -> &str { &self.url }

    fn request(&self) -> Result<Option<Request>> {
        let state = &mut *self.state.borrow_mut();
        if let (Some(folder), true) = (&self.folder, state.phase != Phase::Done) {
            if state.depth.is_some() || !state.shallow.is_empty() {
                let text = format!("{} is a static remote: its history comes whole, not to a depth", self.url);
                return Err(Error::unsupported(text));
            }
            (state.skip, state.before) = (false, state.receiver.chunks());
            state.receiver.settle_roots()?;
            let (path, range) = folder.borrow_mut().request(state.phase == Phase::Ask, &state.receiver)?;
            return Ok(Some(Request { method: "GET", path, content_type: "", body: Bytes::new(), range, scope: Scope::Read }));
        }
        let (path, body) = match state.phase {
            Phase::Done => return Ok(None),
            Phase::Ask => {
                let from = state.told.min(state.haves.len());
                let to = (from + MAX_HAVES).min(state.haves.len());
                let have = state.haves[from..to].to_vec();
                let done = to == state.haves.len();
                let (depth, shallow, commits_only) = (state.depth, state.shallow.clone(), state.commits_only);
                ("/fetch", FetchRequest { want: self.want.clone(), have, done, depth, shallow, commits_only }.to_json())
            }
            Phase::Get => {
                // The connection may have broken right behind a root.
                state.receiver.settle_roots()?;
                let addresses = state.receiver.missing(MAX_GET);
                ("/chunks/get", GetRequest { addresses, levels: 2 }.to_json())
            }
        };
        state.reader = FrameReader::new();
        state.pending.clear();
        (state.need_haves, state.skip) = (false, false);
        state.before = state.receiver.chunks();
        Ok(Some(Request {
            method: "POST",
            path: path.into(),
            content_type: JSON,
            body: Bytes::from(body),
            range: None,
            scope: Scope::Read,
        }))
    }

    fn answered(&self, status: u16) {
        let state = &mut *self.state.borrow_mut();
        state.status = status;
        state.refusal.clear();
    }

    fn feed(&self, bytes: &[u8]) -> Result<()> {
        let state = &mut *self.state.borrow_mut();
        state.bytes_wire += bytes.len() as u64;
        if let (Some(folder), 200 | 206) = (&self.folder, state.status) {
            return folder.borrow_mut().feed(state.status, bytes);
        }
        if state.status != 200 {
            let room = (64usize << 10).saturating_sub(state.refusal.len());
            state.refusal.extend_from_slice(&bytes[..bytes.len().min(room)]);
            return Ok(());
        }
        state.reader.push(bytes);
        while let Some(event) = state.reader.next()? {
            state.pending.push_back(event);
        }
        Ok(())
    }

    fn advance(&self) -> Result<()> {
        let state = &mut *self.state.borrow_mut();
        while let Some(event) = state.pending.pop_front() {
            if let Err(error) = state.handle(&event, &self.want) {
                if error.is_fault() {
                    // Chunks that were taken already are passed over the next time.
                    state.pending.push_front(event);
                }
                return Err(error);
            }
        }
        Ok(())
    }

    fn end(&self) -> Result<()> {
        let status = self.state.borrow().status;
        if let (Some(folder), 200 | 206) = (&self.folder, status) {
            return self.take_file(&mut folder.borrow_mut());
        }
        {
            let state = self.state.borrow();
            if state.status != 200 {
                return Err(Refusal::from_answer(state.status, &state.refusal).into_error());
            }
        }
        self.advance()?;
        match self.state.borrow().reader.is_ended() {
            true => Ok(()),
            false => Err(truncated(&self.url)),
        }
    }

    /// What was taken stays; the rest is asked for by address.
    fn cut(&self) {
        let state = &mut *self.state.borrow_mut();
        if state.refs.is_some() && state.phase == Phase::Ask && !state.receiver.is_complete() && state.receiver.chunks() > 0 {
            state.phase = Phase::Get;
        }
    }

    fn has_enough(&self) -> bool { self.state.borrow().skip }

    fn progress(&self) -> Progress {
        let state = self.state.borrow();
        let spared = || state.spared.iter().flatten();
        Progress {
            chunks: state.receiver.chunks() + spared().count() as u64,
            announced: state.receiver.frontier_len() as u64,
            bytes_wire: state.bytes_wire,
            bytes_raw: state.receiver.bytes() + spared().map(|chunk| chunk.len() as u64).sum::<u64>(),
        }
    }
}

/// A body that ended before its END frame.
pub fn truncated(url: &str) -> Error { Error::new(Code::RemoteUnreachable, format!("the answer of {url} was cut off")) }
