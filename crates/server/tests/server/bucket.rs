//! Two servers over one bucket. `moto` is the bucket (`pip install 'moto[server,s3]'`; `PROLLITE_PYTHON` names the Python
//! that has it where `python3` does not).

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use prollite::sync::{Job, Mode, Push, Update};

use crate::rows;
use crate::faults::{every_frame_in, exactly_once_in, proxy, Fault};
use crate::kill::killed_in;
use crate::support::{get, send, Client, Environment, Folder, Server, PROGRAM};

struct Moto { child: Child, address: String }

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const BUCKET: &str = "s3://prollite/some/where";

impl Moto {
    fn start() -> Moto {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let program = std::env::var("PROLLITE_PYTHON").unwrap_or_else(|_| "python3".into());
        let mut command = Command::new(&program);
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/server/bucket.py")).args(["-H", "127.0.0.1", "-p", &port.to_string()]).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().unwrap_or_else(|error| panic!("{program}: {error}; pip install 'moto[server,s3]'"));
        let moto = Moto { child, address: format!("127.0.0.1:{port}") };
        for _ in 0..600 {
            if TcpStream::connect(&moto.address).is_ok() {
                assert_eq!(get(&moto.address, "PUT", "/prollite", &[], b"").0, 200);
                return moto;
            }
            thread::sleep(Duration::from_millis(100));
        }
        panic!("{program} does not listen");
    }

    fn environment(&self) -> Environment { Moto::environment_at(&self.address) }

    fn environment_at(address: &str) -> Environment {
        vec![
            ("AWS_ENDPOINT", format!("http://{address}")),
            ("AWS_ALLOW_HTTP", "true".into()),
            ("AWS_ACCESS_KEY_ID", "test".into()),
            ("AWS_SECRET_ACCESS_KEY", "test".into()),
            ("AWS_REGION", "us-east-1".into()),
            ("PROLLITE_BUCKET", BUCKET.into()),
        ]
    }

    /// One of the program's commands, in a folder of its own.
    fn command(&self, folder: &Folder, name: &str) -> String {
        let out = Command::new(PROGRAM).arg(name).arg(folder.0.join("own")).envs(self.environment()).output().unwrap();
        assert!(out.status.success(), "{name}: {}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        String::from_utf8_lossy(&out.stdout).into_owned()
    }
}

/// Eight clients push 25 commits each to one branch, by two servers that know nothing of each other: all 200 are there.
#[test]
fn two_servers_lose_no_acknowledged_commit() {
    let moto = Moto::start();
    let folder = Folder::new("bucket");
    moto.command(&folder, "check-store");
    let servers = ["one", "other"].map(|data| Server::start_in(&folder, data, &[], &moto.environment()));
    let mut first = Client::new("first-bucket", &servers[0].url("shared"), &servers[0].address);
    first.commit("begun", "SELECT 0");
    first.push(1).unwrap();
    thread::scope(|scope| {
        for client in 0..8 {
            let server = &servers[client % 2];
            let (url, address) = (server.url("shared"), server.address.clone());
            scope.spawn(move || {
                let mut own = Client::new(&format!("client-{client}"), &url, &address);
                own.pull(1).unwrap();
                for i in 0..25 {
                    own.commit(&format!("c{client}_{i}"), "SELECT 1");
                    own.sync(1).unwrap();
                }
            });
        }
    });
    for server in &servers {
        let mut last = Client::new("last-bucket", &server.url("shared"), &server.address);
        last.pull(1).unwrap();
        let views = last.root().views;
        for client in 0..8 {
            for i in 0..25 {
                assert!(views.contains_key(&format!("c{client}_{i}")), "commit {i} of client {client} is lost");
            }
        }
        assert_eq!(views.len(), 201);
    }
    assert!(moto.command(&folder, "fsck").contains(" 0 problems"));
    // What a collection wrote is read by servers that held the packs before it.
    moto.command(&folder, "gc");
    let mut last = Client::new("after-bucket", &servers[1].url("shared"), &servers[1].address);
    last.pull(1).unwrap();
    assert_eq!(last.root().views.len(), 201);
    assert!(moto.command(&folder, "fsck").contains("1 packs"));
}

/// A push of many packs, each request to the other server; a server that is new to the bucket has all of it.
#[test]
fn packs_of_one_push_come_by_either_server() {
    let moto = Moto::start();
    let folder = Folder::new("either");
    let servers = ["one", "other"].map(|data| Server::start_in(&folder, data, &[], &moto.environment()));
    let mut ada = Client::new("ada-either", &servers[0].url("rows"), &servers[0].address);
    rows::commit(&mut ada, 0..800_000, 0);
    let update = Update { name: "heads/main".into(), old: None, new: Some(ada.head), mode: Mode::FastForward };
    let push = Push::new(&ada.url, &ada.store, vec![ada.head], Vec::new(), &[], "either-0001", vec![update]);
    let mut requests = 0;
    while let Some(request) = push.request().unwrap() {
        let mut begun = false;
        let path = format!("/v1/rows{}", request.path);
        send(&servers[requests % 2].address, &request, &path, &[], &mut |status, bytes| {
            if !begun {
                push.answered(status);
                begun = true;
            }
            push.feed(bytes)
        })
        .unwrap();
        push.end().unwrap();
        requests += 1;
    }
    assert!(requests >= 3, "{requests} requests");
    drop(servers);
    let server = Server::start_in(&folder, "third", &[], &moto.environment());
    let mut bob = Client::new("bob-either", &server.url("rows"), &server.address);
    bob.pull(1).unwrap();
    assert_eq!((bob.head, rows::count(&bob)), (ada.head, 800_000));
    assert!(moto.command(&folder, "fsck").contains(" 0 problems"));
}

#[test]
fn killed_at_any_moment_over_a_bucket() {
    let moto = Moto::start();
    killed_in(&Folder::new("bucket-kill"), &moto.environment(), 8);
}

#[test]
fn exactly_once_through_a_network_that_breaks_before_a_bucket() {
    let moto = Moto::start();
    exactly_once_in(&Folder::new("bucket-faults"), &moto.environment());
}

#[test]
fn every_frame_can_break_before_a_bucket() {
    let moto = Moto::start();
    every_frame_in(&Folder::new("bucket-frames"), &moto.environment(), 15);
}

/// Between the servers and the bucket: requests that do not arrive, answers that are lost behind their effect, that of a
/// compare-and-swap among them. Four clients push ten commits each by two servers: each is there, once.
#[test]
fn a_bucket_whose_answers_are_lost() {
    let moto = Moto::start();
    let folder = Folder::new("bucket-lost");
    // A server that finds the store broken at its start does not start.
    let breaks = Arc::new(AtomicBool::new(false));
    let begun = breaks.clone();
    let proxy = proxy(moto.address.clone(), move |number| {
        let seed = (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33) as usize;
        match number % 5 {
            _ if !begun.load(Ordering::Relaxed) => Fault::None,
            0 => Fault::CutRequest(seed % 20_000),
            1 => Fault::CutAnswer(seed % 6_000),
            2 => Fault::LoseAnswer,
            3 => Fault::DelayAnswer(seed % 2_000),
            _ => Fault::CutAnswer(seed % 60_000),
        }
    });
    let environment = Moto::environment_at(&proxy.address);
    let servers = ["one", "other"].map(|data| Server::start_in(&folder, data, &[], &environment));
    breaks.store(true, Ordering::Relaxed);
    let mut first = Client::new("first-lost", &servers[0].url("shared"), &servers[0].address);
    first.commit("begun", "SELECT 0");
    first.push(20).unwrap();
    thread::scope(|scope| {
        for client in 0..4 {
            let server = &servers[client % 2];
            let (url, address) = (server.url("shared"), server.address.clone());
            scope.spawn(move || {
                let mut own = Client::new(&format!("client-{client}"), &url, &address);
                own.pull(20).unwrap();
                for i in 0..10 {
                    own.commit(&format!("c{client}_{i}"), "SELECT 1");
                    own.sync(20).unwrap();
                }
            });
        }
    });
    let broken = proxy.faults.load(Ordering::Relaxed);
    assert!(broken > 10, "{broken} connections broke");
    drop(servers);
    // A server that is new to the bucket, and reaches it without the proxy.
    let server = Server::start_in(&folder, "third", &[], &moto.environment());
    let mut last = Client::new("last-lost", &server.url("shared"), &server.address);
    last.pull(1).unwrap();
    assert_eq!(last.root().views.len(), 41);
    assert!(moto.command(&folder, "fsck").contains(" 0 problems"));
}
