//! CREATE TABLE: from columns, LIKE another, or AS a query's rows.

use std::rc::Rc;

use super::define::{check_free, local};
use super::definition::{Constraint, CreateTable, Part};
use super::schema_of::{add_constraint, check_foreign_keys, column};
use crate::error::{Code, Error, Result};
use crate::hash::Address;
use crate::repo::{auto_name, Column, Refs, Root, Schema, Table, TableId};
use crate::sql::parser::{self, Statement};
use crate::sql::relation::Relation;
use crate::sql::temporary::table_id;
use crate::sql::workspace::missing;
use crate::sql::write::{Change, Operator, Target, BATCH};
use crate::sql::{query, Context, OutputColumn};
use crate::tuple::{ColumnType, Value};

pub fn create(cx: &Context, definition: &CreateTable) -> Result<u64> {
    let name = local(cx, &definition.name)?;
    if definition.if_not_exists && cx.workspace.borrow().schema(name).is_some() {
        return Ok(0);
    }
    check_free(cx, name)?;
    let mut schema = Schema {
        id: match cx.workspace.borrow().root().derive_table_id(name) {
            id if definition.temporary => table_id(id),
            id => id,
        },
        name: name.into(),
        columns: Vec::new(),
        primary_key: Vec::new(),
        indexes: Vec::new(),
        foreign_keys: Vec::new(),
        checks: Vec::new(),
        comment: definition.comment.as_deref().unwrap_or_default().into(),
    };
    if let Some(other) = &definition.like {
        let other = local(cx, other)?;
        let other = cx.workspace.borrow().schema(other).ok_or_else(|| missing(other))?;
        like(&mut schema, &other);
        return finish(cx, schema, definition, None);
    }
    if let Some(text) = &definition.query {
        if !definition.columns.is_empty() {
            return Err(Error::unsupported("columns together with AS in CREATE TABLE are not supported").at(text.at));
        }
        let parsed = parser::parse(&text.sql)?;
        let [parsed] = &parsed[..] else { return Err(not_a_query(text.at)) };
        let Statement::Query(query) = &parsed.statement else { return Err(not_a_query(text.at)) };
        let (columns, rows) = query::relation(cx, query)?;
        for output in &columns {
            let column = column_of(&schema, output)?;
            schema.columns.push(column);
        }
        return finish(cx, schema, definition, Some(rows));
    }
    for definition in &definition.columns {
        let column = column(&schema, definition)?;
        schema.columns.push(column);
    }
    for column in &definition.columns {
        if let Some(key) = column.primary_key {
            let part =
                Part { column: column.name.clone(), descending: key.descending, prefix: None, nocase: false, at: column.at };
            add_constraint(cx, &mut schema, &Constraint::PrimaryKey { columns: vec![part], at: column.at })?;
        }
    }
    // The primary key first: a UNIQUE that says the same is none.
    let is_key = |constraint: &&Constraint| matches!(constraint, Constraint::PrimaryKey { .. });
    let of_columns = definition.columns.iter().flat_map(|column| &column.constraints);
    for constraint in definition.constraints.iter().filter(is_key) {
        add_constraint(cx, &mut schema, constraint)?;
    }
    for constraint in of_columns.chain(definition.constraints.iter().filter(|constraint| !is_key(constraint))) {
        add_constraint(cx, &mut schema, constraint)?;
    }
    if definition.without_rowid && schema.is_keyless() {
        return Err(Error::bad_argument(format!("table {name}: WITHOUT ROWID needs a PRIMARY KEY")));
    }
    finish(cx, schema, definition, None)
}

fn not_a_query(at: usize) -> Error { Error::new(Code::Syntax, "expected a query after AS").at(at) }

/// A copy under other ids; foreign keys stay behind, as in MySQL.
fn like(schema: &mut Schema, other: &Schema) {
    for column in &other.columns {
        let id = schema.derive_column_id(&column.name, column.column_type.family());
        schema.columns.push(Column { id, fill: Value::Null, ..column.clone() });
    }
    schema.primary_key = other.primary_key.clone();
    for index in &other.indexes {
        let id = schema.derive_index_id(&index.name);
        schema.indexes.push(crate::repo::Index { id, ..index.clone() });
    }
    schema.checks = other.checks.clone();
    schema.comment = other.comment.clone();
}

fn column_of(schema: &Schema, output: &OutputColumn) -> Result<Column> {
    if schema.column(&output.name).is_some() {
        let message = format!("the query has two columns {}; give one an alias", output.name);
        return Err(Error::new(Code::Exists, message));
    }
    let declared = match output.column_type {
        ColumnType::Any => String::new(),
        ref column_type => column_type.to_string(),
    };
    Ok(Column {
        id: schema.derive_column_id(&output.name, output.column_type.family()),
        name: output.name.clone(),
        column_type: output.column_type.clone(),
        declared: declared.into(),
        nullable: true,
        default: None,
        on_update: None,
        fill: Value::Null,
        generated: None,
        auto_increment: false,
        nocase: false,
        comment: "".into(),
    })
}

fn finish(cx: &Context, schema: Schema, definition: &CreateTable, rows: Option<Box<dyn Relation>>) -> Result<u64> {
    check_foreign_keys(cx, &schema)?;
    let schema = Rc::new(schema);
    // Every expression compiles, or the table cannot be written to.
    Target::new(cx, schema.clone())?;
    let name = schema.name.clone();
    if definition.temporary {
        if !schema.foreign_keys.is_empty() {
            return Err(Error::unsupported(format!("a foreign key of temporary table {name} is not supported")));
        }
        cx.workspace.borrow_mut().add_temporary_table(&name, Table::empty(schema.clone()));
    } else {
        let bytes = name.len() + (2 + schema.indexes.len()) * Address::LEN + 16;
        cx.workspace.borrow().root().has_room(&format!("table {name}"), bytes)?;
        forget_mark(cx, schema.id)?;
        cx.workspace.borrow_mut().set_table(&name, Some(Table::empty(schema.clone())));
    }
    if let Some(next) = definition.auto_increment {
        cx.workspace.borrow_mut().set_mark(schema.id, next.saturating_sub(1).max(0));
    }
    rows.map_or(Ok(0), |rows| fill(cx, &name, rows))
}

fn fill(cx: &Context, name: &str, mut rows: Box<dyn Relation>) -> Result<u64> {
    let target = Target::open(cx, name)?;
    let mut operator = Operator::new(cx);
    let mut affected = 0;
    let mut batch = Vec::new();
    loop {
        let row = rows.next()?;
        let last = row.is_none();
        if let Some(mut row) = row {
            target.finish(cx, &mut row)?;
            affected += 1;
            batch.push(Change { old: None, new: Some(row) });
        }
        if last || batch.len() >= BATCH {
            operator.run(&target, std::mem::take(&mut batch))?;
            cx.workspace.borrow_mut().spill(&*cx.store)?;
        }
        if last {
            operator.finish()?;
            return Ok(affected);
        }
    }
}

/// A table that was dropped and made again has its old id, hence its old AUTO_INCREMENT mark. The mark is forgotten
/// unless another branch still holds the table.
fn forget_mark(cx: &Context, id: TableId) -> Result<()> {
    cx.workspace.borrow_mut().drop_mark(id);
    let name = auto_name(id);
    if cx.record(&name).is_none() {
        return Ok(());
    }
    for (branch, head) in cx.branches()? {
        let working = cx.working_set(&*cx.store, &branch)?.working;
        let own = cx.settings.branch.as_deref() == Some(branch.as_str());
        let roots = [Some(cx.read_commit(&head)?.root), (!own).then_some(working)];
        for root in roots.into_iter().flatten() {
            let (entries, _) = Root::read_entries(&*cx.store, &root)?;
            if entries.iter().any(|entry| entry.id == id) {
                return Ok(());
            }
        }
    }
    cx.set_ref(&name, None);
    Ok(())
}
