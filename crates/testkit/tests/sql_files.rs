//! Every record of every file in `tests/sql/` agrees.

use std::fs;
use std::path::{Path, PathBuf};

use prollite_testkit::conformance::{run_sqllogictest, Engine, Event, Sink};

/// Counts what passes and keeps what does not.
#[derive(Default)]
struct Report {
    passed: usize,
    failures: Vec<String>,
}

impl Sink for Report {
    fn event(&mut self, event: Event) {
        match event {
            Event::Passed => self.passed += 1,
            Event::Failed(difference) => self.failures.push(format!(
                "{}: {}\n  expected: {}\n  got: {}",
                difference.place,
                difference.sql,
                difference.expected.replace('\n', " | "),
                difference.got.replace('\n', " | ")
            )),
            Event::Unit { .. } | Event::Core | Event::LeftOut | Event::Note(_) | Event::Done => {}
        }
    }

    fn leave_out(&self, _record: usize) -> bool { false }
}

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("tests/sql can be read") {
        let path = entry.expect("an entry of tests/sql can be read").path();
        if path.is_dir() {
            files_below(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "test") {
            found.push(path);
        }
    }
}

fn all_agree(folder: &str) {
    let mut files = Vec::new();
    files_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/sql").join(folder), &mut files);
    files.sort();
    assert!(!files.is_empty(), "tests/sql/{folder} is empty");
    let mut report = Report::default();
    for file in files {
        let (before, text) = (report.failures.len(), fs::read_to_string(&file).expect("a file of tests/sql is UTF-8"));
        run_sqllogictest(&mut Engine::default(), &text, &mut report);
        for failure in &mut report.failures[before..] {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            failure.insert_str(0, &format!("{folder}/{name}, "));
        }
    }
    let Report { passed, failures } = report;
    assert!(failures.is_empty(), "{passed} agree, {} do not:\n{}", failures.len(), failures.join("\n"));
    assert!(passed > 100, "only {passed} records were run");
}

#[test]
fn the_examples_of_the_dolt_reference() { all_agree("dolt") }

#[test]
fn the_examples_of_the_doltlite_text() { all_agree("doltlite") }
