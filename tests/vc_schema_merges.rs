//! Merges of schemas from SQL: what changes of columns, keys and indexes on one side do to the rows of the other.

#[path = "common/sql.rs"]
#[allow(dead_code)]
mod common;

use common::{fail, rows, run, session};
use prollite::session::Session;
use prollite::Code;

/// `base` is committed; then `theirs` on a branch of that name, and `ours` on main.
fn diverged(base: &str, theirs: &str, ours: &str) -> Session {
    let mut s = session();
    run(&mut s, base);
    run(&mut s, "CALL dolt_commit('-Am', 'base'); CALL dolt_checkout('-b', 'theirs')");
    run(&mut s, theirs);
    run(&mut s, "CALL dolt_commit('-Am', 'theirs'); CALL dolt_checkout('main')");
    run(&mut s, ours);
    run(&mut s, "CALL dolt_commit('-Am', 'ours')");
    s
}

/// Merges both ways; the rows of `query`, which are the same.
#[track_caller]
fn merged(base: &str, theirs: &str, ours: &str, query: &str) -> Vec<String> {
    let found = [(theirs, ours), (ours, theirs)].map(|(theirs, ours)| {
        let mut s = diverged(base, theirs, ours);
        let answer = rows(&mut s, "CALL dolt_merge('theirs')").join("\n");
        assert!(answer.ends_with("|0|0|merge successful"), "{ours} merges {theirs}: {answer}");
        assert_eq!(rows(&mut s, "SELECT count(*) FROM dolt_status"), ["0"], "{ours} merges {theirs}");
        assert_eq!(rows(&mut s, "CALL dolt_verify()"), ["1|0|0|0"]);
        rows(&mut s, query)
    });
    assert_eq!(found[0], found[1], "whichever side is ours");
    found.into_iter().next().unwrap()
}

/// Merges both ways; the one schema conflict's description, each way.
#[track_caller]
fn refused(base: &str, theirs: &str, ours: &str) -> [String; 2] {
    [(theirs, ours), (ours, theirs)].map(|(theirs, ours)| {
        let mut s = diverged(base, theirs, ours);
        assert_eq!(rows(&mut s, "SELECT table_name FROM dolt_schema_conflicts"), Vec::<String>::new());
        let preview = "SELECT num_data_conflicts, num_schema_conflicts FROM dolt_preview_merge_conflicts_summary('main', 'theirs')";
        assert_eq!(rows(&mut s, preview), ["NULL|1"]);
        run(&mut s, "CALL dolt_merge('theirs')");
        let found = rows(&mut s, "SELECT description FROM dolt_schema_conflicts").join("\n");
        let root = rows(&mut s, "SELECT dolt_hashof_db('HEAD')");
        run(&mut s, "CALL dolt_merge('--abort')");
        assert_eq!(rows(&mut s, "SELECT dolt_hashof_db()"), root);
        found
    })
}

const TABLE: &str = "CREATE TABLE t (id INT PRIMARY KEY, j INT, s VARCHAR(10)); INSERT INTO t VALUES (1, 10, 'a'), (2, 20, 'b')";

/// The cells of the other side's new row were NULL after the merge.
#[test]
fn a_change_to_another_kind_of_type_loses_no_cells() {
    let found = refused(TABLE, "INSERT INTO t VALUES (3, 30, 'c')", "ALTER TABLE t MODIFY COLUMN j VARCHAR(20)");
    assert!(found[0].starts_with("incompatible column types for column 'j': VARCHAR(20) and "), "{found:?}");
    let found = refused(TABLE, "ALTER TABLE t DROP COLUMN j", "ALTER TABLE t MODIFY COLUMN j VARCHAR(20)");
    assert_eq!(found[0], "column j was changed on one side and dropped on the other");
    let (empty, text) = ("CREATE TABLE t (id INT PRIMARY KEY, j INT)", "ALTER TABLE t MODIFY COLUMN j VARCHAR(20)");
    let found = refused(empty, "ALTER TABLE t MODIFY COLUMN j DATE", text);
    assert_eq!(found[0], "different column definitions for our column j and their column j");
    // Where the other side left the table alone, nothing can be lost.
    let (ours, query) = ("ALTER TABLE t MODIFY COLUMN j VARCHAR(20)", "SELECT * FROM t");
    assert_eq!(merged(TABLE, "CREATE TABLE u (i INT)", ours, query), ["1|10|a", "2|20|b"]);
}

#[test]
fn a_narrower_type_is_refused_and_a_wider_one_merges() {
    let row = "INSERT INTO t VALUES (3, 30, 'c')";
    let found = refused(TABLE, row, "ALTER TABLE t MODIFY COLUMN s VARCHAR(9)");
    assert_eq!(found[0], "incompatible column types for column 's': VARCHAR(9) and VARCHAR(10)");
    let ours = "ALTER TABLE t MODIFY COLUMN s TEXT; UPDATE t SET s = 'a long text of ours' WHERE id = 1";
    assert_eq!(merged(TABLE, row, ours, "SELECT id, s FROM t ORDER BY id"), ["1|a long text of ours", "2|b", "3|c"]);
}

#[test]
fn a_changed_primary_key_is_refused() {
    for change in ["ALTER TABLE t MODIFY COLUMN id TINYINT", "ALTER TABLE t DROP PRIMARY KEY, ADD PRIMARY KEY (id, j)"] {
        let mut s = diverged(TABLE, change, "INSERT INTO t VALUES (3, 30, 'c')");
        let before = rows(&mut s, "SELECT dolt_hashof_db()");
        let error = fail(&mut s, "CALL dolt_merge('theirs')");
        assert_eq!((error.code(), error.message()), (Code::MergeConflict, "cannot merge because table t has different primary keys"));
        assert_eq!(fail(&mut s, "SELECT * FROM dolt_preview_merge_conflicts_summary('main', 'theirs')").code(), Code::MergeConflict);
        assert_eq!(rows(&mut s, "SELECT dolt_hashof_db(), is_merging FROM dolt_merge_status"), [format!("{}|0", before[0])]);
    }
    let (theirs, ours) = ("INSERT INTO t VALUES (3, 30, 'c')", "ALTER TABLE t MODIFY COLUMN id BIGINT; INSERT INTO t VALUES (5000000000, 0, 'd')");
    assert_eq!(merged(TABLE, theirs, ours, "SELECT id FROM t ORDER BY id"), ["1", "2", "3", "5000000000"]);
}

/// A default that reads other columns is computed for the other side's rows too.
#[test]
fn computed_defaults_reach_both_sides_rows() {
    let ours = "ALTER TABLE t ADD COLUMN c VARCHAR(40) DEFAULT (concat(s, '-', id)); INSERT INTO t VALUES (4, 40, 'd', 'own'); \
                CREATE INDEX c ON t (c)";
    let found = merged(TABLE, "INSERT INTO t VALUES (3, 30, 'c')", ours, "SELECT id, c FROM t ORDER BY id");
    assert_eq!(found, ["1|a-1", "2|b-2", "3|c-3", "4|own"]);
    let found = merged(TABLE, "UPDATE t SET s = 'x' WHERE id = 1", ours, "SELECT id FROM t WHERE c = 'a-1'");
    assert_eq!(found, ["1"]);
}

#[test]
fn a_dropped_column_leaves_the_indexes_of_the_other_side() {
    let ours = "CREATE INDEX both ON t (j, s); CREATE INDEX one ON t (j); INSERT INTO t VALUES (3, 30, 'c')";
    let indexes = "SELECT index_name, column_name FROM information_schema.statistics WHERE index_name <> 'PRIMARY'";
    assert_eq!(merged(TABLE, "ALTER TABLE t DROP COLUMN j", ours, indexes), ["both|s"]);
    assert_eq!(merged(TABLE, "ALTER TABLE t DROP COLUMN j", ours, "SELECT id FROM t WHERE s >= 'b' ORDER BY s"), ["2", "3"]);
    let found = refused(TABLE, "ALTER TABLE t DROP COLUMN j", "CREATE UNIQUE INDEX both ON t (j, s)");
    assert_eq!(found[0], "index both uses a column that the other side dropped");
}

#[test]
fn conflicts_can_be_errors() {
    let mut s = diverged(TABLE, "UPDATE t SET j = 11 WHERE id = 1", "UPDATE t SET j = 12 WHERE id = 1");
    assert_eq!(rows(&mut s, "SELECT @@dolt_allow_commit_conflicts"), ["1"]);
    run(&mut s, "SET dolt_allow_commit_conflicts = off");
    assert_eq!(fail(&mut s, "CALL dolt_merge('theirs')").code(), Code::MergeConflict);
    assert_eq!(fail(&mut s, "CALL dolt_cherry_pick('theirs')").code(), Code::MergeConflict);
    assert_eq!(rows(&mut s, "SELECT (SELECT count(*) FROM dolt_conflicts), (SELECT count(*) FROM dolt_status), j FROM t WHERE id = 1"), ["0|0|12"]);
    // A transaction takes them, and the next one resolves them.
    run(&mut s, "SET autocommit = 0; CALL dolt_merge('theirs')");
    assert_eq!(rows(&mut s, "SELECT num_conflicts FROM dolt_conflicts"), ["1"]);
    run(&mut s, "CALL dolt_merge('--abort'); COMMIT");
}
