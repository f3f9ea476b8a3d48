//! Recursive queries, set operations with ALL, row values, LATERAL and table functions: SQLite's answers where SQLite has
//! them, rows where it has not.

#[path = "common/sql.rs"]
mod sql;
#[path = "common/sqlite.rs"]
mod sqlite;

use prollite::Code;
use sql::{fail, refused, rows, run, session};
use sqlite::Both;

#[test]
fn recursive_queries() {
    let mut both = Both::new();
    both.agree(&[
        "CREATE TABLE org (name TEXT PRIMARY KEY, boss TEXT)",
        "INSERT INTO org VALUES ('Alice', NULL), ('Bob', 'Alice'), ('Cindy', 'Alice'), ('Dave', 'Bob'), ('Emma', 'Bob'), ('Fred', 'Cindy'), ('Gail', 'Cindy')",
        "CREATE TABLE edge (a INT, b INT)",
        "INSERT INTO edge VALUES (1, 2), (2, 3), (3, 1), (3, 4), (5, 6)",
    ]);
    both.agree(&[
        "WITH RECURSIVE c(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM c WHERE x < 10) SELECT x FROM c",
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c LIMIT 5",
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 4 OFFSET 1) SELECT x FROM c",
        "WITH c(x) AS (SELECT 1 UNION ALL SELECT x * 2 FROM c WHERE x < 100) SELECT sum(x), count(*) FROM c",
        "WITH RECURSIVE under(name, level) AS (VALUES ('Alice', 0) UNION ALL SELECT org.name, level + 1 FROM org JOIN under ON org.boss = under.name ORDER BY 2) SELECT substr('..........', 1, level * 3) || name FROM under",
        "WITH RECURSIVE under(name, level) AS (VALUES ('Alice', 0) UNION ALL SELECT org.name, level + 1 FROM org JOIN under ON org.boss = under.name ORDER BY 2 DESC) SELECT substr('..........', 1, level * 3) || name FROM under",
        "WITH RECURSIVE reach(n) AS (SELECT 1 UNION SELECT b FROM edge, reach WHERE a = n) SELECT n FROM reach ORDER BY n",
        "WITH RECURSIVE reach(n) AS (SELECT 5 UNION SELECT 1 UNION SELECT b FROM edge JOIN reach ON a = n) SELECT count(*), max(n) FROM reach",
        "WITH RECURSIVE f(a, b) AS (SELECT 0, 1 UNION ALL SELECT b, a + b FROM f WHERE b < 100) SELECT group_concat(a, ' ') FROM f",
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 5), d(y) AS (SELECT x * 10 FROM c) SELECT x, y FROM c JOIN d ON y = x * 10 ORDER BY x",
        "SELECT name, (WITH RECURSIVE up(n) AS (SELECT org.boss UNION ALL SELECT o.boss FROM org o JOIN up ON o.name = up.n WHERE o.boss IS NOT NULL) SELECT count(n) FROM up) FROM org ORDER BY name",
        "WITH RECURSIVE t(d, s) AS (SELECT 0, 'a' UNION ALL SELECT d + 1, s || 'b' FROM t WHERE d < 3 UNION ALL SELECT d + 1, s || 'c' FROM t WHERE d < 3) SELECT d, count(*) FROM t GROUP BY d",
        // Sudoku's inner idea: a step with a subquery that does not name the table.
        "WITH RECURSIVE n(x) AS (SELECT 2 UNION ALL SELECT x + 1 FROM n WHERE x < 30) SELECT x FROM n WHERE NOT EXISTS (SELECT 1 FROM n AS m WHERE m.x < n.x AND n.x % m.x = 0)",
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x, 1 FROM c) SELECT x FROM c",
        "WITH RECURSIVE c(x, y) AS (SELECT 1 UNION ALL SELECT x FROM c) SELECT x FROM c",
    ]);
}

#[test]
fn a_runaway_recursion_is_stopped() {
    let s = &mut session();
    run(s, "SET cte_max_recursion_rows = 1000");
    let error = fail(s, "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c");
    assert_eq!((error.code(), error.message()), (Code::Runaway, "recursive query c made more rows than it may; does it end?"));
    assert_eq!(rows(s, "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 1000) SELECT count(*) FROM c"), ["1000"]);
    refused(
        s,
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < (SELECT max(x) FROM c)) SELECT x FROM c",
        Code::Unsupported,
        "recursive table c in a subquery is not supported; join it",
    );
}

#[test]
fn common_tables_stream_when_they_are_read_once() {
    let s = &mut session();
    run(s, "CREATE TABLE t (id INTEGER PRIMARY KEY)");
    let plan = rows(s, "EXPLAIN WITH c AS (SELECT id FROM t) SELECT * FROM c");
    assert!(plan.iter().all(|line| !line.contains("shared")), "{plan:?}");
    let plan = rows(s, "EXPLAIN WITH c AS (SELECT id FROM t) SELECT * FROM c JOIN c AS d USING (id)");
    assert!(plan.iter().any(|line| line.contains("shared")), "{plan:?}");
    let plan = rows(s, "EXPLAIN WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT * FROM c LIMIT 1");
    assert!(plan.iter().any(|line| line.contains("recursion c, union all")), "{plan:?}");
}

#[test]
fn set_operations() {
    let mut both = Both::new();
    both.agree(&[
        "CREATE TABLE a (x INT, n TEXT COLLATE NOCASE)",
        "CREATE TABLE b (x INT, n TEXT)",
        "INSERT INTO a VALUES (1, 'A'), (1, 'a'), (2, 'b'), (NULL, NULL)",
        "INSERT INTO b VALUES (1, 'a'), (3, 'B'), (NULL, NULL)",
        "SELECT x FROM a INTERSECT SELECT x FROM b ORDER BY 1",
        "SELECT x FROM a EXCEPT SELECT x FROM b ORDER BY 1",
        "SELECT count(*) FROM (SELECT n FROM a UNION SELECT n FROM b)",
        "SELECT count(*) FROM (SELECT n FROM b UNION SELECT n FROM a)",
        "SELECT x FROM a UNION ALL SELECT x FROM b ORDER BY x DESC NULLS LAST LIMIT 4",
    ]);
    let s = &mut session();
    run(s, "CREATE TABLE a (x INT); CREATE TABLE b (x INT); INSERT INTO a VALUES (1), (1), (1), (2), (NULL), (NULL); INSERT INTO b VALUES (1), (1), (3), (NULL)");
    assert_eq!(rows(s, "SELECT x FROM a INTERSECT ALL SELECT x FROM b ORDER BY x"), ["NULL", "1", "1"]);
    assert_eq!(rows(s, "SELECT x FROM a EXCEPT ALL SELECT x FROM b ORDER BY x"), ["NULL", "1", "2"]);
    assert_eq!(rows(s, "SELECT x FROM b EXCEPT ALL SELECT x FROM a ORDER BY x"), ["3"]);
}

#[test]
fn row_values() {
    let mut both = Both::new();
    both.agree(&[
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a INT, b TEXT)",
        "INSERT INTO t VALUES (1, 1, 'x'), (2, 1, 'y'), (3, 2, 'x'), (4, NULL, 'x'), (5, 2, NULL)",
        "CREATE TABLE u (a INT, b TEXT)",
        "INSERT INTO u VALUES (1, 'y'), (2, NULL)",
        "SELECT id FROM t WHERE (a, b) = (1, 'y')",
        "SELECT id FROM t WHERE (a, b) > (1, 'x') ORDER BY id",
        "SELECT id, (a, b) <= (2, 'x'), (a, b) <> (1, 'x'), (a, b) IS (2, NULL), (a, b) IS NOT (2, NULL) FROM t ORDER BY id",
        "SELECT id, (a, b) IN (SELECT a, b FROM u), (a, b) NOT IN (SELECT a, b FROM u) FROM t ORDER BY id",
        "SELECT id, (a, b) IN (SELECT a, b FROM u WHERE a > 5), (a, b) IN (VALUES (1, 'x'), (2, 'x')) FROM t ORDER BY id",
        "SELECT id FROM t WHERE (a, b) = (SELECT a, b FROM u WHERE u.a = t.a) ORDER BY id",
        "SELECT id FROM t WHERE (id, a) BETWEEN (2, 0) AND (4, 9) ORDER BY id",
        "SELECT id FROM t WHERE EXISTS (SELECT 1 FROM u WHERE (u.a, u.b) = (t.a, t.b))",
        "UPDATE t SET (a, b) = (SELECT u.a * 10, u.b FROM u WHERE u.a = t.a) WHERE id IN (2, 4)",
        "UPDATE t SET (a, b) = (7, 'seven') WHERE id = 5",
        "SELECT * FROM t ORDER BY id",
        "SELECT (1, 2) = (1, 2, 3)",
        "SELECT (a, b) IN (SELECT a FROM u) FROM t",
        "UPDATE t SET (a, b) = (SELECT 1)",
    ]);
}

#[test]
fn lateral_queries() {
    let s = &mut session();
    run(s, "CREATE TABLE t (id INTEGER PRIMARY KEY, a INT); INSERT INTO t VALUES (1, 2), (2, 0), (3, 1)");
    run(s, "CREATE TABLE u (t INT, v INT); INSERT INTO u VALUES (1, 10), (1, 30), (1, 20), (3, 5)");
    for pushdown in ["on", "off"] {
        run(s, &format!("SET prollite_pushdown = {pushdown}"));
        let cases: &[(&str, &[&str])] = &[
            ("SELECT id, m.v FROM t, LATERAL (SELECT v FROM u WHERE u.t = t.id ORDER BY v DESC LIMIT 2) AS m ORDER BY id, v", &["1|20", "1|30", "3|5"]),
            ("SELECT id, top FROM t LEFT JOIN LATERAL (SELECT max(v) AS top FROM u WHERE u.t = t.id HAVING count(*) > 0) AS m ON 1 ORDER BY id", &["1|30", "2|NULL", "3|5"]),
            ("SELECT id, value FROM t, generate_series(1, t.a) ORDER BY id, value", &["1|1", "1|2", "3|1"]),
            ("SELECT id, value FROM t LEFT JOIN generate_series(1, a) ON value <> 1 ORDER BY id, value", &["1|2", "2|NULL", "3|NULL"]),
            ("SELECT id, (SELECT group_concat(value) FROM generate_series(t.id, 4)) FROM t ORDER BY id", &["1|1,2,3,4", "2|2,3,4", "3|3,4"]),
            ("SELECT t.id, x.n, y.m FROM t, LATERAL (SELECT t.a + 1 AS n) AS x, LATERAL (SELECT x.n * t.id AS m) AS y WHERE y.m > 1 ORDER BY 1", &["1|3|3", "2|1|2", "3|2|6"]),
            ("SELECT id FROM t WHERE EXISTS (SELECT 1 FROM generate_series(5, t.a + 3)) ORDER BY id", &["1"]),
        ];
        for (query, expected) in cases {
            assert_eq!(rows(s, query), *expected, "{query} (pushdown {pushdown})");
        }
    }
    let error = fail(s, "SELECT 1 FROM t RIGHT JOIN generate_series(1, t.a) ON 1");
    assert_eq!(error.code(), Code::Unsupported);
    assert_eq!(fail(s, "SELECT 1 FROM generate_series(1, t.a), t").code(), Code::ColumnNotFound);
}

#[test]
fn series() {
    let s = &mut session();
    assert_eq!(rows(s, "SELECT value FROM generate_series(1, 10, 4)"), ["1", "5", "9"]);
    assert_eq!(rows(s, "SELECT value FROM generate_series(3, 1, -1)"), ["3", "2", "1"]);
    assert_eq!(rows(s, "SELECT * FROM generate_series(5) LIMIT 2"), ["5", "6"]);
    assert_eq!(rows(s, "SELECT count(*) FROM generate_series(1, NULL)"), ["0"]);
    assert_eq!(rows(s, "SELECT n, stop FROM generate_series(9223372036854775806, 9223372036854775807) AS g(n)"), [
        "9223372036854775806|9223372036854775807",
        "9223372036854775807|9223372036854775807",
    ]);
    assert_eq!(rows(s, "SELECT a.value * b.value FROM generate_series(1, 2) a JOIN generate_series(3, 4) b ON a.value < b.value ORDER BY 1"), ["3", "4", "6", "8"]);
    refused(s, "SELECT * FROM generate_series()", Code::BadArgument, "generate_series() takes 1 to 3 arguments, got 0");
}

#[test]
fn correlated_subqueries_stand_everywhere() {
    let mut both = Both::new();
    both.agree(&[
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a INT)",
        "CREATE TABLE u (id INT, v INT)",
        "INSERT INTO t VALUES (1, 10), (2, 20), (3, 30)",
        "INSERT INTO u VALUES (1, 1), (1, 2), (3, 9)",
        "SELECT id, (SELECT sum(v) FROM u WHERE u.id = t.id) AS s FROM t ORDER BY (SELECT count(*) FROM u WHERE u.id = t.id) DESC, id",
        "SELECT (SELECT count(*) FROM u WHERE u.id = t.id) AS n, sum(a) FROM t GROUP BY n ORDER BY n",
        "SELECT (SELECT count(*) FROM u WHERE u.id = t.id), sum(a) FROM t GROUP BY 1 ORDER BY 1",
        "SELECT a, count(*) FROM t GROUP BY a HAVING EXISTS (SELECT 1 FROM u WHERE u.v * 10 = t.a) ORDER BY a",
        "SELECT max((SELECT sum(v) FROM u WHERE u.id = t.id)) FROM t",
        "SELECT t.id, u.v FROM t LEFT JOIN u ON u.id = t.id AND u.v = (SELECT max(v) FROM u AS w WHERE w.id = t.id) ORDER BY 1",
        "SELECT CASE WHEN a > (SELECT avg(a) FROM t) THEN 'high' ELSE 'low' END FROM t ORDER BY id",
        "SELECT id IN (SELECT id FROM u WHERE v > t.a / 10) FROM t ORDER BY id",
        "UPDATE t SET a = (SELECT coalesce(sum(v), 0) FROM u WHERE u.id = t.id) WHERE EXISTS (SELECT 1 FROM u WHERE u.id = t.id)",
        "DELETE FROM u WHERE v < (SELECT max(v) FROM u AS w WHERE w.id = u.id)",
        "SELECT * FROM t ORDER BY id",
        "SELECT * FROM u ORDER BY id, v",
        "INSERT INTO t SELECT id + 10, (SELECT max(a) FROM t AS s WHERE s.id <= t.id) FROM t",
        "SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS v ORDER BY 1 DESC",
        "SELECT a % 20 AS k, sum(a) FROM t GROUP BY k ORDER BY k NULLS LAST",
        "SELECT id FROM t ORDER BY a NULLS FIRST, id LIMIT 2",
    ]);
}
