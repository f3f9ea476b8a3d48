//! `conformance dolt_scripts.json --document` writes `docs/conformance.md`.
//!
//! `conformance PATH… [--failures] [--file-seconds N] [--record-seconds N] [--workers N]`
//!
//! Runs sqllogictest files and Dolt's scripts (JSON) on an engine in memory. Failures are what it is for:
//! it ends with success when it could run.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use prollite_testkit::conformance::{document, run, work, Engine, Options, Reasons};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // How the runner starts its workers.
    if let [word, path, from, left_out] = arguments.as_slice() {
        if word == "worker" {
            let numbers = left_out.split(',').filter_map(|number| number.parse().ok()).collect();
            let done = work(Engine::default, path.as_ref(), from.parse().unwrap_or(0), numbers);
            return if done { ExitCode::SUCCESS } else { ExitCode::FAILURE };
        }
    }
    if let [path, word] = arguments.as_slice() {
        if word == "--document" {
            return match write_document(path.as_ref()) {
                Ok(()) => ExitCode::SUCCESS,
                Err(reason) => {
                    eprintln!("conformance: {reason}");
                    ExitCode::from(2)
                }
            };
        }
    }
    let options = match options(&arguments) {
        Ok(options) => options,
        Err(reason) => {
            eprintln!("conformance: {reason}");
            eprintln!("usage: conformance PATH… [--failures] [--file-seconds N] [--record-seconds N] [--workers N]");
            return ExitCode::from(2);
        }
    };
    match run(&options, &mut io::stdout().lock()) {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("conformance: {error}");
            ExitCode::from(2)
        }
    }
}

fn write_document(scripts: &Path) -> Result<(), String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &Path| std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()));
    let (scripts, reasons) = (read(scripts)?, read(&here.join("conformance-reasons.txt"))?);
    // Panics of the engine are failures that the document counts.
    std::panic::set_hook(Box::new(|_| {}));
    let job = move || document(&mut Engine::default(), &scripts, &Reasons::parse(&reasons)?);
    let thread = thread::Builder::new().stack_size(64 << 20).spawn(job).map_err(|error| error.to_string())?;
    let (text, wrong) = thread.join().map_err(|_| "the run panicked".to_owned())??;
    let target = here.join("../../docs/conformance.md");
    std::fs::write(&target, text).map_err(|error| format!("{}: {error}", target.display()))?;
    println!("docs/conformance.md is written");
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(format!("conformance-reasons.txt: {}", wrong.join("\n"))),
    }
}

fn options(arguments: &[String]) -> Result<Options, String> {
    let mut options = Options {
        paths: Vec::new(),
        failures: false,
        file_budget: Duration::from_secs(900),
        record_budget: Duration::from_secs(30),
        workers: thread::available_parallelism().map_or(1, usize::from),
        program: std::env::current_exe().map_err(|error| error.to_string())?,
    };
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut number = || {
            let text = rest.next().ok_or(format!("{argument} needs a number"))?;
            text.parse::<u64>().ok().filter(|number| *number > 0).ok_or(format!("{argument}: {text} is not a number above 0"))
        };
        match argument.as_str() {
            "--failures" => options.failures = true,
            "--file-seconds" => options.file_budget = Duration::from_secs(number()?),
            "--record-seconds" => options.record_budget = Duration::from_secs(number()?),
            "--workers" => options.workers = usize::try_from(number()?).map_err(|error| error.to_string())?,
            flag if flag.starts_with('-') => return Err(format!("unknown flag {flag}")),
            path => options.paths.push(PathBuf::from(path)),
        }
    }
    if options.paths.is_empty() {
        return Err("no path was given".into());
    }
    Ok(options)
}
