//! What questions about the past cost: log, diff, a row's history and blame, on a table with as many rows and commits as
//! asked for (100,000 and 1,000), in memory: milliseconds and chunks read, of which each is counted as often as it is
//! read. One commit in ten leaves the table alone, one in thirty-two changes row 42, the others change one row each.
//!
//! `cargo bench --bench history [-- ROWS COMMITS]`

#[path = "../tests/common/counted.rs"]
mod counted;

use std::time::Instant;

use counted::Counted;

const ROUNDS: usize = 7;

fn build(rows: usize, commits: usize) -> Counted {
    let mut counted = Counted::new(rows, false);
    counted.run("CREATE TABLE other (n INT PRIMARY KEY); CALL dolt_commit('-Am', 'other')");
    for n in 1..=commits {
        match n {
            n if n % 32 == 0 => counted.run(&format!("UPDATE t SET k = -{n} WHERE id = 42")),
            n if n % 10 == 5 => counted.run(&format!("INSERT INTO other VALUES ({n})")),
            n => counted.run(&format!("UPDATE t SET k = -{n} WHERE id = {}", n * 7_919 % rows)),
        };
        counted.run(&format!("CALL dolt_commit('-am', 'commit {n}')"));
    }
    counted
}

fn main() {
    let sizes: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let (rows, commits) = (sizes.first().copied().unwrap_or(100_000).max(1_000), sizes.get(1).copied().unwrap_or(1_000).max(320) / 10 * 10);
    let began = Instant::now();
    let mut counted = build(rows, commits);
    println!("{rows} rows, {commits} commits of one row, {} levels; made in {:.1?}", counted.height(), began.elapsed());
    println!("{:<66} {:>8} {:>10} {:>9}", "", "rows", "ms", "chunks");
    let all = commits + 3;
    let middle = commits / 2;
    let of_row = 1 + commits / 32;
    let alone = commits / 10;
    for (what, sql, expected) in [
        ("log, 10 commits", "SELECT * FROM dolt_log LIMIT 10".to_string(), 10),
        ("log, all commits", "SELECT * FROM dolt_log".into(), all),
        ("log, one commit by its hash", format!("SELECT * FROM dolt_log WHERE commit_hash = dolt_hashof('HEAD~{middle}')"), 1),
        ("tables changed by the last 10 commits", "SELECT * FROM dolt_diff LIMIT 10".into(), 10),
        ("tables changed by each commit", "SELECT * FROM dolt_diff".into(), all - 1),
        ("diff with the last commit", "SELECT * FROM dolt_diff('HEAD~1', 'HEAD', 't')".into(), 1),
        ("diff over all commits", format!("SELECT * FROM dolt_diff('HEAD~{commits}', 'HEAD', 't')"), commits - alone - of_row + 2),
        ("a row's diff over all commits", format!("SELECT * FROM dolt_diff('HEAD~{commits}', 'HEAD', 't') WHERE to_id = 42"), 1),
        ("dolt_diff_stat over all commits", format!("SELECT * FROM dolt_diff_stat('HEAD~{commits}', 'HEAD', 't')"), 1),
        ("dolt_commit_diff_t, half the commits", format!("SELECT 1 FROM dolt_commit_diff_t WHERE from_commit = 'HEAD~{middle}' AND to_commit = 'HEAD' AND diff_type = 'modified' LIMIT 100"), 100),
        ("dolt_diff_t, every modified row", "SELECT * FROM dolt_diff_t WHERE diff_type = 'modified'".into(), commits - alone),
        ("dolt_diff_t, one row's changes", "SELECT * FROM dolt_diff_t WHERE to_id = 42".into(), of_row),
        ("dolt_diff_t, one commit's rows", format!("SELECT * FROM dolt_diff_t WHERE to_commit = dolt_hashof('HEAD~{}')", commits - 1), 1),
        ("a row's history, at all commits", "SELECT * FROM dolt_history_t WHERE id = 42".into(), all - 1),
        ("a row's history, at the last 31 commits", "SELECT * FROM dolt_history_t WHERE id = 42 LIMIT 31".into(), 31),
        ("the history of 10 rows, at all commits", "SELECT * FROM dolt_history_t WHERE id BETWEEN 40 AND 49".into(), 10 * (all - 1)),
        ("a row AS OF a commit", format!("SELECT * FROM t AS OF 'HEAD~{middle}' WHERE id = 42"), 1),
        ("blame of a row", "SELECT * FROM dolt_blame_t WHERE id = 42".into(), 1),
        ("blame of a row that no commit changed", "SELECT * FROM dolt_blame_t WHERE id = 43".into(), 1),
        ("blame of the first 10 rows", "SELECT * FROM dolt_blame_t LIMIT 10".into(), 10),
        ("blame of all rows", "SELECT * FROM dolt_blame_t".into(), rows),
    ] {
        let mut times = Vec::new();
        let mut read = 0;
        for _ in 0..ROUNDS {
            let began = Instant::now();
            let (found, chunks, _) = counted.run(&sql);
            times.push(began.elapsed());
            read = chunks;
            assert_eq!(found, expected, "{sql}");
        }
        times.sort();
        println!("{what:<66} {expected:>8} {:>10.3} {read:>9}", times[ROUNDS / 2].as_secs_f64() * 1e3);
    }
}
