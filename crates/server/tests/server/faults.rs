//! A proxy that breaks things: it cuts and delays in both directions, and loses answers whose effect is done.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::support::{fsck, Client, Folder, Server};

/// What happens to the n-th connection.
#[derive(Clone, Copy)]
enum Fault { None, CutRequest(usize), CutAnswer(usize), LoseAnswer, Delay }

struct Proxy { address: String, pub faults: Arc<AtomicU64> }

fn proxy(to: String) -> Proxy {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let faults = Arc::new(AtomicU64::new(0));
    let counted = faults.clone();
    thread::spawn(move || {
        for (number, client) in listener.incoming().enumerate() {
            let (Ok(client), Ok(server)) = (client, TcpStream::connect(&to)) else { return };
            let seed = (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33;
            let fault = match number % 6 {
                0 => Fault::CutRequest(seed as usize % 900),
                1 => Fault::CutAnswer(seed as usize % 700),
                2 => Fault::LoseAnswer,
                3 => Fault::CutAnswer(150 + seed as usize % 4_000),
                4 => Fault::Delay,
                _ => Fault::None,
            };
            if !matches!(fault, Fault::None) {
                counted.fetch_add(1, Ordering::Relaxed);
            }
            let (up, down) = match fault {
                Fault::CutRequest(at) => (at, usize::MAX),
                Fault::CutAnswer(at) => (usize::MAX, at),
                Fault::LoseAnswer => (usize::MAX, 0),
                Fault::None | Fault::Delay => (usize::MAX, usize::MAX),
            };
            let pause = if matches!(fault, Fault::Delay) { 20 } else { 0 };
            let (from, into) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            thread::spawn(move || copy(from, into, up, pause));
            thread::spawn(move || copy(server, client, down, pause));
        }
    });
    Proxy { address, faults }
}

/// Copies up to `most` bytes; then both sides learn that it is over. An answer that is lost is read to its end first.
fn copy(mut from: TcpStream, mut to: TcpStream, most: usize, pause: u64) {
    let (mut buffer, mut copied) = ([0; 512], 0);
    while let Ok(len) = from.read(&mut buffer) {
        if len == 0 {
            break;
        }
        let room = most - copied.min(most);
        if len > room {
            let _ = to.write_all(&buffer[..room]);
            if most == 0 {
                while from.read(&mut buffer).is_ok_and(|len| len > 0) {}
            }
            let _ = to.shutdown(Shutdown::Both);
            let _ = from.shutdown(Shutdown::Both);
            return;
        }
        if pause > 0 {
            thread::sleep(Duration::from_millis(pause));
        }
        copied += len;
        if to.write_all(&buffer[..len]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

/// Each push has its effect once, however often it was sent.
#[test]
fn exactly_once_through_a_network_that_breaks() {
    let folder = Folder::new("faults");
    let server = Server::start(&folder, &[]);
    let proxy = proxy(server.address.clone());
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
    let log = std::fs::read_to_string(&server.log).unwrap();
    let done = log.lines().filter(|line| line.contains(" push ") && line.contains("again=false")).count();
    let again = log.lines().filter(|line| line.contains(" push ") && line.contains("again=true")).count();
    assert_eq!(done, 41, "{done} pushes were done");
    assert!(again > 0, "no answer was lost after its effect");
    assert!(proxy.faults.load(Ordering::Relaxed) > 40);
    drop(server);
    fsck(&folder);
}
