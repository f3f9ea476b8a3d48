//! Versioning procedures from SQL: forms, flags, answers and errors.

#[path = "common/sql.rs"]
#[allow(dead_code)]
mod common;

use common::{fail, refused, rows, run, session, sessions};
use prollite::session::Session;
use prollite::Code;

fn one(session: &mut Session, sql: &str) -> String { rows(session, sql).join("\n") }

/// A table `t` with rows 1 and 2, committed.
fn with_table() -> Session {
    let mut s = session();
    run(&mut s, "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20)); INSERT INTO t VALUES (1, 'one'), (2, 'two')");
    run(&mut s, "CALL dolt_commit('-Am', 'create t')");
    s
}

/// Branch `other` and main both changed row 1.
fn with_conflict() -> Session {
    let mut s = with_table();
    run(&mut s, "CALL dolt_checkout('-b', 'other')");
    run(&mut s, "UPDATE t SET v = 'theirs' WHERE id = 1; INSERT INTO t VALUES (3, 'three')");
    run(&mut s, "CALL dolt_commit('-am', 'theirs')");
    run(&mut s, "CALL dolt_checkout('main'); UPDATE t SET v = 'ours' WHERE id = 1");
    run(&mut s, "CALL dolt_commit('-am', 'ours')");
    s
}

#[test]
fn add_stages_tables_by_name_and_all() {
    let mut s = session();
    run(&mut s, "CREATE TABLE a (x INT PRIMARY KEY); CREATE TABLE b (x INT PRIMARY KEY)");
    assert_eq!(rows(&mut s, "CALL dolt_add('a')"), ["0"]);
    assert_eq!(rows(&mut s, "SELECT * FROM dolt_status"), ["a|1|new table", "b|0|new table"]);
    assert_eq!(one(&mut s, "SELECT dolt_add('-A')"), "0");
    assert_eq!(rows(&mut s, "SELECT * FROM dolt_status"), ["a|1|new table", "b|1|new table"]);
    run(&mut s, "CALL dolt_reset()");
    run(&mut s, "CALL dolt_add('.')");
    assert_eq!(one(&mut s, "SELECT count(*) FROM dolt_status WHERE staged = 1"), "2");
    refused(&mut s, "CALL dolt_add('nope')", Code::TableNotFound, "table not found: nope");
    refused(&mut s, "CALL dolt_add('--bogus')", Code::BadArgument, "error: unknown option `bogus`");
    assert_eq!(fail(&mut s, "CALL dolt_add()").code(), Code::BadArgument);
}

#[test]
fn ignored_tables_are_staged_by_force_only() {
    let mut s = session();
    run(&mut s, "INSERT INTO dolt_ignore VALUES ('tmp_*', true); CREATE TABLE tmp_1 (x INT); CREATE TABLE t (x INT)");
    assert_eq!(rows(&mut s, "SELECT * FROM dolt_status"), ["dolt_ignore|0|new table", "t|0|new table"]);
    run(&mut s, "CALL dolt_commit('-Am', 'all')");
    assert_eq!(rows(&mut s, "SELECT * FROM dolt_status_ignored"), ["tmp_1|0|new table|1"]);
    run(&mut s, "CALL dolt_add('--force', 'tmp_1')");
    assert_eq!(rows(&mut s, "SELECT * FROM dolt_status"), ["tmp_1|1|new table"]);
}

#[test]
fn commit_answers_its_hash_and_takes_gits_flags() {
    let mut s = with_table();
    let hash = one(&mut s, "SELECT dolt_hashof('HEAD')");
    assert_eq!(hash.len(), 32);
    refused(
        &mut s,
        "CALL dolt_commit('-m', 'nothing')",
        Code::NothingToCommit,
        "nothing to commit, working tree clean (use dolt_add to stage changes)",
    );
    assert_eq!(one(&mut s, "CALL dolt_commit('-m', 'nothing', '--skip-empty')"), "");
    run(&mut s, "INSERT INTO t VALUES (3, 'three')");
    assert!(fail(&mut s, "CALL dolt_commit('-m', 'unstaged')").message().starts_with("nothing to commit (use dolt_add first"));
    let hash = one(&mut s, "SELECT dolt_commit('-am', 'three', '--author', 'Ann <ann@x.org>', '--date', '2020-01-02T03:04:05')");
    assert_eq!(
        one(&mut s, "SELECT commit_hash, author, author_email, date, message FROM dolt_log LIMIT 1"),
        format!("{hash}|Ann|ann@x.org|2020-01-02 03:04:05|three")
    );
    run(&mut s, "CALL dolt_commit('--allow-empty', '-m', 'empty')");
    run(&mut s, "CALL dolt_commit('--amend', '-m', 'amended')");
    assert_eq!(rows(&mut s, "SELECT message FROM dolt_log LIMIT 2"), ["amended", "three"]);
    assert_eq!(one(&mut s, "SELECT length(dolt_commit('--allow-empty', '-m', 'inside an expression'))"), "32");
    assert_eq!(fail(&mut s, "CALL dolt_commit('-am')").message(), "error: no value for option `message`");
    assert_eq!(fail(&mut s, "CALL dolt_commit('--allow-empty')").code(), Code::BadArgument);
    assert!(fail(&mut s, "CALL dolt_commit('-m', 'x', '--date', 'soon')").message().contains("`soon`"));
}

#[test]
fn config_is_kept_with_the_database() {
    let (_, mut a, mut b) = sessions();
    assert_eq!(one(&mut a, "SELECT dolt_config('user.name')"), "root");
    assert_eq!(one(&mut a, "SELECT dolt_config('user.name', 'Tim')"), "0");
    run(&mut a, "CALL dolt_config('user.email', 'tim@x.org'); CALL dolt_commit('--allow-empty', '-m', 'x')");
    assert_eq!(one(&mut b, "SELECT dolt_config('user.name')"), "Tim");
    assert_eq!(one(&mut b, "SELECT committer, email FROM dolt_log LIMIT 1"), "Tim|tim@x.org");
    assert!(fail(&mut a, "SELECT dolt_config('user.shoe')").message().contains("unknown config key user.shoe"));
}

#[test]
fn branches_are_made_renamed_copied_and_deleted() {
    let mut s = with_table();
    run(&mut s, "CALL dolt_branch('b1'); CALL dolt_branch('b2', 'HEAD~1')");
    let exists = "fatal: A branch named 'b1' already exists.";
    refused(&mut s, "CALL dolt_branch('b1')", Code::Exists, exists);
    refused(&mut s, "CALL dolt_branch('B1')", Code::Exists, exists);
    run(&mut s, "CALL dolt_branch('-f', 'b1'); CALL dolt_branch('-m', 'b1', 'b3'); CALL dolt_branch('-c', 'b3', 'b4')");
    assert_eq!(rows(&mut s, "SELECT name, is_current FROM dolt_branches"), ["b2|0", "b3|0", "b4|0", "main|1"]);
    run(&mut s, "CALL dolt_branch('-d', 'b2', 'b4')");
    assert_eq!(rows(&mut s, "SELECT name FROM dolt_branches"), ["b3", "main"]);
    run(&mut s, "CALL dolt_checkout('b3'); CALL dolt_commit('--allow-empty', '-m', 'ahead'); CALL dolt_checkout('main')");
    assert!(fail(&mut s, "CALL dolt_branch('-d', 'b3')").message().starts_with("branch 'b3' is not fully merged"));
    run(&mut s, "CALL dolt_branch('-D', 'b3')");
    refused(&mut s, "CALL dolt_branch('-d', 'main')", Code::BadArgument, "attempted to delete checked out branch: main");
    refused(&mut s, "CALL dolt_branch('-d', 'gone')", Code::RefNotFound, "branch not found: gone");
    refused(&mut s, "CALL dolt_branch('-d')", Code::BadArgument, "error: invalid usage");
    assert!(fail(&mut s, "CALL dolt_branch('new', 'nowhere')").message().contains("'nowhere' is not a commit"));
    run(&mut s, "CALL dolt_branch('-m', 'main', 'trunk')");
    assert_eq!(one(&mut s, "SELECT active_branch()"), "trunk");
}

#[test]
fn each_branch_keeps_its_own_working_set() {
    let mut s = with_table();
    run(&mut s, "INSERT INTO t VALUES (9, 'uncommitted')");
    assert_eq!(rows(&mut s, "CALL dolt_checkout('-b', 'b')"), ["0|Switched to branch 'b'"]);
    assert_eq!(one(&mut s, "SELECT count(*) FROM t"), "2");
    run(&mut s, "CALL dolt_checkout('main')");
    assert_eq!(one(&mut s, "SELECT count(*) FROM t"), "3");
    assert_eq!(rows(&mut s, "SELECT name, dirty FROM dolt_branches"), ["b|0", "main|1"]);
    assert_eq!(rows(&mut s, "CALL dolt_checkout('main')"), ["0|Already on branch 'main'"]);
    run(&mut s, "CALL dolt_checkout('t')");
    assert_eq!(one(&mut s, "SELECT count(*) FROM t"), "2");
    assert_eq!(
        fail(&mut s, "CALL dolt_checkout('nowhere')").message(),
        "error: tablespec 'nowhere' did not match any table(s) known to dolt"
    );
    run(&mut s, "CALL dolt_tag('v1')");
    assert!(fail(&mut s, "CALL dolt_checkout('v1')").message().starts_with("dolt does not support a detached head state"));
}

#[test]
fn reset_unstages_moves_and_discards() {
    let mut s = with_table();
    run(&mut s, "INSERT INTO t VALUES (3, 'three'); CALL dolt_add('t'); CALL dolt_reset('t')");
    assert_eq!(rows(&mut s, "SELECT * FROM dolt_status"), ["t|0|modified"]);
    run(&mut s, "CALL dolt_add('t'); SELECT dolt_reset('--soft')");
    assert_eq!(rows(&mut s, "SELECT * FROM dolt_status"), ["t|0|modified"]);
    run(&mut s, "CALL dolt_commit('-am', 'three'); CALL dolt_reset('--soft', 'HEAD~1')");
    assert_eq!(rows(&mut s, "SELECT * FROM dolt_status"), ["t|1|modified"]);
    run(&mut s, "CREATE TABLE untracked (x INT); CALL dolt_reset('--hard')");
    assert_eq!(one(&mut s, "SELECT count(*) FROM t"), "2");
    assert_eq!(one(&mut s, "SELECT count(*) FROM untracked"), "0");
    run(&mut s, "CALL dolt_reset('HEAD~1')");
    assert_eq!(rows(&mut s, "SELECT message FROM dolt_log"), ["Initialize data repository"]);
    assert_eq!(one(&mut s, "SELECT count(*) FROM t"), "2");
    assert_eq!(fail(&mut s, "CALL dolt_reset('--hard', 'nowhere')").code(), Code::RefNotFound);
}

#[test]
fn tags_do_not_move() {
    let mut s = with_table();
    run(&mut s, "CALL dolt_tag('v1', 'HEAD', '-m', 'first'); CALL dolt_tag('v0', 'HEAD~1')");
    assert_eq!(rows(&mut s, "SELECT tag_name, tagger, message FROM dolt_tags"), ["v0|root|", "v1|root|first"]);
    assert_eq!(fail(&mut s, "CALL dolt_tag('v1')").code(), Code::Exists);
    run(&mut s, "DELETE FROM t; CALL dolt_commit('-am', 'empty')");
    assert_eq!(one(&mut s, "SELECT count(*) FROM dolt_at_t('v1')"), "2");
    run(&mut s, "CALL dolt_tag('-d', 'v0', 'v1')");
    assert_eq!(one(&mut s, "SELECT count(*) FROM dolt_tags"), "0");
    assert_eq!(fail(&mut s, "CALL dolt_tag('-d', 'v1')").code(), Code::RefNotFound);
}

#[test]
fn merge_moves_forward_or_makes_a_commit() {
    let mut s = with_table();
    run(&mut s, "CALL dolt_checkout('-b', 'b'); INSERT INTO t VALUES (3, 'three'); CALL dolt_commit('-am', 'three')");
    run(&mut s, "CALL dolt_checkout('main')");
    let head = one(&mut s, "SELECT dolt_hashof('b')");
    assert_eq!(one(&mut s, "CALL dolt_merge('b')"), format!("{head}|1|0|merge successful"));
    assert_eq!(one(&mut s, "CALL dolt_merge('b')"), "|0|0|Everything up-to-date");
    assert_eq!(one(&mut s, "SELECT dolt_merge('b')"), "Already up to date");
    run(&mut s, "CALL dolt_checkout('b'); UPDATE t SET v = 'b' WHERE id = 3; CALL dolt_commit('-am', 'b')");
    run(&mut s, "CALL dolt_checkout('main'); UPDATE t SET v = 'main' WHERE id = 2; CALL dolt_commit('-am', 'main')");
    assert!(fail(&mut s, "CALL dolt_merge('--ff-only', 'b')").message().contains("diverged"));
    let hash = one(&mut s, "SELECT dolt_merge('b')");
    assert_eq!(hash, one(&mut s, "SELECT dolt_hashof('HEAD')"));
    assert_eq!(rows(&mut s, "SELECT v FROM t ORDER BY id"), ["one", "main", "b"]);
    assert_eq!(one(&mut s, "SELECT message FROM dolt_log LIMIT 1"), "Merge branch 'b' into main");
    assert_eq!(fail(&mut s, "CALL dolt_merge('nowhere')").code(), Code::RefNotFound);
    assert_eq!(fail(&mut s, "CALL dolt_merge('b', '--sqash')").message(), "error: unknown option `sqash`");
    assert_eq!(fail(&mut s, "CALL dolt_merge('--abort')").code(), Code::MergeConflict);
}

#[test]
fn squash_takes_rows_and_no_commit_waits() {
    let mut s = with_table();
    run(&mut s, "CALL dolt_checkout('-b', 'b'); INSERT INTO t VALUES (3, 'three'); CALL dolt_commit('-am', 'three')");
    run(&mut s, "CALL dolt_checkout('main'); CALL dolt_merge('b', '--squash')");
    assert_eq!(rows(&mut s, "SELECT * FROM dolt_status"), ["t|1|modified"]);
    run(&mut s, "CALL dolt_reset('--hard')");
    assert_eq!(one(&mut s, "SELECT dolt_merge('b', '--no-commit')"), "0");
    assert_eq!(one(&mut s, "SELECT is_merging, source, target FROM dolt_merge_status"), "1|b|refs/heads/main");
    run(&mut s, "CALL dolt_merge('--continue')");
    assert_eq!(one(&mut s, "SELECT count(*) FROM dolt_commit_ancestors WHERE commit_hash = dolt_hashof('HEAD')"), "2");
}

#[test]
fn a_conflict_stays_until_it_is_resolved_or_aborted() {
    let mut s = with_conflict();
    let before = one(&mut s, "SELECT dolt_hashof_db()");
    assert_eq!(one(&mut s, "SELECT dolt_merge('other')"), "Merge completed with 1 conflict(s)");
    assert_eq!(rows(&mut s, "SELECT * FROM dolt_conflicts"), ["t|1"]);
    assert_eq!(one(&mut s, "SELECT unmerged_tables FROM dolt_merge_status"), "t");
    assert_eq!(
        rows(&mut s, "SELECT base_v, our_v, our_diff_type, their_v, their_diff_type FROM dolt_conflicts_t"),
        ["one|ours|modified|theirs|modified"]
    );
    assert_eq!(fail(&mut s, "CALL dolt_commit('-Am', 'too early')").code(), Code::MergeConflict);
    run(&mut s, "CALL dolt_merge('--abort')");
    assert_eq!(one(&mut s, "SELECT dolt_hashof_db()"), before);
    assert_eq!(one(&mut s, "SELECT count(*) FROM dolt_status"), "0");

    run(&mut s, "CALL dolt_merge('other'); CALL dolt_conflicts_resolve('--theirs', '.')");
    run(&mut s, "CALL dolt_commit('-am', 'merged')");
    assert_eq!(rows(&mut s, "SELECT v FROM t ORDER BY id"), ["theirs", "two", "three"]);
    assert_eq!(fail(&mut s, "CALL dolt_conflicts_resolve('t')").code(), Code::BadArgument);
}

#[test]
fn conflicts_take_delete_and_update() {
    let mut s = with_conflict();
    run(&mut s, "CALL dolt_merge('other')");
    assert_eq!(run(&mut s, "UPDATE dolt_conflicts_t SET our_v = 'both' WHERE our_id = 1"), 1);
    assert_eq!(rows(&mut s, "SELECT v FROM t ORDER BY id"), ["both", "two", "three"]);
    assert_eq!(fail(&mut s, "UPDATE dolt_conflicts_t SET their_v = 'x'").code(), Code::ReadOnly);
    assert_eq!(run(&mut s, "DELETE FROM dolt_conflicts_t WHERE base_rowid = 1"), 1);
    assert_eq!(one(&mut s, "SELECT count(*) FROM dolt_conflicts"), "0");
    run(&mut s, "CALL dolt_commit('-Am', 'merged')");
    assert_eq!(one(&mut s, "SELECT count(*) FROM dolt_commit_ancestors WHERE commit_hash = dolt_hashof('HEAD')"), "2");
}

#[test]
fn cherry_pick_and_revert_make_commits_of_their_own() {
    let mut s = with_table();
    run(&mut s, "CALL dolt_checkout('-b', 'b'); INSERT INTO t VALUES (3, 'three'); CALL dolt_commit('-am', 'three')");
    run(&mut s, "INSERT INTO t VALUES (4, 'four'); CALL dolt_commit('-am', 'four'); CALL dolt_checkout('main')");
    let hash = one(&mut s, "SELECT dolt_cherry_pick('b')");
    assert_eq!(hash, one(&mut s, "SELECT dolt_hashof('HEAD')"));
    assert_eq!(rows(&mut s, "SELECT id FROM t"), ["1", "2", "4"]);
    let row = one(&mut s, "CALL dolt_revert('HEAD')");
    assert!(row.ends_with("|0|0|0"), "{row}");
    assert_eq!(one(&mut s, "SELECT message FROM dolt_log LIMIT 1"), "Revert \"four\"");
    assert_eq!(rows(&mut s, "SELECT id FROM t"), ["1", "2"]);
    run(&mut s, "INSERT INTO t VALUES (9, 'dirty')");
    refused(&mut s, "CALL dolt_cherry_pick('b')", Code::Dirty, "cannot cherry-pick with uncommitted changes");
    refused(&mut s, "CALL dolt_revert('--abort')", Code::MergeConflict, "error: There is no revert in progress");
}

#[test]
fn a_merge_is_reverted_by_naming_the_parent_that_stays() {
    let mut s = with_table();
    run(&mut s, "CALL dolt_checkout('-b', 'b'); INSERT INTO t VALUES (3, 'three'); CALL dolt_commit('-am', 'three')");
    run(&mut s, "CALL dolt_checkout('main'); INSERT INTO t VALUES (4, 'four'); CALL dolt_commit('-am', 'four')");
    run(&mut s, "CALL dolt_merge('b')");
    let merge = one(&mut s, "SELECT dolt_hashof('HEAD')");
    let which = format!("commit {merge} is a merge: say with -m 1 to -m 2 which parent stays");
    refused(&mut s, "CALL dolt_revert('HEAD')", Code::BadArgument, &which);
    let none = format!("commit {merge} has parents 1 to 2, found -m 3");
    refused(&mut s, "CALL dolt_revert('HEAD', '-m', '3')", Code::BadArgument, &none);
    run(&mut s, "CALL dolt_revert('HEAD', '-m', '1')");
    assert_eq!(rows(&mut s, "SELECT id FROM t"), ["1", "2", "4"]);
    assert_eq!(one(&mut s, "SELECT message FROM dolt_log LIMIT 1"), "Revert \"Merge branch 'b' into main\"");
    run(&mut s, "CALL dolt_revert('HEAD~1', '--mainline', '2', '-m', 'the other way')");
    assert_eq!(rows(&mut s, "SELECT id FROM t"), ["1", "2"]);
    assert_eq!(one(&mut s, "SELECT message FROM dolt_log LIMIT 1"), "the other way");
    run(&mut s, "CALL dolt_branch('c', 'HEAD~4'); CALL dolt_checkout('c')");
    run(&mut s, &format!("CALL dolt_cherry_pick('{merge}', '-m', '1')"));
    assert_eq!(rows(&mut s, "SELECT id FROM t"), ["1", "2", "3"]);
}

/// The second revision was looked up after the first revert had moved HEAD.
#[test]
fn several_reverts_mean_the_commits_as_they_were_named() {
    let mut s = with_table();
    run(&mut s, "INSERT INTO t VALUES (3, 'three'); CALL dolt_commit('-am', 'three')");
    run(&mut s, "INSERT INTO t VALUES (4, 'four'); CALL dolt_commit('-am', 'four')");
    run(&mut s, "CALL dolt_revert('HEAD', 'HEAD~1')");
    assert_eq!(rows(&mut s, "SELECT id FROM t"), ["1", "2"]);
    assert_eq!(rows(&mut s, "SELECT message FROM dolt_log LIMIT 2"), ["Revert \"three\"", "Revert \"four\""]);
}

#[test]
fn stashes_come_back_onto_what_stands_then() {
    let mut s = with_table();
    run(&mut s, "INSERT INTO t VALUES (3, 'three'); CALL dolt_stash('push', 'mine')");
    assert_eq!(one(&mut s, "SELECT count(*) FROM t"), "2");
    assert_eq!(rows(&mut s, "SELECT name, stash_id, branch, commit_message FROM dolt_stashes"), ["mine|stash@{0}|main|create t"]);
    run(&mut s, "INSERT INTO t VALUES (4, 'four'); CALL dolt_stash('pop', 'mine')");
    assert_eq!(rows(&mut s, "SELECT id FROM t"), ["1", "2", "3", "4"]);
    assert_eq!(one(&mut s, "SELECT count(*) FROM dolt_stashes"), "0");
    assert_eq!(fail(&mut s, "CALL dolt_stash('pop', 'mine')").code(), Code::RefNotFound);
    run(&mut s, "UPDATE t SET v = 'mine' WHERE id = 1; CALL dolt_stash('push', 'mine')");
    run(&mut s, "UPDATE t SET v = 'other' WHERE id = 1");
    assert_eq!(fail(&mut s, "CALL dolt_stash('pop', 'mine')").code(), Code::MergeConflict);
    run(&mut s, "CALL dolt_stash('drop', 'mine')");
}

#[test]
fn history_can_be_squashed_undone_and_collected() {
    let mut s = with_table();
    run(&mut s, "INSERT INTO t VALUES (3, 'secret'); CALL dolt_commit('-am', 'secret')");
    run(&mut s, "DELETE FROM t WHERE id = 3; CALL dolt_commit('-am', 'gone')");
    let head = one(&mut s, "SELECT dolt_hashof('HEAD')");
    run(&mut s, "CALL dolt_squash_history('-m', 'all of it')");
    assert_eq!(rows(&mut s, "SELECT message FROM dolt_log"), ["all of it", "Initialize data repository"]);
    assert_eq!(one(&mut s, "CALL dolt_undo()"), head);
    assert_eq!(one(&mut s, "SELECT count(*) FROM dolt_log"), "4");
    assert_eq!(one(&mut s, "SELECT count(*) FROM dolt_reflog('main') WHERE commit_message = 'gone'"), "2");
    run(&mut s, "CALL dolt_squash_history('-m', 'all of it')");
    let message = one(&mut s, "SELECT dolt_gc('--prune')");
    assert!(message.ends_with("chunks kept") && !message.starts_with("0 chunks"), "{message}");
    assert!(one(&mut s, "SELECT dolt_gc()").starts_with("0 chunks removed"));
    assert_eq!(one(&mut s, "CALL dolt_verify()"), "1|0|0|0");
    assert_eq!(rows(&mut s, "SELECT * FROM t"), ["1|one", "2|two"]);
    assert_eq!(
        fail(&mut s, "CALL dolt_gc('bad')").message(),
        "error: gc does not take positional arguments, but found 1: bad"
    );
}

#[test]
fn gc_leaves_what_other_sessions_stand_on() {
    let (_, mut a, mut b) = sessions();
    run(&mut a, "CREATE TABLE t (id INT PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'old')");
    run(&mut b, "BEGIN");
    assert_eq!(rows(&mut b, "SELECT v FROM t"), ["old"]);
    run(&mut a, "UPDATE t SET v = 'new'; CALL dolt_gc()");
    assert_eq!(rows(&mut b, "SELECT v FROM t"), ["old"]);
    run(&mut b, "COMMIT");
    assert_eq!(rows(&mut b, "SELECT v FROM t"), ["new"]);
}

#[test]
fn clean_and_rm_drop_tables() {
    let mut s = with_table();
    run(&mut s, "CREATE TABLE new (x INT); CALL dolt_clean('--dry-run')");
    assert_eq!(rows(&mut s, "SHOW TABLES"), ["new", "t"]);
    run(&mut s, "CALL dolt_clean()");
    assert_eq!(rows(&mut s, "SHOW TABLES"), ["t"]);
    run(&mut s, "INSERT INTO t VALUES (3, 'x')");
    refused(&mut s, "CALL dolt_rm('t')", Code::Dirty, "error: the table(s) t have unstaged changes.");
    run(&mut s, "CALL dolt_reset('--hard'); CALL dolt_rm('t', '--cached')");
    assert_eq!(rows(&mut s, "SELECT * FROM dolt_status"), ["t|1|deleted", "t|0|new table"]);
    run(&mut s, "CALL dolt_reset(); CALL dolt_rm('t')");
    assert_eq!(rows(&mut s, "SHOW TABLES"), Vec::<String>::new());
}

#[test]
fn a_hash_goes_into_a_variable() {
    let mut s = session();
    run(&mut s, "CREATE TABLE t (x INT PRIMARY KEY); CALL dolt_add('.')");
    run(&mut s, "SET @c = ''; CALL dolt_commit_hash_out(@c, '-am', 'create')");
    assert_eq!(one(&mut s, "SELECT @c = dolt_hashof('HEAD')"), "1");
}

#[test]
fn what_belongs_to_a_server_says_what_to_use_instead() {
    let mut s = session();
    let backup = "dolt_backup is not supported: export the database, or push to a remote (dolt_remote, dolt_push)";
    refused(&mut s, "CALL dolt_backup('add', 'my-backup', 's3://bucket/full-backup')", Code::Unsupported, backup);
    assert_eq!(fail(&mut s, "CALL dolt_assume_cluster_role('standby', 2)").code(), Code::Unsupported);
}

/// Opens a database of the test's own anew, as a page does that is loaded again.
fn reopened(session: Option<Session>, name: &str) -> Session {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.prollite"));
    match session {
        Some(session) => drop(session),
        None => drop(std::fs::remove_file(&path)),
    }
    prollite::session::Database::file(&path).unwrap().session("main").unwrap()
}

#[test]
fn a_conflicting_merge_survives_closing_and_can_be_resolved_continued_or_aborted() {
    let mut s = reopened(None, "conflicting_merge");
    run(&mut s, "CREATE TABLE t (id INT PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'one'); CALL dolt_commit('-Am', 'base')");
    run(&mut s, "CALL dolt_checkout('-b', 'other'); UPDATE t SET v = 'theirs'; CALL dolt_commit('-am', 'theirs')");
    run(&mut s, "CALL dolt_checkout('main'); UPDATE t SET v = 'ours'; CALL dolt_commit('-am', 'ours')");
    let root = one(&mut s, "SELECT dolt_hashof_db()");
    run(&mut s, "CALL dolt_merge('other')");

    s = reopened(Some(s), "conflicting_merge");
    assert_eq!(one(&mut s, "SELECT base_v, our_v, their_v FROM dolt_conflicts_t"), "one|ours|theirs");
    assert_eq!(fail(&mut s, "CALL dolt_merge('--continue')").code(), Code::MergeConflict);
    run(&mut s, "CALL dolt_merge('--abort')");
    s = reopened(Some(s), "conflicting_merge");
    assert_eq!(one(&mut s, "SELECT dolt_hashof_db()"), root);
    assert_eq!(one(&mut s, "SELECT is_merging FROM dolt_merge_status"), "0");

    run(&mut s, "CALL dolt_merge('other')");
    s = reopened(Some(s), "conflicting_merge");
    run(&mut s, "UPDATE dolt_conflicts_t SET our_v = 'both'; DELETE FROM dolt_conflicts_t");
    s = reopened(Some(s), "conflicting_merge");
    run(&mut s, "CALL dolt_merge('--continue')");
    s = reopened(Some(s), "conflicting_merge");
    assert_eq!(one(&mut s, "SELECT v FROM t"), "both");
    assert_eq!(one(&mut s, "SELECT count(*) FROM dolt_commit_ancestors WHERE commit_hash = dolt_hashof('HEAD')"), "2");
    assert_eq!(one(&mut s, "SELECT count(*) FROM dolt_status"), "0");

    // A rebase on its way, and a conflict of it, as well.
    run(&mut s, "CALL dolt_checkout('-b', 'third', 'other~1'); UPDATE t SET v = 'third'; CALL dolt_commit('-am', 'third')");
    run(&mut s, "CALL dolt_rebase('main')");
    s = reopened(Some(s), "conflicting_merge");
    run(&mut s, "CALL dolt_checkout('dolt_rebase_third')");
    assert_eq!(one(&mut s, "SELECT our_v, their_v FROM dolt_conflicts_t"), "both|third");
    run(&mut s, "CALL dolt_conflicts_resolve('--theirs', 't'); CALL dolt_add('t')");
    s = reopened(Some(s), "conflicting_merge");
    run(&mut s, "CALL dolt_checkout('dolt_rebase_third'); CALL dolt_rebase('--continue')");
    assert_eq!(one(&mut s, "SELECT active_branch(), v FROM t"), "third|third");
}

#[test]
fn use_goes_back_to_the_branch_that_was_checked_out() {
    let mut s = session();
    run(&mut s, "CALL dolt_branch('b'); USE `prollite/b`; USE `prollite/main`; USE `prollite/b`");
    assert_eq!(one(&mut s, "SELECT active_branch()"), "b");
    run(&mut s, "USE prollite");
    assert_eq!(one(&mut s, "SELECT active_branch()"), "main");
    run(&mut s, "USE `prollite/main`; CALL dolt_checkout('b'); USE `prollite/main`; USE prollite");
    assert_eq!(one(&mut s, "SELECT active_branch()"), "b");
    assert_eq!(fail(&mut s, "USE `prollite/nowhere`").code(), Code::RefNotFound);
    run(&mut s, "SET @@prollite_head_ref = 'main'; USE prollite");
    assert_eq!(one(&mut s, "SELECT active_branch()"), "main");
    assert_eq!(fail(&mut s, "SET @@other_head_ref = 'main'").code(), Code::BadArgument);
}
