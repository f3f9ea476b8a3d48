//! Large values as trees of content-defined chunks.
//!
//! ```text
//! byte  0      kind (2)                       2      level, 0 is a leaf
//!       1      format version
//! leaf  3..    the bytes, at least one
//! inner 3..    n x 40 bytes: child address, u64 little-endian bytes below the child
//! ```
//!
//! Leaves are cut by FastCDC (2020), so that an edit rewrites the leaves around it. An inner node
//! ends after a child whose address has six zero bits: an address is a hash of everything below it.

use bytes::Bytes;
use fastcdc::v2020;

use super::path::announce;
use crate::chunk::{Chunk, ChunkStore, Kind};
use crate::error::{Error, Result};
use crate::hash::Address;

/// Least, wanted and greatest bytes of a leaf. Format, not tuning.
const LEAF_MIN: usize = 1_024;
const LEAF_AVERAGE: usize = 4_096;
const LEAF_MAX: usize = 16_384;
/// Masks of normalised chunking around 2^12 bytes: 13 bits before the average, 11 bits after it. Format.
const MASK_SMALL: u64 = 0x0000_d903_0353_0000;
const MASK_LARGE: u64 = 0x0000_d900_0353_0000;
/// An inner node ends after a child whose address has these bits zero, from two children on. Format.
const INNER_MASK: u8 = 63;
/// An inner node has no more children. Format.
const INNER_MAX: usize = 1_024;

const LEVEL_AT: usize = 2;
const BODY_AT: usize = 3;
const CHILD_LEN: usize = Address::LEN + 8;
/// With two children a node this is more bytes than 64 bits count.
const MAX_LEVEL: u8 = 64;

/// A stored value: root of its tree and length in bytes. An empty value has no chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Blob {
    pub root: Address,
    pub len: u64,
}

/// A subtree that overlaps what is read: its address, and where its bytes lie in the value.
struct Span {
    address: Address,
    start: u64,
    len: u64,
}

impl Blob {
    pub fn write(store: &dyn ChunkStore, bytes: &[u8]) -> Result<Blob> {
        let mut nodes = Vec::new();
        let mut rest = bytes;
        while !rest.is_empty() {
            let (_, cut) = v2020::cut(
                rest,
                LEAF_MIN,
                LEAF_AVERAGE,
                LEAF_MAX,
                MASK_SMALL,
                MASK_LARGE,
                MASK_SMALL << 1,
                MASK_LARGE << 1,
            );
            let (leaf, after) = rest.split_at(cut.clamp(1, rest.len()));
            nodes.push((put(store, 0, leaf)?, leaf.len() as u64));
            rest = after;
        }
        let mut level = 0;
        while nodes.len() > 1 {
            level += 1;
            let mut above = Vec::new();
            let mut body = Vec::new();
            let (mut items, mut len) = (0, 0);
            for (i, (address, child_len)) in nodes.iter().enumerate() {
                body.extend_from_slice(address.as_bytes());
                body.extend_from_slice(&child_len.to_le_bytes());
                items += 1;
                len += child_len;
                let cut = items >= INNER_MAX || (items >= 2 && address.as_bytes()[0] & INNER_MASK == 0);
                if cut || i + 1 == nodes.len() {
                    above.push((put(store, level, &body)?, len));
                    body.clear();
                    (items, len) = (0, 0);
                }
            }
            nodes = above;
        }
        Ok(match nodes.first() {
            Some((root, len)) => Blob { root: *root, len: *len },
            None => Blob {
                root: Address::NONE,
                len: 0,
            },
        })
    }

    pub fn read(&self, store: &dyn ChunkStore) -> Result<Bytes> {
        self.read_range(store, 0, self.len)
    }

    /// Bytes `from..to`, clamped; reads only the leaves it needs.
    pub fn read_range(&self, store: &dyn ChunkStore, from: u64, to: u64) -> Result<Bytes> {
        let to = to.min(self.len);
        if from >= to {
            return Ok(Bytes::new());
        }
        let mut spans = vec![Span {
            address: self.root,
            start: 0,
            len: self.len,
        }];
        let mut level: Option<u8> = None;
        loop {
            if spans.len() > 1 {
                let addresses: Vec<Address> = spans.iter().map(|span| span.address).collect();
                announce(store, &addresses)?;
            }
            let mut below = Vec::new();
            let mut parts: Vec<Bytes> = Vec::new();
            for Span { address, start, len } in spans {
                let node = BlobNode::open(&store.get(&address)?)?;
                if node.len != len || *level.get_or_insert(node.level) != node.level {
                    return Err(Error::corrupt(format!(
                        "blob node {address} has {} bytes at level {}, its parent says {len} bytes",
                        node.len, node.level
                    )));
                }
                if node.level == 0 {
                    let cut = |at: u64| at.clamp(start, start + len).abs_diff(start) as usize;
                    parts.push(node.body.slice(cut(from)..cut(to)));
                    continue;
                }
                let mut start = start;
                for (address, len) in node.children() {
                    if start < to && start + len > from {
                        below.push(Span { address, start, len });
                    }
                    start += len;
                }
            }
            level = match level {
                Some(level) if level > 0 => Some(level - 1),
                _ => {
                    return Ok(match parts.as_slice() {
                        [part] => part.clone(),
                        parts => Bytes::from(parts.concat()),
                    })
                }
            };
            spans = below;
        }
    }
}

/// A blob node, validated once in a residency.
struct BlobNode {
    level: u8,
    len: u64,
    body: Bytes,
}

impl BlobNode {
    fn open(chunk: &Chunk) -> Result<BlobNode> {
        chunk.body(Kind::Blob)?;
        let bad = |what: &str| Error::corrupt(format!("blob node {} {what}", chunk.address()));
        let level = *chunk
            .bytes()
            .get(LEVEL_AT)
            .ok_or_else(|| bad("ends inside its header"))?;
        if chunk.len() > Chunk::MAX {
            return Err(bad("is longer than 64 KiB"));
        }
        let body = chunk.bytes().slice(BODY_AT..);
        if level == 0 {
            if body.is_empty() {
                return Err(bad("has no byte"));
            }
            return Ok(BlobNode {
                level,
                len: body.len() as u64,
                body,
            });
        }
        if !chunk.is_checked() {
            if level > MAX_LEVEL {
                return Err(bad("has a level above 64"));
            }
            if body.is_empty() || !body.len().is_multiple_of(CHILD_LEN) {
                return Err(bad("has a child table of a broken size"));
            }
        }
        let node = BlobNode { level, len: 0, body };
        let mut total = 0u64;
        for (address, len) in node.children() {
            if len == 0 || address.is_none() {
                return Err(bad("has an empty child"));
            }
            total = total.checked_add(len).ok_or_else(|| bad("counts past 2^64"))?;
        }
        chunk.set_checked();
        Ok(BlobNode { len: total, ..node })
    }

    fn children(&self) -> impl Iterator<Item = (Address, u64)> + use<'_> {
        self.body.chunks_exact(CHILD_LEN).filter_map(|item| {
            let (address, len) = item.split_at(Address::LEN);
            Some((Address::from_slice(address)?, u64::from_le_bytes(len.try_into().ok()?)))
        })
    }
}

/// Level, bytes below, and the children with their bytes.
pub(super) fn outline(chunk: &Chunk) -> Result<(u8, u64, Vec<(Address, u64)>)> {
    let node = BlobNode::open(chunk)?;
    let children = if node.level == 0 { Vec::new() } else { node.children().collect() };
    Ok((node.level, node.len, children))
}

/// The child addresses of a blob node.
pub(super) fn children(chunk: &Chunk) -> Result<Vec<Address>> {
    let node = BlobNode::open(chunk)?;
    Ok(if node.level == 0 {
        Vec::new()
    } else {
        node.children().map(|(address, _)| address).collect()
    })
}

fn put(store: &dyn ChunkStore, level: u8, body: &[u8]) -> Result<Address> {
    let mut bytes = Vec::with_capacity(BODY_AT + body.len());
    bytes.extend_from_slice(&[Kind::Blob as u8, Chunk::VERSION, level]);
    bytes.extend_from_slice(body);
    let chunk = Chunk::new(bytes);
    chunk.set_checked();
    store.put(chunk)
}
