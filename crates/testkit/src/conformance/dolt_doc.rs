//! Writes `docs/conformance.md`: what of Dolt's scripts passes, and why the rest does not.
//!
//! A reason is what the run itself tells (a setup that the file does not hold or that fails, SQL that is refused as
//! unsupported), or a line of the table of reasons, `conformance-reasons.txt`: `script | assertions | reason`, where
//! the script may end with `*` and the assertions are numbers or `*`; the first line that fits counts.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::Value as Json;

use super::connection::Server;
use super::dolt_core;
use super::dolt::run_file;
use super::report::{Difference, Event, Sink};

pub struct Reasons(Vec<(String, String, String)>);

impl Reasons {
    pub fn parse(text: &str) -> Result<Reasons, String> {
        let mut lines = Vec::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let parts: Vec<&str> = line.split(" | ").map(str::trim).collect();
            let [script, assertions, reason] = parts[..] else {
                return Err(format!("a line of the table of reasons is not `script | assertions | reason`: {line}"));
            };
            lines.push((script.to_owned(), assertions.to_owned(), reason.to_owned()));
        }
        Ok(Reasons(lines))
    }

    fn find(&self, script: &str, assertion: usize) -> Option<usize> {
        self.0.iter().position(|(name, numbers, _)| {
            let named = match name.strip_suffix('*') {
                Some(start) => script.starts_with(start),
                None => script == name,
            };
            named && (numbers == "*" || numbers.split(',').any(|number| number.trim().parse() == Ok(assertion)))
        })
    }
}

#[derive(Default)]
struct Collected { units: Vec<Unit> }

#[derive(Default)]
struct Unit { script: usize, records: usize, passed: usize, core: usize, failed: Vec<Difference>, note: Option<Difference> }

impl Sink for Collected {
    fn event(&mut self, event: Event) {
        if let Event::Unit { index, records } = event {
            return self.units.push(Unit { script: index, records, ..Unit::default() });
        }
        let Some(unit) = self.units.last_mut() else { return };
        match event {
            Event::Passed => unit.passed += 1,
            Event::Core => unit.core += 1,
            Event::Failed(difference) => unit.failed.push(difference),
            Event::Note(difference) => unit.note = unit.note.take().or(Some(difference)),
            _ => {}
        }
    }
    fn leave_out(&self, _: usize) -> bool { false }
}

/// The document, and what is wrong with the table of reasons: failures that it does not explain, lines that fit none.
pub fn document(server: &mut dyn Server, scripts: &str, reasons: &Reasons) -> Result<(String, Vec<String>), String> {
    let list: Vec<Json> = serde_json::from_str(scripts).map_err(|error| error.to_string())?;
    let mut collected = Collected::default();
    run_file(server, scripts, 0, &mut collected);
    let mut used = vec![false; reasons.0.len()];
    let mut by_file: BTreeMap<String, [usize; 2]> = BTreeMap::new();
    let (mut all, mut core) = ([0, 0], [0, dolt_core::count(scripts)]);
    let mut by_reason: BTreeMap<String, BTreeMap<String, Vec<usize>>> = BTreeMap::new();
    let mut unexplained = 0;
    for unit in &collected.units {
        let script = &list[unit.script];
        let text = |key: &str| script[key].as_str().unwrap_or_default();
        let file = text("file").rsplit('/').next().unwrap_or_default().to_owned();
        for counts in [&mut all, by_file.entry(file.clone()).or_default()] {
            counts[0] += unit.passed;
            counts[1] += unit.records;
        }
        core[0] += unit.core;
        for failure in &unit.failed {
            let number = failure.place.rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0);
            let reason = match reasons.find(text("name"), number) {
                Some(line) => {
                    used[line] = true;
                    reasons.0[line].2.clone()
                }
                None => told(script, unit, failure).unwrap_or_else(|| {
                    unexplained += 1;
                    UNEXPLAINED.into()
                }),
            };
            by_reason.entry(reason).or_default().entry(format!("{} ({file})", text("name"))).or_default().push(number);
        }
    }
    let mut wrong = Vec::new();
    if unexplained > 0 {
        wrong.push(format!("{unexplained} failures have no reason yet"));
    }
    for (_, (script, assertions, _)) in used.iter().zip(&reasons.0).filter(|(used, _)| !**used) {
        wrong.push(format!("a line fits no failure any more: {script} | {assertions}"));
    }
    Ok((written(all, core, &by_file, by_reason), wrong))
}

const UNEXPLAINED: &str = "No reason is given yet";

/// What the run tells by itself.
fn told(script: &Json, unit: &Unit, failure: &Difference) -> Option<String> {
    if ["setup", "anc", "left", "right"].iter().any(|key| script[*key].is_object()) {
        return Some("The script's setup is a variable of Dolt's tests that the file does not hold".into());
    }
    if let Some(sql) = failure.got.strip_prefix("error UNSUPPORTED: ") {
        return Some(format!("Refused: {}", one_line(sql)));
    }
    if let Some(note) = &unit.note {
        return Some(format!("The setup fails: {}", one_line(note.got.trim_start_matches("error "))));
    }
    failure.got.strip_prefix("error SYNTAX: ").map(|error| format!("Not read as SQL: {}", one_line(error)))
}

fn one_line(text: &str) -> String { text.lines().next().unwrap_or_default().chars().take(140).collect() }

fn written(
    all: [usize; 2],
    core: [usize; 2],
    by_file: &BTreeMap<String, [usize; 2]>,
    by_reason: BTreeMap<String, BTreeMap<String, Vec<usize>>>,
) -> String {
    let percent = |[passed, of]: [usize; 2]| 100.0 * passed as f64 / of.max(1) as f64;
    let mut out = String::from("# Dolt's own tests, on Prollite\n\n");
    out.push_str("Written by `npm run conformance -- ⟨dolt_scripts.json⟩ --document`; reasons that the run cannot tell itself stand in\n");
    out.push_str("`crates/testkit/conformance-reasons.txt`. `crates/testkit/tests/conformance_document.rs` holds it up to date.\n\n");
    let counted = |[passed, of]: [usize; 2]| format!("{passed} of {of} ({:.1} %)", percent([passed, of]));
    let _ = writeln!(out, "All assertions: {} pass. Those on merge, diff, conflicts, log and history: {}.\n", counted(all), counted(core));
    let _ = writeln!(out, "On merge, diff, conflicts, log and history are {}.\n", dolt_core::rule());
    out.push_str("An assertion that expects rows passes when the rows are those (in order where the query has an ORDER BY). One that expects\n");
    out.push_str("an error passes when the statement is refused for its meaning: with Dolt's words, or with the code that Dolt's kind of error\n");
    out.push_str("has here, or, where it has none and the script's setup succeeded, with any code but SYNTAX, UNSUPPORTED and INTERNAL.\n\n");
    out.push_str("| file | passed | of |\n|---|---|---|\n");
    for (file, [passed, of]) in by_file {
        let _ = writeln!(out, "| {file} | {passed} | {of} |");
    }
    out.push_str("\n## Why the others fail\n");
    let mut reasons: Vec<_> = by_reason.into_iter().collect();
    let count = |scripts: &BTreeMap<String, Vec<usize>>| scripts.values().map(Vec::len).sum::<usize>();
    reasons.sort_by_key(|(reason, scripts)| (std::cmp::Reverse(count(scripts)), reason.clone()));
    for (reason, scripts) in reasons {
        let _ = writeln!(out, "\n### {reason} ({})\n", count(&scripts));
        for (script, numbers) in scripts {
            let numbers: Vec<String> = numbers.iter().map(usize::to_string).collect();
            let _ = writeln!(out, "- {script}: {}", numbers.join(", "));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::engine::Engine;
    use super::*;

    const SCRIPTS: &str = r#"[
        {"name": "a", "file": "x/dolt_queries_merge.go", "group": "G", "setup": [], "assertions": [
            {"query": "select 1", "kind": "rows", "rows": [[1]]},
            {"query": "select 1", "kind": "rows", "rows": [[2]]},
            {"query": "select no_such_function()", "kind": "rows", "rows": [[2]]}]},
        {"name": "b", "file": "x/y.go", "group": "G", "setup": {"$go": "z"}, "assertions": [
            {"query": "select * from t", "kind": "rows", "rows": [[1]]}]}]"#;

    #[test]
    fn failures_are_named_with_their_reasons() {
        let reasons = Reasons::parse("# comment\na* | 2,9 | One is not two\n").unwrap();
        let (text, wrong) = document(&mut Engine::default(), SCRIPTS, &reasons).unwrap();
        assert_eq!(wrong, Vec::<String>::new(), "{text}");
        for part in [
            "All assertions: 1 of 4 (25.0 %) pass. Those on merge, diff, conflicts, log and history: 1 of 3 (33.3 %).",
            "| y.go | 0 | 1 |",
            "### One is not two (1)\n\n- a (dolt_queries_merge.go): 2",
            "### Refused: no such function: no_such_function() (1)",
            "### The script's setup is a variable of Dolt's tests that the file does not hold (1)\n\n- b (y.go): 1",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        let (text, wrong) = document(&mut Engine::default(), SCRIPTS, &Reasons::parse("").unwrap()).unwrap();
        assert!(text.contains(UNEXPLAINED));
        assert_eq!(wrong, ["1 failures have no reason yet"]);
    }

    #[test]
    fn a_line_that_fits_nothing_is_told() {
        let reasons = Reasons::parse("a | 2 | One is not two\nnobody | * | Gone").unwrap();
        let (_, wrong) = document(&mut Engine::default(), SCRIPTS, &reasons).unwrap();
        assert_eq!(wrong, ["a line fits no failure any more: nobody | *"]);
        assert!(Reasons::parse("a | 2").is_err());
    }
}
