//! What the walks over history read: WHERE and LIMIT bound them, a commit that left a table alone costs two chunks, and
//! what bounds them changes no answer.

#[path = "common/counted.rs"]
mod counted;
#[path = "common/sql.rs"]
mod sql;

use counted::Counted;
use sql::{rows, run, session};

const ROWS: usize = 100_000;
const COMMITS: usize = 1_000;
/// Each `STEP`-th commit changes a row of `t`, each `STEP`²-th the row 42.
const STEP: usize = 10;
/// What a statement reads to find its way: head, working set, schemas.
const FEW: usize = 12;
/// What it reads to find a commit by its hash: the closure, which lists a hundred commits a chunk or less.
const HASH: usize = COMMITS / 50 + 4;

struct History { counted: Counted, height: usize, nodes: usize, wrong: Vec<String> }

impl History {
    fn new() -> History {
        let mut counted = Counted::new(ROWS, false);
        counted.run("CREATE TABLE other (n INT PRIMARY KEY); CALL dolt_commit('-Am', 'other')");
        for n in 1..=COMMITS {
            match n {
                n if n % (STEP * STEP) == 0 => counted.run(&format!("UPDATE t SET k = -{n} WHERE id = 42")),
                n if n % STEP == 0 => counted.run(&format!("UPDATE t SET k = -{n} WHERE id = {}", n * 97)),
                n => counted.run(&format!("INSERT INTO other VALUES ({n})")),
            };
            counted.run(&format!("CALL dolt_commit('-am', 'commit {n}')"));
        }
        let height = counted.height();
        let (_, nodes, _) = counted.run("SELECT sum(length(c)) FROM t");
        History { counted, height, nodes, wrong: Vec::new() }
    }

    /// What the query answers, and how many chunks it may read.
    fn reads(&mut self, sql: &str, expected: &str, most: usize) {
        let (_, read, written) = self.counted.run(sql);
        let answer = rows(&mut self.counted.session, sql).join(", ");
        if answer != expected || read > most || written > 0 {
            self.wrong.push(format!("{sql}\n  answered {answer} ({expected}), read {read} chunks (at most {most}), wrote {written}"));
        }
    }
}

#[test]
fn where_and_limit_bound_what_a_walk_reads() {
    let h = &mut History::new();
    let (path, nodes) = (h.height, h.nodes);
    assert!((3..6).contains(&path) && nodes > 1_000, "{path} levels, {nodes} nodes");
    let hash = |h: &mut History, revision: &str| rows(&mut h.counted.session, &format!("SELECT dolt_hashof('{revision}')"))[0].clone();
    let (near, next, far) = (hash(h, "HEAD~10"), hash(h, "HEAD~11"), hash(h, "HEAD~900"));
    // A commit and its root, for all commits.
    let all = 2 * (COMMITS + 3);
    let states = COMMITS / STEP + 1;

    // The log.
    h.reads("SELECT count(*) FROM (SELECT * FROM dolt_log LIMIT 10) x", "10", 10 + FEW);
    h.reads("SELECT message FROM dolt_log LIMIT 1 OFFSET 9", "commit 991", 10 + FEW);
    h.reads(&format!("SELECT message FROM dolt_log WHERE commit_hash = '{far}'"), "commit 100", FEW + HASH);
    h.reads(&format!("SELECT count(*) FROM dolt_log('HEAD~20..HEAD') WHERE commit_hash IN ('{near}', '{far}')"), "1", 2 * FEW + 2 * HASH);
    h.reads("SELECT count(*) FROM dolt_log('HEAD~20..HEAD')", "20", 20 + FEW);
    h.reads("SELECT count(*) FROM (SELECT 1 FROM dolt_log('--tables', 't') LIMIT 2) x", "2", 2 * (STEP + 2) + FEW);

    // Tables by commit.
    h.reads("SELECT count(*) FROM (SELECT 1 FROM dolt_diff LIMIT 10) x", "10", 2 * 11 + FEW);
    h.reads(&format!("SELECT table_name FROM dolt_diff WHERE commit_hash = '{far}'"), "t", FEW + HASH);
    h.reads("SELECT message FROM dolt_diff WHERE table_name = 't' LIMIT 1 OFFSET 1", "commit 990", 2 * (STEP + 2) + FEW);
    h.reads("SELECT count(*) FROM dolt_diff WHERE table_name = 't'", &states.to_string(), all + FEW);

    // Rows by commit.
    let one_diff = 2 * path + FEW + 8;
    h.reads(&format!("SELECT to_k FROM dolt_diff_t WHERE to_commit = '{far}'"), "-100", one_diff + HASH);
    h.reads(&format!("SELECT count(*) FROM dolt_diff_t WHERE from_commit = '{near}'"), "0", 11 + FEW + HASH);
    h.reads(&format!("SELECT to_k FROM dolt_diff_t WHERE from_commit = '{next}'"), "-990", 12 + one_diff + HASH);
    h.reads("SELECT to_k FROM dolt_diff_t LIMIT 1 OFFSET 1", "-990", 2 * (STEP + 2) + 2 * one_diff);
    h.reads("SELECT count(*) FROM dolt_diff_t WHERE to_id = 42", "11", all + states * 2 * path + FEW);
    h.reads("SELECT count(*) FROM dolt_diff_t WHERE from_id BETWEEN 41 AND 43", "10", all + states * 2 * path + FEW);
    h.reads("SELECT count(*) FROM dolt_diff_t WHERE diff_type = 'modified'", "100", all + states * 2 * path + FEW);
    let ends = format!("to_commit = '{near}' AND from_commit = '{far}'");
    let between = 8 + 2 * 80 * path + FEW;
    h.reads(&format!("SELECT count(*) FROM dolt_commit_diff_t WHERE {ends}"), "82", between + 2 * HASH);
    h.reads(&format!("SELECT from_k FROM dolt_commit_diff_t WHERE {ends} AND to_id = 42"), "-100", one_diff + 2 * HASH);
    h.reads(&format!("SELECT count(*) FROM dolt_commit_diff_t WHERE {ends} AND diff_type = 'added'"), "0", between + 2 * HASH);

    // A row's history: a path where the table changed, nothing where it did not.
    let of_key = all + states * path + FEW;
    h.reads("SELECT count(*) || ' ' || count(DISTINCT k) FROM dolt_history_t WHERE id = 42", "1002 11", of_key);
    h.reads("SELECT count(*) FROM dolt_history_t WHERE id IN (42, 99999)", "2004", of_key + states * path);
    h.reads("SELECT count(*) FROM dolt_history_t WHERE id > 41 AND id <= 43", "2004", of_key + states);
    h.reads(&format!("SELECT k FROM dolt_history_t WHERE id = 42 AND commit_hash = '{far}'"), "-100", path + FEW + HASH);
    h.reads("SELECT count(*) FROM (SELECT 1 FROM dolt_history_t LIMIT 1000) x", "1000", path + nodes / 50 + FEW);

    // Blame: the rows of HEAD once, then what each commit changed.
    let diffs = states * 2 * path;
    h.reads("SELECT message FROM dolt_blame_t WHERE id = 42", "commit 1000", 2 * path + FEW);
    h.reads("SELECT message FROM dolt_blame_t WHERE id = 77", "rows", all + diffs + FEW);
    h.reads("SELECT count(*) || ' ' || count(DISTINCT message) FROM dolt_blame_t", "100000 92", all + diffs + 2 * nodes + FEW);
    h.reads("SELECT count(*) FROM (SELECT 1 FROM dolt_blame_t LIMIT 10) x", "10", all + diffs + FEW);
    h.reads(&format!("SELECT count(*) FROM dolt_blame_t WHERE \"commit\" = '{near}'"), "1", 2 * 12 + nodes + 2 * one_diff + HASH);
    assert!(h.wrong.is_empty(), "{path} levels, {nodes} nodes\n{}", h.wrong.join("\n"));
}

/// Whatever is passed on, the answers are those of the whole walk.
#[test]
fn what_bounds_a_walk_changes_no_answer() {
    let s = &mut session();
    run(s, "CREATE TABLE t (a TEXT COLLATE NOCASE, b INT, c TEXT, d DECIMAL(6, 2), PRIMARY KEY (a, b))");
    run(s, "CREATE TABLE u (id VARCHAR(20) PRIMARY KEY, v INT)");
    run(s, "CREATE TABLE w (d DECIMAL(6, 2) PRIMARY KEY, v INT)");
    run(s, "INSERT INTO t VALUES ('a', 1, 'x', 1.5), ('B', 1, 'y', 2), ('b', 2, 'z', 3), ('C', 1, 'w', 4)");
    run(s, "INSERT INTO u VALUES ('1', 1), ('01', 2), ('a', 3), ('Z', 4); INSERT INTO w VALUES (1, 1), (1.5, 2), (-3, 3), (20, 4)");
    run(s, "CALL dolt_commit('-Am', 'first'); CALL dolt_branch('side')");
    run(s, "UPDATE t SET c = 'changed' WHERE b = 1; DELETE FROM u WHERE id = 'a'; UPDATE w SET v = 20 WHERE v > 2");
    run(s, "CALL dolt_commit('-am', 'second'); ALTER TABLE t ADD COLUMN e INT DEFAULT 9; ALTER TABLE u DROP COLUMN v");
    run(s, "INSERT INTO u VALUES ('new'); CALL dolt_commit('-am', 'third'); CALL dolt_checkout('side')");
    run(s, "INSERT INTO t VALUES ('side', 1, 's', 1); DELETE FROM t WHERE b = 2; CALL dolt_commit('-am', 'on side')");
    run(s, "CALL dolt_checkout('main'); CALL dolt_merge('side'); CALL dolt_tag('here', 'HEAD~1')");
    run(s, "UPDATE t SET d = 7 WHERE a = 'b'; INSERT INTO w VALUES (4, 4)");
    let mut hashes = rows(s, "SELECT commit_hash FROM dolt_log");
    assert_eq!(hashes.len(), 6);
    hashes.extend(["WORKING", "STAGED", "HEAD", ""].map(String::from));
    let mut queries = Vec::new();
    let mut ask = |table: &str, conditions: &[&str]| {
        queries.push(format!("SELECT * FROM {table}"));
        queries.extend(conditions.iter().map(|condition| format!("SELECT * FROM {table} WHERE {condition}")));
    };
    let by = |column: &str| -> Vec<String> {
        let mut conditions: Vec<String> = hashes.iter().map(|hash| format!("{column} = '{hash}'")).collect();
        conditions.push(format!("{column} IN ('{}', '{}', NULL, 'no hash')", hashes[1], hashes[3]));
        conditions.push(format!("{column} = '{}' AND {column} > '0'", hashes[2]));
        conditions.push(format!("{column} IS NULL"));
        conditions
    };
    let keys = |a: &str, b: &str| -> Vec<String> {
        let conditions = [
            "a = 'b'", "a = 'B'", "a > 'B'", "a < 'a'", "a = 'b' AND b = 2", "a = 'B' AND b > 0", "a IN ('a', 'B', 'b') AND b IN (1, 2)",
            "b = 1", "a = NULL", "a > NULL", "a = 5", "a = 'C' AND b BETWEEN 0 AND 1.5", "a COLLATE NOCASE = 'b'", "a IS NULL",
        ];
        let spelled = |text: &str| format!(" {text} ").replace(" a ", &format!(" {a} ")).replace(" b ", &format!(" {b} "));
        conditions.iter().map(|condition| spelled(condition)).collect()
    };
    let refs = |conditions: &[String]| -> Vec<String> { conditions.to_vec() };
    let mut all: Vec<(String, Vec<String>)> = Vec::new();
    for table in ["dolt_log", "dolt_log('main', '^side')", "dolt_log('main', '--merges')", "dolt_log('main', '--tables', 'u')", "dolt_commits", "dolt_commit_ancestors", "dolt_diff", "dolt_column_diff"] {
        all.push((table.into(), by("commit_hash")));
    }
    all.push(("dolt_diff".into(), refs(&["table_name = 'T'".into(), "table_name IN ('u', 'w') AND data_change = 1".into()])));
    for table in ["dolt_diff_t", "dolt_diff_u", "dolt_diff_w", "dolt_diff_t('HEAD~2', 'WORKING')", "dolt_diff('HEAD~3', 'HEAD', 't')"] {
        all.push((table.into(), [by("to_commit"), by("from_commit")].concat()));
        let kinds = ["added", "modified", "removed", "none"].map(|kind| format!("diff_type = '{kind}'"));
        all.push((table.into(), kinds.to_vec()));
    }
    for table in ["dolt_diff_t", "dolt_diff_t('HEAD~2', 'WORKING')"] {
        all.push((table.into(), [keys("to_a", "to_b"), keys("from_a", "from_b")].concat()));
    }
    all.push(("dolt_history_t".into(), [keys("a", "b"), by("commit_hash")].concat()));
    all.push(("dolt_blame_t".into(), [keys("a", "b"), by("\"commit\"")].concat()));
    all.push(("dolt_at_t('HEAD~2')".into(), keys("a", "b")));
    let numbers = ["= 1", "= '1'", "= '01'", "> 0", "< 'b'", ">= 'Z'", "= 1.0", "BETWEEN 1 AND 2", "IN (1, '01', 1.5)", "= -3", "= 1.25", "< 20.5"];
    for (table, column) in [("u", "id"), ("w", "d")] {
        for (prefix, side) in [("dolt_history_", ""), ("dolt_blame_", ""), ("dolt_diff_", "to_"), ("dolt_diff_", "from_")] {
            all.push((format!("{prefix}{table}"), numbers.map(|number| format!("{side}{column} {number}")).to_vec()));
        }
    }
    for (table, conditions) in &all {
        ask(table, &conditions.iter().map(String::as_str).collect::<Vec<_>>());
    }
    let mut some = 0;
    for query in &queries {
        let mut answers = ["on", "off"].map(|pushdown| {
            run(s, &format!("SET prollite_pushdown = {pushdown}"));
            s.execute(query, &[]).map(|outcome| outcome.rows.iter().map(|row| sql::shown(row)).collect::<Vec<_>>())
        });
        for answer in answers.iter_mut().flatten() {
            answer.sort();
        }
        match answers {
            [Ok(on), Ok(off)] => {
                some += usize::from(!on.is_empty());
                assert_eq!(on, off, "{query}");
            }
            [on, off] => panic!("{query}\n{on:?}\n{off:?}"),
        }
    }
    run(s, "SET prollite_pushdown = on");
    assert!(some > queries.len() / 3, "{some} of {} queries answered rows", queries.len());
    // Limits, in the order of the walk.
    for table in ["dolt_log", "dolt_diff", "dolt_diff_t", "dolt_history_t", "dolt_blame_t"] {
        let whole = rows(s, &format!("SELECT * FROM {table}"));
        for (limit, offset) in [(0, 0), (1, 0), (2, 1), (100, 2)] {
            let expected: Vec<String> = whole.iter().skip(offset).take(limit).cloned().collect();
            assert_eq!(rows(s, &format!("SELECT * FROM {table} LIMIT {limit} OFFSET {offset}")), expected, "{table}");
        }
    }
}
