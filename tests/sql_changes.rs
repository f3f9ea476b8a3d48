//! Changes in all their spellings: upserts, UPDATE FROM, DELETE USING, keys that move, definitions that change.

#[path = "common/sql.rs"]
mod sql;
#[path = "common/sqlite.rs"]
mod sqlite;

use prollite::Code;
use sql::{fail, rows, run, session};
use sqlite::Both;

#[test]
fn upserts_in_four_spellings() {
    let mut both = Both::new();
    both.agree(&[
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT UNIQUE, n INTEGER DEFAULT 0, CHECK (n < 100))",
        "INSERT INTO t VALUES (1, 'x', 1), (2, 'y', 2)",
        "INSERT OR IGNORE INTO t VALUES (1, 'z', 9), (3, 'y', 9), (4, 'w', 4)",
        "INSERT OR REPLACE INTO t VALUES (1, 'y', 5)",
        "SELECT * FROM t ORDER BY id",
        "REPLACE INTO t (id, a) VALUES (4, 'v')",
        "INSERT INTO t VALUES (4, 'q', 1) ON CONFLICT (id) DO UPDATE SET n = n + excluded.n, a = excluded.a || t.a",
        "INSERT INTO t VALUES (9, 'x', 1) ON CONFLICT (a) DO NOTHING",
        "INSERT INTO t VALUES (1, 'other', 7) ON CONFLICT DO NOTHING",
        "INSERT INTO t VALUES (1, 'y', 7), (5, 'e', 5) ON CONFLICT (id) DO UPDATE SET n = excluded.n WHERE excluded.n > t.n RETURNING id, n",
        "INSERT INTO t VALUES (1, 'y', 1) ON CONFLICT (id) DO UPDATE SET n = excluded.n WHERE excluded.n > t.n RETURNING id",
        "INSERT INTO t SELECT id, a || '!', n FROM t WHERE true ON CONFLICT (id) DO UPDATE SET a = excluded.a",
        "INSERT INTO t VALUES (1, 'y', 100) ON CONFLICT (id) DO UPDATE SET n = excluded.n",
        "INSERT INTO t VALUES (7, 'e!', 1) ON CONFLICT (id) DO UPDATE SET n = 5",
        "INSERT INTO t (a) VALUES ('auto') ON CONFLICT (a) DO UPDATE SET n = 1 RETURNING *",
        "INSERT INTO t VALUES (1, 'y', 1) ON CONFLICT (n) DO NOTHING",
        "SELECT * FROM t ORDER BY id",
        "UPDATE OR IGNORE t SET id = id + 1",
        "UPDATE OR REPLACE t SET a = 'same' WHERE id < 3",
        "SELECT * FROM t ORDER BY id",
    ]);
    let s = &mut session();
    run(s, "CREATE TABLE t (id INT PRIMARY KEY, n INT, m INT); INSERT INTO t VALUES (1, 10, 5)");
    run(s, "INSERT INTO t VALUES (1, 2, 3), (2, 4, 5) ON DUPLICATE KEY UPDATE n = n + VALUES(n), m = VALUES(m) + t.m");
    assert_eq!(rows(s, "SELECT * FROM t ORDER BY id"), ["1|12|8", "2|4|5"]);
    run(s, "INSERT INTO t VALUES (1, 1, 1) AS new ON DUPLICATE KEY UPDATE n = new.n + t.n, m = new.m");
    run(s, "INSERT INTO t SET id = 3, n = 7");
    run(s, "INSERT IGNORE INTO t VALUES (3, 0, 0)");
    assert_eq!(rows(s, "SELECT * FROM t ORDER BY id"), ["1|13|1", "2|4|5", "3|7|NULL"]);
    run(s, "CREATE TABLE d (id INT PRIMARY KEY AUTO_INCREMENT, a INT DEFAULT 7); INSERT INTO d VALUES (), (); INSERT INTO d () VALUES ()");
    assert_eq!(rows(s, "SELECT * FROM d"), ["1|7", "2|7", "3|7"]);
}

#[test]
fn updates_and_deletes() {
    let mut both = Both::new();
    both.agree(&[
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b TEXT)",
        "CREATE TABLE u (id INTEGER PRIMARY KEY, v INTEGER)",
        "INSERT INTO t VALUES (1, 1, 'a'), (2, 2, 'b'), (3, 3, 'c'), (4, 4, 'd')",
        "INSERT INTO u VALUES (1, 100), (3, 300)",
        "UPDATE t SET a = u.v FROM u WHERE u.id = t.id",
        "UPDATE t AS x SET b = x.b || y.b FROM t AS y WHERE y.id = x.id + 1 RETURNING id, b",
        "UPDATE t SET a = s.total FROM (SELECT sum(v) AS total FROM u) AS s WHERE t.id = 4",
        "SELECT * FROM t ORDER BY id",
        "UPDATE t SET id = 10 - id",
        "UPDATE t SET id = 8 WHERE id = 7",
        "SELECT * FROM t ORDER BY id",
        "UPDATE t SET a = a + 1, b = a WHERE id IN (SELECT id FROM t WHERE a > 100) RETURNING *",
        "UPDATE t SET nowhere = 1",
        "UPDATE t SET a = (SELECT max(v) FROM u WHERE u.v < t.a)",
        "DELETE FROM t AS x WHERE x.a IS NULL RETURNING id",
        "WITH big AS (SELECT id FROM t WHERE a >= 300) DELETE FROM t WHERE id IN (SELECT id FROM big)",
        "WITH k AS (SELECT 5 AS n) UPDATE t SET a = (SELECT n FROM k)",
        "WITH k(n) AS (VALUES (5)), l AS (SELECT n + 1 AS m FROM k) UPDATE t SET a = m FROM l WHERE t.a = (SELECT n FROM k) RETURNING a",
        "WITH k AS (SELECT 1) INSERT INTO t DEFAULT VALUES",
        "WITH src(id, v) AS (VALUES (50, 1), (51, 2)) INSERT INTO u SELECT id, v FROM src",
        "WITH RECURSIVE c(x) AS (SELECT 60 UNION ALL SELECT x + 1 FROM c WHERE x < 65) INSERT INTO u SELECT x, -x FROM c",
        "SELECT * FROM t ORDER BY id",
        "SELECT * FROM u ORDER BY id",
    ]);
    let s = &mut session();
    run(s, "CREATE TABLE t (id INT PRIMARY KEY, a INT); CREATE TABLE u (id INT); INSERT INTO t VALUES (1, 5), (2, 4), (3, 3), (4, 2); INSERT INTO u VALUES (1), (1), (3)");
    // SQLite looks for duplicates row by row, and refuses this.
    run(s, "UPDATE t SET id = id + 1; UPDATE t SET id = id - 1");
    run(s, "UPDATE t SET a = a * 10 ORDER BY a LIMIT 1");
    assert_eq!(rows(s, "SELECT a FROM t ORDER BY id"), ["5", "4", "3", "20"]);
    assert_eq!(run(s, "DELETE FROM t USING u WHERE u.id = t.id"), 2);
    assert_eq!(run(s, "DELETE FROM t ORDER BY a DESC LIMIT 1"), 1);
    assert_eq!(rows(s, "SELECT id FROM t"), ["2"]);
    run(s, "DELETE FROM t; INSERT INTO t VALUES (1, 5), (2, 4), (3, 3), (4, 2); CREATE TABLE v (id INT, w INT); INSERT INTO v VALUES (1, 7), (3, 9), (4, 0)");
    assert_eq!(run(s, "UPDATE t JOIN u ON u.id = t.id JOIN v ON v.id = u.id SET t.a = v.w WHERE v.w > 7"), 1);
    assert_eq!(run(s, "UPDATE t AS x, v SET x.a = x.a + v.w WHERE v.id = x.id AND v.id < 3"), 1);
    assert_eq!(rows(s, "SELECT * FROM t ORDER BY id"), ["1|12", "2|4", "3|9", "4|2"]);
    assert_eq!(run(s, "DELETE x FROM t AS x JOIN u ON x.id = u.id WHERE x.a < 10"), 1);
    assert_eq!(run(s, "DELETE t FROM v JOIN t ON t.id = v.id AND v.w = 0"), 1);
    assert_eq!(rows(s, "SELECT * FROM t ORDER BY id"), ["1|12", "2|4"]);
    assert_eq!(run(s, "UPDATE v JOIN t AS x ON v.id = x.id SET x.a = v.w + x.a, a = x.a + 1 WHERE v.w = 7"), 1);
    assert_eq!(rows(s, "SELECT * FROM t ORDER BY id"), ["1|13", "2|4"]);
    assert_eq!(fail(s, "UPDATE v JOIN t ON v.id = t.id SET z.a = 1").code(), Code::TableNotFound);
    assert_eq!(fail(s, "DELETE z FROM v JOIN t ON v.id = t.id").code(), Code::TableNotFound);
    assert_eq!(rows(s, "EXPLAIN WITH k AS (SELECT 1 AS n) DELETE FROM t WHERE id IN (SELECT n FROM k)").len(), 2);
    for sql in ["UPDATE t LEFT JOIN u ON t.id = u.id SET t.a = 1", "DELETE FROM t JOIN u ON t.id = u.id", "UPDATE t JOIN u ON u.id = t.id SET t.a = 1, u.id = 1"] {
        assert_eq!(fail(s, sql).code(), Code::Unsupported, "{sql}");
    }
}

#[test]
fn definitions_change() {
    let mut both = Both::new();
    both.agree(&[
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b TEXT)",
        "INSERT INTO t VALUES (1, 10, 'x'), (2, 20, 'y')",
        "ALTER TABLE t ADD COLUMN c INTEGER DEFAULT 5",
        "ALTER TABLE t ADD COLUMN d TEXT NOT NULL DEFAULT 'none'",
        "ALTER TABLE t ADD COLUMN e TEXT NOT NULL",
        "ALTER TABLE t ADD COLUMN g INTEGER AS (a * 2)",
        "SELECT * FROM t ORDER BY id",
        "ALTER TABLE t RENAME COLUMN a TO z",
        "SELECT z, g FROM t ORDER BY id",
        "ALTER TABLE t DROP COLUMN b",
        "ALTER TABLE t RENAME TO u",
        "INSERT INTO u (id, z) VALUES (3, 30)",
        "SELECT * FROM u ORDER BY id",
        "CREATE TABLE copy AS SELECT id, z * 2 AS twice FROM u",
        "SELECT * FROM copy ORDER BY id",
        "ALTER TABLE u DROP COLUMN z",
        "ALTER TABLE u DROP COLUMN id",
    ]);
}

#[test]
fn foreign_keys_are_checked_at_the_statements_end() {
    let mut both = Both::new();
    both.agree(&[
        "PRAGMA foreign_keys = ON",
        "CREATE TABLE n (id INTEGER PRIMARY KEY, up INTEGER REFERENCES n (id))",
        "INSERT INTO n VALUES (1, 2), (2, 1)",
        "INSERT INTO n VALUES (3, 4)",
        "UPDATE n SET id = id + 10, up = up + 10",
        "DELETE FROM n WHERE id = 11",
        "DELETE FROM n",
        "CREATE TABLE p (id INTEGER PRIMARY KEY, k TEXT UNIQUE)",
        "CREATE TABLE a (id INTEGER PRIMARY KEY, p INTEGER DEFAULT 9 REFERENCES p (id) ON DELETE SET DEFAULT ON UPDATE SET NULL)",
        "CREATE TABLE b (id INTEGER PRIMARY KEY, k TEXT REFERENCES p (k) ON UPDATE CASCADE ON DELETE RESTRICT)",
        "INSERT INTO p VALUES (1, 'one'), (2, 'two'), (9, 'nine')",
        "INSERT INTO a VALUES (1, 1), (2, 2)",
        "INSERT INTO b VALUES (1, 'two')",
        "DELETE FROM p WHERE id = 1",
        "UPDATE p SET id = 3, k = 'three' WHERE id = 2",
        "DELETE FROM p WHERE id = 3",
        "DELETE FROM p WHERE id = 9",
        "SELECT * FROM a ORDER BY id",
        "SELECT * FROM b ORDER BY id",
        "SELECT * FROM p ORDER BY id",
        "INSERT INTO a VALUES (7, 77)",
        "REPLACE INTO p VALUES (9, 'neun')",
        "SELECT * FROM a ORDER BY id",
    ]);
}
