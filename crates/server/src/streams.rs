//! Streams of frames, many on a few threads. What is likely to be one piece, as the answer to a pull of few rows, is made
//! at once: it waits behind no stream. A longer one is begun on one of the threads, where it stays (its store belongs to one thread),
//! works piece by piece, and keeps neither the thread nor a permit while its reader takes its time. There is room for so
//! many of them; for one more, the reader that has kept its stream waiting longest is cut off. A client that was cut off
//! has what it got, and asks for the rest.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use prollite::chunk::Store;
use prollite::sync::serve::{self, FrameStream};
use prollite::sync::{FetchRequest, GetRequest, Refusal};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::StreamExt;
use tokio_util::task::LocalPoolHandle;

use crate::http::{busy, App};
use crate::snapshot::{Snapshot, View};

/// A reader that keeps its stream waiting no longer than this is not slow.
const PATIENCE: Duration = Duration::from_secs(1);
/// So many addresses are not asked for by who resumes a clone.
const FEW: usize = 64;
/// Pieces that wait for the connection.
const AHEAD: usize = 1;

type Pieces = mpsc::Sender<std::io::Result<Bytes>>;

pub struct Streams { threads: LocalPoolHandle, room: Arc<Semaphore>, waiting: Mutex<HashMap<u64, Waiting>>, number: AtomicU64 }

/// A stream that waits for its reader.
struct Waiting { since: Instant, cut: Arc<Notify> }

impl Streams {
    pub fn new(most: usize) -> Streams {
        let threads = std::thread::available_parallelism().map_or(2, usize::from).max(2);
        Streams {
            threads: LocalPoolHandle::new(threads),
            room: Arc::new(Semaphore::new(most)),
            waiting: Mutex::default(),
            number: AtomicU64::new(0),
        }
    }

    /// Waits for room, and makes some at the cost of the slowest reader.
    async fn room(&self, limit: Duration) -> Option<OwnedSemaphorePermit> {
        if let Ok(room) = self.room.clone().try_acquire_owned() {
            return Some(room);
        }
        let began = Instant::now();
        while began.elapsed() < limit {
            self.cut_slowest();
            if let Ok(room) = timeout(PATIENCE / 4, self.room.clone().acquire_owned()).await {
                return room.ok();
            }
        }
        None
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, HashMap<u64, Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cut_slowest(&self) {
        let mut waiting = self.waiting();
        let slowest = waiting.iter().min_by_key(|(_, stream)| stream.since).map(|(number, stream)| (*number, stream.since));
        if let Some((number, _)) = slowest.filter(|(_, since)| since.elapsed() >= PATIENCE) {
            if let Some(stream) = waiting.remove(&number) {
                stream.cut.notify_one();
            }
        }
    }

    /// Waits until the reader takes a piece. `false`: it was too slow, or is gone.
    async fn deliver(&self, pieces: &Pieces, piece: std::io::Result<Bytes>, limit: Duration) -> bool {
        let (number, cut) = (self.number.fetch_add(1, Ordering::Relaxed), Arc::new(Notify::new()));
        self.waiting().insert(number, Waiting { since: Instant::now(), cut: cut.clone() });
        let taken = tokio::select! {
            sent = timeout(limit, pieces.send(piece)) => matches!(sent, Ok(Ok(()))),
            () = cut.notified() => false,
        };
        self.waiting().remove(&number);
        taken
    }
}

/// What is to be streamed, and the state that it is answered from.
pub struct Asked { pub database: String, pub snapshot: Arc<Snapshot>, pub request: Message }

pub enum Message { Fetch(FetchRequest), Get(GetRequest) }

impl Message {
    pub fn parse(endpoint: &str, body: &[u8]) -> Result<Message, Refusal> {
        Ok(match endpoint {
            "fetch" => Message::Fetch(FetchRequest::parse(body)?),
            _ => Message::Get(GetRequest::parse(body)?),
        })
    }

    /// Whether the answer is likely to be one piece: who has nothing wants everything.
    fn is_small(&self) -> bool {
        match self {
            Message::Fetch(fetch) => !fetch.have.is_empty(),
            Message::Get(get) => get.addresses.len() <= FEW,
        }
    }
}

impl Asked {
    fn open(&self) -> Result<FrameStream, Refusal> {
        let store: Store = Rc::new(View::new(self.snapshot.clone()));
        Ok(match &self.request {
            Message::Fetch(fetch) => serve::fetch(&store, &self.snapshot.manifest.ref_list(), fetch)?,
            Message::Get(get) => serve::get(&store, get)?,
        })
    }

    /// The whole answer, if it is one piece. What cannot be answered at all is said here, too.
    pub fn whole(&self, app: &App) -> Result<Option<Body>, Refusal> {
        let mut frames = self.open()?;
        if !self.request.is_small() {
            return Ok(None);
        }
        let piece = Bytes::from(frames.next()?.unwrap_or_default());
        if !frames.is_ended() {
            return Ok(None);
        }
        self.told(app, piece.len() as u64, frames.chunks(), false);
        Ok(Some(Body::from(piece)))
    }

    fn told(&self, app: &App, bytes_out: u64, chunks: u64, cut: bool) {
        app.metrics.bytes_out.fetch_add(bytes_out, Ordering::Relaxed);
        app.metrics.chunks_out.fetch_add(chunks, Ordering::Relaxed);
        app.metrics.cut_streams.fetch_add(u64::from(cut), Ordering::Relaxed);
        let endpoint = if matches!(self.request, Message::Fetch(_)) { "fetch" } else { "chunks/get" };
        tracing::info!(database = self.database, endpoint, bytes_out, chunks, cut, "stream");
    }
}

/// Begins a stream, whose pieces are made as they are asked for.
pub async fn begin(app: &Arc<App>, asked: Asked) -> Result<Body, Refusal> {
    let room = app.streams.room(app.config.options.timeout()).await.ok_or_else(busy)?;
    let (pieces, receive) = mpsc::channel(AHEAD);
    let ended = Arc::new(AtomicBool::new(false));
    let (own, at_end) = (app.clone(), ended.clone());
    app.streams.threads.spawn_pinned(move || async move {
        let _room = room;
        send(&own, &asked, pieces, &at_end).await;
    });
    // A body that ends without its last frame breaks the connection, so that nobody takes it for whole.
    let broken = move || (!ended.load(Ordering::Acquire)).then(|| Err(std::io::Error::other("the stream was cut off")));
    let body = ReceiverStream::new(receive).chain(tokio_stream::iter(std::iter::once_with(broken).flatten()));
    Ok(Body::from_stream(body))
}

async fn send(app: &App, asked: &Asked, pieces: Pieces, ended: &AtomicBool) {
    let (mut frames, mut sent) = (None, 0);
    let cut = loop {
        let made = {
            let Ok(_permit) = app.work.acquire().await else { break false };
            match &mut frames {
                None => asked.open().and_then(|opened| Ok(frames.insert(opened).next()?)),
                Some(frames) => frames.next().map_err(Refusal::from),
            }
        };
        let piece = match made {
            Ok(Some(piece)) => Bytes::from(piece),
            Ok(None) => {
                ended.store(true, Ordering::Release);
                break false;
            }
            Err(refusal) => {
                tracing::error!(database = asked.database, error = refusal.message, "a stream failed");
                break false;
            }
        };
        sent += piece.len() as u64;
        match pieces.try_send(Ok(piece)) {
            Ok(()) => tokio::task::yield_now().await,
            Err(TrySendError::Closed(_)) => break false,
            Err(TrySendError::Full(piece)) => {
                if !app.streams.deliver(&pieces, piece, app.config.options.timeout()).await {
                    break !pieces.is_closed();
                }
            }
        }
    };
    asked.told(app, sent, frames.map_or(0, |frames| frames.chunks()), cut);
}
