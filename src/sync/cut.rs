//! Which commits a fetch brings where history is cut: some levels of it, or what is new to a clone that has it from some
//! commits on.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::refusal::invalid;
use crate::chunk::Store;
use crate::error::Result;
use crate::hash::Address;
use crate::repo::Commit;

/// Most commits that are looked at to find where to cut.
const MOST: usize = 1 << 18;

pub struct Cut {
    /// Commits to send, newest first.
    pub send: Vec<(Address, Rc<Commit>)>,
    /// Commits that the receiver has, with their trees.
    pub had: BTreeSet<Address>,
    /// Where the receiver's history ends afterwards.
    pub ends: BTreeSet<Address>,
    /// What older commits' trees are compared with: root and closure of those at which the receiver's history ended.
    pub lean_on: Vec<(Address, Address)>,
}

impl Cut {
    /// The receiver has `have` and what they reach, but nothing behind the commits in `shallow`. With `depth` it gets so many
    /// levels from `tips` on; without, what is new, and history goes on ending where it did.
    pub fn new(store: &Store, tips: &[Address], have: &[Address], shallow: &[Address], depth: Option<u64>) -> Result<Cut> {
        let grafted: BTreeSet<Address> = shallow.iter().copied().collect();
        let mut read: BTreeMap<Address, Rc<Commit>> = BTreeMap::new();
        let mut commit_at = |address: &Address| -> Result<Rc<Commit>> {
            if let Some(known) = read.get(address) {
                return Ok(known.clone());
            }
            if read.len() >= MOST {
                return Err(invalid(format!("history is cut across more than {MOST} commits: fetch all of it")));
            }
            let commit = Rc::new(Commit::read(&**store, address)?);
            read.insert(*address, commit.clone());
            Ok(commit)
        };
        let mut had = BTreeSet::new();
        let mut ahead: Vec<Address> = have.to_vec();
        while let Some(address) = ahead.pop() {
            if had.insert(address) && !grafted.contains(&address) {
                ahead.extend(&commit_at(&address)?.parents);
            }
        }
        // Level by level, so that each commit is met on its shortest way.
        let mut wanted: BTreeSet<Address> = BTreeSet::new();
        let mut last = BTreeSet::new();
        let mut level: BTreeSet<Address> = tips.iter().copied().collect();
        let mut number = 1;
        while !level.is_empty() {
            let mut next = BTreeSet::new();
            for address in &level {
                wanted.insert(*address);
                let goes_on = match depth {
                    Some(depth) => number < depth,
                    None => !had.contains(address) && !grafted.contains(address),
                };
                if goes_on {
                    next.extend(commit_at(address)?.parents.iter().copied());
                } else if depth.is_some() {
                    last.insert(*address);
                }
            }
            level = next.difference(&wanted).copied().collect();
            number += 1;
        }
        let mut ends = BTreeSet::new();
        for address in last.iter().chain(&grafted) {
            let is_known = |parent: &Address| had.contains(parent) || wanted.contains(parent);
            let is_here = is_known(address);
            if is_here && !commit_at(address)?.parents.iter().all(is_known) {
                ends.insert(*address);
            }
        }
        let mut send = Vec::new();
        for address in wanted.difference(&had) {
            send.push((*address, commit_at(address)?));
        }
        crate::sort::sort_by_key(&mut send, |(address, commit)| (std::cmp::Reverse(commit.height), *address));
        let mut lean_on = Vec::new();
        for address in grafted.intersection(&had) {
            let commit = commit_at(address)?;
            lean_on.push((commit.root, commit.closure.root()));
        }
        Ok(Cut { send, had, ends, lean_on })
    }

    /// The same commits as the sender's, seen from the receiver's side.
    pub fn received(view: &Store, commits: &[Address], shallow: &[Address]) -> Result<Cut> {
        let (mut send, mut had) = (Vec::new(), BTreeSet::new());
        for address in commits {
            let commit = Rc::new(Commit::read(&**view, address)?);
            for parent in &commit.parents {
                if !commits.contains(parent) && view.contains(parent)? {
                    had.insert(*parent);
                }
            }
            send.push((*address, commit));
        }
        crate::sort::sort_by_key(&mut send, |(address, commit)| (std::cmp::Reverse(commit.height), *address));
        let mut lean_on = Vec::new();
        for address in shallow {
            let commit = Commit::read(&**view, address)?;
            lean_on.push((commit.root, commit.closure.root()));
        }
        Ok(Cut { send, had, ends: BTreeSet::new(), lean_on })
    }
}
