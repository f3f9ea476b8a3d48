//! Random tables and random changes of them, as a user would type them. A statement may be refused (a constraint, a
//! type that does not fit); what must not happen shows afterwards.

use crate::support::Random;

/// What a column is, as far as values for it go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind { Int, Decimal, Text, Short, Blob, Parent, Generated }

#[derive(Clone, Debug)]
pub struct Column { pub name: String, pub kind: Kind }

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key { Int, Pair, Text, None }

/// What the generator believes a table to look like on one branch.
#[derive(Clone, Debug)]
pub struct Table { pub name: String, pub key: Key, pub columns: Vec<Column>, pub indexes: Vec<String> }

impl Table {
    fn free(&self) -> impl Iterator<Item = &Column> { self.columns.iter().filter(|column| !self.is_key(column)) }
    /// Statements find rows by these; `k` stays even where it is no key.
    fn is_key(&self, column: &Column) -> bool { column.name == "k" || column.name == "k2" }
}

/// A change of a schema and what the table is after it.
pub struct Alteration { pub sql: String, pub table: Table }

/// A parent table and a table with a random key, columns, indexes and constraints.
pub fn create(random: &mut Random) -> (Vec<String>, Vec<Table>) {
    let column = |name: &str, kind| Column { name: name.into(), kind };
    let parent = Table {
        name: "p".into(),
        key: Key::Int,
        columns: vec![column("k", Kind::Int), column("v", Kind::Int)],
        indexes: Vec::new(),
    };
    let key = [Key::Int, Key::Int, Key::Pair, Key::Text, Key::None][random.below(5) as usize];
    let mut table = Table { name: "t".into(), key, columns: Vec::new(), indexes: Vec::new() };
    let mut parts: Vec<String> = Vec::new();
    let mut constraints: Vec<String> = Vec::new();
    let mut add = |table: &mut Table, name: &str, kind, definition: &str| {
        table.columns.push(column(name, kind));
        parts.push(format!("{name} {definition}"));
    };
    match key {
        Key::Text => add(&mut table, "k", Kind::Short, "VARCHAR(12) NOT NULL"),
        _ => add(&mut table, "k", Kind::Int, "INT NOT NULL"),
    }
    if key == Key::Pair {
        add(&mut table, "k2", Kind::Int, "INT NOT NULL");
    }
    add(&mut table, "n", Kind::Int, if random.chance(3) { "INT NOT NULL DEFAULT 1" } else { "INT" });
    if random.chance(2) {
        add(&mut table, "s", Kind::Text, if random.chance(4) { "TEXT COLLATE NOCASE" } else { "TEXT" });
    }
    if random.chance(3) {
        add(&mut table, "w", Kind::Short, "VARCHAR(12)");
    }
    if random.chance(3) {
        add(&mut table, "d", Kind::Decimal, "DECIMAL(6,2)");
    }
    if random.chance(4) {
        add(&mut table, "b", Kind::Blob, "BLOB");
    }
    if random.chance(3) {
        add(&mut table, "p", Kind::Parent, "INT");
        let action = ["", " ON DELETE CASCADE", " ON DELETE SET NULL", " ON UPDATE CASCADE"][random.below(4) as usize];
        constraints.push(format!("CONSTRAINT of_p FOREIGN KEY (p) REFERENCES p (k){action}"));
    }
    if random.chance(3) {
        add(&mut table, "g", Kind::Generated, "INT GENERATED ALWAYS AS (n * 2 + 1) STORED");
        if random.chance(2) {
            constraints.push("UNIQUE KEY by_g (g)".into());
            table.indexes.push("by_g".into());
        }
    }
    if random.chance(3) {
        constraints.push("CONSTRAINT small CHECK (n < 40)".into());
    }
    match key {
        Key::Int | Key::Text => constraints.push("PRIMARY KEY (k)".into()),
        Key::Pair => constraints.push("PRIMARY KEY (k, k2)".into()),
        Key::None => {}
    }
    parts.extend(constraints);
    let mut script = vec!["CREATE TABLE p (k INT PRIMARY KEY, v INT)".to_string()];
    script.push(format!("CREATE TABLE t ({})", parts.join(", ")));
    for number in 0..random.below(3) {
        let (sql, name) = index(random, &table, &format!("i{number}"));
        script.push(sql);
        table.indexes.push(name);
    }
    (script, vec![parent, table])
}

fn index(random: &mut Random, table: &Table, name: &str) -> (String, String) {
    let names: Vec<&Column> = table.columns.iter().filter(|column| column.kind != Kind::Blob).collect();
    let one = names[random.below(names.len() as u64) as usize];
    let two = names[random.below(names.len() as u64) as usize];
    let descending = if random.chance(5) { " DESC" } else { "" };
    let mut parts = format!("{}{descending}", one.name);
    if random.chance(2) && one.name != two.name {
        parts = format!("{parts}, {}", two.name);
    }
    let unique = if random.chance(3) { "UNIQUE " } else { "" };
    let partial = match table.columns.iter().any(|column| column.name == "n") && random.chance(5) {
        true => " WHERE n > 5",
        false => "",
    };
    (format!("CREATE {unique}INDEX {name} ON {} ({parts}){partial}", table.name), name.into())
}

pub fn value(random: &mut Random, kind: Kind) -> String {
    if random.chance(8) {
        return "NULL".into();
    }
    match kind {
        Kind::Int => random.below(45).to_string(),
        Kind::Parent => random.below(6).to_string(),
        Kind::Decimal => format!("{}.{:02}", random.below(30), random.below(4) * 25),
        Kind::Short => format!("'{}'", ["a", "A", "b", "bc", "c c", "zz"][random.below(6) as usize]),
        Kind::Text if random.chance(10) => {
            // Too large for the row: it moves out.
            let letters = ["lorem ", "ipsum ", "dolor "][random.below(3) as usize];
            format!("'{}'", letters.repeat(400 + random.below(3) as usize))
        }
        Kind::Text => format!("'t{}'", random.below(8)),
        Kind::Blob if random.chance(6) => {
            let byte = random.below(3);
            format!("X'{}'", format!("0{byte}ff").repeat(1_100 + random.below(2) as usize))
        }
        Kind::Blob => format!("X'0{}'", random.below(6)),
        Kind::Generated => "DEFAULT".into(),
    }
}

fn key(random: &mut Random, table: &Table) -> Vec<String> {
    let space = if table.name == "p" { 6 } else { 20 };
    match table.key {
        Key::Text => vec![format!("'k{}'", random.below(space))],
        Key::Pair => vec![random.below(space / 4 + 1).to_string(), random.below(4).to_string()],
        Key::Int | Key::None => vec![random.below(space).to_string()],
    }
}

/// Whether the row is the one with this key; a table without a key is changed by `k`, rows of one content together.
fn matches(table: &Table, key: &[String]) -> String {
    match table.key {
        Key::Pair => format!("k = {} AND k2 = {}", key[0], key[1]),
        _ => format!("k = {}", key[0]),
    }
}

pub fn insert(random: &mut Random, table: &Table) -> String {
    let mut cells = key(random, table);
    let columns: Vec<&Column> = table.columns.iter().filter(|column| column.kind != Kind::Generated).collect();
    for column in columns.iter().skip(cells.len()) {
        cells.push(value(random, column.kind));
    }
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let verb = if random.chance(6) { "REPLACE" } else { "INSERT" };
    format!("{verb} INTO {} ({}) VALUES ({})", table.name, names.join(", "), cells.join(", "))
}

pub fn change(random: &mut Random, table: &Table) -> String {
    let key = key(random, table);
    match random.below(6) {
        0 => format!("DELETE FROM {} WHERE {}", table.name, matches(table, &key)),
        1..=3 => {
            let free: Vec<&Column> = table.free().filter(|column| column.kind != Kind::Generated).collect();
            if free.is_empty() {
                return insert(random, table);
            }
            let mut sets = Vec::new();
            for _ in 0..1 + random.below(2) {
                let column = free[random.below(free.len() as u64) as usize];
                let set = format!("{} = {}", column.name, value(random, column.kind));
                if !sets.iter().any(|other: &String| other.split(' ').next() == set.split(' ').next()) {
                    sets.push(set);
                }
            }
            format!("UPDATE {} SET {} WHERE {}", table.name, sets.join(", "), matches(table, &key))
        }
        _ => insert(random, table),
    }
}

/// One change of a schema. `side` names what is new, so that both sides seldom mean the same by one name.
pub fn alter(random: &mut Random, table: &Table, side: &str) -> Alteration {
    let mut next = table.clone();
    let free: Vec<Column> = table.free().cloned().collect();
    let picked = free.get(random.below(free.len() as u64) as usize).cloned();
    let name = &table.name;
    let at = |next: &mut Table, name: &str| next.columns.iter().position(|column| column.name == name).unwrap_or(0);
    let sql = match (random.below(12), picked) {
        (0, _) => {
            let kind = [Kind::Int, Kind::Text, Kind::Decimal][random.below(3) as usize];
            let definition = match kind {
                Kind::Int => "INT DEFAULT 3",
                Kind::Text => "TEXT",
                _ => "DECIMAL(6,2) NOT NULL DEFAULT 1.5",
            };
            next.columns.push(Column { name: format!("new_{side}"), kind });
            format!("ALTER TABLE {name} ADD COLUMN new_{side} {definition}")
        }
        (1, _) => {
            next.columns.push(Column { name: "both".into(), kind: Kind::Int });
            format!("ALTER TABLE {name} ADD COLUMN both INT DEFAULT 9")
        }
        (2, _) => {
            next.columns.push(Column { name: format!("gen_{side}"), kind: Kind::Generated });
            format!("ALTER TABLE {name} ADD COLUMN gen_{side} INT GENERATED ALWAYS AS (n + 7) STORED")
        }
        (3, Some(column)) => {
            next.columns.retain(|other| other.name != column.name);
            format!("ALTER TABLE {name} DROP COLUMN {}", column.name)
        }
        (4, Some(column)) => {
            let to = format!("{}_{side}", &column.name[..1]);
            let at = at(&mut next, &column.name);
            next.columns[at].name = to.clone();
            format!("ALTER TABLE {name} RENAME COLUMN {} TO {to}", column.name)
        }
        (5, Some(column)) => match column.kind {
            Kind::Int if !["p", "v"].contains(&column.name.as_str()) => {
                let wider = ["BIGINT", "DECIMAL(9,2)"][random.below(2) as usize];
                format!("ALTER TABLE {name} MODIFY COLUMN {} {wider}", column.name)
            }
            Kind::Short => format!("ALTER TABLE {name} MODIFY COLUMN {} VARCHAR(40)", column.name),
            Kind::Decimal => format!("ALTER TABLE {name} MODIFY COLUMN {} DECIMAL(9,3)", column.name),
            Kind::Generated => format!("ALTER TABLE {name} COMMENT = 'generated'"),
            _ => format!("ALTER TABLE {name} ALTER COLUMN {} SET DEFAULT NULL", column.name),
        },
        (6 | 7, _) => {
            let (sql, index) = index(random, table, &format!("by_{side}"));
            next.indexes.push(index);
            sql
        }
        (8, _) if !table.indexes.is_empty() => {
            let index = next.indexes.remove(random.below(table.indexes.len() as u64) as usize);
            format!("DROP INDEX {index} ON {name}")
        }
        (9, _) => format!("ALTER TABLE {name} ADD CONSTRAINT ck_{side} CHECK (k IS NOT NULL AND n < {})", 30 + random.below(20)),
        (10, Some(column)) if column.kind == Kind::Text => {
            let at = at(&mut next, &column.name);
            let moved = next.columns.remove(at);
            let keys = table.columns.len() - free.len();
            next.columns.insert(keys, moved);
            let after = &table.columns[keys - 1].name;
            format!("ALTER TABLE {name} MODIFY COLUMN {} TEXT AFTER {after}", column.name)
        }
        _ => {
            next.name = format!("{name}_{side}");
            match random.chance(3) && table.name == "t" {
                true => format!("ALTER TABLE {name} RENAME TO {}", next.name),
                false => {
                    next.name = name.clone();
                    format!("ALTER TABLE {name} COMMENT = 'of {side}'")
                }
            }
        }
    };
    Alteration { sql, table: next }
}
