//! The repository: canonical roots, verbs, history, merge, gc, verification.

mod canonical;
mod decoders;
mod golden;
mod laws;
mod merges;
mod support;
mod verbs;
