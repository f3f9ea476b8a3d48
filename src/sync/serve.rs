//! The other side: what a remote answers and what it checks, over any store. The server adds transport, durability and
//! rights; a file remote adds none of them.

use std::collections::VecDeque;

use bytes::Bytes;
use serde_json::json;

use super::message::{add_shallow, check_remote_ref, matches, FetchRequest, GetRequest, Mode, RefList, Updates, MAX_GET, MAX_HAVES};
use super::refusal::Refusal;
use super::sender::commit_of;
use super::{Codec, Cut, FrameKind, FrameWriter, Receiver, Sender, MAX_BLOCK};
use crate::chunk::{Chunk, Kind, Store};
use crate::error::{Code, Error, Result};
use crate::hash::Address;
use crate::prolly::children;
use crate::repo::{is_ancestor, Root, TAGS};

pub const PROTOCOL: u32 = 1;
/// Most addresses that a 422 lists.
const MAX_MISSING: usize = 1_000;
/// Bytes of frames that make a piece of a stream.
const PIECE: usize = 64 << 10;

/// What `GET /refs` answers.
pub fn refs(refs: &RefList) -> String {
    let mut answer = refs.to_json();
    answer["proto"] = PROTOCOL.into();
    answer["hash"] = "blake3".into();
    answer["codecs"] = Codec::ALL.map(Codec::name).to_vec().into();
    answer["limits"] = json!({"push": super::MAX_PUSH, "unpacked": super::MAX_UNPACKED, "haves": MAX_HAVES, "get": MAX_GET, "block": MAX_BLOCK});
    answer["features"] = json!(["push", "packs", "chunks"]);
    answer.to_string()
}

/// Frames that come piece by piece, made as they are asked for.
pub struct FrameStream {
    writer: FrameWriter,
    sender: Option<Sender>,
    chunks: VecDeque<Chunk>,
    ended: bool,
}

impl FrameStream {
    fn new(writer: FrameWriter) -> Self { FrameStream { writer, sender: None, chunks: VecDeque::new(), ended: false } }

    pub fn next(&mut self) -> Result<Option<Vec<u8>>> {
        while !self.ended && self.writer.len() < PIECE {
            let chunk = match (&mut self.sender, self.chunks.pop_front()) {
                (_, Some(chunk)) => Some(chunk),
                (Some(sender), None) => sender.next()?,
                (None, None) => None,
            };
            match chunk {
                Some(chunk) => self.writer.chunk(chunk.bytes()),
                None => {
                    self.writer.end();
                    self.ended = true;
                }
            }
        }
        Ok(if self.writer.is_empty() { None } else { Some(self.writer.take()) })
    }

    pub fn chunks(&self) -> u64 { self.writer.chunks() }

    /// Whether what was answered last is the end.
    pub fn is_ended(&self) -> bool { self.ended && self.writer.is_empty() }

    /// All of it: for answers that are known to be small, and tests.
    pub fn whole(mut self) -> Result<Vec<u8>> {
        let mut all = Vec::new();
        while let Some(piece) = self.next()? {
            all.extend(piece);
        }
        Ok(all)
    }
}

/// `POST /fetch`.
pub fn fetch(store: &Store, all: &RefList, request: &FetchRequest) -> Result<FrameStream> {
    let mut found = RefList { generation: all.generation, refs: Default::default() };
    for pattern in &request.want {
        let before = found.refs.len();
        found.refs.extend(all.refs.iter().filter(|(name, _)| matches(pattern, name)).map(|(name, at)| (name.clone(), *at)));
        if found.refs.len() == before && !pattern.ends_with('*') && !found.refs.contains_key(pattern) {
            let short = pattern.split_once('/').map_or(pattern.as_str(), |(_, short)| short);
            return Err(Error::new(Code::RefNotFound, format!("the remote has no {short} ({pattern})")));
        }
    }
    let mut have = Vec::new();
    for address in &request.have {
        if store.contains(address)? && store.get(address)?.kind()? == Kind::Commit {
            have.push(*address);
        }
    }
    let mut writer = FrameWriter::new(Codec::Deflate);
    let mut answer = found.to_json();
    if have.is_empty() && !request.have.is_empty() && !request.done {
        writer.frame(FrameKind::Refs, answer.to_string().as_bytes());
        writer.frame(FrameKind::NeedHaves, &[]);
        return Ok(FrameStream::new(writer));
    }
    let (mut tips, mut tags) = (Vec::new(), Vec::new());
    for (name, address) in &found.refs {
        tips.push(commit_of(store, address)?);
        if name.starts_with(TAGS) {
            tags.push(*address);
        }
    }
    let mut sender = if request.depth.is_some() || !request.shallow.is_empty() {
        let mut shallow = Vec::new();
        for address in &request.shallow {
            if store.contains(address)? {
                shallow.push(*address);
            }
        }
        let cut = Cut::new(store, &tips, &have, &shallow, request.depth)?;
        add_shallow(&mut answer, &cut.ends.iter().copied().collect::<Vec<_>>());
        Sender::cut(store, cut, &tags)
    } else {
        Sender::new(store, &tips, &tags, &have)
    };
    writer.frame(FrameKind::Refs, answer.to_string().as_bytes());
    if request.commits_only {
        sender = sender.commits_only();
    }
    let mut stream = FrameStream::new(writer);
    stream.sender = Some(sender);
    Ok(stream)
}

/// `POST /chunks/get`.
pub fn get(store: &Store, request: &GetRequest) -> Result<FrameStream> {
    let mut stream = FrameStream::new(FrameWriter::new(Codec::Deflate));
    let mut missing = Vec::new();
    for address in &request.addresses {
        if !store.contains(address)? {
            missing.push(*address);
            continue;
        }
        let chunk = store.get(address)?;
        let below = if request.levels > 1 && stream.chunks.len() < 4 * MAX_GET { points_to(&chunk)? } else { Vec::new() };
        // Before its children, which it announces.
        stream.chunks.push_back(chunk);
        for below in below {
            if !below.is_none() && store.contains(&below)? {
                stream.chunks.push_back(store.get(&below)?);
            }
        }
    }
    if !missing.is_empty() {
        stream.writer.missing(&missing);
    }
    Ok(stream)
}

/// What a chunk surely points to, whatever role it plays.
pub(super) fn points_to(chunk: &Chunk) -> Result<Vec<Address>> {
    Ok(match chunk.kind()? {
        Kind::Root => Root::entries_of(chunk)?.0.iter().map(|entry| entry.schema).collect(),
        _ => children(chunk)?,
    })
}

/// What a push may do.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rights { pub force: bool }

/// Checks a push, without doing it: the refs stand where the sender thinks, everything that the new ones reach is here
/// or in `pushed`, well-formed and whole, and what is said to be a fast-forward is one. `base` holds what is here;
/// `view` that and the pushed chunks. Answers the receiver, which knows which of the pushed chunks are needed.
pub fn check_push(
    base: &Store,
    view: &Store,
    mut pushed: impl FnMut(&Address) -> Result<Option<Bytes>>,
    refs: &RefList,
    updates: &Updates,
    rights: Rights,
) -> std::result::Result<Receiver, Refusal> {
    check_standing(refs, updates, rights)?;
    let mut receiver = Receiver::checking(base, view);
    for update in &updates.updates {
        check_remote_ref(&update.name)?;
        match update.new {
            Some(new) if update.name.starts_with(TAGS) => receiver.want_tag(new)?,
            Some(new) => receiver.want_commit(new)?,
            None => {}
        }
    }
    let missing = receiver.take_from_view(&mut pushed, MAX_MISSING)?;
    if !missing.is_empty() {
        let text = format!("the push lacks {} chunks or more that nobody here has, {} among them", missing.len(), missing[0]);
        let mut refusal = Refusal::new(422, Code::RemoteInvalid, text);
        refusal.missing = missing;
        return Err(refusal);
    }
    receiver.check_commits()?;
    for update in &updates.updates {
        let (Some(old), Some(new), Mode::FastForward) = (update.old, update.new, update.mode) else { continue };
        if old != new && (update.name.starts_with(TAGS) || !is_ancestor(&**view, &old, &new)?) {
            return Err(moved(&update.name, Some(old)));
        }
    }
    Ok(receiver)
}

/// Whether every ref stands where the sender thinks, and the sender may do what it asks.
pub fn check_standing(refs: &RefList, updates: &Updates, rights: Rights) -> std::result::Result<(), Refusal> {
    for update in &updates.updates {
        let actual = refs.refs.get(&update.name).copied();
        if actual != update.old && actual != update.new {
            return Err(moved(&update.name, actual));
        }
        if !rights.force && (update.mode == Mode::Force || update.new.is_none()) {
            let text = format!("ref {}: to overwrite or remove it the token needs the scope force", update.name);
            return Err(Refusal::new(403, Code::RemoteAuth, text));
        }
    }
    Ok(())
}

fn moved(name: &str, actual: Option<Address>) -> Refusal {
    let mut refusal = Refusal::new(409, Code::RemoteNonFf, format!("ref {name} stands elsewhere, or the push is no fast-forward"));
    refusal.name = Some(name.into());
    refusal.actual = actual;
    refusal
}
