//! Statements about the session itself: transactions, savepoints, settings, and the branch.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::session::{Mode, Run, Savepoint, Session};
use crate::error::{Code, Error, Result};
use crate::repo::{fold, Publication};
use crate::sql::eval::constant;
use crate::sql::execute::transaction_commit;
use crate::sql::parser::Statement;
use crate::sql::procedure::Effect;
use crate::sql::{Context, Outcome};
use crate::tuple::Value;

/// What `@@name` answers before anything is set: what drivers and ORMs of MySQL ask for when they connect.
pub(super) fn variables() -> BTreeMap<String, Value> {
    let texts = [
        ("version", "8.0.33-prollite"),
        ("version_comment", "Prollite"),
        ("sql_mode", "STRICT_TRANS_TABLES"),
        ("tx_isolation", "REPEATABLE-READ"),
        ("transaction_isolation", "REPEATABLE-READ"),
        ("character_set_client", "utf8mb4"),
        ("character_set_connection", "utf8mb4"),
        ("character_set_results", "utf8mb4"),
        ("character_set_server", "utf8mb4"),
        ("collation_connection", "utf8mb4_0900_bin"),
        ("collation_server", "utf8mb4_0900_bin"),
        ("time_zone", "+00:00"),
        ("system_time_zone", "UTC"),
    ];
    let ints = [
        ("autocommit", 1),
        ("foreign_key_checks", 1),
        ("auto_increment_increment", 1),
        ("lower_case_table_names", 2),
        ("max_allowed_packet", 1 << 30),
        ("dolt_allow_commit_conflicts", 1),
        ("dolt_transaction_commit", 0),
        ("prollite_pushdown", 1),
        ("last_insert_id", 0),
    ];
    let texts = texts.into_iter().map(|(name, value)| (name.to_string(), Value::from(value)));
    texts.chain(ints.into_iter().map(|(name, value)| (name.to_string(), Value::Int(value)))).collect()
}

impl Session {
    /// Runs a statement that is about the session. `None`: it is not.
    pub(super) fn control(&mut self, statement: &Statement, run: &Run) -> Result<Option<Outcome>> {
        match statement {
            Statement::Begin => match self.mode {
                Mode::Open => return Err(Error::bad_argument("a transaction is open already; COMMIT or ROLLBACK it first")),
                _ => self.begin(),
            },
            Statement::Commit => self.commit(&self.context(run))?,
            Statement::Rollback => self.rollback(),
            Statement::Savepoint(name) => self.savepoint(name),
            Statement::Release(name) => {
                let at = self.find_savepoint(name)?;
                let depth = self.savepoints[at].depth;
                self.savepoints.truncate(at);
                self.workspace.borrow_mut().fold_to(depth);
            }
            Statement::RollbackTo(name) => {
                let at = self.find_savepoint(name)?;
                self.savepoints.truncate(at + 1);
                let savepoint = &self.savepoints[at];
                let mut workspace = self.workspace.borrow_mut();
                workspace.drop_to(savepoint.depth);
                workspace.push_layer();
                *self.publication.borrow_mut() = savepoint.publication.clone();
            }
            Statement::Set(settings) => {
                for (name, expr) in settings {
                    let value = constant(&self.context(run), expr)?;
                    self.set(name, value, run)?;
                }
            }
            Statement::Use(name) => self.use_database(name)?,
            _ => return Ok(None),
        }
        Ok(Some(Outcome::default()))
    }

    pub(super) fn begin(&mut self) {
        self.mode = Mode::Open;
        self.workspace.borrow_mut().push_layer();
    }

    pub(super) fn commit(&mut self, cx: &Context) -> Result<()> {
        if self.mode == Mode::Open {
            let mut effect = Effect::default();
            self.version_commit(cx, &mut effect)?;
            if self.watch.take_fault() {
                return Err(Error::fault(crate::Address::NONE));
            }
            self.alone |= effect.ends_transaction;
            self.savepoints.clear();
            self.workspace.borrow_mut().fold_to(0);
            self.mode = Mode::Committed;
        }
        Ok(())
    }

    /// `SET @@dolt_transaction_commit = 1`: a SQL transaction that changed something ends with a commit.
    pub(super) fn version_commit(&self, cx: &Context, effect: &mut Effect) -> Result<()> {
        let variables = &self.settings.variables;
        if variables.get("dolt_transaction_commit") != Some(&Value::Int(1)) || !self.workspace.borrow().is_dirty() {
            return Ok(());
        }
        let message = match variables.get("dolt_transaction_commit_message") {
            Some(Value::Text(message)) if !message.is_empty() => message.clone(),
            _ => "Transaction commit".into(),
        };
        transaction_commit(cx, &message, effect)
    }

    pub(super) fn rollback(&mut self) {
        if self.mode == Mode::Open {
            self.workspace.borrow_mut().drop_to(0);
            self.restart();
        }
    }

    /// SQLite's: outside a transaction a savepoint opens one.
    fn savepoint(&mut self, name: &str) {
        if self.mode != Mode::Open {
            self.begin();
        }
        let depth = self.workspace.borrow().depth();
        self.savepoints.push(Savepoint { name: fold(name), depth, publication: self.publication.borrow().clone() });
        self.workspace.borrow_mut().push_layer();
    }

    fn find_savepoint(&self, name: &str) -> Result<usize> {
        let folded = fold(name);
        let at = self.savepoints.iter().rposition(|savepoint| savepoint.name == folded);
        at.ok_or_else(|| Error::bad_argument(format!("no such savepoint: {name}")))
    }

    pub(super) fn autocommits(&self) -> bool {
        self.settings.variables.get("autocommit") != Some(&Value::Int(0))
    }

    fn set(&mut self, name: &str, value: Value, run: &Run) -> Result<()> {
        let name = fold(name);
        if name.ends_with("_head_ref") && name.trim_end_matches("_head_ref") == fold(&self.settings.database) {
            let Value::Text(branch) = value else {
                return Err(Error::bad_argument(format!("{name} takes the name of a branch")));
            };
            let branch = branch.strip_prefix("refs/heads/").unwrap_or(&branch).to_string();
            self.checkout(&branch)?;
            self.base = None;
            return Ok(());
        }
        if let Some(database) = name.strip_suffix("_head_ref").filter(|database| *database != "dolt") {
            return Err(Error::bad_argument(format!("unknown system variable @@{name}: there is no database {database}")));
        }
        let value = match (name.as_str(), value) {
            (
                "autocommit"
                | "foreign_key_checks"
                | "prollite_pushdown"
                | "prollite_text_limits"
                | "dolt_allow_commit_conflicts"
                | "dolt_transaction_commit",
                value,
            ) => Value::Int(switch(&name, &value)?.into()),
            (_, value) => value,
        };
        let turned_on = name == "autocommit" && value == Value::Int(1);
        let settings = Rc::make_mut(&mut self.settings);
        if name == "prollite_pushdown" {
            settings.pushdown = value == Value::Int(1);
        }
        settings.variables.insert(name, value);
        if turned_on {
            // MySQL's: an open transaction ends.
            self.commit(&self.context(run))?;
        }
        Ok(())
    }

    /// `USE db`, `` USE `db/branch` ``.
    fn use_database(&mut self, name: &str) -> Result<()> {
        let database = self.settings.database.clone();
        let (own, revision) = match name.split_once('/') {
            Some((own, revision)) => (own, Some(revision)),
            None => (name, None),
        };
        if !own.eq_ignore_ascii_case(&database) {
            let message = format!("database not found: {own}; this session is on {database}");
            return Err(Error::new(Code::RefNotFound, message));
        }
        let here = self.place.clone();
        match (revision, self.base.clone()) {
            (Some(revision), base) => {
                self.checkout(revision)?;
                self.base = base.or(Some(here));
            }
            (None, Some(base)) => {
                let name = base.branch().or(base.revision()).cloned().unwrap_or_default();
                self.checkout(&name)?;
                self.base = None;
            }
            (None, None) => {}
        }
        Ok(())
    }

    fn checkout(&mut self, name: &str) -> Result<()> {
        let (place, snapshot) = self.before()(self, name)?;
        if self.watch.take_fault() {
            return Err(Error::fault(crate::Address::NONE));
        }
        self.stand(place, snapshot);
        Ok(())
    }

    /// Rolls back all that is not durable and begins anew on what the database knows then: what a driver does that cannot
    /// make a publication durable, or gave up on a statement.
    pub fn abandon(&mut self) {
        self.workspace.borrow_mut().drop_to(0);
        if let Some(place) = self.group.take() {
            let settings = Rc::make_mut(&mut self.settings);
            settings.branch = place.branch().cloned();
            settings.revision = place.revision().cloned();
            self.place = place;
        }
        self.replace_workspace(self.snapshot.root.clone());
        *self.publication.borrow_mut() = Publication::default();
        self.restart();
        // The next statement loads what is there now.
        self.seen = u64::MAX;
    }
}

/// ON and OFF in the spellings of SQLite and MySQL.
fn switch(name: &str, value: &Value) -> Result<bool> {
    match value {
        Value::Int(int) => Ok(*int != 0),
        Value::Text(text) if ["on", "true", "yes", "1"].contains(&fold(text).as_str()) => Ok(true),
        Value::Text(text) if ["off", "false", "no", "0"].contains(&fold(text).as_str()) => Ok(false),
        _ => Err(Error::bad_argument(format!("{name} takes ON or OFF"))),
    }
}
