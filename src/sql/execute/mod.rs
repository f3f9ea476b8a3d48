//! One statement over a context: what it says decides who runs it.

mod call;
mod inline;
mod show;
mod statement;

pub use call::transaction_commit;
pub use statement::execute;
