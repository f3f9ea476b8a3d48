//! The runner against workers that hang and die. The workers are shell scripts that speak the workers' lines.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use prollite_testkit::conformance::{run, Options, Totals};

/// A folder of its own for a test, with a worker and an input file.
fn prepare(name: &str, file: &str, worker: &str) -> (PathBuf, Options) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).unwrap();
    let program = folder.join("worker.sh");
    // Written whole under another name: a file that is open for writing cannot be run.
    let draft = folder.join("draft.sh");
    fs::write(&draft, format!("#!/bin/sh\n# worker PATH FROM LEFT_OUT\n{worker}\n")).unwrap();
    fs::set_permissions(&draft, fs::Permissions::from_mode(0o755)).unwrap();
    fs::rename(&draft, &program).unwrap();
    let input = folder.join(file);
    fs::write(&input, "").unwrap();
    let options = Options {
        paths: vec![input],
        failures: true,
        file_budget: Duration::from_secs(20),
        record_budget: Duration::from_secs(1),
        workers: 1,
        program: "/bin/sh".into(),
    };
    (program.clone(), Options { program, ..options })
}

fn run_to_text(options: &Options) -> (Totals, String) {
    let mut out = Vec::new();
    let totals = run(options, &mut out).unwrap();
    (totals, String::from_utf8(out).unwrap())
}

#[test]
fn a_file_that_hangs_is_run_again_without_the_record() {
    let worker = r#"echo 'u 0 4'; echo p
        if [ "$4" = 1 ]; then echo l; else exec sleep 60; fi
        echo p; echo 'f ["line 9","SELECT 1","1","2"]'; echo d"#;
    let (_, options) = prepare("hangs", "a.test", worker);
    let (totals, text) = run_to_text(&options);
    assert_eq!(totals, Totals { passed: 2, failed: 2 });
    assert!(text.contains("no answer within 1 s"), "{text}");
    assert!(text.contains("failed: line 9\n    sql: SELECT 1\n    expected: 1\n    got: 2\n"), "{text}");
    assert!(text.ends_with("2 passed, 2 failed\n"), "{text}");
}

#[test]
fn a_worker_that_always_dies_ends_the_file_with_all_failed() {
    let (_, options) = prepare("dies", "a.test", "echo 'u 0 10'; echo p; kill -9 $$");
    let (totals, text) = run_to_text(&options);
    // One record of ten is answered, three were left out after a death each, the rest was not reached.
    assert_eq!(totals.passed, 1);
    assert!(totals.failed >= 9, "{text}");
    assert!(text.contains("the engine's process died"), "{text}");
}

#[test]
fn scripts_go_on_after_one_that_dies() {
    let worker = r#"[ "$3" = 0 ] && { echo 'u 0 1'; echo p; echo d; echo 'u 1 3'; echo p; exit 1; }
        [ "$3" = 2 ] && { echo 'u 2 2'; echo p; echo p; echo d; }"#;
    let (_, options) = prepare("scripts", "a.json", worker);
    let (totals, text) = run_to_text(&options);
    assert_eq!(totals, Totals { passed: 4, failed: 2 }, "{text}");
}

#[test]
fn a_file_over_its_budget_counts_what_it_did_not_reach() {
    let (_, options) = prepare("budget", "a.test", "echo 'u 0 100'; while sleep 0.2; do echo p; done");
    let (totals, text) = run_to_text(&Options { file_budget: Duration::from_secs(1), ..options });
    assert_eq!(totals.passed + totals.failed, 100, "{text}");
    assert!(text.contains("longer than 1 s"), "{text}");
}

#[test]
fn a_path_that_is_not_there_is_an_error() {
    let (_, options) = prepare("missing", "a.test", "exit 0");
    let error = run(&Options { paths: vec!["/nowhere/at/all".into()], ..options }, &mut Vec::new()).unwrap_err();
    assert!(error.to_string().contains("/nowhere/at/all"), "{error}");
}
