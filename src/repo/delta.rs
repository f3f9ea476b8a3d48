//! What differs between two roots, table by table, paired by table id: a rename is a rename.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Root, Table, TableId, View};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeltaKind { Added, Dropped, Modified, Renamed }

#[derive(Clone, Debug)]
pub struct TableDelta { pub id: TableId, pub from: Option<Rc<Table>>, pub to: Option<Rc<Table>> }

impl TableDelta {
    /// Its name after the change, or before it when it is dropped.
    pub fn name(&self) -> &str {
        let table = self.to.as_ref().or(self.from.as_ref());
        table.map_or("", |table| &table.schema.name)
    }

    /// A rename that changes rows or schema as well is `Renamed`.
    pub fn kind(&self) -> DeltaKind {
        match (&self.from, &self.to) {
            (None, _) => DeltaKind::Added,
            (_, None) => DeltaKind::Dropped,
            (Some(from), Some(to)) if !from.schema.name.eq_ignore_ascii_case(&to.schema.name) => DeltaKind::Renamed,
            _ => DeltaKind::Modified,
        }
    }

    pub fn schema_changed(&self) -> bool {
        match (&self.from, &self.to) {
            (Some(from), Some(to)) => from.schema != to.schema,
            _ => true,
        }
    }

    pub fn rows_changed(&self) -> bool {
        let rows = |table: &Option<Rc<Table>>| table.as_ref().map_or(Default::default(), |table| table.rows);
        rows(&self.from) != rows(&self.to)
    }
}

/// In order of [`TableDelta::name`].
pub fn diff_roots(from: &Root, to: &Root) -> Vec<TableDelta> {
    let by_id = |root: &Root| -> BTreeMap<TableId, Rc<Table>> {
        root.tables.values().map(|table| (table.schema.id, table.clone())).collect()
    };
    let (old, mut new) = (by_id(from), by_id(to));
    let mut deltas: Vec<TableDelta> = Vec::new();
    for (id, table) in old {
        let to = new.remove(&id);
        if to.as_deref() != Some(&*table) {
            deltas.push(TableDelta { id, from: Some(table), to });
        }
    }
    deltas.extend(new.into_iter().map(|(id, table)| TableDelta { id, from: None, to: Some(table) }));
    crate::sort::sort_by_key(&mut deltas, |delta| (super::fold(delta.name()), delta.id));
    deltas
}

/// Views that differ: name, before, after.
pub type ViewDelta = (String, Option<Rc<View>>, Option<Rc<View>>);

pub fn diff_views(from: &Root, to: &Root) -> Vec<ViewDelta> {
    let mut names: Vec<&String> = from.views.keys().chain(to.views.keys()).collect();
    names.sort();
    names.dedup();
    let deltas = names.into_iter().map(|name| (name.clone(), from.views.get(name).cloned(), to.views.get(name).cloned()));
    deltas.filter(|(_, from, to)| from != to).collect()
}
