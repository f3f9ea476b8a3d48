//! ALTER TABLE: its operations one after another on the schema, then what they mean for the rows at once.
//!
//! Adding a column rewrites nothing: what the rows there hold for it is its `fill`. Dropping, moving and
//! retyping columns rewrites the rows; changing the key rewrites rows and indexes. An index whose parts, and whose
//! rows' keys, are what they were keeps its tree.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::define::{check_free, local};
use super::definition::{ColumnDef, Constraint, Name, Operation, Part, Place};
use super::index::{open, refuse_orphans};
use super::rebuild::{self, Source};
use super::schema_of::{add_constraint, check_foreign_keys, column};
use super::{rename as words, Text};
use crate::error::{Code, Error, Result};
use crate::prolly::Map;
use crate::repo::{fold, Column, IndexId, Schema, Table};
use crate::sql::eval::{compile_text, Scope};
use crate::sql::write::{check_foreign_key_rows, Target};
use crate::sql::Context;
use crate::tuple::Value;

/// A table on its way to another schema.
struct Alteration<'a> {
    cx: &'a Context,
    table: Rc<Table>,
    schema: Schema,
    /// By column of `schema`.
    sources: Vec<Source>,
    /// Rows are written anew.
    rewrite: bool,
    /// Rows must be looked at.
    check: bool,
    /// Row keys change, hence all indexes.
    rekey: bool,
    /// Indexes whose parts' bytes change.
    stale: BTreeSet<IndexId>,
    foreign_keys_before: usize,
}

pub fn alter(cx: &Context, if_exists: bool, name: &Name, operations: &[Operation]) -> Result<u64> {
    let name = local(cx, name)?;
    if if_exists && cx.workspace.borrow().schema(name).is_none() {
        return Ok(0);
    }
    let table = open(cx, name)?;
    let schema = (*table.schema).clone();
    let mut alteration = Alteration {
        cx,
        sources: (0..schema.columns.len()).map(Source::Old).collect(),
        foreign_keys_before: schema.foreign_keys.len(),
        table,
        schema,
        rewrite: false,
        check: false,
        rekey: false,
        stale: BTreeSet::new(),
    };
    let mut new_name = None;
    for operation in operations {
        match operation {
            Operation::RenameTable(to) => new_name = Some(local(cx, to)?),
            operation => alteration.apply(operation)?,
        }
    }
    alteration.finish()?;
    new_name.map_or(Ok(()), |to| rename(cx, name, to))?;
    Ok(0)
}

/// RENAME TABLE: foreign keys that point here, and expressions that say `t.c`, follow.
pub fn rename(cx: &Context, from: &str, to: &str) -> Result<()> {
    if cx.workspace.borrow().is_temporary(from) {
        return Err(Error::unsupported(format!("renaming temporary table {from} is not supported")));
    }
    let table = open(cx, from)?;
    if fold(from) != fold(to) {
        check_free(cx, to)?;
    }
    let mut schema = (*table.schema).clone();
    let old = schema.name.clone();
    schema.name = to.into();
    edit_expressions(&mut schema, |text| words::table(text, &old, to))?;
    for key in &mut schema.foreign_keys {
        if key.parent_table.eq_ignore_ascii_case(&old) {
            key.parent_table = to.into();
        }
    }
    let renamed = Table { schema: Rc::new(schema), rows: table.rows, indexes: table.indexes.clone() };
    cx.workspace.borrow_mut().set_table(from, None);
    cx.workspace.borrow_mut().set_table(to, Some(renamed));
    super::trigger::follow(cx, from, Some(to))?;
    change_children(cx, to, |key| {
        let points_here = key.parent_table.eq_ignore_ascii_case(&old);
        if points_here {
            key.parent_table = to.into();
        }
        points_here
    })
}

/// Changes foreign keys of other tables.
fn change_children(cx: &Context, except: &str, change: impl Fn(&mut crate::repo::ForeignKey) -> bool) -> Result<()> {
    let names: Vec<String> = cx.workspace.borrow().root().tables.keys().cloned().collect();
    for name in names.iter().filter(|name| **name != fold(except)) {
        let Some(schema) = cx.workspace.borrow().schema(name) else { continue };
        let mut changed = (*schema).clone();
        let mut any = false;
        for key in &mut changed.foreign_keys {
            any |= change(key);
        }
        if any {
            let table = open(cx, name)?;
            let table = Table { schema: Rc::new(changed), rows: table.rows, indexes: table.indexes.clone() };
            cx.workspace.borrow_mut().set_table(name, Some(table));
        }
    }
    Ok(())
}

fn edit_expressions(schema: &mut Schema, edit: impl Fn(&str) -> Result<String>) -> Result<()> {
    let change = |text: &mut Rc<str>| -> Result<()> {
        *text = edit(text)?.into();
        Ok(())
    };
    for check in &mut schema.checks {
        change(&mut check.expression)?;
    }
    for column in &mut schema.columns {
        column.default.as_mut().map_or(Ok(()), change)?;
        column.generated.as_mut().map_or(Ok(()), |generated| change(&mut generated.expression))?;
    }
    for index in &mut schema.indexes {
        index.predicate.as_mut().map_or(Ok(()), change)?;
    }
    Ok(())
}

/// A DEFAULT that gives each row its own value.
fn is_volatile(text: &str) -> bool {
    let folded = fold(text);
    ["uuid", "rand"].iter().any(|word| folded.contains(word))
}

impl Alteration<'_> {
    fn column(&self, name: &str) -> Result<usize> {
        let missing = || Error::new(Code::ColumnNotFound, format!("table {} has no column {name}", self.schema.name));
        self.schema.column(name).ok_or_else(missing)
    }

    fn apply(&mut self, operation: &Operation) -> Result<()> {
        match operation {
            Operation::AddColumn { if_not_exists, column, place } => {
                if *if_not_exists && self.schema.column(&column.name).is_some() {
                    return Ok(());
                }
                self.add_column(column, place)
            }
            Operation::DropColumn { if_exists, column } => {
                if *if_exists && self.schema.column(column).is_none() {
                    return Ok(());
                }
                self.drop_column(column)
            }
            Operation::RenameColumn { from, to } => self.rename_column(from, to),
            Operation::ChangeColumn { from, column, place } => self.change_column(from, column, place.as_ref()),
            Operation::SetType { column, definition } => {
                let position = self.column(column)?;
                let args: Vec<&str> = definition.type_args.iter().map(String::as_str).collect();
                let column_type = crate::tuple::ColumnType::from_declared(&definition.type_name, &args)
                    .map_err(|error| error.at(definition.at))?;
                self.retype(position, column_type, &definition.declared, self.schema.columns[position].nocase)
            }
            Operation::SetDefault { column, default } => {
                let position = self.column(column)?;
                if default.is_some() && self.schema.columns[position].generated.is_some() {
                    let message = format!("generated column {}.{column} takes no DEFAULT", self.schema.name);
                    return Err(Error::bad_argument(message));
                }
                self.schema.columns[position].default = default.as_ref().map(|Text { sql, .. }| sql.as_str().into());
                Ok(())
            }
            Operation::SetNullable { column, nullable } => {
                let position = self.column(column)?;
                let in_key = self.schema.primary_key.iter().any(|part| part.column == position);
                if *nullable && in_key {
                    let message = format!("column {column} of {} stands in the primary key", self.schema.name);
                    return Err(Error::new(Code::Constraint, message));
                }
                self.check |= !nullable;
                self.schema.columns[position].nullable = *nullable;
                Ok(())
            }
            Operation::AddConstraint(constraint) => self.add_constraint(constraint),
            Operation::DropConstraint { if_exists, name } => self.drop_constraint(*if_exists, name),
            Operation::DropPrimaryKey => {
                if self.schema.is_keyless() {
                    return Err(Error::bad_argument(format!("table {} has no primary key", self.schema.name)));
                }
                if let Some(column) = self.schema.columns.iter().find(|column| column.auto_increment) {
                    let message = format!("AUTO_INCREMENT column {} of {} needs the primary key", column.name, self.schema.name);
                    return Err(Error::new(Code::Constraint, message));
                }
                self.schema.primary_key.clear();
                self.rekeyed();
                refuse_orphans(self.cx, &self.table.schema, &self.schema, "the primary key")
            }
            Operation::DropIndex { name } => self.drop_index(name),
            Operation::RenameIndex { from, to } => {
                let index = self.schema.indexes.iter().position(|index| index.name.eq_ignore_ascii_case(from));
                let missing = || Error::new(Code::TableNotFound, format!("no such index: {from} on {}", self.schema.name));
                let index = index.ok_or_else(missing)?;
                if self.schema.indexes.iter().any(|index| index.name.eq_ignore_ascii_case(to)) {
                    return Err(Error::new(Code::Exists, format!("index {to} already exists on {}", self.schema.name)));
                }
                self.schema.indexes[index].name = to.as_str().into();
                Ok(())
            }
            Operation::Comment(comment) => {
                self.schema.comment = comment.as_str().into();
                Ok(())
            }
            Operation::AutoIncrement(next) => {
                let id = self.schema.id;
                let mut workspace = self.cx.workspace.borrow_mut();
                let mark = workspace.mark(id).unwrap_or(0).max(next.saturating_sub(1));
                workspace.set_mark(id, mark);
                Ok(())
            }
            Operation::Ignored | Operation::RenameTable(_) => Ok(()),
        }
    }

    /// Rows get new keys, and so do their index entries.
    fn rekeyed(&mut self) {
        self.rewrite = true;
        self.rekey = true;
    }

    fn add_column(&mut self, definition: &ColumnDef, place: &Place) -> Result<()> {
        let mut added = column(&self.schema, definition)?;
        if definition.primary_key.is_some() && !self.schema.is_keyless() {
            let message = format!("table {} has a primary key already", self.schema.name);
            return Err(Error::new(Code::Exists, message).at(definition.at));
        }
        let mut source = Source::Nothing;
        if added.generated.is_some() {
            self.rewrite = true;
        } else if let Some(default) = added.default.clone() {
            // For a table that is rewritten all the same.
            source = Source::Default;
            match compile_text(self.cx, &default, &Scope::empty()) {
                Ok(_) if is_volatile(&default) => self.rewrite = true,
                Ok(constant) => added.fill = added.column_type.coerce(constant.eval(&[], self.cx)?)?,
                // It reads other columns of its row.
                Err(error) if error.code() == Code::ColumnNotFound => self.rewrite = true,
                Err(error) => return Err(error),
            }
        }
        let keyed = definition.primary_key.is_some() || added.auto_increment;
        if !added.nullable && added.generated.is_none() && added.fill.is_null() && !keyed {
            if matches!(source, Source::Nothing) && !self.table.rows.is_empty() {
                let message =
                    format!("NOT NULL column {}.{} needs a DEFAULT: the table has rows", self.schema.name, added.name);
                return Err(Error::new(Code::Constraint, message).at(definition.at));
            }
        }
        let last = self.schema.columns.len();
        self.schema.columns.push(added);
        self.sources.push(source);
        if let Some(key) = definition.primary_key {
            let part = Part {
                column: definition.name.clone(),
                descending: key.descending,
                prefix: None,
                nocase: false,
                at: definition.at,
            };
            self.add_constraint(&Constraint::PrimaryKey { columns: vec![part], at: definition.at })?;
        }
        for constraint in &definition.constraints {
            self.add_constraint(constraint)?;
        }
        match place {
            Place::Last => Ok(()),
            place => self.move_column(last, place),
        }
    }

    fn drop_column(&mut self, name: &str) -> Result<()> {
        let position = self.column(name)?;
        let table = self.schema.name.clone();
        let refuse = |what: String| Err(Error::new(Code::Constraint, format!("column {table}.{name} cannot be dropped: {what}")));
        if self.schema.columns.len() == 1 {
            return refuse("it is the only one".into());
        }
        if self.schema.primary_key.iter().any(|part| part.column == position) {
            return refuse("it stands in the primary key".into());
        }
        if let Some(key) = self.schema.foreign_keys.iter().find(|key| key.columns.contains(&position)) {
            return refuse(format!("foreign key {} uses it", key.name));
        }
        // The column leaves its indexes, as in MySQL; one of this column alone goes with it.
        let alone = |parts: &[crate::repo::KeyPart]| parts.len() == 1 && parts[0].column == position;
        let gone: Vec<Rc<str>> =
            self.schema.indexes.iter().filter(|index| alone(&index.parts)).map(|index| index.name.clone()).collect();
        for index in gone {
            self.drop_index(&index)?;
        }
        for index in self.schema.indexes.iter_mut().filter(|index| index.parts.iter().any(|part| part.column == position)) {
            if index.unique {
                // The columns that are left need not be unique.
                return refuse(format!("unique index {} uses it", index.name));
            }
            index.parts.retain(|part| part.column != position);
            self.stale.insert(index.id);
        }
        self.schema.columns.remove(position);
        self.sources.remove(position);
        self.rewrite = true;
        self.shift(|column| if column > position { column - 1 } else { column });
        Ok(())
    }

    /// Positions of columns changed.
    fn shift(&mut self, to: impl Fn(usize) -> usize) {
        self.schema.primary_key.iter_mut().for_each(|part| part.column = to(part.column));
        for index in &mut self.schema.indexes {
            index.parts.iter_mut().for_each(|part| part.column = to(part.column));
        }
        for key in &mut self.schema.foreign_keys {
            key.columns.iter_mut().for_each(|column| *column = to(*column));
        }
    }

    fn move_column(&mut self, from: usize, place: &Place) -> Result<()> {
        let to = match place {
            Place::Last => self.schema.columns.len() - 1,
            Place::First => 0,
            Place::After(name) => {
                let after = self.column(name)?;
                if after == from {
                    return Err(Error::bad_argument(format!("column {name} cannot stand behind itself")));
                }
                if after < from { after + 1 } else { after }
            }
        };
        if from == to {
            return Ok(());
        }
        let column = self.schema.columns.remove(from);
        self.schema.columns.insert(to, column);
        let source = self.sources.remove(from);
        self.sources.insert(to, source);
        self.rewrite = true;
        self.shift(|column| match column {
            column if column == from => to,
            column if from < to && column > from && column <= to => column - 1,
            column if to < from && column >= to && column < from => column + 1,
            column => column,
        });
        Ok(())
    }

    fn rename_column(&mut self, from: &str, to: &str) -> Result<()> {
        let position = self.column(from)?;
        if self.schema.column(to).is_some_and(|other| other != position) {
            return Err(Error::new(Code::Exists, format!("table {} has a column {to} already", self.schema.name)));
        }
        let table = self.schema.name.clone();
        let old = self.schema.columns[position].name.clone();
        self.schema.columns[position].name = to.into();
        edit_expressions(&mut self.schema, |text| words::column(text, &table, &old, to))?;
        let follow = |key: &mut crate::repo::ForeignKey| {
            let mut any = false;
            if key.parent_table.eq_ignore_ascii_case(&table) {
                for name in key.parent_columns.iter_mut().filter(|name| name.eq_ignore_ascii_case(&old)) {
                    *name = to.into();
                    any = true;
                }
            }
            any
        };
        self.schema.foreign_keys.iter_mut().for_each(|key| {
            follow(key);
        });
        change_children(self.cx, &table, follow)
    }

    /// MODIFY and CHANGE: the column is what the definition says, and nothing else of before.
    fn change_column(&mut self, from: &str, definition: &ColumnDef, place: Option<&Place>) -> Result<()> {
        let position = self.column(from)?;
        if !from.eq_ignore_ascii_case(&definition.name) {
            self.rename_column(from, &definition.name)?;
        }
        // As if it were new, under a name that is free.
        let mut without = self.schema.clone();
        without.columns.remove(position);
        let new = column(&without, definition)?;
        let in_key = self.schema.primary_key.iter().any(|part| part.column == position);
        let nullable = new.nullable && !in_key;
        let old = &self.schema.columns[position];
        self.check |= old.nullable && !nullable;
        self.rewrite |= new.generated.is_some() || old.generated.is_some() && old.generated != new.generated;
        self.retype(position, new.column_type.clone(), &definition.declared, definition.nocase)?;
        let column = &mut self.schema.columns[position];
        *column = Column { id: column.id, fill: column.fill.clone(), nullable, ..new };
        if definition.primary_key.is_some() && !in_key {
            let part =
                Part { column: definition.name.clone(), descending: false, prefix: None, nocase: false, at: definition.at };
            self.add_constraint(&Constraint::PrimaryKey { columns: vec![part], at: definition.at })?;
        }
        for constraint in &definition.constraints {
            self.add_constraint(constraint)?;
        }
        place.map_or(Ok(()), |place| self.move_column(position, place))
    }

    fn retype(&mut self, position: usize, column_type: crate::tuple::ColumnType, declared: &str, nocase: bool) -> Result<()> {
        let same_family = self.schema.columns[position].column_type.family() == column_type.family();
        if let Some(key) = self.schema.foreign_keys.iter().find(|key| !same_family && key.columns.contains(&position)) {
            let (table, column) = (&self.schema.name, &self.schema.columns[position].name);
            let message = format!("column {table}.{column} cannot become {column_type}: foreign key {} uses it", key.name);
            return Err(Error::new(Code::Constraint, message));
        }
        let id = match same_family {
            true => self.schema.columns[position].id,
            false => self.schema.derive_column_id(&self.schema.columns[position].name, column_type.family()),
        };
        let column = &mut self.schema.columns[position];
        let keeps_bytes = column.column_type.widens_to(&column_type) && column.nocase == nocase;
        self.check |= column.column_type != column_type;
        column.id = id;
        column.column_type = column_type;
        column.declared = declared.into();
        column.nocase = nocase;
        if keeps_bytes {
            return Ok(());
        }
        column.fill = Value::Null;
        self.rewrite = true;
        if self.schema.primary_key.iter().any(|part| part.column == position) {
            self.rekey = true;
        }
        for index in self.schema.indexes.iter().filter(|index| index.parts.iter().any(|part| part.column == position)) {
            self.stale.insert(index.id);
        }
        Ok(())
    }

    fn add_constraint(&mut self, constraint: &Constraint) -> Result<()> {
        add_constraint(self.cx, &mut self.schema, constraint)?;
        match constraint {
            Constraint::PrimaryKey { .. } => self.rekeyed(),
            Constraint::Check { .. } => self.check = true,
            _ => {}
        }
        Ok(())
    }

    fn drop_constraint(&mut self, if_exists: bool, name: &str) -> Result<()> {
        let is = |known: &str| known.eq_ignore_ascii_case(name);
        if name.eq_ignore_ascii_case("primary") {
            return self.apply(&Operation::DropPrimaryKey);
        }
        if let Some(at) = self.schema.checks.iter().position(|check| is(&check.name)) {
            self.schema.checks.remove(at);
        } else if let Some(at) = self.schema.foreign_keys.iter().position(|key| is(&key.name)) {
            self.schema.foreign_keys.remove(at);
            self.foreign_keys_before = self.foreign_keys_before.saturating_sub(1);
        } else if self.schema.indexes.iter().any(|index| is(&index.name)) {
            self.drop_index(name)?;
        } else if !if_exists {
            let message = format!("table {} has no constraint {name}", self.schema.name);
            return Err(Error::bad_argument(message));
        }
        Ok(())
    }

    fn drop_index(&mut self, name: &str) -> Result<()> {
        let at = self.schema.indexes.iter().position(|index| index.name.eq_ignore_ascii_case(name));
        let missing = || Error::new(Code::TableNotFound, format!("no such index: {name} on {}", self.schema.name));
        self.schema.indexes.remove(at.ok_or_else(missing)?);
        refuse_orphans(self.cx, &self.table.schema, &self.schema, &format!("index {name}"))
    }

    /// The rows and indexes that the new schema asks for.
    fn finish(self) -> Result<()> {
        let cx = self.cx;
        check_foreign_keys(cx, &self.schema)?;
        let name = self.schema.name.clone();
        let schema = Rc::new(self.schema);
        let target = Target::new(cx, schema.clone())?;
        let rows = if self.rewrite {
            rebuild::rows(cx, &self.table, &target, &self.sources)?
        } else {
            if self.check {
                rebuild::check_rows(cx, self.table.rows, &target)?;
            }
            self.table.rows
        };
        let old = &self.table.schema;
        let mut indexes = Vec::with_capacity(schema.indexes.len());
        for (number, index) in schema.indexes.iter().enumerate() {
            let kept = old.indexes.iter().position(|known| known.id == index.id);
            // A row without a key stands under its content; what is generated may come out otherwise.
            let derived = index.predicate.is_some()
                || index.parts.iter().any(|part| schema.columns[part.column].generated.is_some());
            let moved = self.rekey || self.rewrite && (derived || schema.is_keyless());
            let kept = kept.filter(|_| !moved && !self.stale.contains(&index.id));
            let map: Map = match kept {
                Some(kept) => self.table.indexes[kept],
                None => rebuild::index(cx, rows, &target, number)?,
            };
            indexes.push(map);
        }
        let new_keys = self.foreign_keys_before.min(schema.foreign_keys.len())..schema.foreign_keys.len();
        cx.workspace.borrow_mut().set_table(&name, Some(Table { schema, rows, indexes }));
        new_keys.into_iter().try_for_each(|number| check_foreign_key_rows(cx, &name, number))
    }
}
