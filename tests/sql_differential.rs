//! Random statements over random small tables: Prollite, Prollite without pushdown, and SQLite's STRICT tables must
//! agree. Expressions come from `differential/grammar.txt`; what once differed stays in `differential/cases.txt`.
//!
//! A fifth of `PROLLITE_CASES` is how many databases are tried (30 queries and 5 changes each): 60,000 queries in the long
//! run. `PROLLITE_SEED` is where the numbers start.

#[path = "differential/compare.rs"]
mod compare;
#[path = "differential/grammar.rs"]
mod grammar;
#[path = "differential/random.rs"]
mod random;
#[path = "differential/schema.rs"]
mod schema;

use std::collections::BTreeMap;

use compare::{ours, same, theirs};
use grammar::{Generator, Grammar};
use prollite::session::{Database, Session};
use prollite::Code;
use random::Random;
use schema::Table;

fn both() -> (Session, rusqlite::Connection) {
    let session = Database::memory().unwrap().session("main").unwrap();
    (session, rusqlite::Connection::open_in_memory().unwrap())
}

/// What is compared, and what was found.
#[derive(Default)]
struct Tally { agreed: usize, refused: BTreeMap<String, usize>, failed: usize, differences: Vec<String> }

impl Tally {
    fn query(&mut self, session: &mut Session, sqlite: &rusqlite::Connection, script: &[String], case: u64, sql: &str) {
        // What cannot be prepared is refused here too. When a row makes SQLite fail, it is open whether it is asked for.
        let Ok(expected) = theirs(sqlite, sql) else {
            self.failed += 1;
            if let (Err(error), Ok(found)) = (sqlite.prepare(sql), ours(session, sql)) {
                self.differences.push(format!("case {case}\n{};\n{sql};\nSQLite:   {error:?}\nProllite: {found:?}", script.join(";\n")));
            }
            return;
        };
        let nocase = script.iter().any(|statement| statement.contains("NOCASE"));
        for pushdown in ["on", "off"] {
            session.execute(&format!("SET prollite_pushdown = {pushdown}"), &[]).unwrap();
            let found = ours(session, sql);
            match &found {
                Ok(found) if same(sql, nocase, found, &expected) => {
                    self.agreed += 1;
                    continue;
                }
                // What SQLite did not have to compute may overflow here.
                Err(error) if matches!(error.code(), Code::Unsupported | Code::IntRange) => {
                    *self.refused.entry(error.message().to_string()).or_default() += 1;
                    continue;
                }
                _ => {}
            }
            let script = if number("PROLLITE_DIFFERENCES", 1) == 1 { script.join(";\n") } else { String::new() };
            self.differences.push(format!("case {case}, pushdown {pushdown}\n{script};\n{sql};\nSQLite:   {expected:?}\nProllite: {found:?}"));
        }
        session.execute("SET prollite_pushdown = on", &[]).unwrap();
    }

    /// Both take the change, or both refuse it; then the table holds the same.
    /// `false`: they part here, for a reason that is known.
    fn change(&mut self, session: &mut Session, sqlite: &rusqlite::Connection, script: &mut Vec<String>, case: u64, sql: &str, table: &str) -> bool {
        let (left, right) = (session.execute(sql, &[]), sqlite.execute_batch(sql));
        // SQLite looks at each row of an UPDATE as it comes, Prollite at all of them when it is done.
        let passing = matches!(&right, Err(error) if error.to_string().contains("UNIQUE constraint failed"));
        if sql.starts_with("UPDATE") && left.is_ok() && passing {
            return false;
        }
        // What SQLite did not have to compute may overflow here.
        let parts = |code: Code| code == Code::Unsupported || code == Code::IntRange && right.is_ok();
        if left.as_ref().is_err_and(|error| parts(error.code())) {
            *self.refused.entry(left.unwrap_err().message().to_string()).or_default() += 1;
            return false;
        }
        // When a row makes SQLite fail, it is open whether it is asked for; what a table does not take is not.
        let by_row = |error: &rusqlite::Error| {
            error.sqlite_error_code() != Some(rusqlite::ErrorCode::ConstraintViolation) && sqlite.prepare(sql).is_ok()
        };
        if left.is_ok() && right.as_ref().is_err_and(by_row) {
            return false;
        }
        let agreed = match (&left, &right) {
            (Ok(_), Ok(())) => true,
            (Err(error), Err(_)) => error.code() != Code::Internal,
            _ => false,
        };
        if !agreed {
            self.differences.push(format!("case {case}\n{};\n{sql};\nSQLite:   {right:?}\nProllite: {:?}", script.join(";\n"), left.err()));
        }
        script.push(sql.to_string());
        self.query(session, sqlite, script, case, &format!("SELECT * FROM {table}"));
        true
    }
}

fn number(name: &str, default: u64) -> u64 { std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default) }

#[test]
fn statements_agree_with_sqlite() {
    let (cases, seed) = (number("PROLLITE_CASES", 100) / 5, number("PROLLITE_SEED", 1));
    let grammar = Grammar::read(include_str!("differential/grammar.txt"));
    let mut tally = Tally::default();
    for case in seed..seed + cases {
        let mut random = Random(case.wrapping_mul(0x5851_f42d_4c95_7f2d));
        let (mut session, sqlite) = both();
        let tables: Vec<Table> = (0..1 + random.below(3)).map(|at| Table::random(&mut random, at)).collect();
        let mut script: Vec<String> = tables.iter().flat_map(|table| table.script.clone()).collect();
        for statement in &script {
            sqlite.execute_batch(statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
            session.execute(statement, &[]).unwrap_or_else(|error| panic!("{statement}: {error:?}"));
        }
        for table in &tables {
            for _ in 0..random.below(14) {
                let sql = format!("INSERT INTO {} VALUES {}", table.name, table.row(&mut random));
                // A duplicate key: neither takes it.
                let (left, right) = (session.execute(&sql, &[]), sqlite.execute_batch(&sql));
                assert_eq!(left.is_ok(), right.is_ok(), "case {case}\n{};\n{sql}\nSQLite: {right:?}\nProllite: {:?}", script.join(";\n"), left.err());
                if left.is_ok() {
                    script.push(sql);
                }
            }
        }
        for round in 0..35 {
            if round % 7 == 6 {
                let (sql, table) = Generator::new(&grammar, &mut random, &tables).change();
                if !tally.change(&mut session, &sqlite, &mut script, case, &sql, &table) {
                    break;
                }
            } else {
                let sql = Generator::new(&grammar, &mut random, &tables).query();
                tally.query(&mut session, &sqlite, &script, case, &sql);
            }
        }
        if tally.differences.len() >= number("PROLLITE_DIFFERENCES", 1) as usize {
            break;
        }
    }
    let refused: usize = tally.refused.values().sum();
    println!("{} answers agree, {refused} refused, {} fail on SQLite", tally.agreed, tally.failed);
    for (message, count) in &tally.refused {
        println!("  {count} {message}");
    }
    assert!(tally.differences.is_empty(), "{} differences\n{}", tally.differences.len(), tally.differences.join("\n\n"));
    assert!(tally.agreed > refused * 20);
}

/// REALs as texts, digit by digit: of random bits, and of the short decimals that people write.
#[test]
fn reals_are_spelled_as_sqlite_spells_them() {
    let (mut session, sqlite) = both();
    let mut random = Random(number("PROLLITE_SEED", 1));
    let sql = "SELECT CAST(?1 AS TEXT), length(?1 || ''), quote(?1), json_array(?1), round(?1, ?2), printf('%.2f|%.15g|%!.17g|%e|%g|%!.3f', ?1, ?1, ?1, ?1, ?1, ?1)";
    let mut statement = sqlite.prepare(sql).unwrap();
    for _ in 0..number("PROLLITE_CASES", 100) * 20 {
        let real = match random.below(4) {
            0 => f64::from_bits(random.next()),
            1 => (random.next() as i64 >> random.below(63)) as f64 / 10f64.powi(random.below(20) as i32),
            2 => format!("{}e{}", random.next() >> random.below(64), random.below(600) as i32 - 300).parse().unwrap(),
            _ => random.below(100_000) as f64 * 10f64.powi(random.below(40) as i32 - 20) / 3.0,
        };
        let places = random.below(20) as i64;
        if !real.is_finite() {
            continue;
        }
        use rusqlite::types::Value as Theirs;
        let cell = |value: Theirs| match value {
            Theirs::Integer(int) => prollite::tuple::Value::Int(int),
            Theirs::Real(real) => prollite::tuple::Value::real(real),
            Theirs::Text(text) => prollite::tuple::Value::text(text),
            other => panic!("{other:?}"),
        };
        let expected: Vec<_> = statement.query_row((real, places), |row| Ok((0..6).map(|at| cell(row.get(at).unwrap())).collect())).unwrap();
        let found = session.execute(sql, &[prollite::tuple::Value::real(real), places.into()]).unwrap();
        assert_eq!(found.rows[0], expected, "{real:e} {places}");
    }
}

#[test]
fn what_once_differed_agrees() {
    let mut tally = Tally::default();
    for (number, case) in include_str!("differential/cases.txt").split("\n\n").enumerate() {
        let (mut session, sqlite) = both();
        let mut script: Vec<String> = Vec::new();
        for line in case.lines().filter(|line| !line.starts_with('#')) {
            if line.starts_with("SELECT") || line.starts_with("WITH") || line.starts_with("VALUES") {
                assert!(theirs(&sqlite, line).is_ok(), "{line}: {:?}", theirs(&sqlite, line));
                tally.query(&mut session, &sqlite, &script, number as u64, line);
            } else {
                sqlite.execute_batch(line).unwrap_or_else(|error| panic!("{line}: {error}"));
                session.execute(line, &[]).unwrap_or_else(|error| panic!("{line}: {error:?}"));
                script.push(line.to_string());
            }
        }
    }
    assert!(tally.differences.is_empty(), "{} differences\n{}", tally.differences.len(), tally.differences.join("\n\n"));
    assert!(tally.refused.is_empty(), "{:?}", tally.refused);
}
