//! A proxy that breaks things: it cuts, delays, repeats and truncates in both directions, and loses answers whose effect
//! is done.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use prollite::sync::MAGIC;

use crate::rows;
use crate::support::{fsck_in, Client, Environment, Folder, Server};

/// What happens to a connection; a number is how many bytes come before it.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    None,
    CutRequest(usize),
    CutAnswer(usize),
    /// The answer ends in order, too early.
    TruncateAnswer(usize),
    LoseAnswer,
    /// The request arrives, and arrives again.
    RepeatRequest,
    /// Bytes of the answer come twice.
    RepeatAnswer(usize),
    DelayRequest(usize),
    DelayAnswer(usize),
}

pub struct Proxy { pub address: String, pub faults: Arc<AtomicU64>, seen: Arc<Mutex<(Vec<u8>, Vec<u8>)>> }

/// `choose` is asked for each connection. What the last one without a fault carried is kept.
pub fn proxy(to: String, mut choose: impl FnMut(u64) -> Fault + Send + 'static) -> Proxy {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (faults, seen) = (Arc::new(AtomicU64::new(0)), Arc::new(Mutex::default()));
    let (counted, record) = (faults.clone(), seen.clone());
    thread::spawn(move || {
        for (number, client) in listener.incoming().enumerate() {
            let (Ok(client), Ok(server)) = (client, TcpStream::connect(&to)) else { return };
            let fault = choose(number as u64);
            if !matches!(fault, Fault::None) {
                counted.fetch_add(1, Ordering::Relaxed);
            }
            let (to, record) = (to.clone(), record.clone());
            thread::spawn(move || connect(client, server, &to, fault, &record));
        }
    });
    Proxy { address, faults, seen }
}

fn connect(client: TcpStream, server: TcpStream, to: &str, fault: Fault, seen: &Mutex<(Vec<u8>, Vec<u8>)>) {
    let (from, into) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let up = thread::spawn(move || match fault {
        Fault::CutRequest(at) => copy(from, into, Way::Cut(at)),
        Fault::DelayRequest(at) => copy(from, into, Way::Delay(at)),
        _ => copy(from, into, Way::Plain),
    });
    let answer = match fault {
        Fault::CutAnswer(at) => copy(server, client, Way::Cut(at)),
        Fault::TruncateAnswer(at) => copy(server, client, Way::End(at)),
        Fault::LoseAnswer => copy(server, client, Way::Lose),
        Fault::RepeatAnswer(at) => copy(server, client, Way::Repeat(at)),
        Fault::DelayAnswer(at) => copy(server, client, Way::Delay(at)),
        _ => copy(server, client, Way::Plain),
    };
    let request = up.join().unwrap();
    match fault {
        Fault::RepeatRequest => {
            let mut again = TcpStream::connect(to).unwrap();
            again.write_all(&request).unwrap();
            let _ = again.read_to_end(&mut Vec::new());
        }
        Fault::None => *seen.lock().unwrap() = (request, answer),
        _ => {}
    }
}

#[derive(Clone, Copy)]
enum Way { Plain, Cut(usize), End(usize), Lose, Repeat(usize), Delay(usize) }

/// Copies, and answers what came. Where it cuts, both sides learn that it is over; an answer that is lost is read to its
/// end first.
fn copy(mut from: TcpStream, mut to: TcpStream, way: Way) -> Vec<u8> {
    let (mut buffer, mut came) = ([0; 4_096], Vec::new());
    while let Ok(len) = from.read(&mut buffer) {
        if len == 0 {
            break;
        }
        let (before, piece) = (came.len(), &buffer[..len]);
        came.extend_from_slice(piece);
        // Where in this piece something happens.
        let here = |at: usize| (before..came.len()).contains(&at).then(|| at - before);
        let written = match way {
            Way::Lose => Ok(()),
            Way::Cut(at) | Way::End(at) if here(at).is_some() => {
                let _ = to.write_all(&piece[..at - before]);
                if matches!(way, Way::Cut(_)) {
                    let _ = to.shutdown(Shutdown::Both);
                }
                let _ = (to.shutdown(Shutdown::Write), from.shutdown(Shutdown::Both));
                return came;
            }
            Way::Repeat(at) if here(at).is_some() => to.write_all(&piece[..at - before]).and_then(|()| to.write_all(piece)),
            Way::Delay(at) if here(at).is_some() => to.write_all(&piece[..at - before]).and_then(|()| {
                thread::sleep(Duration::from_millis(30));
                to.write_all(&piece[at - before..])
            }),
            _ => to.write_all(piece),
        };
        if written.is_err() {
            break;
        }
    }
    let way = if matches!(way, Way::Lose) { Shutdown::Both } else { Shutdown::Write };
    let _ = to.shutdown(way);
    came
}

/// Each push has its effect once, however often it was sent.
#[test]
fn exactly_once_through_a_network_that_breaks() { exactly_once_in(&Folder::new("faults"), &Vec::new()) }

pub fn exactly_once_in(folder: &Folder, environment: &Environment) {
    let server = Server::start_in(folder, "data", &[], environment);
    let proxy = proxy(server.address.clone(), |number| {
        let seed = (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33) as usize;
        match number % 8 {
            0 => Fault::CutRequest(seed % 900),
            1 => Fault::CutAnswer(seed % 700),
            2 => Fault::LoseAnswer,
            3 => Fault::CutAnswer(150 + seed % 4_000),
            4 => Fault::DelayRequest(seed % 900),
            5 => Fault::TruncateAnswer(seed % 700),
            6 => Fault::RepeatRequest,
            _ => Fault::None,
        }
    });
    let url = server.url("shared");
    let mut ada = Client::new("ada-00000", &url, &proxy.address);
    let mut bob = Client::new("bob-00000", &url, &proxy.address);
    ada.commit("begun", "SELECT 0");
    ada.sync(40).unwrap();
    bob.pull(40).unwrap();
    for i in 0..20 {
        ada.commit(&format!("ada_{i}"), &"SELECT 1, ".repeat(i * 5));
        bob.commit(&format!("bob_{i}"), &"SELECT 2, ".repeat(i * 5));
        ada.sync(40).unwrap();
        bob.sync(40).unwrap();
    }
    ada.pull(40).unwrap();
    let views = ada.root().views;
    assert_eq!(views.len(), 41);
    assert_eq!(ada.head, bob.head);
    // Every push that was acknowledged made one generation, and none that was not made another.
    let (done, again) = pushes(&server, 0);
    assert_eq!(done, 41, "{done} pushes were done");
    assert!(again > 0, "no answer was lost after its effect");
    assert!(proxy.faults.load(Ordering::Relaxed) > 40);
    drop(server);
    fsck_in(folder, environment);
}

/// Pushes in the log: done, and done before.
fn pushes(server: &Server, from: usize) -> (usize, usize) {
    let log = std::fs::read_to_string(&server.log).unwrap();
    let lines: Vec<&str> = log[from..].lines().filter(|line| line.contains(" push ")).collect();
    let with = |what| lines.iter().filter(|line| line.contains(what)).count();
    (with("again=false"), with("again=true"))
}

/// Where in a message the head ends and each frame begins and ends.
fn boundaries(message: &[u8]) -> Vec<usize> {
    let find = |what: &[u8]| message.windows(what.len()).position(|window| window == what).unwrap();
    let body = find(b"\r\n\r\n") + 4;
    let chunked = message[..body].to_ascii_lowercase().windows(7).any(|window| window == b"chunked");
    // Where each byte of the body stands in the message.
    let mut places: Vec<usize> = Vec::new();
    let mut at = body;
    while chunked {
        let line = at + message[at..].iter().position(|byte| *byte == b'\n').unwrap() + 1;
        let len = usize::from_str_radix(std::str::from_utf8(&message[at..line]).unwrap().trim(), 16).unwrap();
        if len == 0 {
            break;
        }
        places.extend(line..line + len);
        at = line + len + 2;
    }
    if !chunked {
        places.extend(body..message.len());
    }
    let bytes: Vec<u8> = places.iter().map(|at| message[*at]).collect();
    assert!(bytes.starts_with(&MAGIC), "{}", String::from_utf8_lossy(&message[..body]));
    let (mut found, mut at) = (vec![0, body / 2, body], MAGIC.len());
    while at < bytes.len() {
        found.push(places[at]);
        at += 5 + u32::from_le_bytes(bytes[at + 1..at + 5].try_into().unwrap()) as usize;
    }
    found.push(message.len() - 1);
    let near: Vec<usize> = found.windows(2).flat_map(|pair| [pair[0], pair[0] + 1, (pair[0] + pair[1]) / 2, pair[1] - 1]).collect();
    let mut all: Vec<usize> = near.into_iter().filter(|at| *at < message.len()).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// At the begin, the middle and the end of every frame, in both directions: cut, truncated, delayed, repeated, lost. The
/// client goes on, the push is done once, and what is fetched is whole.
#[test]
fn every_frame_can_break() { every_frame_in(&Folder::new("frames"), &Vec::new(), 5) }

/// At quick counts one fault in `quick` is tried.
pub fn every_frame_in(folder: &Folder, environment: &Environment, quick: usize) {
    let server = Server::start_in(folder, "data", &[], environment);
    let planned: Arc<Mutex<VecDeque<Fault>>> = Arc::default();
    let plan = planned.clone();
    let proxy = proxy(server.address.clone(), move |_| plan.lock().unwrap().pop_front().unwrap_or(Fault::None));
    let url = server.url("rows");
    // Two blocks' worth.
    let mut ada = Client::new("ada-frames", &url, &proxy.address);
    rows::commit(&mut ada, 0..30_000, 0);
    ada.push(1).unwrap();
    let push = boundaries(&last(&proxy).0);
    let clone = || Client::new("bob-frames", &url, &proxy.address);
    clone().pull(1).unwrap();
    let (asked, answer) = last(&proxy);
    let (asked, told, answer) = (asked.len(), answer.len(), boundaries(&answer));
    assert!(push.len() >= 20 && answer.len() >= 20 && told > 100_000, "{} and {} places", push.len(), answer.len());
    let every = if std::env::var("PROLLITE_SERVER_KILLS").is_ok() { 1 } else { quick };
    let mut broken = 0;
    for (number, at) in answer.iter().enumerate() {
        let faults = [Fault::CutAnswer(*at), Fault::TruncateAnswer(*at), Fault::RepeatAnswer(*at), Fault::DelayAnswer(*at), Fault::CutRequest(asked * number / answer.len())];
        for fault in faults.into_iter().skip(number % every).step_by(every) {
            planned.lock().unwrap().push_back(fault);
            let mut bob = clone();
            broken += usize::from(bob.pull(8).unwrap_or_else(|error| panic!("{fault:?}: {error:?}")) > 1);
            assert_eq!((bob.head, rows::count(&bob)), (ada.head, 30_000), "{fault:?}");
        }
    }
    assert!(broken > 5, "{broken} fetches broke");
    let (mut tag, mut again) = (0, 0);
    for at in push {
        for fault in [Fault::CutRequest(at), Fault::DelayRequest(at), Fault::LoseAnswer, Fault::RepeatRequest, Fault::CutAnswer(at % 200)].into_iter().skip(tag as usize % every).step_by(every) {
            tag += 1;
            // As many rows as the first time: the frames lie where they lay, give or take.
            rows::commit(&mut ada, 0..30_000, tag);
            let from = server.log_len();
            planned.lock().unwrap().push_back(fault);
            ada.push(8).unwrap_or_else(|error| panic!("{fault:?}: {error:?}"));
            let (done, repeated) = pushes(&server, from);
            assert_eq!(done, 1, "{fault:?}");
            again += repeated;
        }
    }
    assert!(again > 1, "{again} pushes came twice");
    let mut bob = clone();
    bob.pull(1).unwrap();
    assert_eq!(bob.head, ada.head);
    drop(server);
    fsck_in(folder, environment);
}

/// What the last connection without a fault carried, once both sides are done.
fn last(proxy: &Proxy) -> (Vec<u8>, Vec<u8>) {
    for _ in 0..200 {
        let seen = std::mem::take(&mut *proxy.seen.lock().unwrap());
        if !seen.0.is_empty() {
            return seen;
        }
        thread::sleep(Duration::from_millis(5));
    }
    panic!("nothing was carried");
}
