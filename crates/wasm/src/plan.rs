//! What gc makes of the packs, given what is reachable.

use super::index::PackIndex;
use super::pack::Slot;
use prollite::Address;

/// Packs with less live content than this are merged when there are several.
const SMALL: u32 = 24 * 1024;
/// So many small packs are worth a merge.
const MANY_SMALL: usize = 8;

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Packs in which nothing is live.
    pub drop: Vec<u32>,
    /// Packs to be written anew with what is live in them.
    pub rewrite: Vec<(u32, Vec<Slot>)>,
    /// Bytes, unpacked, that this frees.
    pub freed: u64,
}

impl Plan {
    pub fn is_empty(&self) -> bool {
        self.drop.is_empty() && self.rewrite.is_empty()
    }

    /// Leaves out the packs after `last`: they came while what is live was marked.
    pub fn up_to(&mut self, last: Option<u32>) {
        self.drop.retain(|pack| Some(*pack) <= last);
        self.rewrite.retain(|(pack, _)| Some(*pack) <= last);
    }

    pub fn dead(&self) -> Vec<u32> {
        let mut packs: Vec<u32> = self.drop.iter().copied().chain(self.rewrite.iter().map(|(pack, _)| *pack)).collect();
        packs.sort_unstable();
        packs
    }
}

/// A pack is dropped when nothing in it is live, and rewritten when a quarter of it is dead, or when it is one of many
/// small ones. A chunk that lies in several packs is live in the newest alone.
pub fn plan(index: &PackIndex, is_live: impl Fn(&Address) -> bool) -> Plan {
    let packs: Vec<u32> = index.packs().keys().copied().collect();
    let mut plan = Plan::default();
    let mut small = Vec::new();
    for (pack, slots) in index.slots_of(&packs) {
        let total: u32 = slots.iter().map(|slot| slot.length).sum();
        let live: Vec<Slot> = slots
            .into_iter()
            .filter(|slot| is_live(&slot.address) && index.find(&slot.address).is_some_and(|(newest, _)| newest == pack))
            .collect();
        let live_bytes: u32 = live.iter().map(|slot| slot.length).sum();
        let dead = total - live_bytes;
        if live.is_empty() {
            plan.drop.push(pack);
            plan.freed += u64::from(dead);
        } else if dead >= total.div_ceil(4) {
            plan.rewrite.push((pack, live));
            plan.freed += u64::from(dead);
        } else if live_bytes < SMALL {
            small.push((pack, live, dead));
        }
    }
    if small.len() >= MANY_SMALL {
        for (pack, live, dead) in small {
            plan.rewrite.push((pack, live));
            plan.freed += u64::from(dead);
        }
    }
    plan.rewrite.sort_unstable_by_key(|(pack, _)| *pack);
    plan
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(number: u32) -> Address {
        Address::of(&number.to_le_bytes())
    }

    fn slots(numbers: &[u32], length: u32) -> Vec<Slot> {
        let slot = |(position, number): (usize, &u32)| Slot {
            address: address(*number),
            offset: position as u32 * length,
            length,
        };
        numbers.iter().enumerate().map(slot).collect()
    }

    #[test]
    fn dead_packs_go_and_half_dead_ones_are_rewritten() {
        let mut index = PackIndex::default();
        index.insert(1, &slots(&[1, 2], 15_000));
        index.insert(2, &slots(&[3, 4], 15_000));
        index.insert(3, &slots(&[5, 6], 15_000));
        let live = [address(1), address(2), address(3)];
        let plan = plan(&index, |address| live.contains(address));
        assert_eq!(plan.drop, [3]);
        assert_eq!(plan.rewrite.len(), 1);
        assert_eq!(plan.rewrite[0].1, slots(&[3], 15_000));
        assert_eq!((plan.freed, plan.dead()), (45_000, vec![2, 3]));
    }

    #[test]
    fn a_second_copy_is_dead_weight() {
        let mut index = PackIndex::default();
        index.insert(1, &slots(&[1], 30_000));
        index.insert(2, &slots(&[1], 30_000));
        assert_eq!(plan(&index, |_| true).drop, [1]);
    }

    #[test]
    fn small_packs_are_merged_when_there_are_many() {
        let mut index = PackIndex::default();
        for pack in 0..7 {
            index.insert(pack, &slots(&[pack], 100));
        }
        assert!(plan(&index, |_| true).is_empty());
        index.insert(7, &slots(&[7], 100));
        let plan = plan(&index, |_| true);
        assert_eq!((plan.rewrite.len(), plan.drop.len(), plan.freed), (8, 0, 0));
    }
}
