//! SHOW, DESCRIBE and PRAGMA: what a person, and an ORM's introspection, asks first.

use gluesql::core::sqlparser::ast::{Expr, ObjectName};

use crate::error::{Error, Result};
use crate::repo::{fold, Column, Refs, Schema};
use crate::sql::eval::constant;
use crate::sql::eval::functions::like::Pattern;
use crate::sql::parser::Show;
use crate::sql::relation::Row;
use crate::sql::versions::{create_table, create_view, Snapshot};
use crate::sql::workspace::missing;
use crate::sql::write::table_name;
use crate::sql::{Context, Outcome, OutputColumn};
use crate::tuple::{ColumnType, Value};

fn outcome(names: &[&str], rows: Vec<Row>) -> Outcome {
    let columns = names.iter().map(|name| OutputColumn::new(*name, ColumnType::Any)).collect();
    Outcome { columns, rows, affected: 0 }
}

fn text(text: impl AsRef<str>) -> Value { Value::from(text.as_ref()) }
fn text_or_null(value: Option<impl AsRef<str>>) -> Value { value.map_or(Value::Null, text) }

pub fn show(cx: &Context, what: &Show) -> Result<Outcome> {
    match what {
        Show::Tables { full, as_of, like } => tables(cx, *full, as_of.as_ref(), like.as_deref()),
        Show::Columns(name) => columns(&*schema(cx, name)?),
        Show::CreateTable(name) => show_create(cx, name),
        Show::Indexes(name) => Ok(indexes(&*schema(cx, name)?)),
        Show::Databases => Ok(outcome(&["Database"], vec![vec![text(&cx.settings.database)]])),
        Show::Branches => {
            let current = cx.settings.branch.as_deref();
            let mut rows = Vec::new();
            for (name, head) in cx.branches()? {
                rows.push(vec![text(&name), text(head.to_string()), Value::bool(current == Some(name.as_str()))]);
            }
            Ok(outcome(&["name", "hash", "is_current"], rows))
        }
        Show::Variables { like } => {
            let pattern = pattern(like.as_deref());
            let variables = cx.settings.variables.iter().filter(|(name, _)| !name.starts_with('@'));
            let rows = variables.filter(|(name, _)| pattern.as_ref().is_none_or(|pattern| pattern.matches(name)));
            Ok(outcome(&["Variable_name", "Value"], rows.map(|(name, value)| vec![text(name), value.clone()]).collect()))
        }
        Show::Warnings => Ok(outcome(&["Level", "Code", "Message"], Vec::new())),
    }
}

fn pattern(like: Option<&str>) -> Option<Pattern> { like.map(|like| Pattern::like(like, Some('\\'))) }

fn tables(cx: &Context, full: bool, as_of: Option<&Expr>, like: Option<&str>) -> Result<Outcome> {
    let mut names: Vec<(String, &str)> = match as_of {
        None => {
            let workspace = cx.workspace.borrow();
            let root = workspace.root();
            let tables = root.tables.values().map(|table| (table.schema.name.to_string(), "BASE TABLE"));
            tables.chain(root.views.values().filter(|view| !view.is_trigger()).map(|view| (view.name.to_string(), "VIEW"))).collect()
        }
        Some(revision) => {
            let Value::Text(revision) = constant(cx, revision)? else {
                return Err(Error::bad_argument("AS OF takes a revision"));
            };
            let snapshot = Snapshot::resolve(cx, &revision)?;
            let mut names = Vec::new();
            for entry in snapshot.entries() {
                names.push((entry.name.clone(), "BASE TABLE"));
            }
            names
        }
    };
    names.sort();
    let pattern = pattern(like);
    // The system's own tables are there all the same.
    names.retain(|(name, _)| !fold(name).starts_with("dolt_"));
    names.retain(|(name, _)| pattern.as_ref().is_none_or(|pattern| pattern.matches(name)));
    let title = format!("Tables_in_{}", cx.settings.database);
    Ok(match full {
        true => outcome(&[&title, "Table_type"], names.iter().map(|(name, kind)| vec![text(name), text(kind)]).collect()),
        false => outcome(&[&title], names.iter().map(|(name, _)| vec![text(name)]).collect()),
    })
}

fn schema(cx: &Context, name: &ObjectName) -> Result<std::rc::Rc<Schema>> {
    let name = table_name(cx, name)?;
    let schema = cx.workspace.borrow().schema(&name);
    schema.ok_or_else(|| missing(&name))
}

pub fn describe(cx: &Context, name: &ObjectName) -> Result<Outcome> {
    let table = fold(&table_name(cx, name)?);
    if cx.workspace.borrow().schema(&table).is_none() {
        for candidate in crate::sql::system::ALL {
            let Some(bound) = candidate.bind(cx, &table, None)? else { continue };
            let shown = bound.columns().len() - bound.hidden();
            let rows = bound.columns()[..shown].iter().map(|column| {
                let kind = match &column.column_type {
                    ColumnType::Bool => "tinyint(1)".to_string(),
                    ColumnType::DateTime => "datetime(3)".to_string(),
                    ColumnType::Int { bits: 64, .. } => "bigint".to_string(),
                    other => other.to_string().to_ascii_lowercase(),
                };
                vec![text(&column.name), text(kind), text("YES"), text(""), Value::Null, text("")]
            });
            return Ok(outcome(&["Field", "Type", "Null", "Key", "Default", "Extra"], rows.collect()));
        }
    }
    columns(&*schema(cx, name)?)
}

/// PRI, UNI or MUL, as MySQL says it.
fn key_of(schema: &Schema, position: usize) -> &'static str {
    let leads = |parts: &[crate::repo::KeyPart]| parts.first().is_some_and(|part| part.column == position);
    if schema.primary_key.iter().any(|part| part.column == position) {
        "PRI"
    } else if schema.indexes.iter().any(|index| index.unique && index.parts.len() == 1 && leads(&index.parts)) {
        "UNI"
    } else if schema.indexes.iter().any(|index| leads(&index.parts)) {
        "MUL"
    } else {
        ""
    }
}

fn declared(column: &Column) -> String {
    match &*column.declared {
        "" => column.column_type.to_string().to_ascii_lowercase(),
        declared if declared.contains('\'') => declared.to_string(),
        declared => declared.to_ascii_lowercase(),
    }
}

fn columns(schema: &Schema) -> Result<Outcome> {
    let rows = schema.columns.iter().enumerate().map(|(position, column)| {
        let extra = match (&column.generated, column.auto_increment) {
            (Some(generated), _) if generated.stored => "STORED GENERATED",
            (Some(_), _) => "VIRTUAL GENERATED",
            (None, true) => "auto_increment",
            (None, false) => "",
        };
        vec![
            text(&column.name),
            text(declared(column)),
            text(if column.nullable { "YES" } else { "NO" }),
            text(key_of(schema, position)),
            text_or_null(column.default.as_ref()),
            text(extra),
        ]
    });
    Ok(outcome(&["Field", "Type", "Null", "Key", "Default", "Extra"], rows.collect()))
}

fn show_create(cx: &Context, name: &ObjectName) -> Result<Outcome> {
    let name = table_name(cx, name)?;
    let view = cx.workspace.borrow().view(&name);
    if let Some(view) = view {
        return Ok(outcome(&["View", "Create View"], vec![vec![text(&view.name), text(create_view(&view))]]));
    }
    let schema = cx.workspace.borrow().schema(&name).ok_or_else(|| missing(&name))?;
    Ok(outcome(&["Table", "Create Table"], vec![vec![text(&schema.name), text(create_table(&schema))]]))
}

fn indexes(schema: &Schema) -> Outcome {
    let mut rows = Vec::new();
    let primary = ("PRIMARY", true, &schema.primary_key);
    let others = schema.indexes.iter().map(|index| (&*index.name, index.unique, &index.parts));
    for (name, unique, parts) in std::iter::once(primary).chain(others) {
        for (place, part) in parts.iter().enumerate() {
            let column = &schema.columns[part.column];
            rows.push(vec![
                text(&schema.name),
                Value::bool(!unique),
                text(name),
                Value::Int(place as i64 + 1),
                text(&column.name),
                text(if part.descending { "D" } else { "A" }),
                text(if column.nullable { "YES" } else { "" }),
                text("BTREE"),
            ]);
        }
    }
    outcome(&["Table", "Non_unique", "Key_name", "Seq_in_index", "Column_name", "Collation", "Null", "Index_type"], rows)
}

pub fn pragma(cx: &Context, name: &str, value: Option<&Expr>) -> Result<Outcome> {
    let argument = |cx: &Context| -> Result<String> {
        match value {
            Some(Expr::Identifier(name)) => Ok(name.value.clone()),
            Some(expr) => match constant(cx, expr)? {
                Value::Text(name) => Ok(name.to_string()),
                _ => Err(Error::bad_argument(format!("PRAGMA {name} takes a name"))),
            },
            None => Err(Error::bad_argument(format!("PRAGMA {name} takes a name"))),
        }
    };
    let table = |cx: &Context| -> Result<_> { Ok(cx.workspace.borrow().schema(&argument(cx)?)) };
    match fold(name).as_str() {
        "table_info" | "table_xinfo" => {
            let Some(schema) = table(cx)? else { return Ok(outcome(&["cid", "name", "type", "notnull", "dflt_value", "pk"], Vec::new())) };
            let rows = schema.columns.iter().enumerate().map(|(position, column)| {
                let key = schema.primary_key.iter().position(|part| part.column == position);
                vec![
                    Value::Int(position as i64),
                    text(&column.name),
                    text(&column.declared),
                    Value::bool(!column.nullable),
                    text_or_null(column.default.as_ref()),
                    Value::Int(key.map_or(0, |place| place as i64 + 1)),
                ]
            });
            Ok(outcome(&["cid", "name", "type", "notnull", "dflt_value", "pk"], rows.collect()))
        }
        "index_list" => {
            let schema = table(cx)?;
            let indexes = schema.iter().flat_map(|schema| schema.indexes.iter().enumerate());
            let rows = indexes.map(|(number, index)| {
                vec![
                    Value::Int(number as i64),
                    text(&index.name),
                    Value::bool(index.unique),
                    text(if index.constraint { "u" } else { "c" }),
                    Value::bool(index.predicate.is_some()),
                ]
            });
            Ok(outcome(&["seq", "name", "unique", "origin", "partial"], rows.collect()))
        }
        "foreign_key_list" => {
            let schema = table(cx)?;
            let mut rows = Vec::new();
            for schema in schema.iter() {
                for (number, key) in schema.foreign_keys.iter().enumerate() {
                    for (place, column) in key.columns.iter().enumerate() {
                        rows.push(vec![
                            Value::Int(number as i64),
                            Value::Int(place as i64),
                            text(&key.parent_table),
                            text(&schema.columns[*column].name),
                            text_or_null(key.parent_columns.get(place)),
                        ]);
                    }
                }
            }
            Ok(outcome(&["id", "seq", "table", "from", "to"], rows))
        }
        // Settings of SQLite's pager and the like: nothing here answers to them.
        _ => Ok(Outcome::default()),
    }
}
