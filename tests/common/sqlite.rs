//! The same statements on Prollite and on SQLite.
#![allow(dead_code)]

use prollite::session::{Database, Session};
use prollite::tuple::Value;

pub struct Both { pub ours: Session, pub sqlite: rusqlite::Connection }

impl Both {
    pub fn new() -> Both {
        let ours = Database::memory().unwrap().session("main").unwrap();
        Both { ours, sqlite: rusqlite::Connection::open_in_memory().unwrap() }
    }

    /// Runs each statement on both: both succeed, with the same rows in the same order, or both fail. Queries are asked
    /// again with pushdown off.
    #[track_caller]
    pub fn agree(&mut self, statements: &[&str]) {
        for sql in statements {
            let expected = self.theirs(sql);
            let found = self.found(sql);
            self.compare(sql, &expected, &found);
            let changes = ["INSERT", "UPDATE", "DELETE"].iter().any(|word| sql.contains(word));
            let is_query = !changes && ["SELECT", "WITH", "VALUES"].iter().any(|word| sql.trim_start().starts_with(word));
            if is_query {
                self.ours.execute("SET prollite_pushdown = off", &[]).unwrap();
                let found = self.found(sql);
                self.ours.execute("SET prollite_pushdown = on", &[]).unwrap();
                self.compare(sql, &expected, &found);
            }
        }
    }

    #[track_caller]
    fn compare(&self, sql: &str, expected: &Result<Vec<String>, String>, found: &Result<Vec<String>, String>) {
        match (expected, found) {
            (Ok(expected), Ok(found)) => assert_eq!(found, expected, "{sql}\n(left: Prollite, right: SQLite)"),
            (Err(_), Err(_)) => {}
            (Ok(expected), Err(error)) => panic!("{sql}\nSQLite answers {expected:?}, Prollite refuses: {error}"),
            (Err(error), Ok(found)) => panic!("{sql}\nSQLite refuses: {error}, Prollite answers {found:?}"),
        }
    }

    fn found(&mut self, sql: &str) -> Result<Vec<String>, String> {
        let outcome = self.ours.execute(sql, &[]).map_err(|error| format!("{error:?}"))?;
        let cell = |value: &Value| match value {
            Value::Null => "NULL".to_string(),
            Value::Int(int) => format!("i{int}"),
            Value::Real(real) => shown(*real),
            Value::Decimal(decimal) => format!("d{decimal}"),
            Value::Text(text) => format!("t{text}"),
            Value::Blob(bytes) => format!("b{bytes:?}"),
        };
        Ok(outcome.rows.iter().map(|row| row.iter().map(cell).collect::<Vec<String>>().join("|")).collect())
    }

    fn theirs(&self, sql: &str) -> Result<Vec<String>, String> {
        self.try_theirs(sql).map_err(|error| error.to_string())
    }

    fn try_theirs(&self, sql: &str) -> rusqlite::Result<Vec<String>> {
        use rusqlite::types::ValueRef;
        let mut statement = self.sqlite.prepare(sql)?;
        let width = statement.column_count();
        let mut rows = statement.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let mut cells = Vec::with_capacity(width);
            for at in 0..width {
                cells.push(match row.get_ref(at)? {
                    ValueRef::Null => "NULL".to_string(),
                    ValueRef::Integer(int) => format!("i{int}"),
                    ValueRef::Real(real) => shown(real),
                    ValueRef::Text(text) => format!("t{}", String::from_utf8_lossy(text)),
                    ValueRef::Blob(bytes) => format!("b{bytes:?}"),
                });
            }
            found.push(cells.join("|"));
        }
        Ok(found)
    }
}

fn shown(real: f64) -> String { format!("r{:.11e}", real + 0.0) }
