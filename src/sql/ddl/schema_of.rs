//! A schema from its definition, piece by piece: CREATE TABLE and ALTER TABLE add the same things.

use std::rc::Rc;

use super::define::local;
use super::definition::{ColumnDef, Constraint, ForeignKeyDef, Part};
use crate::error::{Code, Error, Result};
use crate::repo::{Check, Column, ForeignKey, Generated, Index, KeyPart, Schema};
use crate::sql::write::resolve_foreign_key;
use crate::sql::Context;
use crate::tuple::{ColumnType, Value};

/// A column as it joins `schema`, whose id is set.
pub fn column(schema: &Schema, definition: &ColumnDef) -> Result<Column> {
    let at = |error: Error| error.at(definition.at);
    if schema.column(&definition.name).is_some() {
        let message = format!("table {} has a column {} already", schema.name, definition.name);
        return Err(Error::new(Code::Exists, message).at(definition.at));
    }
    let args: Vec<&str> = definition.type_args.iter().map(String::as_str).collect();
    let column_type = ColumnType::from_declared(&definition.type_name, &args).map_err(at)?;
    if definition.auto_increment && !matches!(column_type, ColumnType::Int { .. }) {
        let message = format!("AUTO_INCREMENT of {}.{} needs an integer type", schema.name, definition.name);
        return Err(Error::bad_argument(message).at(definition.at));
    }
    if definition.generated.is_some() && (definition.default.is_some() || definition.auto_increment) {
        let message = format!("generated column {}.{} takes no DEFAULT", schema.name, definition.name);
        return Err(Error::bad_argument(message).at(definition.at));
    }
    Ok(Column {
        id: schema.derive_column_id(&definition.name, column_type.family()),
        name: definition.name.as_str().into(),
        column_type,
        declared: definition.declared.as_str().into(),
        nullable: definition.nullable.unwrap_or(true),
        default: definition.default.as_ref().map(|text| text.sql.as_str().into()),
        on_update: definition.on_update.as_ref().map(|text| text.sql.as_str().into()),
        fill: Value::Null,
        generated: definition
            .generated
            .as_ref()
            .map(|(text, stored)| Generated { expression: text.sql.as_str().into(), stored: *stored }),
        auto_increment: definition.auto_increment,
        nocase: definition.nocase,
        comment: definition.comment.as_deref().unwrap_or_default().into(),
    })
}

/// Adds a constraint. Indexes come last, so that their numbers are what the table's maps follow.
pub fn add_constraint(cx: &Context, schema: &mut Schema, constraint: &Constraint) -> Result<()> {
    match constraint {
        Constraint::PrimaryKey { columns, at } => {
            if !schema.is_keyless() {
                let message = format!("table {} has a primary key already", schema.name);
                return Err(Error::new(Code::Exists, message).at(*at));
            }
            let parts = key_parts(schema, columns, true)?;
            for part in &parts {
                schema.columns[part.column].nullable = false;
            }
            schema.primary_key = parts;
        }
        Constraint::Unique { name, columns, .. } => {
            let parts = key_parts(schema, columns, true)?;
            // The primary key says as much.
            let same = |a: &[KeyPart], b: &[KeyPart]| a.iter().map(|p| p.column).eq(b.iter().map(|p| p.column));
            if name.is_none() && same(&parts, &schema.primary_key) {
                return Ok(());
            }
            add_index(schema, name.as_deref(), parts, true, None, true)?;
        }
        Constraint::Index { name, columns, .. } => {
            let parts = key_parts(schema, columns, false)?;
            add_index(schema, name.as_deref(), parts, false, None, false)?;
        }
        Constraint::Check { name, expression } => {
            let name: Rc<str> = match name {
                Some(name) => name.as_str().into(),
                None => free_name(&format!("{}_chk_", schema.name), schema),
            };
            refuse_name(schema, &name)?;
            schema.checks.push(Check { name, expression: expression.sql.as_str().into() });
        }
        Constraint::ForeignKey(key) => add_foreign_key(cx, schema, key)?,
    }
    Ok(())
}

pub fn key_parts(schema: &Schema, parts: &[Part], unique: bool) -> Result<Vec<KeyPart>> {
    let mut found: Vec<KeyPart> = Vec::with_capacity(parts.len());
    for part in parts {
        let missing = || Error::new(Code::ColumnNotFound, format!("table {} has no column {}", schema.name, part.column));
        let column = schema.column(&part.column).ok_or_else(|| missing().at(part.at))?;
        if found.iter().any(|known| known.column == column) {
            let message = format!("column {} stands twice in one key of {}", part.column, schema.name);
            return Err(Error::bad_argument(message).at(part.at));
        }
        if part.nocase && !schema.columns[column].nocase {
            let message = "COLLATE in an index is not supported; give it to the column";
            return Err(Error::unsupported(message).at(part.at));
        }
        if part.prefix.is_some() && unique {
            return Err(Error::unsupported("the prefix of a column in a unique key is not supported").at(part.at));
        }
        found.push(KeyPart { column, descending: part.descending });
    }
    Ok(found)
}

/// Adds an index at the end and answers its number.
pub fn add_index(
    schema: &mut Schema,
    name: Option<&str>,
    parts: Vec<KeyPart>,
    unique: bool,
    predicate: Option<Rc<str>>,
    constraint: bool,
) -> Result<usize> {
    let name: Rc<str> = match name {
        Some(name) => name.into(),
        None => {
            // MySQL's: the first column, then that with a number.
            let first = parts.first().map_or("", |part| &*schema.columns[part.column].name);
            let taken = |name: &str| schema.indexes.iter().any(|index| index.name.eq_ignore_ascii_case(name));
            let numbered = (2..).map(|n| format!("{first}_{n}"));
            let mut names = std::iter::once(first.to_string()).chain(numbered);
            names.find(|name| !taken(name)).unwrap_or_default().into()
        }
    };
    if schema.indexes.iter().any(|index| index.name.eq_ignore_ascii_case(&name)) {
        return Err(Error::new(Code::Exists, format!("index {name} already exists on {}", schema.name)));
    }
    let id = schema.derive_index_id(&name);
    schema.indexes.push(Index { id, name, parts, unique, predicate, constraint });
    Ok(schema.indexes.len() - 1)
}

fn refuse_name(schema: &Schema, name: &str) -> Result<()> {
    let checks = schema.checks.iter().map(|check| &check.name);
    let mut names = checks.chain(schema.foreign_keys.iter().map(|key| &key.name));
    match names.any(|known| known.eq_ignore_ascii_case(name)) {
        true => Err(Error::new(Code::Exists, format!("constraint {name} already exists on {}", schema.name))),
        false => Ok(()),
    }
}

fn free_name(start: &str, schema: &Schema) -> Rc<str> {
    let names = (1..).map(|n: u32| format!("{start}{n}"));
    names.into_iter().find(|name| refuse_name(schema, name).is_ok()).unwrap_or_default().into()
}

fn add_foreign_key(cx: &Context, schema: &mut Schema, definition: &ForeignKeyDef) -> Result<()> {
    let name: Rc<str> = match &definition.name {
        Some(name) => name.as_str().into(),
        None => free_name(&format!("{}_ibfk_", schema.name), schema),
    };
    refuse_name(schema, &name)?;
    let mut columns = Vec::with_capacity(definition.columns.len());
    for column in &definition.columns {
        let missing = || Error::new(Code::ColumnNotFound, format!("table {} has no column {column}", schema.name));
        columns.push(schema.column(column).ok_or_else(|| missing().at(definition.at))?);
    }
    schema.foreign_keys.push(ForeignKey {
        name,
        columns,
        parent_table: local(cx, &definition.parent)?.into(),
        parent_columns: definition.parent_columns.iter().map(|column| column.as_str().into()).collect(),
        on_delete: definition.on_delete,
        on_update: definition.on_update,
    });
    Ok(())
}

/// What a schema as a whole must keep: a foreign key finds a key in its parent, if the parent is there;
/// a parent that is not there yet is looked for when rows come.
pub fn check_foreign_keys(cx: &Context, schema: &Schema) -> Result<()> {
    for (number, key) in schema.foreign_keys.iter().enumerate() {
        let own = key.parent_table.eq_ignore_ascii_case(&schema.name);
        let parent = if own { None } else { cx.workspace.borrow().schema(&key.parent_table) };
        let resolved = match (&parent, own) {
            (Some(parent), _) => resolve_foreign_key(schema, number, parent),
            (None, true) => resolve_foreign_key(schema, number, schema),
            (None, false) => Ok(()),
        };
        if let Err(reason) = resolved {
            let message = format!("foreign key {} of {}: {reason}", key.name, schema.name);
            return Err(Error::new(Code::Constraint, message));
        }
    }
    Ok(())
}
