//! Remotes as a user meets them: SQL over file remotes.

use std::path::PathBuf;
use std::rc::Rc;

use prollite::session::{Database, Session};
use prollite::Code;

use crate::sql::{fail, rows, run, session};

/// A folder of its own that goes when the test ends.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("prollite-sync-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
    pub fn url(&self, file: &str) -> String { format!("file://{}", self.0.join(file).display()) }
}

impl Drop for Folder {
    fn drop(&mut self) { let _ = std::fs::remove_dir_all(&self.0); }
}

fn verified(database: &Rc<Database>) {
    let mut session = database.session("main").unwrap();
    let answer = rows(&mut session, "CALL dolt_verify()");
    assert!(answer[0].starts_with('1'), "{answer:?}");
}

fn publish(session: &mut Session, url: &str) {
    run(session, "CREATE TABLE notes (id INT PRIMARY KEY, body TEXT, n INT)");
    run(session, "INSERT INTO notes VALUES (1, 'one', 0), (2, 'two', 0), (3, 'three', 0)");
    run(session, "SELECT dolt_commit('-Am', 'notes')");
    run(session, &format!("SELECT dolt_remote('add', 'origin', '{url}')"));
    run(session, "CALL dolt_push('-u', 'origin', 'main')");
}

fn cloned(url: &str) -> Session {
    let mut session = session();
    run(&mut session, &format!("CALL dolt_clone('{url}')"));
    session
}

#[test]
fn clone_change_on_both_sides_pull_push() {
    let folder = Folder::new("story");
    let url = folder.url("remote.prollite");
    let mut ada = session();
    publish(&mut ada, &url);
    let mut bob = cloned(&url);
    assert_eq!(rows(&mut bob, "SELECT id, body FROM notes"), ["1|one", "2|two", "3|three"]);
    assert_eq!(rows(&mut bob, "SELECT name, url FROM dolt_remotes"), [format!("origin|{url}")]);
    assert_eq!(rows(&mut bob, "SELECT name FROM dolt_remote_branches"), ["remotes/origin/main"]);
    assert_eq!(rows(&mut bob, "SELECT name, remote, branch FROM dolt_branches"), ["main|origin|main"]);
    // Two cells of one row, one on each side, and a row each.
    run(&mut ada, "UPDATE notes SET body = 'ONE' WHERE id = 1");
    run(&mut ada, "INSERT INTO notes VALUES (10, 'of ada', 1)");
    run(&mut ada, "SELECT dolt_commit('-am', 'ada')");
    run(&mut bob, "UPDATE notes SET n = 7 WHERE id = 1");
    run(&mut bob, "INSERT INTO notes VALUES (20, 'of bob', 2)");
    run(&mut bob, "SELECT dolt_commit('-am', 'bob')");
    run(&mut ada, "CALL dolt_push('origin', 'main')");
    let refused = fail(&mut bob, "CALL dolt_push('origin', 'main')");
    assert_eq!(refused.code(), Code::RemoteNonFf);
    assert!(refused.hint().unwrap().contains("pull"));
    assert_eq!(rows(&mut bob, "SELECT * FROM dolt_branch_status('origin/main', 'main')"), ["main|1|0"]);
    run(&mut bob, "CALL dolt_fetch('origin')");
    assert_eq!(rows(&mut bob, "SELECT * FROM dolt_branch_status('origin/main', 'main')"), ["main|1|1"]);
    assert_eq!(rows(&mut bob, "CALL dolt_pull('origin', 'main')"), ["0|0|merge successful"]);
    run(&mut bob, "CALL dolt_push()");
    assert_eq!(rows(&mut ada, "CALL dolt_pull()"), ["1|0|merge successful"]);
    for session in [&mut ada, &mut bob] {
        let found = rows(session, "SELECT * FROM notes ORDER BY id");
        assert_eq!(found, ["1|ONE|7", "2|two|0", "3|three|0", "10|of ada|1", "20|of bob|2"]);
    }
    assert_eq!(rows(&mut ada, "SELECT dolt_hashof('main')"), rows(&mut bob, "SELECT dolt_hashof('origin/main')"));
    verified(ada.database());
    verified(bob.database());
    assert_eq!(rows(&mut ada, "CALL dolt_pull()"), ["0|0|Everything up-to-date"]);
    assert_eq!(rows(&mut ada, "CALL dolt_push()"), ["0|Everything up-to-date"]);
}

#[test]
fn a_conflict_is_stored_and_resolved_after_a_pull() {
    let folder = Folder::new("conflict");
    let url = folder.url("remote");
    let mut ada = session();
    publish(&mut ada, &url);
    let mut bob = cloned(&url);
    run(&mut ada, "UPDATE notes SET body = 'ada' WHERE id = 2");
    run(&mut ada, "SELECT dolt_commit('-am', 'ada')");
    run(&mut ada, "CALL dolt_push('origin', 'main')");
    run(&mut bob, "UPDATE notes SET body = 'bob' WHERE id = 2");
    run(&mut bob, "SELECT dolt_commit('-am', 'bob')");
    assert_eq!(rows(&mut bob, "CALL dolt_pull('origin')"), ["0|1|conflicts found"]);
    run(&mut bob, "CALL dolt_conflicts_resolve('--ours', 'notes')");
    run(&mut bob, "SELECT dolt_commit('-am', 'resolved')");
    run(&mut bob, "CALL dolt_push('origin', 'main')");
    run(&mut ada, "CALL dolt_pull('origin')");
    assert_eq!(rows(&mut ada, "SELECT body FROM notes WHERE id = 2"), ["bob"]);
}

#[test]
fn refspecs_tags_and_deletion() {
    let folder = Folder::new("refspecs");
    let url = folder.url("remote");
    let mut ada = session();
    publish(&mut ada, &url);
    run(&mut ada, "CALL dolt_branch('topic')");
    run(&mut ada, "SELECT dolt_tag('v1', '-m', 'first')");
    run(&mut ada, "CALL dolt_push('origin', 'topic:review/topic', 'v1')");
    run(&mut ada, "CALL dolt_push('origin', '--all')");
    let mut bob = cloned(&url);
    let branches = ["remotes/origin/main", "remotes/origin/review/topic", "remotes/origin/topic"];
    assert_eq!(rows(&mut bob, "SELECT name FROM dolt_remote_branches ORDER BY name"), branches);
    assert_eq!(rows(&mut bob, "SELECT tag_name, message FROM dolt_tags"), ["v1|first"]);
    run(&mut ada, "CALL dolt_push('origin', ':review/topic')");
    run(&mut ada, "CALL dolt_push('--delete', 'origin', 'topic')");
    run(&mut bob, "CALL dolt_fetch('--prune', 'origin')");
    assert_eq!(rows(&mut bob, "SELECT name FROM dolt_remote_branches"), ["remotes/origin/main"]);
    assert_eq!(fail(&mut ada, "CALL dolt_push('origin', 'nothing')").code(), Code::RefNotFound);
    assert_eq!(fail(&mut ada, "CALL dolt_push('origin', ':nothing')").code(), Code::RefNotFound);
    // A tag never moves.
    run(&mut ada, "SELECT dolt_tag('-d', 'v1')");
    run(&mut ada, "SELECT dolt_commit('--allow-empty', '-m', 'more')");
    run(&mut ada, "SELECT dolt_tag('v1', '-m', 'moved')");
    assert_eq!(fail(&mut ada, "CALL dolt_push('origin', 'v1')").code(), Code::RemoteNonFf);
}

/// `-f` overwrites what was fetched last and nothing that came since.
#[test]
fn force_is_with_lease_and_a_rewritten_history_is_reported() {
    let folder = Folder::new("force");
    let url = folder.url("remote");
    let mut ada = session();
    publish(&mut ada, &url);
    let mut bob = cloned(&url);
    run(&mut ada, "INSERT INTO notes VALUES (4, 'four', 0)");
    run(&mut ada, "SELECT dolt_commit('-am', 'four')");
    run(&mut ada, "CALL dolt_push()");
    run(&mut bob, "SELECT dolt_commit('--amend', '-m', 'other notes')");
    assert_eq!(fail(&mut bob, "CALL dolt_push('-f', 'origin', 'main')").code(), Code::RemoteNonFf);
    run(&mut bob, "CALL dolt_fetch()");
    run(&mut bob, "CALL dolt_push('-f', 'origin', 'main')");
    let refused = fail(&mut ada, "CALL dolt_pull()");
    assert_eq!(refused.code(), Code::RemoteNonFf);
    assert_eq!(rows(&mut ada, "SELECT COUNT(*) FROM notes"), ["4"]);
    assert!(rows(&mut ada, "CALL dolt_fetch()")[0].contains("rewritten"));
    run(&mut ada, "CALL dolt_reset('--hard', 'origin/main')");
    assert_eq!(rows(&mut ada, "SELECT COUNT(*) FROM notes"), ["3"]);
}

#[test]
fn remotes_are_added_changed_and_removed() {
    let mut s = session();
    run(&mut s, "CALL dolt_remote('add', 'origin', 'http://myserver:8080/mydb.db')");
    assert_eq!(fail(&mut s, "CALL dolt_remote('add', 'origin', 'http://x/y')").code(), Code::Exists);
    run(&mut s, "CALL dolt_remote('set-url', 'origin', 'https://example.org/v1/notes')");
    assert_eq!(fail(&mut s, "CALL dolt_remote()").code(), Code::BadArgument);
    assert_eq!(rows(&mut s, "SELECT dolt_remote('-v')"), ["origin\thttps://example.org/v1/notes"]);
    for url in ["ftp://x/y", "http://user:secret@x/y", "http:///y", "http://x/", "http://x/Upper", "file://relative", "nowhere", "http://x/a b"] {
        assert_eq!(fail(&mut s, &format!("CALL dolt_remote('add', 'b', '{url}')")).code(), Code::BadArgument, "{url}");
    }
    for name in ["a/b", "-x", "", "a b"] {
        assert_eq!(fail(&mut s, &format!("CALL dolt_remote('add', '{name}', 'http://x/y')")).code(), Code::BadArgument);
    }
    assert_eq!(fail(&mut s, "CALL dolt_fetch('origin')").code(), Code::Unsupported);
    run(&mut s, "CALL dolt_remote('remove', 'origin')");
    assert!(rows(&mut s, "SELECT * FROM dolt_remotes").is_empty());
    assert_eq!(fail(&mut s, "CALL dolt_remote('remove', 'origin')").code(), Code::RefNotFound);
    assert_eq!(fail(&mut s, "CALL dolt_push()").code(), Code::RefNotFound);
    let folder = Folder::new("nowhere");
    run(&mut s, &format!("CALL dolt_remote('add', 'gone', '{}')", folder.url("none")));
    assert_eq!(fail(&mut s, "CALL dolt_fetch('gone')").code(), Code::RemoteUnreachable);
}

#[test]
fn a_clone_takes_the_place_of_nothing() {
    let folder = Folder::new("place");
    let url = folder.url("remote");
    let mut ada = session();
    publish(&mut ada, &url);
    let refused = fail(&mut ada, &format!("SELECT dolt_clone('{url}')"));
    assert_eq!(refused.code(), Code::Exists);
    let mut dirty = session();
    run(&mut dirty, "CREATE TABLE mine (id INT PRIMARY KEY)");
    assert_eq!(fail(&mut dirty, &format!("SELECT dolt_clone('{url}')")).code(), Code::Exists);
    assert_eq!(rows(&mut dirty, "SELECT COUNT(*) FROM mine"), ["0"]);
    run(&mut ada, "CALL dolt_push('origin', 'main:other')");
    let mut bob = session();
    run(&mut bob, &format!("CALL dolt_clone('--single-branch', '-b', 'other', '{url}')"));
    assert_eq!(rows(&mut bob, "SELECT name FROM dolt_branches"), ["other"]);
    assert_eq!(rows(&mut bob, "SELECT active_branch()"), ["other"]);
    assert_eq!(rows(&mut bob, "SELECT name FROM dolt_remote_branches"), ["remotes/origin/other"]);
}

/// What a push leaves in a file is a database like any other.
#[test]
fn a_file_remote_is_a_database() {
    let folder = Folder::new("file");
    let url = folder.url("remote");
    let mut ada = session();
    publish(&mut ada, &url);
    let database = Database::file(std::path::Path::new(url.strip_prefix("file://").unwrap())).unwrap();
    let mut there = database.session("main").unwrap();
    assert_eq!(rows(&mut there, "SELECT COUNT(*) FROM notes"), ["3"]);
    verified(&database);
    run(&mut there, "INSERT INTO notes VALUES (9, 'there', 0)");
    drop(there);
    drop(database);
    run(&mut ada, "SELECT dolt_commit('--allow-empty', '-m', 'empty')");
    let refused = fail(&mut ada, "CALL dolt_push()");
    assert_eq!(refused.code(), Code::Dirty, "{refused:?}");
}

/// More than one request may hold: packs first, then the refs.
#[test]
fn a_large_push_goes_in_packs() {
    let folder = Folder::new("packs");
    let url = folder.url("remote");
    let mut ada = session();
    publish(&mut ada, &url);
    let mut seed = 1u64;
    for id in 0..24 {
        let mut body = String::new();
        while body.len() < 1_000_000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            body.push_str(&format!("{seed:016x}"));
        }
        ada.execute("INSERT INTO notes VALUES (?, ?, 0)", &[(100 + id).into(), body.as_str().into()]).unwrap();
    }
    run(&mut ada, "SELECT dolt_commit('-am', 'large')");
    run(&mut ada, "CALL dolt_push()");
    let mut bob = cloned(&url);
    assert_eq!(rows(&mut bob, "SELECT COUNT(*), SUM(LENGTH(body)) > 23000000 FROM notes"), ["27|1"]);
    verified(bob.database());
}
