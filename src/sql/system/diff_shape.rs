//! The columns that every table of row differences shows, and how a change becomes a row of them:
//! `to_⟨col⟩…, to_commit, to_commit_date, from_⟨col⟩…, from_commit, from_commit_date, diff_type`, then hidden what
//! only DoltLite's text names: `rowid_val, from_value, to_value`.

use std::rc::Rc;

use super::scan::{datetime, text};
use super::Wanted;
use crate::error::Result;
use crate::prolly::KeyRange;
use crate::repo::{fold, Column, Schema, Table};
use crate::sql::procedure::flags::word;
use crate::sql::relation::Row;
use crate::sql::versions::{key_ranges, ChangeKind, DiffRows, RowChange};
use crate::sql::{Context, OutputColumn};
use crate::tuple::Value;

#[derive(Clone)]
pub struct DiffShape {
    pub to: Rc<[Column]>,
    pub from: Rc<[Column]>,
    /// The single key column, by folded name.
    row_id: Option<String>,
}

/// What the columns beside the rows' own hold.
#[derive(Clone)]
pub struct Ends { pub to: Rc<str>, pub to_date: Value, pub from: Rc<str>, pub from_date: Value }

impl DiffShape {
    /// Both sides through their own schema; where one is missing, through the other's.
    pub fn between(from: Option<&Rc<Table>>, to: Option<&Rc<Table>>) -> Option<Self> {
        let (from, to) = (from.or(to)?, to.or(from)?);
        Some(DiffShape { to: shown(&to.schema), from: shown(&from.schema), row_id: row_id(&to.schema) })
    }

    pub fn of(schema: &Schema) -> Self {
        let columns = shown(schema);
        DiffShape { to: columns.clone(), from: columns, row_id: row_id(schema) }
    }

    /// Only columns that `keep` names.
    pub fn only(mut self, keep: impl Fn(&str) -> bool) -> Self {
        let kept = |columns: &[Column]| columns.iter().filter(|column| keep(&fold(&column.name))).cloned().collect();
        self.to = kept(&self.to);
        self.from = kept(&self.from);
        self
    }

    pub fn columns(&self) -> Vec<OutputColumn> {
        let side = |prefix: &str, columns: &[Column]| -> Vec<OutputColumn> {
            let name = |column: &Column| format!("{prefix}_{}", column.name);
            columns.iter().map(|column| OutputColumn::new(name(column), column.column_type.clone())).collect()
        };
        let mut columns = side("to", &self.to);
        columns.extend([text("to_commit"), datetime("to_commit_date")]);
        columns.extend(side("from", &self.from));
        columns.extend([text("from_commit"), datetime("from_commit_date"), text("diff_type")]);
        columns
    }

    pub fn hidden(&self) -> Vec<OutputColumn> {
        let row_id = match &self.row_id {
            Some(name) => self.to.iter().chain(&*self.from).find(|column| fold(&column.name) == *name),
            None => None,
        };
        let row_id = row_id.map_or(crate::tuple::ColumnType::Any, |column| column.column_type.clone());
        vec![OutputColumn::new("rowid_val", row_id), text("from_value"), text("to_value")]
    }

    pub fn to_commit(&self) -> usize { self.to.len() }
    fn from_start(&self) -> usize { self.to.len() + 2 }
    pub fn from_commit(&self) -> usize { self.from_start() + self.from.len() }
    pub fn diff_type(&self) -> usize { self.from_commit() + 2 }
    fn hidden_start(&self) -> usize { self.diff_type() + 1 }

    /// The keys that can match what is wanted.
    pub fn ranges(&self, cx: &Context, schema: &Schema, wanted: &Wanted) -> Result<Vec<KeyRange>> {
        key_ranges(cx, schema, wanted, &|column| {
            let Some(name) = schema.columns.get(column).map(|column| fold(&column.name)) else { return Vec::new() };
            let at = |columns: &[Column], start: usize| {
                let position = columns.iter().position(|column| fold(&column.name) == name)?;
                Some((position + start, columns[position].column_type.clone()))
            };
            let (to, from) = (at(&self.to, 0), at(&self.from, self.from_start()));
            // Either side's value: only where both are shown alike.
            let row_id = to.as_ref().or(from.as_ref()).map(|(_, shown)| (self.hidden_start(), shown.clone()));
            let row_id = row_id.filter(|_| self.row_id.as_ref() == Some(&name));
            let alike = from.as_ref().is_none_or(|(_, from)| to.as_ref().is_none_or(|(_, to)| from == to));
            to.into_iter().chain(from).chain(row_id.filter(|_| alike)).collect()
        })
    }

    /// The one kind of change that is wanted; `Some(None)`: none at all can match.
    pub fn kind(&self, wanted: &Wanted) -> Option<ChangeKind> {
        let [Value::Text(kind)] = wanted.values(self.diff_type())? else { return None };
        [ChangeKind::Added, ChangeKind::Modified, ChangeKind::Removed].into_iter().find(|known| known.as_str() == &**kind)
    }

    /// Opens the differences of a table, seen through this shape.
    pub fn open(
        &self,
        cx: &Context,
        from: Option<&Rc<Table>>,
        to: Option<&Rc<Table>>,
        wanted: &Wanted,
    ) -> Result<DiffRows> {
        let ranges = match to.or(from) {
            Some(table) => self.ranges(cx, &table.schema, wanted)?,
            None => Vec::new(),
        };
        let whole = wanted.columns.as_ref().is_none_or(|columns| columns.iter().any(|at| *at >= self.hidden_start()));
        let asked = |position: usize| wanted.columns.as_ref().is_none_or(|columns| columns.contains(&position));
        let (from_start, wanted_kind) = (self.from_start(), self.kind(wanted));
        let read = move |position: usize, side: ChangeKind| {
            whole || asked(if side == ChangeKind::Added { position } else { position + from_start })
        };
        Ok(DiffRows::new(&cx.store, from, to, &self.from, &self.to, &ranges, &read)?.only(wanted_kind))
    }

    pub fn row(&self, change: RowChange, ends: &Ends) -> Result<Row> {
        let values = [joined(change.from.as_ref())?, joined(change.to.as_ref())?];
        let row_id = self.row_id_of(&change);
        let nulls = |columns: &[Column]| vec![Value::Null; columns.len()];
        let mut row = change.to.unwrap_or_else(|| nulls(&self.to));
        row.extend([Value::Text(ends.to.clone()), ends.to_date.clone()]);
        row.extend(change.from.unwrap_or_else(|| nulls(&self.from)));
        row.extend([Value::Text(ends.from.clone()), ends.from_date.clone(), Value::from(change.kind.as_str())]);
        row.push(row_id);
        row.extend(values);
        Ok(row)
    }

    fn row_id_of(&self, change: &RowChange) -> Value {
        let Some(name) = &self.row_id else { return Value::Null };
        let cell = |row: &Option<Row>, columns: &[Column]| {
            let position = columns.iter().position(|column| fold(&column.name) == *name)?;
            row.as_ref()?.get(position).cloned()
        };
        cell(&change.to, &self.to).or_else(|| cell(&change.from, &self.from)).unwrap_or(Value::Null)
    }
}

fn shown(schema: &Schema) -> Rc<[Column]> { schema.columns.clone().into() }

fn row_id(schema: &Schema) -> Option<String> {
    match &schema.primary_key[..] {
        [part] => schema.columns.get(part.column).map(|column| fold(&column.name)),
        _ => None,
    }
}

/// A row as DoltLite shows it: its cells' text between bars.
pub fn joined(row: Option<&Row>) -> Result<Value> {
    let Some(row) = row else { return Ok(Value::Null) };
    let cells = row.iter().map(|cell| match cell {
        Value::Blob(bytes) => Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect()),
        other => word(other),
    });
    Ok(Value::from(cells.collect::<Result<Vec<String>>>()?.join("|")))
}
