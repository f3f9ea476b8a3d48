//! CREATE statements that make a table, an index or a view as it is, in the spelling of Dolt and MySQL.

use std::fmt::Write;

use crate::repo::{Action, Column, ForeignKey, Index, KeyPart, Schema, View};

/// An identifier in backticks.
pub fn quoted(name: &str) -> String { format!("`{}`", name.replace('`', "``")) }

pub fn create_table(schema: &Schema) -> String {
    let mut lines: Vec<String> = schema.columns.iter().map(column).collect();
    if !schema.primary_key.is_empty() {
        lines.push(format!("PRIMARY KEY {}", parts(schema, &schema.primary_key)));
    }
    for index in &schema.indexes {
        let kind = if index.unique { "UNIQUE KEY" } else { "KEY" };
        if index.predicate.is_none() {
            lines.push(format!("{kind} {} {}", quoted(&index.name), parts(schema, &index.parts)));
        }
    }
    lines.extend(schema.foreign_keys.iter().map(|key| foreign_key(schema, key)));
    for check in &schema.checks {
        lines.push(format!("CONSTRAINT {} CHECK ({})", quoted(&check.name), check.expression));
    }
    let mut sql = format!("CREATE TABLE {} (\n  {}\n)", quoted(&schema.name), lines.join(",\n  "));
    sql.push_str(" ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_bin");
    if !schema.comment.is_empty() {
        let _ = write!(sql, " COMMENT={}", text(&schema.comment));
    }
    sql
}

/// CREATE INDEX of an index that a table's definition cannot say (a partial one), or of any.
pub fn create_index(schema: &Schema, index: &Index) -> String {
    let unique = if index.unique { "UNIQUE " } else { "" };
    let mut sql =
        format!("CREATE {unique}INDEX {} ON {} {}", quoted(&index.name), quoted(&schema.name), parts(schema, &index.parts));
    if let Some(predicate) = &index.predicate {
        let _ = write!(sql, " WHERE {predicate}");
    }
    sql
}

/// Of a trigger as well.
pub fn create_view(view: &View) -> String {
    if view.is_trigger() {
        return view.sql.to_string();
    }
    let columns: Vec<String> = view.columns.iter().map(|column| quoted(column)).collect();
    let columns = if columns.is_empty() { String::new() } else { format!(" ({})", columns.join(", ")) };
    format!("CREATE VIEW {}{columns} AS {}", quoted(&view.name), view.sql)
}

/// A column as it stands in CREATE TABLE and ADD COLUMN.
pub fn column(column: &Column) -> String {
    let declared = if column.declared.is_empty() { column.column_type.to_string() } else { column.declared.to_string() };
    let declared = if declared.contains(['\'', '"']) { declared } else { declared.to_ascii_lowercase() };
    let mut sql = format!("{} {declared}", quoted(&column.name));
    if column.nocase {
        sql.push_str(" COLLATE NOCASE");
    }
    if let Some(generated) = &column.generated {
        let _ = write!(sql, " GENERATED ALWAYS AS ({})", generated.expression);
        if generated.stored {
            sql.push_str(" STORED");
        }
    }
    if !column.nullable {
        sql.push_str(" NOT NULL");
    }
    if column.auto_increment {
        sql.push_str(" AUTO_INCREMENT");
    }
    if let Some(default) = &column.default {
        let plain = default.starts_with(['\'', '(', '-', '+', '.', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
            || ["NULL", "CURRENT_TIMESTAMP", "TRUE", "FALSE"].iter().any(|word| default.eq_ignore_ascii_case(word));
        let _ = if plain { write!(sql, " DEFAULT {default}") } else { write!(sql, " DEFAULT ({default})") };
    }
    if let Some(on_update) = &column.on_update {
        let _ = write!(sql, " ON UPDATE {on_update}");
    }
    if !column.comment.is_empty() {
        let _ = write!(sql, " COMMENT {}", text(&column.comment));
    }
    sql
}

fn text(text: &str) -> String { format!("'{}'", text.replace('\'', "''")) }

fn name_of(schema: &Schema, position: usize) -> String {
    schema.columns.get(position).map_or_else(String::new, |column| quoted(&column.name))
}

fn parts(schema: &Schema, parts: &[KeyPart]) -> String {
    let parts: Vec<String> = parts
        .iter()
        .map(|part| format!("{}{}", name_of(schema, part.column), if part.descending { " DESC" } else { "" }))
        .collect();
    format!("({})", parts.join(","))
}

pub fn foreign_key(schema: &Schema, key: &ForeignKey) -> String {
    let own: Vec<String> = key.columns.iter().map(|position| name_of(schema, *position)).collect();
    let parent: Vec<String> = key.parent_columns.iter().map(|name| quoted(name)).collect();
    let parent = if parent.is_empty() { String::new() } else { format!(" ({})", parent.join(",")) };
    let mut sql = format!(
        "CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {}{parent}",
        quoted(&key.name),
        own.join(","),
        quoted(&key.parent_table)
    );
    for (event, action) in [("DELETE", key.on_delete), ("UPDATE", key.on_update)] {
        if action != Action::NoAction {
            let _ = write!(sql, " ON {event} {}", action_name(action));
        }
    }
    sql
}

pub fn action_name(action: Action) -> &'static str {
    match action {
        Action::NoAction => "NO ACTION",
        Action::Restrict => "RESTRICT",
        Action::Cascade => "CASCADE",
        Action::SetNull => "SET NULL",
        Action::SetDefault => "SET DEFAULT",
    }
}
