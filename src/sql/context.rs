//! What a running statement may look at. Cheap to clone: relations own one.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use bytes::Bytes;

use super::write::TriggerScope;
use super::{Resume, Suspension, Workspace};
use crate::chunk::Store;
use crate::error::Result;
use crate::hash::Address;
use crate::repo::{Publication, Repository, Root};
use crate::sync::Jobs;
use crate::tuple::Value;

#[derive(Clone)]
pub struct Context {
    pub repository: Rc<Repository>,
    /// What this transaction moved so far: records are read through it ([`Context::get_ref`]). A statement that fails
    /// or faults is undone by the session, which puts this back as it was. When the session publishes, it reads
    /// `work/⟨branch⟩` through here, puts the flushed workspace in as the working root and keeps the rest.
    pub publication: Rc<RefCell<Publication>>,
    /// The overlay of the running transaction, above the repository's store: reads and writes go here.
    pub store: Store,
    pub workspace: Rc<RefCell<Workspace>>,
    pub settings: Rc<Settings>,
    pub moment: Rc<Moment>,
    pub parameters: Rc<[Value]>,
    pub keeper: Rc<dyn Keeper>,
    /// What the statement asks of remotes, and what came of it.
    pub jobs: Rc<Jobs>,
    /// The statement's changes wait for a COMMIT.
    pub in_transaction: bool,
    /// What the statement began before a fault.
    pub resume: Rc<Resume>,
    /// Inside of a trigger: what NEW and OLD mean.
    pub trigger: Option<Rc<TriggerScope>>,
    /// Where the statement's query stands, from attempt to attempt.
    pub suspension: Rc<Suspension>,
}

/// What garbage collection asks of whoever owns the store.
pub trait Keeper {
    /// Roots that sessions stand on: not to be taken from under them.
    fn held(&self) -> Vec<Rc<Root>>;
    /// How many stored chunks are not among `keep` (ascending); `None`: not known here.
    fn superfluous(&self, keep: &[Address]) -> Result<Option<u64>>;
}

impl Context {
    /// What a record holds now, this transaction's moves included.
    pub fn get_ref(&self, name: &str) -> Option<Bytes> {
        match self.publication.borrow().set.get(name) {
            Some(value) => value.clone(),
            None => self.repository.refs.borrow().get(name).cloned(),
        }
    }

    /// Moves a ref, or removes it; remembers what it held before the transaction moved it.
    pub fn set_ref(&self, name: &str, value: Option<Bytes>) {
        let mut publication = self.publication.borrow_mut();
        if !publication.expect.contains_key(name) {
            let old = self.repository.refs.borrow().get(name).cloned();
            publication.expect.insert(name.to_string(), old);
        }
        publication.set.insert(name.to_string(), value);
    }
}

/// What belongs to a session and outlives a statement.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub database: Rc<str>,
    /// `None` when the session reads a tag or a commit.
    pub branch: Option<Rc<str>>,
    /// What HEAD is then, as the user named it.
    pub revision: Option<Rc<str>>,
    /// `SET prollite_pushdown = off` turns every pushdown off; answers must not change.
    pub pushdown: bool,
    /// `SET name = value` and `@@name`, by folded name.
    pub variables: BTreeMap<String, Value>,
}

/// Volatile values, drawn once a statement outside the retry loop: NOW, RANDOM, UUID, a commit's date.
/// A clone starts its draws again, so that a retry of a statement draws the same numbers.
#[derive(Debug)]
pub struct Moment {
    /// Milliseconds since the epoch, UTC.
    pub now_ms: i64,
    /// Seeds the statement's random numbers.
    pub seed: u64,
    drawn: Cell<u64>,
}

impl Moment {
    pub fn new(now_ms: i64, seed: u64) -> Self { Moment { now_ms, seed, drawn: Cell::new(0) } }

    /// The next random number of this statement: SplitMix64 (Steele, Lea, Flood 2014) from the seed.
    pub fn draw(&self) -> u64 {
        self.drawn.set(self.drawn.get() + 1);
        let mut z = self.seed.wrapping_add(self.drawn.get().wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn drawn(&self) -> u64 { self.drawn.get() }

    /// Goes on behind the numbers that an attempt before has drawn.
    pub fn skip_to(&self, drawn: u64) { self.drawn.set(drawn) }
}

impl Clone for Moment {
    fn clone(&self) -> Self { Moment::new(self.now_ms, self.seed) }
}
