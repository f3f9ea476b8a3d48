//! Window functions: what SQLite answers, what is refused, and that rows stream.

#[path = "common/sql.rs"]
mod sql;
#[path = "common/sqlite.rs"]
mod sqlite;

use prollite::Code;
use sql::{fail, refused, rows, run, session};
use sqlite::Both;

const TABLES: &[&str] = &[
    "CREATE TABLE t (id INTEGER PRIMARY KEY, g TEXT, a INTEGER, r REAL)",
    "INSERT INTO t VALUES (1, 'x', 3, 0.5), (2, 'x', 1, 1.5), (3, 'x', 3, NULL), (4, 'y', NULL, 2.0), (5, 'y', 7, -1.0),
     (6, NULL, 7, 0.0), (7, NULL, 2, 0.25), (8, 'x', 4, 9.0), (9, 'y', NULL, 3.5)",
    "CREATE INDEX t_ga ON t (g, a)",
];

#[test]
fn ranks_and_offsets() {
    let mut both = Both::new();
    both.agree(TABLES);
    both.agree(&[
        "SELECT id, row_number() OVER (ORDER BY id) FROM t ORDER BY id",
        "SELECT id, rank() OVER w, dense_rank() OVER w, percent_rank() OVER w, cume_dist() OVER w FROM t WINDOW w AS (PARTITION BY g ORDER BY a) ORDER BY id",
        "SELECT id, ntile(4) OVER (ORDER BY id), ntile(2) OVER (PARTITION BY g ORDER BY id), ntile(20) OVER (ORDER BY id) FROM t ORDER BY id",
        "SELECT id, lag(a) OVER w, lead(a) OVER w, lag(a, 2, -1) OVER w, lead(a, 3, id) OVER w, lag(a, 0) OVER w FROM t WINDOW w AS (ORDER BY id) ORDER BY id",
        "SELECT id, lag(a, id % 3) OVER (ORDER BY id), lead(r, 1, 'none') OVER (PARTITION BY g ORDER BY id DESC) FROM t ORDER BY id",
        "SELECT id, first_value(a) OVER w, last_value(a) OVER w, nth_value(a, 2) OVER w, nth_value(id, id) OVER w FROM t WINDOW w AS (PARTITION BY g ORDER BY id) ORDER BY id",
        "SELECT id, first_value(a) OVER w, last_value(a) OVER w, nth_value(a, 2) OVER w FROM t WINDOW w AS (ORDER BY id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING) ORDER BY id",
        "SELECT id, first_value(id) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 2 PRECEDING) FROM t ORDER BY id",
        "SELECT id, rank() OVER (ORDER BY a DESC NULLS LAST), rank() OVER (ORDER BY a NULLS LAST) FROM t ORDER BY id",
        "SELECT nth_value(a, 0) OVER (ORDER BY id) FROM t",
        "SELECT ntile(0) OVER (ORDER BY id) FROM t",
    ]);
}

#[test]
fn aggregates_over_frames() {
    let mut both = Both::new();
    both.agree(TABLES);
    both.agree(&[
        "SELECT id, sum(a) OVER (), count(*) OVER (PARTITION BY g), avg(r) OVER (PARTITION BY g) FROM t ORDER BY id",
        "SELECT id, sum(a) OVER (ORDER BY id), sum(a) OVER (ORDER BY g), total(r) OVER (ORDER BY a) FROM t ORDER BY id",
        "SELECT id, min(a) OVER w, max(a) OVER w, sum(r) OVER w, group_concat(id, '-') OVER w FROM t WINDOW w AS (ORDER BY id ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING) ORDER BY id",
        "SELECT id, sum(a) OVER (ORDER BY a RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING), count(*) OVER (ORDER BY a DESC RANGE BETWEEN 2 PRECEDING AND CURRENT ROW) FROM t ORDER BY id",
        "SELECT id, count(*) OVER (ORDER BY r RANGE BETWEEN 0.5 PRECEDING AND 1.5 FOLLOWING) FROM t ORDER BY id",
        "SELECT id, count(*) OVER (ORDER BY g RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING), count(*) OVER (ORDER BY a NULLS LAST RANGE 1 PRECEDING) FROM t ORDER BY id",
        "SELECT id, sum(id) OVER (ORDER BY a GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING), sum(id) OVER (ORDER BY g GROUPS 1 PRECEDING) FROM t ORDER BY id",
        "SELECT id, sum(id) OVER (ORDER BY id ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING), sum(id) OVER (PARTITION BY g ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM t ORDER BY id",
        "SELECT id, sum(a) FILTER (WHERE a > 2) OVER (ORDER BY id ROWS 2 PRECEDING), count(*) FILTER (WHERE g = 'x') OVER () FROM t ORDER BY id",
        "SELECT id, sum(a) OVER (ORDER BY id ROWS BETWEEN 3 FOLLOWING AND 1 FOLLOWING), count(a) OVER (ORDER BY id ROWS BETWEEN 4 FOLLOWING AND 5 FOLLOWING) FROM t ORDER BY id",
        "SELECT g, sum(a), rank() OVER (ORDER BY sum(a)), sum(sum(a)) OVER (ORDER BY g) FROM t GROUP BY g ORDER BY g",
        "SELECT id, sum(a) OVER (w ROWS 1 PRECEDING), sum(a) OVER v FROM t WINDOW w AS (PARTITION BY g ORDER BY id), v AS (w ROWS UNBOUNDED PRECEDING) ORDER BY id",
        "SELECT DISTINCT count(*) OVER (PARTITION BY g) AS n FROM t ORDER BY n",
        "SELECT id FROM t ORDER BY row_number() OVER (ORDER BY r DESC), id",
        "SELECT * FROM (SELECT id, row_number() OVER (PARTITION BY g ORDER BY id DESC) AS n FROM t) WHERE n = 1 ORDER BY id",
        "SELECT id, (SELECT max(n) FROM (SELECT row_number() OVER (ORDER BY u.id) AS n FROM t AS u WHERE u.id <= t.id)) FROM t ORDER BY id",
        "SELECT a + sum(a) OVER (ORDER BY id) * 2 AS x, CASE WHEN lag(id) OVER (ORDER BY id) IS NULL THEN 'first' ELSE 'later' END FROM t ORDER BY id LIMIT 4",
        "SELECT id FROM t WHERE row_number() OVER (ORDER BY id) = 1",
        "SELECT sum(row_number() OVER (ORDER BY id)) FROM t",
        "SELECT row_number() FROM t",
        "SELECT sum(a) OVER nowhere FROM t",
        "SELECT sum(a) OVER (w PARTITION BY a) FROM t WINDOW w AS (PARTITION BY g)",
        "SELECT sum(a) OVER (ORDER BY id ROWS -1 PRECEDING) FROM t",
        "SELECT sum(a) OVER (ORDER BY id, a RANGE 1 PRECEDING) FROM t",
        "SELECT sum(a) OVER (ORDER BY id ROWS BETWEEN CURRENT ROW AND 1 PRECEDING) FROM t",
    ]);
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }
    fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str { list[self.below(list.len())] }
}

fn edge(random: &mut Random, unit: &str) -> String {
    let n = if unit == "RANGE" { random.pick(&["0", "1", "2", "1.5"]) } else { random.pick(&["0", "1", "2", "3"]) };
    match random.below(4) {
        0 => "CURRENT ROW".to_string(),
        1 => format!("{n} PRECEDING"),
        2 => format!("{n} FOLLOWING"),
        _ => "UNBOUNDED".to_string(),
    }
}

/// Random calls, partitions, orders and frames over random rows. What depends on the order of peers is given one.
#[test]
fn frames_agree_with_sqlite() {
    let cases = std::env::var("PROLLITE_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(12);
    for case in 1..=cases {
        let mut random = Random(case);
        let mut both = Both::new();
        both.agree(&["CREATE TABLE t (id INTEGER PRIMARY KEY, g TEXT, a INTEGER, r REAL)", "CREATE INDEX t_a ON t (a)"]);
        for id in 0..random.below(30) {
            let g = random.pick(&["'x'", "'y'", "NULL"]);
            let a = random.pick(&["NULL", "1", "2", "3", "5", "8"]);
            let r = random.pick(&["NULL", "0.5", "1.0", "-2.25", "4.0"]);
            both.agree(&[&format!("INSERT INTO t VALUES ({id}, {g}, {a}, {r})")]);
        }
        for _ in 0..25 {
            let call = random.pick(&[
                "sum(a)", "count(a)", "count(*)", "min(a)", "max(r)", "total(r)", "avg(a)", "group_concat(id)", "sum(r)",
                "first_value(id)", "last_value(id)", "nth_value(id, 2)", "lag(id)", "lead(id, 2, -1)", "row_number()",
                "rank()", "dense_rank()", "percent_rank()", "cume_dist()", "ntile(3)", "lag(a, 2)",
            ]);
            let filter = if call.contains("(a)") && random.below(4) == 0 { " FILTER (WHERE id % 2 = 0)" } else { "" };
            let partition = random.pick(&["", "PARTITION BY g ", "PARTITION BY g, a % 2 ", "PARTITION BY r "]);
            let unit = random.pick(&["ROWS", "RANGE", "GROUPS"]);
            let (from, to) = (edge(&mut random, unit), edge(&mut random, unit));
            let from = if from == "UNBOUNDED" { "UNBOUNDED PRECEDING".to_string() } else { from };
            let to = if to == "UNBOUNDED" { "UNBOUNDED FOLLOWING".to_string() } else { to };
            let direction = random.pick(&["", " DESC", " NULLS LAST", " DESC NULLS FIRST"]);
            let has_peers = matches!(call, "rank()" | "dense_rank()" | "percent_rank()" | "cume_dist()");
            let order = match unit {
                _ if has_peers => format!("ORDER BY a{direction}"),
                "RANGE" => format!("ORDER BY {}{direction}", if call.contains("id") || call.ends_with("2)") { "id" } else { "a" }),
                _ => format!("ORDER BY {}{direction}, id", random.pick(&["a", "g", "r"])),
            };
            let order = if call.starts_with('n') || call.starts_with('l') || call.starts_with("row") { "ORDER BY r, id".to_string() } else { order };
            let frame = if random.below(4) == 0 { String::new() } else { format!(" {unit} BETWEEN {from} AND {to}") };
            let frame = if unit == "RANGE" && order.contains(',') { String::new() } else { frame };
            both.agree(&[&format!("SELECT id, {call}{filter} OVER ({partition}{order}{frame}) FROM t ORDER BY id")]);
        }
    }
}

#[test]
fn rows_stream_through_sorted_windows() {
    let s = &mut session();
    run(s, "CREATE TABLE t (id INTEGER PRIMARY KEY, a INT)");
    let values: Vec<String> = (0..3000).map(|id| format!("({id}, {})", id % 7)).collect();
    run(s, &format!("INSERT INTO t VALUES {}", values.join(", ")));
    let plan = rows(s, "EXPLAIN SELECT sum(a) OVER (ORDER BY id) FROM t LIMIT 3");
    assert!(plan.iter().all(|line| !line.contains("sort")), "{plan:?}");
    assert_eq!(rows(s, "SELECT sum(a) OVER (ORDER BY id) FROM t LIMIT 3"), ["0", "1", "3"]);
    assert_eq!(
        rows(s, "SELECT count(*), sum(x), max(m) FROM (SELECT sum(a) OVER (ORDER BY id ROWS 9 PRECEDING) AS x, max(a) OVER (ORDER BY id ROWS 9 PRECEDING) AS m FROM t)"),
        ["3000|89820|6"]
    );
}

#[test]
fn refusals_name_the_clause() {
    let s = &mut session();
    run(s, "CREATE TABLE t (id INTEGER PRIMARY KEY, a INT)");
    refused(s, "SELECT a FROM t WHERE rank() OVER (ORDER BY id) = 1", Code::Syntax, "window function rank() may not stand here");
    refused(s, "SELECT rank() FROM t", Code::Syntax, "rank() is a window function: OVER is missing");
    refused(s, "SELECT lower(a) OVER () FROM t", Code::Unsupported, "lower() is no window function and no aggregate");
    let error = fail(s, "SELECT count(DISTINCT a) OVER () FROM t");
    assert_eq!(error.code(), Code::Unsupported);
}
