//! A lazy clone: it opens at once, reads what is asked, says what is missing, loses nothing, and can be made whole.

use std::cell::{Cell, RefCell};
use std::path::Path;
use std::rc::Rc;

use prollite::repo::{Refs, Root};
use prollite::session::{set_carrier, Database, Session};
use prollite::sync::{Codec, FrameWriter, Job, LocalRemote};
use prollite::{Code, Error};

use crate::remotes::Folder;
use crate::sql::{fail, rows, run, session};

/// Requests that went to `http://far/big`, which stands for a file remote.
#[derive(Default)]
pub struct Wire {
    pub requests: RefCell<Vec<String>>,
    pub bodies: RefCell<Vec<String>>,
    pub bytes: Cell<usize>,
    /// How many more requests are answered; beyond that nobody is reached.
    pub left: Cell<usize>,
    forge: Cell<bool>,
}

impl Wire {
    pub fn to(url: &str) -> Rc<Wire> {
        let wire = Rc::new(Wire::default());
        wire.left.set(usize::MAX);
        let (url, own) = (url.to_owned(), wire.clone());
        set_carrier(Some(Rc::new(move |job: &dyn Job| own.carry(job, &url))));
        wire
    }

    fn carry(&self, job: &dyn Job, url: &str) -> prollite::Result<()> {
        let mut remote = None;
        while let Some(request) = job.request()? {
            let left = self.left.get().checked_sub(1);
            self.left.set(left.ok_or_else(|| Error::new(Code::RemoteUnreachable, "nobody answers"))?);
            self.requests.borrow_mut().push(request.path.clone());
            self.bodies.borrow_mut().push(String::from_utf8_lossy(&request.body).into_owned());
            let open = match &mut remote {
                Some(open) => open,
                none => none.insert(LocalRemote::open(url, true)?),
            };
            let mut body = Vec::new();
            let mut status = 0;
            open.answer(&request, &mut |code, bytes| {
                status = code;
                body.extend_from_slice(bytes);
                Ok(())
            })?;
            if self.forge.get() && request.path == "/chunks/get" {
                let mut writer = FrameWriter::new(Codec::Raw);
                writer.chunk(&(&b"\x01\x01 what nobody asked for"[..]).into());
                writer.end();
                body = writer.take();
            }
            self.bytes.set(self.bytes.get() + body.len());
            job.answered(status);
            job.feed(&body)?;
            job.advance()?;
            job.end()?;
        }
        Ok(())
    }

    pub fn online(&self, is: bool) { self.left.set(if is { usize::MAX } else { 0 }) }

    /// Requests and bytes since the last call.
    pub fn count(&self) -> (usize, usize) {
        self.bodies.borrow_mut().clear();
        (std::mem::take(&mut *self.requests.borrow_mut()).len(), self.bytes.take())
    }
}

const URL: &str = "http://far/big";
const ROWS: usize = 30_000;

/// A table of a few megabytes with an index, one beside it with large values, and some history.
fn publish(url: &str) -> Session {
    let mut ada = session();
    fill(&mut ada);
    run(&mut ada, &format!("SELECT dolt_remote('add', 'origin', '{url}')"));
    run(&mut ada, "CALL dolt_push('-u', 'origin', 'main', 'v1')");
    ada
}

fn fill(ada: &mut Session) {
    run(ada, "CREATE TABLE big (id INT PRIMARY KEY, name TEXT, n INT)");
    run(ada, "CREATE INDEX by_n ON big (n)");
    run(ada, "CREATE TABLE docs (id INT PRIMARY KEY, body TEXT)");
    for first in (0..ROWS).step_by(2_000) {
        let row = |id: usize| format!("({id}, '{}', {})", (id * 7_919).to_string().repeat(14), id * 31 % ROWS);
        let values: Vec<String> = (first..first + 2_000).map(row).collect();
        run(ada, &format!("INSERT INTO big VALUES {}", values.join(",")));
    }
    let body: String = (0..30_000).map(|i| format!("{} ", i * 31 % 9_973)).collect();
    ada.execute("INSERT INTO docs VALUES (1, ?)", &[body.as_str().into()]).unwrap();
    run(ada, "SELECT dolt_commit('-Am', 'rows')");
    run(ada, "UPDATE big SET n = -1 WHERE id = 77");
    run(ada, "SELECT dolt_commit('-am', 'one row')");
    run(ada, "SELECT dolt_tag('v1')");
}

fn lazy() -> Session {
    let mut bob = session();
    run(&mut bob, &format!("CALL dolt_clone('--lazy', '{URL}')"));
    bob
}

#[test]
fn it_reads_what_is_asked_and_says_what_is_missing() {
    let folder = Folder::new("lazy-reads");
    let url = folder.url("remote");
    let mut ada = publish(&url);
    let size = std::fs::metadata(url.strip_prefix("file://").unwrap()).unwrap().len() as usize;
    let wire = Wire::to(&url);
    let mut bob = lazy();
    let (requests, bytes) = wire.count();
    assert!(requests == 1 && bytes < size / 100, "{requests} requests, {bytes} of {size} bytes");
    // History, schemas and branches are here.
    wire.online(false);
    assert_eq!(rows(&mut bob, "SELECT message FROM dolt_log LIMIT 2"), ["one row", "rows"]);
    assert_eq!(rows(&mut bob, "SELECT tag_name FROM dolt_tags"), ["v1"]);
    assert_eq!(rows(&mut bob, "SHOW TABLES"), ["big", "docs"]);
    assert_eq!(rows(&mut bob, "SELECT COUNT(*) FROM dolt_status"), ["0"]);
    let missing = fail(&mut bob, "SELECT n FROM big WHERE id = 12345");
    assert_eq!(missing.code(), Code::NotHere);
    let expected = "1 chunk of table big is not here, and remote origin does not give them: nobody answers";
    assert_eq!(missing.message(), expected);
    assert!(missing.code().retryable() && missing.hint().unwrap().contains("dolt_unlazy"));
    wire.online(true);
    wire.count();
    assert_eq!(rows(&mut bob, "SELECT n FROM big WHERE id = 12345"), [(12_345 * 31 % ROWS).to_string()]);
    let (requests, bytes) = wire.count();
    assert!(requests <= 3 && bytes < size / 8, "{requests} requests, {bytes} of {size} bytes");
    // The second time, and what lies beside it.
    wire.online(false);
    assert_eq!(rows(&mut bob, "SELECT COUNT(*) FROM big WHERE id BETWEEN 12340 AND 12350"), ["11"]);
    assert_eq!(rows(&mut bob, "SELECT n FROM big WHERE id = 12345").len(), 1);
    assert_eq!(fail(&mut bob, "SELECT LENGTH(body) FROM docs").code(), Code::NotHere);
    // In a transaction: the statement fails, what was done before stays.
    run(&mut bob, "BEGIN");
    run(&mut bob, "CREATE TABLE own (id INT PRIMARY KEY)");
    run(&mut bob, "INSERT INTO own VALUES (1)");
    assert_eq!(fail(&mut bob, "SELECT COUNT(name) FROM big").code(), Code::NotHere);
    run(&mut bob, "COMMIT");
    assert_eq!(rows(&mut bob, "SELECT id FROM own"), ["1"]);
    // The row is here, the leaf of its index is not: nothing of the change stays, whoever commits it.
    let update = "UPDATE big SET n = 777777 WHERE id = 12345";
    let before = rows(&mut bob, "SELECT n FROM big WHERE id = 12345");
    assert_eq!(fail(&mut bob, update).code(), Code::NotHere);
    assert_eq!(rows(&mut bob, "SELECT n FROM big WHERE id = 12345"), before);
    run(&mut bob, "BEGIN");
    run(&mut bob, update);
    let refused = fail(&mut bob, "COMMIT");
    assert!(refused.code() == Code::NotHere && refused.message().contains("of table big"), "{refused:?}");
    assert_eq!(rows(&mut bob, "SELECT n FROM big WHERE id = 12345"), before);
    wire.online(true);
    run(&mut bob, update);
    assert_eq!(rows(&mut bob, "SELECT id FROM big WHERE n = 777777"), ["12345"]);
    run(&mut bob, "CALL dolt_reset('--hard')");
    for query in [
        "SELECT COUNT(*), SUM(n), SUM(LENGTH(name)) FROM big",
        "SELECT id FROM big WHERE n BETWEEN 500 AND 520 ORDER BY n",
        "SELECT LENGTH(body), SUBSTR(body, 90000, 20) FROM docs",
        "SELECT id, n FROM big AS OF 'HEAD~1' WHERE id = 77",
        "SELECT to_id, from_n, to_n FROM dolt_diff('HEAD~1', 'HEAD', 'big')",
    ] {
        assert_eq!(rows(&mut bob, query), rows(&mut ada, query), "{query}");
    }
    set_carrier(None);
}

/// Of what is changed here the remote gets the new chunks, and nothing is read for that but the paths to them.
#[test]
fn it_is_written_merged_pulled_and_pushed() {
    let folder = Folder::new("lazy-writes");
    let url = folder.url("remote");
    let mut ada = publish(&url);
    let size = std::fs::metadata(url.strip_prefix("file://").unwrap()).unwrap().len() as usize;
    let wire = Wire::to(&url);
    let mut bob = lazy();
    wire.count();
    run(&mut bob, "UPDATE big SET name = 'of bob' WHERE id = 5000");
    run(&mut bob, "INSERT INTO big VALUES (1000000, 'new', 17)");
    run(&mut bob, "SELECT dolt_commit('-am', 'bob')");
    run(&mut bob, "CALL dolt_checkout('-b', 'side')");
    run(&mut bob, "UPDATE big SET n = 4 WHERE id = 20000");
    run(&mut bob, "SELECT dolt_commit('-am', 'side')");
    run(&mut bob, "CALL dolt_checkout('main')");
    run(&mut bob, "CALL dolt_merge('--no-ff', 'side')");
    run(&mut ada, "UPDATE big SET n = 5000000 WHERE id = 5000");
    run(&mut ada, "SELECT dolt_commit('-am', 'ada')");
    run(&mut ada, "CALL dolt_push()");
    assert_eq!(fail(&mut bob, "CALL dolt_push()").code(), Code::RemoteNonFf);
    assert_eq!(rows(&mut bob, "CALL dolt_pull()"), ["0|0|merge successful"]);
    run(&mut bob, "CALL dolt_push()");
    let (_, bytes) = wire.count();
    assert!(bytes < size / 2, "{bytes} of {size} bytes were read");
    run(&mut ada, "CALL dolt_pull()");
    for query in ["SELECT * FROM big WHERE id IN (5000, 20000, 1000000) ORDER BY id", "SELECT dolt_hashof('main')"] {
        assert_eq!(rows(&mut ada, query), rows(&mut bob, query));
    }
    assert_eq!(rows(&mut ada, "CALL dolt_verify()"), ["1|0|0|0"]);
    // Another remote than its own has nothing that it could lean on.
    let elsewhere = folder.url("elsewhere");
    run(&mut bob, &format!("CALL dolt_remote('add', 'copy', '{elsewhere}')"));
    assert_eq!(fail(&mut bob, "CALL dolt_fetch('copy')").code(), Code::Unsupported);
    run(&mut bob, "CALL dolt_push('copy', 'main')");
    let mut carol = session();
    run(&mut carol, &format!("CALL dolt_clone('{elsewhere}')"));
    assert_eq!(rows(&mut carol, "CALL dolt_verify()"), ["1|0|0|0"]);
    assert_eq!(fail(&mut bob, "CALL dolt_remote('remove', 'origin')").code(), Code::BadArgument);
    set_carrier(None);
}

/// A `have` claims everything that is reached from it: commits alone under the filter, and nothing else before it is so.
#[test]
fn it_claims_what_it_has() {
    let folder = Folder::new("lazy-haves");
    let url = folder.url("remote");
    let mut ada = publish(&url);
    let wire = Wire::to(&url);
    let mut bob = lazy();
    run(&mut ada, "UPDATE big SET n = 9 WHERE id = 9");
    run(&mut ada, "SELECT dolt_commit('-am', 'nine')");
    run(&mut ada, "CALL dolt_push()");
    wire.count();
    run(&mut bob, "CALL dolt_fetch()");
    let told = wire.bodies.borrow()[0].clone();
    assert!(told.contains("\"filter\":\"commits\"") && !told.contains("\"have\":[]"), "{told}");
    let (requests, bytes) = wire.count();
    assert!(requests == 1 && bytes < 3_000, "{requests} requests, {bytes} bytes");
    run(&mut bob, "CALL dolt_unlazy()");
    run(&mut ada, "UPDATE big SET n = 10 WHERE id = 10");
    run(&mut ada, "SELECT dolt_commit('-am', 'ten')");
    run(&mut ada, "CALL dolt_push()");
    wire.count();
    run(&mut bob, "CALL dolt_pull()");
    let told = wire.bodies.borrow()[0].clone();
    assert!(!told.contains("filter") && !told.contains("\"have\":[]"), "{told}");
    assert_eq!(wire.requests.borrow().as_slice(), ["/fetch"]);
    assert_eq!(rows(&mut bob, "CALL dolt_verify()"), ["1|0|0|0"]);
    set_carrier(None);
}

#[test]
fn gc_and_verify_know_what_was_left_out() {
    let folder = Folder::new("lazy-gc");
    let url = folder.url("remote");
    publish(&url);
    let wire = Wire::to(&url);
    let path = folder.url("own.prollite");
    let path = Path::new(path.strip_prefix("file://").unwrap()).to_owned();
    let database = Database::file(&path).unwrap();
    let mut bob = database.session("main").unwrap();
    run(&mut bob, &format!("CALL dolt_clone('--lazy', '{URL}')"));
    let query = "SELECT SUM(n) FROM big WHERE id BETWEEN 3000 AND 6000";
    let answer = rows(&mut bob, query);
    run(&mut bob, "UPDATE big SET name = 'twice' WHERE id = 4000");
    run(&mut bob, "UPDATE big SET name = 'thrice' WHERE id = 4000");
    wire.online(false);
    let verified = rows(&mut bob, "CALL dolt_verify()");
    assert!(verified[0].starts_with("1|0|0|") && !verified[0].ends_with("|0"), "{verified:?}");
    let collected = rows(&mut bob, "CALL dolt_gc()");
    assert!(!collected[0].starts_with("0 chunks removed"), "{collected:?}");
    assert_eq!(rows(&mut bob, query), answer);
    assert_eq!(rows(&mut bob, "SELECT name FROM big WHERE id = 4000"), ["thrice"]);
    assert_eq!(rows(&mut bob, "CALL dolt_verify()"), verified);
    // What was read stays for the next process.
    let root = database.repository().working_set(&**database.repository().store(), "main").unwrap().working;
    let root = Root::read(&**database.repository().store(), &root).unwrap();
    let top = database.repository().store().get(&root.table("big").unwrap().rows.root()).unwrap();
    drop(bob);
    drop(database);
    let database = Database::file(&path).unwrap();
    let mut bob = database.session("main").unwrap();
    assert_eq!(rows(&mut bob, query), answer);
    drop(bob);
    drop(database);
    // Damage is no left-out chunk.
    let database = Database::file(&path).unwrap();
    let mut bob = database.session("main").unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    let at = bytes.windows(top.len()).position(|window| window == &top.bytes()[..]).unwrap();
    bytes[at + top.len() / 2] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let damaged = rows(&mut bob, "CALL dolt_verify()");
    assert!(damaged[0].starts_with("0|0|1|") && !damaged[0].ends_with("|0"), "{damaged:?}");
    set_carrier(None);
}

#[test]
fn unlazy_goes_on_where_it_was_broken_off() {
    let folder = Folder::new("lazy-whole");
    let url = folder.url("remote");
    let mut ada = publish(&url);
    let wire = Wire::to(&url);
    let mut bob = lazy();
    run(&mut bob, "UPDATE big SET n = 3 WHERE id = 3");
    wire.count();
    wire.left.set(3);
    assert_eq!(fail(&mut bob, "CALL dolt_unlazy()").code(), Code::NotHere);
    let (_, before) = wire.count();
    wire.online(true);
    // To clone it again means the same.
    run(&mut bob, &format!("CALL dolt_clone('--lazy', '{URL}')"));
    assert_eq!(fail(&mut bob, "CALL dolt_clone('http://far/other')").code(), Code::Exists);
    assert_eq!(wire.count().0, 0);
    run(&mut bob, &format!("CALL dolt_clone('{URL}')"));
    let (_, after) = wire.count();
    let mut carol = session();
    run(&mut carol, &format!("CALL dolt_clone('--lazy', '{URL}')"));
    wire.count();
    run(&mut carol, "CALL dolt_unlazy()");
    let (_, at_once) = wire.count();
    assert!(before > 100_000 && after < at_once && before + after < at_once * 11 / 10, "{before} + {after}, {at_once} bytes");
    wire.online(false);
    assert_eq!(rows(&mut bob, "CALL dolt_verify()"), ["1|0|0|0"]);
    assert_eq!(rows(&mut carol, "CALL dolt_verify()"), ["1|0|0|0"]);
    let query = "SELECT COUNT(*), SUM(LENGTH(name)) FROM big";
    assert_eq!(rows(&mut bob, query), rows(&mut ada, query));
    run(&mut bob, "CALL dolt_unlazy()");
    run(&mut bob, "CALL dolt_remote('remove', 'origin')");
    set_carrier(None);
}

/// A pull of more than it may hold lands its commits, reads the rest in batches, and is whole again in the end.
#[test]
fn a_large_pull_goes_on_where_it_was_broken_off() {
    const MORE: &str = "NULL|NULL|tables are still to be read: dolt_unlazy() does, then call this again";
    let pull = |bytes: usize| format!("CALL dolt_pull('--batch-bytes', {bytes})");
    let folder = Folder::new("large-pull");
    let url = folder.url("remote");
    let mut ada = session();
    run(&mut ada, "CREATE TABLE own (id INT PRIMARY KEY, who TEXT)");
    run(&mut ada, "INSERT INTO own VALUES (1, 'ada')");
    run(&mut ada, "SELECT dolt_commit('-Am', 'own')");
    run(&mut ada, &format!("SELECT dolt_remote('add', 'origin', '{url}')"));
    run(&mut ada, "CALL dolt_push('-u', 'origin', 'main')");
    let wire = Wire::to(&url);
    let path = folder.url("bob");
    let path = Path::new(path.strip_prefix("file://").unwrap());
    let mut bob = Database::file(path).unwrap().session("main").unwrap();
    let mut carol = session();
    run(&mut bob, &format!("CALL dolt_clone('{URL}')"));
    run(&mut carol, &format!("CALL dolt_clone('{URL}')"));
    // What is small comes in one answer.
    run(&mut ada, "INSERT INTO own VALUES (2, 'ada')");
    run(&mut ada, "SELECT dolt_commit('-am', 'two')");
    run(&mut ada, "CALL dolt_push()");
    wire.count();
    assert!(rows(&mut bob, &pull(300_000))[0].starts_with("1|0|"));
    assert_eq!(wire.count().0, 1);
    fill(&mut ada);
    run(&mut ada, "CALL dolt_push('origin', 'main', 'v1')");
    run(&mut bob, "INSERT INTO own VALUES (3, 'bob')");
    run(&mut bob, "SELECT dolt_commit('-am', 'three')");
    let head = rows(&mut bob, "SELECT dolt_hashof('HEAD')");
    run(&mut bob, "BEGIN");
    assert!(fail(&mut bob, "CALL dolt_pull('--batch-bytes', 'much')").message().contains("--batch-bytes takes"));
    run(&mut bob, "ROLLBACK");
    wire.count();
    assert_eq!(rows(&mut bob, &pull(300_000)), [MORE]);
    assert_eq!(wire.requests.borrow().as_slice(), ["/fetch", "/fetch"]);
    let told: Vec<bool> = wire.bodies.borrow().iter().map(|body| body.contains("\"filter\":\"commits\"")).collect();
    assert_eq!(told, [false, true]);
    wire.count();
    wire.left.set(2);
    let broken = fail(&mut bob, "CALL dolt_unlazy()");
    assert_eq!(broken.code(), Code::NotHere);
    let (_, before) = wire.count();
    drop(bob);

    // Meanwhile it is a lazy database, which claims no more than it has.
    let mut bob = Database::file(path).unwrap().session("main").unwrap();
    wire.online(false);
    assert_eq!(rows(&mut bob, "SELECT dolt_hashof('HEAD')"), head);
    assert_eq!(rows(&mut bob, "SELECT id FROM own ORDER BY id"), ["1", "2", "3"]);
    run(&mut bob, "CALL dolt_gc()");
    let report = rows(&mut bob, "CALL dolt_verify()");
    assert!(report[0].starts_with("1|0|0|") && !report[0].ends_with("|0"), "{report:?}");
    assert_eq!(rows(&mut bob, &pull(300_000)), [MORE]);
    assert!(rows(&mut bob, "CALL dolt_fetch('--batch-bytes', 300000)")[0].starts_with("1|"));
    wire.online(true);
    wire.count();
    run(&mut bob, "CALL dolt_fetch()");
    assert!(wire.bodies.borrow()[0].contains("\"filter\":\"commits\""));
    wire.count();
    run(&mut bob, "CALL dolt_unlazy()");
    let (_, after) = wire.count();
    assert_eq!(rows(&mut bob, &pull(300_000)), ["0|0|merge successful"]);
    assert_eq!(wire.requests.borrow().as_slice(), ["/fetch"]);
    assert!(!wire.bodies.borrow()[0].contains("filter"));

    // What came before it was broken off is not read again, but for what the file had not written yet.
    assert_eq!(rows(&mut carol, &pull(0)), [MORE]);
    wire.count();
    run(&mut carol, "CALL dolt_unlazy()");
    let (_, at_once) = wire.count();
    assert!(before > 0 && after < at_once && before + after < at_once * 5 / 4, "{before} + {after}, {at_once} bytes");
    run(&mut carol, &pull(0));
    wire.online(false);
    for one in [&mut bob, &mut carol] {
        assert_eq!(rows(one, "CALL dolt_verify()"), ["1|0|0|0"]);
        for query in ["SELECT COUNT(*), SUM(n), SUM(LENGTH(name)) FROM big", "SELECT LENGTH(body) FROM docs", "SELECT tag_name FROM dolt_tags"] {
            assert_eq!(rows(one, query), rows(&mut ada, query), "{query}");
        }
        run(one, "CALL dolt_remote('remove', 'origin')");
    }
    assert_eq!(rows(&mut bob, "SELECT who FROM own WHERE id = 3"), ["bob"]);
    set_carrier(None);
}

/// What waits for a COMMIT is not there to be read from a remote: a transaction takes all in one answer. A lazy clone stays
/// one, and what was rewritten is refused before anything of it lands.
#[test]
fn a_large_pull_in_a_transaction_or_a_lazy_clone_is_as_any_other() {
    let folder = Folder::new("large-pull-tx");
    let url = folder.url("remote");
    let mut ada = session();
    run(&mut ada, "CREATE TABLE own (id INT PRIMARY KEY)");
    run(&mut ada, "SELECT dolt_commit('-Am', 'own')");
    run(&mut ada, "INSERT INTO own VALUES (1)");
    run(&mut ada, "SELECT dolt_commit('-am', 'one')");
    run(&mut ada, &format!("SELECT dolt_remote('add', 'origin', '{url}')"));
    run(&mut ada, "CALL dolt_push('-u', 'origin', 'main')");
    Wire::to(&url);
    let (mut bob, mut carol, mut dora) = (session(), lazy(), session());
    let mut erin = session();
    run(&mut bob, &format!("CALL dolt_clone('{URL}')"));
    run(&mut dora, &format!("CALL dolt_clone('{URL}')"));
    run(&mut erin, &format!("CALL dolt_clone('--depth', 1, '{URL}')"));
    fill(&mut ada);
    run(&mut ada, "CALL dolt_push()");
    // A shallow one stays shallow.
    let first = rows(&mut erin, "SELECT COUNT(*) FROM dolt_log");
    assert!(rows(&mut erin, "CALL dolt_pull('--batch-bytes', 1000)")[0].starts_with("NULL|NULL|"));
    run(&mut erin, "CALL dolt_unlazy()");
    assert!(rows(&mut erin, "CALL dolt_pull('--batch-bytes', 1000)")[0].starts_with("1|0|"));
    assert_eq!((first, rows(&mut erin, "SELECT COUNT(*) FROM dolt_log")), (vec!["1".into()], vec!["3".into()]));
    assert_eq!(rows(&mut erin, "CALL dolt_verify()"), ["1|0|0|0"]);
    run(&mut bob, "BEGIN");
    run(&mut bob, "CALL dolt_fetch('--batch-bytes', 1000)");
    run(&mut bob, "COMMIT");
    assert!(rows(&mut bob, "CALL dolt_pull('--batch-bytes', 1000)")[0].starts_with("1|0|"));
    assert!(rows(&mut carol, "CALL dolt_pull('--batch-bytes', 1000)")[0].starts_with("1|0|"));
    assert_eq!(rows(&mut bob, "CALL dolt_verify()"), ["1|0|0|0"]);
    assert!(!rows(&mut carol, "CALL dolt_verify()")[0].ends_with("|0"));
    run(&mut ada, "CALL dolt_reset('--hard', 'HEAD~1')");
    run(&mut dora, "CALL dolt_pull()");
    run(&mut ada, "UPDATE big SET n = n + 1, name = 'other'");
    run(&mut ada, "SELECT dolt_commit('-am', 'rewritten')");
    run(&mut ada, "CALL dolt_push('-f')");
    for _ in 0..2 {
        assert_eq!(fail(&mut dora, "CALL dolt_pull('--batch-bytes', 1000)").code(), Code::RemoteNonFf);
    }
    assert_eq!(rows(&mut dora, "CALL dolt_verify()"), ["1|0|0|0"]);
    set_carrier(None);
}

#[test]
fn what_was_not_asked_for_is_not_taken() {
    let folder = Folder::new("lazy-forged");
    let url = folder.url("remote");
    publish(&url);
    let wire = Wire::to(&url);
    let mut bob = lazy();
    wire.forge.set(true);
    let refused = fail(&mut bob, "SELECT n FROM big WHERE id = 1");
    assert_eq!(refused.code(), Code::RemoteInvalid);
    assert!(refused.message().contains("nothing asked for it"), "{refused:?}");
    wire.forge.set(false);
    assert_eq!(rows(&mut bob, "SELECT n FROM big WHERE id = 1"), ["31"]);
    set_carrier(None);
}

/// What it has not read it cannot serve.
#[test]
fn it_serves_nobody() {
    let folder = Folder::new("lazy-serves");
    let url = folder.url("remote");
    publish(&url);
    let own = folder.url("own");
    let database = Database::file(Path::new(own.strip_prefix("file://").unwrap())).unwrap();
    let mut bob = database.session("main").unwrap();
    run(&mut bob, &format!("CALL dolt_clone('--lazy', '{url}')"));
    // File remotes read like any others.
    assert_eq!(rows(&mut bob, "SELECT n FROM big WHERE id = 2"), ["62"]);
    drop(bob);
    drop(database);
    let refused = fail(&mut session(), &format!("CALL dolt_clone('{own}')"));
    assert_eq!(refused.code(), Code::NotHere);
}
