//! Generated columns in a merge: they follow from the merged cells, on both sides, before any constraint is asked.

use crate::support::Script;

/// `t` on `main` and on `theirs`, each changed by its script, merged into `main`.
fn merged(create: &str, ours: &str, theirs: &str) -> Script {
    let mut script = Script::new(0);
    script.run(create);
    script.run("CALL dolt_commit('-Am', 'base'); CALL dolt_checkout('-b', 'theirs')");
    script.run(theirs);
    script.run("CALL dolt_commit('-Am', 'theirs'); CALL dolt_checkout('main')");
    script.run(ours);
    script.run("CALL dolt_commit('-Am', 'ours'); CALL dolt_merge('theirs')");
    script.verify();
    script
}

const TABLE: &str = "CREATE TABLE p (k INT PRIMARY KEY); INSERT INTO p VALUES (3), (5), (7), (30);
    CREATE TABLE t (k INT PRIMARY KEY, a INT, b INT, s INT GENERATED ALWAYS AS (a + b) STORED";
const ROWS: &str = "; INSERT INTO t (k, a, b) VALUES (1, 1, 2), (2, 2, 3)";

#[test]
fn cells_of_both_sides_meet_in_what_they_generate() {
    let mut script = merged(
        &format!("{TABLE}, KEY (s)){ROWS}"),
        "UPDATE t SET a = 10 WHERE k = 1; INSERT INTO t (k, a, b) VALUES (3, 3, 3)",
        "UPDATE t SET b = 20 WHERE k = 1; INSERT INTO t (k, a, b) VALUES (4, 4, 4)",
    );
    assert_eq!(script.look("SELECT k, s FROM t ORDER BY k"), ["1|30", "2|5", "3|6", "4|8"]);
    assert_eq!(script.look("SELECT k FROM t WHERE s = 30"), ["1"]);
}

#[test]
fn a_column_that_one_side_generates_is_generated_for_the_other_sides_rows() {
    let alter = "ALTER TABLE t ADD COLUMN d INT GENERATED ALWAYS AS (a * 2) STORED; CREATE UNIQUE INDEX by_d ON t (d)";
    let insert = "INSERT INTO t (k, a, b) VALUES (3, 30, 1); UPDATE t SET a = 7 WHERE k = 2";
    for (ours, theirs) in [(alter, insert), (insert, alter)] {
        let mut script = merged(&format!("{TABLE}){ROWS}"), ours, theirs);
        assert_eq!(script.look("SELECT k, s, d FROM t ORDER BY k"), ["1|3|2", "2|10|14", "3|31|60"]);
        assert_eq!(script.look("SELECT k FROM t WHERE d = 60"), ["3"]);
    }
}

#[test]
fn another_expression_reaches_every_row() {
    let alter = "ALTER TABLE t MODIFY COLUMN s INT GENERATED ALWAYS AS (a * b) STORED";
    let insert = "INSERT INTO t (k, a, b) VALUES (3, 5, 5); UPDATE t SET a = 7 WHERE k = 2";
    for (ours, theirs) in [(alter, insert), (insert, alter)] {
        let mut script = merged(&format!("{TABLE}, KEY (s)){ROWS}"), ours, theirs);
        assert_eq!(script.look("SELECT k, s FROM t ORDER BY k"), ["1|2", "2|21", "3|25"]);
    }
}

#[test]
fn constraints_see_what_the_merge_generated() {
    // Each side is fine alone: 1 + 20 and 10 + 2; together they make 30.
    let sides = ("UPDATE t SET a = 10 WHERE k = 1", "UPDATE t SET b = 20 WHERE k = 1");
    for (definition, setup, violation) in [
        (", CONSTRAINT small CHECK (s < 25))", "", "check constraint"),
        (", UNIQUE KEY by_s (s))", "; INSERT INTO t (k, a, b) VALUES (9, 15, 15)", "unique index"),
        (", CONSTRAINT of_p FOREIGN KEY (s) REFERENCES p (k))", "; INSERT INTO p VALUES (12), (21); DELETE FROM p WHERE k = 30", "foreign key"),
    ] {
        let mut script = merged(&format!("{TABLE}{definition}{ROWS}{setup}"), sides.0, sides.1);
        assert_eq!(script.look("SELECT s FROM t WHERE k = 1"), ["30"], "{definition}");
        let found = script.look("SELECT DISTINCT violation_type FROM dolt_constraint_violations_t");
        assert_eq!(found, [violation], "{definition}");
    }
}

/// A check that one side wrote and the other side's rename left behind stopped the whole merge with an error.
#[test]
fn an_expression_that_the_other_side_leaves_behind_is_a_schema_conflict() {
    let mut script = merged(
        &format!("{TABLE}){ROWS}"),
        "ALTER TABLE t ADD CONSTRAINT small CHECK (a < 100)",
        "ALTER TABLE t DROP COLUMN s; ALTER TABLE t RENAME COLUMN a TO z",
    );
    let why = "one side does not fit the other: column not found: a";
    let found = script.look(&format!("SELECT table_name, description LIKE '%{why}' FROM dolt_schema_conflicts"));
    assert_eq!(found, ["t|1"]);
}
