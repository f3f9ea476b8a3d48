//! Random queries over random small tables: Prollite, Prollite without pushdown, and SQLite's STRICT tables must agree.
//!
//! `PROLLITE_CASES` sets how many databases are tried (30 queries each), `PROLLITE_SEED` where the numbers start.

use prollite::session::{Database, Session};
use prollite::tuple::Value;
use prollite::Code;

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    fn below(&mut self, n: usize) -> usize { (self.next() % n as u64) as usize }
    fn chance(&mut self, percent: usize) -> bool { self.below(100) < percent }
    fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str { list[self.below(list.len())] }
}

/// The tables, their columns with types, as both engines define them.
const TABLES: &[(&str, &[(&str, &str)], &str)] = &[
    ("t0", &[("id", "INTEGER"), ("a", "INTEGER"), ("b", "REAL"), ("c", "TEXT")], "PRIMARY KEY (id)"),
    ("t1", &[("k", "INTEGER"), ("s", "TEXT"), ("x", "INTEGER"), ("y", "REAL")], "PRIMARY KEY (k, s)"),
    ("t2", &[("p", "INTEGER"), ("q", "TEXT"), ("r", "REAL")], ""),
];

const INDEXES: &[&str] = &[
    "CREATE INDEX t0_a ON t0 (a)",
    "CREATE INDEX t0_bc ON t0 (b, c DESC)",
    "CREATE INDEX t0_c ON t0 (c)",
    "CREATE INDEX t1_x ON t1 (x DESC, y)",
    "CREATE INDEX t2_p ON t2 (p, q)",
    "CREATE INDEX t2_r ON t2 (r)",
];

fn literal(random: &mut Random, column_type: &str) -> String {
    if random.chance(15) {
        return "NULL".to_string();
    }
    match column_type {
        "INTEGER" => (random.below(9) as i64 - 2).to_string(),
        "REAL" => format!("{:.1}", (random.below(12) as f64 - 3.0) / 2.0),
        _ => random.pick(&["''", "'a'", "'b'", "'ab'", "'B'", "'1'", "'1.0'", "'x%'", "'ä'"]).to_string(),
    }
}

/// Columns in sight: qualified name and type.
type Names = Vec<(String, &'static str)>;

struct Generator<'r> { random: &'r mut Random, depth: usize }

impl Generator<'_> {
    fn column(&mut self, names: &Names) -> String {
        let at = self.random.below(names.len());
        names[at].0.clone()
    }

    /// Any value.
    fn value(&mut self, names: &Names) -> String {
        if self.depth > 3 || self.random.chance(40) {
            return match self.random.below(5) {
                0 => literal(self.random, "INTEGER"),
                1 => literal(self.random, "REAL"),
                2 => literal(self.random, "TEXT"),
                _ if names.is_empty() => "1".to_string(),
                _ => self.column(names),
            };
        }
        self.depth += 1;
        let text = match self.random.below(14) {
            0..=3 => {
                let op = self.random.pick(&["+", "-", "*", "/", "%", "||", "&", "|"]);
                format!("({} {op} {})", self.value(names), self.value(names))
            }
            4 => format!("(- {})", self.value(names)),
            5 => format!("abs({})", self.number(names)),
            6 => format!("coalesce({}, {})", self.value(names), self.value(names)),
            7 => format!("nullif({}, {})", self.value(names), self.value(names)),
            8 => format!("CASE WHEN {} THEN {} ELSE {} END", self.truth(names), self.value(names), self.value(names)),
            9 => format!("CASE {} WHEN {} THEN {} END", self.value(names), self.value(names), self.value(names)),
            10 if !names.is_empty() => format!("length({})", self.column(names)),
            11 => format!("CAST({} AS {})", self.value(names), self.random.pick(&["INTEGER", "REAL", "TEXT"])),
            12 => format!("typeof({})", self.value(names)),
            _ => self.scalar_query(names),
        };
        self.depth -= 1;
        text
    }

    fn number(&mut self, names: &Names) -> String {
        let numbers: Names = names.iter().filter(|(_, column_type)| *column_type != "TEXT").cloned().collect();
        if numbers.is_empty() || self.random.chance(20) { literal(self.random, "INTEGER") } else { self.column(&numbers) }
    }

    fn truth(&mut self, names: &Names) -> String {
        self.depth += 1;
        let text = if self.depth > 4 {
            format!("{} = {}", self.value(names), self.value(names))
        } else {
            match self.random.below(16) {
                0..=4 => {
                    let op = self.random.pick(&["=", "<>", "<", "<=", ">", ">=", "IS", "IS NOT"]);
                    // Mostly a column and a constant: that is what keys are asked for.
                    let left = if self.random.chance(70) && !names.is_empty() { self.column(names) } else { self.value(names) };
                    format!("{left} {op} {}", self.value(names))
                }
                5 => format!("({} AND {})", self.truth(names), self.truth(names)),
                6 => format!("({} OR {})", self.truth(names), self.truth(names)),
                7 => format!("(NOT {})", self.truth(names)),
                8 => format!("{} {}", self.value(names), self.random.pick(&["IS NULL", "IS NOT NULL", "NOTNULL"])),
                9 | 10 => {
                    let not = self.random.pick(&["", "NOT "]);
                    let value = if self.random.chance(70) && !names.is_empty() { self.column(names) } else { self.value(names) };
                    format!("{value} {not}BETWEEN {} AND {}", self.value(names), self.value(names))
                }
                11 | 12 => {
                    let not = self.random.pick(&["", "NOT "]);
                    let count = self.random.below(4);
                    let list: Vec<String> = (0..count).map(|_| self.value(names)).collect();
                    let value = if self.random.chance(70) && !names.is_empty() { self.column(names) } else { self.value(names) };
                    format!("{value} {not}IN ({})", list.join(", "))
                }
                13 => {
                    let not = self.random.pick(&["", "NOT "]);
                    let pattern = self.random.pick(&["'a%'", "'%b'", "'_'", "'%'", "'1%'", "'A_'"]);
                    format!("{} {not}LIKE {pattern}", self.value(names))
                }
                14 => {
                    let (table, alias, inner) = self.table(9);
                    let mut all = names.clone();
                    all.extend(inner);
                    let not = self.random.pick(&["", "NOT "]);
                    format!("{not}EXISTS (SELECT 1 FROM {table} AS {alias} WHERE {})", self.truth(&all))
                }
                _ => {
                    let (table, alias, inner) = self.table(8);
                    let not = self.random.pick(&["", "NOT "]);
                    let column = self.column(&inner);
                    let mut all = names.clone();
                    all.extend(inner);
                    format!("{} {not}IN (SELECT {column} FROM {table} AS {alias} WHERE {})", self.value(names), self.truth(&all))
                }
            }
        };
        self.depth -= 1;
        text
    }

    fn scalar_query(&mut self, names: &Names) -> String {
        let (table, alias, inner) = self.table(7);
        let column = self.column(&inner);
        let aggregate = self.random.pick(&["count", "max", "min", "sum", "total"]);
        let mut all = names.clone();
        all.extend(inner);
        let column = if aggregate == "sum" || aggregate == "total" { format!("{alias}.{}", TABLES[self.at(table)].1[0].0) } else { column };
        format!("(SELECT {aggregate}({column}) FROM {table} AS {alias} WHERE {})", self.truth(&all))
    }

    fn at(&self, table: &str) -> usize { TABLES.iter().position(|(name, ..)| *name == table).unwrap() }

    fn table(&mut self, number: usize) -> (&'static str, String, Names) {
        let (table, columns, _) = TABLES[self.random.below(TABLES.len())];
        let alias = format!("u{number}_{}", self.depth);
        let names = columns.iter().map(|(column, column_type)| (format!("{alias}.{column}"), *column_type)).collect();
        (table, alias, names)
    }

    fn query(&mut self) -> String {
        let mut names: Names = Vec::new();
        let mut from = String::new();
        for at in 0..1 + self.random.below(3) {
            let (table, alias, columns) = self.table(at);
            if at == 0 {
                from = format!("{table} AS {alias}");
                names = columns;
                continue;
            }
            let own = columns.clone();
            let before = names.clone();
            names.extend(columns);
            let join = self.random.pick(&[", ", " CROSS JOIN ", " JOIN ", " LEFT JOIN ", " JOIN ", " LEFT JOIN "]);
            from += &format!("{join}{table} AS {alias}");
            if join.contains("JOIN") && !join.contains("CROSS") {
                let equal = format!("{} = {}", self.column(&before), self.column(&own));
                let on = if self.random.chance(60) { equal } else { self.truth(&names) };
                from += &format!(" ON {on}");
            }
        }
        let filter = if self.random.chance(75) { format!(" WHERE {}", self.truth(&names)) } else { String::new() };
        if self.random.chance(30) {
            let key = self.value(&names);
            let aggregates = ["count(*)", "count", "min", "max", "total", "sum", "count(DISTINCT"];
            let aggregate = match aggregates[self.random.below(aggregates.len())] {
                "count(*)" => "count(*)".to_string(),
                "count(DISTINCT" => format!("count(DISTINCT {})", self.column(&names)),
                name @ ("sum" | "total") => format!("{name}({})", self.number(&names)),
                name => format!("{name}({})", self.column(&names)),
            };
            if self.random.chance(30) {
                return format!("SELECT {aggregate} FROM {from}{filter}");
            }
            let having = if self.random.chance(30) { " HAVING count(*) > 1" } else { "" };
            return format!("SELECT {key}, {aggregate} FROM {from}{filter} GROUP BY {key}{having}");
        }
        let count = 1 + self.random.below(3);
        let list: Vec<String> = (0..count).map(|_| self.value(&names)).collect();
        let distinct = self.random.pick(&["", "", "", "DISTINCT "]);
        let select = format!("SELECT {distinct}{} FROM {from}{filter}", list.join(", "));
        match self.random.below(6) {
            0 => {
                let numbers: Vec<String> =
                    (1..=count).map(|at| format!("{at}{}", self.random.pick(&["", " DESC", " ASC"]))).collect();
                let limit = self.random.below(6);
                format!("{select} ORDER BY {} LIMIT {limit}", numbers.join(", "))
            }
            1 => {
                let (table, alias, columns) = self.table(6);
                let list: Vec<String> = (0..count).map(|_| self.value(&columns)).collect();
                let op = self.random.pick(&["UNION", "UNION ALL", "INTERSECT", "EXCEPT"]);
                format!("{select} {op} SELECT {} FROM {table} AS {alias}", list.join(", "))
            }
            _ => select,
        }
    }
}

/// A result as sorted texts; reals to twelve digits.
fn shown(rows: Vec<Vec<String>>) -> Vec<String> {
    let mut rows: Vec<String> = rows.into_iter().map(|row| row.join("|")).collect();
    rows.sort();
    rows
}

/// Which of 3 and 3.0 stays when both are one is nobody's promise.
fn is_loose(sql: &str) -> bool {
    ["UNION", "INTERSECT", "EXCEPT", "DISTINCT", "GROUP BY", "LIMIT"].iter().any(|word| sql.contains(word))
}

fn real(real: f64, loose: bool) -> String {
    match real {
        real if real.is_nan() => "NULL".to_string(),
        real if loose && real.fract() == 0.0 && real.abs() < 1e15 => format!("i{}", real as i64),
        real => format!("r{:.12e}", real + 0.0),
    }
}

/// Versions of SQLite print a REAL with 15 or with 17 digits: of each fraction in a text twelve are compared.
fn text(text: &str) -> String {
    let mut out = String::from("t");
    let mut digits: Option<usize> = None;
    for c in text.chars() {
        digits = match digits {
            _ if c == '.' => Some(0),
            Some(n) if c.is_ascii_digit() => Some(n + 1),
            _ => None,
        };
        if digits.is_none_or(|n| n <= 12) {
            out.push(c);
        }
    }
    out
}

fn ours(session: &mut Session, sql: &str) -> Result<Vec<String>, prollite::Error> {
    let outcome = session.execute(sql, &[])?;
    let cell = |value: &Value| match value {
        Value::Null => "NULL".to_string(),
        Value::Int(int) => format!("i{int}"),
        Value::Real(value) => real(*value, is_loose(sql)),
        Value::Decimal(decimal) => format!("d{decimal}"),
        Value::Text(found) => text(found),
        Value::Blob(bytes) => format!("b{bytes:?}"),
    };
    Ok(shown(outcome.rows.iter().map(|row| row.iter().map(cell).collect()).collect()))
}

fn theirs(sqlite: &rusqlite::Connection, sql: &str) -> rusqlite::Result<Vec<String>> {
    use rusqlite::types::ValueRef;
    let mut statement = sqlite.prepare(sql)?;
    let width = statement.column_count();
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let cell = |at: usize| -> rusqlite::Result<String> {
            Ok(match row.get_ref(at)? {
                ValueRef::Null => "NULL".to_string(),
                ValueRef::Integer(int) => format!("i{int}"),
                ValueRef::Real(value) => real(value, is_loose(sql)),
                ValueRef::Text(found) => text(&String::from_utf8_lossy(found)),
                ValueRef::Blob(bytes) => format!("b{bytes:?}"),
            })
        };
        found.push((0..width).map(cell).collect::<rusqlite::Result<Vec<String>>>()?);
    }
    Ok(shown(found))
}

#[test]
fn queries_agree_with_sqlite() {
    let number = |name: &str, default: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let (cases, seed) = (number("PROLLITE_CASES", 20), number("PROLLITE_SEED", 1));
    let (mut agreed, mut refused) = (0, 0);
    for case in seed..seed + cases {
        let mut random = Random(case.wrapping_mul(0x5851_f42d_4c95_7f2d));
        let database = Database::memory().unwrap();
        let mut session = database.session("main").unwrap();
        let sqlite = rusqlite::Connection::open_in_memory().unwrap();
        let mut script = Vec::new();
        for (table, columns, key) in TABLES {
            let columns: Vec<String> = columns.iter().map(|(name, column_type)| format!("{name} {column_type}")).collect();
            let key = if key.is_empty() { String::new() } else { format!(", {key}") };
            script.push(format!("CREATE TABLE {table} ({}{key}) STRICT", columns.join(", ")));
        }
        script.extend(INDEXES.iter().filter(|_| random.chance(50)).map(|index| index.to_string()));
        for (table, columns, key) in TABLES {
            for row in 0..random.below(12) {
                let mut values: Vec<String> = columns.iter().map(|(_, column_type)| literal(&mut random, column_type)).collect();
                if !key.is_empty() {
                    values[0] = row.to_string();
                    if *table == "t1" {
                        values[0] = (row / 3).to_string();
                        values[1] = format!("'{}'", ["a", "b", "B"][row % 3]);
                    }
                }
                script.push(format!("INSERT INTO {table} VALUES ({})", values.join(", ")));
            }
        }
        for statement in &script {
            sqlite.execute_batch(statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
            session.execute(statement, &[]).unwrap_or_else(|error| panic!("{statement}: {error:?}"));
        }
        for _ in 0..30 {
            let sql = Generator { random: &mut random, depth: 0 }.query();
            let Ok(expected) = theirs(&sqlite, &sql) else { continue };
            for pushdown in ["on", "off"] {
                session.execute(&format!("SET prollite_pushdown = {pushdown}"), &[]).unwrap();
                match ours(&mut session, &sql) {
                    Ok(found) if found == expected => agreed += 1,
                    Ok(found) => {
                        let script = script.join(";\n");
                        panic!("case {case}, pushdown {pushdown}\n{script};\n{sql};\nSQLite:   {expected:?}\nProllite: {found:?}")
                    }
                    Err(error) if error.code() == Code::Unsupported => refused += 1,
                    Err(error) => panic!("case {case}, pushdown {pushdown}\n{sql};\n{error:?}"),
                }
            }
        }
    }
    println!("{agreed} answers agree, {refused} refused");
    assert!(agreed > refused * 20);
}
