//! Foreign keys, both ways.

#[path = "common/sql.rs"]
mod sql;

use prollite::session::Session;
use prollite::Code;
use sql::{fail, refused, rows, run, session};

fn family(action: &str) -> Session {
    let mut s = session();
    run(&mut s, "CREATE TABLE p (id INT PRIMARY KEY, u INT UNIQUE)");
    run(&mut s, &format!("CREATE TABLE c (id INT PRIMARY KEY, p INT DEFAULT 1 REFERENCES p (id) {action}, n INT)"));
    run(&mut s, "INSERT INTO p VALUES (1, 10), (2, 20)");
    run(&mut s, "INSERT INTO c VALUES (1, 1, 0), (2, 2, 0), (3, 2, 0), (4, NULL, 0)");
    s
}

#[test]
fn a_child_needs_its_parent() {
    let s = &mut family("");
    refused(
        s,
        "INSERT INTO c VALUES (9, 7, 0)",
        Code::Constraint,
        "FOREIGN KEY constraint failed: c_ibfk_1: c (p) = 7 has no row in p",
    );
    fail(s, "UPDATE c SET p = 7 WHERE id = 1");
    refused(
        s,
        "DELETE FROM p WHERE id = 1",
        Code::Constraint,
        "FOREIGN KEY constraint failed: c_ibfk_1: p (id) = 1 is referred to by c (id) = 1",
    );
    fail(s, "UPDATE p SET id = 5 WHERE id = 2");
    fail(s, "DROP TABLE p");
    run(s, "DELETE FROM c WHERE p = 1; DELETE FROM p WHERE id = 1");
    assert_eq!(rows(s, "SELECT id FROM p"), ["2"]);
    // Two parents that swap keys leave no orphan.
    run(s, "INSERT INTO p VALUES (1, 11)");
    run(s, "UPDATE p SET id = 3 - id");
    assert_eq!(rows(s, "SELECT * FROM p"), ["1|20", "2|11"]);
}

#[test]
fn cascades_follow_deletes_and_updates() {
    let s = &mut family("ON DELETE CASCADE ON UPDATE CASCADE");
    run(s, "CREATE TABLE g (id INT PRIMARY KEY, c INT, FOREIGN KEY (c) REFERENCES c (id) ON DELETE CASCADE)");
    run(s, "INSERT INTO g VALUES (1, 2), (2, 3), (3, 1)");
    run(s, "UPDATE p SET id = 5 WHERE id = 2");
    assert_eq!(rows(s, "SELECT id, p FROM c"), ["1|1", "2|5", "3|5", "4|NULL"]);
    run(s, "UPDATE p SET id = 6 - id");
    assert_eq!(rows(s, "SELECT id, p FROM c"), ["1|5", "2|1", "3|1", "4|NULL"]);
    assert_eq!(run(s, "DELETE FROM p WHERE id = 1"), 1);
    assert_eq!(rows(s, "SELECT id, p FROM c"), ["1|5", "4|NULL"]);
    assert_eq!(rows(s, "SELECT * FROM g"), ["3|1"]);
}

#[test]
fn set_null_and_set_default() {
    let s = &mut family("ON DELETE SET NULL ON UPDATE SET DEFAULT");
    run(s, "UPDATE p SET id = 5 WHERE id = 2");
    assert_eq!(rows(s, "SELECT id, p FROM c"), ["1|1", "2|1", "3|1", "4|NULL"]);
    run(s, "DELETE FROM p WHERE id = 1");
    assert_eq!(rows(s, "SELECT id, p FROM c"), ["1|NULL", "2|NULL", "3|NULL", "4|NULL"]);
}

#[test]
fn a_table_may_refer_to_itself() {
    let s = &mut session();
    run(s, "CREATE TABLE t (id INT PRIMARY KEY, up INT, KEY (up), FOREIGN KEY (up) REFERENCES t ON DELETE CASCADE)");
    run(s, "INSERT INTO t VALUES (3, 2), (2, 1), (1, 1), (4, NULL)");
    fail(s, "INSERT INTO t VALUES (5, 6)");
    run(s, "INSERT INTO t VALUES (7, 7), (5, 6), (6, 5)");
    run(s, "DELETE FROM t WHERE id = 1");
    assert_eq!(rows(s, "SELECT id FROM t"), ["4", "5", "6", "7"]);
    run(s, "DELETE FROM t WHERE id = 5 OR id = 7");
    assert_eq!(rows(s, "SELECT id FROM t"), ["4"]);
}

#[test]
fn a_long_chain_of_cascades_needs_no_stack() {
    let s = &mut session();
    run(s, "CREATE TABLE t (id INT PRIMARY KEY, up INT, KEY (up), FOREIGN KEY (up) REFERENCES t ON DELETE CASCADE)");
    let chain: Vec<String> = (1..2000).map(|id| format!("({id}, {})", id - 1)).collect();
    run(s, "INSERT INTO t VALUES (0, NULL)");
    run(s, &format!("INSERT INTO t VALUES {}", chain.join(", ")));
    run(s, "DELETE FROM t WHERE id = 0");
    assert_eq!(rows(s, "SELECT count(*) FROM t"), ["0"]);
}

#[test]
fn composite_keys_and_checks_that_are_off() {
    let s = &mut session();
    run(s, "CREATE TABLE p (a INT, b INT, c INT, PRIMARY KEY (a, b), UNIQUE (c, a))");
    run(s, "CREATE TABLE k (x INT, y INT, FOREIGN KEY (y, x) REFERENCES p (a, b))");
    run(s, "CREATE TABLE l (x INT, y INT, CONSTRAINT by_unique FOREIGN KEY (x, y) REFERENCES p (a, c))");
    run(s, "INSERT INTO p VALUES (1, 2, 3)");
    run(s, "INSERT INTO k VALUES (2, 1), (NULL, 9)");
    fail(s, "INSERT INTO k VALUES (1, 2)");
    run(s, "INSERT INTO l VALUES (1, 3)");
    fail(s, "INSERT INTO l VALUES (3, 1)");
    fail(s, "CREATE TABLE m (x INT REFERENCES p (b))");
    run(s, "SET foreign_key_checks = 0");
    run(s, "INSERT INTO k VALUES (1, 2)");
    run(s, "SET foreign_key_checks = 1");
    fail(s, "INSERT INTO k VALUES (1, 3)");
    fail(s, "ALTER TABLE k ADD CONSTRAINT again FOREIGN KEY (y, x) REFERENCES p");
}

/// MySQL's: a key that several parents can hold. A child needs one of them.
#[test]
fn a_parent_key_need_not_be_unique_where_an_index_begins_with_it() {
    let s = &mut session();
    run(s, "CREATE TABLE parent (id INT, part INT, name TEXT, PRIMARY KEY (id, part), INDEX (name)); INSERT INTO parent VALUES (1, 1, 'a'), (1, 2, 'a'), (2, 1, 'b')");
    run(s, "CREATE TABLE child (id INT PRIMARY KEY, name TEXT REFERENCES parent (name), parent INT REFERENCES parent (id) ON DELETE CASCADE)");
    run(s, "INSERT INTO child VALUES (1, 'a', 1), (2, NULL, 2)");
    assert_eq!(fail(s, "INSERT INTO child VALUES (3, 'z', 1)").code(), Code::Constraint);
    assert_eq!(fail(s, "INSERT INTO child VALUES (3, 'a', 9)").code(), Code::Constraint);
    run(s, "DELETE FROM parent WHERE part = 2");
    assert_eq!(rows(s, "SELECT id FROM child"), ["1", "2"]);
    assert_eq!(fail(s, "UPDATE parent SET name = 'z' WHERE id = 1").code(), Code::Constraint);
    run(s, "DELETE FROM parent WHERE id = 2");
    assert_eq!(rows(s, "SELECT id FROM child"), ["1"]);
    let error = fail(s, "CREATE TABLE other (id INT PRIMARY KEY, part INT REFERENCES parent (part))");
    assert!(error.message().contains("no key or index of parent begins with (part)"), "{error:?}");
    assert_eq!(fail(s, "ALTER TABLE child MODIFY COLUMN name INT").code(), Code::Constraint);
}
