//! Development only: generators, models, failing stores and the conformance runner.

pub mod conformance;
