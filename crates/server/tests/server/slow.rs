//! Readers that take their time, or nothing at all: others are served meanwhile, memory stays bounded, and in the end
//! the slow ones are cut off.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use crate::rows;
use crate::support::{fsck, Client, Folder, Server};

/// More than the sockets take in between.
const ROWS: u64 = 200_000;

fn serve(name: &str, flags: &[&str]) -> (Folder, Server, Client) {
    let folder = Folder::new(name);
    let server = Server::start(&folder, flags);
    let mut ada = Client::new(&format!("ada-{name}"), &server.url("large"), &server.address);
    rows::commit(&mut ada, 0..ROWS as i64, 0);
    ada.push(1).unwrap();
    (folder, server, ada)
}

/// Asks for everything and takes nothing of it.
fn stalled(server: &Server) -> TcpStream {
    let mut stream = TcpStream::connect(&server.address).unwrap();
    let body = r#"{"want":["heads/*"],"have":[],"done":true}"#;
    let head = format!("POST /v1/large/fetch HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

/// Two hundred readers held each a permit and a thread of 64, and everybody else waited half a minute for nothing.
#[test]
fn two_hundred_slow_readers_stall_nobody() {
    let (folder, server, mut ada) = serve("slow", &[]);
    let mut bob = Client::new("bob-slow", &server.url("large"), &server.address);
    bob.pull(1).unwrap();
    let readers: Vec<TcpStream> = (0..200).map(|_| stalled(&server)).collect();
    thread::sleep(Duration::from_secs(2));
    let mut slowest = Duration::ZERO;
    for round in 0..20 {
        rows::commit(&mut ada, [round * 7_919].into_iter(), 1_000 + round as u64);
        let began = Instant::now();
        ada.push(1).unwrap();
        bob.pull(1).unwrap();
        slowest = slowest.max(began.elapsed());
        assert_eq!(bob.head, ada.head);
    }
    println!("slowest push and pull {slowest:?}, {} MB resident at most", server.most_memory() / 1_000_000);
    assert!(slowest < Duration::from_secs(5), "{slowest:?}");
    assert!(server.most_memory() < 1 << 30, "{} bytes", server.most_memory());
    drop(readers);
    drop(server);
    fsck(&folder);
}

/// Whoever comes when there is no room takes that of the slowest reader. One that was cut off gets the rest.
#[test]
fn room_is_made_at_the_cost_of_the_slowest() {
    let (_folder, server, ada) = serve("room", &["--max-streams", "8"]);
    let readers: Vec<TcpStream> = (0..24).map(|_| stalled(&server)).collect();
    thread::sleep(Duration::from_millis(300));
    let began = Instant::now();
    let mut bob = Client::new("bob-room", &server.url("large"), &server.address);
    // It may be the slowest itself, and is cut off then.
    bob.pull(6).unwrap();
    assert_eq!((bob.head, rows::count(&bob)), (ada.head, ROWS));
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    // Sixteen had to wait for room, and sixteen lost theirs, the first eight among them.
    let cut = || {
        let log = std::fs::read_to_string(&server.log).unwrap();
        log.lines().filter(|line| line.contains("cut=true")).count()
    };
    while cut() < 16 {
        assert!(began.elapsed() < Duration::from_secs(30), "{} were cut off", cut());
        thread::sleep(Duration::from_millis(100));
    }
    // What was cut off does not look whole.
    let mut first = &readers[0];
    first.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut all = Vec::new();
    let ended = first.read_to_end(&mut all);
    assert!(!all.is_empty() && !all.ends_with(b"\r\n0\r\n\r\n"), "{ended:?}: {} bytes that look whole", all.len());
}

/// A connection whose peer takes nothing is closed, and its place is free.
#[test]
fn a_peer_that_takes_nothing_loses_its_connection() {
    let (_folder, server, ada) = serve("stuck", &["--timeout", "1", "--max-connections", "8"]);
    let mut readers: Vec<TcpStream> = Vec::new();
    // The last connections of the client before may still be there.
    while readers.len() < 8 {
        readers.push(stalled(&server));
        thread::sleep(Duration::from_millis(20));
    }
    let began = Instant::now();
    let mut refused = 0;
    loop {
        let mut bob = Client::new("bob-stuck", &server.url("large"), &server.address);
        match bob.pull(1) {
            Ok(_) => {
                assert_eq!((bob.head, rows::count(&bob)), (ada.head, ROWS));
                break;
            }
            Err(error) => {
                refused += 1;
                assert!(began.elapsed() < Duration::from_secs(20), "{error:?}");
                thread::sleep(Duration::from_millis(50));
            }
        }
    }
    assert!(refused > 0, "eight readers left room for one more");
}
