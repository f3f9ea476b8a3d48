//! Requests and answers. What blocks (a store) runs on the blocking threads; streams have threads of their own
//! (`streams`).

use std::net::IpAddr;
use std::sync::atomic::Ordering;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{header, HeaderMap, HeaderValue, Method, Request, StatusCode};
use axum::response::Response;
use axum::Router;
use prollite::chunk::ChunkStore;
use prollite::sync::serve::{self, Rights};
use prollite::sync::{Event, FrameReader, Refusal, Updates, MAX_PUSH, MAX_UNPACKED};
use prollite::{Address, Code, Error};
use tokio::sync::Semaphore;
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::auth::{Grant, Scope, Tokens};
use crate::compact;
use crate::config::Config;
use crate::database::Database;
use crate::files;
use crate::limits::Rate;
use crate::metrics::Metrics;
use crate::registry::Registry;
use crate::snapshot::View;
use crate::streams::{self, Asked, Message, Streams};

pub struct App {
    pub config: Config,
    pub registry: Registry,
    pub tokens: Tokens,
    pub rate: Rate,
    pub metrics: Metrics,
    pub work: Arc<Semaphore>,
    pub streams: Streams,
    /// KiB that may be unpacked at once.
    pub unpacking: Arc<Semaphore>,
    pub ready: std::sync::atomic::AtomicBool,
}

/// Who a connection comes from.
#[derive(Clone, Copy)]
pub struct Peer(pub std::net::SocketAddr);

type Answered = Result<Response, Refusal>;

const FRAMES: &str = "application/vnd.prollite.frames";
/// A small request.
const MAX_MESSAGE: usize = 4 << 20;
const MAX_HAS: usize = 16_384;

pub fn router(app: Arc<App>) -> Router {
    let allowed = app.clone();
    let cors = CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(move |origin, _| origin.to_str().is_ok_and(|origin| allowed.allows_origin(origin))))
        .allow_methods([Method::GET, Method::POST, Method::PUT])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE, header::IF_NONE_MATCH])
        .expose_headers([header::ETAG, header::RETRY_AFTER])
        .max_age(Duration::from_secs(7_200));
    Router::new().fallback(answer).with_state(app).layer(cors)
}

impl App {
    /// Pages on this machine, and those that were named.
    fn allows_origin(&self, origin: &str) -> bool {
        let list = &self.config.options.allow_origin;
        let host = origin.split_once("://").map_or("", |(_, host)| host);
        is_local(without_port(host)) || list.iter().any(|allowed| allowed == "*" || allowed == origin)
    }

    /// A page that made a name of its own point here must not get through.
    fn allows_host(&self, host: &str) -> bool {
        let host = without_port(host);
        let own = self.config.options.listen().ip();
        is_local(host)
            || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|ip| ip == own || own.is_unspecified())
            || self.config.options.allow_host.iter().any(|allowed| allowed == host)
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.is_empty() => name,
        _ => host,
    }
}

fn is_local(host: &str) -> bool { matches!(host, "localhost" | "127.0.0.1" | "[::1]") }

async fn answer(State(app): State<Arc<App>>, request: Request<Body>) -> Response {
    let began = Instant::now();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let endpoint = endpoint_of(&path);
    let length = |headers: &HeaderMap| headers.get(header::CONTENT_LENGTH).and_then(|len| len.to_str().ok()).map(str::to_owned);
    let bytes_in = length(request.headers()).unwrap_or_else(|| "0".into());
    let answered = route(&app, request, endpoint).await;
    let response = answered.unwrap_or_else(|refusal| refused(&refusal));
    let status = response.status().as_u16();
    app.metrics.request(endpoint, status);
    // A stream's bytes are told when it has ended.
    tracing::info!(%method, path, status, bytes_in, ms = began.elapsed().as_millis() as u64, "request");
    response
}

/// The path without what a caller chose: for metrics.
fn endpoint_of(path: &str) -> &'static str {
    let tail: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match tail[..] {
        ["healthz"] => "healthz",
        ["readyz"] => "readyz",
        ["v1", _, "refs"] => "refs",
        ["v1", _, "fetch"] => "fetch",
        ["v1", _, "push"] => "push",
        ["v1", _, "chunks", "get"] => "chunks/get",
        ["v1", _, "chunks", "has"] => "chunks/has",
        ["v1", _, "chunks", _] => "chunk",
        ["v1", _, "packs", _] => "packs",
        _ => "unknown",
    }
}

fn not_found(what: &str) -> Refusal { Refusal::new(404, Code::RefNotFound, what) }

async fn route(app: &Arc<App>, request: Request<Body>, endpoint: &'static str) -> Answered {
    if endpoint == "healthz" {
        return Ok(text(200, "ok\n"));
    }
    if endpoint == "readyz" {
        return match app.ready.load(Ordering::Relaxed) {
            true => Ok(text(200, "ready\n")),
            false => Err(Refusal::new(503, Code::RemoteUnreachable, "the server is stopping")),
        };
    }
    let headers = request.headers();
    let word = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let forbidden = |what: String| Refusal::new(403, Code::RemoteAuth, what);
    let host = word(header::HOST).unwrap_or_default();
    if !app.allows_host(host) {
        return Err(forbidden(format!("host {host} is not one of this server's: --allow-host names it")));
    }
    if let Some(origin) = word(header::ORIGIN).filter(|origin| !app.allows_origin(origin)) {
        return Err(forbidden(format!("origin {origin} is not allowed: --allow-origin names it")));
    }
    let path = request.uri().path().to_owned();
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let [_, name, ..] = parts[..] else { return Err(not_found("there is nothing here: databases are below /v1/")) };
    let method = request.method().clone();
    let scope = match (method.as_str(), endpoint) {
        ("GET", "refs" | "chunk") | ("POST", "fetch" | "chunks/get" | "chunks/has") => Scope::Read,
        ("POST", "refs" | "push") | ("PUT", "packs") => Scope::Write,
        (_, "unknown") => return Err(not_found("there is nothing here: databases are below /v1/")),
        _ => return Err(Refusal::new(405, Code::RemoteInvalid, format!("{method} is nothing that {path} answers"))),
    };
    let who = match word(header::AUTHORIZATION) {
        Some(token) => Address::of(token.as_bytes()).hex(),
        None => request.extensions().get::<Peer>().map_or(String::new(), |peer| peer.0.ip().to_string()),
    };
    if !app.rate.allow(&who) {
        let mut refusal = Refusal::new(429, Code::RemoteUnreachable, "too many requests");
        refusal.retry_after = Some(1);
        return Err(refusal);
    }
    let grant = app.tokens.grant(word(header::AUTHORIZATION), name, scope)?;
    if scope == Scope::Write && app.config.options.read_only {
        return Err(Refusal::new(403, Code::ReadOnly, "this server is read only"));
    }
    let known = word(header::IF_NONE_MATCH).map(str::to_owned);
    let limit = if matches!(endpoint, "push" | "packs") { MAX_PUSH } else { MAX_MESSAGE };
    let tail = parts.last().copied().unwrap_or_default().to_owned();
    let name = name.to_owned();
    let body = read_body(app, request, limit).await?;
    let app = app.clone();
    // Deflate makes no more than 1,032 bytes of one.
    let unpacked = if matches!(endpoint, "push" | "packs") { (body.len() * 1_032).min(MAX_UNPACKED) >> 10 } else { 0 };
    let room = acquire(&app, &app.unpacking, unpacked as u32).await?;
    let permit = acquire(&app, &app.work, 1).await?;
    match endpoint {
        "fetch" | "chunks/get" => {
            let own = app.clone();
            let work = move || {
                let _permit = permit;
                let request = Message::parse(endpoint, &body)?;
                let asked = Asked { snapshot: own.registry.get(&name, false)?.snapshot(), database: name, request };
                Ok((asked.whole(&own)?, asked))
            };
            let body = match blocking(work).await? {
                (Some(body), _) => body,
                (None, asked) => streams::begin(&app, asked).await?,
            };
            Ok(respond(200, FRAMES, body))
        }
        _ => {
            let work = move || {
                let _permits = (room, permit);
                let database = app.registry.get(&name, scope == Scope::Write)?;
                match (method.as_str(), endpoint) {
                    ("GET", "refs") => get_refs(&app, &database, known.as_deref()),
                    ("GET", _) => get_chunk(&app, &database, &tail),
                    ("POST", "chunks/has") => has_chunks(&database, &body),
                    ("PUT", _) => put_pack(&app, &database, &tail, &body),
                    ("POST", "push") => push(&app, &database, &body, &grant),
                    _ => post_refs(&app, &database, &body, &grant),
                }
            };
            blocking(work).await
        }
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Refusal> + Send + 'static) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err(Error::internal("a request failed").into()))
}

pub fn busy() -> Refusal {
    let mut refusal = Refusal::new(503, Code::RemoteUnreachable, "the server is busy");
    refusal.retry_after = Some(2);
    refusal
}

/// Waits for its turn, not longer than the time limit.
async fn acquire(app: &App, semaphore: &Arc<Semaphore>, count: u32) -> Result<tokio::sync::OwnedSemaphorePermit, Refusal> {
    let Ok(permit) = tokio::time::timeout(app.config.options.timeout(), semaphore.clone().acquire_many_owned(count)).await else {
        return Err(busy());
    };
    permit.map_err(|_| Refusal::new(503, Code::RemoteUnreachable, "the server is stopping"))
}

async fn read_body(app: &App, request: Request<Body>, limit: usize) -> Result<Bytes, Refusal> {
    let read = axum::body::to_bytes(request.into_body(), limit);
    // A large body may take its time, as long as it comes at 64 KiB a second or more.
    let time = app.config.options.timeout() + Duration::from_secs((limit >> 16) as u64);
    match tokio::time::timeout(time, read).await {
        Ok(Ok(body)) => {
            app.metrics.bytes_in.fetch_add(body.len() as u64, Ordering::Relaxed);
            Ok(body)
        }
        Ok(Err(_)) => Err(Refusal::new(413, Code::RemoteInvalid, format!("the body was cut off, or has more than {limit} bytes"))),
        Err(_) => Err(Refusal::new(408, Code::RemoteUnreachable, "the body did not come in time")),
    }
}

fn get_refs(app: &App, database: &Database, known: Option<&str>) -> Answered {
    let snapshot = database.snapshot();
    let tag = format!("\"{}\"", snapshot.manifest.generation);
    if known == Some(tag.as_str()) {
        return Ok(with_header(respond(304, "application/json", Body::empty()), header::ETAG, &tag));
    }
    let body = serve::refs(&snapshot.manifest.ref_list());
    Ok(with_header(json(app, 200, body), header::ETAG, &tag))
}

fn get_chunk(app: &App, database: &Database, name: &str) -> Answered {
    let bad = || Refusal::new(400, Code::RemoteInvalid, "a chunk is named by 64 hexadecimal digits");
    let address = Address::from_hex(name).ok_or_else(bad)?;
    let view = View::new(database.snapshot());
    if !view.contains(&address)? {
        return Err(not_found("there is no such chunk"));
    }
    let chunk = view.get(&address)?;
    app.metrics.bytes_out.fetch_add(chunk.len() as u64, Ordering::Relaxed);
    let cache = if app.tokens.is_open() { "public, max-age=31536000, immutable" } else { "private, max-age=31536000, immutable" };
    let response = respond(200, "application/octet-stream", Body::from(chunk.bytes().clone()));
    Ok(with_header(response, header::CACHE_CONTROL, cache))
}

fn has_chunks(database: &Database, body: &[u8]) -> Answered {
    // 32 bytes each, and a bit each.
    if !body.len().is_multiple_of(Address::LEN) || body.len() / Address::LEN > MAX_HAS {
        let text = format!("expected up to {MAX_HAS} addresses of 32 bytes each, found {} bytes", body.len());
        return Err(Refusal::new(400, Code::RemoteInvalid, text));
    }
    let snapshot = database.snapshot();
    let mut bits = vec![0u8; (body.len() / Address::LEN).div_ceil(8)];
    for (i, address) in body.chunks_exact(Address::LEN).filter_map(Address::from_slice).enumerate() {
        if snapshot.find(&address).is_some() {
            bits[i / 8] |= 1 << (i % 8);
        }
    }
    Ok(respond(200, "application/octet-stream", Body::from(bits)))
}

/// Reads frames of a push: the updates, if any, and the chunks.
fn read_frames(body: &[u8]) -> Result<(Option<Updates>, Vec<Bytes>), Refusal> {
    let wrong = |what: String| Refusal::new(400, Code::RemoteInvalid, what);
    let mut reader = FrameReader::new();
    reader.push(body);
    let (mut updates, mut chunks, mut bytes) = (None, Vec::new(), 0);
    while let Some(event) = reader.next()? {
        match event {
            Event::Updates(json) if updates.is_none() => updates = Some(Updates::parse(&json)?),
            Event::Chunks(more) => {
                bytes += more.iter().map(Bytes::len).sum::<usize>();
                if bytes > MAX_UNPACKED {
                    return Err(Refusal::new(413, Code::RemoteInvalid, format!("more than {MAX_UNPACKED} bytes of chunks in one body")));
                }
                chunks.extend(more);
            }
            Event::End | Event::Meta(_) | Event::Progress { .. } => {}
            _ => return Err(wrong("a push holds updates and chunks".into())),
        }
    }
    match reader.is_ended() {
        true => Ok((updates, chunks)),
        false => Err(wrong("the body was cut off before its END frame".into())),
    }
}

/// Whether so many more bytes may be stored.
fn check_room(app: &App, database: &Database, more: usize) -> Result<(), Refusal> {
    let bytes = database.snapshot().bytes();
    let quota = app.config.options.quota();
    if quota > 0 && bytes >= quota {
        let text = format!("database {} has {bytes} bytes, its quota is {quota}", database.name);
        return Err(Refusal::new(507, Code::Quota, text));
    }
    let least = app.config.options.min_free();
    let free = if least > 0 { files::free(database.folder())? } else { u64::MAX };
    if free < least.saturating_add(more as u64) {
        tracing::warn!(database = database.name, free, least, "the disk is almost full: pushes are refused");
        let text = format!("the server's disk has {free} bytes left, of which {least} stay free (--min-free)");
        return Err(Refusal::new(507, Code::Quota, text));
    }
    Ok(())
}

fn put_pack(app: &App, database: &Database, name: &str, body: &[u8]) -> Answered {
    check_room(app, database, body.len())?;
    let wrong = || Refusal::new(400, Code::RemoteInvalid, "a pack is named by the hash of its bytes, 64 hexadecimal digits");
    let id = Address::from_hex(name).filter(|id| *id == Address::of(body)).ok_or_else(wrong)?;
    let (_, chunks) = read_frames(body)?;
    let new = database.stage(id, chunks)?;
    Ok(json(app, if new { 201 } else { 200 }, "{}".into()))
}

fn push(app: &App, database: &Arc<Database>, body: &[u8], grant: &Grant) -> Answered {
    let (updates, chunks) = read_frames(body)?;
    let none = || Refusal::new(400, Code::RemoteInvalid, "a push without an UPDATES frame");
    land(app, database, &updates.ok_or_else(none)?, chunks, grant)
}

fn post_refs(app: &App, database: &Arc<Database>, body: &[u8], grant: &Grant) -> Answered {
    land(app, database, &Updates::parse(body)?, Vec::new(), grant)
}

fn land(app: &App, database: &Arc<Database>, updates: &Updates, chunks: Vec<Bytes>, grant: &Grant) -> Answered {
    if let Some(update) = updates.updates.iter().find(|update| !grant.may_move(&update.name)) {
        return Err(Refusal::new(403, Code::RemoteAuth, format!("the token may not move {}", update.name)));
    }
    if updates.updates.iter().any(|update| update.new.is_some()) {
        check_room(app, database, chunks.iter().map(Bytes::len).sum())?;
    }
    let landed = database.push(updates, chunks, Rights { force: grant.force })?;
    app.metrics.pushes.fetch_add(1, Ordering::Relaxed);
    tracing::info!(database = database.name, token = grant.id, generation = landed.generation, again = landed.again, "push");
    // What is joined needs its room twice for a while.
    if compact::is_crowded(database) && check_room(app, database, 0).is_ok() {
        let database = database.clone();
        tokio::task::spawn_blocking(move || match compact::compact(&database) {
            Ok(0) => {}
            Ok(packs) => tracing::info!(database = database.name, packs, "packs were joined"),
            Err(error) => tracing::warn!(database = database.name, error = error.message(), "joining packs"),
        });
    }
    let body = format!("{{\"gen\":{}}}", landed.generation);
    Ok(with_header(json(app, 200, body), header::ETAG, &format!("\"{}\"", landed.generation)))
}

fn respond(status: u16, kind: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn text(status: u16, text: &'static str) -> Response { respond(status, "text/plain; charset=utf-8", Body::from(text)) }

fn json(app: &App, status: u16, body: String) -> Response {
    app.metrics.bytes_out.fetch_add(body.len() as u64, Ordering::Relaxed);
    respond(status, "application/json", Body::from(body))
}

fn with_header(mut response: Response, name: header::HeaderName, value: &str) -> Response {
    let headers: &mut HeaderMap = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
    response
}

fn refused(refusal: &Refusal) -> Response {
    let response = respond(refusal.status, "application/json", Body::from(refusal.to_json()));
    match refusal.retry_after {
        Some(seconds) => with_header(response, header::RETRY_AFTER, &seconds.to_string()),
        None => response,
    }
}
