//! GlueSQL depends on the crate `regex` with all of its Unicode tables and its several engines, a seventh of the
//! wasm that a page downloads. The workspace patches it by this crate, which hands on `regex-lite`: the same syntax and
//! linear time, without tables (`\w`, `\d`, `\s` and case folding know ASCII only).

pub use regex_lite::*;
