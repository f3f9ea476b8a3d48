//! Tables made by SQL whose addresses never change. `tests/js/golden.test.mjs` reads the same files with the engine that
//! ships, compiled to wasm.

#[path = "common/sql.rs"]
#[allow(dead_code)]
mod sql;

use sql::{rows, run, session};

#[test]
fn addresses_are_those_of_the_fixture() {
    let s = &mut session();
    run(s, include_str!("golden/sql.sql"));
    let mut found = String::new();
    for table in ["numbers", "kinds", "large", "keyless"] {
        found += &format!("{table}: {}\n", rows(s, &format!("SELECT dolt_hashof_table('{table}')"))[0]);
    }
    found += &format!("database: {}\n", rows(s, "SELECT dolt_hashof_db()")[0]);
    let fixture = include_str!("golden/sql.txt");
    assert!(found == fixture, "the format has changed; the addresses are now\n{found}");
}
