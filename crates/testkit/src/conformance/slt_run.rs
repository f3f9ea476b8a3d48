//! Runs the records of one sqllogictest file.

use std::collections::BTreeMap;
use std::panic::{catch_unwind, AssertUnwindSafe};

use prollite::Code;
use regex::Regex;

use super::connection::{Answer, Connection, Failure, Server};
use super::report::{Difference, Event, Sink};
use super::slt_compare::{agrees, arrange, md5_of};
use super::slt_parse::{parse, Expected, ExpectedRows, Record, SortMode};

/// One file is one unit. A file that cannot be read is one failed record.
pub fn run_file(server: &mut dyn Server, text: &str, sink: &mut dyn Sink) {
    let records = match parse(text) {
        Ok(records) => records,
        Err(reason) => {
            sink.event(Event::Unit { index: 0, records: 1 });
            let (place, sql) = (String::new(), String::new());
            sink.event(Event::Failed(Difference { place, sql, expected: "a sqllogictest file".into(), got: reason }));
            return sink.event(Event::Done);
        }
    };
    sink.event(Event::Unit { index: 0, records: records.len() });
    let reset = guarded(|| server.reset());
    let mut sessions: BTreeMap<Option<String>, Box<dyn Connection>> = BTreeMap::new();
    let mut labels: BTreeMap<String, String> = BTreeMap::new();
    for (number, record) in records.iter().enumerate() {
        if sink.leave_out(number) {
            sink.event(Event::LeftOut);
            continue;
        }
        let answer = reset.clone().and_then(|()| {
            let is_new = !sessions.contains_key(&record.connection);
            let session = session(server, &mut sessions, record.connection.as_ref())?;
            if is_new {
                session.like_sqlite()?;
            }
            guarded(|| session.execute(&record.sql))
        });
        sink.event(match judge(record, answer, &mut labels) {
            Ok(()) => Event::Passed,
            Err((expected, got)) => {
                Event::Failed(Difference { place: format!("line {}", record.line), sql: record.sql.clone(), expected, got })
            }
        });
    }
    sink.event(Event::Done);
}

/// The session of this name, opened when it is first used.
pub fn session<'a>(
    server: &mut dyn Server,
    sessions: &'a mut BTreeMap<Option<String>, Box<dyn Connection>>,
    name: Option<&String>,
) -> Result<&'a mut Box<dyn Connection>, Failure> {
    let name = name.cloned();
    if !sessions.contains_key(&name) {
        let session = guarded(|| server.connect())?;
        sessions.insert(name.clone(), session);
    }
    sessions.get_mut(&name).ok_or_else(|| Failure::new(Code::Internal, "the session is missing"))
}

/// A panic of the engine is a failure like another, and counts as `INTERNAL`.
pub fn guarded<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
        Err(Failure::new(Code::Internal, format!("panic: {}", text.unwrap_or("without a message"))))
    })
}

pub fn show_failure(failure: &Failure) -> String { format!("error {}: {}", failure.code.as_str(), failure.message) }

/// Ok, or what was expected and what came.
fn judge(
    record: &Record,
    answer: Result<Answer, Failure>,
    labels: &mut BTreeMap<String, String>,
) -> Result<(), (String, String)> {
    match (&record.expected, answer) {
        (Expected::Ok(None), Ok(_)) => Ok(()),
        (Expected::Ok(Some(count)), Ok(answer)) if answer.affected == *count => Ok(()),
        (Expected::Ok(Some(count)), Ok(answer)) => {
            Err((format!("{count} rows changed"), format!("{} rows changed", answer.affected)))
        }
        (Expected::Ok(_), Err(failure)) => Err(("success".into(), show_failure(&failure))),
        (Expected::Error(pattern), Err(failure)) => {
            let matches = pattern.as_ref().is_none_or(|pattern| {
                Regex::new(&format!("(?i){pattern}")).map_or(failure.message.contains(pattern), |regex| regex.is_match(&failure.message))
            });
            // A defect of ours is not the refusal that was asked for.
            if matches && failure.code != Code::Internal {
                Ok(())
            } else {
                Err((format!("an error {}", pattern.as_deref().unwrap_or_default()), show_failure(&failure)))
            }
        }
        (Expected::Error(_), Ok(answer)) => Err(("an error".into(), format!("success, {} rows", answer.rows.len()))),
        // SQLite's runner does not see an error while a query steps: SUM() that overflows has an empty result there.
        (Expected::Rows { result: ExpectedRows::Lines(lines), .. }, Err(Failure { code: Code::IntRange | Code::Type, .. }))
            if lines.is_empty() =>
        {
            Ok(())
        }
        (Expected::Rows { result, .. }, Err(failure)) => Err((show_expected(result), show_failure(&failure))),
        (Expected::Rows { types, sort, label, result }, Ok(answer)) => {
            if let Some(row) = answer.rows.iter().find(|row| row.len() != types.len()) {
                return Err((format!("{} columns", types.len()), format!("{} columns", row.len())));
            }
            let rows = arrange(&answer.rows, types, *sort);
            // Without an ORDER BY the order inside of group_concat() is arbitrary, says SQLite's manual: ours is that of the
            // rows' hashes in a table without a key.
            let sql = record.sql.to_ascii_lowercase();
            if let (true, ExpectedRows::Lines(lines)) = (sql.contains("group_concat(") && !sql.contains("order by"), result) {
                let found: Vec<String> = rows.iter().flatten().map(|value| any_order(value)).collect();
                if found == lines.iter().map(|line| any_order(line)).collect::<Vec<String>>() {
                    return Ok(());
                }
            }
            if !agrees(&rows, result, *sort) {
                return Err((show_expected(result), show_rows(&rows, result, *sort)));
            }
            // Queries of one label have one result.
            if let Some(label) = label {
                let hash = md5_of(&rows);
                let first = labels.entry(label.clone()).or_insert_with(|| hash.clone());
                if *first != hash {
                    return Err((format!("the result of the other queries labelled {label}"), "another one".into()));
                }
            }
            Ok(())
        }
    }
}

/// The items of a group_concat() and what stands between them, sorted.
fn any_order(value: &str) -> String {
    let mut items: Vec<&str> = value.split([',', ':']).collect();
    items.sort_unstable();
    items.join(",")
}

fn show_expected(result: &ExpectedRows) -> String {
    match result {
        ExpectedRows::Lines(lines) => lines.join("\n"),
        ExpectedRows::Hash { values, md5 } => format!("{values} values hashing to {md5}"),
    }
}

fn show_rows(rows: &[Vec<String>], expected: &ExpectedRows, sort: SortMode) -> String {
    let values: usize = rows.iter().map(Vec::len).sum();
    match expected {
        ExpectedRows::Hash { .. } => {
            let shown: Vec<String> = rows.iter().take(10).map(|row| row.join(" ")).collect();
            format!("{values} values hashing to {}\n{}", md5_of(rows), shown.join("\n"))
        }
        ExpectedRows::Lines(_) if sort == SortMode::Value => rows.concat().join("\n"),
        ExpectedRows::Lines(_) => rows.iter().flatten().cloned().collect::<Vec<_>>().join("\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::report::testing::Collected;
    use super::*;
    use prollite::tuple::Value;

    /// Answers by the text; counts its sessions.
    #[derive(Default)]
    struct Fixed {
        sessions: i64,
    }

    struct Session {
        number: i64,
    }

    impl Server for Fixed {
        fn reset(&mut self) -> Result<(), Failure> { Ok(()) }
        fn connect(&mut self) -> Result<Box<dyn Connection>, Failure> {
            self.sessions += 1;
            Ok(Box::new(Session { number: self.sessions }))
        }
    }

    impl Connection for Session {
        fn execute(&mut self, sql: &str) -> Result<Answer, Failure> {
            let rows = |rows: Vec<Vec<Value>>| Ok(Answer { rows, ..Answer::default() });
            match sql {
                "fine" => Ok(Answer { affected: 3, ..Answer::default() }),
                "concat group_concat(" => rows(vec![vec![Value::from("b:a,c")]]),
                "overflow" => Err(Failure::new(Code::IntRange, "integer overflow")),
                "wrong" => Err(Failure::new(Code::Constraint, "no such table: t")),
                "session" => rows(vec![vec![Value::Int(self.number)]]),
                "pairs" => rows(vec![vec![Value::Int(2), Value::from("b")], vec![Value::Int(1), Value::Null]]),
                _ => panic!("no answer to {sql}"),
            }
        }
    }

    fn run(text: &str) -> Collected {
        let mut sink = Collected::default();
        run_file(&mut Fixed::default(), text, &mut sink);
        assert_eq!(sink.0.last(), Some(&Event::Done));
        sink
    }

    #[test]
    fn what_agrees_passes() {
        let sink = run(
            "statement ok\nfine\n\nstatement count 3\nfine\n\nstatement error\nwrong\n\nstatement error NO SUCH .*t$\nwrong\n\n\
             query IT rowsort\npairs\n----\n1\nNULL\n2\nb\n\nquery IT nosort\npairs\n----\n2 b\n1 NULL\n\nquery IT valuesort\npairs\n----\n1\n2\nNULL\nb\n\n\
             query R\noverflow\n----\n\nquery T\nconcat group_concat(\n----\nc,a:b\n",
        );
        assert_eq!(sink.failures(), Vec::<&Difference>::new());
        assert_eq!(sink.passed(), 9);
    }

    #[test]
    fn what_differs_fails_with_both_sides() {
        let sink = run(
            "statement ok\nwrong\n\nstatement error\nfine\n\nstatement error other\nwrong\n\nstatement count 2\nfine\n\n\
             query IT nosort\npairs\n----\n1\nNULL\n2\nb\n\nquery I nosort\npairs\n----\n1\n",
        );
        let got: Vec<&str> = sink.failures().iter().map(|difference| difference.got.as_str()).collect();
        assert_eq!(
            got,
            [
                "error CONSTRAINT: no such table: t",
                "success, 0 rows",
                "error CONSTRAINT: no such table: t",
                "3 rows changed",
                "2\nb\n1\nNULL",
                "2 columns"
            ]
        );
        assert_eq!(sink.failures()[4].place, "line 13");
        assert_eq!(sink.passed(), 0);
    }

    #[test]
    fn sessions_by_name_and_labels() {
        let sink = run(
            "query I\nsession\n----\n1\n\nconnection b\nquery I nosort x\nsession\n----\n2\n\nquery I nosort x\nsession\n----\n1\n\nconnection b\nquery I\nsession\n----\n2\n",
        );
        assert_eq!(sink.passed(), 3);
        assert_eq!(sink.failures()[0].expected, "the result of the other queries labelled x");
    }

    #[test]
    fn a_panic_is_a_failure_and_the_file_goes_on() {
        let sink = run("statement error\nboom\n\nstatement ok\nfine\n");
        assert_eq!(sink.passed(), 1);
        assert_eq!(sink.failures()[0].got, "error INTERNAL: panic: no answer to boom");
    }

    #[test]
    fn an_unreadable_file_is_one_failure() {
        let sink = run("nonsense here\n");
        assert_eq!(sink.failures().len(), 1);
    }
}
