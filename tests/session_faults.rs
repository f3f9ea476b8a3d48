//! Stores that fail and stores that make one wait: what a session then holds, and what it answers.

#[path = "common/sql.rs"]
mod sql;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use bytes::Bytes;
use prollite::chunk::{CachedStore, Chunk, ChunkStore, MemoryStore, Store};
use prollite::repo::{Publication, RefMap};
use prollite::session::{Database, Session, Settled, Settlement, Step};
use prollite::sql::Moment;
use prollite::{Address, Code, Error, Result};
use sql::{rows, run, session, shown};

const SCRIPT: &[&str] = &[
    "CREATE TABLE t (id INT PRIMARY KEY, u INT UNIQUE, body TEXT)",
    "INSERT INTO t VALUES (1, 1, 'a'), (2, 2, 'b'), (3, 3, 'c')",
    "UPDATE t SET id = 4 - id",
    "CREATE INDEX by_body ON t (body)",
    "ALTER TABLE t ADD COLUMN n INT DEFAULT 5",
    "DELETE FROM t WHERE id = 2",
    "REPLACE INTO t VALUES (1, 9, 'z', 1)",
    "SELECT dolt_commit('-Am', 'all of it')",
    "INSERT INTO t VALUES (7, 7, 'g', 7)",
];

/// Fails every operation from the `left`-th on.
struct Failing { base: MemoryStore, left: Cell<usize> }

impl Failing {
    fn count(&self) -> Result<()> {
        match self.left.get() {
            0 => Err(Error::new(Code::Quota, "the store is full")),
            left => {
                self.left.set(left - 1);
                Ok(())
            }
        }
    }
}

impl ChunkStore for Failing {
    fn get(&self, address: &Address) -> Result<Chunk> {
        self.count()?;
        self.base.get(address)
    }
    fn put(&self, chunk: Chunk) -> Result<Address> {
        self.count()?;
        self.base.put(chunk)
    }
    fn contains(&self, address: &Address) -> Result<bool> { self.base.contains(address) }
}

/// What the worker in a page does, without waiting: chunks first, then the records if they are what was expected.
fn publish(store: &Store, refs: &RefCell<RefMap>, publication: &Publication) -> Result<Settled> {
    for chunk in &publication.chunks {
        store.put(chunk.clone())?;
    }
    let mut refs = refs.borrow_mut();
    if publication.expect.iter().any(|(name, value)| refs.get(name) != value.as_ref()) {
        return Ok(Settled::Lost(refs.clone()));
    }
    for (name, value) in &publication.set {
        match value {
            Some(value) => refs.insert(name.clone(), value.clone()),
            None => refs.remove(name),
        };
    }
    Ok(Settled::Landed)
}

fn statement(session: &mut Session, store: &Store, refs: &RefCell<RefMap>, sql: &str) -> Result<()> {
    for mut run in session.prepare(sql, Vec::new(), Moment::new(0, 1))? {
        match session.step(&mut run)? {
            Step::Done(_) => {}
            other => panic!("{other:?}"),
        }
        if session.unpublished() {
            let settled = session.publication().and_then(|publication| publish(store, refs, &publication));
            match settled {
                Ok(settled) => assert_eq!(session.settle(settled)?, Settlement::Done),
                Err(error) => {
                    session.abandon();
                    return Err(error);
                }
            }
        }
    }
    Ok(())
}

fn state(session: &mut Session) -> Vec<String> {
    let mut all = rows(session, "SHOW TABLES");
    if !all.is_empty() {
        all.extend(rows(session, "SHOW CREATE TABLE t"));
        all.extend(rows(session, "SELECT * FROM t"));
    }
    all.extend(rows(session, "SELECT message FROM dolt_log"));
    all
}

/// The states that the script goes through.
fn states() -> Vec<Vec<String>> {
    let s = &mut session();
    let mut states = vec![state(s)];
    for sql in SCRIPT {
        run(s, sql);
        states.push(state(s));
    }
    states
}

#[test]
fn a_store_that_fails_at_any_operation_leaves_the_old_or_the_new_state() {
    let states = states();
    let mut failures = 0;
    for k in 0.. {
        let store = Rc::new(Failing { base: MemoryStore::new(), left: Cell::new(usize::MAX) });
        let refs = RefCell::new(RefMap::new());
        let shared: Store = store.clone();
        let (database, first) = Database::open("prollite", shared.clone(), RefMap::new(), 0).unwrap();
        publish(&shared, &refs, &first.unwrap()).unwrap();
        let mut session = database.session("main").unwrap();
        store.left.set(k);
        let mut done = 0;
        let mut failed = false;
        for sql in SCRIPT {
            match statement(&mut session, &shared, &refs, sql) {
                Ok(()) => done += 1,
                Err(error) => {
                    assert_eq!(error.code(), Code::Quota, "{sql}: {error:?}");
                    failed = true;
                    break;
                }
            }
        }
        store.left.set(usize::MAX);
        // The session that met the failure goes on with what was acknowledged.
        assert_eq!(state(&mut session), states[done], "after {k} operations, {done} statements");
        // So does whoever opens the database again.
        let (again, _) = Database::open("prollite", shared.clone(), refs.borrow().clone(), 0).unwrap();
        assert_eq!(state(&mut again.session("main").unwrap()), states[done], "reopened after {k} operations");
        if !failed {
            break;
        }
        failures += 1;
        // It can be finished from there.
        for sql in &SCRIPT[done..] {
            statement(&mut session, &shared, &refs, sql).unwrap();
        }
        assert_eq!(state(&mut session), states[SCRIPT.len()]);
    }
    assert!(failures > 30, "only {failures} operations could fail");
}

/// The durable side of a page: bytes by address, asked for in rounds.
#[derive(Default)]
struct Disk { chunks: RefCell<HashMap<Address, Bytes>>, rounds: Cell<usize> }

struct Page { disk: Rc<Disk>, cache: Rc<CachedStore>, refs: RefCell<RefMap>, session: Session }

impl Page {
    fn new(budget: usize) -> Page {
        let disk = Rc::new(Disk::default());
        let known = disk.clone();
        let cache = Rc::new(CachedStore::new(budget, move |address| known.chunks.borrow().contains_key(address)));
        let (database, first) = Database::open("prollite", cache.clone(), RefMap::new(), 0).unwrap();
        let refs = RefCell::new(RefMap::new());
        let first = first.unwrap();
        let mut page_refs = refs.borrow_mut();
        for chunk in &first.chunks {
            disk.chunks.borrow_mut().insert(chunk.address(), chunk.bytes().clone());
        }
        page_refs.extend(first.set.iter().filter_map(|(name, value)| Some((name.clone(), value.clone()?))));
        drop(page_refs);
        cache.take_written();
        let session = database.session("main").unwrap();
        Page { disk, cache, refs, session }
    }

    fn fetch(&self) {
        self.disk.rounds.set(self.disk.rounds.get() + 1);
        let missing = self.cache.faults().drain();
        assert!(!missing.is_empty(), "a fault that was not logged");
        for address in missing {
            let bytes = self.disk.chunks.borrow().get(&address).cloned().expect("a chunk that was published");
            self.cache.admit(address, bytes, true).unwrap();
        }
    }

    fn run(&mut self, sql: &str) -> Vec<String> {
        let mut answer = Vec::new();
        for mut run in self.session.prepare(sql, Vec::new(), Moment::new(0, 1)).unwrap() {
            self.cache.begin_statement();
            let outcome = loop {
                match self.session.step(&mut run) {
                    Ok(Step::Done(outcome)) => break outcome,
                    Ok(Step::Need) => self.fetch(),
                    Ok(Step::Remote(job)) => panic!("{} is asked for", job.url()),
                    Ok(Step::Publish) => panic!("everything is published"),
                    Err(error) => panic!("{sql}: {error:?}"),
                }
            };
            while self.session.unpublished() {
                let publication = match self.session.publication() {
                    Ok(publication) => publication,
                    Err(error) if error.is_fault() => {
                        self.fetch();
                        continue;
                    }
                    Err(error) => panic!("{sql}: {error:?}"),
                };
                for chunk in &publication.chunks {
                    self.disk.chunks.borrow_mut().insert(chunk.address(), chunk.bytes().clone());
                }
                let mut refs = self.refs.borrow_mut();
                for (name, value) in &publication.set {
                    match value {
                        Some(value) => refs.insert(name.clone(), value.clone()),
                        None => refs.remove(name),
                    };
                }
                drop(refs);
                assert_eq!(self.session.settle(Settled::Landed).unwrap(), Settlement::Done);
            }
            self.cache.end_statement();
            answer = outcome.rows.iter().map(|row| shown(row)).collect();
        }
        answer
    }
}

/// A page whose cache holds a few nodes answers as a database in memory does; it only waits more often.
#[test]
fn a_small_cache_changes_no_answer() {
    let mut page = Page::new(16 << 10);
    let mut memory = session();
    let values = |from: i64, to: i64| {
        let rows: Vec<String> = (from..to).map(|id| format!("({id}, {}, 'row number {id}')", id * 7919 % 10007)).collect();
        rows.join(", ")
    };
    let insert = format!("INSERT INTO t VALUES {}", values(0, 3000));
    let more = format!("INSERT INTO t VALUES {}", values(3000, 3100));
    let script = [
        "CREATE TABLE t (id INT PRIMARY KEY, u INT UNIQUE, body TEXT)",
        &insert,
        "CREATE INDEX by_body ON t (body)",
        &more,
        "UPDATE t SET body = 'changed' WHERE id = 77 OR id = 1234",
        "DELETE FROM t WHERE id > 100 AND id < 300",
        "BEGIN",
        "UPDATE t SET u = u + 20000 WHERE id > 2900",
        "SAVEPOINT a",
        "DELETE FROM t",
        "ROLLBACK TO a",
        "COMMIT",
        "ALTER TABLE t ADD COLUMN n INT DEFAULT 5",
        "UPDATE t SET n = id WHERE id < 10",
        "SELECT dolt_commit('-Am', 'all')",
        "ALTER TABLE t DROP COLUMN body",
        "SELECT count(*) FROM t",
        "SELECT * FROM t WHERE id < 120 OR id > 3050",
    ];
    for sql in script {
        // What the statement before left in memory is no help.
        page.cache.evict_all();
        let expected = rows(&mut memory, sql);
        let got = page.run(sql);
        if !sql.contains("dolt_commit") {
            assert_eq!(got, expected, "{sql}");
        }
    }
    assert!(page.disk.rounds.get() > 20, "{} rounds", page.disk.rounds.get());
    // A further session opens without waiting; its first statement waits.
    page.cache.evict_all();
    page.session = page.session.database().clone().session("main").unwrap();
    assert_eq!(page.run("SELECT count(*) FROM t"), rows(&mut memory, "SELECT count(*) FROM t"));
}
