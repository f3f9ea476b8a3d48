//! `dolt_patch(a, b [, t])`: SQL that makes of the database at a what it is at b.

use std::collections::VecDeque;
use std::rc::Rc;

use super::diff_shape::DiffShape;
use super::scan::{integer, rows, text, wrong_count, Scan};
use super::schema_diff::Ends;
use super::table_deltas::{deltas, key_changed};
use super::{BoundTable, SystemTable, Wanted};
use crate::error::Result;
use crate::hash::Address;
use crate::repo::{diff_views, fold, Column, KeyPart, Schema, Table, TableDelta};
use crate::sql::eval::{compile_text, Scope};
use crate::sql::relation::Row;
use crate::sql::versions::{
    column_definition, create_index, create_table, create_view, foreign_key_definition, quoted, ChangeKind, RowChange,
};
use crate::sql::Context;
use crate::tuple::{real_to_text, Value};

pub struct Patch;

const NAME: &str = "dolt_patch";

impl SystemTable for Patch {
    fn bind(&self, cx: &Context, name: &str, arguments: Option<&[Value]>) -> Result<Option<Box<dyn BoundTable>>> {
        let Some(arguments) = arguments.filter(|_| name == NAME) else { return Ok(None) };
        if arguments.is_empty() || (arguments.len() == 1 && !matches!(&arguments[0], Value::Text(text) if text.contains(".."))) {
            return Err(wrong_count(NAME, "2 to 3", arguments.len()));
        }
        let ends = Ends::parse(cx, NAME, arguments)?;
        let columns = vec![
            integer("statement_order"),
            text("from_commit_hash"),
            text("to_commit_hash"),
            text("table_name"),
            text("diff_type"),
            text("statement"),
        ];
        Scan::new(columns, move |cx, _| {
            let mut deltas = deltas(cx, &ends)?;
            deltas.known(&ends)?;
            let to_name = |delta: &TableDelta| delta.to.as_ref().map(|table| fold(&table.schema.name));
            crate::sort::sort_by_key(&mut deltas.tables, to_name);
            let (from, to) = (shown(cx, &ends.from)?, shown(cx, &ends.to)?);
            let mut found: Vec<Row> = Vec::new();
            let mut push = |table: &str, kind: &str, statement: String| {
                let order = Value::Int(found.len() as i64 + 1);
                found.push(vec![
                    order,
                    Value::from(from.as_str()),
                    Value::from(to.as_str()),
                    Value::from(table),
                    Value::from(kind),
                    Value::from(statement),
                ]);
            };
            for delta in &deltas.tables {
                for statement in definition(cx, delta)? {
                    push(delta.name(), "schema", statement);
                }
                let mut rows = data(cx, delta)?;
                while let Some(statement) = rows.pop_front() {
                    push(delta.name(), "data", statement);
                }
            }
            if ends.table.is_none() {
                for (_, old, new) in diff_views(&deltas.from, &deltas.to) {
                    if let Some(old) = &old {
                        push(&old.name, "schema", format!("DROP {} {};", if old.is_trigger() { "TRIGGER" } else { "VIEW" }, quoted(&old.name)));
                    }
                    if let Some(new) = &new {
                        push(&new.name, "schema", format!("{};", create_view(new)));
                    }
                }
            }
            rows(found)
        })
        .bound()
    }
}

/// A commit's hash; WORKING and STAGED as they are.
fn shown(cx: &Context, spec: &str) -> Result<String> {
    Ok(match cx.revision(spec)?.commit() {
        Some(commit) => Address::to_string(&commit),
        None => spec.to_string(),
    })
}

/// The statements that change a table's definition.
fn definition(cx: &Context, delta: &TableDelta) -> Result<Vec<String>> {
    Ok(match (&delta.from, &delta.to) {
        (None, Some(to)) => created(&to.schema),
        (Some(from), None) => vec![format!("DROP TABLE {};", quoted(&from.schema.name))],
        (Some(from), Some(to)) if from.schema != to.schema => altered(cx, &from.schema, &to.schema)?,
        _ => Vec::new(),
    })
}

fn created(schema: &Schema) -> Vec<String> {
    let partial = schema.indexes.iter().filter(|index| index.predicate.is_some());
    std::iter::once(create_table(schema)).chain(partial.map(|index| create_index(schema, index))).map(|sql| sql + ";").collect()
}

fn altered(cx: &Context, from: &Schema, to: &Schema) -> Result<Vec<String>> {
    let table = quoted(&to.name);
    let mut statements = Vec::new();
    if from.name != to.name {
        statements.push(format!("RENAME TABLE {} TO {table};", quoted(&from.name)));
    }
    let mut alter = |what: String| statements.push(format!("ALTER TABLE {table} {what};"));
    for index in from.indexes.iter().filter(|index| !to.indexes.iter().any(|other| same_index(from, index, to, other))) {
        alter(format!("DROP INDEX {}", quoted(&index.name)));
    }
    for key in from.foreign_keys.iter().filter(|key| !to.foreign_keys.contains(key)) {
        alter(format!("DROP FOREIGN KEY {}", quoted(&key.name)));
    }
    for check in from.checks.iter().filter(|check| !to.checks.contains(check)) {
        alter(format!("DROP CONSTRAINT {}", quoted(&check.name)));
    }
    let keys_differ = key_names(from) != key_names(to);
    if keys_differ && !from.primary_key.is_empty() {
        alter("DROP PRIMARY KEY".to_string());
    }
    // What is generated goes first and comes last: it reads other columns.
    let generated = |column: &&Column| column.generated.is_some();
    let gone = |column: &&Column| pair(column, &from.columns, &to.columns).is_none();
    let (first, rest): (Vec<&Column>, Vec<&Column>) = from.columns.iter().partition(|column| generated(column) && gone(column));
    for column in first.into_iter().rev().chain(rest) {
        match pair(column, &from.columns, &to.columns) {
            None => alter(format!("DROP {}", quoted(&column.name))),
            Some(other) => {
                if other.name != column.name {
                    alter(format!("RENAME COLUMN {} TO {}", quoted(&column.name), quoted(&other.name)));
                }
                if definition_of(column) != definition_of(other) {
                    alter(format!("MODIFY COLUMN {}", column_definition(other)));
                }
            }
        }
    }
    let (last, new): (Vec<&Column>, Vec<&Column>) =
        to.columns.iter().filter(|column| pair(column, &to.columns, &from.columns).is_none()).partition(generated);
    for column in new.into_iter().chain(last) {
        added(cx, column)?.into_iter().for_each(&mut alter);
    }
    if keys_differ && !to.primary_key.is_empty() {
        alter(format!("ADD PRIMARY KEY ({})", key_names(to).join(",")));
    }
    for index in to.indexes.iter().filter(|index| !from.indexes.iter().any(|other| same_index(to, index, from, other))) {
        if index.predicate.is_some() {
            statements.push(format!("{};", create_index(to, index)));
            continue;
        }
        let part = |part: &KeyPart| quoted(&to.columns[part.column].name) + if part.descending { " DESC" } else { "" };
        let parts: Vec<String> = index.parts.iter().map(part).collect();
        let kind = if index.unique { "UNIQUE INDEX" } else { "INDEX" };
        statements.push(format!("ALTER TABLE {table} ADD {kind} {}({});", quoted(&index.name), parts.join(",")));
    }
    for key in to.foreign_keys.iter().filter(|key| !from.foreign_keys.contains(key)) {
        statements.push(format!("ALTER TABLE {table} ADD {};", foreign_key_definition(to, key)));
    }
    for check in to.checks.iter().filter(|check| !from.checks.contains(check)) {
        let name = quoted(&check.name);
        statements.push(format!("ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({});", check.expression));
    }
    Ok(statements)
}

fn default_value(cx: &Context, column: &Column) -> Result<Value> {
    match &column.default {
        Some(text) => compile_text(cx, text, &Scope::empty())?.eval(&[], cx).and_then(|value| column.column_type.coerce(value)),
        None => Ok(Value::Null),
    }
}

/// Rows that are there get the column's fill; where DEFAULT says something else by now, it comes afterwards.
fn added(cx: &Context, column: &Column) -> Result<Vec<String>> {
    let given = default_value(cx, column);
    let wanted = if column.fill.is_null() && !column.nullable { None } else { Some(&column.fill) };
    if column.generated.is_some() || wanted.is_none_or(|fill| given.is_ok_and(|given| given == *fill)) {
        return Ok(vec![format!("ADD {}", column_definition(column))]);
    }
    let mut first = column.clone();
    first.default = Some(literal(&column.fill).into());
    let name = quoted(&column.name);
    let then = match &column.default {
        Some(_) => format!("MODIFY COLUMN {}", column_definition(column)),
        None => format!("ALTER COLUMN {name} DROP DEFAULT"),
    };
    Ok(vec![format!("ADD {}", column_definition(&first)), then])
}

/// The same column on the other side: by id, else by name where that name's column is nobody's there.
fn pair<'a>(column: &Column, own: &[Column], other: &'a [Column]) -> Option<&'a Column> {
    other.iter().find(|other| other.id == column.id).or_else(|| {
        let named = other.iter().find(|candidate| fold(&candidate.name) == fold(&column.name))?;
        (!own.iter().any(|mine| mine.id == named.id)).then_some(named)
    })
}

/// Without the name, which a rename changes alone.
fn definition_of(column: &Column) -> String {
    let mut unnamed = column.clone();
    unnamed.name = "".into();
    column_definition(&unnamed)
}

fn key_names(schema: &Schema) -> Vec<String> {
    schema.primary_key.iter().map(|part| schema.columns[part.column].name.to_string()).collect()
}

fn same_index(a: &Schema, one: &crate::repo::Index, b: &Schema, other: &crate::repo::Index) -> bool {
    let columns = |schema: &Schema, index: &crate::repo::Index| -> Vec<_> {
        index.parts.iter().map(|part| (schema.columns[part.column].id, part.descending)).collect()
    };
    one.name == other.name
        && one.unique == other.unique
        && one.predicate == other.predicate
        && columns(a, one) == columns(b, other)
}

/// One statement a changed row. A key that changed its columns cannot be told row by row.
fn data(cx: &Context, delta: &TableDelta) -> Result<VecDeque<String>> {
    let mut statements = VecDeque::new();
    let (Some(to), from) = (&delta.to, delta.from.as_ref()) else { return Ok(statements) };
    if key_changed(delta) {
        return Ok(statements);
    }
    let Some(shape) = DiffShape::between(from, Some(to)) else { return Ok(statements) };
    let mut changes = shape.open(cx, from, Some(to), &Wanted::default())?;
    while let Some(change) = changes.next()? {
        statements.extend(statement(cx, to, &shape, &change)?);
    }
    Ok(statements)
}

fn statement(cx: &Context, to: &Rc<Table>, shape: &DiffShape, change: &RowChange) -> Result<Option<String>> {
    let schema = &to.schema;
    let table = quoted(&schema.name);
    let stored = |column: &Column| column.generated.is_none();
    // What the row holds once the statements that change the definition have run.
    let before = |column: &Column| -> Value {
        let Some(own) = pair(column, &shape.to, &shape.from) else {
            let defaults = column.fill.is_null() && !column.nullable && stored(column);
            return if defaults { default_value(cx, column).unwrap_or(Value::Null) } else { column.fill.clone() };
        };
        let position = shape.from.iter().position(|other| other.id == own.id);
        let old = position.zip(change.from.as_ref()).and_then(|(position, row)| row.get(position)).unwrap_or(&Value::Null);
        column.column_type.coerce(old.clone()).unwrap_or_else(|_| old.clone())
    };
    let condition = || -> String {
        let equals = |column: &Column| match before(column) {
            Value::Null => format!("{} IS NULL", quoted(&column.name)),
            value => format!("{}={}", quoted(&column.name), literal(&value)),
        };
        let columns: Vec<&Column> = match schema.is_keyless() {
            true => schema.columns.iter().filter(|column| stored(column)).collect(),
            false => schema.primary_key.iter().map(|part| &schema.columns[part.column]).collect(),
        };
        columns.into_iter().map(equals).collect::<Vec<_>>().join(" AND ")
    };
    Ok(match (change.kind, &change.to) {
        (ChangeKind::Removed, _) => {
            let limit = if schema.is_keyless() { " LIMIT 1" } else { "" };
            Some(format!("DELETE FROM {table} WHERE {}{limit};", condition()))
        }
        (ChangeKind::Added, Some(row)) => {
            let cells = shape.to.iter().zip(row).filter(|(column, _)| stored(column));
            let (names, values): (Vec<String>, Vec<String>) =
                cells.map(|(column, value)| (quoted(&column.name), literal(value))).unzip();
            Some(format!("INSERT INTO {table} ({}) VALUES ({});", names.join(","), values.join(",")))
        }
        (ChangeKind::Modified, Some(row)) => {
            let changed = shape.to.iter().zip(row).filter(|(column, value)| stored(column) && before(column) != **value);
            let set: Vec<String> = changed.map(|(column, value)| format!("{}={}", quoted(&column.name), literal(value))).collect();
            (!set.is_empty()).then(|| format!("UPDATE {table} SET {} WHERE {};", set.join(","), condition()))
        }
        _ => None,
    })
}

/// A value as SQL writes it.
fn literal(value: &Value) -> String {
    match value {
        Value::Null => "NULL".into(),
        Value::Int(int) => int.to_string(),
        Value::Real(real) => real_to_text(*real),
        Value::Decimal(decimal) => decimal.to_string(),
        Value::Text(text) => format!("'{}'", text.replace('\'', "''")),
        Value::Blob(bytes) => format!("X'{}'", super::conflict_shape::hex(bytes)),
    }
}
