//! Tuples: order, identity, and bytes that nobody wrote.

mod keys;
mod rows;
mod support;
mod texts;
