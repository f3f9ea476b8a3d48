//! A session whose statements are written down, so that a failure can be typed again.

use std::collections::{BTreeMap, BTreeSet};

use prollite::session::{Database, Session};
use prollite::tuple::Value;
use prollite::{Code, Error};

/// SplitMix64.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    pub fn below(&mut self, n: u64) -> u64 { self.next() % n.max(1) }
    pub fn chance(&mut self, n: u64) -> bool { self.below(n) == 0 }
}

/// What a table holds, whatever the order of its columns and rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows { pub columns: BTreeSet<String>, pub rows: Vec<BTreeMap<String, String>> }

pub struct Script { session: Session, log: Vec<String>, pub seed: u64 }

/// What stands on one side only.
pub fn difference(one: &BTreeMap<String, Rows>, other: &BTreeMap<String, Rows>) -> String {
    let mut text = String::new();
    for name in one.keys().chain(other.keys()).collect::<BTreeSet<_>>() {
        let (Some(one), Some(other)) = (one.get(name), other.get(name)) else {
            text += &format!("table {name} stands on one side only\n");
            continue;
        };
        let missing = |from: &Rows, to: &Rows| -> Vec<BTreeMap<String, String>> {
            let count = |rows: &Rows, row: &BTreeMap<String, String>| rows.rows.iter().filter(|other| *other == row).count();
            from.rows.iter().filter(|row| count(from, row) > count(to, row)).cloned().collect()
        };
        if one != other {
            text += &format!("table {name}: columns {:?} {:?}\n", one.columns, other.columns);
            text += &format!("here only {:?}\nthere only {:?}\n", missing(one, other), missing(other, one));
        }
    }
    text
}

impl Script {
    pub fn new(seed: u64) -> Script {
        Script { session: Database::memory().unwrap().session("main").unwrap(), log: Vec::new(), seed }
    }

    #[track_caller]
    pub fn fail(&self, what: &str) -> ! {
        let log: Vec<String> = self.log.iter().map(|sql| sql.chars().take(160).collect()).collect();
        panic!("seed {}: {what}\n{};", self.seed, log.join(";\n"))
    }

    fn execute(&mut self, sql: &str, parameters: &[Value]) -> Result<(Vec<String>, Vec<Vec<Value>>), Error> {
        let outcome = self.session.execute(sql, parameters)?;
        Ok((outcome.columns.iter().map(|column| column.name.to_string()).collect(), outcome.rows))
    }

    /// A statement that may be refused, for a reason that a user's data gives.
    #[track_caller]
    pub fn attempt(&mut self, sql: &str) -> Result<(), Error> {
        self.log.push(sql.to_string());
        let done = self.execute(sql, &[]).map(drop);
        if let Err(error) = &done {
            let fine =
                [Code::Constraint, Code::Type, Code::IntRange, Code::Exists, Code::RowTooLarge, Code::KeyTooLarge, Code::ColumnNotFound];
            // A dropped column took its index with it.
            let fine = fine.contains(&error.code()) || sql.starts_with("DROP INDEX") && error.code() == Code::TableNotFound;
            if !fine {
                self.fail(&format!("{sql}: {error:?}"));
            }
            let refused = format!("-- refused: {}", error.message());
            self.log.push(refused);
        }
        done
    }

    /// A statement that must succeed; its rows as text.
    #[track_caller]
    pub fn run(&mut self, sql: &str) -> Vec<String> {
        self.log.push(sql.to_string());
        match self.execute(sql, &[]) {
            Ok((_, rows)) => rows.iter().map(|row| shown(row).join("|")).collect(),
            Err(error) => self.fail(&format!("{sql}: {error:?}")),
        }
    }

    #[track_caller]
    pub fn run_with(&mut self, sql: &str, parameters: &[Value]) {
        self.log.push(format!("{sql} -- {}", shown(parameters).join(", ")));
        if let Err(error) = self.execute(sql, parameters) {
            self.fail(&format!("{error:?}"));
        }
    }

    /// As [`Script::run`], not written down: a look.
    #[track_caller]
    pub fn look(&mut self, sql: &str) -> Vec<String> {
        let rows = self.run(sql);
        self.log.pop();
        rows
    }

    #[track_caller]
    pub fn values(&mut self, sql: &str) -> (Vec<String>, Vec<Vec<Value>>) {
        match self.execute(sql, &[]) {
            Ok(found) => found,
            Err(error) => self.fail(&format!("{sql}: {error:?}")),
        }
    }

    #[track_caller]
    pub fn rows(&mut self, table: &str) -> Rows {
        let (columns, rows) = self.values(&format!("SELECT * FROM `{table}`"));
        let row = |row: &Vec<Value>| columns.iter().map(|name| name.to_lowercase()).zip(shown(row)).collect();
        let mut rows: Vec<_> = rows.iter().map(row).collect();
        rows.sort();
        Rows { columns: columns.iter().map(|name| name.to_lowercase()).collect(), rows }
    }

    /// All tables with their rows.
    #[track_caller]
    pub fn tables(&mut self) -> BTreeMap<String, Rows> {
        let names = self.look("SHOW TABLES");
        names.into_iter().map(|name| (name.clone(), self.rows(&name))).collect()
    }

    #[track_caller]
    pub fn verify(&mut self) {
        let verdict = self.look("CALL dolt_verify()");
        if verdict != ["1|0|0|0"] {
            let check = self.session.row_check();
            let database = self.session.database().repository();
            let refs = database.all_refs();
            let found = prollite::repo::Verify::new(&database.store, &refs, Some(check)).unwrap().run().unwrap();
            self.fail(&format!("verify answers {verdict:?}: {found:?}"));
        }
    }

    /// Rows written into the same tables of a new database, which checks every constraint and computes every
    /// generated column anew. `Err`: what was refused.
    #[track_caller]
    pub fn copy(&mut self) -> Result<BTreeMap<String, Rows>, String> {
        let mut copy = Script::new(self.seed);
        let mut names = self.look("SHOW TABLES");
        // The parent first.
        names.sort_by_key(|name| !name.starts_with('p'));
        for name in &names {
            let (_, created) = self.values(&format!("SHOW CREATE TABLE `{name}`"));
            let Value::Text(created) = &created[0][1] else { self.fail("SHOW CREATE TABLE") };
            copy.log.push(created.to_string());
            if let Err(error) = copy.session.execute(created, &[]) {
                self.fail(&format!("SHOW CREATE TABLE answers what cannot be run: {error:?}\n{created}"));
            }
            // MySQL's text has no place for partial indexes.
            let sql = format!("SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = '{name}' AND sql LIKE '% WHERE %'");
            for index in self.values(&sql).1 {
                let Value::Text(index) = &index[0] else { self.fail(&sql) };
                if let Err(error) = copy.session.execute(index, &[]) {
                    self.fail(&format!("sqlite_master answers what cannot be run: {error:?}\n{index}"));
                }
            }
            let (columns, rows) = self.values(&format!("SELECT * FROM `{name}`"));
            let kept: Vec<usize> = (0..columns.len()).filter(|at| !columns[*at].starts_with('g')).collect();
            let list: Vec<&str> = kept.iter().map(|at| columns[*at].as_str()).collect();
            let sql = format!("INSERT INTO `{name}` (`{}`) VALUES ({})", list.join("`, `"), vec!["?"; kept.len()].join(", "));
            for row in rows {
                let cells: Vec<Value> = kept.iter().map(|at| row[*at].clone()).collect();
                if let Err(error) = copy.session.execute(&sql, &cells) {
                    return Err(format!("{name} {:?}: {}", shown(&cells), error.message()));
                }
            }
        }
        Ok(names.iter().map(|name| (name.clone(), copy.rows(name))).collect())
    }
}

pub fn shown(row: &[Value]) -> Vec<String> {
    let cell = |value: &Value| match value {
        Value::Null => "NULL".into(),
        Value::Int(int) => int.to_string(),
        Value::Real(real) => real.to_string(),
        Value::Decimal(decimal) => decimal.normalize().to_string(),
        Value::Text(text) if text.len() > 60 => format!("{}…{}", &text[..6], text.len()),
        Value::Text(text) => text.to_string(),
        Value::Blob(bytes) if bytes.len() > 60 => format!("{:02x?}…{}", &bytes[..3], bytes.len()),
        Value::Blob(bytes) => format!("{bytes:02x?}"),
    };
    row.iter().map(cell).collect()
}
