//! Random tables, their indexes and rows, as both engines take them.

use super::random::Random;

pub struct Column { pub name: String, pub class: &'static str, pub not_null: bool, pub nocase: bool }

pub struct Table { pub name: String, pub columns: Vec<Column>, pub key: Vec<usize>, pub script: Vec<String> }

const CLASSES: &[&str] = &["INTEGER", "INTEGER", "REAL", "TEXT", "TEXT", "ANY", "BLOB"];

pub const INTS: &[&str] = &["0", "1", "2", "3", "-1", "7", "10", "-2", "9223372036854775807", "-9223372036854775808", "9007199254740993", "4294967296"];
pub const REALS: &[&str] = &["0.0", "0.5", "1.0", "1.5", "-2.5", "2.0", "3.75", "1e14", "1e-5", "123456.789", "9.3e18", "-1e100"];
pub const TEXTS: &[&str] = &["''", "'a'", "'b'", "'ab'", "'B'", "'Ab'", "'1'", "'1.0'", "'2'", "' 3 '", "'-7x'", "'1e1'", "'x%'", "'ä'", "'日本'", "'a,b'", "'it''s'"];
pub const BLOBS: &[&str] = &["x''", "x'61'", "x'6162'", "x'c3a4'", "x'31'"];

pub fn literal(random: &mut Random, class: &str) -> String {
    // Extremes are rare: they make most answers errors or huge.
    let few = |random: &mut Random, list: &[&'static str]| {
        let usual = list.len() * 2 / 3;
        let n = if random.chance(90) { usual } else { list.len() };
        list[random.below(n)].to_string()
    };
    match class {
        "INTEGER" => few(random, INTS),
        "REAL" => few(random, REALS),
        "TEXT" => few(random, TEXTS),
        "BLOB" => random.pick(BLOBS).to_string(),
        _ => {
            let class = random.pick(&["INTEGER", "REAL", "TEXT", "BLOB"]);
            literal(random, class)
        }
    }
}

impl Table {
    pub fn random(random: &mut Random, number: usize) -> Table {
        let name = format!("t{number}");
        let count = 2 + random.below(4);
        let mut columns: Vec<Column> = (0..count)
            .map(|at| {
                let class = random.pick(CLASSES);
                Column { name: format!("c{at}"), class, not_null: random.chance(15), nocase: class == "TEXT" && random.chance(20) }
            })
            .collect();
        // No key, an INTEGER, a text, or two columns.
        let key: Vec<usize> = match random.below(5) {
            0 => Vec::new(),
            1 | 2 => {
                columns[0].class = "INTEGER";
                columns[0].nocase = false;
                vec![0]
            }
            3 => {
                columns[0].class = "TEXT";
                vec![0]
            }
            _ => vec![1, 0],
        };
        for at in &key {
            // NULL in a key is SQLite's old defect, which STRICT tables have as well.
            columns[*at].not_null = true;
        }
        let mut parts: Vec<String> = columns
            .iter()
            .map(|column| {
                let not_null = if column.not_null { " NOT NULL" } else { "" };
                let collation = if column.nocase { " COLLATE NOCASE" } else { "" };
                format!("{} {}{not_null}{collation}", column.name, column.class)
            })
            .collect();
        if !key.is_empty() {
            let names: Vec<&str> = key.iter().map(|at| &*columns[*at].name).collect();
            parts.push(format!("PRIMARY KEY ({})", names.join(", ")));
        }
        let mut script = vec![format!("CREATE TABLE {name} ({}) STRICT", parts.join(", "))];
        for at in 0..random.below(3) {
            let mut names: Vec<String> = Vec::new();
            for _ in 0..1 + random.below(2) {
                let column = &columns[random.below(columns.len())].name;
                if !names.iter().any(|name| name.starts_with(column)) {
                    names.push(format!("{column}{}", random.pick(&["", "", " DESC"])));
                }
            }
            let partial = if random.chance(20) { format!(" WHERE {} IS NOT NULL", columns[random.below(columns.len())].name) } else { String::new() };
            let unique = random.pick(&["", "", "", "UNIQUE "]);
            script.push(format!("CREATE {unique}INDEX {name}_{at} ON {name} ({}){partial}", names.join(", ")));
        }
        Table { name, columns, key, script }
    }

    /// One row's values.
    pub fn row(&self, random: &mut Random) -> String {
        let cells = self.columns.iter().map(|column| {
            if !column.not_null && random.chance(20) { "NULL".to_string() } else { literal(random, column.class) }
        });
        format!("({})", cells.collect::<Vec<_>>().join(", "))
    }
}
