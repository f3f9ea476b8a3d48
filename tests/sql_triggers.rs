//! Triggers: what SQLite does, what is refused, and that they are versioned as schemas are.

#[path = "common/sql.rs"]
mod sql;
#[path = "common/sqlite.rs"]
mod sqlite;

use prollite::Code;
use sql::{fail, refused, rows, run, session};
use sqlite::Both;

const TABLES: &[&str] = &[
    "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b TEXT UNIQUE)",
    "CREATE TABLE log (n INTEGER PRIMARY KEY AUTOINCREMENT, what TEXT)",
    "INSERT INTO t VALUES (1, 10, 'x'), (2, 20, 'y'), (3, 30, 'z')",
];

#[test]
fn rows_set_triggers_off() {
    let mut both = Both::new();
    both.agree(TABLES);
    both.agree(&[
        "CREATE TRIGGER ai AFTER INSERT ON t BEGIN INSERT INTO log (what) VALUES ('+' || NEW.id || NEW.b); END",
        "CREATE TRIGGER bu BEFORE UPDATE OF a ON t FOR EACH ROW WHEN NEW.a > OLD.a BEGIN
            INSERT INTO log (what) VALUES (OLD.a || '<' || NEW.a);
            INSERT INTO log (what) SELECT 'now ' || a FROM t WHERE id = NEW.id;
         END",
        "CREATE TRIGGER ad AFTER DELETE ON t BEGIN INSERT INTO log (what) VALUES ('-' || OLD.id || CASE WHEN OLD.a > 15 THEN 'big' ELSE 'small' END); END",
        "INSERT INTO t VALUES (4, 5, 'w'), (5, 6, 'v')",
        "SELECT what FROM log ORDER BY n",
        "UPDATE t SET a = a + 1 WHERE id < 3",
        "UPDATE t SET a = a - 1 WHERE id < 3",
        "UPDATE t SET b = b || '!'",
        "DELETE FROM t WHERE id IN (1, 5)",
        "SELECT what FROM log ORDER BY n",
        "SELECT * FROM t ORDER BY id",
        "REPLACE INTO t VALUES (2, 1, 'r')",
        "INSERT INTO t VALUES (2, 7, 'r') ON CONFLICT (id) DO UPDATE SET a = excluded.a",
        "SELECT what FROM log ORDER BY n",
        "DELETE FROM t",
        "SELECT count(*) FROM log",
        "DROP TRIGGER ad",
        "DROP TRIGGER ad",
        "DROP TRIGGER IF EXISTS ad",
        "CREATE TRIGGER ai AFTER INSERT ON t BEGIN SELECT 1; END",
        "CREATE TRIGGER IF NOT EXISTS ai AFTER INSERT ON t BEGIN SELECT 1; END",
        "CREATE TRIGGER x AFTER INSERT ON nowhere BEGIN SELECT 1; END",
    ]);
}

#[test]
fn triggers_change_their_own_table_and_each_other() {
    let mut both = Both::new();
    both.agree(TABLES);
    both.agree(&[
        "CREATE TABLE sums (k INTEGER PRIMARY KEY, total INTEGER)",
        "INSERT INTO sums VALUES (1, 60)",
        "CREATE TRIGGER keep_i AFTER INSERT ON t BEGIN UPDATE sums SET total = total + NEW.a; END",
        "CREATE TRIGGER keep_u AFTER UPDATE ON t BEGIN UPDATE sums SET total = total - OLD.a + NEW.a; END",
        "CREATE TRIGGER keep_d AFTER DELETE ON t BEGIN UPDATE sums SET total = total - OLD.a; END",
        // Sets keep_u off, and itself not again.
        "CREATE TRIGGER stamp AFTER INSERT ON t BEGIN UPDATE t SET a = a * 2, b = lower(b) WHERE id = NEW.id; END",
        "CREATE TRIGGER cascade AFTER UPDATE OF total ON sums WHEN NEW.total > 1000 BEGIN DELETE FROM t WHERE a = (SELECT max(a) FROM t); END",
        "INSERT INTO t VALUES (4, 7, 'NEW'), (5, 8, 'ALSO')",
        "SELECT * FROM t ORDER BY id",
        "SELECT total, (SELECT sum(a) FROM t) FROM sums",
        "UPDATE t SET a = 2000 WHERE id = 1",
        "SELECT * FROM t ORDER BY id",
        "SELECT total, (SELECT sum(a) FROM t) FROM sums",
        "SELECT id FROM t WHERE b = 'new'",
        "INSERT INTO t SELECT id + 100, a, b || '2' FROM t",
        "SELECT total, (SELECT sum(a) FROM t) FROM sums",
    ]);
}

#[test]
fn raise_refuses_rows_and_statements() {
    let mut both = Both::new();
    both.agree(TABLES);
    both.agree(&[
        "CREATE TRIGGER guard BEFORE INSERT ON t BEGIN
            SELECT RAISE(ABORT, 'too big') WHERE NEW.a > 100;
            SELECT CASE WHEN NEW.a < 0 THEN RAISE(IGNORE) END;
         END",
        "CREATE TRIGGER frozen BEFORE DELETE ON t WHEN OLD.id = 2 BEGIN SELECT RAISE(IGNORE); END",
        "INSERT INTO t VALUES (4, 200, 'a')",
        "INSERT INTO t VALUES (5, 5, 'b'), (6, -1, 'c'), (7, 7, 'd')",
        "INSERT INTO t VALUES (8, 8, 'e'), (9, 900, 'f')",
        "SELECT * FROM t ORDER BY id",
        "DELETE FROM t WHERE id < 4 RETURNING id",
        "SELECT * FROM t ORDER BY id",
        "SELECT RAISE(ABORT, 'x')",
    ]);
    let s = &mut session();
    run(s, "CREATE TABLE t (id INTEGER PRIMARY KEY, a INT); CREATE TRIGGER guard BEFORE INSERT ON t BEGIN SELECT RAISE(ABORT, 'no ' || NEW.id) WHERE NEW.a > 1; SELECT RAISE(IGNORE) WHERE NEW.a < 0; END;");
    refused(s, "INSERT INTO t VALUES (1, 1), (2, 2)", Code::Constraint, "no 2");
    assert_eq!(run(s, "INSERT INTO t VALUES (1, 1), (2, -1), (3, 0)"), 2);
    assert_eq!(rows(s, "SELECT id FROM t"), ["1", "3"]);
}

#[test]
fn foreign_key_actions_set_triggers_off() {
    let mut both = Both::new();
    both.agree(&[
        "PRAGMA foreign_keys = ON",
        "CREATE TABLE p (id INTEGER PRIMARY KEY)",
        "CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p (id) ON DELETE CASCADE ON UPDATE CASCADE)",
        "CREATE TABLE log (what TEXT)",
        "INSERT INTO p VALUES (1), (2)",
        "INSERT INTO c VALUES (10, 1), (11, 1), (20, 2)",
        "CREATE TRIGGER gone AFTER DELETE ON c BEGIN INSERT INTO log VALUES ('gone ' || OLD.id); END",
        "CREATE TRIGGER moved AFTER UPDATE OF p ON c BEGIN INSERT INTO log VALUES (OLD.p || '>' || NEW.p); END",
        "DELETE FROM p WHERE id = 1",
        "UPDATE p SET id = 5 WHERE id = 2",
        "SELECT what FROM log ORDER BY what",
        "SELECT * FROM c ORDER BY id",
    ]);
}

#[test]
fn triggers_are_versioned() {
    let s = &mut session();
    run(s, "CREATE TABLE t (id INTEGER PRIMARY KEY); CREATE TABLE log (id INT)");
    run(s, "CALL dolt_commit('-Am', 'tables')");
    run(s, "CALL dolt_checkout('-b', 'feature')");
    run(s, "CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO log VALUES (NEW.id); END");
    assert_eq!(rows(s, "SELECT table_name, status FROM dolt_status"), ["dolt_schemas|new table"]);
    run(s, "CALL dolt_commit('-Am', 'trigger')");
    assert_eq!(
        rows(s, "SELECT type, name, fragment FROM dolt_schemas"),
        ["trigger|tr|CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO log VALUES (NEW.id); END"]
    );
    run(s, "INSERT INTO t VALUES (1)");
    run(s, "CALL dolt_commit('-am', 'row')");
    run(s, "CALL dolt_checkout('main')");
    run(s, "INSERT INTO t VALUES (2)");
    assert_eq!(rows(s, "SELECT count(*) FROM log"), ["0"]);
    run(s, "CALL dolt_commit('-am', 'other row')");
    // A merge brings the trigger and both rows; it sets nothing off.
    run(s, "CALL dolt_merge('feature')");
    assert_eq!(rows(s, "SELECT id FROM log"), ["1"]);
    run(s, "INSERT INTO t VALUES (3)");
    assert_eq!(rows(s, "SELECT id FROM log ORDER BY id"), ["1", "3"]);
    assert_eq!(rows(s, "SELECT type, name, tbl_name FROM sqlite_master WHERE type = 'trigger'"), ["trigger|tr|t"]);
    // A view of the same name is another thing.
    run(s, "CREATE VIEW tr AS SELECT 1 AS one");
    assert_eq!(rows(s, "SELECT * FROM tr"), ["1"]);
    run(s, "ALTER TABLE t RENAME TO u");
    run(s, "INSERT INTO u VALUES (4)");
    assert_eq!(rows(s, "SELECT count(*) FROM log"), ["3"]);
    run(s, "DROP TABLE u");
    assert_eq!(rows(s, "SELECT type FROM dolt_schemas"), ["view"]);
}

#[test]
fn refusals_name_the_clause() {
    let s = &mut session();
    run(s, "CREATE TABLE t (id INTEGER PRIMARY KEY); CREATE VIEW v AS SELECT 1");
    let cases = [
        ("CREATE TRIGGER x INSTEAD OF INSERT ON v BEGIN SELECT 1; END", Code::Unsupported, "INSTEAD OF is not supported"),
        ("CREATE TRIGGER x AFTER INSERT ON v BEGIN SELECT 1; END", Code::Unsupported, "a trigger on view v is not supported"),
        ("CREATE TEMP TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; END", Code::Unsupported, "a temporary trigger, or one on a temporary table, is not supported"),
        ("CREATE TRIGGER x AFTER INSERT ON t BEGIN DROP TABLE t; END", Code::Unsupported, "trigger x: its statements are SELECT, INSERT, UPDATE and DELETE, without parameters"),
        ("CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT OLD.id; END", Code::ColumnNotFound, "column not found: OLD.id"),
        ("CREATE TRIGGER x AFTER UPDATE OF nix ON t BEGIN SELECT 1; END", Code::ColumnNotFound, "table t has no column nix"),
        ("CREATE TRIGGER x AFTER INSERT ON t FOR EACH ROW SET NEW.id = 1", Code::Syntax, "expected BEGIN, found `SET`"),
    ];
    for (sql, code, message) in cases {
        refused(s, sql, code, message);
    }
    let error = fail(s, "CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT RAISE(ROLLBACK, 'x'); END");
    assert_eq!(error.code(), Code::Unsupported);
}
