//! Definitions: tables, columns, constraints, indexes, views.

#[path = "common/sql.rs"]
mod sql;

use prollite::Code;
use sql::{fail, refused, rows, run, session};

#[test]
fn columns_are_added_without_rewriting_and_dropped() {
    let s = &mut session();
    run(s, "CREATE TABLE t (id INT PRIMARY KEY, a TEXT)");
    run(s, "INSERT INTO t VALUES (1, 'x'), (2, 'y')");
    run(s, "ALTER TABLE t ADD COLUMN b INT NOT NULL DEFAULT 7, ADD c TEXT");
    run(s, "INSERT INTO t (id) VALUES (3)");
    assert_eq!(rows(s, "SELECT * FROM t"), ["1|x|7|NULL", "2|y|7|NULL", "3|NULL|7|NULL"]);
    run(s, "ALTER TABLE t ALTER COLUMN b SET DEFAULT 8");
    run(s, "INSERT INTO t (id) VALUES (4)");
    run(s, "ALTER TABLE t DROP COLUMN a");
    assert_eq!(rows(s, "SELECT * FROM t"), ["1|7|NULL", "2|7|NULL", "3|7|NULL", "4|8|NULL"]);
    run(s, "ALTER TABLE t ADD COLUMN d INT DEFAULT 1 FIRST, ADD COLUMN e INT AS (b * 2) AFTER id");
    assert_eq!(rows(s, "SELECT * FROM t WHERE id > 2"), ["1|3|14|7|NULL", "1|4|16|8|NULL"]);
    refused(
        s,
        "ALTER TABLE t ADD COLUMN z INT NOT NULL",
        Code::Constraint,
        "NOT NULL column t.z needs a DEFAULT: the table has rows",
    );
    refused(
        s,
        "ALTER TABLE t DROP COLUMN id",
        Code::Constraint,
        "column t.id cannot be dropped: it stands in the primary key",
    );
    fail(s, "ALTER TABLE t DROP COLUMN b");
    assert_eq!(rows(s, "SELECT * FROM t WHERE id = 1"), ["1|1|14|7|NULL"]);
}

#[test]
fn renames_reach_expressions_and_foreign_keys() {
    let s = &mut session();
    run(s, "CREATE TABLE p (id INT PRIMARY KEY, a INT CHECK (p.a > 0 AND a < 100), g INT AS (a + 1))");
    run(s, "CREATE TABLE c (id INT PRIMARY KEY, p INT REFERENCES p (id))");
    run(s, "INSERT INTO p VALUES (1, 5); INSERT INTO c VALUES (1, 1)");
    run(s, "ALTER TABLE p RENAME COLUMN a TO b");
    run(s, "ALTER TABLE p RENAME id TO key_of_p");
    run(s, "ALTER TABLE p RENAME TO q");
    run(s, "INSERT INTO q VALUES (2, 6); INSERT INTO c VALUES (2, 2)");
    refused(
        s,
        "INSERT INTO q VALUES (3, 0)",
        Code::Constraint,
        "CHECK constraint failed: p_chk_1 of q: q.b > 0 AND b < 100, where b = 0",
    );
    fail(s, "INSERT INTO c VALUES (3, 3)");
    assert_eq!(rows(s, "SELECT * FROM q"), ["1|5|6", "2|6|7"]);
    refused(s, "SELECT * FROM p", Code::TableNotFound, "table not found: p");
    run(s, "RENAME TABLE q TO r");
    assert_eq!(rows(s, "SELECT count(*) FROM r"), ["2"]);
}

#[test]
fn types_widen_and_change() {
    let s = &mut session();
    run(s, "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(3), n TEXT, KEY (n))");
    run(s, "INSERT INTO t VALUES (1, 'abc', '12'), (2, 'd', '7')");
    run(s, "ALTER TABLE t MODIFY COLUMN v VARCHAR(10) NOT NULL DEFAULT 'x', MODIFY n INT");
    run(s, "INSERT INTO t (id, n) VALUES (3, 5)");
    assert_eq!(rows(s, "SELECT * FROM t"), ["1|abc|12", "2|d|7", "3|x|5"]);
}

#[test]
fn a_column_that_cannot_change_stays() {
    let s = &mut session();
    run(s, "CREATE TABLE t (id INT PRIMARY KEY, v TEXT)");
    run(s, "INSERT INTO t VALUES (1, 'abc'), (2, NULL)");
    refused(s, "ALTER TABLE t MODIFY v TEXT NOT NULL", Code::Constraint, "NOT NULL constraint failed: t.v");
    assert_eq!(fail(s, "ALTER TABLE t MODIFY v INT").code(), Code::Type);
    run(s, "UPDATE t SET v = '5'");
    run(s, "ALTER TABLE t CHANGE v w BIGINT NOT NULL");
    run(s, "UPDATE t SET w = w + id");
    assert_eq!(rows(s, "SELECT * FROM t"), ["1|6", "2|7"]);
}

#[test]
fn primary_keys_come_and_go() {
    let s = &mut session();
    run(s, "CREATE TABLE t (a INT, b INT)");
    run(s, "INSERT INTO t VALUES (2, 1), (1, 1), (1, 1)");
    fail(s, "ALTER TABLE t ADD PRIMARY KEY (a)");
    run(s, "DELETE FROM t WHERE a = 1");
    run(s, "INSERT INTO t VALUES (1, 5)");
    run(s, "CREATE UNIQUE INDEX i ON t (b DESC)");
    run(s, "ALTER TABLE t ADD PRIMARY KEY (a DESC)");
    assert_eq!(rows(s, "SELECT * FROM t"), ["2|1", "1|5"]);
    fail(s, "INSERT INTO t VALUES (2, 2)");
    fail(s, "INSERT INTO t VALUES (3, 5)");
    run(s, "ALTER TABLE t DROP PRIMARY KEY");
    run(s, "INSERT INTO t VALUES (2, 2)");
    assert_eq!(rows(s, "SELECT count(*) FROM t"), ["3"]);
}

#[test]
fn indexes_are_built_from_rows() {
    let s = &mut session();
    run(s, "CREATE TABLE t (id INT PRIMARY KEY, a INT, b TEXT)");
    run(s, "INSERT INTO t VALUES (1, 1, 'x'), (2, 1, 'y'), (3, NULL, 'x'), (4, NULL, 'x')");
    refused(
        s,
        "CREATE UNIQUE INDEX u ON t (a)",
        Code::Constraint,
        "UNIQUE constraint failed: t.a: 1 is there already (u)",
    );
    run(s, "CREATE UNIQUE INDEX u ON t (a, b)");
    run(s, "CREATE UNIQUE INDEX IF NOT EXISTS u ON t (a, b)");
    refused(s, "CREATE INDEX u ON t (a)", Code::Exists, "index u already exists on t");
    fail(s, "INSERT INTO t VALUES (5, 1, 'y')");
    run(s, "CREATE UNIQUE INDEX part ON t (b) WHERE a IS NOT NULL");
    fail(s, "UPDATE t SET a = 5 WHERE id = 3");
    run(s, "UPDATE t SET a = 5, b = 'z' WHERE id = 3");
    run(s, "INSERT INTO t VALUES (6, NULL, 'z')");
    run(s, "DROP INDEX u");
    run(s, "INSERT INTO t VALUES (7, 1, 'w')");
    refused(s, "DROP INDEX u", Code::TableNotFound, "no such index: u");
    run(s, "DROP INDEX IF EXISTS u");
    run(s, "DROP INDEX part ON t");
}

#[test]
fn constraints_are_added_and_dropped() {
    let s = &mut session();
    run(s, "CREATE TABLE t (id INT PRIMARY KEY, a INT)");
    run(s, "INSERT INTO t VALUES (1, 5)");
    fail(s, "ALTER TABLE t ADD CONSTRAINT small CHECK (a < 5)");
    run(s, "ALTER TABLE t ADD CONSTRAINT small CHECK (a < 6)");
    fail(s, "INSERT INTO t VALUES (2, 6)");
    run(s, "ALTER TABLE t DROP CONSTRAINT small");
    run(s, "INSERT INTO t VALUES (2, 6)");
    run(s, "ALTER TABLE t ADD CONSTRAINT one UNIQUE (a)");
    fail(s, "INSERT INTO t VALUES (3, 6)");
    run(s, "ALTER TABLE t DROP INDEX one");
    run(s, "INSERT INTO t VALUES (3, 6)");
    refused(s, "ALTER TABLE t DROP CONSTRAINT one", Code::BadArgument, "table t has no constraint one");
}

#[test]
fn tables_and_views_share_names() {
    let s = &mut session();
    run(s, "CREATE TABLE t (id INT PRIMARY KEY)");
    refused(s, "CREATE TABLE T (x INT)", Code::Exists, "table T already exists");
    run(s, "CREATE TABLE IF NOT EXISTS t (other TEXT)");
    run(s, "CREATE VIEW v AS SELECT id FROM t");
    refused(s, "CREATE VIEW t AS SELECT 1", Code::Exists, "table t already exists");
    refused(s, "INSERT INTO v VALUES (1)", Code::ReadOnly, "cannot modify v: it is a view");
    run(s, "CREATE OR REPLACE VIEW v AS SELECT 1");
    run(s, "DROP VIEW v; DROP VIEW IF EXISTS v");
    run(s, "CREATE TABLE u LIKE t");
    run(s, "INSERT INTO u VALUES (1); TRUNCATE TABLE u");
    assert_eq!(rows(s, "SHOW TABLES"), ["t", "u"]);
    run(s, "DROP TABLE t, u");
    run(s, "DROP TABLE IF EXISTS t");
    refused(s, "DROP TABLE t", Code::TableNotFound, "table not found: t");
}

/// A table that was dropped and made again counts from the start, as nothing else holds it.
#[test]
fn a_new_table_of_an_old_name_counts_anew() {
    let s = &mut session();
    for _ in 0..2 {
        run(s, "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)");
        run(s, "INSERT INTO t (v) VALUES (1), (2)");
        assert_eq!(rows(s, "SELECT id FROM t"), ["1", "2"]);
        run(s, "DROP TABLE t");
    }
}

#[test]
fn descriptions() {
    let s = &mut session();
    run(
        s,
        "CREATE TABLE t (id INT AUTO_INCREMENT, a VARCHAR(10) NOT NULL DEFAULT 'x' COMMENT 'c', b INT,
         PRIMARY KEY (id), UNIQUE KEY ab (a, b), KEY (b))",
    );
    assert_eq!(
        rows(s, "DESCRIBE t"),
        ["id|int|NO|PRI|NULL|auto_increment", "a|varchar(10)|NO|MUL|'x'|", "b|int|YES|MUL|NULL|"]
    );
    assert_eq!(rows(s, "PRAGMA table_info(t)")[0], "0|id|INT|1|NULL|1");
    assert_eq!(rows(s, "SHOW INDEXES FROM t").len(), 4);
    let create = rows(s, "SHOW CREATE TABLE t").remove(0);
    let create = create.strip_prefix("t|").unwrap().to_string();
    run(s, "DROP TABLE t");
    run(s, &create);
    assert_eq!(rows(s, "SHOW CREATE TABLE t")[0], format!("t|{create}"));
}

/// Rows of a table without a key are known by their content, so a column more or less gives them new keys; and what is
/// generated can come out otherwise though its own column was left alone. Both left indexes that found nothing.
#[test]
fn indexes_follow_rows_that_an_alteration_moves() {
    let s = &mut session();
    run(s, "CREATE TABLE t (a INT, b TEXT, g INT GENERATED ALWAYS AS (a * 2) STORED, UNIQUE KEY by_g (g))");
    run(s, "CREATE INDEX by_b ON t (b) WHERE a > 1; INSERT INTO t (a, b) VALUES (1, 'x'), (2, 'y'), (3, 'y')");
    for alteration in [
        "ADD COLUMN h INT GENERATED ALWAYS AS (a + 7) STORED",
        "MODIFY COLUMN a DECIMAL(6,2)",
        "MODIFY COLUMN g INT GENERATED ALWAYS AS (a * 3) STORED",
        "DROP COLUMN h",
    ] {
        run(s, &format!("ALTER TABLE t {alteration}"));
        assert_eq!(rows(s, "CALL dolt_verify()"), ["1|0|0|0"], "{alteration}");
    }
    assert_eq!(rows(s, "SELECT a FROM t WHERE g = 6 AND b = 'y'"), ["2.00"]);
    refused(
        s,
        "ALTER TABLE t ALTER COLUMN g SET DEFAULT 1",
        Code::BadArgument,
        "generated column t.g takes no DEFAULT",
    );
}

#[test]
fn defaults_read_other_columns_of_their_row() {
    let s = &mut session();
    run(s, "CREATE TABLE t (id INT PRIMARY KEY, a TEXT DEFAULT 'x', b TEXT DEFAULT (concat(a, id)))");
    run(s, "INSERT INTO t (id) VALUES (1); INSERT INTO t (b, id, a) VALUES (DEFAULT, '2', 'y'), ('own', 3, DEFAULT)");
    assert_eq!(rows(s, "SELECT * FROM t"), ["1|x|x1", "2|y|y2", "3|x|own"]);
    run(s, "ALTER TABLE t ADD COLUMN c INT DEFAULT (id * 10) NOT NULL; ALTER TABLE t RENAME COLUMN a TO first");
    run(s, "INSERT INTO t (id, first) VALUES (4, 'z'); UPDATE t SET b = DEFAULT WHERE id = 3");
    assert_eq!(rows(s, "SELECT * FROM t"), ["1|x|x1|10", "2|y|y2|20", "3|x|x3|30", "4|z|z4|40"]);
    assert_eq!(fail(s, "CREATE TABLE u (id INT PRIMARY KEY, a TEXT DEFAULT (nowhere))").code(), Code::ColumnNotFound);
}

/// MySQL's: a dropped column leaves its indexes; one of it alone goes with it.
#[test]
fn a_dropped_column_leaves_its_indexes() {
    let s = &mut session();
    run(s, "CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT, INDEX one (a), INDEX two (a, b), UNIQUE INDEX three (id, b))");
    run(s, "INSERT INTO t VALUES (1, 9, 5), (2, 8, 4); ALTER TABLE t DROP COLUMN a");
    assert_eq!(rows(s, "SELECT index_name, column_name FROM information_schema.statistics WHERE index_name IN ('one', 'two')"), ["two|b"]);
    assert_eq!(rows(s, "SELECT id FROM t WHERE b = 4"), ["2"]);
    assert_eq!(rows(s, "CALL dolt_verify()"), ["1|0|0|0"]);
    assert_eq!(fail(s, "ALTER TABLE t DROP COLUMN b").code(), Code::Constraint);
}

/// The error once told bytes, and no name.
#[test]
fn a_table_that_finds_no_room_is_named() {
    let s = &mut session();
    let long = "n".repeat(500);
    run(s, "BEGIN");
    let create = |at: usize| format!("CREATE TABLE {long}{at} (id INT PRIMARY KEY)");
    let full = (0..200).find(|at| s.execute(&create(*at), &[]).is_err()).unwrap();
    let error = fail(s, &create(full));
    assert_eq!(error.code(), Code::BadArgument);
    assert!(error.message().starts_with(&format!("table {long}{full} finds no room beside {full} tables and 0 views")), "{error:?}");
    let error = fail(s, &format!("CREATE VIEW small AS SELECT '{}'", "x".repeat(1000)));
    assert!(error.message().starts_with("view small finds no room"), "{error:?}");
    run(s, "COMMIT");
    assert_eq!(rows(s, "SELECT COUNT(*) FROM information_schema.tables WHERE table_name LIKE 'nnn%'"), [full.to_string()]);
}
