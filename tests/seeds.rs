//! Every SQL example of the two texts that Prollite was asked to follow, each with what it needs and what it answers.
//!
//! `tests/seeds/*.sql`: a case begins with `=== name`, on a database of its own called `mydb`. A statement ends with `;`
//! at the end of a line. Behind it may stand what is expected of it:
//! `--> a|b` a row (`*` stands for any cell; all rows, in order), `--~ 2` so many rows, `--# a, b` the first columns'
//! names, `--! text` an error whose message holds the text, `--= name` remember the first cell as `{name}`.
//! Lines marked `-- example` are followed by a statement as the text has it; where the text writes `abc123...` for a
//! hash, or `table_name`, the case says `{name}` or the table.

#[path = "common/sql.rs"]
#[allow(dead_code)]
mod sql;

use std::collections::BTreeMap;

use prollite::session::{Database, Session};
use prollite::sql::Outcome;
use prollite::Result;
use sql::shown;

#[derive(Default)]
struct Expected { rows: Vec<String>, count: Option<usize>, columns: Option<String>, error: Option<String>, name: Option<String> }

struct Step { line: usize, sql: String, expected: Expected }

struct Case { name: String, steps: Vec<Step> }

fn cases(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut sql = String::new();
    for (number, line) in text.lines().enumerate() {
        if let Some(name) = line.strip_prefix("=== ") {
            assert!(sql.trim().is_empty(), "line {}: the statement before is not closed", number + 1);
            cases.push(Case { name: name.to_string(), steps: Vec::new() });
            continue;
        }
        let Some(case) = cases.last_mut() else { continue };
        let expected = case.steps.last_mut().map(|step| &mut step.expected);
        let value = |mark: &str| line.strip_prefix(mark).map(|rest| rest.trim().to_string());
        match expected {
            Some(expected) if line.starts_with("-->") => expected.rows.extend(value("-->")),
            Some(expected) if line.starts_with("--~") => expected.count = value("--~").and_then(|n| n.parse().ok()),
            Some(expected) if line.starts_with("--#") => expected.columns = value("--#"),
            Some(expected) if line.starts_with("--!") => expected.error = value("--!"),
            Some(expected) if line.starts_with("--=") => expected.name = value("--="),
            _ if line.starts_with("--") => {}
            _ => {
                sql.push_str(line);
                sql.push('\n');
                if line.trim_end().ends_with(';') {
                    let sql = std::mem::take(&mut sql);
                    case.steps.push(Step { line: number + 1, sql: sql.trim().to_string(), expected: Expected::default() });
                }
            }
        }
    }
    cases
}

fn run(case: &Case) -> std::result::Result<(), String> {
    let database = Database::memory_named("mydb").map_err(|error| format!("{error:?}"))?;
    let mut session = database.session("main").map_err(|error| format!("{error:?}"))?;
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    for step in &case.steps {
        let mut sql = step.sql.clone();
        for (name, value) in &known {
            sql = sql.replace(&format!("{{{name}}}"), value);
        }
        let outcome = execute(&mut session, &sql);
        check(step, outcome, &mut known).map_err(|error| format!("line {}: {sql}\n    {error}", step.line))?;
    }
    Ok(())
}

fn execute(session: &mut Session, sql: &str) -> Result<Outcome> {
    // A bug that panics is one failed case, not the end of all.
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| session.execute(sql, &[])));
    caught.unwrap_or_else(|_| Err(prollite::Error::internal("it panicked")))
}

fn check(step: &Step, outcome: Result<Outcome>, known: &mut BTreeMap<String, String>) -> std::result::Result<(), String> {
    let expected = &step.expected;
    let outcome = match (outcome, &expected.error) {
        (Ok(_), Some(text)) => return Err(format!("was expected to fail with `{text}`")),
        (Err(error), Some(text)) if error.message().contains(text.as_str()) => return Ok(()),
        (Err(error), _) => return Err(format!("{error:?}")),
        (Ok(outcome), None) => outcome,
    };
    let rows: Vec<String> = outcome.rows.iter().map(|row| shown(row)).collect();
    if let Some(columns) = &expected.columns {
        let found: Vec<&str> = outcome.columns.iter().map(|column| &*column.name).collect();
        let wanted: Vec<&str> = columns.split(',').map(str::trim).collect();
        if !found.starts_with(&wanted) {
            return Err(format!("columns {found:?}, expected {wanted:?}"));
        }
    }
    if let Some(count) = expected.count {
        if rows.len() != count {
            return Err(format!("{} rows, expected {count}: {rows:?}", rows.len()));
        }
    }
    if !expected.rows.is_empty() {
        let same = rows.len() == expected.rows.len()
            && rows.iter().zip(&expected.rows).all(|(row, expected)| {
                let mut cells = row.split('|');
                expected.split('|').all(|cell| cells.next().is_some_and(|found| cell == "*" || cell == found))
            });
        if !same {
            return Err(format!("rows {rows:#?}\n    expected {:#?}", expected.rows));
        }
    }
    if let Some(name) = &expected.name {
        let cell = rows.first().and_then(|row| row.split('|').next()).ok_or("no row to remember")?;
        known.insert(name.clone(), cell.to_string());
    }
    Ok(())
}

fn all(text: &str) {
    let cases = cases(text);
    assert!(cases.len() > 5, "only {} cases were found", cases.len());
    let failed: Vec<String> =
        cases.iter().filter_map(|case| run(case).err().map(|error| format!("{}: {error}", case.name))).collect();
    assert!(failed.is_empty(), "{} of {} cases failed\n\n{}\n", failed.len(), cases.len(), failed.join("\n\n"));
}

#[test]
fn examples_of_the_dolt_text() { all(include_str!("seeds/dolt.sql")) }

#[test]
fn examples_of_the_doltlite_text() { all(include_str!("seeds/doltlite.sql")) }
