//! `information_schema.⟨t⟩`: what the introspection of ORMs reads, with MySQL's columns.

use std::rc::Rc;

use super::scan::{integer, may_be_table, rows, text, Scan};
use super::{BoundTable, SystemTable};
use crate::error::Result;
use crate::repo::{Column, KeyPart, Schema};
use crate::sql::relation::Row;
use crate::sql::versions::action_name;
use crate::sql::{Context, OutputColumn};
use crate::tuple::{ColumnType, Value};

pub struct InformationSchema;

const PREFIX: &str = "information_schema.";

impl SystemTable for InformationSchema {
    fn bind(&self, _: &Context, name: &str, arguments: Option<&[Value]>) -> Result<Option<Box<dyn BoundTable>>> {
        let Some(table) = name.strip_prefix(PREFIX).filter(|_| arguments.is_none()) else { return Ok(None) };
        let Some((columns, make)) = table_of(table) else { return Ok(None) };
        let position = columns.iter().position(|column| &*column.name == "TABLE_NAME");
        Scan::new(columns, move |cx, wanted| {
            let mut found = make(cx);
            if let Some(position) = position {
                found.retain(|row| matches!(&row[position], Value::Text(name) if may_be_table(wanted, position, name)));
            }
            rows(found)
        })
        .bound()
    }
}

type Make = fn(&Context) -> Vec<Row>;

fn table_of(name: &str) -> Option<(Vec<OutputColumn>, Make)> {
    let texts = |names: &[&str]| -> Vec<OutputColumn> {
        let column = |name: &&str| match *name {
            "ORDINAL_POSITION" | "SEQ_IN_INDEX" | "NON_UNIQUE" | "TABLE_ROWS" | "CHARACTER_MAXIMUM_LENGTH"
            | "NUMERIC_PRECISION" | "NUMERIC_SCALE" | "POSITION_IN_UNIQUE_CONSTRAINT" => integer(name),
            _ => text(name),
        };
        names.iter().map(column).collect()
    };
    let (names, make): (&[&str], Make) = match name {
        "schemata" => (&["CATALOG_NAME", "SCHEMA_NAME", "DEFAULT_CHARACTER_SET_NAME", "DEFAULT_COLLATION_NAME"], schemata),
        "tables" => (
            &["TABLE_CATALOG", "TABLE_SCHEMA", "TABLE_NAME", "TABLE_TYPE", "ENGINE", "TABLE_COLLATION", "TABLE_COMMENT"],
            tables,
        ),
        "columns" => (
            &[
                "TABLE_CATALOG", "TABLE_SCHEMA", "TABLE_NAME", "COLUMN_NAME", "ORDINAL_POSITION", "COLUMN_DEFAULT",
                "IS_NULLABLE", "DATA_TYPE", "CHARACTER_MAXIMUM_LENGTH", "NUMERIC_PRECISION", "NUMERIC_SCALE", "COLUMN_TYPE",
                "COLUMN_KEY", "EXTRA", "COLUMN_COMMENT", "GENERATION_EXPRESSION",
            ],
            columns,
        ),
        "key_column_usage" => (
            &[
                "CONSTRAINT_CATALOG", "CONSTRAINT_SCHEMA", "CONSTRAINT_NAME", "TABLE_SCHEMA", "TABLE_NAME", "COLUMN_NAME",
                "ORDINAL_POSITION", "POSITION_IN_UNIQUE_CONSTRAINT", "REFERENCED_TABLE_SCHEMA", "REFERENCED_TABLE_NAME",
                "REFERENCED_COLUMN_NAME",
            ],
            key_column_usage,
        ),
        "table_constraints" => (
            &["CONSTRAINT_CATALOG", "CONSTRAINT_SCHEMA", "CONSTRAINT_NAME", "TABLE_SCHEMA", "TABLE_NAME", "CONSTRAINT_TYPE", "ENFORCED"],
            table_constraints,
        ),
        "check_constraints" => (&["CONSTRAINT_CATALOG", "CONSTRAINT_SCHEMA", "CONSTRAINT_NAME", "CHECK_CLAUSE"], check_constraints),
        "statistics" => (
            &[
                "TABLE_CATALOG", "TABLE_SCHEMA", "TABLE_NAME", "NON_UNIQUE", "INDEX_SCHEMA", "INDEX_NAME", "SEQ_IN_INDEX",
                "COLUMN_NAME", "COLLATION", "NULLABLE", "INDEX_TYPE",
            ],
            statistics,
        ),
        "referential_constraints" => (
            &[
                "CONSTRAINT_CATALOG", "CONSTRAINT_SCHEMA", "CONSTRAINT_NAME", "UNIQUE_CONSTRAINT_NAME", "UPDATE_RULE",
                "DELETE_RULE", "TABLE_NAME", "REFERENCED_TABLE_NAME",
            ],
            referential_constraints,
        ),
        "views" => (&["TABLE_CATALOG", "TABLE_SCHEMA", "TABLE_NAME", "VIEW_DEFINITION", "IS_UPDATABLE"], views),
        _ => return None,
    };
    Some((texts(names), make))
}

fn def() -> Value { Value::from("def") }
fn database(cx: &Context) -> Value { Value::Text(cx.settings.database.clone()) }
fn word(text: &str) -> Value { Value::from(text) }

/// Tables of the user, in order of names.
fn schemas(cx: &Context) -> Vec<Rc<Schema>> {
    let workspace = cx.workspace.borrow();
    let own = workspace.root().tables.iter().filter(|(name, _)| !name.starts_with("dolt_"));
    own.map(|(_, table)| table.schema.clone()).collect()
}

fn name_of(schema: &Schema, position: usize) -> Value { Value::Text(schema.columns[position].name.clone()) }

fn schemata(cx: &Context) -> Vec<Row> {
    vec![vec![def(), database(cx), word("utf8mb4"), word("utf8mb4_0900_bin")]]
}

fn tables(cx: &Context) -> Vec<Row> {
    let row = |name: &Rc<str>, kind: &str, engine: Value, comment: Value| {
        vec![def(), database(cx), Value::Text(name.clone()), word(kind), engine, word("utf8mb4_0900_bin"), comment]
    };
    let mut found: Vec<Row> = schemas(cx)
        .iter()
        .map(|schema| row(&schema.name, "BASE TABLE", word("InnoDB"), Value::Text(schema.comment.clone())))
        .collect();
    let workspace = cx.workspace.borrow();
    let views = workspace.root().views.values().filter(|view| !view.is_trigger());
    found.extend(views.map(|view| row(&view.name, "VIEW", Value::Null, word("VIEW"))));
    found
}

fn columns(cx: &Context) -> Vec<Row> {
    let mut found = Vec::new();
    for schema in schemas(cx) {
        for (position, column) in schema.columns.iter().enumerate() {
            let generated = column.generated.as_ref();
            let (length, precision, scale) = sizes(&column.column_type);
            let extra = match (generated.map(|generated| generated.stored), column.auto_increment) {
                (Some(true), _) => "STORED GENERATED",
                (Some(false), _) => "VIRTUAL GENERATED",
                (None, true) => "auto_increment",
                (None, false) => "",
            };
            found.push(vec![
                def(),
                database(cx),
                Value::Text(schema.name.clone()),
                Value::Text(column.name.clone()),
                Value::Int(position as i64 + 1),
                column.default.clone().map_or(Value::Null, Value::Text),
                word(if column.nullable { "YES" } else { "NO" }),
                word(declared(column).split(['(', ' ']).next().unwrap_or_default()),
                length,
                precision,
                scale,
                Value::from(declared(column)),
                word(key_kind(&schema, position)),
                word(extra),
                Value::Text(column.comment.clone()),
                generated.map_or(word(""), |generated| Value::Text(generated.expression.clone())),
            ]);
        }
    }
    found
}

fn declared(column: &Column) -> String {
    if column.declared.is_empty() {
        column.column_type.to_string().to_ascii_lowercase()
    } else {
        column.declared.to_ascii_lowercase()
    }
}

fn sizes(column_type: &ColumnType) -> (Value, Value, Value) {
    let max = |max: &Option<u32>| max.map_or(Value::Null, |max| Value::Int(i64::from(max)));
    match column_type {
        ColumnType::Text { max: length } | ColumnType::Blob { max: length } => (max(length), Value::Null, Value::Null),
        ColumnType::Decimal { precision, scale } => {
            (Value::Null, Value::Int(i64::from(*precision)), Value::Int(i64::from(*scale)))
        }
        ColumnType::Int { bits: 64, .. } => (Value::Null, Value::Int(19), Value::Int(0)),
        ColumnType::Int { bits, .. } => (Value::Null, Value::Int(i64::from(*bits)), Value::Int(0)),
        _ => (Value::Null, Value::Null, Value::Null),
    }
}

fn key_kind(schema: &Schema, position: usize) -> &'static str {
    let leads = |parts: &[KeyPart]| parts.first().is_some_and(|part| part.column == position);
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

/// Name, parts, of the primary key and the unique indexes.
fn keys(schema: &Schema) -> Vec<(Rc<str>, &[KeyPart])> {
    let primary = (!schema.primary_key.is_empty()).then(|| (Rc::from("PRIMARY"), &schema.primary_key[..]));
    let unique = schema.indexes.iter().filter(|index| index.unique).map(|index| (index.name.clone(), &index.parts[..]));
    primary.into_iter().chain(unique).collect()
}

fn key_column_usage(cx: &Context) -> Vec<Row> {
    let mut found = Vec::new();
    for schema in schemas(cx) {
        let mut push = |name: Rc<str>, column: usize, place: usize, parent: Option<(&Rc<str>, Value)>| {
            let (parent_place, parent_schema, parent_table, parent_column) = match parent {
                Some((table, column)) => (Value::Int(place as i64 + 1), database(cx), Value::Text(table.clone()), column),
                None => (Value::Null, Value::Null, Value::Null, Value::Null),
            };
            found.push(vec![
                def(),
                database(cx),
                Value::Text(name),
                database(cx),
                Value::Text(schema.name.clone()),
                name_of(&schema, column),
                Value::Int(place as i64 + 1),
                parent_place,
                parent_schema,
                parent_table,
                parent_column,
            ]);
        };
        for (name, parts) in keys(&schema) {
            for (place, part) in parts.iter().enumerate() {
                push(name.clone(), part.column, place, None);
            }
        }
        for key in &schema.foreign_keys {
            let parent = cx.workspace.borrow().schema(&key.parent_table);
            for (place, column) in key.columns.iter().enumerate() {
                let named = key.parent_columns.get(place).map(|name| Value::Text(name.clone()));
                let primary = || {
                    let parent = parent.as_ref()?;
                    Some(name_of(parent, parent.primary_key.get(place)?.column))
                };
                let referenced = named.or_else(primary).unwrap_or(Value::Null);
                push(key.name.clone(), *column, place, Some((&key.parent_table, referenced)));
            }
        }
    }
    found
}

fn table_constraints(cx: &Context) -> Vec<Row> {
    let mut found = Vec::new();
    for schema in schemas(cx) {
        let mut push = |name: Rc<str>, kind: &str| {
            found.push(vec![
                def(),
                database(cx),
                Value::Text(name),
                database(cx),
                Value::Text(schema.name.clone()),
                word(kind),
                word("YES"),
            ]);
        };
        for (name, _) in keys(&schema) {
            let kind = if &*name == "PRIMARY" { "PRIMARY KEY" } else { "UNIQUE" };
            push(name, kind);
        }
        schema.foreign_keys.iter().for_each(|key| push(key.name.clone(), "FOREIGN KEY"));
        schema.checks.iter().for_each(|check| push(check.name.clone(), "CHECK"));
    }
    found
}

fn check_constraints(cx: &Context) -> Vec<Row> {
    let mut found = Vec::new();
    for schema in schemas(cx) {
        for check in &schema.checks {
            let clause = Value::Text(check.expression.clone());
            found.push(vec![def(), database(cx), Value::Text(check.name.clone()), clause]);
        }
    }
    found
}

fn statistics(cx: &Context) -> Vec<Row> {
    let mut found = Vec::new();
    for schema in schemas(cx) {
        let primary = (!schema.primary_key.is_empty()).then(|| (Rc::from("PRIMARY"), true, &schema.primary_key));
        let indexes = schema.indexes.iter().map(|index| (index.name.clone(), index.unique, &index.parts));
        for (name, unique, parts) in primary.into_iter().chain(indexes) {
            for (place, part) in parts.iter().enumerate() {
                found.push(vec![
                    def(),
                    database(cx),
                    Value::Text(schema.name.clone()),
                    Value::bool(!unique),
                    database(cx),
                    Value::Text(name.clone()),
                    Value::Int(place as i64 + 1),
                    name_of(&schema, part.column),
                    word(if part.descending { "D" } else { "A" }),
                    word(if schema.columns[part.column].nullable { "YES" } else { "" }),
                    word("BTREE"),
                ]);
            }
        }
    }
    found
}

fn referential_constraints(cx: &Context) -> Vec<Row> {
    let mut found = Vec::new();
    for schema in schemas(cx) {
        for key in &schema.foreign_keys {
            found.push(vec![
                def(),
                database(cx),
                Value::Text(key.name.clone()),
                word("PRIMARY"),
                word(action_name(key.on_update)),
                word(action_name(key.on_delete)),
                Value::Text(schema.name.clone()),
                Value::Text(key.parent_table.clone()),
            ]);
        }
    }
    found
}

fn views(cx: &Context) -> Vec<Row> {
    let workspace = cx.workspace.borrow();
    let views = workspace.root().views.values();
    views
        .filter(|view| !view.is_trigger())
        .map(|view| vec![def(), database(cx), Value::Text(view.name.clone()), Value::Text(view.sql.clone()), word("NO")])
        .collect()
}
