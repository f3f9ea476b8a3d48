//! Runs Dolt's scripts: each on a database of its own, each assertion counted.

use std::collections::BTreeMap;

use prollite::Code;
use serde_json::Value as Json;

use super::connection::{Answer, Connection, Failure, Server};
use super::dolt_compare::{error_agrees, rows_agree, text_of};
use super::dolt_core::is_core;
use super::report::{Difference, Event, Sink};
use super::slt_run::{guarded, session, show_failure};

type Sessions = BTreeMap<Option<String>, Box<dyn Connection>>;

/// Runs the scripts from number `from` on; each is a unit. A file that cannot be read is one failed record.
pub fn run_file(server: &mut dyn Server, text: &str, from: usize, sink: &mut dyn Sink) {
    let scripts: Vec<Json> = match serde_json::from_str(text) {
        Ok(scripts) => scripts,
        Err(error) => {
            sink.event(Event::Unit { index: 0, records: 1 });
            let (place, sql) = (String::new(), String::new());
            sink.event(Event::Failed(Difference { place, sql, expected: "a list of scripts".into(), got: error.to_string() }));
            return sink.event(Event::Done);
        }
    };
    for (index, script) in scripts.iter().enumerate().skip(from) {
        run_script(server, index, script, sink);
    }
}

fn run_script(server: &mut dyn Server, index: usize, script: &Json, sink: &mut dyn Sink) {
    let assertions = list(script, "assertions");
    sink.event(Event::Unit { index, records: assertions.len() });
    let name = script["name"].as_str().unwrap_or("unnamed");
    let reset = guarded(|| server.reset());
    let mut sessions = Sessions::new();
    let mut execute = |server: &mut dyn Server, sql: &str| -> Result<Answer, Failure> {
        reset.clone()?;
        let client = client_of(sql);
        let session = session(server, &mut sessions, client.as_ref())?;
        guarded(|| session.execute(sql))
    };
    // A setup that is a variable of Dolt's tests is not in the file.
    let mut is_set_up = ["setup", "anc", "left", "right"].iter().all(|key| !script[*key].is_object());
    for sql in setup_of(script) {
        if let Err(failure) = execute(server, &sql) {
            is_set_up = false;
            let place = format!("{name}: setup");
            sink.event(Event::Note(Difference { place, sql, expected: "success".into(), got: show_failure(&failure) }));
        }
    }
    for (number, assertion) in assertions.iter().enumerate() {
        if sink.leave_out(number) {
            sink.event(Event::LeftOut);
            continue;
        }
        let place = format!("{name}: assertion {}", number + 1);
        let event = match assertion["query"].as_str() {
            Some(sql) => match judge(assertion, sql, execute(server, sql), is_set_up) {
                Ok(()) => Event::Passed,
                Err((expected, got)) => Event::Failed(Difference { place, sql: sql.into(), expected, got }),
            },
            None => {
                let (sql, expected) = (assertion["query"].to_string(), "a query that is text".into());
                Event::Failed(Difference { place, sql, expected, got: "the query is known only at run time".into() })
            }
        };
        let core = event == Event::Passed && is_core(script, assertion);
        sink.event(event);
        if core {
            sink.event(Event::Core);
        }
    }
    sink.event(Event::Done);
}

fn list<'a>(script: &'a Json, key: &str) -> &'a [Json] { script[key].as_array().map_or(&[], Vec::as_slice) }

/// A merge script's three parts become one setup that ends on main, before the merge.
fn setup_of(script: &Json) -> Vec<String> {
    let part = |key: &str| list(script, key).iter().filter_map(|sql| sql.as_str().map(str::to_owned)).collect::<Vec<_>>();
    let commit = |message: &str| format!("CALL dolt_commit('--allow-empty', '-Am', '{message}')");
    let mut setup = part("setup");
    if ["anc", "right", "left"].iter().any(|key| script[key].is_array()) {
        setup.extend(part("anc"));
        setup.extend([commit("ancestor"), "CALL dolt_checkout('-b', 'right')".into()]);
        setup.extend(part("right"));
        setup.extend([commit("right"), "CALL dolt_checkout('main')".into()]);
        setup.extend(part("left"));
        setup.push(commit("left"));
    }
    setup
}

/// `/* client a */ …` is a statement of the session `a`.
fn client_of(sql: &str) -> Option<String> {
    let comment = sql.trim_start().strip_prefix("/*")?.split("*/").next()?;
    let mut words = comment.split_whitespace();
    (words.next()? == "client").then(|| words.next().map(str::to_owned)).flatten()
}

/// Ok, or what was expected and what came.
fn judge(assertion: &Json, sql: &str, answer: Result<Answer, Failure>, is_set_up: bool) -> Result<(), (String, String)> {
    let kind = assertion["kind"].as_str().unwrap_or("other");
    let expects_error = matches!(kind, "error_text" | "error_kind");
    match answer {
        Err(failure) if expects_error => {
            let error_kind = assertion["error_kind"]["$go"].as_str();
            if error_agrees(&failure, error_kind, assertion["error"].as_str(), is_set_up) {
                return Ok(());
            }
            Err((expected_error(assertion), show_failure(&failure)))
        }
        Err(failure) => Err((show_expected(assertion), show_failure(&failure))),
        Ok(answer) if expects_error => Err((expected_error(assertion), show(&answer))),
        Ok(answer) => match kind {
            "rows" | "rows_with_placeholder" if !rows_agree(sql, &answer, &assertion["rows"]) => {
                Err((show_expected(assertion), show(&answer)))
            }
            "rows" | "rows_with_placeholder" | "skip_results" | "other" => Ok(()),
            // A kind of a later version of the file.
            unknown => Err((format!("the kind {unknown}"), show_failure(&Failure::new(Code::Unsupported, "unknown to the runner")))),
        },
    }
}

fn expected_error(assertion: &Json) -> String {
    let expected = if assertion["error"].is_null() { &assertion["error_kind"] } else { &assertion["error"] };
    format!("an error: {}", expected.as_str().map_or_else(|| expected.to_string(), str::to_owned))
}

fn show_expected(assertion: &Json) -> String {
    match &assertion["rows"] {
        Json::Null => "success".into(),
        Json::Array(rows) if rows.is_empty() => "no rows".into(),
        Json::Array(rows) => rows.iter().map(Json::to_string).collect::<Vec<_>>().join("\n"),
        other => other.to_string(),
    }
}

fn show(answer: &Answer) -> String {
    if answer.rows.is_empty() {
        return format!("no rows, {} changed", answer.affected);
    }
    let row = |row: &Vec<prollite::tuple::Value>| format!("[{}]", row.iter().map(text_of).collect::<Vec<_>>().join(","));
    answer.rows.iter().map(row).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::super::report::testing::Collected;
    use super::*;
    use prollite::tuple::Value;
    use std::cell::RefCell;
    use std::rc::Rc;

    /// Answers `select session` with the session's number, refuses `refuse`, and keeps all texts.
    #[derive(Default)]
    struct Fixed {
        sessions: i64,
        seen: Rc<RefCell<Vec<String>>>,
    }

    struct Session(i64, Rc<RefCell<Vec<String>>>);

    impl Server for Fixed {
        fn reset(&mut self) -> Result<(), Failure> {
            self.sessions = 0;
            Ok(())
        }
        fn connect(&mut self) -> Result<Box<dyn Connection>, Failure> {
            self.sessions += 1;
            Ok(Box::new(Session(self.sessions, self.seen.clone())))
        }
    }

    impl Connection for Session {
        fn execute(&mut self, sql: &str) -> Result<Answer, Failure> {
            self.1.borrow_mut().push(sql.to_owned());
            if sql.contains("refuse") {
                return Err(Failure::new(Code::TableNotFound, "no table refuse"));
            }
            if sql.contains("crash") {
                panic!("crashed");
            }
            Ok(Answer { rows: vec![vec![Value::Int(self.0)]], ..Answer::default() })
        }
    }

    fn run(text: &str) -> (Collected, Vec<String>) {
        let (mut sink, mut server) = (Collected::default(), Fixed::default());
        run_file(&mut server, text, 0, &mut sink);
        let seen = server.seen.borrow().clone();
        (sink, seen)
    }

    #[test]
    fn assertions_of_every_kind() {
        let (sink, _) = run(
            r#"[{"name": "s", "setup": ["a"], "assertions": [
                {"query": "select session", "kind": "rows", "rows": [[1]]},
                {"query": "/* client b */ select session", "kind": "rows", "rows": [[2]]},
                {"query": "select session", "kind": "rows_with_placeholder", "rows": [[{"$go": "x"}]]},
                {"query": "refuse", "kind": "error_text", "error": "table not found"},
                {"query": "refuse", "kind": "error_kind", "error_kind": {"$go": "sql.ErrTableNotFound"}},
                {"query": "anything", "kind": "skip_results"},
                {"query": "anything", "kind": "other"},
                {"query": "refuse", "kind": "rows", "rows": []},
                {"query": "select session", "kind": "rows", "rows": [[9]]},
                {"query": "select session", "kind": "error_text", "error": "e"},
                {"query": "refuse", "kind": "error_kind", "error_kind": {"$go": "sql.ErrColumnNotFound"}},
                {"query": "crash", "kind": "error_text", "error": "e"},
                {"query": {"$go": "text"}, "kind": "rows", "rows": []}
            ]}]"#,
        );
        assert_eq!(sink.passed(), 7);
        let got: Vec<&str> = sink.failures().iter().map(|difference| difference.got.as_str()).collect();
        assert_eq!(
            got,
            [
                "error TABLE_NOT_FOUND: no table refuse",
                "[1]",
                "[1]",
                "error TABLE_NOT_FOUND: no table refuse",
                "error INTERNAL: panic: crashed",
                "the query is known only at run time"
            ]
        );
        assert_eq!(sink.failures()[1].place, "s: assertion 9");
    }

    /// A table that a failed setup did not make is no reason to pass a test that expects another error.
    #[test]
    fn without_its_setup_an_error_must_be_the_very_one() {
        let assertions = r#"[{"query": "refuse", "kind": "error_text", "error": "duplicate key"},
            {"query": "refuse", "kind": "error_text", "error": "no table refuse"},
            {"query": "refuse", "kind": "error_kind", "error_kind": {"$go": "sql.ErrTableNotFound"}}]"#;
        for setup in [r#"["refuse"]"#, r#"{"$go": "x"}"#] {
            let (sink, _) = run(&format!(r#"[{{"name": "s", "setup": {setup}, "assertions": {assertions}}}]"#));
            assert_eq!(sink.passed(), 2);
            let note = sink.0.iter().any(|event| matches!(event, Event::Note(note) if note.place == "s: setup"));
            assert_eq!(note, setup.starts_with('['));
        }
    }

    #[test]
    fn a_merge_script_sets_up_both_sides() {
        let (sink, seen) = run(
            r#"[{"name": "m", "setup": null, "anc": ["one"], "right": ["two"], "left": ["three"],
                "assertions": [{"query": "four", "kind": "skip_results"}]}]"#,
        );
        assert_eq!(sink.passed(), 1);
        let seen: Vec<&str> = seen.iter().map(String::as_str).collect();
        assert_eq!(
            seen,
            [
                "one",
                "CALL dolt_commit('--allow-empty', '-Am', 'ancestor')",
                "CALL dolt_checkout('-b', 'right')",
                "two",
                "CALL dolt_commit('--allow-empty', '-Am', 'right')",
                "CALL dolt_checkout('main')",
                "three",
                "CALL dolt_commit('--allow-empty', '-Am', 'left')",
                "four"
            ]
        );
    }

    #[test]
    fn an_unreadable_file_is_one_failure() {
        let (sink, _) = run("{");
        assert_eq!((sink.passed(), sink.failures().len()), (0, 1));
    }
}
