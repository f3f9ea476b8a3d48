//! Finds the files, runs a worker for each, and counts. A worker that dies or says nothing for too long is replaced:
//! a JSON file goes on with its next script, a sqllogictest file is run again without the record that stopped it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{mpsc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::dolt_core;
use super::report::{Difference, Event};
use super::worker::holds_scripts;

#[derive(Clone, Debug)]
pub struct Options {
    pub paths: Vec<PathBuf>,
    /// Show each failure with its SQL, what was expected and what came.
    pub failures: bool,
    /// The longest that a file may take, and that one record may.
    pub file_budget: Duration,
    pub record_budget: Duration,
    pub workers: usize,
    /// The program and first argument that start a worker: `worker PATH FROM LEAVE_OUT`.
    pub program: PathBuf,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub passed: usize,
    pub failed: usize,
}

#[derive(Default)]
struct FileReport {
    totals: Totals,
    /// Of those that passed, how many are of [`dolt_core`]; not reset by a worker that is run again, as scripts are not.
    core: usize,
    failures: Vec<Difference>,
    notes: Vec<Difference>,
    seconds: f64,
}

/// How often a sqllogictest file is run again without the records that stopped its worker.
const RESTARTS: usize = 3;

/// Runs all files, prints a line for each in order, and answers the sums.
pub fn run(options: &Options, out: &mut dyn Write) -> io::Result<Totals> {
    let files = find_files(&options.paths)?;
    let next = Mutex::new(0);
    let (sender, reports) = mpsc::channel();
    let mut totals = Totals::default();
    thread::scope(|scope| -> io::Result<()> {
        for _ in 0..options.workers.clamp(1, files.len().max(1)) {
            let (sender, next, files) = (sender.clone(), &next, &files);
            scope.spawn(move || loop {
                let index = {
                    let mut next = next.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                    *next += 1;
                    *next - 1
                };
                let Some(path) = files.get(index) else { break };
                if sender.send((index, run_file(options, path))).is_err() {
                    break;
                }
            });
        }
        drop(sender);
        let mut waiting = BTreeMap::new();
        let mut printed = 0;
        for (index, report) in reports {
            waiting.insert(index, report);
            while let Some(report) = waiting.remove(&printed) {
                print_report(options, &files[printed], &report, out)?;
                totals.passed += report.totals.passed;
                totals.failed += report.totals.failed;
                printed += 1;
            }
        }
        Ok(())
    })?;
    writeln!(out, "{} passed, {} failed", totals.passed, totals.failed)?;
    Ok(totals)
}

/// Files as they are named; folders with all `.test`, `.slt` and `.json` files below them, sorted.
fn find_files(paths: &[PathBuf]) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        if fs::metadata(path).map_err(named)?.is_dir() {
            let mut below = Vec::new();
            find_below(path, &mut below).map_err(named)?;
            below.sort();
            files.append(&mut below);
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

fn find_below(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        if path.is_dir() {
            find_below(&path, found)?;
        } else if ["test", "slt", "sqllogictest", "json"].contains(&extension) {
            found.push(path);
        }
    }
    Ok(())
}

fn print_report(options: &Options, path: &Path, report: &FileReport, out: &mut dyn Write) -> io::Result<()> {
    let FileReport { totals, core, failures, notes, seconds } = report;
    writeln!(out, "{}: {} passed, {} failed ({seconds:.1} s)", path.display(), totals.passed, totals.failed)?;
    let of = if holds_scripts(path) { dolt_core::count(&fs::read_to_string(path).unwrap_or_default()) } else { 0 };
    if of > 0 {
        let percent = 100.0 * *core as f64 / of as f64;
        writeln!(out, "  on merge, diff, conflicts, log and history: {core} of {of} passed ({percent:.1} %)")?;
    }
    if options.failures {
        for (title, difference) in
            notes.iter().map(|note| ("setup", note)).chain(failures.iter().map(|failure| ("failed", failure)))
        {
            writeln!(out, "  {title}: {}", difference.place)?;
            for (name, text) in [("sql", &difference.sql), ("expected", &difference.expected), ("got", &difference.got)] {
                writeln!(out, "    {name}: {}", indented(text))?;
            }
        }
    }
    out.flush()
}

/// The first lines of a text, those after the first indented.
fn indented(text: &str) -> String {
    const LINES: usize = 24;
    const LETTERS: usize = 600;
    let mut lines: Vec<String> = text
        .lines()
        .take(LINES)
        .map(|line| {
            let mut short: String = line.chars().take(LETTERS).collect();
            if short.len() < line.len() {
                short.push('…');
            }
            short
        })
        .collect();
    let more = text.lines().count().saturating_sub(LINES);
    if more > 0 {
        lines.push(format!("… {more} more lines"));
    }
    lines.join("\n      ")
}

/// Where a worker stands in the file.
#[derive(Default)]
struct Progress {
    unit: usize,
    records: usize,
    /// Records of this unit that were answered.
    answered: usize,
    begun: bool,
    done: bool,
}

enum End {
    Finished,
    Died,
    Silent,
    OverBudget,
}

fn run_file(options: &Options, path: &Path) -> FileReport {
    let began = Instant::now();
    let mut report = FileReport::default();
    let (mut from, mut left_out): (usize, Vec<usize>) = (0, Vec::new());
    loop {
        // Those of a sqllogictest file begin anew with each worker; those of scripts before `from` stay.
        let kept = (report.totals, report.failures.len(), report.notes.len());
        let mut progress = Progress::default();
        let end = run_worker(options, path, from, &left_out, began, &mut report, &mut progress);
        let stopped = |got: &str| Difference {
            place: format!("record {} of unit {}", progress.answered + 1, progress.unit + 1),
            sql: String::new(),
            expected: "an answer".into(),
            got: got.into(),
        };
        let reason = match end {
            End::Finished if progress.done => break,
            End::Finished | End::Died => "the engine's process died".to_owned(),
            End::Silent => format!("no answer within {} s", options.record_budget.as_secs()),
            End::OverBudget => format!("the file took longer than {} s", options.file_budget.as_secs()),
        };
        let rest = progress.records.saturating_sub(progress.answered);
        let goes_on = !matches!(end, End::OverBudget) && progress.begun;
        if goes_on && !progress.done && !holds_scripts(path) && left_out.len() < RESTARTS {
            left_out.push(progress.answered);
            report.totals = kept.0;
            report.failures.truncate(kept.1);
            report.notes.truncate(kept.2);
            report.totals.failed += 1;
            report.failures.push(stopped(&reason));
            continue;
        }
        // What was not reached is not there: it counts as failed.
        report.totals.failed += rest.max(1);
        report.failures.push(stopped(&format!("{reason}; {} records after it were not run", rest.saturating_sub(1))));
        if goes_on && holds_scripts(path) {
            from = progress.unit + 1;
            continue;
        }
        break;
    }
    report.seconds = began.elapsed().as_secs_f64();
    report
}

fn run_worker(
    options: &Options,
    path: &Path,
    from: usize,
    left_out: &[usize],
    began: Instant,
    report: &mut FileReport,
    progress: &mut Progress,
) -> End {
    let numbers = left_out.iter().map(usize::to_string).collect::<Vec<_>>().join(",");
    let child = Command::new(&options.program)
        .arg("worker")
        .arg(path)
        .args([from.to_string(), numbers])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = child else { return End::Died };
    let Some(output) = child.stdout.take() else { return End::Died };
    let (sender, events) = mpsc::channel();
    let reader = thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            // A line that is no event was printed by the engine.
            if Event::from_line(&line).is_some_and(|event| sender.send(event).is_err()) {
                break;
            }
        }
    });
    let end = loop {
        let left = options.file_budget.saturating_sub(began.elapsed());
        match events.recv_timeout(options.record_budget.min(left)) {
            Ok(event) => count(event, report, progress),
            Err(mpsc::RecvTimeoutError::Timeout) if began.elapsed() >= options.file_budget => break End::OverBudget,
            Err(mpsc::RecvTimeoutError::Timeout) => break End::Silent,
            Err(mpsc::RecvTimeoutError::Disconnected) => break End::Finished,
        }
    };
    // A worker that has finished is gone already.
    let _ = child.kill();
    let status = child.wait();
    let _ = reader.join();
    match end {
        End::Finished if !status.is_ok_and(|status| status.success()) => End::Died,
        end => end,
    }
}

fn count(event: Event, report: &mut FileReport, progress: &mut Progress) {
    match event {
        Event::Unit { index, records } => *progress = Progress { unit: index, records, answered: 0, begun: true, done: false },
        Event::Passed => {
            report.totals.passed += 1;
            progress.answered += 1;
        }
        Event::Failed(difference) => {
            report.totals.failed += 1;
            report.failures.push(difference);
            progress.answered += 1;
        }
        Event::Core => report.core += 1,
        Event::LeftOut => progress.answered += 1,
        Event::Note(difference) => report.notes.push(difference),
        Event::Done => progress.done = true,
    }
}
