//! `sqlite_master` and `sqlite_schema`: what SQLite's tools read first.

use super::scan::{integer, plain, rows, text, Scan};
use super::{BoundTable, SystemTable};
use crate::error::Result;
use crate::sql::relation::Row;
use crate::sql::versions::{create_index, create_table, create_view};
use crate::sql::Context;
use crate::tuple::Value;

pub struct SqliteMaster;

impl SystemTable for SqliteMaster {
    fn bind(&self, _: &Context, name: &str, arguments: Option<&[Value]>) -> Result<Option<Box<dyn BoundTable>>> {
        if !plain("sqlite_master", name, arguments)? && !plain("sqlite_schema", name, arguments)? {
            return Ok(None);
        }
        let columns = vec![text("type"), text("name"), text("tbl_name"), integer("rootpage"), text("sql")];
        Scan::new(columns, |cx, _| {
            let workspace = cx.workspace.borrow();
            let root = workspace.root();
            let mut found: Vec<Row> = Vec::new();
            let mut push = |kind: &str, name: &str, table: &str, sql: Value| {
                let page = Value::Int(found.len() as i64 + 2);
                found.push(vec![Value::from(kind), Value::from(name), Value::from(table), page, sql]);
            };
            for (_, table) in root.tables.iter().filter(|(name, _)| !name.starts_with("dolt_")) {
                let schema = &table.schema;
                push("table", &schema.name, &schema.name, Value::from(create_table(schema)));
                for index in &schema.indexes {
                    // As SQLite: what the table's own definition made has no text.
                    let sql = if index.constraint { Value::Null } else { Value::from(create_index(schema, index)) };
                    push("index", &index.name, &schema.name, sql);
                }
            }
            for view in root.views.values() {
                let (kind, table) = match view.columns.first() {
                    Some(table) if view.is_trigger() => ("trigger", table),
                    _ => ("view", &view.name),
                };
                push(kind, &view.name, table, Value::from(create_view(view)));
            }
            rows(found)
        })
        .bound()
    }
}
