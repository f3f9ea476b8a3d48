//! What writing a row costs: one-row INSERTs with parameters inside a transaction, INSERTs of many rows, INSERT … SELECT,
//! UPDATE and DELETE by key, and autocommitted INSERTs, in memory.
//!
//! `cargo bench --bench write [-- ROWS]`

use std::error::Error;
use std::time::{Duration, Instant};

use prollite::session::{Database, Session};
use prollite::tuple::Value;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn timed(name: &str, rows: u64, work: impl FnOnce() -> Result<()>) -> Result<()> {
    let start = Instant::now();
    work()?;
    let each: Duration = start.elapsed() / u32::try_from(rows.max(1))?;
    println!("{name:<44} {rows:>8} rows {:>10.3} µs a row", each.as_secs_f64() * 1e6);
    Ok(())
}

fn table(index: bool) -> Result<Session> {
    let mut session = Database::memory()?.session("main")?;
    session.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, k INTEGER, c CHAR(60), pad CHAR(30))", &[])?;
    if index {
        session.execute("CREATE INDEX by_k ON t (k)", &[])?;
    }
    Ok(session)
}

fn row(id: u64) -> [Value; 4] {
    let shuffled = (id.wrapping_mul(2_654_435_761) % 1_000_003) as i64;
    [Value::Int(id as i64), Value::Int(shuffled), Value::from("c".repeat(60)), Value::from("p".repeat(30))]
}

fn main() -> Result<()> {
    let rows: u64 = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(100_000);
    for index in [false, true] {
        println!("{}", if index { "with an index on k" } else { "without an index" });
        let mut session = table(index)?;
        timed("INSERT of one row, parameters, in BEGIN", rows, || {
            session.execute("BEGIN", &[])?;
            for id in 0..rows {
                session.execute("INSERT INTO t VALUES (?, ?, ?, ?)", &row(id))?;
            }
            Ok(())
        })?;
        timed("COMMIT of them", rows, || Ok(session.execute("COMMIT", &[]).map(drop)?))?;
        timed("UPDATE by key, parameters, in BEGIN", 10_000, || {
            session.execute("BEGIN", &[])?;
            for id in 0..10_000 {
                session.execute("UPDATE t SET c = ? WHERE id = ?", &[Value::from("x"), Value::Int(id * 7 % rows as i64)])?;
            }
            Ok(())
        })?;
        timed("DELETE by key, parameters", 10_000, || {
            for id in 0..10_000 {
                session.execute("DELETE FROM t WHERE id = ?", &[Value::Int(id)])?;
            }
            Ok(session.execute("COMMIT", &[]).map(drop)?)
        })?;
        timed("UPDATE of all rows", rows - 10_000, || Ok(session.execute("UPDATE t SET pad = 'y'", &[]).map(drop)?))?;
        session.execute("CREATE TABLE u (id INTEGER PRIMARY KEY, k INTEGER, c CHAR(60), pad CHAR(30))", &[])?;
        timed("INSERT … SELECT", rows - 10_000, || Ok(session.execute("INSERT INTO u SELECT * FROM t", &[]).map(drop)?))?;

        let mut session = table(index)?;
        let values = vec!["(?, ?, ?, ?)"; 1000].join(", ");
        let insert = format!("INSERT INTO t VALUES {values}");
        timed("INSERT of 1,000 rows, parameters", rows, || {
            for batch in 0..rows / 1000 {
                let parameters: Vec<Value> = (0..1000).flat_map(|at| row(batch * 1000 + at)).collect();
                session.execute(&insert, &parameters)?;
            }
            Ok(())
        })?;
        let mut session = table(index)?;
        timed("INSERT of one row, autocommit", 2_000, || {
            for id in 0..2_000 {
                session.execute("INSERT INTO t VALUES (?, ?, ?, ?)", &row(id))?;
            }
            Ok(())
        })?;
    }
    Ok(())
}
