//! One content, one root: whatever rows came and went, in whatever order, before and after columns and indexes did.

use prollite::tuple::Value;

use crate::support::{Random, Script};
use crate::{number, tables};

/// The same definitions on empty tables, then the rows as they ended up, in another order and other batches.
fn rebuilt(script: &mut Script, random: &mut Random, definitions: &[String]) -> Script {
    let mut other = Script::new(script.seed);
    definitions.iter().for_each(|sql| drop(other.run(sql)));
    other.run("SET foreign_key_checks = 0");
    for name in script.look("SHOW TABLES") {
        let (columns, mut rows) = script.values(&format!("SELECT * FROM `{name}`"));
        for at in (1..rows.len()).rev() {
            rows.swap(at, random.below(at as u64 + 1) as usize);
        }
        let kept: Vec<usize> = (0..columns.len()).filter(|at| !columns[*at].starts_with('g')).collect();
        let list: Vec<&str> = kept.iter().map(|at| columns[*at].as_str()).collect();
        while !rows.is_empty() {
            let batch: Vec<Vec<Value>> = rows.drain(..(1 + random.below(6) as usize).min(rows.len())).collect();
            let marks = vec![format!("({})", vec!["?"; kept.len()].join(", ")); batch.len()].join(", ");
            let cells: Vec<Value> = batch.iter().flat_map(|row| kept.iter().map(|at| row[*at].clone())).collect();
            other.run_with(&format!("INSERT INTO `{name}` (`{}`) VALUES {marks}", list.join("`, `")), &cells);
        }
    }
    other
}

fn same_roots(one: &mut Script, other: &mut Script) {
    for name in one.look("SHOW TABLES") {
        let sql = format!("SELECT dolt_hashof_table('{name}')");
        if one.look(&sql) != other.look(&sql) {
            let (one, other) = (one.rows(&name), other.look(&format!("SHOW CREATE TABLE `{name}`")));
            panic!("table {name} has another root: {one:?}\n{other:?}");
        }
    }
    if one.look("SELECT dolt_hashof_db()") != other.look("SELECT dolt_hashof_db()") {
        one.fail("the same tables make another root");
    }
}

#[test]
fn any_order_of_rows_and_definitions_ends_at_one_root() {
    let (first, cases) = (number("PROLLITE_SEED", 0), number("PROLLITE_CASES", 150));
    let mut altered = 0;
    for seed in first..first + cases {
        let mut random = Random(seed);
        let mut script = Script::new(seed);
        let (created, mut known) = tables::create(&mut random);
        let mut definitions = Vec::new();
        for sql in created {
            if script.attempt(&sql).is_ok() {
                definitions.push(sql);
            }
        }
        for step in 0..20 + random.below(40) {
            let at = usize::from(!random.chance(5));
            if random.chance(6) {
                // Also what one transaction gave up.
                script.run("BEGIN");
                let _ = script.attempt(&tables::change(&mut random, &known[at]));
                script.run("ROLLBACK");
            }
            if random.chance(7) {
                let alteration = tables::alter(&mut random, &known[at], &format!("n{step}"));
                if script.attempt(&alteration.sql).is_ok() {
                    definitions.push(alteration.sql);
                    known[at] = alteration.table;
                    altered += 1;
                }
            } else if random.chance(3) {
                let _ = script.attempt(&tables::insert(&mut random, &known[at]));
            } else {
                let _ = script.attempt(&tables::change(&mut random, &known[at]));
            }
        }
        let mut other = rebuilt(&mut script, &mut random, &definitions);
        same_roots(&mut script, &mut other);
    }
    assert!(altered > cases, "{altered} alterations in {cases} cases");
}

/// A column or an index that came and went leaves no trace.
#[test]
fn what_was_added_and_dropped_is_as_if_it_had_never_been() {
    let setup = ["CREATE TABLE t (k INT PRIMARY KEY, a INT, s TEXT, KEY by_a (a))", "CREATE TABLE n (a INT, s TEXT)"];
    let rows = "INSERT INTO t VALUES (1, 1, 'one'), (2, NULL, NULL), (3, 3, NULL); INSERT INTO n VALUES (1, 'x'), (1, 'x'), (NULL, NULL)";
    for detour in [
        "ALTER TABLE {} ADD COLUMN d INT DEFAULT 7; UPDATE {} SET d = a; ALTER TABLE {} DROP COLUMN d",
        "ALTER TABLE {} ADD COLUMN d TEXT NOT NULL DEFAULT 'x' AFTER a; UPDATE {} SET d = 'y' WHERE a = 1; ALTER TABLE {} DROP COLUMN d",
        "ALTER TABLE {} ADD COLUMN d INT FIRST; ALTER TABLE {} DROP COLUMN d",
        "CREATE INDEX extra ON {} (s, a); UPDATE {} SET a = 9 WHERE a = 1; DROP INDEX extra ON {}; UPDATE {} SET a = 1 WHERE a = 9",
        "ALTER TABLE {} RENAME COLUMN s TO z; UPDATE {} SET z = 'z' WHERE a IS NULL; ALTER TABLE {} RENAME COLUMN z TO s; UPDATE {} SET s = NULL WHERE a IS NULL",
        "ALTER TABLE {} RENAME TO elsewhere; ALTER TABLE elsewhere RENAME TO {}",
    ] {
        let mut straight = Script::new(0);
        let mut detoured = Script::new(0);
        for script in [&mut straight, &mut detoured] {
            setup.iter().for_each(|sql| drop(script.run(sql)));
        }
        straight.run(rows);
        detoured.run(rows);
        for table in ["t", "n"] {
            detoured.run(&detour.replace("{}", table));
        }
        same_roots(&mut detoured, &mut straight);
    }
}
