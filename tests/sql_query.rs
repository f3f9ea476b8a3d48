//! Queries: what they answer, what they refuse, and that pushdown changes nothing.

#[path = "common/sql.rs"]
mod sql;

use prollite::session::Session;
use prollite::tuple::Value;
use prollite::Code;
use sql::{fail, rows, run, session};

/// Each query with its rows; with pushdown and without.
#[track_caller]
fn answers(session: &mut Session, cases: &[(&str, &[&str])]) {
    for pushdown in ["on", "off"] {
        run(session, &format!("SET prollite_pushdown = {pushdown}"));
        for (query, expected) in cases {
            assert_eq!(rows(session, query), *expected, "{query} (pushdown {pushdown})");
        }
    }
    run(session, "SET prollite_pushdown = on");
}

fn people() -> Session {
    let mut session = session();
    run(
        &mut session,
        "CREATE TABLE p (id INTEGER PRIMARY KEY, name TEXT, age INT, city TEXT COLLATE NOCASE, score REAL);
         CREATE INDEX p_age ON p (age);
         CREATE INDEX p_city ON p (city, name);
         INSERT INTO p VALUES (1, 'ann', 30, 'Rome', 1.5), (2, 'bob', NULL, 'rome', 2.0), (3, 'cy', 25, 'Oslo', NULL),
                              (4, 'dee', 30, NULL, -1.0), (5, 'eve', 41, 'OSLO', 2.5);
         CREATE TABLE v (person INT, visit DATE, cost DECIMAL(8, 2), PRIMARY KEY (person, visit));
         INSERT INTO v VALUES (1, '2024-01-05', 10.10), (1, '2024-02-01', 0.20), (3, '2024-01-05', 5), (9, '2024-03-01', 1);",
    );
    session
}

/// What GlueSQL 0.20 answers wrongly as it comes (reference of the design, section 5).
#[test]
fn the_executors_wrong_answers_are_not_given() {
    let s = &mut session();
    run(s, "CREATE TABLE t (id INTEGER PRIMARY KEY, a INT, b REAL); INSERT INTO t VALUES (3, NULL, 9.5), (4, 10, 10.0), (5, 7, 2.0)");
    run(s, "CREATE TABLE n (x INT); INSERT INTO n VALUES (1), (NULL)");
    answers(
        s,
        &[
            ("SELECT NULL OR TRUE, NULL AND FALSE, NULL OR FALSE, NULL AND TRUE", &["1|0|NULL|NULL"]),
            ("SELECT id FROM t WHERE a = 10 OR id = 3", &["3", "4"]),
            ("SELECT 5 NOT IN (1, NULL), 5 IN (5, NULL), NULL IN (SELECT 1), NULL IN ()", &["NULL|1|NULL|0"]),
            ("SELECT id FROM t WHERE id NOT IN (SELECT x FROM n)", &[]),
            ("SELECT a * 1.5 FROM t WHERE id = 5", &["10.5"]),
            ("SELECT id FROM t WHERE a > 9.5", &["4"]),
            ("SELECT id FROM t WHERE a = 10.0", &["4"]),
            ("SELECT x.id FROM t x JOIN t y ON x.a = y.b", &["4"]),
            ("SELECT id FROM t WHERE id = 4.0", &["4"]),
            ("SELECT id FROM t WHERE id = '4'", &["4"]),
            ("SELECT id FROM t WHERE id = 4.5", &[]),
            ("SELECT id FROM t WHERE id = NULL", &[]),
            ("SELECT id FROM t WHERE id IS NULL", &[]),
            ("SELECT id FROM t WHERE id > 3.5 AND id < 4.5", &["4"]),
            ("SELECT 7 / 2, -7 / 2, 7 % 3, 7 / 0, 7 % 0, 7 / 2.0", &["3|-3|1|NULL|NULL|3.5"]),
            ("SELECT typeof(9223372036854775807 + 1)", &["real"]),
            ("SELECT id FROM t ORDER BY a", &["3", "5", "4"]),
            ("SELECT a, count(*) FROM t GROUP BY 1 ORDER BY 1", &["NULL|1", "7|1", "10|1"]),
            ("SELECT count(*) FILTER (WHERE a > 7), sum(b) FROM t", &["1|21.5"]),
            ("SELECT t.id FROM t JOIN n ON 1 = n.x ORDER BY 1 LIMIT 1", &["3"]),
            ("SELECT 'a' || char(10) || 'b' LIKE 'a%b', '10%' LIKE '10\\%' ESCAPE '\\'", &["1|1"]),
            ("SELECT x FROM n ORDER BY x NULLS LAST", &["1", "NULL"]),
        ],
    );
    assert_eq!(rows(s, "SELECT SUM(a) OVER () FROM t"), ["17", "17", "17"]);
    assert_eq!(fail(s, "DELETE FROM t, n").code(), Code::Unsupported);
}

#[test]
fn keys_and_indexes_answer_what_a_scan_answers() {
    let s = &mut people();
    answers(
        s,
        &[
            ("SELECT name FROM p WHERE id BETWEEN 2 AND 3 ORDER BY id DESC", &["cy", "bob"]),
            ("SELECT name FROM p WHERE id IN (5, 1, 1, 7, NULL) ORDER BY id", &["ann", "eve"]),
            ("SELECT name FROM p WHERE age = 30 ORDER BY name", &["ann", "dee"]),
            ("SELECT name FROM p WHERE age IS NULL", &["bob"]),
            ("SELECT name FROM p WHERE age >= 30 AND age < 41 AND score > 0", &["ann"]),
            ("SELECT name FROM p WHERE city = 'ROME' ORDER BY name", &["ann", "bob"]),
            ("SELECT name FROM p WHERE city = 'oslo' AND name > 'd'", &["eve"]),
            ("SELECT name FROM p WHERE city COLLATE BINARY = 'Rome'", &["ann"]),
            ("SELECT visit FROM v WHERE person = 1 AND visit > '2024-1-31'", &["2024-02-01"]),
            ("SELECT person FROM v WHERE (person, visit) = (3, '2024-01-05')", &["3"]),
            ("SELECT person FROM v WHERE (person, visit) > (1, '2024-01-31') ORDER BY 1", &["1", "3", "9"]),
            ("SELECT max(id), min(id) FROM p", &["5|1"]),
            ("SELECT max(age) FROM p", &["41"]),
            ("SELECT min(age) FROM p", &["25"]),
            ("SELECT count(*) FROM p", &["5"]),
            ("SELECT name FROM p ORDER BY age DESC, id LIMIT 2 OFFSET 1", &["ann", "dee"]),
        ],
    );
}

/// The columns in an IN list were compared with their affinity, so that `1 IN (text_column)` could be true.
#[test]
fn what_stands_in_an_in_list_has_no_affinity() {
    let s = &mut session();
    run(s, "CREATE TABLE t (a TEXT, b INT); INSERT INTO t VALUES ('1', 1)");
    answers(s, &[("SELECT 1 IN (a), 1 = a, '1' IN (b), b IN (a), b = a FROM t", &["0|1|0|1|1"])]);
}

/// A key was looked up by a part of it, as if that were the whole, when an operand was not a value of its column's
/// type: rows were missing.
#[test]
fn a_key_that_cannot_be_encoded_is_searched_for() {
    let s = &mut session();
    run(s, "CREATE TABLE r (a REAL, b TEXT, PRIMARY KEY (a, b)); INSERT INTO r VALUES (9007199254740992.0, 'x'), (1.0, 'y')");
    run(s, "CREATE TABLE k (i INT, t TEXT); INSERT INTO k VALUES (9007199254740992, 'x'), (1, 'y'), (2, 'z')");
    answers(
        s,
        &[
            ("SELECT b FROM r WHERE a = 9007199254740992 AND b = 'x'", &["x"]),
            ("SELECT b FROM r WHERE a IN (9007199254740992, 1) AND b IN ('x', 'y') ORDER BY b", &["x", "y"]),
            ("SELECT b FROM k JOIN r ON r.a = k.i AND r.b = k.t ORDER BY b", &["x", "y"]),
            ("SELECT b FROM r WHERE a = 'abc' AND b = 'x'", &[]),
        ],
    );
}

#[test]
fn the_plan_says_how_a_query_runs() {
    let s = &mut people();
    run(s, "CREATE TABLE q (id INTEGER PRIMARY KEY, age INT, name TEXT); CREATE INDEX q_age ON q (age)");
    run(s, "INSERT INTO q SELECT a.id * 10 + b.id, b.id, 'x' FROM p a, p b");
    for (query, says) in [
        ("SELECT * FROM p WHERE id = 2", "by primary key (id): id = ?"),
        ("SELECT name FROM q WHERE age = 3", "by index q_age (age): age = ?"),
        ("SELECT count(*) FROM p", "count from the tree"),
        ("SELECT * FROM p ORDER BY id DESC LIMIT 1", "backwards"),
        ("UPDATE p SET name = 'x' WHERE id = 1", "by primary key (id): id = ?"),
        ("DELETE FROM p WHERE id > 3", "by primary key (id): id > ?"),
    ] {
        let plan = rows(s, &format!("EXPLAIN {query}")).join("\n");
        assert!(plan.contains(says), "{query}\n{plan}");
    }
    run(s, "SET prollite_pushdown = off");
    let plan = rows(s, "EXPLAIN SELECT * FROM p WHERE id = 2").join("\n");
    assert!(plan.contains("all rows"), "{plan}");
}

#[test]
fn joins_of_every_kind() {
    let s = &mut session();
    run(
        s,
        "CREATE TABLE a (x INT, y TEXT); INSERT INTO a VALUES (1, 'a1'), (2, 'a2'), (NULL, 'an');
         CREATE TABLE b (x INT, z TEXT); INSERT INTO b VALUES (2, 'b2'), (3, 'b3'), (2, 'B2'), (NULL, 'bn');
         CREATE TABLE c (x INTEGER PRIMARY KEY, w TEXT); INSERT INTO c VALUES (2, 'c2'), (3, 'c3');",
    );
    answers(
        s,
        &[
            ("SELECT y, z FROM a JOIN b ON a.x = b.x ORDER BY z", &["a2|B2", "a2|b2"]),
            ("SELECT y, z FROM a LEFT JOIN b ON a.x = b.x ORDER BY y, z", &["a1|NULL", "a2|B2", "a2|b2", "an|NULL"]),
            ("SELECT y, z FROM a RIGHT JOIN b ON a.x = b.x ORDER BY z", &["a2|B2", "a2|b2", "NULL|b3", "NULL|bn"]),
            (
                "SELECT y, z FROM a FULL JOIN b ON a.x = b.x ORDER BY y, z",
                &["NULL|b3", "NULL|bn", "a1|NULL", "a2|B2", "a2|b2", "an|NULL"],
            ),
            ("SELECT count(*) FROM a, b", &["12"]),
            ("SELECT count(*) FROM a CROSS JOIN b", &["12"]),
            ("SELECT * FROM a NATURAL JOIN c", &["2|a2|c2"]),
            ("SELECT * FROM b JOIN c USING (x) ORDER BY z", &["2|B2|c2", "2|b2|c2", "3|b3|c3"]),
            ("SELECT x, y, w FROM a FULL JOIN c USING (x) ORDER BY x, y", &["NULL|an|NULL", "1|a1|NULL", "2|a2|c2", "3|NULL|c3"]),
            ("SELECT y, w FROM a LEFT JOIN c ON a.x = c.x AND c.w > 'd' ORDER BY y", &["a1|NULL", "a2|NULL", "an|NULL"]),
            ("SELECT y FROM a LEFT JOIN c ON a.x = c.x WHERE c.x IS NULL ORDER BY y", &["a1", "an"]),
            ("SELECT y, w FROM (a JOIN b ON a.x = b.x) JOIN c ON c.x = b.x WHERE z = 'b2'", &["a2|c2"]),
            ("SELECT a.y, b.z, c.w FROM a, b, c WHERE a.x = b.x AND b.x = c.x ORDER BY z", &["a2|B2|c2", "a2|b2|c2"]),
            ("SELECT t.* FROM (SELECT x + 1 AS n, y FROM a) AS t JOIN c ON c.x = t.n ORDER BY n", &["2|a1", "3|a2"]),
        ],
    );
}

#[test]
fn subqueries_sets_and_common_tables() {
    let s = &mut people();
    answers(
        s,
        &[
            ("SELECT name FROM p WHERE EXISTS (SELECT 1 FROM v WHERE v.person = p.id) ORDER BY 1", &["ann", "cy"]),
            ("SELECT name, (SELECT sum(cost) FROM v WHERE person = p.id) FROM p WHERE id < 4", &["ann|10.30", "bob|NULL", "cy|5.00"]),
            ("SELECT name FROM p WHERE age > (SELECT avg(age) FROM p q WHERE q.city = p.city) ORDER BY 1", &["eve"]),
            ("SELECT name FROM p WHERE id IN (SELECT person FROM v) ORDER BY 1", &["ann", "cy"]),
            ("SELECT person FROM v EXCEPT SELECT id FROM p", &["9"]),
            ("SELECT person FROM v INTERSECT SELECT id FROM p ORDER BY 1", &["1", "3"]),
            ("SELECT 1 UNION SELECT 1.0 UNION ALL SELECT 2 ORDER BY 1 DESC", &["2", "1"]),
            ("WITH old AS (SELECT * FROM p WHERE age >= 30) SELECT a.name, b.name FROM old a JOIN old b ON a.id < b.id ORDER BY 1, 2",
             &["ann|dee", "ann|eve", "dee|eve"]),
            ("SELECT city, count(*), max(age), name FROM p GROUP BY city HAVING count(*) > 1 ORDER BY city", &["Oslo|2|41|eve", "Rome|2|30|ann"]),
            ("SELECT age % 10 AS d, group_concat(name, '+') FROM p WHERE age IS NOT NULL GROUP BY d ORDER BY d", &["0|ann+dee", "1|eve", "5|cy"]),
            ("SELECT count(DISTINCT city), count(DISTINCT age) FROM p", &["2|3"]),
            ("SELECT DISTINCT age FROM p ORDER BY age", &["NULL", "25", "30", "41"]),
            ("SELECT * FROM (VALUES (1, 'x'), (2, 'y')) AS t (n, s) WHERE n = 2", &["2|y"]),
            ("SELECT sum(a.n) FROM (SELECT 1 AS n UNION ALL SELECT 2) a", &["3"]),
        ],
    );
}

#[test]
fn parameters_variables_and_plans_that_are_kept() {
    let s = &mut people();
    for (id, name) in [(1, "ann"), (3, "cy"), (5, "eve")] {
        let outcome = s.execute("SELECT name FROM p WHERE id = ?", &[Value::Int(id)]).unwrap();
        assert_eq!(outcome.rows, [vec![Value::from(name)]]);
    }
    let outcome = s.execute("SELECT name FROM p WHERE id = ?", &[Value::Real(2.0)]).unwrap();
    assert_eq!(outcome.rows, [vec![Value::from("bob")]]);
    assert!(s.execute("SELECT name FROM p WHERE id = ?", &[Value::Null]).unwrap().rows.is_empty());
    let outcome = s.execute("SELECT :b || :a || :b", &[Value::from("x"), Value::from("y")]).unwrap();
    assert_eq!(outcome.rows, [vec![Value::from("xyx")]]);
    run(s, "SET @u = 1 + 2");
    assert_eq!(rows(s, "SELECT @u, @nothing"), ["3|NULL"]);
    // A kept plan does not outlive the schema that it was made for.
    assert_eq!(rows(s, "SELECT * FROM p WHERE id = 1"), ["1|ann|30|Rome|1.5"]);
    run(s, "ALTER TABLE p DROP COLUMN age");
    assert_eq!(rows(s, "SELECT * FROM p WHERE id = 1"), ["1|ann|Rome|1.5"]);
}

#[test]
fn decimals_dates_and_texts_compare_by_their_columns() {
    let s = &mut people();
    answers(
        s,
        &[
            ("SELECT sum(cost) FROM v", &["16.30"]),
            ("SELECT cost * 3 FROM v WHERE cost = 0.2", &["0.60"]),
            ("SELECT cost * 1.1 FROM v WHERE person = 1 AND cost > 10", &["11.110"]),
            ("SELECT person FROM v WHERE visit = '2024-1-5' ORDER BY 1", &["1", "3"]),
            ("SELECT person FROM v WHERE visit < '2024-01-06 12:00:00' AND cost < '6'", &["3"]),
            ("SELECT max(visit) FROM v", &["2024-03-01"]),
            ("SELECT name FROM p WHERE name = 1 OR name = 'CY' COLLATE NOCASE", &["cy"]),
            ("SELECT name FROM p WHERE age = '30' AND id = 1", &["ann"]),
        ],
    );
}

#[test]
fn errors_name_the_thing_and_its_place() {
    let s = &mut people();
    for (query, code, message, position) in [
        ("SELECT nme FROM p", Code::ColumnNotFound, "column not found: nme", Some(7)),
        ("SELECT name FROM p WHERE p.agee = 1", Code::ColumnNotFound, "column not found: p.agee", Some(25)),
        ("SELECT 1;\nSELECT * FROM nowhere", Code::TableNotFound, "table not found: nowhere", Some(24)),
        ("SELECT id FROM p a, p b", Code::ColumnNotFound, "column name is ambiguous: id", Some(7)),
        ("SELECT x.* FROM p", Code::TableNotFound, "table not found: x", Some(7)),
        ("SELECT name FROM p WHERE count(*) > 1", Code::Syntax, "aggregate count() may not stand here", None),
        ("SELECT nosuch(1)", Code::Unsupported, "no such function: nosuch()", Some(7)),
        ("SELECT 1 UNION SELECT 1, 2", Code::Type, "the sides of UNION have 1 and 2 columns", None),
        ("SELECT * FROM p ORDER BY 9", Code::ColumnNotFound, "ORDER BY 9 is out of range: there are 5 columns", None),
        ("WITH r (a, b) AS (SELECT 1) SELECT * FROM r", Code::Type, "table r has 1 values for 2 columns", None),
    ] {
        let error = fail(s, query);
        assert_eq!((error.code(), error.message(), error.position()), (code, message, position), "{query}");
    }
}
