//! What reading costs, in memory: the reads of the browser's workload (`benches/browser/workload.mjs`) without a browser,
//! so that they can be profiled.
//!
//! `cargo bench --bench read [-- ROWS] [PART OF A STEP'S NAME]`

use std::error::Error;
use std::time::Instant;

use prollite::session::{Database, Session};
use prollite::tuple::Value;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// A linear congruence: the same rows in every run.
struct Draw(u64);

impl Draw {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn text(&mut self, length: usize) -> String {
        (0..length).map(|_| char::from(b'a' + self.below(26) as u8)).collect()
    }
}

struct Bench { session: Session, filter: Option<String> }

impl Bench {
    /// Runs a statement with each set of parameters.
    fn step(&mut self, name: &str, sql: &str, parameters: &[Vec<Value>]) -> Result<()> {
        if self.filter.as_ref().is_some_and(|filter| !name.contains(filter)) {
            return Ok(());
        }
        let began = Instant::now();
        let mut rows = 0;
        for parameters in parameters {
            rows += self.session.execute(sql, parameters)?.rows.len();
        }
        let each = began.elapsed().as_secs_f64() * 1e6 / parameters.len() as f64;
        println!("{name:<28} {:>6} × {each:>12.2} µs {rows:>8} rows", parameters.len());
        Ok(())
    }
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let rows: u64 = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(100_000);
    let filter = arguments.into_iter().find(|argument| argument.parse::<u64>().is_err());
    let mut session = Database::memory()?.session("main")?;
    let mut draw = Draw(7);
    session.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, k INTEGER, c TEXT, pad TEXT)", &[])?;
    session.execute("CREATE TABLE u (id INTEGER PRIMARY KEY, t_id INTEGER)", &[])?;
    session.execute("BEGIN", &[])?;
    for id in 1..=rows {
        let row = [Value::Int(id as i64), Value::Int(draw.below(rows) as i64), Value::from(draw.text(60)), Value::from(draw.text(30))];
        session.execute("INSERT INTO t VALUES (?, ?, ?, ?)", &row)?;
    }
    for id in 1..=1_000 {
        session.execute("INSERT INTO u VALUES (?, ?)", &[Value::Int(id), Value::Int(1 + draw.below(rows) as i64)])?;
    }
    session.execute("COMMIT", &[])?;
    session.execute("CREATE INDEX t_k ON t (k)", &[])?;

    let once = [vec![]];
    let mut keys = |count: usize| -> Vec<i64> { (0..count).map(|_| 1 + draw.below(rows) as i64).collect() };
    let one = |keys: Vec<i64>| -> Vec<Vec<Value>> { keys.into_iter().map(|key| vec![Value::Int(key)]).collect() };
    let points = one(keys(10_000));
    let lookups = one(keys(1_000));
    let ranges: Vec<Vec<Value>> = keys(100).into_iter().map(|low| vec![Value::Int(low), Value::Int(low + 99)]).collect();
    let changes: Vec<Vec<Value>> = keys(1_000).into_iter().map(|key| vec![Value::from("changed"), Value::Int(key)]).collect();
    let mut bench = Bench { session, filter };
    bench.step("point", "SELECT k FROM t WHERE id = ?", &points)?;
    bench.step("range", "SELECT COUNT(*), SUM(k) FROM t WHERE id BETWEEN ? AND ?", &ranges)?;
    bench.step("count", "SELECT COUNT(*) FROM t", &once)?;
    bench.step("aggregate", "SELECT COUNT(*), SUM(k), MIN(c), MAX(pad) FROM t", &once)?;
    bench.step("filter", "SELECT COUNT(*) FROM t WHERE c LIKE '%abc%'", &once)?;
    bench.step("group", "SELECT k % 100 AS g, COUNT(*), SUM(k) FROM t GROUP BY k % 100 ORDER BY g LIMIT 5", &once)?;
    bench.step("order", "SELECT id FROM t ORDER BY c LIMIT 10", &once)?;
    bench.step("all", "SELECT id, k, c, pad FROM t", &once)?;
    bench.step("lookup", "SELECT COUNT(*), MIN(id) FROM t WHERE k = ?", &lookups)?;
    bench.step("join", "SELECT COUNT(*), SUM(t.k) FROM u JOIN t ON t.id = u.t_id", &once)?;
    bench.session.execute("BEGIN", &[])?;
    bench.step("update", "UPDATE t SET pad = ? WHERE id = ?", &changes)?;
    bench.session.execute("COMMIT", &[])?;
    Ok(())
}
