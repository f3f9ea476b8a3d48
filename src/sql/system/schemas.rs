//! `dolt_schemas`: the views and triggers of the database.

use super::scan::{plain, rows, text, Scan};
use super::{BoundTable, SystemTable};
use crate::error::Result;
use crate::sql::versions::create_view;
use crate::sql::{Context, OutputColumn};
use crate::tuple::{ColumnType, Value};

pub struct Schemas;

impl SystemTable for Schemas {
    fn bind(&self, _: &Context, name: &str, arguments: Option<&[Value]>) -> Result<Option<Box<dyn BoundTable>>> {
        if !plain("dolt_schemas", name, arguments)? {
            return Ok(None);
        }
        let columns = vec![
            text("type"),
            text("name"),
            text("fragment"),
            OutputColumn::new("extra", ColumnType::Json),
            text("sql_mode"),
        ];
        Scan::new(columns, |cx, _| {
            let workspace = cx.workspace.borrow();
            let views = workspace.root().views.values();
            let found = views.map(|view| {
                vec![
                    Value::from(if view.is_trigger() { "trigger" } else { "view" }),
                    Value::Text(view.name.clone()),
                    Value::from(create_view(view)),
                    Value::Null,
                    Value::Null,
                ]
            });
            rows(found.collect())
        })
        .bound()
    }
}
