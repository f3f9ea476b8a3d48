//! Changes of rows: what is written, what is refused, and that a statement is all or nothing.

#[path = "common/sql.rs"]
mod sql;

use prollite::tuple::Value;
use prollite::Code;
use sql::{fail, refused, rows, run, session};

#[test]
fn rows_come_and_go() {
    let s = &mut session();
    run(s, "CREATE TABLE t (id INT PRIMARY KEY, name TEXT, n INT DEFAULT 7)");
    assert_eq!(run(s, "INSERT INTO t VALUES (2, 'b', 1), (1, 'a', NULL)"), 2);
    assert_eq!(run(s, "INSERT INTO t (name, id) VALUES ('c', 3)"), 1);
    assert_eq!(rows(s, "SELECT * FROM t"), ["1|a|NULL", "2|b|1", "3|c|7"]);
    assert_eq!(run(s, "UPDATE t SET n = n + 10, name = 'x' WHERE id >= 2"), 2);
    assert_eq!(rows(s, "SELECT * FROM t"), ["1|a|NULL", "2|x|11", "3|x|17"]);
    assert_eq!(run(s, "DELETE FROM t WHERE name = 'x'"), 2);
    assert_eq!(run(s, "DELETE FROM t"), 1);
    assert_eq!(rows(s, "SELECT count(*) FROM t"), ["0"]);
}

#[test]
fn parameters_fill_values() {
    let s = &mut session();
    run(s, "CREATE TABLE t (id INT PRIMARY KEY, name TEXT)");
    for id in 0..3 {
        s.execute("INSERT INTO t VALUES (?, ?)", &[Value::Int(id), Value::from("x")]).unwrap();
    }
    assert_eq!(rows(s, "SELECT count(*) FROM t"), ["3"]);
    let error = s.execute("INSERT INTO t VALUES (?, ?)", &[Value::Int(9)]).unwrap_err();
    assert_eq!(error.message(), "the statement takes 2 parameters, 1 are given");
}

#[test]
fn keys_are_unique_within_and_across_statements() {
    let s = &mut session();
    run(s, "CREATE TABLE t (a INT, b TEXT, v INT, PRIMARY KEY (a, b))");
    refused(
        s,
        "INSERT INTO t VALUES (1, 'x', 1), (1, 'x', 2)",
        Code::Constraint,
        "UNIQUE constraint failed: t.a, t.b: (1, 'x') is there already (PRIMARY KEY)",
    );
    assert_eq!(rows(s, "SELECT count(*) FROM t"), ["0"]);
    run(s, "INSERT INTO t VALUES (1, 'x', 1), (1, 'y', 2)");
    refused(
        s,
        "INSERT INTO t VALUES (2, 'x', 1), (1, 'y', 3)",
        Code::Constraint,
        "UNIQUE constraint failed: t.a, t.b: (1, 'y') is there already (PRIMARY KEY)",
    );
    assert_eq!(rows(s, "SELECT count(*) FROM t"), ["2"]);
}

#[test]
fn unique_repeats_nulls_only() {
    let s = &mut session();
    run(s, "CREATE TABLE users (id INT PRIMARY KEY, email TEXT UNIQUE, x INT, UNIQUE KEY both (x, email))");
    run(s, "INSERT INTO users VALUES (1, 'a', 1), (2, NULL, 1), (3, NULL, 1)");
    refused(
        s,
        "INSERT INTO users VALUES (4, 'a', 2)",
        Code::Constraint,
        "UNIQUE constraint failed: users.email: 'a' is there already (email)",
    );
    refused(
        s,
        "INSERT INTO users VALUES (4, 'b', 2), (5, 'b', 3)",
        Code::Constraint,
        "UNIQUE constraint failed: users.email: 'b' is there already (email)",
    );
    refused(
        s,
        "UPDATE users SET email = 'a' WHERE id = 2",
        Code::Constraint,
        "UNIQUE constraint failed: users.email: 'a' is there already (email)",
    );
    // A row may keep what it has, and take what its holder gives up in the same statement.
    run(s, "UPDATE users SET email = 'a', x = 9 WHERE id = 1");
    run(s, "DELETE FROM users WHERE id = 1");
    run(s, "INSERT INTO users VALUES (6, 'a', 9)");
}

/// All rows are checked before any is written: keys shift and swap within one statement.
#[test]
fn rows_swap_keys_in_one_statement() {
    let s = &mut session();
    run(s, "CREATE TABLE t (id INT PRIMARY KEY, u INT UNIQUE)");
    run(s, "INSERT INTO t VALUES (1, 10), (2, 20), (3, 30)");
    assert_eq!(run(s, "UPDATE t SET id = 4 - id"), 3);
    assert_eq!(rows(s, "SELECT * FROM t"), ["1|30", "2|20", "3|10"]);
    assert_eq!(run(s, "UPDATE t SET id = id + 1, u = 40 - u"), 3);
    assert_eq!(rows(s, "SELECT * FROM t"), ["2|10", "3|20", "4|30"]);
    fail(s, "UPDATE t SET u = 10");
    refused(
        s,
        "UPDATE t SET id = 3 WHERE id = 2",
        Code::Constraint,
        "UNIQUE constraint failed: t.id: 3 is there already (PRIMARY KEY)",
    );
    assert_eq!(rows(s, "SELECT * FROM t"), ["2|10", "3|20", "4|30"]);
}

#[test]
fn not_null_and_check() {
    let s = &mut session();
    run(s, "CREATE TABLE t (id INT PRIMARY KEY, a INT NOT NULL, b INT CHECK (b > 0), CONSTRAINT ordered CHECK (a < b))");
    refused(s, "INSERT INTO t VALUES (1, NULL, 1)", Code::Constraint, "NOT NULL constraint failed: t.a");
    refused(s, "INSERT INTO t (id) VALUES (1)", Code::Constraint, "NOT NULL constraint failed: t.a");
    refused(
        s,
        "INSERT INTO t VALUES (1, -2, -1)",
        Code::Constraint,
        "CHECK constraint failed: t_chk_1 of t: b > 0, where b = -1",
    );
    refused(
        s,
        "INSERT INTO t VALUES (1, 5, 1)",
        Code::Constraint,
        "CHECK constraint failed: ordered of t: a < b, where a = 5, b = 1",
    );
    run(s, "INSERT INTO t VALUES (1, 5, NULL), (2, 1, 2)");
    fail(s, "UPDATE t SET b = 0 WHERE id = 2");
    assert_eq!(rows(s, "SELECT * FROM t"), ["1|5|NULL", "2|1|2"]);
    refused(s, "INSERT INTO t VALUES (NULL, 1, 2)", Code::Constraint, "NOT NULL constraint failed: t.id");
}

#[test]
fn types_are_rigid() {
    let s = &mut session();
    run(s, "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(3), e ENUM('a', 'b'), x)");
    for bad in [
        "INSERT INTO t VALUES ('one', 'a', 'a', 1)",
        "INSERT INTO t VALUES (1, 'abcd', 'a', 1)",
        "INSERT INTO t VALUES (1, 'abc', 'c', 1)",
    ] {
        assert_eq!(fail(s, bad).code(), Code::Type, "{bad}");
    }
    assert!(fail(s, "INSERT INTO t VALUES (1, 'abcd', 'a', 1)").message().starts_with("column t.v: "));
    run(s, "INSERT INTO t VALUES ('1', 12, 'b', 'any'), (2, 'x', NULL, 1.5)");
    assert_eq!(rows(s, "SELECT * FROM t"), ["1|12|b|any", "2|x|NULL|1.5"]);
}

#[test]
fn generated_columns_follow_their_sources() {
    let s = &mut session();
    run(s, "CREATE TABLE t (a INT PRIMARY KEY, c INT AS (b + 1) STORED, b INT GENERATED ALWAYS AS (a * 2) VIRTUAL)");
    run(s, "INSERT INTO t VALUES (1), (2)");
    run(s, "INSERT INTO t (a, b) VALUES (5, DEFAULT)");
    assert_eq!(rows(s, "SELECT * FROM t"), ["1|3|2", "2|5|4", "5|11|10"]);
    run(s, "UPDATE t SET a = 7 WHERE a = 5");
    assert_eq!(rows(s, "SELECT * FROM t WHERE a = 7"), ["7|15|14"]);
    refused(s, "INSERT INTO t (a, b) VALUES (9, 1)", Code::BadArgument, "column t.b is generated: it takes no value");
    refused(s, "UPDATE t SET b = 1", Code::BadArgument, "column t.b is generated: it takes no value");
    refused(
        s,
        "CREATE TABLE u (a INT AS (b), b INT AS (a))",
        Code::BadArgument,
        "generated column u.a depends on itself",
    );
}

#[test]
fn keys_are_drawn() {
    let s = &mut session();
    run(s, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
    run(s, "INSERT INTO t (v) VALUES ('a'), ('b')");
    run(s, "INSERT INTO t VALUES (10, 'c'), (NULL, 'd')");
    assert_eq!(rows(s, "SELECT * FROM t"), ["1|a", "2|b", "10|c", "11|d"]);
    run(s, "CREATE TABLE m (id INT NOT NULL AUTO_INCREMENT, v TEXT, PRIMARY KEY (id)) AUTO_INCREMENT = 100");
    run(s, "INSERT INTO m (v) VALUES ('a')");
    assert_eq!(rows(s, "SELECT last_insert_id()"), ["100"]);
    run(s, "DELETE FROM m");
    run(s, "INSERT INTO m (v) VALUES ('b')");
    assert_eq!(rows(s, "SELECT * FROM m"), ["101|b"]);
}

#[test]
fn conflicts_are_ignored_replaced_or_updated() {
    let s = &mut session();
    run(s, "CREATE TABLE t (id INT PRIMARY KEY, u INT UNIQUE, n INT NOT NULL DEFAULT 5)");
    run(s, "INSERT INTO t VALUES (1, 10, 1), (2, 20, 2), (3, 30, 3)");
    assert_eq!(run(s, "INSERT OR IGNORE INTO t VALUES (1, 99, 0), (4, 20, 0), (5, 50, 5), (6, 60, NULL)"), 1);
    assert_eq!(rows(s, "SELECT * FROM t"), ["1|10|1", "2|20|2", "3|30|3", "5|50|5"]);
    // One row may stand in the way of its key, another of its unique column: both go.
    assert_eq!(run(s, "REPLACE INTO t VALUES (1, 20, 9)"), 1);
    assert_eq!(rows(s, "SELECT * FROM t"), ["1|20|9", "3|30|3", "5|50|5"]);
    assert_eq!(run(s, "INSERT INTO t VALUES (3, 31, 4), (7, 70, 7) ON CONFLICT (id) DO UPDATE SET n = t.n + excluded.n"), 2);
    assert_eq!(run(s, "INSERT INTO t VALUES (3, 0, 0) ON CONFLICT DO NOTHING"), 0);
    assert_eq!(rows(s, "SELECT * FROM t"), ["1|20|9", "3|30|7", "5|50|5", "7|70|7"]);
    assert_eq!(run(s, "INSERT INTO t VALUES (3, 31, 4) ON DUPLICATE KEY UPDATE n = 0"), 1);
    fail(s, "INSERT INTO t VALUES (9, 20, 0) ON CONFLICT (id) DO NOTHING");
    assert_eq!(rows(s, "SELECT * FROM t"), ["1|20|9", "3|30|0", "5|50|5", "7|70|7"]);
}

#[test]
fn keyless_tables_count_their_rows() {
    let s = &mut session();
    run(s, "CREATE TABLE t (a INT, b TEXT)");
    run(s, "CREATE INDEX by_a ON t (a)");
    run(s, "INSERT INTO t VALUES (1, 'x'), (1, 'x'), (2, 'y')");
    run(s, "INSERT INTO t VALUES (1, 'x')");
    let mut all = rows(s, "SELECT * FROM t");
    all.sort();
    assert_eq!(all, ["1|x", "1|x", "1|x", "2|y"]);
    assert_eq!(run(s, "UPDATE t SET a = 2, b = 'y' WHERE a = 1"), 3);
    assert_eq!(rows(s, "SELECT * FROM t"), ["2|y", "2|y", "2|y", "2|y"]);
    assert_eq!(run(s, "DELETE FROM t"), 4);
    assert_eq!(rows(s, "SELECT count(*) FROM t"), ["0"]);
}

#[test]
fn returning_answers_what_was_written() {
    let s = &mut session();
    run(s, "CREATE TABLE t (id INTEGER PRIMARY KEY, v INT)");
    assert_eq!(rows(s, "INSERT INTO t (v) VALUES (5), (6) RETURNING id, v + 1"), ["1|6", "2|7"]);
    assert_eq!(rows(s, "UPDATE t SET v = 9 WHERE id = 2 RETURNING *"), ["2|9"]);
    assert_eq!(rows(s, "DELETE FROM t WHERE id = 1 RETURNING v"), ["5"]);
}

#[test]
fn rows_come_from_a_query() {
    let s = &mut session();
    run(s, "CREATE TABLE t (id INT PRIMARY KEY, v INT); INSERT INTO t VALUES (1, 10), (2, 20)");
    run(s, "CREATE TABLE u (x INT, y INT PRIMARY KEY, z INT DEFAULT 3)");
    assert_eq!(run(s, "INSERT INTO u (y, x) SELECT id, v FROM t"), 2);
    assert_eq!(rows(s, "SELECT * FROM u"), ["10|1|3", "20|2|3"]);
    assert_eq!(run(s, "INSERT INTO t SELECT id + 2, v FROM t"), 2);
    refused(
        s,
        "INSERT INTO u (y) SELECT id, v FROM t",
        Code::BadArgument,
        "table u: 1 columns are to be filled, 2 values are given",
    );
    assert_eq!(run(s, "CREATE TABLE c AS SELECT id, v FROM t"), 4);
    assert_eq!(rows(s, "SELECT count(*) FROM c"), ["4"]);
}

#[test]
fn what_is_not_there_is_named() {
    let s = &mut session();
    run(s, "CREATE TABLE t (id INT PRIMARY KEY)");
    refused(s, "INSERT INTO x VALUES (1)", Code::TableNotFound, "table not found: x");
    refused(s, "INSERT INTO t (y) VALUES (1)", Code::ColumnNotFound, "table t has no column y");
    refused(s, "UPDATE t SET y = 1", Code::ColumnNotFound, "table t has no column y");
    refused(s, "INSERT INTO t VALUES (1, 2)", Code::BadArgument, "table t: 1 columns are to be filled, 2 values are given");
}
