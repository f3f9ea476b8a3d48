//! A shallow clone: some levels of history, an error behind them that says where it ends, and the way to more.

use prollite::session::Session;
use prollite::Code;

use crate::lazy::Wire;
use crate::remotes::Folder;
use crate::sql::{fail, rows, run, session};

const URL: &str = "http://far/big";

/// Thirty commits on `main` and a branch from the tenth, merged at the twentieth.
fn publish(url: &str) -> Session {
    let mut ada = session();
    run(&mut ada, "CREATE TABLE t (id INT PRIMARY KEY, name TEXT, n INT)");
    let values: Vec<String> = (0..5_000).map(|id| format!("({id}, '{}', 0)", (id * 7_919).to_string().repeat(8))).collect();
    run(&mut ada, &format!("INSERT INTO t VALUES {}", values.join(",")));
    run(&mut ada, "SELECT dolt_commit('-Am', 'rows')");
    for n in 1..=30 {
        match n {
            10 => run(&mut ada, "CALL dolt_branch('side')"),
            20 => {
                run(&mut ada, "CALL dolt_checkout('side')");
                run(&mut ada, "UPDATE t SET n = 100 WHERE id = 4000");
                run(&mut ada, "SELECT dolt_commit('-am', 'side')");
                run(&mut ada, "CALL dolt_checkout('main')");
                run(&mut ada, "CALL dolt_merge('side')")
            }
            _ => 0,
        };
        run(&mut ada, &format!("UPDATE t SET n = {n} WHERE id = {}", n * 100));
        run(&mut ada, &format!("SELECT dolt_commit('-am', 'change {n}')"));
    }
    run(&mut ada, "SELECT dolt_tag('old', 'HEAD~25')");
    run(&mut ada, &format!("SELECT dolt_remote('add', 'origin', '{url}')"));
    run(&mut ada, "CALL dolt_push('-u', 'origin', 'main', 'side', 'old')");
    ada
}

fn shallow(depth: u64) -> Session {
    let mut bob = session();
    run(&mut bob, &format!("CALL dolt_clone('--depth', '{depth}', '{URL}')"));
    bob
}

fn ok(session: &mut Session) { assert_eq!(rows(session, "CALL dolt_verify()"), ["1|0|0|0"]); }

#[test]
fn history_ends_and_says_where() {
    let folder = Folder::new("shallow-ends");
    let url = folder.url("remote");
    let mut ada = publish(&url);
    let wire = Wire::to(&url);
    run(&mut session(), &format!("CALL dolt_clone('{URL}')"));
    let (_, whole) = wire.count();
    let mut bob = shallow(3);
    let (requests, bytes) = wire.count();
    assert!(requests == 1 && bytes < whole * 3 / 4, "{requests} requests, {bytes} of {whole} bytes");
    assert_eq!(rows(&mut bob, "SELECT message FROM dolt_log"), ["change 30", "change 29", "change 28"]);
    assert_eq!(rows(&mut bob, "SELECT SUM(n) FROM t"), rows(&mut ada, "SELECT SUM(n) FROM t"));
    assert_eq!(rows(&mut bob, "SELECT SUM(n) FROM t AS OF 'HEAD~2'"), rows(&mut ada, "SELECT SUM(n) FROM t AS OF 'HEAD~2'"));
    let end = rows(&mut ada, "SELECT dolt_hashof('HEAD~2')")[0].clone();
    for query in [
        "SELECT SUM(n) FROM t AS OF 'HEAD~3'",
        "SELECT SUM(n) FROM t AS OF 'HEAD~25'",
        "SELECT SUM(n) FROM t AS OF TIMESTAMP '2001-01-01 00:00:00'",
        "CALL dolt_reset('--hard', 'HEAD~5')",
        "SELECT COUNT(*) FROM dolt_diff('HEAD~3', 'HEAD', 't')",
        "CALL dolt_revert('HEAD~2')",
        "SELECT COUNT(*) FROM dolt_diff_t",
    ] {
        let error = fail(&mut bob, query);
        assert_eq!(error.code(), Code::BeyondDepth, "{query}: {error:?}");
        assert!(error.message().contains(&end) && error.message().contains("(change 28)"), "{query}: {error:?}");
        assert!(error.hint().unwrap().contains("--depth"), "{error:?}");
    }
    // A branch of it is all that was fetched, and no tag that would bring the history behind it.
    assert_eq!(rows(&mut bob, "SELECT name FROM dolt_remote_branches"), ["remotes/origin/main"]);
    assert_eq!(rows(&mut bob, "SELECT COUNT(*) FROM dolt_tags"), ["0"]);
    assert_eq!(rows(&mut bob, "SELECT COUNT(*) FROM dolt_history_t WHERE id = 3000"), ["3"]);
    ok(&mut bob);
    run(&mut bob, "CALL dolt_gc()");
    ok(&mut bob);
    for depth in ["0", "-1", "many"] {
        let error = fail(&mut session(), &format!("CALL dolt_clone('--depth', '{depth}', '{URL}')"));
        assert_eq!(error.code(), Code::BadArgument, "{error:?}");
    }
    prollite::session::set_carrier(None);
}

#[test]
fn both_sides_go_on() {
    let folder = Folder::new("shallow-goes-on");
    let url = folder.url("remote");
    let mut ada = publish(&url);
    let wire = Wire::to(&url);
    let mut bob = shallow(2);
    run(&mut ada, "UPDATE t SET n = 7 WHERE id = 7");
    run(&mut ada, "SELECT dolt_commit('-am', 'ada')");
    run(&mut ada, "CALL dolt_push()");
    run(&mut bob, "UPDATE t SET n = 8 WHERE id = 8");
    run(&mut bob, "SELECT dolt_commit('-am', 'bob')");
    wire.count();
    assert_eq!(rows(&mut bob, "CALL dolt_pull()"), ["0|0|merge successful"]);
    let (requests, bytes) = wire.count();
    assert!(requests == 1 && bytes < 20_000, "{requests} requests, {bytes} bytes");
    run(&mut bob, "CALL dolt_push()");
    run(&mut ada, "CALL dolt_pull()");
    assert_eq!(rows(&mut ada, "SELECT dolt_hashof('main')"), rows(&mut bob, "SELECT dolt_hashof('main')"));
    ok(&mut ada);
    ok(&mut bob);
    // A branch that left before history begins here: where it did is known, and not here.
    run(&mut ada, "CALL dolt_checkout('-b', 'far', 'HEAD~22')");
    run(&mut ada, "UPDATE t SET n = 3 WHERE id = 3");
    run(&mut ada, "SELECT dolt_commit('-am', 'far')");
    run(&mut ada, "CALL dolt_push('origin', 'far')");
    run(&mut bob, "CALL dolt_fetch('--depth', '1', 'origin', 'far')");
    assert_eq!(rows(&mut bob, "SELECT COUNT(*) FROM dolt_log('origin/far')"), ["1"]);
    assert_eq!(rows(&mut bob, "SELECT n FROM t AS OF 'origin/far' WHERE id = 3"), ["3"]);
    let error = fail(&mut bob, "CALL dolt_merge('origin/far')");
    assert_eq!(error.code(), Code::BeyondDepth, "{error:?}");
    assert_eq!(rows(&mut bob, "SELECT commits_ahead, commits_behind > 20 FROM dolt_branch_status('main', 'origin/far')"), ["1|1"]);
    run(&mut bob, "CALL dolt_fetch('--unshallow')");
    run(&mut bob, "CALL dolt_merge('origin/far')");
    ok(&mut bob);
    prollite::session::set_carrier(None);
}

#[test]
fn it_is_deepened_and_made_whole() {
    let folder = Folder::new("shallow-deeper");
    let url = folder.url("remote");
    let mut ada = publish(&url);
    let wire = Wire::to(&url);
    let mut bob = shallow(2);
    let (_, first) = wire.count();
    for depth in [3, 9, 15] {
        run(&mut bob, &format!("CALL dolt_fetch('--depth', '{depth}')"));
        let found = rows(&mut bob, "SELECT commit_hash FROM dolt_log");
        let expected = rows(&mut ada, &format!("SELECT commit_hash FROM dolt_log LIMIT {}", found.len()));
        assert!(found.len() >= depth, "{} commits at depth {depth}", found.len());
        // The merged branch brings commits of its own: both lists are by height.
        assert_eq!(found[..depth.min(9)], expected[..depth.min(9)]);
        let before = depth - 1;
        let query = format!("SELECT SUM(n) FROM t AS OF 'HEAD~{before}'");
        assert_eq!(rows(&mut bob, &query), rows(&mut ada, &query));
        assert_eq!(fail(&mut bob, &format!("SELECT SUM(n) FROM t AS OF 'HEAD~{depth}'")).code(), Code::BeyondDepth);
        ok(&mut bob);
        // What it had was not sent again.
        let (requests, bytes) = wire.count();
        assert!(requests == 1 && bytes < first / 2, "depth {depth}: {requests} requests, {bytes} bytes, {first} at first");
    }
    run(&mut bob, "CALL dolt_pull('--unshallow')");
    let log = "SELECT commit_hash, message FROM dolt_log";
    assert_eq!(rows(&mut bob, log), rows(&mut ada, log));
    ok(&mut bob);
    run(&mut bob, "CALL dolt_fetch()");
    assert_eq!(rows(&mut bob, "SELECT tag_name FROM dolt_tags"), ["old"]);
    assert_eq!(fail(&mut bob, "CALL dolt_fetch('--depth', '3')").code(), Code::BadArgument);
    let query = "SELECT to_id, from_n, to_n, to_commit FROM dolt_diff_t";
    assert_eq!(rows(&mut bob, query), rows(&mut ada, query));
    prollite::session::set_carrier(None);
}

/// Some levels of history, and their rows when something asks for them.
#[test]
fn it_can_be_lazy_as_well() {
    let folder = Folder::new("shallow-lazy");
    let url = folder.url("remote");
    let mut ada = publish(&url);
    let wire = Wire::to(&url);
    let mut bob = session();
    run(&mut bob, &format!("CALL dolt_clone('--lazy', '--depth', '4', '{URL}')"));
    assert_eq!(rows(&mut bob, "SELECT COUNT(*) FROM dolt_log"), ["4"]);
    assert_eq!(rows(&mut bob, "SELECT n FROM t WHERE id = 3000"), ["30"]);
    run(&mut ada, "UPDATE t SET n = 7 WHERE id = 7");
    run(&mut ada, "SELECT dolt_commit('-am', 'ada')");
    run(&mut ada, "CALL dolt_push()");
    run(&mut bob, "CALL dolt_pull()");
    assert_eq!(rows(&mut bob, "SELECT COUNT(*) FROM dolt_log"), ["5"]);
    run(&mut bob, "CALL dolt_unlazy()");
    wire.online(false);
    assert_eq!(rows(&mut bob, "SELECT n FROM t WHERE id = 7"), ["7"]);
    assert_eq!(fail(&mut bob, "SELECT n FROM t AS OF 'HEAD~5'").code(), Code::BeyondDepth);
    ok(&mut bob);
    wire.online(true);
    run(&mut bob, "CALL dolt_fetch('--unshallow')");
    ok(&mut bob);
    assert_eq!(rows(&mut bob, "SELECT COUNT(*) FROM dolt_log"), rows(&mut ada, "SELECT COUNT(*) FROM dolt_log"));
    prollite::session::set_carrier(None);
}
