//! Transactions, savepoints, several sessions, the order of publications.

#[path = "common/sql.rs"]
mod sql;

use prollite::session::{Session, Settled, Settlement, Step};
use prollite::sql::Moment;
use prollite::tuple::Value;
use prollite::Code;
use sql::{fail, refused, rows, run, session, sessions, shown};

#[test]
fn commit_keeps_and_rollback_forgets() {
    let s = &mut session();
    run(s, "CREATE TABLE t (id INT PRIMARY KEY)");
    run(s, "BEGIN; INSERT INTO t VALUES (1); COMMIT");
    run(s, "START TRANSACTION; INSERT INTO t VALUES (2); CREATE TABLE u (x INT); DROP TABLE t; ROLLBACK");
    assert_eq!(rows(s, "SELECT id FROM t"), ["1"]);
    refused(s, "SELECT * FROM u", Code::TableNotFound, "table not found: u");
    assert!(!s.in_transaction());
}

#[test]
fn a_failing_statement_drops_only_itself() {
    let s = &mut session();
    run(s, "CREATE TABLE t (id INT PRIMARY KEY, u INT UNIQUE)");
    run(s, "BEGIN; INSERT INTO t VALUES (1, 1)");
    fail(s, "INSERT INTO t VALUES (2, 2), (3, 1)");
    fail(s, "UPDATE t SET id = 'x'");
    run(s, "INSERT INTO t VALUES (4, 4); COMMIT");
    assert_eq!(rows(s, "SELECT id FROM t"), ["1", "4"]);
}

#[test]
fn savepoints_nest() {
    let s = &mut session();
    run(s, "CREATE TABLE t (id INT PRIMARY KEY)");
    run(s, "BEGIN; INSERT INTO t VALUES (1); SAVEPOINT a; INSERT INTO t VALUES (2)");
    run(s, "SAVEPOINT b; INSERT INTO t VALUES (3); ALTER TABLE t ADD COLUMN x INT DEFAULT 5; INSERT INTO t VALUES (4, 6)");
    assert_eq!(rows(s, "SELECT * FROM t"), ["1|5", "2|5", "3|5", "4|6"]);
    run(s, "ROLLBACK TO b");
    assert_eq!(rows(s, "SELECT * FROM t"), ["1", "2"]);
    run(s, "INSERT INTO t VALUES (5); RELEASE SAVEPOINT b; ROLLBACK TO SAVEPOINT a");
    assert_eq!(rows(s, "SELECT * FROM t"), ["1"]);
    run(s, "INSERT INTO t VALUES (6); RELEASE a; COMMIT");
    assert_eq!(rows(s, "SELECT * FROM t"), ["1", "6"]);
    refused(s, "ROLLBACK TO a", Code::BadArgument, "no such savepoint: a");
}

#[test]
fn a_savepoint_outside_opens_a_transaction() {
    let s = &mut session();
    run(s, "CREATE TABLE t (id INT PRIMARY KEY)");
    run(s, "SAVEPOINT a; INSERT INTO t VALUES (1)");
    assert!(s.in_transaction());
    run(s, "ROLLBACK");
    assert_eq!(rows(s, "SELECT count(*) FROM t"), ["0"]);
}

#[test]
fn without_autocommit_every_statement_waits_for_commit() {
    let (_, mut a, mut b) = sessions();
    run(&mut a, "CREATE TABLE t (id INT PRIMARY KEY)");
    run(&mut a, "SET autocommit = 0");
    run(&mut a, "INSERT INTO t VALUES (1)");
    assert_eq!(rows(&mut b, "SELECT count(*) FROM t"), ["0"]);
    run(&mut a, "COMMIT");
    assert_eq!(rows(&mut b, "SELECT count(*) FROM t"), ["1"]);
    run(&mut a, "INSERT INTO t VALUES (2); ROLLBACK");
    run(&mut a, "INSERT INTO t VALUES (3); SET autocommit = 1");
    assert_eq!(rows(&mut b, "SELECT id FROM t"), ["1", "3"]);
}

#[test]
fn sessions_see_what_others_committed_and_nothing_else() {
    let (_, mut a, mut b) = sessions();
    run(&mut a, "CREATE TABLE t (id INT PRIMARY KEY, v INT)");
    run(&mut b, "INSERT INTO t VALUES (1, 1)");
    assert_eq!(rows(&mut a, "SELECT * FROM t"), ["1|1"]);
    // A transaction keeps the root that it began with.
    run(&mut a, "BEGIN");
    run(&mut b, "UPDATE t SET v = 2; INSERT INTO t VALUES (2, 2)");
    assert_eq!(rows(&mut a, "SELECT * FROM t"), ["1|1"]);
    run(&mut a, "COMMIT");
    assert_eq!(rows(&mut a, "SELECT * FROM t"), ["1|2", "2|2"]);
}

#[test]
fn two_transactions_on_different_rows_both_commit() {
    let (_, mut a, mut b) = sessions();
    run(&mut a, "CREATE TABLE t (id INT PRIMARY KEY, u INT UNIQUE); INSERT INTO t VALUES (1, 10), (2, 20)");
    run(&mut a, "BEGIN; UPDATE t SET u = 11 WHERE id = 1; INSERT INTO t VALUES (3, 30)");
    run(&mut b, "BEGIN; UPDATE t SET u = 21 WHERE id = 2; DELETE FROM t WHERE id = 7; INSERT INTO t VALUES (4, 40); COMMIT");
    run(&mut a, "COMMIT");
    for s in [&mut a, &mut b] {
        assert_eq!(rows(s, "SELECT * FROM t"), ["1|11", "2|21", "3|30", "4|40"]);
        fail(s, "INSERT INTO t VALUES (9, 21)");
    }
}

/// Two sessions that count up one row from one root: cell-wise they say the same, and one count would be lost.
#[test]
fn two_transactions_on_one_row_conflict() {
    let (_, mut a, mut b) = sessions();
    run(&mut a, "CREATE TABLE t (id INT PRIMARY KEY, n INT); INSERT INTO t VALUES (1, 0)");
    run(&mut a, "BEGIN; UPDATE t SET n = n + 1");
    run(&mut b, "UPDATE t SET n = n + 1");
    let error = fail(&mut a, "COMMIT");
    assert_eq!(error.code(), Code::TxConflict);
    assert!(error.code().retryable());
    assert!(!a.in_transaction());
    run(&mut a, "BEGIN; UPDATE t SET n = n + 1; COMMIT");
    assert_eq!(rows(&mut b, "SELECT n FROM t"), ["2"]);
}

#[test]
fn merged_transactions_keep_constraints() {
    let (_, mut a, mut b) = sessions();
    run(&mut a, "CREATE TABLE p (id INT PRIMARY KEY); CREATE TABLE t (id INT PRIMARY KEY, u INT UNIQUE, p INT REFERENCES p)");
    run(&mut a, "INSERT INTO p VALUES (1), (2)");
    run(&mut a, "BEGIN; INSERT INTO t VALUES (1, 5, NULL)");
    run(&mut b, "INSERT INTO t VALUES (2, 5, NULL)");
    assert_eq!(fail(&mut a, "COMMIT").code(), Code::TxConflict);
    run(&mut a, "BEGIN; INSERT INTO t VALUES (3, 6, 1)");
    run(&mut b, "DELETE FROM p WHERE id = 1");
    assert_eq!(fail(&mut a, "COMMIT").code(), Code::TxConflict);
    assert_eq!(rows(&mut a, "SELECT id FROM t"), ["2"]);
    run(&mut a, "BEGIN; ALTER TABLE t ADD COLUMN x INT");
    run(&mut b, "INSERT INTO t VALUES (8, 8, 2)");
    assert_eq!(fail(&mut a, "COMMIT").code(), Code::TxConflict);
    // A table that nobody else knows is no conflict.
    run(&mut a, "BEGIN; CREATE TABLE fresh (id INT PRIMARY KEY)");
    run(&mut b, "INSERT INTO t VALUES (9, 9, 2)");
    run(&mut a, "COMMIT");
    assert_eq!(rows(&mut b, "SHOW TABLES"), ["fresh", "p", "t"]);
}

#[test]
fn drawn_keys_of_two_sessions_do_not_collide() {
    let (database, mut a, mut b) = sessions();
    run(&mut a, "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, who TEXT)");
    run(&mut a, "SELECT dolt_add('-A'); SELECT dolt_commit('-m', 'table')");
    run(&mut a, "SELECT dolt_branch('other')");
    let mut c = database.session("other").unwrap();
    run(&mut a, "INSERT INTO t (who) VALUES ('a')");
    run(&mut c, "INSERT INTO t (who) VALUES ('c')");
    run(&mut b, "INSERT INTO t (who) VALUES ('b'), ('b')");
    run(&mut c, "INSERT INTO t (who) VALUES ('c')");
    assert_eq!(rows(&mut a, "SELECT * FROM t"), ["1|a", "3|b", "4|b"]);
    assert_eq!(rows(&mut c, "SELECT * FROM t"), ["2|c", "5|c"]);
    run(&mut a, "INSERT INTO t VALUES (100, 'a')");
    run(&mut c, "INSERT INTO t (who) VALUES ('c')");
    assert_eq!(rows(&mut c, "SELECT id FROM t"), ["2", "5", "101"]);
}

#[test]
fn sessions_on_different_branches_are_apart() {
    let (database, mut a, _) = sessions();
    run(&mut a, "CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1)");
    run(&mut a, "SELECT dolt_commit('-Am', 'one')");
    run(&mut a, "SELECT dolt_branch('other')");
    let mut b = database.session("other").unwrap();
    assert_eq!(b.branch(), Some("other"));
    run(&mut b, "INSERT INTO t VALUES (2)");
    run(&mut a, "INSERT INTO t VALUES (3)");
    assert_eq!(rows(&mut a, "SELECT id FROM t"), ["1", "3"]);
    assert_eq!(rows(&mut b, "SELECT id FROM t"), ["1", "2"]);
    run(&mut a, "USE `prollite/other`");
    assert_eq!(rows(&mut a, "SELECT id FROM t"), ["1", "2"]);
    run(&mut a, "SET @@prollite_head_ref = 'main'");
    assert_eq!(rows(&mut a, "SELECT id FROM t"), ["1", "3"]);
    run(&mut a, "BEGIN; INSERT INTO t VALUES (4)");
    assert_eq!(fail(&mut a, "USE `prollite/other`").code(), Code::Dirty);
    run(&mut a, "ROLLBACK; USE prollite");
    assert_eq!(fail(&mut a, "USE elsewhere").code(), Code::RefNotFound);
    assert_eq!(fail(&mut a, "USE `prollite/nowhere`").code(), Code::RefNotFound);
    assert_eq!(a.branch(), Some("main"));
}

#[test]
fn a_session_on_a_tag_only_reads() {
    let (database, mut a, _) = sessions();
    run(&mut a, "CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1); SELECT dolt_commit('-Am', 'one')");
    run(&mut a, "SELECT dolt_tag('v1'); INSERT INTO t VALUES (2)");
    let mut old = database.session("v1").unwrap();
    assert_eq!(old.branch(), None);
    assert_eq!(rows(&mut old, "SELECT id FROM t"), ["1"]);
    assert_eq!(fail(&mut old, "INSERT INTO t VALUES (3)").code(), Code::ReadOnly);
    assert_eq!(fail(&mut old, "CREATE TABLE u (x INT)").code(), Code::ReadOnly);
    assert!(database.session("v2").is_err());
}

#[test]
fn branches_made_inside_a_transaction_survive_its_rollback() {
    let (_, mut a, mut b) = sessions();
    run(&mut a, "CREATE TABLE t (id INT PRIMARY KEY); SELECT dolt_commit('-Am', 'one')");
    run(&mut a, "BEGIN; INSERT INTO t VALUES (1); SELECT dolt_branch('kept')");
    assert_eq!(rows(&mut b, "SELECT name FROM dolt_branches WHERE name = 'kept'"), ["kept"]);
    assert_eq!(rows(&mut a, "SELECT id FROM t"), ["1"]);
    run(&mut a, "ROLLBACK");
    assert_eq!(rows(&mut a, "SELECT name FROM dolt_branches WHERE name = 'kept'"), ["kept"]);
    assert_eq!(rows(&mut a, "SELECT count(*) FROM t"), ["0"]);
}

#[test]
fn a_version_commit_ends_the_transaction() {
    let (_, mut a, mut b) = sessions();
    run(&mut a, "CREATE TABLE t (id INT PRIMARY KEY)");
    run(&mut a, "BEGIN; INSERT INTO t VALUES (1); SELECT dolt_commit('-Am', 'one')");
    assert!(!a.in_transaction());
    assert_eq!(rows(&mut b, "SELECT id FROM t"), ["1"]);
    assert_eq!(rows(&mut b, "SELECT message FROM dolt_log")[0], "one");
    run(&mut a, "ROLLBACK");
    assert_eq!(rows(&mut a, "SELECT id FROM t"), ["1"]);
}

fn moment() -> Moment { Moment::new(0, 1) }

fn step(s: &mut Session, sql: &str) -> Step {
    let mut runs = s.prepare(sql, Vec::new(), moment()).unwrap();
    s.step(&mut runs[0]).unwrap()
}

fn done(step: Step) -> Vec<String> {
    match step {
        Step::Done(outcome) => outcome.rows.iter().map(|row| shown(row)).collect(),
        other => panic!("{other:?}"),
    }
}

/// What the worker in a page does: several statements, one publication.
#[test]
fn statements_share_a_publication() {
    let s = &mut session();
    done(step(s, "CREATE TABLE t (id INT PRIMARY KEY)"));
    done(step(s, "INSERT INTO t VALUES (1)"));
    assert!(s.prepare("INSERT INTO t VALUES (1)", Vec::new(), moment()).map(|mut runs| s.step(&mut runs[0])).unwrap().is_err());
    done(step(s, "INSERT INTO t VALUES (2)"));
    assert_eq!(done(step(s, "SELECT id FROM t")), ["1", "2"]);
    assert!(s.unpublished());
    assert!(matches!(step(s, "BEGIN"), Step::Publish));
    let publication = s.publication().unwrap();
    assert_eq!(publication.set.keys().collect::<Vec<_>>(), ["work/main"]);
    assert!(!publication.chunks.is_empty());
    let store = s.database().repository().store.clone();
    publication.chunks.iter().for_each(|chunk| assert!(store.put(chunk.clone()).is_ok()));
    assert_eq!(s.settle(Settled::Landed).unwrap(), Settlement::Done);
    assert!(!s.unpublished());
    done(step(s, "BEGIN"));
    assert_eq!(done(step(s, "SELECT id FROM t")), ["1", "2"]);
}

#[test]
fn with_autocommit_off_begin_commits_what_is_open() {
    let (_, mut a, mut b) = sessions();
    run(&mut a, "CREATE TABLE t (id INT PRIMARY KEY); SET autocommit = 0; INSERT INTO t VALUES (1)");
    assert_eq!(rows(&mut b, "SELECT id FROM t"), Vec::<String>::new());
    run(&mut a, "START TRANSACTION; INSERT INTO t VALUES (2); ROLLBACK");
    assert_eq!(rows(&mut b, "SELECT id FROM t"), ["1"]);
    run(&mut a, "COMMIT; SET autocommit = 1; BEGIN");
    assert_eq!(fail(&mut a, "BEGIN").code(), Code::BadArgument);
}

/// `SELECT dolt_checkout(…)` shared the publication of an INSERT before it, moved away, and the row was gone.
#[test]
fn a_selected_procedure_waits_for_what_is_not_published() {
    let s = &mut session();
    run(s, "CREATE TABLE t (id INT PRIMARY KEY); CALL dolt_commit('-Am', 'base'); CALL dolt_branch('b')");
    done(step(s, "INSERT INTO t VALUES (1)"));
    assert!(matches!(step(s, "SELECT dolt_checkout('b')"), Step::Publish));
    run(s, "SELECT dolt_checkout('b')");
    assert_eq!(rows(s, "SELECT id FROM t"), Vec::<String>::new());
    run(s, "SELECT dolt_checkout('main')");
    assert_eq!(rows(s, "SELECT id FROM t"), ["1"]);
}

#[test]
fn statements_that_lost_run_again_on_the_new_root() {
    let (database, mut a, mut b) = sessions();
    run(&mut a, "CREATE TABLE t (id INT PRIMARY KEY, n INT); INSERT INTO t VALUES (1, 0)");
    let mut runs = a.prepare("UPDATE t SET n = n + 1; INSERT INTO t VALUES (2, 0)", Vec::new(), moment()).unwrap();
    for run in &mut runs {
        done(a.step(run).unwrap());
    }
    a.publication().unwrap();
    run(&mut b, "UPDATE t SET n = 10");
    let refs = database.repository().all_refs();
    assert_eq!(a.settle(Settled::Lost(refs)).unwrap(), Settlement::Rerun);
    assert!(!a.unpublished());
    for run in &mut runs {
        done(a.step(run).unwrap());
    }
    assert_eq!(done(step(&mut a, "SELECT * FROM t")), ["1|11", "2|0"]);
}

#[test]
fn a_change_that_changes_nothing_publishes_nothing() {
    let s = &mut session();
    run(s, "CREATE TABLE t (id INT PRIMARY KEY, n INT); INSERT INTO t VALUES (1, 0)");
    done(step(s, "UPDATE t SET n = 1"));
    done(step(s, "UPDATE t SET n = 0"));
    assert!(s.publication().unwrap().is_empty());
    assert_eq!(s.settle(Settled::Landed).unwrap(), Settlement::Done);
    assert!(!s.unpublished());
}

/// Edits past the spill threshold go into trees; what ROLLBACK and ROLLBACK TO bring back must not.
#[test]
fn large_transactions_spill_and_still_roll_back() {
    let s = &mut session();
    run(s, "CREATE TABLE t (id INT PRIMARY KEY, v TEXT)");
    run(s, "INSERT INTO t VALUES (-1, 'before')");
    let text = Value::from("x".repeat(1500));
    s.execute("BEGIN", &[]).unwrap();
    for batch in 0..12i64 {
        let rows: Vec<String> = (0..2000).map(|row| format!("({}, ?1)", batch * 2000 + row)).collect();
        s.execute(&format!("INSERT INTO t VALUES {}", rows.join(",")), std::slice::from_ref(&text)).unwrap();
        if batch == 5 {
            s.execute("SAVEPOINT half", &[]).unwrap();
        }
    }
    assert_eq!(rows(s, "SELECT count(*) FROM t"), ["24001"]);
    run(s, "ROLLBACK TO half");
    assert_eq!(rows(s, "SELECT count(*) FROM t"), ["12001"]);
    run(s, "ROLLBACK");
    assert_eq!(rows(s, "SELECT * FROM t"), ["-1|before"]);
}
