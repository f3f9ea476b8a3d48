//! A folder of files that any host can serve, with and without ranges, is a remote that can be read.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;

use prollite::Code;

use crate::rows;
use crate::support::{Client, Folder, Server, PROGRAM};

/// A file host. Answers each request's path and how many bytes it sent.
struct Host { address: String, log: Arc<Mutex<Vec<(String, usize)>>> }

impl Host {
    fn start(folder: PathBuf, ranges: bool) -> Host {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = Host { address: listener.local_addr().unwrap().to_string(), log: Arc::default() };
        let log = host.log.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (folder, log) = (folder.clone(), log.clone());
                thread::spawn(move || answer(stream, &folder, ranges, &log));
            }
        });
        host
    }

    fn url(&self) -> String { format!("http://{}/any/where/refs.json", self.address) }
    fn take_log(&self) -> Vec<(String, usize)> { std::mem::take(&mut self.log.lock().unwrap()) }
}

fn answer(mut stream: TcpStream, folder: &std::path::Path, ranges: bool, log: &Mutex<Vec<(String, usize)>>) {
    let (mut path, mut range) = (String::new(), None);
    for line in BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok) {
        if let Some(rest) = line.strip_prefix("GET /any/where/") {
            path = rest.split(' ').next().unwrap().to_owned();
        }
        if let Some(bytes) = line.strip_prefix("range: bytes=").filter(|_| ranges) {
            let (from, to) = bytes.split_once('-').unwrap();
            range = Some((from.parse::<usize>().unwrap(), to.parse::<usize>().unwrap()));
        }
        if line.is_empty() {
            break;
        }
    }
    let (status, body) = match (std::fs::read(folder.join(&path)), range) {
        (Ok(file), Some((from, to))) => (206, file[from..=to].to_vec()),
        (Ok(file), None) => (200, file),
        (Err(_), _) => (404, b"not here".to_vec()),
    };
    log.lock().unwrap().push((path, body.len()));
    let _ = write!(stream, "HTTP/1.1 {status} x\r\ncontent-length: {}\r\n\r\n", body.len()).and_then(|()| stream.write_all(&body));
}

fn export(folder: &Folder) -> PathBuf {
    let to = folder.0.join("static");
    let out = Command::new(PROGRAM).arg("export").arg(folder.0.join("data")).arg("rows").arg(&to).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    to
}

#[test]
fn a_folder_of_files_can_be_cloned_and_fetched() {
    let folder = Folder::new("static");
    let server = Server::start(&folder, &[]);
    let mut ada = Client::new("ada-static", &server.url("rows"), &server.address);
    rows::commit(&mut ada, 0..60_000, 0);
    ada.push(1).unwrap();
    drop(server);
    let host = Host::start(export(&folder), true);
    let mut bob = Client::new("bob-static", &host.url(), &host.address);
    let requests = bob.pull(1).unwrap();
    assert_eq!((bob.head, rows::count(&bob)), (ada.head, 60_000));
    let log = host.take_log();
    let files: u64 = std::fs::read_dir(folder.0.join("static/packs")).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
    let sent: usize = log.iter().map(|(_, bytes)| bytes).sum();
    println!("clone: {requests} requests, {sent} bytes of {files}");
    assert!(requests < 20 && sent as u64 <= files * 3 / 2, "{log:?}");
    // One row changed: the refs, the new pack's index, and ranges of that pack.
    let server = Server::start(&folder, &[]);
    ada.address = server.address.clone();
    rows::commit(&mut ada, [777].into_iter(), 1);
    ada.push(1).unwrap();
    drop(server);
    export(&folder);
    let requests = bob.pull(1).unwrap();
    assert_eq!(bob.head, ada.head);
    let log = host.take_log();
    assert!(requests <= 8 && log.iter().map(|(_, bytes)| bytes).sum::<usize>() < 40_000, "{log:?}");
    // Nothing new is one request.
    assert_eq!(bob.pull(1).unwrap(), 1);
    // It cannot be pushed to.
    bob.commit("mine", "SELECT 1");
    assert_eq!(bob.push(1).unwrap_err().code(), Code::ReadOnly);
    // A host without ranges sends whole files.
    let plain = Host::start(folder.0.join("static"), false);
    let mut eve = Client::new("eve-static", &plain.url(), &plain.address);
    eve.pull(1).unwrap();
    assert_eq!(eve.head, ada.head);
    // A pack whose bytes were changed is refused, and one that is gone.
    let packs = || std::fs::read_dir(folder.0.join("static/packs")).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|kind| kind == "pack"));
    for pack in packs() {
        let mut bytes = std::fs::read(&pack).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle..middle + 40].fill(0x55);
        std::fs::write(&pack, bytes).unwrap();
    }
    let mut mal = Client::new("mal-static", &host.url(), &host.address);
    assert_eq!(mal.pull(1).unwrap_err().code(), Code::RemoteInvalid);
    packs().for_each(|pack| std::fs::remove_file(pack).unwrap());
    assert!(Client::new("mal-static", &host.url(), &host.address).pull(1).is_err());
}
