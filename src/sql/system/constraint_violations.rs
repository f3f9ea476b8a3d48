//! `dolt_constraint_violations` and `dolt_constraint_violations_⟨t⟩`: rows that a merge brought together and that
//! break a constraint. DELETE forgets a violation, not the row.

use std::rc::Rc;

use super::conflict_shape::{hex, unhex};
use super::conflicts::{merge_state, spelled};
use super::scan::{family, integer, may_be, may_be_table, plain, rows, text, wrong_count, Scan};
use super::{BoundTable, SystemTable, Wanted};
use crate::error::{Code, Error, Result};
use crate::prolly::KeyRange;
use crate::repo::{fold, Schema, Violation, ViolationKind};
use crate::sql::relation::Relation;
use crate::sql::versions::{action_name, Projection};
use crate::sql::{Context, OutputColumn};
use crate::tuple::{decode_key, ColumnType, Value};

pub struct ConstraintViolations;

impl SystemTable for ConstraintViolations {
    fn bind(&self, cx: &Context, name: &str, arguments: Option<&[Value]>) -> Result<Option<Box<dyn BoundTable>>> {
        if plain("dolt_constraint_violations", name, arguments)? {
            return summary();
        }
        let Some(table) = family("dolt_constraint_violations_", name) else { return Ok(None) };
        if let Some(arguments) = arguments {
            return Err(wrong_count(name, "0", arguments.len()));
        }
        let Some(schema) = cx.workspace.borrow().schema(table) else {
            return Err(Error::new(Code::TableNotFound, format!("table not found: {table}")));
        };
        let mut columns = vec![text("from_root_ish"), text("violation_type")];
        if schema.is_keyless() {
            columns.push(OutputColumn::new("dolt_row_hash", ColumnType::BLOB));
        }
        columns.extend(schema.columns.iter().map(|c| OutputColumn::new(c.name.clone(), c.column_type.clone())));
        columns.push(OutputColumn::new("violation_info", ColumnType::Json));
        columns.push(text("dolt_violation_id"));
        Ok(Some(Box::new(Bound { table: fold(&schema.name), schema, columns })))
    }
}

fn summary() -> Result<Option<Box<dyn BoundTable>>> {
    Scan::new(vec![text("table"), integer("num_violations")], |cx, wanted| {
        let mut found = Vec::new();
        if let Some(state) = merge_state(cx)? {
            for (table, map) in &state.violations {
                if may_be_table(wanted, 0, table) {
                    found.push(vec![Value::from(spelled(cx, table)), Value::Int(map.len(&*cx.store)? as i64)]);
                }
            }
        }
        rows(found)
    })
    .bound()
}

struct Bound { table: String, schema: Rc<Schema>, columns: Vec<OutputColumn> }

impl BoundTable for Bound {
    fn columns(&self) -> &[OutputColumn] { &self.columns }
    fn hidden(&self) -> usize { 1 }

    fn scan(&self, cx: &Context, wanted: &Wanted) -> Result<Box<dyn Relation>> {
        let Some(state) = merge_state(cx)? else { return rows(Vec::new()) };
        let Some(map) = state.violations.get(&self.table) else { return rows(Vec::new()) };
        let mut cursor = map.cursor(&cx.store, KeyRange::all(), false);
        let mut violations = Vec::new();
        while let Some((entry, value)) = cursor.next()? {
            let violation = Violation::decode(&*cx.store, &value)?;
            if may_be(wanted, 1, violation.kind.as_str()) {
                violations.push((entry, violation));
            }
        }
        crate::sort::sort_by(&mut violations, |(_, a), (_, b)| (&a.row_key, a.kind, &a.constraint).cmp(&(&b.row_key, b.kind, &b.constraint)));
        let projection = Projection::identity(&self.schema)?;
        let mut found = Vec::new();
        for (entry, violation) in violations {
            let mut row = vec![Value::from(state.source_commit.to_string()), Value::from(violation.kind.as_str())];
            if self.schema.is_keyless() {
                row.push(Value::blob(&violation.row_key[..]));
            }
            let stored = cx.workspace.borrow().row(&*cx.store, &self.table, &violation.row_key)?;
            match stored {
                Some(stored) => row.extend(projection.row(&*cx.store, &violation.row_key, &stored)?.0),
                None => row.extend(self.key_alone(&violation.row_key)?),
            }
            row.extend([Value::from(info(&self.schema, &violation)), Value::from(hex(&entry))]);
            found.push(row);
        }
        rows(found)
    }

    fn delete(&self, cx: &Context, row: &[Value]) -> Result<()> {
        let Some(Value::Text(id)) = row.last() else {
            return Err(Error::internal("a row of violations has no dolt_violation_id"));
        };
        let entry = unhex(id)?;
        cx.change_branch(|change, branch| change.drop_violations(branch, &self.table, Some(&entry)))
    }
}

impl Bound {
    /// A row that is gone: what its key tells.
    fn key_alone(&self, key: &[u8]) -> Result<Vec<Value>> {
        let mut cells = vec![Value::Null; self.schema.columns.len()];
        if !self.schema.is_keyless() {
            for (part, value) in self.schema.primary_key.iter().zip(decode_key(key, &self.schema.key_orders())?) {
                cells[part.column] = value;
            }
        }
        Ok(cells)
    }
}

/// What is broken, as JSON with Dolt's names.
fn info(schema: &Schema, violation: &Violation) -> String {
    let name = &*violation.constraint;
    let columns = |positions: &[usize]| -> String {
        let names: Vec<String> = positions.iter().map(|position| json(&schema.columns[*position].name)).collect();
        format!("[{}]", names.join(", "))
    };
    match violation.kind {
        ViolationKind::ForeignKey => match schema.foreign_keys.iter().find(|key| *key.name == *name) {
            Some(key) => {
                let referenced: Vec<String> = key.parent_columns.iter().map(|column| json(column)).collect();
                let index = schema.indexes.iter().find(|index| {
                    index.parts.len() >= key.columns.len() && index.parts.iter().zip(&key.columns).all(|(p, c)| p.column == *c)
                });
                format!(
                    "{{\"Index\": {}, \"Table\": {}, \"Columns\": {}, \"OnDelete\": {}, \"OnUpdate\": {}, \"ForeignKey\": {}, \
                     \"ReferencedIndex\": \"\", \"ReferencedTable\": {}, \"ReferencedColumns\": [{}]}}",
                    json(index.map_or("", |index| &index.name)),
                    json(&schema.name),
                    columns(&key.columns),
                    json(restrict(action_name(key.on_delete))),
                    json(restrict(action_name(key.on_update))),
                    json(name),
                    json(&key.parent_table),
                    referenced.join(", ")
                )
            }
            None => format!("{{\"ForeignKey\": {}}}", json(name)),
        },
        ViolationKind::Unique => {
            let index = schema.indexes.iter().find(|index| *index.name == *name);
            let parts: Vec<usize> =
                index.map_or(Vec::new(), |index| index.parts.iter().map(|part| part.column).collect());
            format!("{{\"Name\": {}, \"Columns\": {}}}", json(name), columns(&parts))
        }
        ViolationKind::Check => {
            let check = schema.checks.iter().find(|check| *check.name == *name);
            let expression = check.map_or(String::new(), |check| format!("({})", check.expression));
            format!("{{\"Name\": {}, \"Expression\": {}}}", json(name), json(&expression))
        }
        ViolationKind::NotNull => format!("{{\"Columns\": [{}]}}", json(name)),
    }
}

/// NO ACTION and RESTRICT mean the same here.
fn restrict(action: &str) -> &str { if action == "NO ACTION" { "RESTRICT" } else { action } }

fn json(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
