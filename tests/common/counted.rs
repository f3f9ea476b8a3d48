//! A session whose chunks are counted as they are read and written.
#![allow(dead_code)]

use std::cell::{Cell, RefCell};
use std::fmt::Write as _;
use std::rc::Rc;

use prollite::chunk::{Chunk, ChunkStore, MemoryStore, Store};
use prollite::repo::{Publication, RefMap, Refs, Root};
use prollite::session::{Database, Session, Settled, Settlement, Step};
use prollite::sql::Moment;
use prollite::{Address, Result};

/// A store that counts what is read from it.
#[derive(Default)]
pub struct Counting { base: MemoryStore, read: Cell<usize> }

impl ChunkStore for Counting {
    fn get(&self, address: &Address) -> Result<Chunk> {
        self.read.set(self.read.get() + 1);
        self.base.get(address)
    }
    fn put(&self, chunk: Chunk) -> Result<Address> { self.base.put(chunk) }
    fn contains(&self, address: &Address) -> Result<bool> { self.base.contains(address) }
}

/// A database whose reads and writes are counted.
pub struct Counted { store: Rc<Counting>, refs: RefCell<RefMap>, pub session: Session, written: usize }

impl Counted {
    /// `t` with so many rows, committed.
    pub fn new(rows: usize, index: bool) -> Counted {
        let store = Rc::new(Counting::default());
        let (database, publication) = Database::open("bench", store.clone() as Store, RefMap::new(), 0).unwrap();
        let refs = RefCell::new(RefMap::new());
        land(&*store, &refs, &publication.expect("a new database publishes its first commit"));
        database.moved(refs.borrow().clone());
        let session = database.session("main").unwrap();
        let mut bench = Counted { store, refs, session, written: 0 };
        bench.run("CREATE TABLE t (id INTEGER PRIMARY KEY, k INTEGER, c TEXT)");
        if index {
            bench.run("CREATE INDEX by_k ON t (k)");
        }
        bench.run("BEGIN");
        for first in (0..rows).step_by(1_000) {
            let mut sql = String::from("INSERT INTO t VALUES ");
            for id in first..(first + 1_000).min(rows) {
                let comma = if id == first { "" } else { "," };
                write!(sql, "{comma}({id}, {}, 'the text of the row that has the number {id}')", id * 7_919 % rows).unwrap();
            }
            bench.run(&sql);
        }
        bench.run("COMMIT");
        bench.run("CALL dolt_commit('-Am', 'rows')");
        bench
    }

    /// Rows answered; chunks read and written by this statement.
    pub fn run(&mut self, sql: &str) -> (usize, usize, usize) {
        let (read, written) = (self.store.read.get(), self.written);
        let mut rows = 0;
        for mut run in self.session.prepare(sql, Vec::new(), Moment::new(0, 1)).unwrap() {
            match self.session.step(&mut run) {
                Ok(Step::Done(outcome)) => rows = outcome.rows.len(),
                other => panic!("{}: {other:?}", &sql[..sql.len().min(80)]),
            }
            if self.session.unpublished() {
                let publication = self.session.publication().unwrap();
                self.written += publication.chunks.len();
                land(&*self.store, &self.refs, &publication);
                assert_eq!(self.session.settle(Settled::Landed).unwrap(), Settlement::Done);
            }
        }
        (rows, self.store.read.get() - read, self.written - written)
    }

    /// Levels of the table's row tree.
    pub fn height(&self) -> usize {
        let root = self.session.database().repository().working_set(&*self.store, "main").unwrap().working;
        let root = Root::read(&*self.store, &root).unwrap();
        root.table("t").unwrap().rows.height(&*self.store).unwrap() as usize
    }
}

fn land(store: &dyn ChunkStore, refs: &RefCell<RefMap>, publication: &Publication) {
    for chunk in &publication.chunks {
        store.put(chunk.clone()).unwrap();
    }
    for (name, value) in &publication.set {
        match value {
            Some(value) => refs.borrow_mut().insert(name.clone(), value.clone()),
            None => refs.borrow_mut().remove(name),
        };
    }
}
