//! Prolly trees: canonical ordered maps from bytes to bytes over a chunk store.
//!
//! The same content gives the same root address, whatever the order and the batching of edits.
//! Everything here is *retry-safe*: a call that returned a fault changed nothing that
//! matters and may be made again once the logged chunks are resident; it goes on where it was.

mod apply;
mod blob;
mod builder;
mod cursor;
mod diff;
mod key_range;
mod layers;
mod map;
mod merge;
mod mutable_map;
mod node;
mod outline;
mod path;
mod splitter;
mod verify;
mod view;
mod walk;

pub use blob::Blob;
pub use builder::Builder;
pub use cursor::Cursor;
pub use diff::{Change, Diff};
pub use key_range::KeyRange;
pub use map::Map;
pub use merge::{Merge, Side, ThreeWay};
pub use mutable_map::MutableMap;
pub use outline::{Child, Outline};
pub use verify::Verify;
pub use view::{MapView, ViewCursor};
pub use walk::{children, leaf_entries, Reachable};

/// Longest encoded key. Format, not tuning.
pub const MAX_KEY: usize = 3_072;
/// Longest value in a map. Format, not tuning.
pub const MAX_VALUE: usize = 4_096;
