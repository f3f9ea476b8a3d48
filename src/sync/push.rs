//! Pushing: the client's side. What fits goes in one request, the updates behind the chunks; what does not goes as packs
//! first. Everything can be sent again: packs are named by their content, and the updates carry a key.

use std::cell::RefCell;

use bytes::Bytes;

use super::frame::{MAX_PUSH, MAX_UNPACKED};
use super::job::{Job, Progress, Request, Scope, FRAMES, JSON};
use super::message::{Mode, Update, Updates};
use super::refusal::Refusal;
use super::static_folder::REFS;
use super::{block::MAX_BLOCK, Codec, FrameKind, FrameWriter, Sender};
use crate::chunk::Store;
use crate::error::{Code, Error, Result};
use crate::hash::Address;

pub struct Push { url: String, store: Store, tips: Vec<Address>, tags: Vec<Address>, scope: Scope, state: RefCell<State> }

struct State {
    updates: Updates,
    sender: Option<Sender>,
    writer: FrameWriter,
    /// What is on its way, kept until it is acknowledged.
    piece: Option<Piece>,
    /// The updates went, and were taken.
    done: bool,
    /// The remote lacked what it was thought to have: everything is sent.
    whole: bool,
    status: u16,
    answer: Vec<u8>,
    progress: Progress,
}

#[derive(Clone)]
enum Piece {
    Pack { id: Address, body: Bytes },
    /// Chunks and updates.
    Push(Bytes),
    Refs(Bytes),
}

impl Push {
    /// `tips` and `tags`: the commits and tag chunks that the updates name; `have`: commits that the remote has.
    pub fn new(url: &str, store: &Store, tips: Vec<Address>, tags: Vec<Address>, have: &[Address], idem: &str, updates: Vec<Update>) -> Self {
        let forced = |update: &Update| update.mode == Mode::Force || update.new.is_none();
        let scope = if updates.iter().any(forced) { Scope::Force } else { Scope::Write };
        let state = State {
            updates: Updates { idem: idem.into(), updates, packs: Vec::new() },
            sender: Some(Sender::new(store, &tips, &tags, have)),
            writer: FrameWriter::new(Codec::Deflate),
            piece: None,
            done: false,
            whole: have.is_empty(),
            status: 0,
            answer: Vec::new(),
            progress: Progress::default(),
        };
        Push { url: url.into(), store: store.clone(), tips, tags, scope, state: RefCell::new(state) }
    }
}

impl State {
    /// Room for the last block, as large as it can become, and for the updates.
    fn is_full(&mut self) -> bool {
        if self.writer.raw_bytes() > (MAX_UNPACKED - MAX_BLOCK) as u64 {
            return true;
        }
        let room = MAX_PUSH - MAX_BLOCK - (64 << 10);
        if self.writer.len() + self.writer.pending() > room {
            self.writer.flush();
        }
        self.writer.len() > room
    }

    /// The next piece. A fault loses nothing.
    fn fill(&mut self) -> Result<()> {
        while let Some(sender) = &mut self.sender {
            let Some(chunk) = sender.next()? else {
                self.sender = None;
                break;
            };
            self.progress.chunks += 1;
            self.progress.bytes_raw += chunk.len() as u64;
            self.writer.chunk(chunk.bytes());
            if self.is_full() {
                self.piece = Some(self.pack());
                return Ok(());
            }
        }
        let updates = self.updates.to_json();
        self.piece = Some(if self.updates.packs.is_empty() {
            self.writer.frame(FrameKind::Updates, updates.as_bytes());
            self.writer.end();
            Piece::Push(self.writer.take().into())
        } else if self.writer.chunks() > 0 {
            self.pack()
        } else {
            Piece::Refs(updates.into())
        });
        Ok(())
    }

    fn pack(&mut self) -> Piece {
        let mut writer = std::mem::replace(&mut self.writer, FrameWriter::new(Codec::Deflate));
        writer.end();
        let body = Bytes::from(writer.take());
        Piece::Pack { id: Address::of(&body), body }
    }
}

impl Job for Push {
    fn url(&self) -> &str { &self.url }

    fn request(&self) -> Result<Option<Request>> {
        let state = &mut *self.state.borrow_mut();
        if state.done {
            return Ok(None);
        }
        if self.url.ends_with(REFS) {
            return Err(Error::new(Code::ReadOnly, format!("{} is a static remote: it is read only", self.url)));
        }
        if state.piece.is_none() {
            state.fill()?;
        }
        let Some(piece) = state.piece.clone() else { return Ok(None) };
        let (method, path, content_type, body) = match piece {
            Piece::Pack { id, body } => ("PUT", format!("/packs/{}", id.hex()), FRAMES, body),
            Piece::Push(body) => ("POST", "/push".into(), FRAMES, body),
            Piece::Refs(body) => ("POST", "/refs".into(), JSON, body),
        };
        state.progress.bytes_wire += body.len() as u64;
        Ok(Some(Request { method, path, content_type, body, range: None, scope: self.scope }))
    }

    fn answered(&self, status: u16) {
        let state = &mut *self.state.borrow_mut();
        state.status = status;
        state.answer.clear();
    }

    fn feed(&self, bytes: &[u8]) -> Result<()> {
        let state = &mut *self.state.borrow_mut();
        let room = (1usize << 20).saturating_sub(state.answer.len());
        state.answer.extend_from_slice(&bytes[..bytes.len().min(room)]);
        Ok(())
    }

    fn advance(&self) -> Result<()> { Ok(()) }

    fn end(&self) -> Result<()> {
        let state = &mut *self.state.borrow_mut();
        if !(200..300).contains(&state.status) {
            let refusal = Refusal::from_answer(state.status, &state.answer);
            if state.status == 422 && !state.whole {
                state.whole = true;
                state.sender = Some(Sender::new(&self.store, &self.tips, &self.tags, &[]));
                state.writer = FrameWriter::new(Codec::Deflate);
                state.updates.packs.clear();
                state.piece = None;
                return Ok(());
            }
            let error = refusal.clone().into_error();
            return Err(match (error.code(), refusal.name) {
                (Code::RemoteNonFf, Some(name)) => rejected(&name, refusal.actual),
                _ => error,
            });
        }
        match state.piece.take() {
            Some(Piece::Pack { id, .. }) => state.updates.packs.push(id),
            Some(_) => state.done = true,
            None => {}
        }
        Ok(())
    }

    fn cut(&self) {}

    fn progress(&self) -> Progress { self.state.borrow().progress }
}

fn rejected(name: &str, actual: Option<Address>) -> Error {
    let short = name.split_once('/').map_or(name, |(_, short)| short);
    let text = match actual {
        Some(actual) => format!("push of {short} is rejected: the remote stands on {actual}, which is not here or not an ancestor"),
        None => format!("push of {short} is rejected: the remote does not have it any more"),
    };
    Error::new(Code::RemoteNonFf, text).with_hint("pull, then push again; or push with -f to overwrite what you fetched last")
}
