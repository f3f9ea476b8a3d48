//! Temporary tables and views: one session's, on no branch, in no commit.

#[path = "common/sql.rs"]
mod sql;
#[path = "common/sqlite.rs"]
mod sqlite;

use prollite::Code;
use sql::{fail, refused, rows, run, session, sessions};
use sqlite::Both;

#[test]
fn they_work_as_tables_do() {
    let mut both = Both::new();
    both.agree(&[
        "CREATE TABLE base (id INTEGER PRIMARY KEY, v TEXT)",
        "INSERT INTO base VALUES (1, 'a'), (2, 'b')",
        "CREATE TEMP TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, v TEXT UNIQUE, CHECK (v <> ''))",
        "CREATE TEMPORARY TABLE IF NOT EXISTS t (x)",
        "INSERT INTO t (v) SELECT v FROM base",
        "INSERT INTO t (v) VALUES ('a')",
        "INSERT INTO t (v) VALUES ('')",
        "INSERT INTO t (v) VALUES ('c') ON CONFLICT DO NOTHING",
        "INSERT INTO t (v) VALUES ('c') ON CONFLICT (v) DO UPDATE SET v = v || '!'",
        "UPDATE t SET id = id + 10 WHERE v = 'a'",
        "SELECT * FROM t ORDER BY id",
        "SELECT base.id, t.id FROM base JOIN t USING (v) ORDER BY 1",
        "CREATE TEMP VIEW w AS SELECT v FROM t WHERE id > 2",
        "SELECT * FROM w ORDER BY v",
        "BEGIN",
        "DELETE FROM t",
        "CREATE TEMP TABLE u AS SELECT 1 AS x",
        "ROLLBACK",
        "SELECT count(*) FROM t",
        "SELECT * FROM u",
        "SAVEPOINT s",
        "INSERT INTO t (v) VALUES ('gone')",
        "ROLLBACK TO s",
        "RELEASE s",
        "SELECT count(*) FROM t",
        "DROP VIEW w",
        "DROP TABLE t",
        "SELECT * FROM t",
        "CREATE TEMP TABLE t (x)",
        "SELECT * FROM t",
    ]);
}

#[test]
fn no_commit_no_branch_and_no_other_session_sees_them() {
    let (_, mut a, mut b) = sessions();
    run(&mut a, "CREATE TABLE base (id INTEGER PRIMARY KEY); CALL dolt_commit('-Am', 'base')");
    run(&mut a, "CREATE TEMP TABLE t (id INTEGER PRIMARY KEY, b INT); INSERT INTO t VALUES (1, 2), (3, 4); CREATE TEMP VIEW v AS SELECT id FROM t");
    assert_eq!(rows(&mut a, "SELECT count(*) FROM dolt_status"), ["0"]);
    assert_eq!(rows(&mut a, "SHOW TABLES"), ["base"]);
    assert_eq!(fail(&mut b, "SELECT * FROM t").code(), Code::TableNotFound);
    assert_eq!(fail(&mut b, "SELECT * FROM v").code(), Code::TableNotFound);
    // They outlive what replaces the branch's tables.
    run(&mut a, "CALL dolt_checkout('-b', 'feature')");
    run(&mut a, "INSERT INTO base SELECT id FROM t; INSERT INTO t VALUES (5, 6); CALL dolt_commit('-am', 'rows')");
    run(&mut b, "INSERT INTO base VALUES (9); CALL dolt_commit('-am', 'other')");
    run(&mut a, "CALL dolt_checkout('main')");
    run(&mut a, "CALL dolt_merge('feature')");
    assert_eq!(rows(&mut a, "SELECT id FROM base ORDER BY id"), ["1", "3", "9"]);
    assert_eq!(rows(&mut a, "SELECT * FROM t ORDER BY id"), ["1|2", "3|4", "5|6"]);
    assert_eq!(rows(&mut a, "SELECT * FROM v ORDER BY id"), ["1", "3", "5"]);
    run(&mut a, "CALL dolt_reset('--hard', 'HEAD~1'); CALL dolt_gc()");
    assert_eq!(rows(&mut a, "SELECT count(*) FROM t"), ["3"]);
    // A transaction that is merged onto what landed first, or rolled back.
    run(&mut a, "BEGIN; INSERT INTO base VALUES (20); INSERT INTO t VALUES (7, 8)");
    run(&mut b, "INSERT INTO base VALUES (21)");
    run(&mut a, "COMMIT");
    assert_eq!(rows(&mut a, "SELECT count(*) FROM t"), ["4"]);
    run(&mut a, "BEGIN; DELETE FROM t; DROP TABLE t; ROLLBACK");
    assert_eq!(rows(&mut a, "SELECT count(*) FROM t"), ["4"]);
    assert_eq!(rows(&mut a, "SELECT count(*) FROM base"), rows(&mut b, "SELECT count(*) FROM base"));
}

#[test]
fn what_they_cannot_is_said() {
    let s = &mut session();
    run(s, "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TEMP TABLE t (id INTEGER PRIMARY KEY, v TEXT); CREATE INDEX t_v ON t (v); INSERT INTO t VALUES (1, 'a')");
    assert_eq!(rows(s, "SELECT id FROM t WHERE v = 'a'"), ["1"]);
    refused(s, "CREATE INDEX late ON t (v)", Code::Unsupported, "the definition of temporary table t cannot change while it has rows");
    run(s, "CREATE TEMP TABLE e (x INT); ALTER TABLE e ADD COLUMN y INT DEFAULT 3; INSERT INTO e (x) VALUES (1)");
    assert_eq!(rows(s, "SELECT * FROM e"), ["1|3"]);
    run(s, "CREATE TEMP TABLE r (x INT)");
    refused(s, "ALTER TABLE r RENAME TO q", Code::Unsupported, "renaming temporary table r is not supported");
    refused(s, "CREATE TEMP TABLE c (p INT REFERENCES p (id))", Code::Unsupported, "a foreign key of temporary table c is not supported");
    refused(s, "CREATE TEMP TABLE p (x INT)", Code::Exists, "table p already exists");
    assert_eq!(fail(s, "INSERT INTO t VALUES (2, replace(hex(zeroblob(2000)), '00', 'x'))").code(), Code::RowTooLarge);
    assert_eq!(fail(s, "CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END").code(), Code::Unsupported);
}

#[test]
fn reindex_knows_its_names() {
    let s = &mut session();
    run(s, "CREATE TABLE t (a INT); CREATE INDEX i ON t (a); REINDEX; REINDEX t; REINDEX i; REINDEX nocase");
    refused(s, "REINDEX nothing", Code::TableNotFound, "no such table or index: nothing");
}

#[test]
fn limits_of_texts_can_be_left_out() {
    let s = &mut session();
    run(s, "CREATE TABLE t (a VARCHAR(3))");
    assert_eq!(fail(s, "INSERT INTO t VALUES ('long')").code(), Code::Type);
    run(s, "SET prollite_text_limits = off; INSERT INTO t VALUES ('long'); UPDATE t SET a = 'longer'; SET prollite_text_limits = on");
    assert_eq!(rows(s, "SELECT a FROM t"), ["longer"]);
    assert_eq!(fail(s, "INSERT INTO t VALUES ('long')").code(), Code::Type);
}
