//! Versioning tables and table functions: columns, forms, filters and errors.

#[path = "common/sql.rs"]
#[allow(dead_code)]
mod common;

use common::{fail, refused, rows, run, session};
use prollite::session::Session;
use prollite::Code;

fn one(session: &mut Session, sql: &str) -> String { rows(session, sql).join("\n") }

/// Three commits: rows 1 and 2 made; row 1 changed; row 2 removed and 3 added.
fn with_history() -> Session {
    let mut s = session();
    run(&mut s, "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20)); INSERT INTO t VALUES (1, 'one'), (2, 'two')");
    run(&mut s, "CALL dolt_commit('-Am', 'first')");
    run(&mut s, "UPDATE t SET v = 'uno' WHERE id = 1; CALL dolt_commit('-am', 'second')");
    run(&mut s, "DELETE FROM t WHERE id = 2; INSERT INTO t VALUES (3, 'three'); CALL dolt_commit('-am', 'third')");
    s
}

#[test]
fn log_reads_ranges_flags_and_tables() {
    let mut s = with_history();
    run(&mut s, "CALL dolt_branch('b', 'HEAD~1'); CALL dolt_checkout('b'); CREATE TABLE u (x INT)");
    run(&mut s, "CALL dolt_commit('-Am', 'on b'); CALL dolt_checkout('main')");
    let messages = |s: &mut Session, arguments: &str| rows(s, &format!("SELECT message FROM dolt_log{arguments}")).join(",");
    assert_eq!(messages(&mut s, ""), "third,second,first,Initialize data repository");
    assert_eq!(messages(&mut s, "('b') LIMIT 2"), "on b,second");
    assert_eq!(messages(&mut s, "('main..b')"), "on b");
    assert_eq!(messages(&mut s, "('b', '^main')"), "on b");
    assert_eq!(messages(&mut s, "('b', '--not', 'main')"), "on b");
    assert_eq!(messages(&mut s, "('main...b') ORDER BY message"), "on b,third");
    assert_eq!(messages(&mut s, "('b', '--tables', 'u')"), "on b");
    assert_eq!(messages(&mut s, "('-n', '1')"), "third");
    assert_eq!(messages(&mut s, "('--merges')"), "");
    assert_eq!(messages(&mut s, " WHERE commit_hash = dolt_hashof('HEAD~1')"), "second");
    assert_eq!(messages(&mut s, " AS OF 'HEAD~2'"), "first,Initialize data repository");
    assert_eq!(one(&mut s, "SELECT refs, commit_order, parents = dolt_hashof('HEAD~1') FROM dolt_log LIMIT 1"), "HEAD -> main|4|1");
    assert_eq!(one(&mut s, "SELECT parents IS NULL FROM dolt_log() LIMIT 1"), "1");
    assert_eq!(one(&mut s, "SELECT count(*) FROM dolt_commits"), "5");
    assert_eq!(one(&mut s, "SELECT count(*) FROM dolt_commit_ancestors WHERE commit_hash = dolt_hashof('b')"), "1");
    refused(&mut s, "SELECT * FROM dolt_log('--bogus')", Code::BadArgument, "error: unknown option `bogus`");
    refused(&mut s, "SELECT * FROM dolt_log('nowhere')", Code::RefNotFound, "branch not found: nowhere");
}

#[test]
fn revisions_are_read_everywhere_alike() {
    let mut s = with_history();
    run(&mut s, "CALL dolt_tag('v1', 'HEAD~2')");
    let hash = one(&mut s, "SELECT dolt_hashof('main~1')");
    let short = &hash[..8];
    for revision in ["HEAD~1", "main~", "HEAD^", &hash, short] {
        assert_eq!(one(&mut s, &format!("SELECT dolt_hashof('{revision}')")), hash, "{revision}");
        assert_eq!(rows(&mut s, &format!("SELECT v FROM dolt_at_t('{revision}') ORDER BY id")), ["uno", "two"]);
        assert_eq!(rows(&mut s, &format!("SELECT v FROM t AS OF '{revision}' ORDER BY id")), ["uno", "two"]);
    }
    assert_eq!(one(&mut s, "SELECT count(*) FROM dolt_at_t('v1')"), "2");
    assert_eq!(one(&mut s, "SELECT dolt_merge_base('main', 'v1') = dolt_hashof('v1')"), "1");
    assert_eq!(one(&mut s, "SELECT has_ancestor('main', 'v1'), has_ancestor('v1', 'main')"), "1|0");
    assert_eq!(fail(&mut s, "SELECT dolt_hashof('HEAD~9')").message(), "invalid ancestor spec: HEAD~9");
    let unknown = "0".repeat(32);
    assert_eq!(
        fail(&mut s, &format!("SELECT * FROM dolt_at_t('{unknown}')")).message(),
        format!("target commit not found: {unknown}")
    );
    assert_eq!(one(&mut s, "SELECT dolt_hashof_table('t') = dolt_hashof_table('t', 'HEAD')"), "1");
    assert_eq!(one(&mut s, "SELECT dolt_hashof_db() = dolt_hashof_db('HEAD')"), "1");
    assert_eq!(one(&mut s, "SELECT doltlite_engine()"), "prolly");
}

#[test]
fn diff_function_in_all_spellings() {
    let mut s = with_history();
    let expected = ["NULL|2|removed", "1|1|modified", "3|NULL|added"];
    let select = |s: &mut Session, call: &str| {
        rows(s, &format!("SELECT to_id, from_id, diff_type FROM {call} ORDER BY diff_type DESC"))
    };
    for call in [
        "dolt_diff('HEAD~2', 'HEAD', 't')",
        "dolt_diff('HEAD~2..HEAD', 't')",
        "dolt_diff('HEAD~2...HEAD', 't')",
        "dolt_diff('t', 'HEAD~2', 'HEAD')",
        "dolt_diff_t('HEAD~2', 'HEAD')",
        "dolt_diff_t('HEAD~2..HEAD')",
    ] {
        assert_eq!(select(&mut s, call), expected, "{call}");
    }
    run(&mut s, "INSERT INTO t VALUES (4, 'four')");
    assert_eq!(select(&mut s, "dolt_diff('t')"), ["4|NULL|added"]);
    assert_eq!(select(&mut s, "dolt_diff('HEAD', 'WORKING', 't')"), ["4|NULL|added"]);
    assert_eq!(
        rows(&mut s, "SELECT from_v, to_v, from_commit, to_commit FROM dolt_diff('HEAD~2', 'HEAD~1', 't')"),
        ["one|uno|HEAD~2|HEAD~1"]
    );
    assert_eq!(rows(&mut s, "SELECT rowid_val, from_value, to_value FROM dolt_diff('HEAD~2', 'HEAD~1', 't')"), ["1|1|one|1|uno"]);
    assert_eq!(one(&mut s, "SELECT count(*) FROM dolt_diff('HEAD~2', 'HEAD', 't') WHERE diff_type = 'modified'"), "1");
    assert_eq!(one(&mut s, "SELECT to_v FROM dolt_diff('HEAD~2', 'HEAD', 't') WHERE to_id = 3"), "three");
    assert_eq!(fail(&mut s, "SELECT * FROM dolt_diff('HEAD~1', 'HEAD', 'nope')").code(), Code::TableNotFound);
    assert_eq!(fail(&mut s, "SELECT * FROM dolt_diff()").code(), Code::BadArgument);
    assert_eq!(fail(&mut s, "SELECT * FROM dolt_diff(1, 2, 't')").code(), Code::BadArgument);
}

#[test]
fn skinny_shows_keys_and_what_changed() {
    let mut s = session();
    run(&mut s, "CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT, c INT); INSERT INTO t VALUES (1, 1, 1, 1)");
    run(&mut s, "CALL dolt_commit('-Am', 'one'); UPDATE t SET b = 2; CALL dolt_commit('-am', 'two')");
    let names = |s: &mut Session, sql: &str| -> Vec<String> {
        s.execute(sql, &[]).unwrap().columns.iter().map(|column| column.name.to_string()).collect()
    };
    let skinny = names(&mut s, "SELECT * FROM dolt_diff('--skinny', 'HEAD~1', 'HEAD', 't')");
    let rest = ["to_commit", "to_commit_date", "from_id", "from_b", "from_commit", "from_commit_date", "diff_type"];
    assert_eq!(skinny, [&["to_id", "to_b"][..], &rest].concat());
    let more = names(&mut s, "SELECT * FROM dolt_diff('--skinny', '--include-cols', 'c', '--', 'HEAD~1..HEAD', 't')");
    assert!(more.contains(&"to_c".to_string()) && !more.contains(&"to_a".to_string()), "{more:?}");
}

#[test]
fn diff_table_lists_every_change() {
    let mut s = with_history();
    assert_eq!(one(&mut s, "SELECT count(*) FROM dolt_diff_t"), "5");
    assert_eq!(rows(&mut s, "SELECT from_v, to_v FROM dolt_diff_t WHERE to_id = 1"), ["one|uno", "NULL|one"]);
    assert_eq!(rows(&mut s, "SELECT to_id FROM dolt_diff_t WHERE to_commit = dolt_hashof('HEAD~1')"), ["1"]);
    run(&mut s, "INSERT INTO t VALUES (7, 'seven')");
    assert_eq!(rows(&mut s, "SELECT to_id, to_commit, diff_type FROM dolt_diff_t LIMIT 1"), ["7|WORKING|added"]);
    assert_eq!(
        rows(&mut s, "SELECT to_id FROM dolt_commit_diff_t WHERE from_commit = 'HEAD' AND to_commit = 'WORKING'"),
        ["7"]
    );
    assert_eq!(
        fail(&mut s, "SELECT * FROM dolt_commit_diff_t").message(),
        "dolt_commit_diff_* tables must be filtered to a single 'from_commit'"
    );
    assert_eq!(fail(&mut s, "SELECT * FROM dolt_diff_nope").code(), Code::TableNotFound);
}

#[test]
fn unscoped_diff_names_tables_and_kinds_of_change() {
    let mut s = with_history();
    run(&mut s, "ALTER TABLE t ADD COLUMN w INT; CALL dolt_add('t'); CREATE TABLE u (x INT)");
    assert_eq!(
        rows(&mut s, "SELECT commit_hash, table_name, data_change, schema_change FROM dolt_diff LIMIT 2"),
        ["WORKING|u|0|1", "STAGED|t|0|1"]
    );
    assert_eq!(
        rows(&mut s, "SELECT table_name, data_change, schema_change FROM dolt_diff WHERE message = 'first'"),
        ["t|1|1"]
    );
    assert_eq!(one(&mut s, "SELECT count(*) FROM dolt_diff WHERE commit_hash = dolt_hashof('HEAD')"), "1");
}

#[test]
fn history_of_a_row_and_blame() {
    let mut s = with_history();
    assert_eq!(rows(&mut s, "SELECT v FROM dolt_history_t WHERE id = 1"), ["uno", "uno", "one"]);
    assert_eq!(rows(&mut s, "SELECT v FROM dolt_history_t WHERE rowid_val = 3"), ["three"]);
    assert_eq!(one(&mut s, "SELECT count(*) FROM dolt_history_t"), "6");
    assert_eq!(rows(&mut s, "SELECT id FROM dolt_history_t WHERE commit_hash = dolt_hashof('HEAD~2')"), ["1", "2"]);
    assert_eq!(rows(&mut s, "SELECT id FROM dolt_history_t('HEAD~2')"), ["1", "2"]);
    assert_eq!(rows(&mut s, "SELECT id, message FROM dolt_blame_t"), ["1|second", "3|third"]);
    run(&mut s, "ALTER TABLE t ADD COLUMN w INT DEFAULT 7; CALL dolt_commit('-am', 'column')");
    assert_eq!(rows(&mut s, "SELECT id, message FROM dolt_blame_t WHERE id = 1"), ["1|second"]);
}

#[test]
fn a_history_of_one_row_reads_little() {
    let mut s = session();
    run(&mut s, "CREATE TABLE t (id INT PRIMARY KEY, v INT); CREATE TABLE other (id INT PRIMARY KEY)");
    for start in (0..4000).step_by(500) {
        let values: Vec<String> = (start..start + 500).map(|id| format!("({id}, 0)")).collect();
        run(&mut s, &format!("INSERT INTO t VALUES {}", values.join(",")));
    }
    run(&mut s, "CALL dolt_commit('-Am', 'rows')");
    for n in 0..20 {
        run(&mut s, &format!("INSERT INTO other VALUES ({n}); CALL dolt_commit('-am', 'other {n}')"));
    }
    run(&mut s, "UPDATE t SET v = 1 WHERE id = 42; CALL dolt_commit('-am', 'forty-two')");
    assert_eq!(one(&mut s, "SELECT count(*), sum(v) FROM dolt_history_t WHERE id = 42"), "22|1");
    assert_eq!(rows(&mut s, "SELECT from_v, to_v FROM dolt_diff_t WHERE to_id = 42 LIMIT 1"), ["0|1"]);
}

#[test]
fn schema_diff_and_patch_make_the_other_side() {
    let mut s = with_history();
    run(&mut s, "CALL dolt_checkout('-b', 'b'); ALTER TABLE t ADD COLUMN n INT; UPDATE t SET n = 5 WHERE id = 1");
    run(&mut s, "CREATE TABLE u (x INT PRIMARY KEY); CALL dolt_commit('-Am', 'wider'); CALL dolt_checkout('main')");
    assert_eq!(
        rows(&mut s, "SELECT from_table_name, to_table_name, diff_type FROM dolt_schema_diff('main', 'b')"),
        ["t|t|modified", "|u|added"]
    );
    assert!(one(&mut s, "SELECT to_create_statement FROM dolt_schema_diff('main..b', 't')").contains("`n` int"));
    for statement in rows(&mut s, "SELECT statement FROM dolt_patch('main', 'b') ORDER BY statement_order") {
        run(&mut s, &statement);
    }
    assert_eq!(one(&mut s, "SELECT count(*) FROM dolt_diff('WORKING', 'b', 't')"), "0");
    assert_eq!(rows(&mut s, "SELECT * FROM t"), ["1|uno|5", "3|three|NULL"]);
    assert_eq!(rows(&mut s, "SHOW TABLES"), ["t", "u"]);
    assert!(fail(&mut s, "SELECT * FROM dolt_schema_diff('HEAD')").message().contains("less than 2 arguments"));
}

#[test]
fn diff_counts() {
    let mut s = with_history();
    assert_eq!(
        one(&mut s, "SELECT * FROM dolt_diff_stat('HEAD~2', 'HEAD', 't')"),
        "t|0|1|1|1|2|2|1|2|2|4|4"
    );
    assert_eq!(one(&mut s, "SELECT * FROM dolt_diff_summary('HEAD~2', 'HEAD')"), "t|t|modified|1|0");
    assert_eq!(
        rows(&mut s, "SELECT column_name, diff_type FROM dolt_column_diff WHERE commit_hash = dolt_hashof('HEAD~1')"),
        ["v|modified"]
    );
    run(&mut s, "CALL dolt_branch('b', 'HEAD~2'); CALL dolt_checkout('b'); CALL dolt_commit('--allow-empty', '-m', 'x')");
    assert_eq!(rows(&mut s, "SELECT * FROM dolt_branch_status('main', 'b')"), ["b|1|2"]);
}

#[test]
fn preview_changes_nothing() {
    let mut s = with_history();
    run(&mut s, "CALL dolt_branch('b'); UPDATE t SET v = 'x' WHERE id = 1; CALL dolt_commit('-am', 'x'); CALL dolt_checkout('b')");
    run(&mut s, "UPDATE t SET v = 'y' WHERE id = 1; CALL dolt_commit('-am', 'y')");
    let before = one(&mut s, "SELECT dolt_hashof_db()");
    assert_eq!(rows(&mut s, "SELECT * FROM dolt_preview_merge_conflicts_summary('main', 'b')"), ["t|1|0"]);
    assert_eq!(rows(&mut s, "SELECT our_v, their_v FROM dolt_preview_merge_conflicts('main', 'b', 't')"), ["x|y"]);
    assert_eq!(one(&mut s, "SELECT dolt_hashof_db()"), before);
    assert_eq!(one(&mut s, "SELECT is_merging FROM dolt_merge_status"), "0");
}

#[test]
fn violations_are_recorded_and_refuse_the_commit() {
    let mut s = session();
    run(&mut s, "CREATE TABLE t (id INT PRIMARY KEY, u INT UNIQUE); CALL dolt_commit('-Am', 'base'); CALL dolt_branch('b')");
    run(&mut s, "INSERT INTO t VALUES (1, 7); CALL dolt_commit('-am', 'ours'); CALL dolt_checkout('b')");
    run(&mut s, "INSERT INTO t VALUES (2, 7); CALL dolt_commit('-am', 'theirs'); CALL dolt_checkout('main'); CALL dolt_merge('b')");
    assert_eq!(rows(&mut s, "SELECT * FROM dolt_constraint_violations"), ["t|2"]);
    assert_eq!(
        rows(&mut s, "SELECT violation_type, id, u FROM dolt_constraint_violations_t"),
        ["unique index|1|7", "unique index|2|7"]
    );
    assert_eq!(fail(&mut s, "CALL dolt_commit('-am', 'no')").code(), Code::MergeConflict);
    run(&mut s, "DELETE FROM t WHERE id = 2; DELETE FROM dolt_constraint_violations_t; CALL dolt_commit('-am', 'settled')");
    assert_eq!(one(&mut s, "CALL dolt_verify()"), "1|0|0|0");
}

#[test]
fn rows_are_staged_one_by_one() {
    let mut s = with_history();
    run(&mut s, "UPDATE t SET v = 'a' WHERE id = 1; UPDATE t SET v = 'b' WHERE id = 3");
    assert_eq!(rows(&mut s, "SELECT id, staged, to_id, to_v, from_v FROM dolt_workspace_t"), ["0|0|1|a|uno", "1|0|3|b|three"]);
    run(&mut s, "UPDATE dolt_workspace_t SET staged = 1 WHERE to_id = 3; DELETE FROM dolt_workspace_t WHERE to_id = 1");
    assert_eq!(rows(&mut s, "SELECT id, staged, to_id FROM dolt_workspace_t"), ["0|1|3"]);
    run(&mut s, "CALL dolt_commit('-m', 'row 3')");
    assert_eq!(rows(&mut s, "SELECT v FROM t"), ["uno", "b"]);
    assert_eq!(one(&mut s, "SELECT count(*) FROM dolt_status"), "0");
    assert_eq!(one(&mut s, "CALL dolt_verify()"), "1|0|0|0");
}

#[test]
fn introspection_reads_tables_columns_and_keys() {
    let mut s = session();
    run(&mut s, "CREATE TABLE p (id INT PRIMARY KEY, u INT UNIQUE); CREATE VIEW w AS SELECT id FROM p");
    run(&mut s, "CREATE TABLE c (id INT PRIMARY KEY, p INT REFERENCES p(id))");
    assert_eq!(
        rows(&mut s, "SELECT table_name, table_type FROM information_schema.tables ORDER BY 1"),
        ["c|BASE TABLE", "p|BASE TABLE", "w|VIEW"]
    );
    assert_eq!(
        rows(&mut s, "SELECT column_name, column_key FROM information_schema.columns WHERE table_name = 'p'"),
        ["id|PRI", "u|UNI"]
    );
    assert_eq!(
        rows(
            &mut s,
            "SELECT column_name, referenced_table_name, referenced_column_name FROM information_schema.key_column_usage \
             WHERE table_name = 'c' AND referenced_table_name IS NOT NULL"
        ),
        ["p|p|id"]
    );
    assert_eq!(rows(&mut s, "SELECT type, name FROM sqlite_master WHERE type <> 'index'"), ["table|c", "table|p", "view|w"]);
}

#[test]
fn keyless_rows_differ_by_count() {
    let mut s = session();
    run(&mut s, "CREATE TABLE k (a INT); INSERT INTO k VALUES (1), (1), (2); CALL dolt_commit('-Am', 'one')");
    run(&mut s, "INSERT INTO k VALUES (1), (3); DELETE FROM k WHERE a = 2; CALL dolt_commit('-am', 'two')");
    assert_eq!(
        rows(&mut s, "SELECT diff_type, to_a, from_a FROM dolt_diff('HEAD~1', 'HEAD', 'k') ORDER BY 1, 2"),
        ["added|1|NULL", "added|3|NULL", "removed|NULL|2"]
    );
    assert_eq!(one(&mut s, "SELECT count(*) FROM dolt_history_k WHERE commit_hash = dolt_hashof('HEAD~1')"), "3");
    assert!(fail(&mut s, "SELECT * FROM dolt_blame_k").message().contains("without a primary key"));
}

#[test]
fn query_diff_pairs_rows_by_the_key_of_the_table() {
    let mut s = session();
    run(&mut s, "CREATE TABLE t (id INT PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')");
    run(&mut s, "CALL dolt_commit('-Am', 'base'); UPDATE t SET v = 'B' WHERE id = 2; DELETE FROM t WHERE id = 3; INSERT INTO t VALUES (4, 'd')");
    let by_key = "SELECT * FROM dolt_query_diff('SELECT * FROM t AS OF ''HEAD''', 'SELECT * FROM t')";
    assert_eq!(rows(&mut s, by_key), ["2|b|2|B|modified", "3|c|NULL|NULL|removed", "NULL|NULL|4|d|added"]);
    let columns = "SELECT from_id, to_v FROM dolt_query_diff('SELECT id, v FROM t AS OF ''HEAD''', 'SELECT id, v FROM t') WHERE diff_type = 'modified'";
    assert_eq!(rows(&mut s, columns), ["2|B"]);
    // Without the key a row is all of its cells, and each copy counts.
    let whole = "SELECT * FROM dolt_query_diff('SELECT length(v) FROM t AS OF ''HEAD'' UNION ALL SELECT 1', 'SELECT 1 UNION ALL SELECT 5')";
    assert_eq!(rows(&mut s, whole), ["1|NULL|removed", "1|NULL|removed", "1|NULL|removed", "NULL|5|added"]);
    assert_eq!(fail(&mut s, "SELECT * FROM dolt_query_diff('SELECT 1')").code(), Code::BadArgument);
    assert_eq!(fail(&mut s, "SELECT * FROM dolt_query_diff('SELECT 1', 'DELETE FROM t')").code(), Code::BadArgument);
    assert_eq!(fail(&mut s, "SELECT * FROM dolt_query_diff('SELECT 1', 'SELECT * FROM nowhere')").code(), Code::TableNotFound);
}

/// Was INTERNAL: "cell 0 of a row with 0 cells was asked for".
#[test]
fn table_functions_take_arguments_from_the_tables_to_their_left() {
    let mut s = session();
    run(&mut s, "CREATE TABLE t (id INT PRIMARY KEY); CALL dolt_commit('-Am', 'one'); INSERT INTO t VALUES (1), (2); CALL dolt_commit('-am', 'two')");
    let pairs = "SELECT a.message, b.message FROM dolt_log() a JOIN LATERAL (SELECT message FROM dolt_log(a.commit_hash)) b WHERE a.message <> 'two'";
    assert_eq!(rows(&mut s, pairs), ["one|one", "one|Initialize data repository", "Initialize data repository|Initialize data repository"]);
    let within = "SELECT message FROM dolt_log() a WHERE EXISTS (SELECT 1 FROM dolt_log(a.commit_hash, '--not', 'HEAD~1'))";
    assert_eq!(rows(&mut s, within), ["two"]);
    let counts = "SELECT l.message, d.rows_added FROM dolt_log l, dolt_diff_stat(concat(l.commit_hash, '~1'), l.commit_hash) d WHERE l.message = 'two'";
    assert_eq!(rows(&mut s, counts), ["two|2"]);
    let unknown = "SELECT * FROM dolt_log l, dolt_diff(l.parents, l.commit_hash, 't')";
    assert_eq!(fail(&mut s, unknown).code(), Code::Unsupported);
}

/// Row by row, the new row met the old one's unique key, which went with the same statement.
#[test]
fn one_update_stages_rows_that_hand_on_a_unique_key() {
    let mut s = session();
    run(&mut s, "CREATE TABLE t (id INT PRIMARY KEY, u INT UNIQUE); INSERT INTO t VALUES (5, 10), (6, 20); CALL dolt_commit('-Am', 'base')");
    run(&mut s, "DELETE FROM t WHERE id = 5; INSERT INTO t VALUES (1, 10)");
    assert_eq!(fail(&mut s, "UPDATE dolt_workspace_t SET staged = 1 WHERE diff_type = 'added'").code(), Code::Constraint);
    assert_eq!(run(&mut s, "UPDATE dolt_workspace_t SET staged = 1"), 2);
    assert_eq!(rows(&mut s, "SELECT id FROM t AS OF 'STAGED' WHERE u = 10"), ["1"]);
    assert_eq!(run(&mut s, "UPDATE dolt_workspace_t SET staged = 0"), 2);
    assert_eq!(rows(&mut s, "SELECT id FROM t AS OF 'STAGED' WHERE u = 10"), ["5"]);
    assert_eq!(rows(&mut s, "SELECT count(*) FROM dolt_workspace_t WHERE staged = 0"), ["2"]);
}
