//! What a verified parent says of a chunk before it is seen, and what the chunk then says of others.

use bytes::Bytes;

use super::refusal::invalid;
use crate::chunk::Chunk;
use crate::error::{Code, Result};
use crate::hash::Address;
use crate::prolly::{leaf_entries, Child, Outline};
use crate::repo::{large_values, Commit, Role, Root, Schema, Tag};

/// No honest tree is higher: with the least fan-out that the splitter allows this is more rows than a browser stores.
const MAX_LEVEL: u8 = 16;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    Commit,
    Tag,
    Root,
    Schema,
    Map { role: Role, place: Option<Place> },
    Blob { len: u64, level: Option<u8> },
}

/// Where a node stands in its parent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub level: u8,
    /// All keys are greater than this one.
    pub above: Option<Bytes>,
    pub last_key: Bytes,
    pub count: u64,
}

/// What a chunk points to.
pub type Edges = Vec<(Address, Expected)>;

impl Expected {
    /// Reads the chunk as what it was announced as. The edges of a root are its schemas and indexes: its rows need the
    /// schemas' word first, see [`rows_of_root`].
    pub fn edges(&self, chunk: &Chunk) -> Result<Edges> {
        self.read(chunk).map_err(|error| match error.code() {
            Code::Corrupt => invalid(error.message()),
            _ => error,
        })
    }

    fn read(&self, chunk: &Chunk) -> Result<Edges> {
        Ok(match self {
            Expected::Commit => {
                let commit = Commit::from_chunk(chunk)?;
                let mut edges: Edges = commit.parents.iter().map(|parent| (*parent, Expected::Commit)).collect();
                edges.push((commit.closure.root(), Expected::Map { role: Role::Plain, place: None }));
                edges.push((commit.root, Expected::Root));
                edges
            }
            Expected::Tag => vec![(Tag::from_chunk(chunk)?.commit, Expected::Commit)],
            Expected::Root => {
                let (entries, _) = Root::entries_of(chunk)?;
                entries.iter().map(|entry| (entry.schema, Expected::Schema)).collect()
            }
            Expected::Schema => {
                Schema::from_chunk(chunk)?;
                Vec::new()
            }
            Expected::Map { role, place } => map_edges(chunk, *role, place.as_ref())?,
            Expected::Blob { len, level } => blob_edges(chunk, *len, *level)?,
        })
    }

    /// As a bit: a chunk that is reached as two things points to what either points to.
    pub fn bit(&self) -> u8 {
        match self {
            Expected::Map { role, .. } => *role as u8,
            _ => 128,
        }
    }
}

/// The trees of a root whose schemas are at hand; `keyless` tells of each entry whether its table is.
pub fn rows_of_root(chunk: &Chunk, keyless: &mut dyn FnMut(&Address) -> Result<bool>) -> Result<Edges> {
    let (entries, _) = Root::entries_of(chunk)?;
    let mut edges = Vec::new();
    for entry in entries {
        let role = if keyless(&entry.schema)? { Role::KeylessRows } else { Role::Rows };
        edges.push((entry.rows.root(), Expected::Map { role, place: None }));
        let plain = |index: &crate::prolly::Map| (index.root(), Expected::Map { role: Role::Plain, place: None });
        edges.extend(entry.indexes.iter().map(plain));
    }
    Ok(edges)
}

fn map_edges(chunk: &Chunk, role: Role, place: Option<&Place>) -> Result<Edges> {
    let node = Outline::of_map(chunk)?;
    if node.level > MAX_LEVEL {
        return Err(invalid(format!("map node {} has level {}, at most {MAX_LEVEL} is allowed", chunk.address(), node.level)));
    }
    if let Some(place) = place {
        let wrong = if node.level != place.level {
            Some("level")
        } else if node.last_key != place.last_key {
            Some("greatest key")
        } else if node.total != place.count {
            Some("count")
        } else if place.above.as_ref().is_some_and(|above| node.first_key <= *above) {
            Some("least key")
        } else {
            None
        };
        if let Some(what) = wrong {
            return Err(invalid(format!("map node {} has another {what} than its parent says", chunk.address())));
        }
    }
    let mut edges = Vec::with_capacity(node.children.len());
    let mut above = place.and_then(|place| place.above.clone());
    for Child { address, last_key, count } in node.children {
        let level = node.level.saturating_sub(1);
        let place = Place { level, above: above.replace(last_key.clone()), last_key, count };
        edges.push((address, Expected::Map { role, place: Some(place) }));
    }
    if node.level == 0 {
        for (_, value) in leaf_entries(chunk)? {
            if role == Role::Plain && !value.is_empty() {
                return Err(invalid(format!("map node {}: the values of an index are empty", chunk.address())));
            }
            for blob in large_values(&value, role)? {
                edges.push((blob.root, Expected::Blob { len: blob.len, level: None }));
            }
        }
    }
    Ok(edges)
}

fn blob_edges(chunk: &Chunk, len: u64, level: Option<u8>) -> Result<Edges> {
    let node = Outline::of_blob(chunk)?;
    if node.total != len || level.is_some_and(|level| level != node.level) || node.level > MAX_LEVEL {
        let text = format!("blob node {} has {} bytes at level {}, announced were {len} bytes", chunk.address(), node.total, node.level);
        return Err(invalid(text));
    }
    let below = node.level.saturating_sub(1);
    let child = |child: Child| (child.address, Expected::Blob { len: child.count, level: Some(below) });
    Ok(node.children.into_iter().map(child).collect())
}
