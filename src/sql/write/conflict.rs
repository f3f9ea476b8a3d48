//! What a row does when another stands in its way: OR IGNORE, OR REPLACE, ON CONFLICT, ON DUPLICATE KEY.
//!
//! These go row by row, each seeing what the ones before it did.

use std::collections::BTreeSet;
use std::rc::Rc;

use gluesql::core::sqlparser::ast::{
    Assignment, ConflictTarget, DoUpdate, Expr, Insert, OnConflictAction, OnInsert, SqliteOnConflict,
};

use super::insert::column_named;
use super::operator::{Change, Operator};
use super::update::{assigned, Assigned};
use super::{defaults, unique, Target};
use crate::error::{Code, Error, Result};
use crate::sql::eval::{compile, Compiled, Scope};
use crate::sql::relation::Row;
use crate::sql::workspace::missing;
use crate::sql::Context;

pub enum Policy {
    Abort,
    Ignore,
    Replace,
    /// ON CONFLICT: `key` says on which (`None`: on any; inner `None`: the primary key); `update` says what then.
    On { key: Option<Option<usize>>, update: Option<Update> },
}

pub struct Update { assigned: Vec<(usize, Assigned)>, selection: Option<Compiled> }

pub enum Done { Wrote(Row), Skipped }

impl Policy {
    pub fn of(cx: &Context, target: &Target, insert: &Insert) -> Result<Policy> {
        let or = match insert.or {
            _ if insert.replace_into => Policy::Replace,
            _ if insert.ignore => Policy::Ignore,
            or => Policy::or(or)?,
        };
        let alias = insert.insert_alias.as_ref().and_then(|alias| alias.row_alias.0.last());
        let new_row = alias.map_or("excluded", |alias| &alias.value);
        match (&insert.on, or) {
            (None, policy) => Ok(policy),
            (Some(_), Policy::Ignore | Policy::Replace | Policy::On { .. }) => {
                Err(Error::unsupported("OR together with ON CONFLICT is not supported"))
            }
            (Some(OnInsert::DuplicateKeyUpdate(assignments)), _) => {
                let update = Some(Update::new(cx, target, assignments, None, new_row)?);
                Ok(Policy::On { key: None, update })
            }
            (Some(OnInsert::OnConflict(on)), _) => {
                let key = on.conflict_target.as_ref().map(|names| conflict_key(target, names)).transpose()?;
                let update = match &on.action {
                    OnConflictAction::DoNothing => None,
                    OnConflictAction::DoUpdate(DoUpdate { assignments, selection }) => {
                        Some(Update::new(cx, target, assignments, selection.as_ref(), new_row)?)
                    }
                };
                Ok(Policy::On { key, update })
            }
            (Some(_), _) => Err(Error::unsupported("this clause of INSERT is not supported")),
        }
    }

    pub fn or(or: Option<SqliteOnConflict>) -> Result<Policy> {
        match or {
            None | Some(SqliteOnConflict::Abort) => Ok(Policy::Abort),
            Some(SqliteOnConflict::Ignore) => Ok(Policy::Ignore),
            Some(SqliteOnConflict::Replace) => Ok(Policy::Replace),
            Some(other) => Err(Error::unsupported(format!("OR {other} is not supported"))),
        }
    }
}

impl Update {
    /// `new_row`: under which name the values that were to be inserted stand.
    fn new(cx: &Context, target: &Target, assignments: &[Assignment], selection: Option<&Expr>, new_row: &str) -> Result<Update> {
        let scope = Scope::table(&target.schema, None).and(&target.schema, new_row);
        let mut compiled = Vec::new();
        for (column, value) in assigned(&target.schema, assignments)? {
            let value = match value {
                Assigned::Default => Assigned::Default,
                Assigned::Source(expr) => Assigned::Value(compile(cx, &expr, &scope)?),
                Assigned::Value(value) => Assigned::Value(value),
            };
            compiled.push((column, value));
        }
        let selection = selection.map(|expr| compile(cx, expr, &scope)).transpose()?;
        Ok(Update { assigned: compiled, selection })
    }
}

/// The unique key that ON CONFLICT names.
fn conflict_key(target: &Target, names: &ConflictTarget) -> Result<Option<usize>> {
    let schema = &target.schema;
    let wanted: BTreeSet<usize> = match names {
        ConflictTarget::OnConstraint(name) => {
            let name = name.0.last().map_or("", |ident| &ident.value);
            let index = schema.indexes.iter().position(|index| index.unique && index.name.eq_ignore_ascii_case(name));
            return match index {
                Some(index) => Ok(Some(index)),
                None if name.eq_ignore_ascii_case("primary") => Ok(None),
                None => Err(Error::bad_argument(format!("table {} has no unique constraint {name}", schema.name))),
            };
        }
        ConflictTarget::Columns(columns) => {
            columns.iter().map(|column| column_named(schema, &column.value)).collect::<Result<_>>()?
        }
    };
    let is = |parts: &[crate::repo::KeyPart]| parts.iter().map(|part| part.column).collect::<BTreeSet<_>>() == wanted;
    if !schema.is_keyless() && is(&schema.primary_key) {
        return Ok(None);
    }
    let index = schema.indexes.iter().position(|index| index.unique && is(&index.parts));
    let missing = || {
        let names: Vec<&str> = wanted.iter().map(|column| &*schema.columns[*column].name).collect();
        let message = format!(
            "ON CONFLICT ({}) matches no PRIMARY KEY or UNIQUE constraint of {}",
            names.join(", "),
            schema.name
        );
        Error::bad_argument(message)
    };
    index.map(Some).ok_or_else(missing)
}

/// Brings one new row in.
pub fn insert(cx: &Context, operator: &mut Operator, target: &Rc<Target>, policy: &Policy, mut row: Row) -> Result<Done> {
    if let Policy::Replace = policy {
        // SQLite: what may not be NULL takes its default instead.
        for (position, column) in target.schema.columns.iter().enumerate() {
            if !column.nullable && row[position].is_null() {
                row[position] = defaults::value(target, cx, position, &row)?;
            }
        }
    }
    if let Err(error) = target.finish(cx, &mut row) {
        let skips = matches!(policy, Policy::Ignore) && error.code() == Code::Constraint;
        return if skips { Ok(Done::Skipped) } else { Err(error) };
    }
    let found = {
        let view = cx.workspace.borrow().table(&target.name).ok_or_else(|| missing(&target.name))?;
        unique::conflicts(target, cx, &view, &row)?
    };
    let mut changes = Vec::with_capacity(1 + found.len());
    match policy {
        Policy::Ignore if !found.is_empty() => return Ok(Done::Skipped),
        Policy::Replace => {
            let mut seen = BTreeSet::new();
            for (_, key, old) in found {
                if seen.insert(key) {
                    changes.push(Change { old: Some(old), new: None });
                }
            }
        }
        Policy::On { key, update } => {
            let hit = found.into_iter().find(|(index, _, _)| key.is_none_or(|key| key == *index));
            if let Some((_, _, old)) = hit {
                return match update {
                    None => Ok(Done::Skipped),
                    Some(update) => upsert(cx, operator, target, update, old, row),
                };
            }
        }
        _ => {}
    }
    changes.push(Change { old: None, new: Some(row.clone()) });
    written(operator, target, changes, row)
}

fn upsert(
    cx: &Context,
    operator: &mut Operator,
    target: &Rc<Target>,
    update: &Update,
    old: Row,
    excluded: Row,
) -> Result<Done> {
    let mut both = old.clone();
    both.extend(excluded);
    if let Some(selection) = &update.selection {
        if selection.truth(&both, cx)? != Some(true) {
            return Ok(Done::Skipped);
        }
    }
    let mut new = old.clone();
    for (column, value) in &update.assigned {
        new[*column] = value.eval(cx, target, *column, &both)?;
    }
    super::update::touch(cx, target, &old, &mut new, |column| update.assigned.iter().any(|(assigned, _)| *assigned == column))?;
    target.finish(cx, &mut new)?;
    operator.assign(update.assigned.iter().map(|(column, _)| *column).collect());
    let changes = vec![Change { old: Some(old), new: Some(new.clone()) }];
    written(operator, target, changes, new)
}

fn written(operator: &mut Operator, target: &Rc<Target>, changes: Vec<Change>, row: Row) -> Result<Done> {
    let before = operator.skipped();
    operator.replace();
    operator.run(target, changes)?;
    Ok(if operator.skipped() == before { Done::Wrote(row) } else { Done::Skipped })
}

/// One row of UPDATE OR IGNORE and UPDATE OR REPLACE.
pub fn update(
    cx: &Context,
    operator: &mut Operator,
    target: &Rc<Target>,
    policy: &Policy,
    old: Row,
    mut new: Row,
) -> Result<Done> {
    if let Err(error) = target.finish(cx, &mut new) {
        let skips = matches!(policy, Policy::Ignore) && error.code() == Code::Constraint;
        return if skips { Ok(Done::Skipped) } else { Err(error) };
    }
    let own = target.codec.key(&old)?;
    let mut found = {
        let view = cx.workspace.borrow().table(&target.name).ok_or_else(|| missing(&target.name))?;
        unique::conflicts(target, cx, &view, &new)?
    };
    found.retain(|(_, key, _)| *key != own);
    let mut changes = Vec::with_capacity(1 + found.len());
    match policy {
        Policy::Ignore if !found.is_empty() => return Ok(Done::Skipped),
        Policy::Replace => {
            let mut seen = BTreeSet::new();
            for (_, key, row) in found {
                if seen.insert(key) {
                    changes.push(Change { old: Some(row), new: None });
                }
            }
        }
        _ => {}
    }
    changes.push(Change { old: Some(old), new: Some(new.clone()) });
    written(operator, target, changes, new)
}
