//! A server under load, on loopback: `cargo bench -p prollite-server --bench load`.
//!
//! Clone of a large table; pushes and pulls of one row at 1, 16, 128 and 1,000 connections, each with a branch of its own
//! on one database; the same beside readers that take a byte now and then.

#[allow(dead_code)]
#[path = "../tests/server/rows.rs"]
mod rows;
#[allow(dead_code)]
#[path = "../tests/server/support.rs"]
mod support;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use support::{Client, Folder, Server};

const SLOW: usize = 200;
/// A server that has too much to do at once says so, and a client tries again.
const TRIES: usize = 1_000;

fn main() {
    let folder = Folder::new("load");
    let server = Server::start(&folder, &[]);
    let mut ada = Client::new("ada-load", &server.url("large"), &server.address);
    rows::commit(&mut ada, 0..100_000, 0);
    let began = Instant::now();
    ada.push(1).unwrap();
    println!("push of 100 k rows        {:>8.1} ms", ms(began.elapsed()));
    let mut clones: Vec<Duration> = (0..5)
        .map(|_| {
            let began = Instant::now();
            Client::new("bob-load", &server.url("large"), &server.address).pull(1).unwrap();
            began.elapsed()
        })
        .collect();
    println!("clone of 100 k rows       {:>8.1} ms", ms(quantile(&mut clones, 50)));
    println!("resident at most          {:>8.1} MB", server.most_memory() as f64 / 1e6);
    for connections in [1, 16, 128] {
        measure(&server, &format!("c{connections}"), connections);
    }
    let stop = Arc::new(AtomicBool::new(false));
    let slow: Vec<_> = (0..SLOW).map(|_| slow_reader(&server, stop.clone())).collect();
    thread::sleep(Duration::from_millis(500));
    println!("beside {SLOW} slow readers of the large table:");
    measure(&server, "slow", 16);
    stop.store(true, Ordering::Relaxed);
    slow.into_iter().for_each(|reader| reader.join().unwrap());
    // The last: a thousand branches make a manifest that every push writes.
    measure(&server, "c1000", 1_000);
    drop(server);
    support::fsck(&folder);
}

fn ms(duration: Duration) -> f64 { duration.as_secs_f64() * 1e3 }

fn quantile(all: &mut [Duration], percent: usize) -> Duration {
    all.sort_unstable();
    all[(all.len() * percent / 100).min(all.len() - 1)]
}

/// Each connection pushes and pulls one row, again and again, as it would alone.
fn measure(server: &Server, name: &str, connections: usize) {
    let rounds = (256 / connections).clamp(6, 100);
    // A thousand clients share this machine's memory with the server.
    let size = if connections < 1_000 { 10_000 } else { 1_000 };
    let times: Mutex<(Vec<Duration>, Vec<Duration>)> = Mutex::default();
    let start = Barrier::new(connections);
    let began = Mutex::new(None);
    thread::scope(|scope| {
        for number in 0..connections {
            let (times, start, began) = (&times, &start, &began);
            let (url, address) = (server.url("shared"), server.address.clone());
            let key = format!("{name}-{number:04}");
            scope.spawn(move || {
                let mut own = Client::new(&format!("push-{key}"), &url, &address);
                own.branch = format!("heads/{key}");
                rows::commit(&mut own, 0..size, number as u64);
                own.push(TRIES).unwrap();
                let mut other = Client::new(&format!("pull-{key}"), &url, &address);
                other.branch.clone_from(&own.branch);
                other.pull(TRIES).unwrap();
                start.wait();
                began.lock().unwrap().get_or_insert_with(Instant::now);
                for round in 0..rounds {
                    rows::commit(&mut own, [round as i64 * 37 % size].into_iter(), 1_000 + round as u64);
                    let pushing = Instant::now();
                    own.push(TRIES).unwrap();
                    let pulling = Instant::now();
                    other.pull(TRIES).unwrap();
                    let done = Instant::now();
                    let mut times = times.lock().unwrap();
                    times.0.push(pulling - pushing);
                    times.1.push(done - pulling);
                }
            });
        }
    });
    let seconds = began.into_inner().unwrap().map_or(f64::NAN, |began: Instant| began.elapsed().as_secs_f64());
    let (mut pushes, mut pulls) = times.into_inner().unwrap();
    let count = pushes.len();
    println!(
        "{connections:>4} connections: push p50 {:>7.1} ms, p99 {:>7.1} ms; pull p50 {:>7.1} ms, p99 {:>7.1} ms; {:>6.0} of both a second; {:>6.1} MB resident at most",
        ms(quantile(&mut pushes, 50)),
        ms(quantile(&mut pushes, 99)),
        ms(quantile(&mut pulls, 50)),
        ms(quantile(&mut pulls, 99)),
        count as f64 / seconds,
        server.most_memory() as f64 / 1e6,
    );
}

/// Asks for all of the large table and takes a byte every 100 ms.
fn slow_reader(server: &Server, stop: Arc<AtomicBool>) -> thread::JoinHandle<()> {
    let mut stream = TcpStream::connect(&server.address).unwrap();
    thread::spawn(move || {
        let body = r#"{"want":["heads/*"],"have":[],"done":true}"#;
        let head = format!("POST /v1/large/fetch HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        stream.write_all(head.as_bytes()).unwrap();
        let mut byte = [0];
        while !stop.load(Ordering::Relaxed) && stream.read(&mut byte).is_ok() {
            thread::sleep(Duration::from_millis(100));
        }
    })
}
