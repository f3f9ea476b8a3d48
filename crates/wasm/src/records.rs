//! What the store `meta` holds: the state that all tabs share, and one record a tab.
//!
//! `state` moves with each commit and each gc. A pack is never deleted in the transaction that makes it superfluous:
//! it is *tombstoned*, under a new generation, and deleted once every live tab has written that generation into its
//! own record. A tab does so when no statement is left that began before it saw the generation.

use prollite::repo::RefMap;
use prollite::{Error, Result};

use super::values::Reader;

/// Format of everything in the database. Format, not tuning.
pub const FORMAT: f64 = 1.0;

/// The record `state`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Tells this database from one of the same name that was made after the first was removed.
    pub identity: [u8; 16],
    /// Moves whenever packs are tombstoned.
    pub generation: u64,
    /// The number of the next pack.
    pub next_pack: u32,
    /// Packs on their way out, each with the generation that tombstoned it.
    pub tombstones: Vec<(u64, u32)>,
}

impl State {
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = self.identity.to_vec();
        bytes.extend_from_slice(&self.generation.to_le_bytes());
        bytes.extend_from_slice(&self.next_pack.to_le_bytes());
        bytes.extend_from_slice(&(self.tombstones.len() as u32).to_le_bytes());
        for (generation, pack) in &self.tombstones {
            bytes.extend_from_slice(&generation.to_le_bytes());
            bytes.extend_from_slice(&pack.to_le_bytes());
        }
        bytes
    }

    pub fn decode(bytes: &[u8]) -> Result<State> {
        let bad = |_| Error::corrupt("the record state of the store meta is cut off");
        let mut reader = Reader::new(bytes);
        let identity = reader.take(16).map_err(bad)?.try_into().unwrap_or_default();
        let generation = reader.u64().map_err(bad)?;
        let next_pack = reader.u32().map_err(bad)?;
        let count = reader.u32().map_err(bad)?;
        let mut tombstones = Vec::new();
        for _ in 0..count {
            tombstones.push((reader.u64().map_err(bad)?, reader.u32().map_err(bad)?));
        }
        Ok(State { identity, generation, next_pack, tombstones })
    }

    pub fn is_tombstoned(&self, pack: u32) -> bool {
        self.tombstones.iter().any(|(_, dead)| *dead == pack)
    }

    /// The tombstoned packs that may be deleted when each live tab has seen `seen` or later.
    pub fn deletable(&self, seen: u64) -> Vec<u32> {
        self.tombstones.iter().filter(|(generation, _)| *generation <= seen).map(|(_, pack)| *pack).collect()
    }

    pub fn forget(&mut self, packs: &[u32]) {
        self.tombstones.retain(|(_, pack)| !packs.contains(pack));
    }
}

/// The record `tab/⟨id⟩`: what gc has to know of a tab, and what a page has to know of a worker that was ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tab {
    /// The newest generation that the tab has seen, with nothing left from before.
    pub seen: u64,
    /// The newest publication of the tab that landed.
    pub landed: u64,
    pub written_ms: f64,
    /// What open transactions stand on: their refs as of BEGIN. Nothing that they reach is superfluous.
    pub pins: Vec<RefMap>,
}

impl Tab {
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = self.seen.to_le_bytes().to_vec();
        bytes.extend_from_slice(&self.landed.to_le_bytes());
        bytes.extend_from_slice(&self.written_ms.to_le_bytes());
        bytes.extend_from_slice(&(self.pins.len() as u32).to_le_bytes());
        for pin in &self.pins {
            bytes.extend_from_slice(&(pin.len() as u32).to_le_bytes());
            for (name, value) in pin {
                for part in [name.as_bytes(), value.as_ref()] {
                    bytes.extend_from_slice(&(part.len() as u32).to_le_bytes());
                    bytes.extend_from_slice(part);
                }
            }
        }
        bytes
    }

    pub fn decode(bytes: &[u8]) -> Result<Tab> {
        let bad = |_| Error::corrupt("a tab's record in the store meta is cut off");
        let mut reader = Reader::new(bytes);
        let seen = reader.u64().map_err(bad)?;
        let landed = reader.u64().map_err(bad)?;
        let written_ms = reader.f64().map_err(bad)?;
        let mut pins = Vec::new();
        for _ in 0..reader.u32().map_err(bad)? {
            let mut pin = RefMap::new();
            for _ in 0..reader.u32().map_err(bad)? {
                let name = reader.text().map_err(bad)?.to_string();
                pin.insert(name, reader.bytes().map_err(bad)?.to_vec().into());
            }
            pins.push(pin);
        }
        Ok(Tab { seen, landed, written_ms, pins })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_and_damage_is_an_error() {
        let state = State {
            identity: [3; 16],
            generation: 9,
            next_pack: 70_000,
            tombstones: vec![(8, 1), (9, 2), (9, 5)],
        };
        assert_eq!(State::decode(&state.encode()).unwrap(), state);
        let pin: RefMap = [("heads/main".to_string(), vec![1, 2].into()), ("work/é".to_string(), vec![].into())].into();
        let tab = Tab { seen: 4, landed: 77, written_ms: 1.5, pins: vec![pin, RefMap::new()] };
        assert_eq!(Tab::decode(&tab.encode()).unwrap(), tab);
        for length in 0..state.encode().len() {
            assert!(State::decode(&state.encode()[..length]).is_err());
        }
        for length in 0..tab.encode().len() {
            assert!(Tab::decode(&tab.encode()[..length]).is_err());
        }
        assert!(Tab::decode(&[0xff; 64]).is_err());
    }

    #[test]
    fn only_what_every_tab_has_seen_is_deleted() {
        let mut state = State { generation: 9, tombstones: vec![(8, 1), (9, 2)], ..State::default() };
        assert_eq!(state.deletable(7), Vec::<u32>::new());
        assert_eq!(state.deletable(8), [1]);
        state.forget(&[1]);
        assert!(!state.is_tombstoned(1) && state.is_tombstoned(2));
    }
}
