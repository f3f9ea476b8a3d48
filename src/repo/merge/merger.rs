//! The merge of two roots from their base, table by table.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use super::super::working_set::SchemaConflict;
use super::super::row_diff::same_key_form;
use super::super::{fold, KeyPart, Root, RowDiff, Schema, Table, TableId};
use super::constraints::{ConstraintCheck, Violations};
use super::indexes::{same_index, IndexMerge};
use super::rewrite::Rewrite;
use super::rows::RowMerge;
use super::schemas::merge_schemas;
use super::{Driver, Drivers, RowCheck};
use crate::chunk::{ChunkStore, Store};
use crate::error::{Code, Error, Result};
use crate::hash::Address;
use crate::prolly::{KeyRange, Map};
use crate::tuple::same_cell;

/// What merging did to ours, in rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TableStats { pub added: u64, pub modified: u64, pub deleted: u64, pub conflicts: u64 }

#[derive(Clone, Debug)]
pub struct MergeResult {
    /// Merged tables; where rows conflict, ours stand in it.
    pub root: Root,
    /// By folded table name: row key to `Conflict`.
    pub conflicts: BTreeMap<String, Map>,
    pub schema_conflicts: Vec<SchemaConflict>,
    /// By folded table name: `Violation`s.
    pub violations: BTreeMap<String, Map>,
    /// Of tables that were merged row by row, by folded name.
    pub stats: BTreeMap<String, TableStats>,
}

/// A merge under way. [`Merger::run`] may answer a fault: call it again, it goes on where it was.
pub struct Merger {
    store: Store,
    check: Rc<dyn RowCheck>,
    base: Root,
    ours: Root,
    theirs: Root,
    todo: VecDeque<Versions>,
    current: Option<TableMerge>,
    result: MergeResult,
    checks: Option<VecDeque<ConstraintCheck>>,
    violations: Violations,
    drivers: Option<Drivers>,
}

/// One table, by id.
#[derive(Clone)]
struct Versions { base: Option<Rc<Table>>, ours: Option<Rc<Table>>, theirs: Option<Rc<Table>> }

impl Merger {
    pub fn new(store: &Store, base: &Root, ours: Root, theirs: Root, check: Rc<dyn RowCheck>) -> Self {
        let mut ids: BTreeMap<TableId, Versions> = BTreeMap::new();
        let none = Versions { base: None, ours: None, theirs: None };
        for table in base.tables.values() {
            ids.entry(table.schema.id).or_insert(none.clone()).base = Some(table.clone());
        }
        for table in ours.tables.values() {
            ids.entry(table.schema.id).or_insert(none.clone()).ours = Some(table.clone());
        }
        for table in theirs.tables.values() {
            ids.entry(table.schema.id).or_insert(none.clone()).theirs = Some(table.clone());
        }
        let mut result = MergeResult {
            root: Root::default(),
            conflicts: BTreeMap::new(),
            schema_conflicts: Vec::new(),
            violations: BTreeMap::new(),
            stats: BTreeMap::new(),
        };
        merge_views(base, &ours, &theirs, &mut result);
        Merger {
            store: store.clone(),
            check,
            base: base.clone(),
            ours,
            theirs,
            todo: ids.into_values().collect(),
            current: None,
            result,
            checks: None,
            violations: Violations::default(),
            drivers: None,
        }
    }

    pub fn run(&mut self) -> Result<MergeResult> {
        loop {
            if let Some(current) = &mut self.current {
                let merged = match current.run() {
                    Err(error) if error.code() == Code::Type => {
                        let versions = current.versions.clone();
                        let text = format!("values of one side do not fit the other side's type: {}", error.message());
                        self.refuse(&versions, text)?;
                        self.current = None;
                        continue;
                    }
                    merged => merged?,
                };
                let name = fold(&merged.table.schema.name);
                if !merged.conflicts.is_empty() {
                    self.result.conflicts.insert(name.clone(), merged.conflicts);
                }
                self.result.stats.insert(name, merged.stats);
                let ours = current.versions.ours.clone();
                self.place(Rc::new(merged.table), ours)?;
                self.current = None;
            }
            let Some(versions) = self.todo.front().cloned() else { break };
            self.start(versions)?;
            self.todo.pop_front();
        }
        if self.checks.is_none() {
            self.checks = Some(self.plan_checks()?);
        }
        while let Some(check) = self.checks.as_mut().and_then(VecDeque::front_mut) {
            check.run(&self.result.root, &mut self.violations)?;
            self.checks.as_mut().map(VecDeque::pop_front);
        }
        let mut result = self.result.clone();
        result.violations = self.violations.finish(&self.store)?;
        Ok(result)
    }

    /// Takes a whole table where only one side changed it, else begins to merge it.
    fn start(&mut self, versions: Versions) -> Result<()> {
        let Versions { base, ours, theirs } = &versions;
        let taken = if ours == theirs || base == theirs {
            Some(ours)
        } else if base == ours {
            Some(theirs)
        } else {
            None
        };
        if let Some(taken) = taken {
            return match taken.clone() {
                Some(table) => self.place(table, ours.clone()),
                None => Ok(()),
            };
        }
        let (Some(our_table), Some(their_table)) = (ours, theirs) else {
            let table = ours.as_ref().or(theirs.as_ref()).map(|table| table.schema.name.clone()).unwrap_or_default();
            let description = format!("table {table} was dropped on one side and changed on the other");
            return self.refuse(&versions, description);
        };
        if base.as_ref().is_some_and(|base| !same_keys(&base.schema, &our_table.schema, &their_table.schema)) {
            let message = format!("cannot merge because table {} has different primary keys", our_table.schema.name);
            return Err(Error::new(Code::MergeConflict, message));
        }
        let schema = merge_schemas(base.as_ref().map(|base| &*base.schema), &our_table.schema, &their_table.schema);
        let schema = match schema {
            Ok(schema) => Rc::new(schema),
            Err(description) => return self.refuse(&versions, description),
        };
        if let Some(reason) = self.check.broken_expression(&schema)? {
            let description = format!("table {}: an expression of one side does not fit the other: {reason}", schema.name);
            return self.refuse(&versions, description);
        }
        let drivers = match &self.drivers {
            Some(drivers) => drivers,
            None => self.drivers.insert(Drivers::merge(&self.store, &self.base, &self.ours, &self.theirs)?),
        };
        let drivers = drivers.of_columns(&schema)?;
        self.current = match TableMerge::new(&self.store, &self.check, versions.clone(), schema, drivers)? {
            Ok(merge) => Some(merge),
            Err(description) => return self.refuse(&versions, description),
        };
        Ok(())
    }

    /// Ours stays, and the conflict is noted.
    fn refuse(&mut self, versions: &Versions, description: String) -> Result<()> {
        note_conflict(&*self.store, &mut self.result, versions, description)?;
        match &versions.ours {
            Some(ours) => self.place(ours.clone(), Some(ours.clone())),
            None => Ok(()),
        }
    }

    /// Puts a table under its name. A name that ours keeps for another table is a conflict: then the table stands as
    /// ours has it, if ours has it.
    fn place(&mut self, table: Rc<Table>, ours: Option<Rc<Table>>) -> Result<()> {
        let name = fold(&table.schema.name);
        let holder = self.ours.tables.get(&name).filter(|holder| holder.schema.id != table.schema.id).cloned();
        let Some(holder) = holder.filter(|holder| self.keeps_its_name(holder)) else {
            self.result.root.tables.insert(name, table);
            return Ok(());
        };
        let description = format!("both sides have a table {}, and they are not the same one", table.schema.name);
        let versions = Versions { base: None, ours: Some(holder), theirs: Some(table) };
        note_conflict(&*self.store, &mut self.result, &versions, description)?;
        if let Some(ours) = ours {
            self.result.root.tables.insert(fold(&ours.schema.name), ours);
        }
        Ok(())
    }

    /// Whether a table of ours is still there, under the name that ours has for it, when the merge is done.
    fn keeps_its_name(&self, ours: &Rc<Table>) -> bool {
        let same_name = |a: &Table, b: &Table| fold(&a.schema.name) == fold(&b.schema.name);
        match (self.base.table_by_id(ours.schema.id), self.theirs.table_by_id(ours.schema.id)) {
            (None, _) => true,
            (Some(base), None) => base != ours,
            (Some(base), Some(theirs)) => same_name(base, theirs) || !same_name(base, ours),
        }
    }

    /// Every table that differs from either side, against that side; and parents that are gone.
    fn plan_checks(&self) -> Result<VecDeque<ConstraintCheck>> {
        let mut checks = VecDeque::new();
        let mut ids: BTreeSet<TableId> = BTreeSet::new();
        for root in [&self.ours, &self.theirs, &self.result.root] {
            ids.extend(root.tables.values().map(|table| table.schema.id));
        }
        for id in ids {
            let merged = self.result.root.table_by_id(id);
            for side in [self.ours.table_by_id(id), self.theirs.table_by_id(id)] {
                // One side's own table as a whole: it kept its own constraints, but for what it refers to.
                if side != merged {
                    checks.push_back(ConstraintCheck::new(&self.store, self.check.clone(), &self.result.root, side, merged)?);
                }
            }
        }
        Ok(checks)
    }
}

/// Whether both sides' rows can be told apart by one key: its columns are the same, and a type at most widens.
fn same_keys(base: &Schema, ours: &Schema, theirs: &Schema) -> bool {
    let widens = |side: &Schema, part: &KeyPart| {
        let id = side.columns[part.column].id;
        let before = base.columns.iter().find(|column| column.id == id);
        before.is_none_or(|before| before.column_type.widens_to(&side.columns[part.column].column_type))
    };
    same_key_form(ours, theirs) && [ours, theirs].iter().all(|side| side.primary_key.iter().all(|part| widens(side, part)))
}

fn note_conflict(store: &dyn ChunkStore, result: &mut MergeResult, versions: &Versions, description: String) -> Result<()> {
    let schema = |table: &Option<Rc<Table>>| -> Result<Option<Address>> {
        table.as_ref().map(|table| table.schema.write(store)).transpose()
    };
    let named = versions.ours.as_ref().or(versions.theirs.as_ref());
    result.schema_conflicts.push(SchemaConflict {
        table: named.map(|table| table.schema.name.clone()).unwrap_or_default(),
        base: schema(&versions.base)?,
        ours: schema(&versions.ours)?,
        theirs: schema(&versions.theirs)?,
        description: description.into(),
    });
    Ok(())
}

fn merge_views(base: &Root, ours: &Root, theirs: &Root, result: &mut MergeResult) {
    let names: BTreeSet<&String> = ours.views.keys().chain(theirs.views.keys()).collect();
    for name in names {
        let (b, o, t) = (base.views.get(name), ours.views.get(name), theirs.views.get(name));
        let taken = if o == t || b == t {
            o
        } else if b == o {
            t
        } else {
            result.schema_conflicts.push(SchemaConflict {
                table: o.or(t).map_or(name.as_str(), |view| &view.name).into(),
                base: None,
                ours: None,
                theirs: None,
                description: {
                    let view = o.or(t).or(b);
                    let kind = if view.is_some_and(|view| view.is_trigger()) { "trigger" } else { "view" };
                    format!("both sides changed {kind} {}", view.map_or(name.as_str(), |view| &view.name)).into()
                },
            });
            o
        };
        if let Some(view) = taken {
            result.root.views.insert(name.clone(), view.clone());
        }
    }
}

/// One table that both sides changed.
struct TableMerge {
    store: Store,
    check: Rc<dyn RowCheck>,
    versions: Versions,
    schema: Rc<Schema>,
    drivers: Vec<Option<Driver>>,
    rewrites: [Option<Rewrite>; 3],
    rows: Option<RowMerge>,
    merged: Option<(Map, Map, TableStats)>,
    /// Ours, theirs, neither: whose trees the indexes start from.
    indexes: Option<Vec<IndexMerge>>,
}

struct Merged { table: Table, conflicts: Map, stats: TableStats }

impl TableMerge {
    /// Or why the table cannot be merged.
    fn new(
        store: &Store,
        check: &Rc<dyn RowCheck>,
        versions: Versions,
        schema: Rc<Schema>,
        drivers: Vec<Option<Driver>>,
    ) -> Result<std::result::Result<Self, String>> {
        let (base, ours, theirs) = (&versions.base, &versions.ours, &versions.theirs);
        if let (Some(base), Some(ours), Some(theirs)) = (base, ours, theirs) {
            for side in [ours, theirs] {
                if let Some(column) = changed_but_dropped(store, base, side, &schema)? {
                    let text = format!("column {column} was dropped on one side and its cells were changed on the other");
                    return Ok(Err(text));
                }
            }
        }
        let rewrite = |table: &Option<Rc<Table>>| table.as_ref().map(|t| Rewrite::new(store, check, t, &schema)).transpose();
        let rewrites = [rewrite(base)?, rewrite(ours)?, rewrite(theirs)?];
        let (store, check) = (store.clone(), check.clone());
        Ok(Ok(TableMerge { store, check, versions, schema, drivers, rewrites, rows: None, merged: None, indexes: None }))
    }

    fn run(&mut self) -> Result<Merged> {
        if self.rows.is_none() {
            let mut maps = [Map::EMPTY; 3];
            for side in 0..maps.len() {
                if let Some(rewrite) = &mut self.rewrites[side] {
                    if side > 0 && self.versions.base.is_some() {
                        rewrite.beside(maps[0]);
                    }
                    maps[side] = rewrite.run()?;
                }
            }
            let (schema, check) = (self.schema.clone(), self.check.clone());
            self.rows = Some(RowMerge::new(&self.store, schema, check, self.drivers.clone(), maps)?);
        }
        if let (None, Some(rows)) = (&self.merged, &mut self.rows) {
            self.merged = Some(rows.run()?);
        }
        let (rows, conflicts, stats) = self.merged.unwrap_or_default();
        if self.indexes.is_none() {
            self.indexes = Some(self.plan_indexes(rows)?);
        }
        let mut indexes = vec![Map::EMPTY; self.schema.indexes.len()];
        for merge in self.indexes.iter_mut().flatten() {
            for (position, map) in merge.run()? {
                indexes[position] = map;
            }
        }
        Ok(Merged { table: Table { schema: self.schema.clone(), rows, indexes }, conflicts, stats })
    }

    fn plan_indexes(&self, rows: Map) -> Result<Vec<IndexMerge>> {
        let mut wanted = [Vec::new(), Vec::new(), Vec::new()];
        for position in 0..self.schema.indexes.len() {
            let has = |side: &Option<Rc<Table>>| side.as_ref().is_some_and(|t| same_index(&t.schema, &self.schema, position));
            let side = if has(&self.versions.ours) {
                0
            } else if has(&self.versions.theirs) {
                1
            } else {
                2
            };
            wanted[side].push(position);
        }
        let sides = [self.versions.ours.as_deref(), self.versions.theirs.as_deref(), None];
        let plans = sides.into_iter().zip(&wanted).filter(|(_, wanted)| !wanted.is_empty());
        plans.map(|(side, wanted)| IndexMerge::new(&self.store, self.check.clone(), side, &self.schema, rows, wanted)).collect()
    }
}

/// A column that the merged schema lacks though this side kept it and changed cells of it: taking the drop would
/// lose them.
fn changed_but_dropped(store: &Store, base: &Table, side: &Table, merged: &Schema) -> Result<Option<Rc<str>>> {
    let position = |schema: &Schema, id| schema.columns.iter().position(|column| column.id == id);
    let lost: Vec<(usize, usize)> = side
        .schema
        .columns
        .iter()
        .enumerate()
        .filter(|(_, column)| position(merged, column.id).is_none())
        .filter_map(|(at, column)| Some((position(&base.schema, column.id)?, at)))
        .collect();
    if lost.is_empty() {
        return Ok(None);
    }
    let mut diff = RowDiff::of_bytes(store, Some(base), Some(side), KeyRange::all())?;
    let (Some(base_codec), Some(side_codec)) = (diff.from_codec().cloned(), diff.to_codec().cloned()) else { return Ok(None) };
    while let Some(change) = diff.next()? {
        let (Some(old), Some(new)) = (&change.from, &change.to) else { continue };
        let new = side_codec.record(&change.key, new)?;
        let old = base_codec.record(&change.key, old)?;
        for (base_at, side_at) in &lost {
            let before = base_codec.cell_slice(old.cells(), *base_at)?;
            if !same_cell(&**store, before, side_codec.cell_slice(new.cells(), *side_at)?)? {
                return Ok(Some(side.schema.columns[*side_at].name.clone()));
            }
        }
    }
    Ok(None)
}
