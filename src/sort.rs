//! Sorting through one compiled sort. Each use of the standard library's own brings 5 KB of wasm of its own, and there
//! are dozens of them; here only the numbers of the items are sorted, and the items follow.

use std::cmp::Ordering;

/// Stable, as `slice::sort_by` is. For what is sorted seldom: each comparison is a call through a pointer.
pub fn sort_by<T>(items: &mut [T], mut order: impl FnMut(&T, &T) -> Ordering) {
    if items.len() < 2 {
        return;
    }
    let mut ranks = ranks(items.len(), &mut |a, b| order(&items[a], &items[b]));
    for at in 0..items.len() {
        while ranks[at] != at {
            let to = ranks[at];
            items.swap(at, to);
            ranks.swap(at, to);
        }
    }
}

pub fn sort_by_key<T, K: Ord>(items: &mut [T], mut key: impl FnMut(&T) -> K) { sort_by(items, |a, b| key(a).cmp(&key(b))) }

/// Where each item belongs.
fn ranks(len: usize, order: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<usize> {
    let mut places: Vec<usize> = (0..len).collect();
    places.sort_by(|a, b| order(*a, *b));
    let mut ranks = vec![0; len];
    for (rank, place) in places.into_iter().enumerate() {
        ranks[place] = rank;
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sorts_as_the_standard_library_does(items in prop::collection::vec((0u8..8, any::<u16>()), 0..80)) {
            let (mut ours, mut theirs) = (items.clone(), items);
            sort_by_key(&mut ours, |item| item.0);
            theirs.sort_by_key(|item| item.0);
            prop_assert_eq!(ours, theirs);
        }
    }
}
