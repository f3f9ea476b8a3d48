//! Prollite itself as the engine under test: a database in memory.

use std::rc::Rc;

use prollite::session::{Database, Session};
use prollite::Code;

use super::connection::{Answer, Connection, Failure, Server};

/// The branch that a new database has.
const BRANCH: &str = "main";

/// What Dolt's scripts call theirs.
const NAME: &str = "mydb";

#[derive(Default)]
pub struct Engine {
    database: Option<Rc<Database>>,
}

impl Server for Engine {
    fn reset(&mut self) -> Result<(), Failure> {
        self.database = None;
        self.database = Some(Database::memory_named(NAME)?);
        Ok(())
    }

    fn connect(&mut self) -> Result<Box<dyn Connection>, Failure> {
        let database = self.database.as_ref().ok_or_else(|| Failure::new(Code::Closed, "there is no database"))?;
        Ok(Box::new(database.session(BRANCH)?))
    }
}

impl Connection for Session {
    /// A VARCHAR(n) is a TEXT there.
    fn like_sqlite(&mut self) -> Result<(), Failure> {
        Session::execute(self, "SET prollite_text_limits = off", &[])?;
        Ok(())
    }

    fn execute(&mut self, sql: &str) -> Result<Answer, Failure> {
        let outcome = Session::execute(self, sql, &[])?;
        let columns = outcome.columns.iter().map(|column| column.name.to_string()).collect();
        Ok(Answer { columns, rows: outcome.rows, affected: outcome.affected })
    }
}
