//! `docs/conformance.md` adds up and gives a reason for every failure; a run passes as much as it says, where Dolt's
//! scripts are at hand (`../shared/oracle/`; they are no part of the repository).

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use prollite_testkit::conformance::{document, Engine, Reasons};

fn root() -> PathBuf { Path::new(env!("CARGO_MANIFEST_DIR")).join("../..") }
fn written() -> String { fs::read_to_string(root().join("docs/conformance.md")).unwrap() }

#[test]
fn the_document_adds_up() {
    let text = written();
    let number = |text: &str| text.trim().parse::<usize>().unwrap();
    let total = text.lines().find(|line| line.starts_with("All assertions: ")).unwrap();
    let words: Vec<&str> = total.split_whitespace().collect();
    let (passed, of) = (number(words[2]), number(words[4]));
    let table = text.lines().filter(|line| line.starts_with("| ") && line.contains(".go | "));
    let files: Vec<(usize, usize)> = table
        .map(|line| {
            let cells: Vec<&str> = line.split('|').collect();
            (number(cells[2]), number(cells[3]))
        })
        .collect();
    assert_eq!(files.iter().map(|(passed, _)| passed).sum::<usize>(), passed);
    assert_eq!(files.iter().map(|(_, of)| of).sum::<usize>(), of);
    let mut failed = 0;
    for part in text.split("\n### ").skip(1) {
        let (title, list) = part.split_once('\n').unwrap();
        let count = number(title.rsplit('(').next().unwrap().trim_end_matches(')'));
        let listed = list.lines().filter(|line| line.starts_with("- ")).map(|line| line.rsplit(": ").next().unwrap().split(", ").count());
        assert_eq!(listed.sum::<usize>(), count, "{title}");
        assert!(!title.starts_with("No reason"), "{part}");
        failed += count;
    }
    assert_eq!(failed, of - passed);
}

/// Where more passes than the document says, it is written anew with `npm run conformance -- ⟨path⟩ --document`.
#[test]
fn a_run_passes_what_the_document_says() {
    let places = ["../shared", "../../shared"].map(|folder| root().join(folder).join("oracle/dolt_scripts.json"));
    let Some(scripts) = places.iter().find_map(|place| fs::read_to_string(place).ok()) else { return };
    let job = move || document(&mut Engine::default(), &scripts, &Reasons::parse("").unwrap());
    let (text, _) = thread::Builder::new().stack_size(64 << 20).spawn(job).unwrap().join().unwrap().unwrap();
    let passed = |text: &str| -> Vec<usize> {
        let line = text.lines().find(|line| line.starts_with("All assertions: ")).unwrap();
        line.split_whitespace().filter_map(|word| word.parse().ok()).collect()
    };
    let (run, written) = (passed(&text), passed(&written()));
    assert_eq!((run.len(), written.len()), (4, 4));
    assert!(run[0] >= written[0], "all: {} pass, {} did", run[0], written[0]);
    assert!(run[2] >= written[2], "on merge, diff, conflicts, log and history: {} pass, {} did", run[2], written[2]);
}
