//! Foreign keys, both ways. A child's key looks for its parent through the parent's primary key, a unique index, or
//! as in MySQL any index that begins with its columns: then several parents can hold one key. A parent that goes or changes looks for its children through an index of theirs if there is one,
//! else by one scan a batch.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::rc::Rc;

use bytes::Bytes;

use super::operator::{Change, Edit};
use super::target::shown_row;
use super::{defaults, Target};
use crate::error::{Code, Error, Result};
use crate::prolly::KeyRange;
use crate::repo::{fold, row_key_of_index, Action, KeyPart, Schema};
use crate::sql::relation::Row;
use crate::sql::workspace::missing;
use crate::sql::{Context, TableView};
use crate::tuple::{encode_key_part, KeyOrder, Value};

/// A foreign key of a table, with the way to its parent.
pub struct ParentKey {
    /// Number in `schema.foreign_keys`.
    pub number: usize,
    pub columns: Vec<usize>,
    /// Folded.
    pub table: Rc<str>,
    lookup: Lookup,
}

/// Parts of a key in its own order: which of the foreign key's columns, and how it sorts.
type Parts = Vec<(usize, KeyOrder)>;

enum Lookup {
    PrimaryKey(Parts),
    /// The primary key begins with the columns.
    Prefix(Parts),
    Index { number: usize, parts: Parts, unique: bool },
    /// There is no such parent key; the reason.
    Broken(String),
}

/// A foreign key that points at a table, with the way to the children.
pub struct ChildKey {
    /// The child, folded.
    pub table: Rc<str>,
    /// Number in the child's `foreign_keys`.
    pub number: usize,
    pub columns: Vec<usize>,
    /// The parent's columns, in the foreign key's order.
    pub parent_columns: Vec<usize>,
    pub on_delete: Action,
    pub on_update: Action,
    way: Way,
}

enum Way { PrimaryKey(Parts), Index(usize, Parts), Scan(Parts) }

/// `parts` start with exactly the columns `wanted`, in any order.
fn covering(schema: &Schema, parts: &[KeyPart], wanted: &[usize], whole: bool) -> Option<Parts> {
    if parts.len() < wanted.len() || (whole && parts.len() != wanted.len()) {
        return None;
    }
    let mut found = Vec::with_capacity(wanted.len());
    for part in &parts[..wanted.len()] {
        let place = wanted.iter().position(|column| *column == part.column)?;
        if found.iter().any(|(taken, _)| *taken == place) {
            return None;
        }
        found.push((place, order_of(schema, part)));
    }
    Some(found)
}

fn order_of(schema: &Schema, part: &KeyPart) -> KeyOrder {
    let column = &schema.columns[part.column];
    KeyOrder { column_type: column.column_type.clone(), descending: part.descending, nocase: column.nocase }
}

/// The parent's columns that a foreign key names.
fn parent_columns(parent: &Schema, names: &[Rc<str>], columns: usize) -> std::result::Result<Vec<usize>, String> {
    let found: Vec<usize> = if names.is_empty() {
        parent.primary_key.iter().map(|part| part.column).collect()
    } else {
        let column = |name: &Rc<str>| parent.column(name).ok_or_else(|| format!("{} has no column {name}", parent.name));
        names.iter().map(column).collect::<std::result::Result<_, String>>()?
    };
    if found.len() != columns {
        return Err(format!("{columns} columns refer to {} columns of {}", found.len(), parent.name));
    }
    Ok(found)
}

/// The key of `parent` that `columns` of it are, if they are one.
fn lookup(parent: &Schema, columns: &[usize]) -> Lookup {
    if let Some(parts) = covering(parent, &parent.primary_key, columns, true) {
        return Lookup::PrimaryKey(parts);
    }
    for (number, index) in parent.indexes.iter().enumerate() {
        if index.unique && index.predicate.is_none() {
            if let Some(parts) = covering(parent, &index.parts, columns, true) {
                return Lookup::Index { number, parts, unique: true };
            }
        }
    }
    if let Some(parts) = covering(parent, &parent.primary_key, columns, false) {
        return Lookup::Prefix(parts);
    }
    for (number, index) in parent.indexes.iter().enumerate().filter(|(_, index)| index.predicate.is_none()) {
        if let Some(parts) = covering(parent, &index.parts, columns, false) {
            return Lookup::Index { number, parts, unique: false };
        }
    }
    let names: Vec<&str> = columns.iter().map(|column| &*parent.columns[*column].name).collect();
    Lookup::Broken(format!("no key or index of {} begins with ({})", parent.name, names.join(", ")))
}

impl Lookup {
    fn parts(&self) -> std::result::Result<&Parts, &String> {
        match self {
            Lookup::PrimaryKey(parts) | Lookup::Prefix(parts) | Lookup::Index { parts, .. } => Ok(parts),
            Lookup::Broken(reason) => Err(reason),
        }
    }

    /// Whether more than one parent can hold a key.
    fn repeats(&self) -> bool { matches!(self, Lookup::Prefix(_) | Lookup::Index { unique: false, .. }) }
}

/// Whether foreign key number `number` of `child` finds a key in `parent`; the reason if not.
pub fn resolve(child: &Schema, number: usize, parent: &Schema) -> std::result::Result<(), String> {
    let key = &child.foreign_keys[number];
    let columns = parent_columns(parent, &key.parent_columns, key.columns.len())?;
    match lookup(parent, &columns) {
        Lookup::Broken(reason) => Err(reason),
        _ => Ok(()),
    }
}

pub fn parents_of(cx: &Context, schema: &Rc<Schema>) -> Vec<ParentKey> {
    let workspace = cx.workspace.borrow();
    let resolved = schema.foreign_keys.iter().enumerate().map(|(number, key)| {
        let own = key.parent_table.eq_ignore_ascii_case(&schema.name);
        let parent = if own { Some(schema.clone()) } else { workspace.schema(&key.parent_table) };
        let lookup = match parent {
            None => Lookup::Broken(format!("table not found: {}", key.parent_table)),
            Some(parent) => match parent_columns(&parent, &key.parent_columns, key.columns.len()) {
                Ok(columns) => lookup(&parent, &columns),
                Err(reason) => Lookup::Broken(reason),
            },
        };
        ParentKey { number, columns: key.columns.clone(), table: fold(&key.parent_table).into(), lookup }
    });
    resolved.collect()
}

pub fn children_of(cx: &Context, schema: &Rc<Schema>) -> Vec<ChildKey> {
    let workspace = cx.workspace.borrow();
    let own = fold(&schema.name);
    let mut found = Vec::new();
    let others = workspace.root().tables.iter().filter(|(name, _)| **name != own).map(|(_, table)| &table.schema);
    for child in others.chain([schema]) {
        for (number, key) in child.foreign_keys.iter().enumerate() {
            if !key.parent_table.eq_ignore_ascii_case(&schema.name) {
                continue;
            }
            // A key that finds no parent key has no children either.
            let Ok(parent_columns) = parent_columns(schema, &key.parent_columns, key.columns.len()) else { continue };
            found.push(ChildKey {
                table: fold(&child.name).into(),
                number,
                columns: key.columns.clone(),
                parent_columns,
                on_delete: key.on_delete,
                on_update: key.on_update,
                way: way(child, &key.columns),
            });
        }
    }
    found
}

fn way(child: &Schema, columns: &[usize]) -> Way {
    if let Some(parts) = covering(child, &child.primary_key, columns, false) {
        return Way::PrimaryKey(parts);
    }
    for (number, index) in child.indexes.iter().enumerate() {
        if let (Some(parts), None) = (covering(child, &index.parts, columns, false), &index.predicate) {
            return Way::Index(number, parts);
        }
    }
    let part = |(place, column): (usize, &usize)| {
        (place, order_of(child, &KeyPart { column: *column, descending: false }))
    };
    Way::Scan(columns.iter().enumerate().map(part).collect())
}

/// The key of `values`, each brought to its column's type. `None`: no such value can be there.
fn encode(values: &[Value], parts: &Parts) -> Result<Option<Bytes>> {
    let mut out = Vec::with_capacity(16);
    for (place, order) in parts {
        let Ok(value) = order.column_type.coerce(values[*place].clone()) else { return Ok(None) };
        encode_key_part(&mut out, &value, order)?;
    }
    Ok(Some(out.into()))
}

fn pick(row: &[Value], columns: &[usize]) -> Row { columns.iter().map(|column| row[*column].clone()).collect() }

/// Children of parents that went or changed, to be found and dealt with.
struct Cascade { parent: Rc<Target>, child: usize, action: Action, pairs: Vec<(Row, Option<Row>)> }

/// What foreign keys ask of a statement on its way.
pub struct ForeignKeys {
    enforced: bool,
    cascades: VecDeque<Cascade>,
    /// (child table, number of its foreign key) to keys that must have a parent in the end.
    wanted: BTreeMap<(Rc<str>, usize), BTreeMap<Vec<u8>, Row>>,
    /// Parent keys that went while NO ACTION or RESTRICT forbids it if children are left.
    restricted: Vec<(Rc<Target>, usize, Vec<Row>)>,
}

impl ForeignKeys {
    pub fn new(cx: &Context) -> Self {
        // `SET foreign_key_checks = 0` is MySQL's, `PRAGMA foreign_keys = off` SQLite's.
        let off = cx.settings.variables.get("foreign_key_checks").is_some_and(|value| *value == Value::Int(0));
        ForeignKeys { enforced: !off, cascades: VecDeque::new(), wanted: BTreeMap::new(), restricted: Vec::new() }
    }

    /// Notes what a batch that was written asks for.
    pub fn note(&mut self, cx: &Context, target: &Rc<Target>, edits: &[Edit]) -> Result<()> {
        if !self.enforced {
            return Ok(());
        }
        for key in &target.parents {
            for edit in edits {
                let Some(row) = &edit.change.new else { continue };
                let values = pick(row, &key.columns);
                let same = edit.change.old.as_ref().is_some_and(|old| pick(old, &key.columns) == values);
                if same || values.iter().any(Value::is_null) {
                    continue;
                }
                let parts = key.lookup.parts().map_err(|reason| {
                    let name = &target.schema.foreign_keys[key.number].name;
                    let message = format!("FOREIGN KEY constraint failed: {name} of {}: {reason}", target.schema.name);
                    Error::new(Code::Constraint, message)
                })?;
                let Some(bytes) = encode(&values, parts)? else { return Err(no_parent(target, key.number, &values)) };
                self.wanted.entry((target.name.clone(), key.number)).or_default().insert(bytes.to_vec(), values);
            }
        }
        for (number, child) in target.children.iter().enumerate() {
            let (mut deleted, mut updated) = (Vec::new(), Vec::new());
            for edit in edits {
                let Some(old) = &edit.change.old else { continue };
                let values = pick(old, &child.parent_columns);
                if values.iter().any(Value::is_null) {
                    continue;
                }
                match &edit.change.new {
                    None => deleted.push((values, None)),
                    Some(new) => {
                        let new = pick(new, &child.parent_columns);
                        if new != values {
                            updated.push((values, Some(new)));
                        }
                    }
                }
            }
            for (pairs, action) in [(deleted, child.on_delete), (updated, child.on_update)] {
                if !pairs.is_empty() {
                    self.queue(cx, target, number, action, pairs)?;
                }
            }
        }
        Ok(())
    }

    fn queue(
        &mut self,
        _cx: &Context,
        parent: &Rc<Target>,
        child: usize,
        action: Action,
        pairs: Vec<(Row, Option<Row>)>,
    ) -> Result<()> {
        match action {
            Action::NoAction | Action::Restrict => {
                let gone = pairs.into_iter().map(|(old, _)| old).collect();
                self.restricted.push((parent.clone(), child, gone));
            }
            _ => {
                // The default may be the very key that goes.
                if action == Action::SetDefault {
                    let gone = pairs.iter().map(|(old, _)| old.clone()).collect();
                    self.restricted.push((parent.clone(), child, gone));
                }
                self.cascades.push_back(Cascade { parent: parent.clone(), child, action, pairs });
            }
        }
        Ok(())
    }

    /// The next batch of changes that a cascade makes, children as they are now.
    pub fn next_cascade(&mut self, cx: &Context) -> Result<Option<(Rc<Target>, Vec<Change>)>> {
        while let Some(cascade) = self.cascades.pop_front() {
            let key = &cascade.parent.children[cascade.child];
            let child = Target::open(cx, &key.table)?;
            let mut pairs = cascade.pairs;
            let lookup = &child.parents[key.number].lookup;
            if lookup.repeats() {
                // Another parent holds the key still.
                let olds: Vec<Row> = pairs.iter().map(|(old, _)| old.clone()).collect();
                let mut held = existing(cx, &cascade.parent.name, lookup, &olds)?.into_iter();
                pairs.retain(|_| !held.next().unwrap_or(false));
            }
            let olds: Vec<Row> = pairs.iter().map(|(old, _)| old.clone()).collect();
            let mut changes = Vec::new();
            for (number, row) in children(cx, &child, key, &olds, usize::MAX)? {
                let new = match (cascade.action, &pairs[number].1) {
                    (Action::Cascade, None) => None,
                    (action, new) => {
                        let mut changed = row.clone();
                        for (place, column) in key.columns.iter().enumerate() {
                            changed[*column] = match (action, new) {
                                (Action::Cascade, Some(new)) => new[place].clone(),
                                (Action::SetDefault, _) => defaults::value(&child, cx, *column, &row)?,
                                _ => Value::Null,
                            };
                        }
                        child.finish(cx, &mut changed)?;
                        Some(changed)
                    }
                };
                changes.push(Change { old: Some(row), new });
            }
            if !changes.is_empty() {
                return Ok(Some((child, changes)));
            }
        }
        Ok(None)
    }

    /// After a batch of `table`: what does not depend on further batches.
    pub fn check_batch(&mut self, cx: &Context, table: &str) -> Result<()> {
        let wanted = std::mem::take(&mut self.wanted);
        for ((child, number), keys) in wanted {
            let target = Target::open(cx, &child)?;
            if *target.parents[number].table == *table {
                self.wanted.entry((child, number)).or_default().extend(keys);
            } else {
                check_parents(cx, &target, number, keys)?;
            }
        }
        Ok(())
    }

    pub fn check_all(&mut self, cx: &Context) -> Result<()> {
        for ((child, number), keys) in std::mem::take(&mut self.wanted) {
            let target = Target::open(cx, &child)?;
            check_parents(cx, &target, number, keys)?;
        }
        for (parent, number, gone) in std::mem::take(&mut self.restricted) {
            let key = &parent.children[number];
            let child = Target::open(cx, &key.table)?;
            // A parent key that is there again, by another row of the statement, leaves no orphan.
            let lookup = &child.parents[key.number].lookup;
            let mut orphaned = Vec::with_capacity(gone.len());
            let found = existing(cx, &parent.name, lookup, &gone)?;
            for (row, found) in gone.into_iter().zip(found) {
                if !found {
                    orphaned.push(row);
                }
            }
            if let Some((which, row)) = children(cx, &child, key, &orphaned, 1)?.into_iter().next() {
                let name = &child.schema.foreign_keys[key.number].name;
                let message = format!(
                    "FOREIGN KEY constraint failed: {name}: {} ({}) = {} is referred to by {} {}",
                    parent.schema.name,
                    names(&parent.schema, &key.parent_columns),
                    shown_row(&orphaned[which]),
                    child.schema.name,
                    row_name(&child, &row),
                );
                return Err(Error::new(Code::Constraint, message));
            }
        }
        Ok(())
    }
}

fn row_name(target: &Target, row: &[Value]) -> String {
    let key: Vec<usize> = target.schema.primary_key.iter().map(|part| part.column).collect();
    if key.is_empty() {
        return format!("row {}", shown_row(row));
    }
    format!("({}) = {}", names(&target.schema, &key), shown_row(&pick(row, &key)))
}

fn names(schema: &Schema, columns: &[usize]) -> String {
    let names: Vec<&str> = columns.iter().map(|column| &*schema.columns[*column].name).collect();
    names.join(", ")
}

fn no_parent(target: &Target, number: usize, values: &[Value]) -> Error {
    let key = &target.schema.foreign_keys[number];
    let message = format!(
        "FOREIGN KEY constraint failed: {}: {} ({}) = {} has no row in {}",
        key.name,
        target.schema.name,
        names(&target.schema, &key.columns),
        shown_row(values),
        key.parent_table
    );
    Error::new(Code::Constraint, message)
}

fn check_parents(cx: &Context, target: &Target, number: usize, keys: BTreeMap<Vec<u8>, Row>) -> Result<()> {
    let key = &target.parents[number];
    let rows: Vec<Row> = keys.into_values().collect();
    let found = existing(cx, &key.table, &key.lookup, &rows)?;
    match found.iter().position(|found| !found) {
        Some(which) => Err(no_parent(target, number, &rows[which])),
        None => Ok(()),
    }
}

/// Which of these values of a foreign key have a parent now.
fn existing(cx: &Context, parent: &str, lookup: &Lookup, rows: &[Row]) -> Result<Vec<bool>> {
    let view = cx.workspace.borrow().table(parent).ok_or_else(|| missing(parent))?;
    let Ok(parts) = lookup.parts() else { return Ok(vec![false; rows.len()]) };
    let mut keys = Vec::with_capacity(rows.len());
    for row in rows {
        keys.push(encode(row, parts)?);
    }
    // A value that no parent can hold is looked up as a key that is never there.
    let sought: Vec<Bytes> = keys.iter().flatten().cloned().collect();
    let by_prefix = match lookup {
        Lookup::Index { number, .. } => Some(&view.indexes[*number]),
        Lookup::Prefix(_) => Some(&view.rows),
        _ => None,
    };
    let mut found = match by_prefix {
        Some(map) => {
            if sought.len() > 1 {
                map.get_many(&*cx.store, &sought)?;
            }
            let mut found = Vec::with_capacity(sought.len());
            for prefix in &sought {
                found.push(map.cursor(&cx.store, KeyRange::prefix(prefix), false).next()?.is_some());
            }
            found
        }
        _ => view.rows.get_many(&*cx.store, &sought)?.iter().map(Option::is_some).collect(),
    }
    .into_iter();
    Ok(keys.iter().map(|key| key.is_some() && found.next().unwrap_or(false)).collect())
}

/// Rows of the child whose foreign key holds one of `values`, each with which one; at most `limit`.
fn children(cx: &Context, child: &Target, key: &ChildKey, values: &[Row], limit: usize) -> Result<Vec<(usize, Row)>> {
    let view = cx.workspace.borrow().table(&child.name).ok_or_else(|| missing(&child.name))?;
    let mut found = Vec::new();
    if values.is_empty() {
        return Ok(found);
    }
    let parts = match &key.way {
        Way::PrimaryKey(parts) | Way::Index(_, parts) | Way::Scan(parts) => parts,
    };
    let mut prefixes: Vec<(usize, Bytes)> = Vec::with_capacity(values.len());
    for (number, row) in values.iter().enumerate() {
        if let Some(prefix) = encode(row, parts)? {
            prefixes.push((number, prefix));
        }
    }
    let mut keep = |number: usize, key: &[u8], row: &[u8]| -> Result<bool> {
        let times = child.codec.record(key, row)?.count();
        let row = child.codec.decode(&*cx.store, key, row)?;
        for _ in 0..times {
            found.push((number, row.clone()));
        }
        Ok(found.len() >= limit)
    };
    match &key.way {
        Way::Scan(_) => scan(cx, child, key, &view, &prefixes, &mut keep)?,
        Way::PrimaryKey(_) => {
            warm(cx, &view.rows, &prefixes)?;
            'all: for (number, prefix) in &prefixes {
                let mut cursor = view.rows.cursor(&cx.store, KeyRange::prefix(prefix), false);
                while let Some((key, row)) = cursor.next()? {
                    if keep(*number, &key, &row)? {
                        break 'all;
                    }
                }
            }
        }
        Way::Index(index, _) => {
            warm(cx, &view.indexes[*index], &prefixes)?;
            let schema = &child.schema;
            let mut keys: Vec<(usize, Bytes)> = Vec::new();
            for (number, prefix) in &prefixes {
                let mut cursor = view.indexes[*index].cursor(&cx.store, KeyRange::prefix(prefix), false);
                while let Some((entry, _)) = cursor.next()? {
                    let key = row_key_of_index(schema, &schema.indexes[*index], &entry)?;
                    keys.push((*number, Bytes::copy_from_slice(key)));
                    if keys.len() >= limit {
                        break;
                    }
                }
            }
            let sought: Vec<Bytes> = keys.iter().map(|(_, key)| key.clone()).collect();
            for ((number, key), row) in keys.iter().zip(view.rows.get_many(&*cx.store, &sought)?) {
                if let Some(row) = row {
                    if keep(*number, key, &row)? {
                        break;
                    }
                }
            }
        }
    }
    Ok(found)
}

fn warm(cx: &Context, map: &crate::prolly::MapView, prefixes: &[(usize, Bytes)]) -> Result<()> {
    if prefixes.len() > 1 {
        let keys: Vec<Bytes> = prefixes.iter().map(|(_, prefix)| prefix.clone()).collect();
        map.get_many(&*cx.store, &keys)?;
    }
    Ok(())
}

fn scan(
    cx: &Context,
    child: &Target,
    key: &ChildKey,
    view: &TableView,
    prefixes: &[(usize, Bytes)],
    keep: &mut dyn FnMut(usize, &[u8], &[u8]) -> Result<bool>,
) -> Result<()> {
    let Way::Scan(parts) = &key.way else { return Ok(()) };
    let sought: HashMap<&Bytes, usize> = prefixes.iter().map(|(number, prefix)| (prefix, *number)).collect();
    let mut cursor = view.rows.cursor(&cx.store, KeyRange::all(), false);
    while let Some((row_key, row)) = cursor.next()? {
        let record = child.codec.record(&row_key, &row)?;
        let mut values = Vec::with_capacity(key.columns.len());
        for column in &key.columns {
            values.push(record.value(&*cx.store, *column)?);
        }
        if values.iter().any(Value::is_null) {
            continue;
        }
        let Some(bytes) = encode(&values, parts)? else { continue };
        if let Some(number) = sought.get(&bytes) {
            if keep(*number, &row_key, &row)? {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Looks for the parents of all rows that a table has: its foreign key `number` is new.
pub fn check_rows(cx: &Context, table: &str, number: usize) -> Result<()> {
    let mut keys = ForeignKeys::new(cx);
    let target = Target::open(cx, table)?;
    let view = cx.workspace.borrow().table(table).ok_or_else(|| missing(table))?;
    let only = |edits: &[Edit], keys: &mut ForeignKeys| -> Result<()> {
        keys.note(cx, &target, edits)?;
        keys.wanted.retain(|(_, which), _| *which == number);
        keys.check_all(cx)
    };
    let mut batch = Vec::new();
    let mut cursor = view.rows.cursor(&cx.store, KeyRange::all(), false);
    while let Some((key, value)) = cursor.next()? {
        let row = target.codec.decode(&*cx.store, &key, &value)?;
        batch.push(Edit { change: Change { old: None, new: Some(row) }, old: None, new: Some((key, value)) });
        if batch.len() >= super::BATCH {
            only(&std::mem::take(&mut batch), &mut keys)?;
        }
    }
    only(&batch, &mut keys)
}
