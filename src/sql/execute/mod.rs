//! One statement over a context: what it says decides who runs it.

mod call;
mod inline;
mod show;
mod statement;

pub use statement::execute;
