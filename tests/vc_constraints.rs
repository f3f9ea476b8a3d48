//! Rows that break constraints: what merges leave, `dolt_verify_constraints`, generated columns through merges.

#[path = "common/sql.rs"]
#[allow(dead_code)]
mod common;

use common::{fail, refused, rows, run, session};
use prollite::session::Session;
use prollite::Code;

fn one(session: &mut Session, sql: &str) -> String { rows(session, sql).join("\n") }

/// A child row without its parent, committed; and another, uncommitted.
fn orphans() -> Session {
    let mut s = session();
    run(&mut s, "CREATE TABLE p (id INT PRIMARY KEY); CREATE TABLE c (id INT PRIMARY KEY, p INT REFERENCES p(id), n INT CHECK (n > 0))");
    run(&mut s, "INSERT INTO p VALUES (1), (2); INSERT INTO c VALUES (1, 1, 1), (2, 2, 1)");
    run(&mut s, "SET foreign_key_checks = 0; DELETE FROM p WHERE id = 1; CALL dolt_commit('-Am', 'one orphan')");
    run(&mut s, "DELETE FROM p WHERE id = 2; SET foreign_key_checks = 1");
    s
}

#[test]
fn verify_constraints_looks_at_what_changed_or_at_all() {
    let mut s = orphans();
    assert_eq!(one(&mut s, "CALL dolt_verify_constraints('--all', '--output-only')"), "1");
    assert_eq!(one(&mut s, "SELECT count(*) FROM dolt_constraint_violations"), "0");
    assert_eq!(one(&mut s, "SELECT dolt_verify_constraints('p')"), "0");
    assert_eq!(one(&mut s, "SELECT dolt_verify_constraints('c')"), "1");
    assert_eq!(rows(&mut s, "SELECT violation_type, id, p FROM dolt_constraint_violations_c"), ["foreign key|2|2"]);
    assert_eq!(rows(&mut s, "SELECT is_merging FROM dolt_merge_status"), ["0"]);
    run(&mut s, "CALL dolt_verify_constraints('--all')");
    assert_eq!(one(&mut s, "SELECT * FROM dolt_constraint_violations"), "c|2");
    assert_eq!(one(&mut s, "SELECT status FROM dolt_status WHERE table_name = 'c'"), "constraint violation");
    let error = fail(&mut s, "CALL dolt_commit('-am', 'broken')");
    assert_eq!(error.code(), Code::MergeConflict);
    // What was committed by force is still known to be broken.
    run(&mut s, "CALL dolt_commit('-am', 'broken', '--force')");
    assert_eq!(one(&mut s, "SELECT * FROM dolt_constraint_violations"), "c|2");
    run(&mut s, "DELETE FROM c; DELETE FROM dolt_constraint_violations_c");
    assert_eq!(one(&mut s, "SELECT count(*) FROM dolt_constraint_violations"), "0");
    run(&mut s, "CALL dolt_commit('-am', 'repaired')");
    assert_eq!(one(&mut s, "CALL dolt_verify_constraints('--all')"), "0");
    refused(&mut s, "CALL dolt_verify_constraints('nowhere')", Code::TableNotFound, "table not found: nowhere");
    refused(&mut s, "CALL dolt_verify_constraints('--bogus')", Code::BadArgument, "error: unknown option `bogus`");
}

#[test]
fn a_merge_waits_until_violations_are_gone() {
    let mut s = orphans();
    run(&mut s, "CALL dolt_verify_constraints()");
    run(&mut s, "CALL dolt_branch('b')");
    let text = "branch main has unresolved entries in dolt_constraint_violations: repair the rows and delete the entries";
    run(&mut s, "CALL dolt_checkout('b'); CREATE TABLE other (x INT); CALL dolt_commit('-Am', 'other'); CALL dolt_checkout('main')");
    refused(&mut s, "CALL dolt_merge('b', '--no-ff')", Code::MergeConflict, text);
}

#[test]
fn what_is_to_be_resolved_is_not_staged() {
    let mut s = session();
    run(&mut s, "CREATE TABLE t (id INT PRIMARY KEY, u INT UNIQUE); CREATE TABLE k (id INT PRIMARY KEY, v INT)");
    run(&mut s, "INSERT INTO k VALUES (1, 1); CALL dolt_commit('-Am', 'base'); CALL dolt_branch('b')");
    run(&mut s, "INSERT INTO t VALUES (1, 7); UPDATE k SET v = 2; CALL dolt_commit('-am', 'ours'); CALL dolt_checkout('b')");
    run(&mut s, "INSERT INTO t VALUES (2, 7); UPDATE k SET v = 3; INSERT INTO k VALUES (9, 9); CREATE TABLE z (x INT)");
    run(&mut s, "CALL dolt_commit('-Am', 'theirs'); CALL dolt_checkout('main'); CALL dolt_merge('b')");
    assert_eq!(
        rows(&mut s, "SELECT table_name, staged, status FROM dolt_status"),
        ["z|1|new table", "k|0|modified", "k|0|conflict", "t|0|constraint violation"]
    );
    run(&mut s, "DELETE FROM dolt_conflicts_k; DELETE FROM t WHERE id = 2; DELETE FROM dolt_constraint_violations_t");
    assert_eq!(rows(&mut s, "SELECT table_name, staged, status FROM dolt_status"), ["k|1|modified", "z|1|new table"]);
    run(&mut s, "CALL dolt_commit('-m', 'merged')");
    assert_eq!(one(&mut s, "SELECT count(*) FROM dolt_status"), "0");
}

/// The rows that only one side had kept the fill of a generated column that the other side had added: NULL.
#[test]
fn a_generated_column_of_the_other_side_is_computed_for_our_rows() {
    for table in ["CREATE TABLE t (id INT PRIMARY KEY, a INT)", "CREATE TABLE t (id INT, a INT)"] {
        let mut s = session();
        run(&mut s, &format!("{table}; INSERT INTO t VALUES (1, 10); CALL dolt_commit('-Am', 'base'); CALL dolt_branch('b')"));
        run(&mut s, "INSERT INTO t VALUES (2, 20); CALL dolt_commit('-am', 'ours'); CALL dolt_checkout('b')");
        run(&mut s, "ALTER TABLE t ADD COLUMN d INT GENERATED ALWAYS AS (a * 2) STORED; CREATE INDEX by_d ON t (d)");
        run(&mut s, "INSERT INTO t (id, a) VALUES (3, 30); CALL dolt_commit('-am', 'theirs'); CALL dolt_checkout('main')");
        run(&mut s, "CALL dolt_merge('b')");
        assert_eq!(rows(&mut s, "SELECT id, d FROM t ORDER BY id"), ["1|20", "2|40", "3|60"], "{table}");
        assert_eq!(rows(&mut s, "SELECT id FROM t WHERE d = 40"), ["2"], "{table}");
        assert_eq!(one(&mut s, "SELECT dolt_verify()"), "1", "{table}");
    }
}
