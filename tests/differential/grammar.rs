//! Random statements: expressions from `grammar.txt`, the clauses of a query here, where names come into sight.

use std::collections::HashMap;

use super::random::Random;
use super::schema::{literal, Table};

type Alternative = (usize, Vec<Part>);

enum Part { Text(String), Rule(String) }

pub struct Grammar { rules: HashMap<String, Vec<Alternative>> }

impl Grammar {
    pub fn read(text: &str) -> Grammar {
        let mut rules: HashMap<String, Vec<Alternative>> = HashMap::new();
        let mut name = String::new();
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            match line.strip_suffix(':').filter(|line| !line.contains(' ')) {
                Some(rule) => name = rule.to_string(),
                None => {
                    let (weight, body) = line.split_once(' ').unwrap();
                    rules.entry(name.clone()).or_default().push((weight.parse().unwrap(), parts(body)));
                }
            }
        }
        Grammar { rules }
    }
}

fn parts(body: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = if body == "." { "" } else { body };
    while let Some(open) = rest.find('<') {
        // `<` is an operator where no rule's name follows.
        let name = rest[open + 1..].find('>').map(|close| &rest[open + 1..open + 1 + close]);
        match name.filter(|name| !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')) {
            Some(name) => {
                parts.push(Part::Text(rest[..open].to_string()));
                parts.push(Part::Rule(name.to_string()));
                rest = &rest[open + name.len() + 2..];
            }
            None => {
                parts.push(Part::Text(rest[..=open].to_string()));
                rest = &rest[open + 1..];
            }
        }
    }
    parts.push(Part::Text(rest.to_string()));
    parts
}

/// A column in sight.
#[derive(Clone)]
struct Name { text: String, class: &'static str, nocase: bool }

pub struct Generator<'r> {
    pub grammar: &'r Grammar,
    pub random: &'r mut Random,
    pub tables: &'r [Table],
    /// Columns of the queries around this place, innermost last.
    scopes: Vec<Vec<Name>>,
    depth: usize,
    /// In a query whose rows go on into another: there, which of 3 and 3.0 stays would be seen.
    keeps_all: bool,
    deepest: usize,
    aliases: usize,
}

/// How deep expressions nest; `PROLLITE_DEPTH=1` makes differences easy to read.
fn deepest() -> usize { super::number("PROLLITE_DEPTH", 4) as usize }

const JSONS: &[&str] = &[
    r#"'{"a":1,"b":[1,2.50,"x",null],"c":{"d":"e"}}'"#,
    r#"'[1,[2,3],{"a":"b\u00e4\n"},true]'"#,
    "'{}'",
    "'[]'",
    "'null'",
    "'12'",
    r#"'"text"'"#,
    "NULL",
    r#"' { "a" : [ 1 , { "b" : 2 } ] } '"#,
    r#"'{"a":{"b":{"c":null}},"a b":3}'"#,
];
const PATHS: &[&str] = &["'$'", "'$.a'", "'$.b[1]'", "'$.b[#-1]'", "'$.b[#]'", "'$[0]'", "'$[1][0]'", "'$.a.b'", "'$.c.d'", "'$.\"a b\"'", "'$.x.y'", "NULL"];
const DATES: &[&str] = &[
    "'2024-02-29'", "'2023-12-31 23:59:59.999'", "'2024-01-31T10:20:30Z'", "'2000-01-01 12:00:00+02:30'", "'10:20'", "'23:59:59.5'",
    "'2023-02-31'", "'0001-01-01'", "'9999-12-31'", "2451545", "2460000.75", "1700000000", "'1970-01-01 00:00'", "'nonsense'", "NULL", "'2024-13-01'",
    "'2024-03-10 24:00'", "0", "-1.5", "'-0044-03-15'", "'2019-12-30'", "'2021-01-03'",
];

impl<'r> Generator<'r> {
    pub fn new(grammar: &'r Grammar, random: &'r mut Random, tables: &'r [Table]) -> Self {
        Generator { grammar, random, tables, scopes: Vec::new(), depth: 0, keeps_all: false, deepest: deepest(), aliases: 0 }
    }

    pub fn rule(&mut self, name: &str) -> String {
        match name {
            "column" => return self.column(|_| true),
            "number-column" => return self.column(|class| matches!(class, "INTEGER" | "REAL")),
            "text-column" => return self.column(|class| class == "TEXT"),
            "int" => return literal(self.random, "INTEGER"),
            "real" => return literal(self.random, "REAL"),
            "text" => return literal(self.random, "TEXT"),
            "blob" => return literal(self.random, "BLOB"),
            "json" => return self.random.pick(JSONS).to_string(),
            "path" => return self.random.pick(PATHS).to_string(),
            "date" => return self.random.pick(DATES).to_string(),
            "rows" => return self.inner("value"),
            "one" => return format!("({})", self.inner("aggregate")),
            "every" => {
                // A total order: where NOCASE makes texts equal, or 2 is 2.0, it is open which comes first.
                let key = |name: &Name| match (name.nocase, name.class) {
                    (_, "" | "ANY") => format!("{0} COLLATE BINARY, typeof({0})", name.text),
                    (true, _) => format!("{} COLLATE BINARY", name.text),
                    _ => name.text.clone(),
                };
                let names: Vec<String> = self.scopes.last().into_iter().flatten().map(key).collect();
                return if names.is_empty() { "1".to_string() } else { names.join(", ") };
            }
            _ => {}
        }
        let grammar = self.grammar;
        let alternatives = grammar.rules.get(name).unwrap_or_else(|| panic!("grammar.txt has no rule {name}"));
        let total: usize = alternatives.iter().map(|(weight, _)| weight).sum();
        let mut at = if self.depth >= self.deepest { 0 } else { self.random.below(total) };
        let (_, parts) = alternatives
            .iter()
            .find(|(weight, _)| {
                let found = at < *weight;
                at = at.saturating_sub(*weight);
                found
            })
            .unwrap();
        self.depth += 1;
        let mut out = String::new();
        for part in parts {
            match part {
                Part::Text(text) => out += text,
                Part::Rule(rule) => out += &self.rule(rule),
            }
        }
        self.depth -= 1;
        out
    }

    /// Mostly of the innermost query.
    fn column(&mut self, wanted: impl Fn(&str) -> bool) -> String {
        for level in (0..self.scopes.len()).rev() {
            let names: Vec<String> = self.scopes[level].iter().filter(|name| wanted(name.class)).map(|name| name.text.clone()).collect();
            if !names.is_empty() && (level == 0 || self.random.chance(75)) {
                return names[self.random.below(names.len())].clone();
            }
        }
        literal(self.random, "INTEGER")
    }

    fn alias(&mut self) -> String {
        self.aliases += 1;
        format!("u{}", self.aliases)
    }

    /// A table with an alias, and its columns.
    fn table(&mut self) -> (String, Vec<Name>) {
        let tables = self.tables;
        let table = &tables[self.random.below(tables.len())];
        let alias = self.alias();
        let names = table.columns.iter().map(|column| Name { text: format!("{alias}.{}", column.name), class: column.class, nocase: column.nocase });
        (format!("{} AS {alias}", table.name), names.collect())
    }

    /// A query of one column over one table, inside an expression.
    fn inner(&mut self, list: &str) -> String {
        let (table, names) = self.table();
        self.scopes.push(names);
        self.depth += 1;
        // An aggregate of outer columns only is the outer query's, which then answers from any of its rows.
        let around = if list == "aggregate" { self.scopes.drain(..self.scopes.len() - 1).collect() } else { Vec::new() };
        let list = self.rule(list);
        self.scopes.splice(..0, around);
        let text = format!("SELECT {list} FROM {table} WHERE {}", self.rule("truth"));
        self.depth -= 1;
        self.scopes.pop();
        text
    }

    /// A table, or a query in FROM.
    fn source(&mut self) -> (String, Vec<Name>) {
        if self.random.chance(85) {
            return self.table();
        }
        let (table, names) = self.table();
        self.scopes.push(names);
        let (a, b, filter) = (self.rule("value"), self.rule("value"), self.rule("truth"));
        self.scopes.pop();
        let alias = self.alias();
        let names = ["x", "y"].map(|name| Name { text: format!("{alias}.{name}"), class: "", nocase: true });
        (format!("(SELECT {a} AS x, {b} AS y FROM {table} WHERE {filter}) AS {alias}"), names.to_vec())
    }

    fn from(&mut self) -> String {
        let (mut from, names) = self.source();
        self.scopes.push(names);
        for _ in 0..[0, 0, 1, 1, 2][self.random.below(5)] {
            let before = self.scopes.pop().unwrap();
            let (table, names) = self.source();
            self.scopes.push(before.clone());
            let own = names.clone();
            self.scopes.last_mut().unwrap().extend(names);
            let join = self.random.pick(&[", ", " CROSS JOIN ", " JOIN ", " LEFT JOIN ", " JOIN ", " LEFT JOIN ", " RIGHT JOIN ", " FULL JOIN "]);
            from += &format!("{join}{table}");
            if join.contains("JOIN") && !join.contains("CROSS") {
                let pick = |random: &mut Random, names: &[Name]| names[random.below(names.len())].text.clone();
                let on = if self.random.chance(70) {
                    format!("{} = {}", pick(self.random, &before), pick(self.random, &own))
                } else {
                    self.rule("truth")
                };
                from += &format!(" ON {on}");
            }
        }
        from
    }

    fn filter(&mut self) -> String { if self.random.chance(70) { format!(" WHERE {}", self.rule("truth")) } else { String::new() } }

    /// SELECT … FROM … without ORDER BY, of so many columns.
    fn select(&mut self, count: usize) -> String {
        let from = self.from();
        let filter = self.filter();
        // Whose affinity a column of a compound has is open (datatype3.html, 3.3.1): none has one.
        let sign = if self.keeps_all { "+" } else { "" };
        let text = match if self.keeps_all { 4 + self.random.below(6) } else { self.random.below(10) } {
            0 | 1 => {
                let list: Vec<String> = (0..count).map(|_| self.rule("aggregate")).collect();
                format!("SELECT {} FROM {from}{filter}", list.join(", "))
            }
            2 | 3 => {
                let keys: Vec<String> = (0..1 + self.random.below(2)).map(|_| self.key()).collect();
                let list: Vec<String> = (0..count)
                    .map(|at| if at < keys.len() && self.random.chance(60) { keys[at].clone() } else { self.rule("aggregate") })
                    .collect();
                let having = if self.random.chance(30) { format!(" HAVING {} > 1", self.rule("aggregate")) } else { String::new() };
                let group: Vec<String> = keys.iter().map(|key| format!("({key})")).collect();
                format!("SELECT {} FROM {from}{filter} GROUP BY {}{having}", list.join(", "), group.join(", "))
            }
            4 => {
                let kinds: Vec<&str> = (0..count).map(|_| self.random.pick(&["window", "value"])).collect();
                let list: Vec<String> = kinds.into_iter().map(|kind| format!("{sign}{}", self.rule(kind))).collect();
                format!("SELECT {} FROM {from}{filter}", list.join(", "))
            }
            _ => {
                let list: Vec<String> = (0..count).map(|_| format!("{sign}{}", self.rule("value"))).collect();
                let distinct = if self.keeps_all { "" } else { self.random.pick(&["", "", "", "DISTINCT "]) };
                format!("SELECT {distinct}{} FROM {from}{filter}", list.join(", "))
            }
        };
        self.scopes.pop();
        text
    }

    /// A key of GROUP BY. SQLite's parser makes 0 of `7 IS NULL`, and of what stands beside it in AND, and takes it for a
    /// column's number: no such constants here, but plain numbers.
    fn key(&mut self) -> String {
        loop {
            let key = self.rule("value");
            let column = key.match_indices('.').any(|(at, _)| {
                let alias = key[..at].trim_end_matches(|c: char| c.is_ascii_digit());
                alias.len() < at && alias.ends_with('u')
            });
            let folds = key.starts_with('(') && key.contains(" AND ");
            if column && !folds || key.parse::<i64>().is_ok() {
                return key;
            }
        }
    }

    fn compound(&mut self, count: usize) -> String {
        let mut text = self.select(count);
        while self.random.chance(20) {
            let op = if self.keeps_all { "UNION ALL" } else { self.random.pick(&["UNION", "UNION ALL", "INTERSECT", "EXCEPT"]) };
            text += &format!(" {op} {}", self.select(count));
        }
        text
    }

    pub fn query(&mut self) -> String {
        let count = 1 + self.random.below(3);
        match self.random.below(20) {
            0 => {
                self.keeps_all = true;
                let body = self.compound(2);
                self.keeps_all = false;
                let names = [Name { text: "w.x".into(), class: "", nocase: true }, Name { text: "w.y".into(), class: "", nocase: true }];
                self.scopes.push(names.to_vec());
                let (list, filter) = (self.rule("value"), self.filter());
                self.scopes.pop();
                format!("WITH w(x, y) AS ({body}) SELECT {list}, x FROM w{filter}")
            }
            1 => {
                let start = self.rule("small");
                let op = self.random.pick(&["UNION", "UNION ALL"]);
                let (table, names) = self.table();
                self.scopes.push([names, vec![Name { text: "r.n".into(), class: "INTEGER", nocase: false }]].concat());
                let (list, on) = (self.rule("value"), self.rule("truth"));
                self.scopes.pop();
                format!("WITH RECURSIVE r(n) AS (SELECT {start} {op} SELECT n + 1 FROM r WHERE n < 5) SELECT {list}, r.n FROM r LEFT JOIN {table} ON {on}")
            }
            2 => {
                let rows: Vec<String> = (0..1 + self.random.below(3)).map(|_| format!("({}, {})", self.rule("value"), self.rule("value"))).collect();
                format!("VALUES {}", rows.join(", "))
            }
            3 => format!("SELECT key, value, type, atom, fullkey, path FROM {}({}, '$')", self.random.pick(&["json_each", "json_tree"]), self.rule("json")),
            4..=9 => {
                let body = self.compound(count);
                let keys: Vec<String> = (1..=count)
                    .map(|at| format!("{at}{}{}", self.random.pick(&["", " DESC", " ASC"]), self.random.pick(&["", "", " NULLS FIRST", " NULLS LAST"])))
                    .collect();
                let limit = match self.random.below(4) {
                    0 => format!(" LIMIT {}", self.random.below(6)),
                    1 => format!(" LIMIT {} OFFSET {}", self.random.below(6), self.random.below(4)),
                    _ => String::new(),
                };
                format!("{body} ORDER BY {}{limit}", keys.join(", "))
            }
            _ => self.compound(count),
        }
    }

    /// A statement that changes a table, and the table's name.
    pub fn change(&mut self) -> (String, String) {
        let tables = self.tables;
        let table = &tables[self.random.below(tables.len())];
        let name = &table.name;
        let own = |qualified: bool| {
            let column = |column: &super::schema::Column| {
                let text = if qualified { format!("{name}.{}", column.name) } else { column.name.clone() };
                Name { text, class: column.class, nocase: column.nocase }
            };
            table.columns.iter().map(column).collect::<Vec<Name>>()
        };
        let set = |generator: &mut Self| {
            let column = &table.columns[generator.random.below(table.columns.len())];
            // SQLite asks a subquery when a row first needs it: of the table itself, it may see rows that have changed.
            let own = format!("FROM {name} ");
            let value = loop {
                let value = generator.rule("value");
                if !value.contains(&own) {
                    break value;
                }
            };
            let value = if column.class == "ANY" { value } else { format!("CAST({value} AS {})", column.class) };
            format!("{} = {value}", column.name)
        };
        let sql = match self.random.below(8) {
            0 => format!("INSERT INTO {name} VALUES {}, {}", table.row(self.random), table.row(self.random)),
            1 => format!("INSERT OR IGNORE INTO {name} VALUES {}, {}", table.row(self.random), table.row(self.random)),
            2 => format!("INSERT OR REPLACE INTO {name} VALUES {}", table.row(self.random)),
            3 if !table.key.is_empty() => {
                let key: Vec<&str> = table.key.iter().map(|at| &*table.columns[*at].name).collect();
                let row = table.row(self.random);
                self.scopes.push(own(true));
                let set = set(self);
                self.scopes.pop();
                format!("INSERT INTO {name} VALUES {row} ON CONFLICT ({}) DO UPDATE SET {set}", key.join(", "))
            }
            4 | 5 => {
                self.scopes.push(own(false));
                let (set, filter) = (set(self), self.rule("truth"));
                self.scopes.pop();
                format!("UPDATE {name} SET {set} WHERE {filter}")
            }
            6 => {
                self.scopes.push(own(false));
                let filter = self.rule("truth");
                self.scopes.pop();
                format!("DELETE FROM {name} WHERE {filter}")
            }
            _ => format!("INSERT INTO {name} SELECT * FROM {name} WHERE false UNION ALL VALUES {}", table.row(self.random)),
        };
        (sql, name.clone())
    }
}
