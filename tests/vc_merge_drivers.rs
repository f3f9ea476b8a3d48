//! Merge drivers: `dolt_merge_drivers`, the text merge and its hunks.

#[path = "common/sql.rs"]
#[allow(dead_code)]
mod common;

use common::{fail, refused, rows, run, session};
use prollite::session::Session;
use prollite::Code;

fn one(session: &mut Session, sql: &str) -> String { rows(session, sql).join("\n") }

/// A note that both `main` and `b` changed: main's change is `ours`, the branch's is `theirs`.
fn diverged(drivers: &str, ours: &str, theirs: &str) -> Session {
    let mut s = session();
    run(&mut s, "CREATE TABLE notes (id INT PRIMARY KEY, body TEXT, n INT, at DATETIME, j JSON, UNIQUE (n))");
    run(&mut s, "INSERT INTO notes VALUES (1, 'a\nb\nc', 5, '2026-01-01', '{\"x\":1,\"y\":[1]}'), (2, 'other', 6, NULL, NULL)");
    if !drivers.is_empty() {
        run(&mut s, &format!("INSERT INTO dolt_merge_drivers VALUES {drivers}"));
    }
    run(&mut s, "CALL dolt_commit('-Am', 'base'); CALL dolt_branch('b')");
    run(&mut s, &format!("UPDATE notes SET {ours} WHERE id = 1; CALL dolt_commit('-am', 'ours')"));
    run(&mut s, "CALL dolt_checkout('b')");
    run(&mut s, &format!("UPDATE notes SET {theirs} WHERE id = 1; CALL dolt_commit('-am', 'theirs')"));
    run(&mut s, "CALL dolt_checkout('main')");
    s
}

/// The merged cells, merged either way round; `None`: it conflicts, either way round.
fn merged(drivers: &str, ours: &str, theirs: &str, cells: &str) -> [Option<String>; 2] {
    [(ours, theirs), (theirs, ours)].map(|(ours, theirs)| {
        let mut s = diverged(drivers, ours, theirs);
        let conflicts = one(&mut s, "CALL dolt_merge('b')");
        assert_eq!(one(&mut s, "SELECT dolt_verify()"), "1");
        conflicts.ends_with("merge successful").then(|| one(&mut s, &format!("SELECT {cells} FROM notes WHERE id = 1")))
    })
}

const DRIVERS: &str = "('notes', 'body', 'text3'), ('NOTES', 'N', 'max'), ('notes', 'at', 'min'), ('notes', 'j', 'json')";

#[test]
fn each_driver_merges_its_column_whichever_side_is_ours() {
    let both = |text: &str| [Some(text.to_owned()), Some(text.to_owned())];
    let edits = ["body = 'A\nb\nc'", "body = 'a\nb\nC'"];
    assert_eq!(merged(DRIVERS, edits[0], edits[1], "body"), both("A\nb\nC"));
    assert_eq!(merged("", edits[0], edits[1], "body"), [None, None]);
    assert_eq!(merged(DRIVERS, "body = 'A\nb\nc'", "body = 'B\nb\nc'", "body"), [None, None]);
    assert_eq!(merged(DRIVERS, "n = 10, body = 'a\nb\nc\nd'", "n = 20, body = 'a\nB\nc'", "n, body"), both("20|a\nB\nc\nd"));
    assert_eq!(merged(DRIVERS, "at = '2026-03-01'", "at = '2026-02-01'", "at"), both("2026-02-01 00:00:00"));
    let json = ["j = '{\"x\":2,\"y\":[1]}'", "j = '{\"x\":1,\"y\":[1,2],\"z\":0}'"];
    assert_eq!(merged(DRIVERS, json[0], json[1], "j"), both(r#"{"x":2,"y":[1,2],"z":0}"#));
    let sides = "('notes', 'n', 'ours'), ('notes', 'body', 'theirs')";
    let [first, second] = merged(sides, "n = 10, body = 'x'", "n = 20, body = 'y'", "n, body");
    assert_eq!((first.as_deref(), second.as_deref()), (Some("10|y"), Some("20|x")));
}

#[test]
fn a_unique_index_follows_what_a_driver_made() {
    let mut s = diverged(DRIVERS, "n = 10", "n = 20");
    run(&mut s, "CALL dolt_merge('b')");
    assert_eq!(rows(&mut s, "SELECT id FROM notes WHERE n = 20"), ["1"]);
    assert_eq!(rows(&mut s, "SELECT id FROM notes WHERE n = 10"), Vec::<String>::new());
    assert_eq!(common::fail(&mut s, "INSERT INTO notes VALUES (3, '', 20, NULL, NULL)").code(), Code::Constraint);
}

#[test]
fn drivers_are_data_and_come_from_both_sides() {
    // Only the other side names a driver: it counts, since the merged table names it.
    let mut s = diverged("", "body = 'A\nb\nc'", "body = 'a\nb\nC'");
    run(&mut s, "CALL dolt_checkout('b'); INSERT INTO dolt_merge_drivers VALUES ('notes', 'body', 'text3')");
    run(&mut s, "CALL dolt_commit('-Am', 'driver'); CALL dolt_checkout('main')");
    run(&mut s, "CALL dolt_merge('b')");
    assert_eq!(one(&mut s, "SELECT body FROM notes WHERE id = 1"), "A\nb\nC");
    assert_eq!(one(&mut s, "SELECT * FROM dolt_merge_drivers"), "notes|body|text3");
}

#[test]
fn a_misspelt_driver_is_refused_where_it_is_written() {
    let mut s = session();
    let error = fail(&mut s, "INSERT INTO dolt_merge_drivers VALUES ('t', 'c', 'txt3')");
    assert_eq!(error.code(), Code::Constraint);
    assert!(error.message().contains("known_merge_driver"), "{error:?}");
    assert_eq!(rows(&mut s, "SELECT * FROM dolt_merge_drivers"), Vec::<String>::new());
}

#[test]
fn cherry_pick_and_revert_merge_by_drivers_too() {
    let mut s = diverged(DRIVERS, "body = 'A\nb\nc'", "body = 'a\nb\nC'");
    run(&mut s, "CALL dolt_cherry_pick('b')");
    assert_eq!(one(&mut s, "SELECT body FROM notes WHERE id = 1"), "A\nb\nC");
    run(&mut s, "CALL dolt_revert('HEAD~1')");
    assert_eq!(one(&mut s, "SELECT body FROM notes WHERE id = 1"), "a\nb\nC");
}

#[test]
fn hunks_of_three_texts() {
    let mut s = session();
    let texts = "'one\ntwo\nthree', 'ONE\ntwo\nthree\nours', 'one\ntwo\nthree\ntheirs'";
    let hunks = rows(&mut s, &format!("SELECT * FROM dolt_text_hunks({texts})"));
    assert_eq!(
        hunks,
        ["1|ours|1|1|1|1|1|1|one|ONE|one", "2|unchanged|2|2|2|2|2|2|two\nthree|two\nthree|two\nthree", "3|conflict|4|0|4|1|4|1|NULL|ours|theirs"]
    );
    let merge = |s: &mut Session, choices: &str| one(s, &format!("SELECT dolt_merge_text({texts}{choices})"));
    assert_eq!(merge(&mut s, ""), "NULL");
    assert_eq!(merge(&mut s, ", 'theirs'"), "ONE\ntwo\nthree\ntheirs");
    assert_eq!(merge(&mut s, ", '3=both'"), "ONE\ntwo\nthree\nours\ntheirs");
    assert_eq!(merge(&mut s, ", 'base, 1=base'"), "one\ntwo\nthree");
    assert_eq!(one(&mut s, "SELECT dolt_merge_text(NULL, 'a', '')"), "a");
    assert_eq!(one(&mut s, "SELECT dolt_merge_text('a', NULL, 'b')"), "NULL");
    let choice = "dolt_merge_text: `mine` is no choice: expected base, ours, theirs, both, or 2=theirs";
    refused(&mut s, "SELECT dolt_merge_text('a', 'b', 'c', 'mine')", Code::BadArgument, choice);
    let hunk = "dolt_merge_text: there is no hunk 9: these texts have 1";
    refused(&mut s, "SELECT dolt_merge_text('a', 'b', 'c', '9=ours')", Code::BadArgument, hunk);
    refused(&mut s, "SELECT dolt_merge_text('a', 1, 'c')", Code::BadArgument, "dolt_merge_text: ours is integer, expected text");
}

#[test]
fn hunks_of_a_stored_conflict_resolve_it() {
    let mut s = diverged(DRIVERS, "body = 'A\nb\nc'", "body = 'X\nb\nC'");
    run(&mut s, "CALL dolt_merge('b')");
    let sql = "SELECT h.column_name, h.hunk, h.kind, h.our_text, h.their_text FROM dolt_conflict_hunks_notes h \
               JOIN dolt_conflicts_notes c ON c.dolt_conflict_id = h.dolt_conflict_id WHERE c.base_id = 1 ORDER BY h.hunk";
    assert_eq!(rows(&mut s, sql), ["body|1|conflict|A|X", "body|2|unchanged|b|b", "body|3|theirs|c|C"]);
    run(&mut s, "UPDATE dolt_conflicts_notes SET our_body = dolt_merge_text(base_body, our_body, their_body, 'ours')");
    run(&mut s, "DELETE FROM dolt_conflicts_notes; CALL dolt_commit('-m', 'merged by hand')");
    assert_eq!(one(&mut s, "SELECT body FROM notes WHERE id = 1"), "A\nb\nC");
    assert_eq!(one(&mut s, "SELECT count(*) FROM dolt_status"), "0");
}
