//! A database that serves, a store that takes, and a carrier between them that can be made to fail.

use std::rc::Rc;

use prollite::chunk::{MemoryStore, Store};
use prollite::repo::{Refs, Walk, HEADS, TAGS};
use prollite::session::{Database, Session};
use prollite::sync::serve::{self, FrameStream};
use prollite::sync::{Fetch, FetchRequest, GetRequest, Job, RefList, Request};
use prollite::{Address, Result};

pub fn refs_of(database: &Rc<Database>) -> RefList {
    let mut list = RefList { generation: 1, ..RefList::default() };
    let all = database.repository().all_refs();
    for (name, value) in all.records("") {
        if name.starts_with(HEADS) || name.starts_with(TAGS) {
            list.refs.insert(name, Address::from_slice(&value).unwrap());
        }
    }
    list
}

pub fn serve_one(store: &Store, refs: &RefList, request: &Request) -> Result<FrameStream> {
    match request.path.as_str() {
        "/fetch" => serve::fetch(store, refs, &FetchRequest::parse(&request.body)?),
        "/chunks/get" => serve::get(store, &GetRequest::parse(&request.body)?),
        path => panic!("{path} is not asked for in a fetch"),
    }
}

/// Everything that the commits reach, each address once.
pub fn reachable(store: &Store, commits: &[Address]) -> Vec<Address> {
    let mut walk = Walk::new(store);
    commits.iter().for_each(|commit| walk.push(*commit, prollite::repo::Role::Plain));
    while walk.next().unwrap().is_some() {}
    walk.into_seen()
}

pub fn head(database: &Rc<Database>) -> Address { database.repository().head("main").unwrap() }

/// Puts what came into the store, so that the next fetch may claim it.
pub fn keep(store: &Store, fetch: &Fetch) -> usize {
    let chunks = fetch.fetched().unwrap().chunks;
    chunks.iter().for_each(|chunk| {
        store.put(chunk.clone()).unwrap();
    });
    chunks.len()
}

/// Requests and bytes of a fetch that nothing disturbs.
pub struct Cost { pub requests: usize, pub bytes: usize }

pub fn carry(job: &dyn Job, store: &Store, refs: &RefList) -> Result<Cost> {
    let mut cost = Cost { requests: 0, bytes: 0 };
    while let Some(request) = job.request()? {
        cost.requests += 1;
        cost.bytes += request.body.len();
        let body = serve_one(store, refs, &request)?.whole()?;
        cost.bytes += body.len();
        job.answered(200);
        for piece in body.chunks(7_001) {
            job.feed(piece)?;
            job.advance()?;
        }
        job.end()?;
    }
    Ok(cost)
}

pub fn empty() -> Store { Rc::new(MemoryStore::new()) }

/// A database with most of what a root can hold.
pub fn filled() -> (Rc<Database>, Session) {
    let database = Database::memory().unwrap();
    let mut session = database.session("main").unwrap();
    let setup = "
        CREATE TABLE t (id INT PRIMARY KEY, name TEXT, n INT);
        CREATE INDEX by_n ON t (n, name);
        CREATE TABLE loose (a INT, b TEXT);
        CREATE TABLE docs (id INT PRIMARY KEY, body TEXT);
        CREATE VIEW v AS SELECT id FROM t;";
    session.execute(setup, &[]).unwrap();
    let rows: Vec<String> = (0..3_000).map(|i| format!("({i}, 'name {}', {})", i * 7 % 1_000, i % 97)).collect();
    session.execute(&format!("INSERT INTO t VALUES {}", rows.join(",")), &[]).unwrap();
    session.execute("INSERT INTO loose VALUES (1, 'x'), (1, 'x'), (2, 'y')", &[]).unwrap();
    for id in 0..3 {
        let body: String = (0..20_000).map(|i| format!("{} ", (i * 31 + id * 17) % 9_973)).collect();
        session.execute("INSERT INTO docs VALUES (?, ?)", &[(id as i64).into(), body.as_str().into()]).unwrap();
    }
    session.execute("SELECT dolt_commit('-Am', 'filled')", &[]).unwrap();
    session.execute("SELECT dolt_tag('v1', '-m', 'the first')", &[]).unwrap();
    (database, session)
}
