//! Takes chunks that somebody else sends. A chunk is taken where its address was wanted or a verified parent announced
//! it, and only if it is what it was announced as; so nothing is kept that nobody asked for, and a tree is well-formed
//! before anything can reach it. What is announced and not here yet is the *frontier*; when it is empty, everything
//! that was wanted is whole.

use std::collections::BTreeMap;
use std::rc::Rc;

use bytes::Bytes;

use super::expected::{rows_of_root, Expected};
use super::refusal::invalid;
use crate::chunk::{AddressMap, Chunk, ChunkStore, Kind, Overlay, Store};
use crate::error::{Code, Error, Result};
use crate::hash::Address;
use crate::prolly::Outline;
use crate::repo::{Commit, Schema};

/// Most addresses that may be announced and missing at once: beyond this the sender does not go depth first.
const MAX_FRONTIER: usize = 4 << 20;

pub struct Receiver {
    /// What is here already, each chunk with all that it reaches.
    base: Store,
    /// Reads what is here and what was taken.
    view: Store,
    /// Where taken chunks go; `None`: the view has them already (a pack whose chunks are being checked).
    keep: Option<Rc<Overlay>>,
    frontier: AddressMap<Vec<Expected>>,
    /// The frontier in the order of its announcement; what was taken since is still in it.
    order: Vec<Address>,
    /// What each taken chunk was taken as, as bits.
    taken: AddressMap<u8>,
    /// Roots whose schemas are not all here.
    roots: Vec<Address>,
    /// Commits whose height and ancestors are still to be recomputed, children first.
    commits: Vec<Address>,
    /// Whether what is here counts as here with all that it reaches.
    trusting: bool,
    /// How many announced chunks were here.
    met: u64,
    /// Also looks at what an announced chunk is that was here before.
    strict: bool,
    /// Commits whose parents are deliberately left out.
    boundary: AddressMap<()>,
    /// Of roots the schemas alone are wanted.
    with_trees: bool,
    chunks: u64,
    bytes: u64,
    most_bytes: u64,
}

impl Receiver {
    /// Keeps what it takes in an overlay above `base`.
    pub fn new(base: &Store) -> Self {
        let overlay = Rc::new(Overlay::new(base.clone()));
        Receiver::over(base.clone(), overlay.clone(), Some(overlay))
    }

    /// Checks chunks that `view` holds beside those of `base`; keeps none.
    pub fn checking(base: &Store, view: &Store) -> Self {
        let mut receiver = Receiver::over(base.clone(), view.clone(), None);
        receiver.strict = true;
        receiver
    }

    fn over(base: Store, view: Store, keep: Option<Rc<Overlay>>) -> Self {
        Receiver {
            base,
            view,
            keep,
            frontier: AddressMap::default(),
            order: Vec::new(),
            taken: AddressMap::default(),
            roots: Vec::new(),
            commits: Vec::new(),
            trusting: true,
            met: 0,
            strict: false,
            boundary: AddressMap::default(),
            with_trees: true,
            chunks: 0,
            bytes: 0,
            most_bytes: u64::MAX,
        }
    }

    /// Refuses more bytes of chunks than this.
    pub fn at_most(mut self, bytes: u64) -> Self {
        self.most_bytes = bytes;
        self
    }

    /// Takes everything again, whatever is here.
    pub fn distrusting(mut self) -> Self {
        self.trusting = false;
        self
    }

    /// Wants commits, what they say of their ancestors, roots and schemas; no tables.
    pub fn without_trees(mut self, without: bool) -> Self {
        self.with_trees = !without;
        self
    }

    /// Whether anything that was announced was here before.
    pub fn met_known(&self) -> bool { self.met > 0 }

    /// Wants a commit and all that it reaches.
    pub fn want_commit(&mut self, address: Address) -> Result<()> { self.announce(address, Expected::Commit) }

    /// Wants a tag, its commit and all that it reaches.
    pub fn want_tag(&mut self, address: Address) -> Result<()> { self.announce(address, Expected::Tag) }

    /// Of this commit the parents are not wanted: the history of a shallow clone ends here. What it says of its ancestors is.
    pub fn end_at(&mut self, commit: Address) { self.boundary.insert(commit, ()); }

    pub fn chunks(&self) -> u64 { self.chunks }
    pub fn bytes(&self) -> u64 { self.bytes }
    pub fn is_complete(&self) -> bool { self.frontier.is_empty() && self.roots.is_empty() }
    /// How many addresses are announced and missing.
    pub fn frontier_len(&self) -> usize { self.frontier.len() }
    pub fn was_taken(&self, address: &Address) -> bool { self.taken.contains_key(address) }
    pub fn view(&self) -> &Store { &self.view }

    /// Up to `most` addresses that are announced and missing, those first that were announced first.
    pub fn missing(&self, most: usize) -> Vec<Address> {
        self.order.iter().filter(|address| self.frontier.contains_key(address)).take(most).copied().collect()
    }

    /// The chunks that were taken, children behind their parents; the receiver keeps nothing of them.
    pub fn take_chunks(&mut self) -> Vec<Chunk> {
        self.keep.as_ref().map_or_else(Vec::new, |keep| keep.take().into_iter().map(|(_, chunk)| chunk).collect())
    }

    fn announce(&mut self, address: Address, expected: Expected) -> Result<()> {
        if address.is_none() {
            return match expected {
                Expected::Map { place: None, .. } => Ok(()),
                _ => Err(invalid("a chunk points to nothing where something has to be")),
            };
        }
        if let Some(bits) = self.taken.get(&address) {
            if bits & expected.bit() == 0 {
                // Taken as something else: it is looked at once more.
                let chunk = self.view.get(&address)?;
                let edges = expected.edges(&chunk)?;
                self.taken.insert(address, bits | expected.bit());
                return self.announce_all(edges);
            }
            return Ok(());
        }
        if let Some(known) = self.frontier.get_mut(&address) {
            if !known.contains(&expected) {
                known.push(expected);
            }
            return Ok(());
        }
        if self.trusting && self.base.contains(&address)? {
            self.met += 1;
            return if self.strict { self.check_edge(&address, &expected) } else { Ok(()) };
        }
        if self.frontier.len() >= MAX_FRONTIER {
            return Err(Error::new(Code::NoMemory, format!("more than {MAX_FRONTIER} chunks are announced and missing")));
        }
        self.frontier.insert(address, vec![expected]);
        if self.order.len() > 2 * self.frontier.len() + 1_024 {
            let frontier = &self.frontier;
            self.order.retain(|address| frontier.contains_key(address));
        }
        self.order.push(address);
        Ok(())
    }

    fn announce_all(&mut self, edges: Vec<(Address, Expected)>) -> Result<()> {
        edges.into_iter().try_for_each(|(address, expected)| self.announce(address, expected))
    }

    /// A chunk that was here before must be what the new one says of it. What lies below it is whole and of one role;
    /// the way to its first leaf shows which.
    fn check_edge(&self, address: &Address, expected: &Expected) -> Result<()> {
        let (mut address, mut expected) = (*address, expected.clone());
        loop {
            let chunk = self.base.get(&address)?;
            let edges = expected.edges(&chunk)?;
            let is_tree = matches!(expected, Expected::Map { .. });
            match edges.into_iter().next() {
                Some((first, below @ Expected::Map { .. })) if is_tree && Outline::of_map(&chunk)?.level > 0 => {
                    (address, expected) = (first, below);
                }
                _ => return Ok(()),
            }
        }
    }

    /// Takes one chunk. A fault changes nothing: fetch what the store logged and call again. `false`: it was here.
    pub fn accept(&mut self, bytes: &Bytes) -> Result<bool> {
        self.settle_roots()?;
        let chunk = Chunk::new(bytes.clone());
        let address = chunk.address();
        let Some(expected) = self.frontier.get(&address) else {
            if self.taken.contains_key(&address) || self.trusting && self.base.contains(&address)? {
                return Ok(false);
            }
            return Err(invalid(format!("chunk {address} was sent and nothing asked for it")));
        };
        if self.bytes + bytes.len() as u64 > self.most_bytes {
            return Err(Error::new(Code::Quota, format!("more than {} bytes of chunks", self.most_bytes)));
        }
        let expected = expected.clone();
        let mut edges = Vec::new();
        let mut bits = 0;
        for expected in &expected {
            let mut found = expected.edges(&chunk)?;
            if self.boundary.contains_key(&address) {
                found.retain(|(_, edge)| *edge != Expected::Commit);
            }
            edges.extend(found);
            bits |= expected.bit();
        }
        // Nothing below fails but by a fault of `strict`, whose stores have none, and by what ends the exchange.
        if let Some(keep) = &self.keep {
            keep.put(chunk.clone())?;
        }
        self.frontier.remove(&address);
        self.taken.insert(address, bits);
        self.chunks += 1;
        self.bytes += bytes.len() as u64;
        match chunk.kind()? {
            Kind::Root if self.with_trees => self.roots.push(address),
            Kind::Commit if !self.boundary.contains_key(&address) => self.commits.push(address),
            _ => {}
        }
        self.announce_all(edges)?;
        Ok(true)
    }

    /// Announces the rows of roots whose schemas have come.
    pub fn settle_roots(&mut self) -> Result<()> {
        let mut at = 0;
        while let Some(address) = self.roots.get(at).copied() {
            let chunk = self.view.get(&address)?;
            let mut waits = false;
            let edges = {
                let (view, frontier) = (&self.view, &self.frontier);
                rows_of_root(&chunk, &mut |schema| {
                    waits |= frontier.contains_key(schema);
                    if waits { Ok(false) } else { Ok(Schema::read(&**view, schema)?.is_keyless()) }
                })?
            };
            if waits {
                at += 1;
                continue;
            }
            self.announce_all(edges)?;
            self.roots.swap_remove(at);
        }
        Ok(())
    }

    /// The commits that were taken.
    pub fn taken_commits(&self) -> Result<Vec<Address>> {
        let mut found = Vec::new();
        for address in self.taken.keys() {
            if self.view.get(address)?.kind()? == Kind::Commit {
                found.push(*address);
            }
        }
        found.sort_unstable();
        Ok(found)
    }

    /// Recomputes height and ancestors of every commit that was taken, parents first. Resumable.
    pub fn check_commits(&mut self) -> Result<()> {
        if self.commits.is_empty() {
            return Ok(());
        }
        let scratch: Store = Rc::new(Overlay::new(self.view.clone()));
        let mut by_height: BTreeMap<(u64, Address), Commit> = BTreeMap::new();
        for address in &self.commits {
            let commit = Commit::read(&*self.view, address)?;
            by_height.insert((commit.height, *address), commit);
        }
        for ((_, address), commit) in by_height {
            commit.check_ancestors(&scratch).map_err(|error| match error.code() {
                Code::Corrupt => invalid(format!("commit {address}: {}", error.message())),
                _ => error,
            })?;
        }
        self.commits.clear();
        Ok(())
    }

    /// Walks chunks that the view has: what is wanted is taken from there until the frontier cannot be met. Answers
    /// what is missing, up to `most`.
    pub fn take_from_view(&mut self, mut has: impl FnMut(&Address) -> Result<Option<Bytes>>, most: usize) -> Result<Vec<Address>> {
        let mut lacking = Vec::new();
        loop {
            self.settle_roots()?;
            let Some(address) = self.order.pop() else { break };
            if !self.frontier.contains_key(&address) {
                continue;
            }
            match has(&address)? {
                Some(bytes) => {
                    self.accept(&bytes)?;
                }
                None => {
                    lacking.push(address);
                    if lacking.len() >= most {
                        break;
                    }
                }
            }
        }
        Ok(lacking)
    }
}
