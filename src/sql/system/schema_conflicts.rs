//! `dolt_schema_conflicts`: tables whose definitions could not be merged.

use super::conflicts::merge_state;
use super::scan::{may_be_table, plain, rows, text, Scan};
use super::{BoundTable, SystemTable};
use crate::error::Result;
use crate::hash::Address;
use crate::repo::Schema;
use crate::sql::versions::create_table;
use crate::sql::Context;
use crate::tuple::Value;

pub struct SchemaConflicts;

impl SystemTable for SchemaConflicts {
    fn bind(&self, _: &Context, name: &str, arguments: Option<&[Value]>) -> Result<Option<Box<dyn BoundTable>>> {
        if !plain("dolt_schema_conflicts", name, arguments)? {
            return Ok(None);
        }
        let columns = ["table_name", "base_schema", "our_schema", "their_schema", "description"].map(text).to_vec();
        Scan::new(columns, |cx, wanted| {
            let mut found = Vec::new();
            for conflict in merge_state(cx)?.map(|state| state.schema_conflicts).unwrap_or_default() {
                if !may_be_table(wanted, 0, &conflict.table) {
                    continue;
                }
                let statement = |schema: &Option<Address>| match schema {
                    Some(schema) => Ok(Value::from(format!("{};", create_table(&Schema::read(&*cx.store, schema)?)))),
                    None => Ok(Value::from("<deleted>")),
                };
                found.push(vec![
                    Value::Text(conflict.table.clone()),
                    statement(&conflict.base)?,
                    statement(&conflict.ours)?,
                    statement(&conflict.theirs)?,
                    Value::Text(conflict.description.clone()),
                ]);
            }
            rows(found)
        })
        .bound()
    }
}
