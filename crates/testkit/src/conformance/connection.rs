//! What the runner needs of an engine.

use prollite::tuple::Value;
use prollite::Code;

/// What a statement answered.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Value>>,
    pub affected: u64,
}

/// Why a statement failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub code: Code,
    pub message: String,
}

impl Failure {
    pub fn new(code: Code, message: impl Into<String>) -> Self { Failure { code, message: message.into() } }
}

impl From<prollite::Error> for Failure {
    fn from(error: prollite::Error) -> Self { Failure::new(error.code(), error.message()) }
}

/// One session.
pub trait Connection {
    fn execute(&mut self, sql: &str) -> Result<Answer, Failure>;
    /// Settings under which SQLite's corpus is run.
    fn like_sqlite(&mut self) -> Result<(), Failure> { Ok(()) }
}

/// Databases, each new and empty, and sessions on them.
pub trait Server {
    /// Drops the database before, and makes a new one.
    fn reset(&mut self) -> Result<(), Failure>;
    /// Another session on the database, on its default branch.
    fn connect(&mut self) -> Result<Box<dyn Connection>, Failure>;
}
