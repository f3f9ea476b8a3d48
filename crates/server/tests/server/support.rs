//! A server of its own for each test, a client without SQL, and an HTTP that can be made to break.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prollite::chunk::{MemoryStore, Store};
use prollite::repo::{is_ancestor, Commit, Root, Signature, View};
use prollite::sync::{haves, Fetch, Job, Mode, Push, Request, Update};
use prollite::{Address, Code, Error, Result};

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_prollite-server");

pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("prollite-server-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) { let _ = std::fs::remove_dir_all(&self.0); }
}

pub struct Server { pub child: Child, pub address: String, pub log: PathBuf }

impl Server {
    pub fn start(folder: &Folder, flags: &[&str]) -> Server { Server::start_in(folder, "data", flags, &[]) }

    pub fn start_in(folder: &Folder, data: &str, flags: &[&str], environment: &[(&str, String)]) -> Server {
        Server::start_by(Command::new(PROGRAM), folder, data, flags, environment)
    }

    /// `command` is the program, or what becomes it.
    pub fn start_by(mut command: Command, folder: &Folder, data: &str, flags: &[&str], environment: &[(&str, String)]) -> Server {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let log = folder.0.join(format!("log-{}", NUMBER.fetch_add(1, Ordering::Relaxed)));
        let mut child = command
            .arg(folder.0.join(data))
            .args(["--listen", "127.0.0.1:0", "--rate", "0"])
            .args(flags)
            .envs(environment.iter().cloned())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().rsplit('/').next().unwrap_or_default().to_owned();
        assert!(address.contains(':'), "{line}: {}", std::fs::read_to_string(&log).unwrap());
        Server { child, address, log }
    }

    pub fn url(&self, database: &str) -> String { format!("http://{}/v1/{database}", self.address) }

    /// Lines of the log that tell of requests, the last of them when all connections ended.
    pub fn requests(&self) -> Vec<String> {
        let log = std::fs::read_to_string(&self.log).unwrap();
        log.lines().filter(|line| line.contains(" request ")).map(str::to_owned).collect()
    }

    /// Sums of a number in the log's lines of one kind behind the first `from` bytes, once there are `lines` of them.
    pub fn logged(&self, from: usize, kind: &str, lines: usize, number: &str) -> u64 {
        for _ in 0..500 {
            let log = std::fs::read_to_string(&self.log).unwrap();
            let found: Vec<&str> = log[from..].lines().filter(|line| line.contains(kind)).collect();
            if found.len() >= lines {
                let value = |line: &&str| -> u64 {
                    let text = line.split_once(&format!("{number}=")).unwrap_or_else(|| panic!("{line}")).1;
                    text.trim_start_matches('"').split([' ', '"']).next().unwrap().parse().unwrap()
                };
                assert_eq!(found.len(), lines, "{found:#?}");
                return found.iter().map(value).sum();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("the log has not {lines} lines of {kind}: {}", std::fs::read_to_string(&self.log).unwrap());
    }

    pub fn log_len(&self) -> usize { std::fs::read_to_string(&self.log).unwrap().len() }

    /// Most bytes that were resident at once.
    pub fn most_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
    }

    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn broken(what: impl std::fmt::Display) -> Error { Error::new(Code::RemoteUnreachable, what.to_string()) }

/// One request; `piece` gets the status and the body as it comes.
pub fn send(address: &str, request: &Request, path: &str, headers: &[(&str, &str)], piece: &mut dyn FnMut(u16, &[u8]) -> Result<()>) -> Result<()> {
    let mut stream = TcpStream::connect(address).map_err(broken)?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).map_err(broken)?;
    let mut head = format!("{} {path} HTTP/1.1\r\ncontent-length: {}\r\nconnection: close\r\n", request.method, request.body.len());
    if !headers.iter().any(|(name, _)| *name == "host") {
        head.push_str("host: localhost\r\n");
    }
    if let Some((from, to)) = request.range {
        head.push_str(&format!("range: bytes={from}-{}\r\n", to - 1));
    }
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&request.body)).map_err(broken)?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).map_err(broken)?;
    let status: u16 = line.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(|| broken("no status"))?;
    let (mut length, mut chunked) = (None, false);
    loop {
        line.clear();
        if reader.read_line(&mut line).map_err(broken)? == 0 {
            return Err(broken("cut in the head"));
        }
        let lower = line.trim().to_ascii_lowercase();
        match lower.split_once(": ") {
            _ if lower.is_empty() => break,
            Some(("content-length", value)) => length = value.parse::<usize>().ok(),
            Some(("transfer-encoding", "chunked")) => chunked = true,
            _ => {}
        }
    }
    piece(status, &[])?;
    let mut read = |len: usize, reader: &mut BufReader<TcpStream>| -> Result<()> {
        let mut left = len;
        while left > 0 {
            let mut buffer = vec![0; left.min(60_000)];
            let got = reader.read(&mut buffer).map_err(broken)?;
            if got == 0 {
                return Err(broken("cut in the body"));
            }
            piece(status, &buffer[..got])?;
            left -= got;
        }
        Ok(())
    };
    if !chunked {
        return read(length.unwrap_or(0), &mut reader);
    }
    loop {
        line.clear();
        reader.read_line(&mut line).map_err(broken)?;
        let len = usize::from_str_radix(line.trim(), 16).map_err(|_| broken("cut between chunks"))?;
        read(len, &mut reader)?;
        let mut end = [0; 2];
        reader.read_exact(&mut end).map_err(broken)?;
        if len == 0 {
            return Ok(());
        }
    }
}

/// Carries a job to `address`, again and again where the connection breaks. Answers how many requests it took.
pub fn carry(job: &dyn Job, address: &str, token: Option<&str>, tries: usize) -> Result<usize> {
    let (mut requests, mut failures) = (0, 0);
    let path = job.url().splitn(4, '/').nth(3).unwrap_or_default();
    let bearer = token.map(|token| format!("Bearer {token}"));
    while let Some(request) = job.request()? {
        requests += 1;
        let headers: Vec<(&str, &str)> = bearer.iter().map(|bearer| ("authorization", bearer.as_str())).collect();
        let mut begun = false;
        let sent = send(address, &request, &format!("/{path}{}", request.path), &headers, &mut |status, bytes| {
            if !begun {
                job.answered(status);
                begun = true;
            }
            job.feed(bytes)?;
            job.advance()
        });
        let done = sent.and_then(|()| job.end());
        match done {
            Ok(()) => {}
            Err(error) if (error.code() == Code::RemoteUnreachable || error.code() == Code::RemoteInvalid) && failures + 1 < tries => {
                failures += 1;
                job.cut();
                std::thread::sleep(Duration::from_millis(5));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(requests)
}

/// A clone without SQL. Its commits add views: two of them merge by joining what they have.
pub struct Client { pub store: Store, pub url: String, pub address: String, pub head: Address, pub tracked: Option<Address>, pub name: String, pub branch: String, pushes: u64, pub token: Option<String> }

fn signature() -> Signature { Signature::new("test", "", 0) }

impl Client {
    pub fn new(name: &str, url: &str, address: &str) -> Client {
        let store: Store = Rc::new(MemoryStore::new());
        let root = Root::default().write(&*store).unwrap();
        let (head, _) = Commit::create(&store, root, Vec::new(), signature(), signature(), "first").unwrap();
        Client { store, url: url.into(), address: address.into(), head, tracked: None, name: name.into(), branch: "heads/main".into(), pushes: 0, token: None }
    }

    pub fn root(&self) -> Root { Root::read(&*self.store, &Commit::read(&*self.store, &self.head).unwrap().root).unwrap() }

    pub fn commit(&mut self, name: &str, text: &str) {
        let mut root = self.root();
        root.views.insert(name.into(), Rc::new(View { name: name.into(), columns: Vec::new(), sql: text.into() }));
        self.commit_root(&root, name);
    }

    pub fn commit_root(&mut self, root: &Root, message: &str) {
        let root = root.write(&*self.store).unwrap();
        self.head = Commit::create(&self.store, root, vec![self.head], signature(), signature(), message).unwrap().0;
    }

    /// Fetches, and joins what came with what is here.
    pub fn pull(&mut self, tries: usize) -> Result<usize> {
        let mut tips = vec![self.head];
        tips.extend(self.tracked);
        let fetch = Fetch::new(&self.url, &self.store, vec![self.branch.clone()], haves(&self.store, &tips)?);
        let requests = carry(&fetch, &self.address, self.token.as_deref(), tries)?;
        let fetched = fetch.fetched()?;
        for chunk in fetched.chunks {
            self.store.put(chunk)?;
        }
        let theirs = fetched.refs.refs[&self.branch];
        self.tracked = Some(theirs);
        if is_ancestor(&*self.store, &self.head, &theirs)? || self.tracked_is_first(&theirs) {
            self.head = theirs;
        } else if !is_ancestor(&*self.store, &theirs, &self.head)? {
            let mut root = self.root();
            root.views.extend(Root::read(&*self.store, &Commit::read(&*self.store, &theirs)?.root)?.views);
            let root = root.write(&*self.store)?;
            self.head = Commit::create(&self.store, root, vec![self.head, theirs], signature(), signature(), "merge")?.0;
        }
        Ok(requests)
    }

    /// A client that has only its own first commit takes theirs.
    fn tracked_is_first(&self, _: &Address) -> bool { self.root().views.is_empty() }

    pub fn push(&mut self, tries: usize) -> Result<usize> {
        self.pushes += 1;
        let idem = format!("{}-{:08}", self.name, self.pushes);
        let update = Update { name: self.branch.clone(), old: self.tracked, new: Some(self.head), mode: Mode::FastForward };
        let have: Vec<Address> = self.tracked.into_iter().collect();
        let push = Push::new(&self.url, &self.store, vec![self.head], Vec::new(), &have, &idem, vec![update]);
        let requests = carry(&push, &self.address, self.token.as_deref(), tries)?;
        self.tracked = Some(self.head);
        Ok(requests)
    }

    /// Pushes, and where somebody was faster pulls and pushes again.
    pub fn sync(&mut self, tries: usize) -> Result<()> {
        loop {
            match self.push(tries) {
                Ok(_) => return Ok(()),
                Err(error) if error.code() == Code::RemoteNonFf => {
                    self.pull(tries)?;
                }
                Err(error) => return Err(error),
            }
        }
    }
}

pub fn get(address: &str, method: &'static str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> (u16, String) {
    let request = Request {
        method,
        path: String::new(),
        content_type: "",
        body: bytes::Bytes::copy_from_slice(body),
        range: None,
        scope: prollite::sync::Scope::Read,
    };
    let (mut status, mut answer) = (0, Vec::new());
    send(address, &request, path, headers, &mut |found, bytes| {
        status = found;
        answer.extend_from_slice(bytes);
        Ok(())
    })
    .unwrap();
    (status, String::from_utf8_lossy(&answer).into_owned())
}

/// Where servers keep databases: nothing here says in their folder, a bucket's variables say there.
pub type Environment = Vec<(&'static str, String)>;

/// The program's own check of what it stored.
pub fn fsck(folder: &Folder) { fsck_in(folder, &[]) }

pub fn fsck_in(folder: &Folder, environment: &[(&str, String)]) {
    let out = Command::new(PROGRAM).arg("fsck").arg(folder.0.join("data")).envs(environment.iter().cloned()).output().unwrap();
    assert!(out.status.success(), "{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
}
