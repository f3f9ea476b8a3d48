//! Properties of prolly trees against a `BTreeMap`. `PROLLITE_CASES` sets the number of cases.

mod blobs;
mod canonical;
mod cursors;
mod decoders;
mod diffs;
mod faults;
mod golden;
mod layers;
mod support;
