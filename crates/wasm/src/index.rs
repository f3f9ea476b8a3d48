//! Which pack holds a chunk: one sorted array in memory, 40 bytes a chunk.

use std::collections::BTreeMap;

use prollite::Address;

use super::pack::Slot;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    address: Address,
    pack: u32,
    offset: u16,
    /// One less than the length, which goes up to 65,536.
    last: u16,
}

impl Entry {
    fn slot(&self) -> Slot {
        Slot { address: self.address, offset: self.offset.into(), length: u32::from(self.last) + 1 }
    }
}

/// What is known of a pack without reading it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PackInfo {
    pub chunks: u32,
    /// Bytes of its chunks, unpacked.
    pub bytes: u32,
}

/// Entries sorted by address. New ones gather in `recent`, sorted as well, and are merged into `all` when they are
/// many: an insert moves a few kilobytes, never the whole array.
#[derive(Default)]
pub struct PackIndex {
    all: Vec<Entry>,
    recent: Vec<Entry>,
    packs: BTreeMap<u32, PackInfo>,
}

const RECENT_MAX: usize = 512;

impl PackIndex {
    pub fn insert(&mut self, pack: u32, slots: &[Slot]) {
        let bytes = slots.iter().map(|slot| slot.length).sum();
        if self.packs.insert(pack, PackInfo { chunks: slots.len() as u32, bytes }).is_some() {
            return;
        }
        for slot in slots {
            let (offset, last) = (slot.offset as u16, (slot.length - 1) as u16);
            self.recent.push(Entry { address: slot.address, pack, offset, last });
        }
        self.recent.sort_unstable_by_key(|entry| (entry.address, entry.pack));
        if self.recent.len() > RECENT_MAX {
            self.settle();
        }
    }

    /// Merges what is recent; call it after many inserts.
    pub fn settle(&mut self) {
        let recent = std::mem::take(&mut self.recent);
        if recent.is_empty() {
            return;
        }
        if self.all.is_empty() {
            self.all = recent;
            return;
        }
        let mut merged = Vec::with_capacity(self.all.len() + recent.len());
        let mut new = recent.into_iter().peekable();
        for entry in std::mem::take(&mut self.all) {
            while let Some(next) = new.next_if(|next| (next.address, next.pack) < (entry.address, entry.pack)) {
                merged.push(next);
            }
            merged.push(entry);
        }
        merged.extend(new);
        self.all = merged;
    }

    /// Builds it at once from every pack of a database.
    pub fn of(packs: impl IntoIterator<Item = (u32, Vec<Slot>)>) -> Self {
        let mut index = PackIndex::default();
        for (pack, slots) in packs {
            let bytes = slots.iter().map(|slot| slot.length).sum();
            index.packs.insert(pack, PackInfo { chunks: slots.len() as u32, bytes });
            index.all.extend(slots.iter().map(|slot| Entry {
                address: slot.address,
                pack,
                offset: slot.offset as u16,
                last: (slot.length - 1) as u16,
            }));
        }
        index.all.sort_unstable_by_key(|entry| (entry.address, entry.pack));
        index
    }

    /// The newest pack that holds `address`, and where.
    pub fn find(&self, address: &Address) -> Option<(u32, Slot)> {
        let newest = |entries: &[Entry]| {
            let end = entries.partition_point(|entry| entry.address <= *address);
            let entry = entries.get(end.checked_sub(1)?)?;
            (entry.address == *address).then(|| (entry.pack, entry.slot()))
        };
        match (newest(&self.recent), newest(&self.all)) {
            (Some(recent), Some(old)) => Some(if recent.0 >= old.0 { recent } else { old }),
            (found, None) | (None, found) => found,
        }
    }

    pub fn contains(&self, address: &Address) -> bool {
        self.find(address).is_some()
    }

    /// Chunks counted once, whatever number of packs hold them.
    pub fn len(&self) -> usize {
        let mut all: Vec<&Address> = self.all.iter().chain(&self.recent).map(|entry| &entry.address).collect();
        all.sort_unstable();
        all.dedup();
        all.len()
    }

    /// The chunks that lie in any of `packs`, by pack and offset. One pass over the array.
    pub fn slots_of(&self, packs: &[u32]) -> BTreeMap<u32, Vec<Slot>> {
        let mut found: BTreeMap<u32, Vec<Slot>> = packs.iter().map(|pack| (*pack, Vec::new())).collect();
        for entry in self.all.iter().chain(&self.recent) {
            if let Some(slots) = found.get_mut(&entry.pack) {
                slots.push(entry.slot());
            }
        }
        for slots in found.values_mut() {
            slots.sort_unstable_by_key(|slot| slot.offset);
        }
        found
    }

    pub fn remove_packs(&mut self, gone: &[u32]) {
        let mut gone = gone.to_vec();
        gone.sort_unstable();
        let stays = |entry: &Entry| gone.binary_search(&entry.pack).is_err();
        self.all.retain(stays);
        self.recent.retain(stays);
        self.packs.retain(|pack, _| gone.binary_search(pack).is_err());
    }

    pub fn packs(&self) -> &BTreeMap<u32, PackInfo> {
        &self.packs
    }

    pub fn last_pack(&self) -> Option<u32> {
        self.packs.keys().next_back().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn address(number: u32) -> Address {
        Address::of(&number.to_le_bytes())
    }

    fn slots(numbers: &[u32]) -> Vec<Slot> {
        let slot = |(position, number): (usize, &u32)| Slot {
            address: address(*number),
            offset: position as u32 * 100,
            length: 100,
        };
        numbers.iter().enumerate().map(slot).collect()
    }

    #[test]
    fn finds_what_was_put_as_a_map_would() {
        let mut index = PackIndex::default();
        let mut model: BTreeMap<u32, u32> = BTreeMap::new();
        for pack in 0..400 {
            let numbers: Vec<u32> = (0..7).map(|i| (pack * 31 + i * 17) % 1_500).collect();
            index.insert(pack, &slots(&numbers));
            model.extend(numbers.iter().map(|number| (*number, pack)));
        }
        let bulk = PackIndex::of((0..400).map(|pack| (pack, index.slots_of(&[pack])[&pack].clone())));
        for number in 0..1_600 {
            let expected = model.get(&number).copied();
            assert_eq!(index.find(&address(number)).map(|found| found.0), expected);
            assert_eq!(bulk.find(&address(number)).map(|found| found.0), expected);
        }
        assert_eq!(index.len(), model.len());
    }

    #[test]
    fn a_chunk_in_two_packs_survives_the_loss_of_one() {
        let mut index = PackIndex::default();
        index.insert(1, &slots(&[1, 2]));
        index.insert(2, &slots(&[2, 3]));
        assert_eq!(index.find(&address(2)).unwrap().0, 2);
        index.remove_packs(&[2]);
        assert_eq!(index.find(&address(2)).unwrap().0, 1);
        assert!(!index.contains(&address(3)));
        assert_eq!(index.last_pack(), Some(1));
    }

    #[test]
    fn the_longest_chunk_keeps_its_length() {
        let mut index = PackIndex::default();
        let slot = Slot { address: address(1), offset: 0, length: 65_536 };
        index.insert(9, &[slot]);
        assert_eq!(index.find(&address(1)), Some((9, slot)));
        assert_eq!(std::mem::size_of::<Entry>(), 40);
    }
}
