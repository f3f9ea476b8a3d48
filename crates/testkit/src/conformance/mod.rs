//! The conformance runner: reads sqllogictest files and Dolt's scripts as JSON, runs them on an engine
//! and counts what agrees. The binary `conformance` (`npm run conformance -- PATH…`) is its face.
//!
//! A file runs in a process of its own ([`worker`]), which reports over its output; the process that was
//! started by a person ([`runner`]) watches it, so that neither a hang nor a crash of the engine stops the run.

mod connection;
mod dolt;
mod dolt_compare;
mod dolt_core;
mod dolt_doc;
mod engine;
mod report;
mod runner;
mod slt_compare;
mod slt_parse;
mod slt_run;
mod worker;

pub use connection::{Answer, Connection, Failure, Server};
pub use dolt_doc::{document, Reasons};
pub use engine::Engine;
pub use report::{Difference, Event, Sink};
pub use runner::{run, Options, Totals};
pub use slt_run::run_file as run_sqllogictest;
pub use worker::work;
