//! The database as one revision shows it.

use std::rc::Rc;

use crate::chunk::ChunkStore;
use crate::error::{Code, Error, Result};
use crate::hash::Address;
use crate::repo::{fold, merge_base, Commit, Refs, Revision, Root, Table, TableEntry, TableId};
use crate::sql::Context;
use crate::tuple::{datetime_text, Value};

/// Tables are opened when they are asked for; of a commit only the root's own chunk is read.
#[derive(Clone)]
pub struct Snapshot {
    tables: Tables,
    /// `None` for WORKING, STAGED and the empty database.
    pub commit: Option<Address>,
    /// What `to_commit` and `from_commit` show.
    pub label: Rc<str>,
    pub date: Value,
}

#[derive(Clone)]
enum Tables { Whole(Rc<Root>), Entries(Rc<[TableEntry]>) }

impl Snapshot {
    /// A database without tables: what the first commit differs from.
    pub fn empty() -> Self {
        Snapshot { tables: Tables::Entries([].into()), commit: None, label: "".into(), date: Value::Null }
    }

    /// Labelled as the user named it.
    pub fn resolve(cx: &Context, spec: &str) -> Result<Self> {
        let mut snapshot = match cx.revision(spec)? {
            Revision::Working(branch) if cx.settings.branch.as_deref() == Some(&*branch) => Snapshot::working(cx)?,
            Revision::Working(branch) => {
                let address = cx.working_set(&*cx.store, &branch)?.working;
                Snapshot::of_root(cx, &address, "WORKING")?
            }
            Revision::Staged(branch) => {
                let address = cx.working_set(&*cx.store, &branch)?.staged;
                Snapshot::of_root(cx, &address, "STAGED")?
            }
            Revision::Branch { commit, .. } | Revision::Commit(commit) => Snapshot::of_commit(cx, commit)?,
        };
        snapshot.label = spec.into();
        Ok(snapshot)
    }

    /// The session's tables, pending edits included.
    pub fn working(cx: &Context) -> Result<Self> {
        let root = Rc::new(cx.working_root()?);
        Ok(Snapshot { tables: Tables::Whole(root), commit: None, label: "WORKING".into(), date: Value::Null })
    }

    pub fn staged(cx: &Context) -> Result<Self> {
        let working_set = cx.working_set(&*cx.store, cx.branch()?)?;
        Snapshot::of_root(cx, &working_set.staged, "STAGED")
    }

    pub fn of_root(cx: &Context, root: &Address, label: &str) -> Result<Self> {
        let (entries, _) = Root::read_entries(&*cx.store, root)?;
        Ok(Snapshot { tables: Tables::Entries(entries.into()), commit: None, label: label.into(), date: Value::Null })
    }

    pub fn of_commit(cx: &Context, address: Address) -> Result<Self> {
        Snapshot::of(cx, address, &Commit::read(&*cx.store, &address)?)
    }

    pub fn of(cx: &Context, address: Address, commit: &Commit) -> Result<Self> {
        let mut snapshot = Snapshot::of_root(cx, &commit.root, &address.to_string())?;
        snapshot.commit = Some(address);
        snapshot.date = date_value(commit.committer.date_ms);
        Ok(snapshot)
    }

    pub fn table(&self, store: &dyn ChunkStore, name: &str) -> Result<Option<Rc<Table>>> {
        match &self.tables {
            Tables::Whole(root) => Ok(root.table(name).cloned()),
            Tables::Entries(entries) => {
                let name = fold(name);
                entries.iter().find(|entry| entry.name == name).map(|entry| entry.open(store).map(Rc::new)).transpose()
            }
        }
    }

    pub fn table_by_id(&self, store: &dyn ChunkStore, id: TableId) -> Result<Option<Rc<Table>>> {
        match &self.tables {
            Tables::Whole(root) => Ok(root.table_by_id(id).cloned()),
            Tables::Entries(entries) => {
                entries.iter().find(|entry| entry.id == id).map(|entry| entry.open(store).map(Rc::new)).transpose()
            }
        }
    }

    /// The root's line about a table; `None` as well for tables that are at hand whole.
    pub fn entry(&self, name: &str) -> Option<&TableEntry> {
        match &self.tables {
            Tables::Whole(_) => None,
            Tables::Entries(entries) => entries.iter().find(|entry| entry.name == name),
        }
    }

    pub fn entries(&self) -> &[TableEntry] {
        match &self.tables {
            Tables::Whole(_) => &[],
            Tables::Entries(entries) => entries,
        }
    }

    /// The same table in two snapshots: by name in `to`, else in `from`; its other side by id, then by name.
    pub fn pair(
        store: &dyn ChunkStore,
        from: &Snapshot,
        to: &Snapshot,
        name: &str,
    ) -> Result<(Option<Rc<Table>>, Option<Rc<Table>>)> {
        if let Some(new) = to.table(store, name)? {
            let old = match from.table_by_id(store, new.schema.id)? {
                Some(old) => Some(old),
                None => from.table(store, name)?,
            };
            return Ok((old, Some(new)));
        }
        let Some(old) = from.table(store, name)? else { return Ok((None, None)) };
        let new = to.table_by_id(store, old.schema.id)?;
        Ok((Some(old), new))
    }

    /// Both sides of a table, or `table not found`.
    pub fn pair_or_missing(
        store: &dyn ChunkStore,
        from: &Snapshot,
        to: &Snapshot,
        name: &str,
    ) -> Result<(Option<Rc<Table>>, Option<Rc<Table>>)> {
        match Snapshot::pair(store, from, to, name)? {
            (None, None) => Err(Error::new(Code::TableNotFound, format!("table not found: {name}"))),
            pair => Ok(pair),
        }
    }
}

/// A moment as a DATETIME.
pub fn date_value(date_ms: i64) -> Value { datetime_text(date_ms.saturating_mul(1000)).map_or(Value::Null, Value::from) }

/// The merge base of two revisions.
pub fn merge_base_of(cx: &Context, a: &str, b: &str) -> Result<Address> {
    let (left, right) = (cx.commit_of(a)?, cx.commit_of(b)?);
    merge_base(&cx.store, &left, &right)?
        .ok_or_else(|| Error::new(Code::RefNotFound, format!("no common ancestor of {a} and {b}")))
}
