//! What a client claims to have: tips, and their ancestors 1, 2, 4, 8… back, so that however far two histories went
//! apart, a common commit is named that is at most twice as far back.

use std::collections::BTreeSet;

use crate::chunk::Store;
use crate::error::Result;
use crate::hash::Address;
use crate::repo::{parse_closure_key, Commit};

/// Most haves in all: several requests' worth.
const MOST: usize = 1_024;

pub fn haves(store: &Store, tips: &[Address]) -> Result<Vec<Address>> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    let mut lines: Vec<(Commit, u64)> = Vec::new();
    store.want(tips)?;
    for tip in tips.iter().take(MOST) {
        if seen.insert(*tip) {
            lines.push((Commit::read(&**store, tip)?, 1));
            found.push(*tip);
        }
    }
    while !lines.is_empty() && found.len() < MOST {
        let mut longer = Vec::new();
        for (commit, steps) in lines {
            if let Some(ancestor) = ancestor(store, &commit, steps)? {
                if seen.insert(ancestor) {
                    found.push(ancestor);
                }
                longer.push((commit, steps.saturating_mul(2)));
            }
        }
        lines = longer;
    }
    found.truncate(MOST);
    Ok(found)
}

/// The ancestor that so many others are nearer than, by height; none behind the end of a shallow clone's history.
fn ancestor(store: &Store, commit: &Commit, steps: u64) -> Result<Option<Address>> {
    let found = nth_ancestor(store, commit, steps)?;
    let cut = store.partial().is_some_and(|partial| partial.is_shallow());
    match found {
        Some(address) if cut && !store.contains(&address)? => Ok(None),
        found => Ok(found),
    }
}

fn nth_ancestor(store: &Store, commit: &Commit, steps: u64) -> Result<Option<Address>> {
    let near = usize::try_from(steps - 1).ok().and_then(|at| commit.recent.get(at));
    if near.is_some() {
        return Ok(near.copied());
    }
    let far = commit.closure.len(&**store)?;
    let Some(at) = (far + commit.recent.len() as u64).checked_sub(steps) else { return Ok(None) };
    match commit.closure.nth(&**store, at)? {
        Some((key, _)) => Ok(Some(parse_closure_key(&key)?.1)),
        None => Ok(None),
    }
}
