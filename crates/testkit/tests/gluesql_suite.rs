//! The cases of GlueSQL's own test suite, as SQL through a session. The suite speaks GlueSQL's dialect: what passes is
//! all that is ours as well, and each step that does not pass stands in `gluesql-suite.txt` with its reason. A step there
//! that passes fails the test, as one does that is not there and does not pass.
//!
//! `PROLLITE_GLUESQL=path` prints what each step of that file answers; `PROLLITE_GLUESQL=all` prints the list anew.

use std::collections::{BTreeMap, BTreeSet};

use gluesql_test_suite::fixture::source;
use prollite::session::{Database, Session};
use prollite::sql::Outcome;
use prollite::tuple::Value;
use prollite::Code;

const LIST: &str = include_str!("gluesql-suite.txt");

/// A statement and what GlueSQL answers.
struct Step { line: usize, sql: String, expected: Expected }

enum Expected {
    Ok,
    Error,
    /// Rows of a SELECT, or rows changed.
    Count(u64),
    Rows { labels: Vec<String>, rows: Vec<Vec<String>>, types: Vec<Option<String>> },
    /// What a session does not answer: GlueSQL's own descriptions of tables, and rows without columns.
    Other,
}

fn steps(source: &str) -> Vec<Step> {
    let lines: Vec<&str> = source.lines().collect();
    let (mut steps, mut sql, mut at) = (Vec::new(), Vec::new(), 0);
    while at < lines.len() {
        let line = lines[at].trim();
        at += 1;
        let Some(directive) = line.strip_prefix("-- @expect:") else {
            if !line.starts_with("-- @") && !(sql.is_empty() && line.is_empty()) {
                sql.push(lines[at - 1]);
            }
            continue;
        };
        let mut after = Vec::new();
        while at < lines.len() && (lines[at].starts_with("-- |") || lines[at].starts_with("-- @json")) {
            after.push(lines[at]);
            at += 1;
        }
        // A JSON text over several lines tells of an error, or of what is not compared.
        while after.last() == Some(&"-- @json:") && at < lines.len() && lines[at].starts_with("-- ") && !lines[at].starts_with("-- @") {
            at += 1;
        }
        let directive = directive.trim();
        let json = after.first().and_then(|line| line.strip_prefix("-- @json: ")).and_then(|number| number.parse().ok());
        let expected = match directive.split_whitespace().collect::<Vec<_>>()[..] {
            [] => rows(&after),
            ["ok"] => Expected::Ok,
            ["count", count] => Expected::Count(count.parse().unwrap()),
            ["error", _] => Expected::Error,
            ["payload", "Insert" | "Update" | "Delete"] if json.is_some() => Expected::Count(json.unwrap()),
            ["payload", "Create" | "DropTable" | "AlterTable" | "CreateIndex" | "DropIndex" | "StartTransaction" | "Commit" | "Rollback"] => Expected::Ok,
            _ => Expected::Other,
        };
        steps.push(Step { line: at - after.len() - sql.len(), sql: sql.join("\n").trim().to_string(), expected });
        sql.clear();
    }
    steps
}

/// `| label: Type | label |`, a line, and rows; a cell of a column without a type is `Type(cell)`.
fn rows(lines: &[&str]) -> Expected {
    let cells = |line: &str| -> Vec<String> {
        line.trim_start_matches("-- |").trim_end_matches('|').split('|').map(|cell| cell.trim().to_string()).collect()
    };
    let known = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric()) && name.starts_with(|c: char| c.is_ascii_uppercase());
    let (labels, types) = cells(lines[0])
        .into_iter()
        .map(|label| match label.rsplit_once(": ") {
            Some((label, name)) if known(name) => (label.to_string(), Some(name.to_string())),
            _ => (label, None),
        })
        .unzip();
    Expected::Rows { labels, types, rows: lines[2..].iter().map(|line| cells(line)).collect() }
}

/// Whether our value is theirs. Numbers are equal by value: theirs have twelve types.
fn is(value: &Value, cell: &str, declared: Option<&str>) -> bool {
    if cell == "NULL" || value.is_null() {
        return cell == "NULL" && value.is_null();
    }
    let (declared, cell) = match (declared, cell.split_once('(')) {
        (Some(declared), _) => (declared, cell),
        (None, Some((declared, rest))) => (declared, rest.trim_end_matches(')')),
        (None, None) => return false,
    };
    let text = serde_json::from_str::<String>(cell).unwrap_or_else(|_| cell.to_string());
    match (declared, value) {
        ("Bool", Value::Int(int)) => text == (*int != 0).to_string() && (0..=1).contains(int),
        ("F32" | "F64", Value::Int(_) | Value::Real(_) | Value::Decimal(_)) => {
            let (found, expected) = (number(value), text.parse::<f64>().unwrap());
            found == expected || (found - expected).abs() <= 1e-12 * expected.abs().max(1.0)
        }
        ("Decimal", Value::Int(_) | Value::Real(_) | Value::Decimal(_)) => number(value) == text.parse::<f64>().unwrap(),
        ("Str", Value::Text(found)) => **found == *text,
        ("Bytea", Value::Blob(bytes)) => bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>() == text.to_lowercase(),
        ("Uuid", Value::Text(found)) => found.eq_ignore_ascii_case(&text),
        ("Date" | "Time" | "Timestamp", Value::Text(found)) => spelled(found) == spelled(&text),
        ("Map" | "List", Value::Text(found)) => {
            let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
            json(found).is_some() && json(found) == json(&text)
        }
        (declared, Value::Int(int)) if declared.starts_with(['I', 'U']) => text == int.to_string(),
        (declared, Value::Real(_) | Value::Decimal(_)) if declared.starts_with(['I', 'U']) => text.parse() == Ok(number(value)),
        _ => false,
    }
}

fn number(value: &Value) -> f64 {
    match value {
        Value::Int(int) => *int as f64,
        Value::Real(real) => *real,
        Value::Decimal(decimal) => decimal.to_string().parse().unwrap(),
        _ => f64::NAN,
    }
}

/// A time without the fraction that is none, and with a space between date and time.
fn spelled(text: &str) -> String {
    let text = text.replace('T', " ");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_string() } else { text }
}

/// What is wrong, if something is.
fn check(step: &Step, found: Result<Outcome, prollite::Error>) -> Result<(), String> {
    let outcome = match (found, &step.expected) {
        (Err(error), Expected::Error) if error.code() != Code::Internal => return Ok(()),
        (Err(error), _) => return Err(format!("{error:?}")),
        (Ok(_), Expected::Error) => return Err("it is not refused".into()),
        (Ok(outcome), _) => outcome,
    };
    match &step.expected {
        Expected::Ok | Expected::Error => Ok(()),
        Expected::Count(count) if outcome.affected.max(outcome.rows.len() as u64) == *count => Ok(()),
        Expected::Count(count) => Err(format!("expected {count}, got {} rows, {} changed", outcome.rows.len(), outcome.affected)),
        Expected::Other => Err("this payload is not compared".into()),
        Expected::Rows { labels, rows, types } => {
            let names: Vec<&str> = outcome.columns.iter().map(|column| &*column.name).collect();
            // The label of an expression is nobody's promise, that of a name is.
            let plain = |label: &str| label.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !label.starts_with(|c: char| c.is_ascii_digit());
            let named = labels.iter().zip(&names).all(|(label, name)| !plain(label) || label.eq_ignore_ascii_case(name));
            if names.len() != labels.len() || !named {
                return Err(format!("expected columns {labels:?}, got {names:?}"));
            }
            let equal = |found: &Vec<Value>, expected: &Vec<String>| {
                found.iter().zip(expected).zip(types).all(|((value, cell), declared)| is(value, cell, declared.as_deref()))
            };
            // Without ORDER BY in any order.
            let mut left: Vec<&Vec<Value>> = outcome.rows.iter().collect();
            let ordered = step.sql.to_uppercase().rsplit_once("ORDER BY").is_some_and(|(_, keys)| !keys.contains(')') || keys.contains('('));
            for row in rows {
                match left.iter().position(|found| equal(found, row)) {
                    Some(at) if at == 0 || !ordered => drop(left.remove(at)),
                    _ => return Err(format!("row {row:?} is missing: {:?}", outcome.rows)),
                }
            }
            if left.is_empty() { Ok(()) } else { Err(format!("too many rows: {left:?}")) }
        }
    }
}

/// The steps of a file that do not pass, by their lines.
fn failures(path: &str) -> (usize, BTreeMap<usize, String>) {
    let mut session: Session = Database::memory().unwrap().session("main").unwrap();
    let steps = steps(source(path));
    let mut failures = BTreeMap::new();
    for step in &steps {
        if let Err(wrong) = check(step, session.execute(&step.sql, &[])) {
            if std::env::var("PROLLITE_GLUESQL").is_ok_and(|wanted| wanted == "all" || path.starts_with(&wanted)) {
                println!("{path}:{} {}\n    {wrong}", step.line, step.sql.replace('\n', " "));
            }
            failures.insert(step.line, wrong);
        }
    }
    (steps.len(), failures)
}

#[test]
fn the_suite_passes_but_for_what_is_listed() {
    let mut wrong = Vec::new();
    let (mut passed, mut listed) = (0, 0);
    let (reasons, files) = LIST.split_once("\n\n").unwrap();
    let reasons: BTreeSet<&str> = reasons.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_whitespace().next()).collect();
    let mut used = BTreeSet::new();
    for file in files.split("\n\n").filter(|file| !file.trim().is_empty()) {
        let mut lines = file.trim().lines();
        let path = lines.next().unwrap();
        let mut known = BTreeSet::new();
        for line in lines {
            let mut words = line.split_whitespace();
            let reason = words.next().unwrap();
            assert!(reasons.contains(reason), "{path}: {reason} is not explained");
            used.insert(reason);
            known.extend(words.map(|number| number.parse::<usize>().unwrap()));
        }
        let (count, failures) = failures(path);
        for (line, why) in &failures {
            if !known.contains(line) {
                wrong.push(format!("{path}:{line} does not pass: {why}"));
            }
        }
        wrong.extend(known.iter().filter(|line| !failures.contains_key(line)).map(|line| format!("{path}:{line} passes, or is no step: take it off the list")));
        passed += count - failures.len();
        listed += failures.len();
    }
    println!("{passed} steps pass, {listed} are listed");
    wrong.extend(reasons.difference(&used).map(|reason| format!("reason {reason} is not needed")));
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
    assert!(passed > 1000);
}
