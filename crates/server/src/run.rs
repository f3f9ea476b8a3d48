//! Listening, collecting now and then, and stopping without breaking off what is under way.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::Duration;

use axum::routing::get;
use axum::{Extension, Router};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use prollite::{Code, Error, Result};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutStream;

use crate::auth::Tokens;
use crate::config::Config;
use crate::depot;
use crate::gc;
use crate::http::{router, App, Peer};
use crate::io;
use crate::limits::Rate;
use crate::metrics::Metrics;
use crate::registry::Registry;
use crate::streams::Streams;

/// How long what is under way may take once the server was told to stop.
const DRAIN: Duration = Duration::from_secs(30);

/// Bytes that a connection keeps for a peer that does not take them, and as many again in the system.
const UNSENT: usize = 128 << 10;

/// Bytes that pushes may unpack to at the same time; more of them wait.
const UNPACKING: usize = 256 << 20;

pub fn app(config: Config) -> Result<Arc<App>> {
    crate::files::make_folder(&config.data)?;
    let local = config.options.listen().ip().is_loopback();
    let tokens = Tokens::new(&config.data, local || config.options.open)?;
    if !local && !config.options.open && crate::auth::read(&config.data)?.is_empty() {
        let text = format!(
            "{} can be reached from other machines and there is no token: make one with `prollite-server token add`, or say --open",
            config.options.listen()
        );
        return Err(Error::new(Code::BadArgument, text));
    }
    let depot = config.options.bucket.as_deref().map(depot::open).transpose()?;
    if let Some(depot) = depot.as_ref().filter(|_| !config.options.read_only) {
        depot::check(depot)?;
    }
    let registry = Registry::open(&config.data, depot)?;
    for name in registry.names()? {
        registry.get(&name, false)?;
    }
    Ok(Arc::new(App {
        rate: Rate::new(config.options.rate()),
        metrics: Metrics::default(),
        work: Arc::new(Semaphore::new(config.options.max_requests())),
        streams: Streams::new(config.options.max_streams()),
        unpacking: Arc::new(Semaphore::new(UNPACKING >> 10)),
        ready: AtomicBool::new(true),
        registry,
        tokens,
        config,
    }))
}

/// Serves until `stop` is done. `listening` learns the address once it can be reached.
pub async fn serve(app: Arc<App>, stop: impl Future<Output = ()>, listening: impl FnOnce(SocketAddr)) -> Result<()> {
    let address = app.config.options.listen();
    let listener = TcpListener::bind(address).await.map_err(|error| io(format!("listening at {address}"), error))?;
    let address = listener.local_addr().map_err(|error| io("listening", error))?;
    if let Some(metrics) = app.config.options.metrics {
        let listener = TcpListener::bind(metrics).await.map_err(|error| io(format!("listening at {metrics}"), error))?;
        tokio::spawn(serve_metrics(app.clone(), listener));
    }
    let every = app.config.options.gc_every.unwrap_or(60);
    if every > 0 && !app.config.options.read_only {
        tokio::spawn(collect_now_and_then(app.clone(), Duration::from_secs(every * 60)));
    }
    listening(address);
    let service = router(app.clone());
    let connections = Arc::new(Semaphore::new(app.config.options.max_connections()));
    let graceful = GracefulShutdown::new();
    let mut server = hyper::server::conn::http1::Builder::new();
    server.max_buf_size(UNSENT);
    server.timer(TokioTimer::new()).header_read_timeout(app.config.options.timeout());
    tokio::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let Ok((stream, peer)) = accepted else {
            // Out of descriptors, or a peer that is gone: others may fare better in a moment.
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        let Ok(permit) = connections.clone().try_acquire_owned() else {
            app.metrics.refused_connections.fetch_add(1, Ordering::Relaxed);
            continue;
        };
        let _ = stream.set_nodelay(true);
        let _ = socket2::SockRef::from(&stream).set_tcp_notsent_lowat(UNSENT as u32);
        // A peer that takes nothing for so long is gone, or holds its connection for the sake of it.
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(app.config.options.timeout()));
        let service = TowerToHyperService::new(service.clone().layer(Extension(Peer(peer))));
        let connection = graceful.watch(server.serve_connection(TokioIo::new(Box::pin(stream)), service));
        let app = app.clone();
        tokio::spawn(async move {
            app.metrics.connections.fetch_add(1, Ordering::Relaxed);
            // A connection that breaks concerns nobody else.
            let _ = connection.await;
            app.metrics.connections.fetch_sub(1, Ordering::Relaxed);
            drop(permit);
        });
    }
    app.ready.store(false, Ordering::Relaxed);
    drop(listener);
    tracing::info!("stopping");
    if tokio::time::timeout(DRAIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end within {} s", DRAIN.as_secs());
    }
    Ok(())
}

async fn serve_metrics(app: Arc<App>, listener: TcpListener) {
    let answer = move || {
        let databases = app.registry.all_open();
        let snapshots: Vec<_> = databases.iter().map(|database| database.snapshot()).collect();
        let chunks = snapshots.iter().map(|snapshot| snapshot.chunks()).sum();
        let bytes = snapshots.iter().map(|snapshot| snapshot.bytes()).sum();
        let text = app.metrics.text(databases.len(), chunks, bytes, crate::files::free(&app.config.data).unwrap_or(0));
        async move { text }
    };
    let router: Router = Router::new().route("/metrics", get(answer));
    while let Ok((stream, _)) = listener.accept().await {
        let service = TowerToHyperService::new(router.clone());
        tokio::spawn(async move {
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn collect_now_and_then(app: Arc<App>, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        let app = app.clone();
        let work = move || {
            for database in app.registry.all_open() {
                match gc::collect(&database, app.config.options.grace_ms()) {
                    Ok(done) => tracing::info!(database = database.name, ?done, "collected"),
                    Err(error) => tracing::warn!(database = database.name, error = error.message(), "collection"),
                }
            }
        };
        let _ = tokio::task::spawn_blocking(work).await;
    }
}
