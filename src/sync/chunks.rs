//! Chunks by their addresses: what a lazy clone reads of its remote when it needs it. A chunk is taken where its bytes hash
//! to what was asked for, or where a chunk that was just taken points to it; nothing else is.

use std::cell::RefCell;

use bytes::Bytes;

use super::frame_reader::{Event, FrameReader};
use super::job::{Job, Progress, Request, Scope, JSON};
use super::message::GetRequest;
use super::refusal::{invalid, Refusal};
use super::serve::points_to;
use crate::chunk::{AddressMap, Chunk};
use crate::error::{Code, Error, Result};
use crate::hash::Address;

/// Few addresses come with what they point to: the next look-up goes on there. With many that would be most of a table.
const FEW: usize = 16;

pub struct Chunks { url: String, state: RefCell<State> }

struct State {
    wanted: AddressMap<()>,
    /// The wanted ones in the order of asking; what came since is still in it.
    order: Vec<Address>,
    /// What may come unasked, and whether it came.
    announced: AddressMap<bool>,
    came: Vec<Chunk>,
    lacking: Vec<Address>,
    reader: FrameReader,
    status: u16,
    refusal: Vec<u8>,
    progress: Progress,
}

impl Chunks {
    /// Most addresses that one job asks for, so that what comes fits into memory and into one transaction.
    pub const MOST: usize = 1_024;

    pub fn new(url: &str, addresses: Vec<Address>) -> Self {
        let state = State {
            wanted: addresses.iter().map(|address| (*address, ())).collect(),
            order: addresses,
            announced: AddressMap::default(),
            came: Vec::new(),
            lacking: Vec::new(),
            reader: FrameReader::new(),
            status: 0,
            refusal: Vec::new(),
            progress: Progress::default(),
        };
        Chunks { url: url.into(), state: RefCell::new(state) }
    }

    /// What came so far, each chunk verified: also when the job failed.
    pub fn take(&self) -> Vec<Chunk> { std::mem::take(&mut self.state.borrow_mut().came) }

    /// What the remote said that it does not have.
    pub fn lacking(&self) -> Vec<Address> { self.state.borrow().lacking.clone() }
}

impl State {
    fn handle(&mut self, event: Event) -> Result<()> {
        match event {
            Event::Chunks(chunks) => chunks.into_iter().try_for_each(|bytes| self.accept(bytes)),
            Event::Missing(missing) => {
                for address in missing {
                    if self.wanted.remove(&address).is_some() {
                        self.lacking.push(address);
                    }
                }
                Ok(())
            }
            Event::Error(json) => Err(Refusal::from_answer(500, &json).into_error()),
            Event::End if !self.wanted.is_empty() => {
                let one = self.wanted.keys().min().map(Address::to_string).unwrap_or_default();
                Err(invalid(format!("the remote was asked for chunk {one} and did not send it")))
            }
            Event::End | Event::Meta(_) | Event::Progress { .. } => Ok(()),
            other => Err(invalid(format!("such a frame is no answer to a request for chunks: {other:?}"))),
        }
    }

    fn accept(&mut self, bytes: Bytes) -> Result<()> {
        let chunk = Chunk::new(bytes);
        let address = chunk.address();
        if self.wanted.remove(&address).is_some() {
            for below in points_to(&chunk).map_err(|error| invalid(error.message()))? {
                self.announced.entry(below).or_insert(false);
            }
        } else if !self.announced.contains_key(&address) {
            return Err(invalid(format!("chunk {address} was sent and nothing asked for it")));
        }
        if self.announced.insert(address, true) == Some(true) {
            return Ok(());
        }
        self.progress.chunks += 1;
        self.progress.bytes_raw += chunk.len() as u64;
        self.came.push(chunk);
        Ok(())
    }
}

impl Job for Chunks {
    fn url(&self) -> &str { &self.url }

    fn request(&self) -> Result<Option<Request>> {
        let state = &mut *self.state.borrow_mut();
        let wanted = &state.wanted;
        state.order.retain(|address| wanted.contains_key(address));
        if state.order.is_empty() {
            return Ok(None);
        }
        state.reader = FrameReader::new();
        let levels = if state.order.len() <= FEW { 2 } else { 1 };
        let body = GetRequest { addresses: state.order.clone(), levels }.to_json();
        Ok(Some(Request {
            method: "POST",
            path: "/chunks/get".into(),
            content_type: JSON,
            body: body.into(),
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
        state.progress.bytes_wire += bytes.len() as u64;
        if state.status != 200 {
            let room = (64usize << 10).saturating_sub(state.refusal.len());
            state.refusal.extend_from_slice(&bytes[..bytes.len().min(room)]);
            return Ok(());
        }
        state.reader.push(bytes);
        while let Some(event) = state.reader.next()? {
            state.handle(event)?;
        }
        Ok(())
    }

    fn advance(&self) -> Result<()> { Ok(()) }

    fn end(&self) -> Result<()> {
        let state = self.state.borrow();
        if state.status != 200 {
            return Err(Refusal::from_answer(state.status, &state.refusal).into_error());
        }
        if state.reader.is_ended() { Ok(()) } else { Err(super::fetch::truncated(&self.url)) }
    }

    fn cut(&self) {}

    fn progress(&self) -> Progress {
        let state = self.state.borrow();
        Progress { announced: state.wanted.len() as u64, ..state.progress }
    }
}

/// Why a remote that answered did not give what it was asked for.
pub fn lacking(url: &str) -> Error { Error::new(Code::NotHere, format!("{url} does not have them any more")) }
