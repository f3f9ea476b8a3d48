//! Replication without transport: what two stores say to each other, and how each checks what it hears.
//!
//! Bytes travel in *frames* ([`FrameWriter`], [`FrameReader`]). A [`Sender`] walks what one side has and the other
//! lacks, parents before children; a [`Receiver`] takes a chunk only where a verified parent announced its address,
//! and ends when nothing announced is missing. [`Fetch`] and [`Push`] are the client's jobs: they answer requests to
//! send and take what comes back, whoever carries it. [`serve`] is the other side, shared by the server and by
//! [`LocalRemote`]. `docs/sync.md` is normative for every byte.

mod block;
mod chunks;
mod codec;
mod completion;
mod cut;
mod expected;
mod fetch;
mod frame;
mod frame_reader;
mod frame_writer;
mod job;
mod jobs;
#[cfg(not(target_arch = "wasm32"))]
mod local;
mod message;
mod negotiate;
mod pack_index;
mod push;
mod receiver;
mod refusal;
mod sender;
pub mod serve;
mod static_folder;

pub use block::{decode_block, encode_block, MAX_BLOCK};
pub use chunks::{lacking, Chunks};
pub use codec::Codec;
pub use completion::Completion;
pub use cut::Cut;
pub use fetch::{Fetch, Fetched};
pub use frame::{FrameKind, MAGIC, MAX_PUSH, MAX_UNPACKED};
pub use frame_reader::{Event, FrameReader};
pub use frame_writer::FrameWriter;
pub use job::{base_url, check_database, join, Job, Progress, Request, Scope};
pub use jobs::Jobs;
#[cfg(not(target_arch = "wasm32"))]
pub use local::LocalRemote;
pub use message::{check_remote_ref, matches, FetchRequest, GetRequest, Mode, RefList, Update, Updates};
pub use negotiate::haves;
pub use pack_index::{read_index, write_index, Place};
pub use push::Push;
pub use receiver::Receiver;
pub use refusal::Refusal;
pub use sender::Sender;
