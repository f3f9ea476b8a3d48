//! `dolt_rebase`, plain and interactive.

#[path = "common/sql.rs"]
#[allow(dead_code)]
mod common;

use common::{fail, refused, rows, run, session, sessions};
use prollite::session::Session;
use prollite::Code;

fn one(session: &mut Session, sql: &str) -> String { rows(session, sql).join("\n") }
fn messages(session: &mut Session) -> String { rows(session, "SELECT message FROM dolt_log").join(",") }

/// `feature` has commits f1, f2, f3 of rows 1, 2, 3; main has one more, of row `main`. The session is on `feature`.
fn forked(main: &str) -> Session {
    let mut s = session();
    run(&mut s, "CREATE TABLE t (id INT PRIMARY KEY, v TEXT); CALL dolt_commit('-Am', 'base'); CALL dolt_branch('feature')");
    run(&mut s, &format!("INSERT INTO t VALUES {main}; CALL dolt_commit('-am', 'm1'); CALL dolt_checkout('feature')"));
    for id in 1..=3 {
        run(&mut s, &format!("INSERT INTO t VALUES ({id}, 'f'); CALL dolt_commit('-am', 'f{id}', '--author', 'Ada <a@x>')"));
    }
    s
}

#[test]
fn a_plain_rebase_makes_the_commits_again() {
    let mut s = forked("(10, 'm')");
    assert_eq!(one(&mut s, "CALL dolt_rebase('main')"), "0|Successfully rebased and updated refs/heads/feature");
    assert_eq!(messages(&mut s), "f3,f2,f1,m1,base,Initialize data repository");
    assert_eq!(rows(&mut s, "SELECT id FROM t ORDER BY id"), ["1", "2", "3", "10"]);
    assert_eq!(one(&mut s, "SELECT author, committer FROM dolt_log LIMIT 1"), "Ada|root");
    assert_eq!(rows(&mut s, "SELECT name FROM dolt_branches"), ["feature", "main"]);
    assert_eq!(one(&mut s, "SELECT count(*) FROM dolt_status"), "0");
    run(&mut s, "CALL dolt_checkout('main'); CALL dolt_merge('feature')");
    refused(&mut s, "CALL dolt_rebase('feature')", Code::NothingToCommit, "didn't identify any commits!");
    assert_eq!(one(&mut s, "SELECT count(*) FROM dolt_log"), "6");
}

#[test]
fn a_plan_picks_rewords_squashes_and_drops() {
    let mut s = forked("(10, 'm')");
    run(&mut s, "SELECT dolt_rebase('-i', 'main')");
    assert_eq!(one(&mut s, "SELECT active_branch()"), "dolt_rebase_feature");
    assert_eq!(
        rows(&mut s, "SELECT rebase_order, action, commit_message FROM dolt_rebase"),
        ["1|pick|f1", "2|pick|f2", "3|pick|f3"]
    );
    run(&mut s, "UPDATE dolt_rebase SET action = 'reword', commit_message = 'first' WHERE rebase_order = 1");
    run(&mut s, "UPDATE dolt_rebase SET action = 'squash', rebase_order = 2.5 WHERE rebase_order = 3");
    run(&mut s, "UPDATE dolt_rebase SET action = 'drop' WHERE rebase_order = 2");
    assert_eq!(one(&mut s, "CALL dolt_rebase('--continue')"), "0|Successfully rebased and updated refs/heads/feature");
    assert_eq!(one(&mut s, "SELECT active_branch()"), "feature");
    assert_eq!(messages(&mut s), "first\n\nf3,m1,base,Initialize data repository");
    assert_eq!(rows(&mut s, "SELECT id FROM t ORDER BY id"), ["1", "3", "10"]);
    let gone = "table not found: dolt_rebase; no rebase is in progress on this branch";
    refused(&mut s, "SELECT * FROM dolt_rebase", Code::TableNotFound, gone);
}

#[test]
fn plans_that_cannot_be_are_refused() {
    let mut s = forked("(10, 'm')");
    run(&mut s, "CALL dolt_rebase('-i', 'main')");
    let first = "invalid rebase plan: fixup needs a pick, reword or edit before it, and step 1 is the first";
    run(&mut s, "UPDATE dolt_rebase SET action = 'fixup' WHERE rebase_order = 1");
    refused(&mut s, "CALL dolt_rebase('--continue')", Code::BadArgument, first);
    let action = "dolt_rebase.action: `hold` is none of pick, squash, fixup, drop, reword, edit";
    refused(&mut s, "UPDATE dolt_rebase SET action = 'hold'", Code::BadArgument, action);
    let twice = "dolt_rebase: there is a step 2 already";
    refused(&mut s, "UPDATE dolt_rebase SET rebase_order = 2 WHERE rebase_order = 3", Code::Constraint, twice);
    assert_eq!(fail(&mut s, "INSERT INTO dolt_rebase VALUES (9, 'pick', 'nowhere', '')").code(), Code::RefNotFound);
    run(&mut s, "DELETE FROM dolt_rebase");
    assert!(fail(&mut s, "CALL dolt_rebase('--continue')").message().starts_with("the rebase plan is empty"));
    assert_eq!(one(&mut s, "CALL dolt_rebase('--abort')"), "0|Interactive rebase aborted");
    assert_eq!(one(&mut s, "SELECT active_branch()"), "feature");
    assert_eq!(messages(&mut s), "f3,f2,f1,base,Initialize data repository");
    refused(&mut s, "CALL dolt_rebase('--abort')", Code::MergeConflict, "no rebase in progress");
}

#[test]
fn a_step_that_conflicts_waits_and_goes_on() {
    let mut s = forked("(2, 'main''s')");
    let root = one(&mut s, "SELECT dolt_hashof_db('HEAD')");
    let stopped = one(&mut s, "CALL dolt_rebase('main')");
    assert!(stopped.starts_with("1|1 conflict(s) at step 2, commit "), "{stopped}");
    assert_eq!(one(&mut s, "SELECT active_branch()"), "dolt_rebase_feature");
    assert_eq!(one(&mut s, "SELECT our_v, their_v FROM dolt_conflicts_t"), "main's|f");
    assert_eq!(rows(&mut s, "SELECT table_name, staged, status FROM dolt_status"), ["t|0|conflict"]);
    assert_eq!(
        fail(&mut s, "CALL dolt_rebase('--continue')").message(),
        "cannot continue a rebase with unresolved conflicts in t: resolve and stage them first"
    );
    run(&mut s, "CALL dolt_conflicts_resolve('--theirs', 't')");
    assert_eq!(fail(&mut s, "CALL dolt_rebase('--continue')").code(), Code::Dirty);
    run(&mut s, "CALL dolt_add('t')");
    // Whoever looks at the branch itself sees it as it was.
    assert_eq!(one(&mut s, "SELECT dolt_hashof_db('feature')"), root);
    assert_eq!(one(&mut s, "CALL dolt_rebase('--continue')"), "0|Successfully rebased and updated refs/heads/feature");
    assert_eq!(messages(&mut s), "f3,f2,f1,m1,base,Initialize data repository");
    assert_eq!(rows(&mut s, "SELECT id, v FROM t ORDER BY id"), ["1|f", "2|f", "3|f"]);
}

#[test]
fn abort_gives_back_the_branch_as_it_was() {
    let mut s = forked("(2, 'main''s')");
    run(&mut s, "INSERT INTO dolt_ignore VALUES ('mine', true); CALL dolt_commit('-Am', 'ignore'); CREATE TABLE mine (x INT)");
    let before = one(&mut s, "SELECT dolt_hashof_db(), dolt_hashof('HEAD')");
    run(&mut s, "CALL dolt_rebase('main'); CALL dolt_rebase('--abort')");
    assert_eq!(one(&mut s, "SELECT dolt_hashof_db(), dolt_hashof('HEAD')"), before);
    assert_eq!(rows(&mut s, "SELECT name FROM dolt_branches"), ["feature", "main"]);
}

#[test]
fn edit_stops_and_what_is_ignored_stays() {
    let mut s = forked("(10, 'm')");
    run(&mut s, "INSERT INTO dolt_ignore VALUES ('mine', true); CALL dolt_commit('-Am', 'ignore'); CREATE TABLE mine (x INT)");
    run(&mut s, "CALL dolt_rebase('-i', 'main'); UPDATE dolt_rebase SET action = 'edit' WHERE rebase_order = 2");
    let paused = one(&mut s, "CALL dolt_rebase('--continue')");
    assert!(paused.starts_with("0|edit action paused at step 2, commit "), "{paused}");
    run(&mut s, "UPDATE t SET v = 'edited' WHERE id = 2");
    assert_eq!(fail(&mut s, "CALL dolt_rebase('--continue')").code(), Code::Dirty);
    run(&mut s, "CALL dolt_commit('-a', '--amend', '-m', 'f2, edited'); CALL dolt_rebase('--continue')");
    assert_eq!(messages(&mut s), "ignore,f3,f2, edited,f1,m1,base,Initialize data repository");
    assert_eq!(one(&mut s, "SELECT v FROM t WHERE id = 2"), "edited");
    assert_eq!(one(&mut s, "SELECT count(*) FROM mine"), "0");
}

#[test]
fn commits_that_become_empty_are_dropped_or_kept() {
    for (flag, expected) in [("", "f3,f1,m1,base"), ("'--empty', 'keep', ", "f3,f2,f1,m1,base")] {
        let mut s = forked("(2, 'f')");
        run(&mut s, &format!("CALL dolt_rebase({flag}'main')"));
        assert_eq!(messages(&mut s), format!("{expected},Initialize data repository"));
    }
}

#[test]
fn a_branch_that_moved_meanwhile_is_not_overwritten() {
    let (_database, mut a, mut b) = sessions();
    run(&mut a, "CREATE TABLE t (id INT PRIMARY KEY); CALL dolt_commit('-Am', 'base'); CALL dolt_checkout('-b', 'f')");
    run(&mut a, "INSERT INTO t VALUES (1); CALL dolt_commit('-am', 'f1'); CALL dolt_rebase('-i', 'HEAD~1')");
    run(&mut b, "CALL dolt_checkout('f'); INSERT INTO t VALUES (9); CALL dolt_commit('-am', 'meanwhile')");
    let error = fail(&mut a, "CALL dolt_rebase('--continue')");
    assert_eq!(error.code(), Code::TxConflict);
    assert!(error.message().starts_with("branch f changed since its rebase began"), "{error:?}");
    run(&mut a, "CALL dolt_rebase('--abort')");
    assert_eq!(messages(&mut a), "meanwhile,f1,base,Initialize data repository");
}

#[test]
fn inside_a_transaction_and_with_changes() {
    let mut s = forked("(2, 'x')");
    run(&mut s, "INSERT INTO t VALUES (50, 'uncommitted')");
    refused(&mut s, "CALL dolt_rebase('main')", Code::Dirty, "cannot start a rebase with uncommitted changes");
    run(&mut s, "DELETE FROM t WHERE id = 50; SET @@autocommit = 0; CALL dolt_rebase('-i', 'main')");
    let again = "rebase already in progress; use --continue or --abort";
    refused(&mut s, "CALL dolt_rebase('main')", Code::MergeConflict, again);
    run(&mut s, "CALL dolt_rebase('--continue'); UPDATE t SET v = 'by hand' WHERE id = 2; CALL dolt_rebase('--abort')");
    assert_eq!(rows(&mut s, "SELECT v FROM t ORDER BY id"), ["f", "f", "f"]);
    assert_eq!(one(&mut s, "SELECT active_branch()"), "feature");
}
