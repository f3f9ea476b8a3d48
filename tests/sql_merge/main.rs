//! Merge, diff and patch from SQL, over random tables: keys of every kind or none, secondary, unique and partial
//! indexes, checks, foreign keys, generated columns, large values, and schemas that change on one side or both.
//! `PROLLITE_CASES` sets how many, `PROLLITE_SEED` begins at a seed that failed.

mod canonical;
mod generated;
mod support;
mod tables;

use std::collections::BTreeMap;

use prollite::tuple::Value;
use prollite::Code;
use support::{difference, Random, Rows, Script};
use tables::Table;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Changes rows and now and then schemas, on the branch that the session stands on, and commits.
fn edit(script: &mut Script, random: &mut Random, tables: &[Table], side: &str, schemas: bool) {
    let mut tables = tables.to_vec();
    for _ in 0..3 + random.below(16) {
        let at = if random.chance(4) { 0 } else { tables.len() - 1 };
        if schemas && random.chance(5) {
            let alteration = tables::alter(random, &tables[at], side);
            if script.attempt(&alteration.sql).is_ok() {
                tables[at] = alteration.table;
            }
        } else {
            let _ = script.attempt(&tables::change(random, &tables[at]));
        }
    }
    script.run(&format!("CALL dolt_commit('-Am', '{side}', '--allow-empty')"));
}

/// What a merge left to be resolved.
#[derive(Debug, Default, PartialEq)]
struct Left { conflicts: Vec<String>, schemas: Vec<String>, violations: Vec<String> }

impl Left {
    fn of(script: &mut Script) -> Left {
        // A table that one side renamed is called as ours calls it.
        let mut found = |sql: &str| -> Vec<String> {
            let mut rows: Vec<String> =
                script.look(sql).iter().map(|row| row.replace("_ours", "").replace("_theirs", "")).collect();
            rows.sort();
            rows
        };
        Left {
            conflicts: found("SELECT `table`, num_conflicts FROM dolt_conflicts WHERE num_conflicts > 0"),
            schemas: found("SELECT table_name FROM dolt_schema_conflicts"),
            violations: found("SELECT `table`, num_violations FROM dolt_constraint_violations"),
        }
    }
    fn conflicts(&self) -> bool { !self.conflicts.is_empty() || !self.schemas.is_empty() }
}

/// Merges `from` into a new branch at `onto`.
fn merge(script: &mut Script, branch: &str, onto: &str, from: &str) -> (Left, BTreeMap<String, Rows>) {
    script.run(&format!("CALL dolt_checkout('-b', '{branch}', '{onto}')"));
    let before = script.look("SELECT dolt_hashof_db()");
    script.run(&format!("CALL dolt_merge('{from}')"));
    let left = Left::of(script);
    script.verify();
    if left.conflicts() && script.seed % 2 == 0 {
        script.run("CALL dolt_merge('--abort')");
        assert_eq!(script.look("SELECT dolt_hashof_db()"), before, "seed {}: an abort leaves what was before", script.seed);
        script.run(&format!("CALL dolt_merge('{from}')"));
    }
    let tables = script.tables();
    (left, tables)
}

#[test]
fn merges_agree_with_their_mirror_images_and_with_every_constraint() {
    let (first, cases) = (number("PROLLITE_SEED", 0), number("PROLLITE_CASES", 150));
    let [mut clean, mut conflicted, mut violated] = [0, 0, 0];
    for seed in first..first + cases {
        let mut random = Random(seed);
        let mut script = Script::new(seed);
        let (created, tables) = tables::create(&mut random);
        for sql in &created {
            let _ = script.attempt(sql);
        }
        for _ in 0..4 {
            let _ = script.attempt(&tables::insert(&mut random, &tables[0]));
        }
        for _ in 0..random.below(20) {
            let _ = script.attempt(&tables::insert(&mut random, &tables[1]));
        }
        script.run("CALL dolt_commit('-Am', 'base')");
        let [ours_alter, theirs_alter] = [random.chance(3), random.chance(3)];
        script.run("CALL dolt_checkout('-b', 'theirs')");
        edit(&mut script, &mut random, &tables, "theirs", theirs_alter);
        let their_tables = script.tables();
        script.run("CALL dolt_checkout('main')");
        edit(&mut script, &mut random, &tables, "ours", ours_alter);
        let our_tables = script.tables();

        diffs_are_what_changed(&mut script, &our_tables, &their_tables);
        patches_make_the_other_side(&mut script, &their_tables);

        let (there, rows) = merge(&mut script, "there", "main", "theirs");
        script.run("CALL dolt_reset('--hard')");
        let (back, mirrored) = merge(&mut script, "back", "theirs", "main");
        if there.conflicts() || back.conflicts() {
            conflicted += 1;
            if (&there.conflicts, &there.schemas) != (&back.conflicts, &back.schemas) {
                script.fail(&format!("one way {there:?}, the other way {back:?}"));
            }
            resolve(&mut script, &there);
            continue;
        }
        if there != back {
            script.fail(&format!("one way {there:?}, the other way {back:?}"));
        }
        if rows != mirrored {
            script.fail(&format!("merged one way and the other: {}", difference(&rows, &mirrored)));
        }
        match (script.copy(), there.violations.is_empty()) {
            (Ok(copied), true) if copied == rows => clean += 1,
            (Err(_), false) => violated += 1,
            (Ok(copied), _) => script.fail(&format!("merged and copied: {}{there:?}", difference(&rows, &copied))),
            (Err(refused), _) => script.fail(&format!("merged without a violation, but a copy refuses {refused}")),
        }
    }
    assert!(
        cases < 100 || clean * 4 > cases && conflicted * 5 > cases && violated * 100 > cases,
        "of {cases}: {clean} clean, {conflicted} with conflicts, {violated} with violations"
    );
}

/// The session stands on `back` with the merge's state; ours here is theirs on `there`.
fn resolve(script: &mut Script, left: &Left) {
    script.run("CALL dolt_conflicts_resolve('--theirs', '.')");
    script.verify();
    let back = script.tables();
    let violations = script.look("SELECT `table` FROM dolt_constraint_violations");
    if violations.is_empty() {
        script.run("CALL dolt_commit('-Am', 'resolved', '--allow-empty')");
        script.verify();
    } else {
        script.run("CALL dolt_merge('--abort')");
    }
    script.run("CALL dolt_checkout('there'); CALL dolt_merge('theirs'); CALL dolt_conflicts_resolve('--ours', '.')");
    script.verify();
    let there = script.tables();
    // A schema conflict leaves the whole table, its clean rows too, to one side.
    if left.schemas.is_empty() && there != back {
        script.fail(&format!("ours one way and theirs the other: {}", difference(&there, &back)));
    }
}

fn diffs_are_what_changed(script: &mut Script, ours: &BTreeMap<String, Rows>, theirs: &BTreeMap<String, Rows>) {
    for (name, from) in ours {
        // Schemas that differ show the columns of both.
        let Some(to) = theirs.get(name).filter(|to| to.columns == from.columns) else { continue };
        let (columns, rows) = script.values(&format!("SELECT * FROM dolt_diff('main', 'theirs', '{name}')"));
        let mut patched = from.rows.clone();
        for row in &rows {
            let cell = |column: String| {
                let at = columns.iter().position(|known| known.eq_ignore_ascii_case(&column));
                at.map(|at| support::shown(&row[at..=at]).remove(0)).unwrap_or_default()
            };
            let side = |prefix: &str| -> BTreeMap<String, String> {
                from.columns.iter().map(|name| (name.clone(), cell(format!("{prefix}_{name}")))).collect()
            };
            let kind = cell("diff_type".into());
            if kind != "added" {
                let gone = side("from");
                match patched.iter().position(|row| *row == gone) {
                    Some(at) => drop(patched.remove(at)),
                    None => script.fail(&format!("dolt_diff removes from {name} what is not there: {gone:?}")),
                }
            }
            if kind != "removed" {
                patched.push(side("to"));
            }
        }
        patched.sort();
        if patched != to.rows {
            script.fail(&format!("dolt_diff of {name} leads to {patched:#?}, not to {to:#?}"));
        }
    }
}

/// `dolt_patch`, run on a branch at ours, makes theirs of it.
fn patches_make_the_other_side(script: &mut Script, theirs: &BTreeMap<String, Rows>) {
    let (_, statements) = script.values("SELECT statement FROM dolt_patch('main', 'theirs') ORDER BY statement_order");
    script.run("CALL dolt_checkout('-b', 'patched', 'main')");
    script.run("SET foreign_key_checks = 0");
    let mut refused = false;
    for statement in &statements {
        let [Value::Text(statement)] = &statement[..] else { script.fail("dolt_patch answers texts") };
        if let Err(error) = script.attempt(statement) {
            // Rows that swap their unique values stand in each other's way, one statement after another.
            if error.code() != Code::Constraint {
                script.fail(&format!("a statement of dolt_patch fails: {statement}: {error:?}"));
            }
            refused = true;
        }
    }
    script.run("SET foreign_key_checks = 1");
    let patched = script.tables();
    if !refused && patched != *theirs {
        script.fail(&format!("dolt_patch leads here: {}", difference(&patched, theirs)));
    }
    script.verify();
    script.run("CALL dolt_reset('--hard'); CALL dolt_checkout('main')");
}
