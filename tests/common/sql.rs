//! What the SQL tests share: a session, and answers as text.
#![allow(dead_code)]

use std::rc::Rc;

use prollite::session::{Database, Session};
use prollite::tuple::Value;
use prollite::{Code, Error};

pub fn session() -> Session { Database::memory().unwrap().session("main").unwrap() }

pub fn sessions() -> (Rc<Database>, Session, Session) {
    let database = Database::memory().unwrap();
    let (a, b) = (database.session("main").unwrap(), database.session("main").unwrap());
    (database, a, b)
}

/// Runs a script that must succeed; answers rows affected by its last statement.
#[track_caller]
pub fn run(session: &mut Session, sql: &str) -> u64 {
    match session.execute(sql, &[]) {
        Ok(outcome) => outcome.affected,
        Err(error) => panic!("{sql}\n{error:?}"),
    }
}

/// Rows as text, cells joined by `|`.
#[track_caller]
pub fn rows(session: &mut Session, sql: &str) -> Vec<String> {
    match session.execute(sql, &[]) {
        Ok(outcome) => outcome.rows.iter().map(|row| shown(row)).collect(),
        Err(error) => panic!("{sql}\n{error:?}"),
    }
}

pub fn shown(row: &[Value]) -> String {
    let cells: Vec<String> = row
        .iter()
        .map(|value| match value {
            Value::Null => "NULL".into(),
            Value::Int(int) => int.to_string(),
            Value::Real(real) => real.to_string(),
            Value::Decimal(decimal) => decimal.to_string(),
            Value::Text(text) => text.to_string(),
            Value::Blob(bytes) => format!("{bytes:02x?}"),
        })
        .collect();
    cells.join("|")
}

/// Runs a statement that must fail.
#[track_caller]
pub fn fail(session: &mut Session, sql: &str) -> Error {
    match session.execute(sql, &[]) {
        Ok(_) => panic!("{sql}\nwas expected to fail"),
        Err(error) => error,
    }
}

#[track_caller]
pub fn refused(session: &mut Session, sql: &str, code: Code, message: &str) {
    let error = fail(session, sql);
    assert_eq!((error.code(), error.message()), (code, message), "{sql}");
}
