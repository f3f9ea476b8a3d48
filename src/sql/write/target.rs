//! A table as a statement writes to it: its schema with everything compiled, made once and kept until a schema changes.

use std::rc::Rc;

use super::foreign_key::{ChildKey, ParentKey};
use super::{check, defaults, foreign_key, generated, Trigger};
use crate::error::Result;
use crate::repo::{fold, RowCodec, Schema};
use crate::sql::eval::{compile_text, Compiled, Scope};
use crate::sql::relation::Row;
use crate::sql::workspace::missing;
use crate::sql::Context;
use crate::tuple::{ColumnType, Value};

pub struct Target {
    /// Folded.
    pub name: Rc<str>,
    pub schema: Rc<Schema>,
    pub codec: RowCodec,
    pub scope: Scope,
    /// By column.
    pub defaults: Vec<Option<defaults::Default>>,
    pub on_update: Vec<(usize, Compiled)>,
    /// Generated columns in an order in which each can be computed.
    pub generated: Vec<(usize, Compiled)>,
    /// In the order of `schema.checks`.
    pub checks: Vec<Compiled>,
    /// In the order of `schema.indexes`: the WHERE of a partial index.
    pub predicates: Vec<Option<Compiled>>,
    /// The column whose NULL or absent value is drawn from the table's mark.
    pub auto: Option<usize>,
    /// Foreign keys of this table.
    pub parents: Vec<ParentKey>,
    /// Foreign keys of other tables, and of this one, that point here.
    pub children: Vec<ChildKey>,
    /// By name.
    pub triggers: Vec<Rc<Trigger>>,
}

impl Target {
    /// The table `name` of the workspace; compiled once a schema.
    pub fn open(cx: &Context, name: &str) -> Result<Rc<Target>> {
        let folded = fold(name);
        if let Some(target) = cx.workspace.borrow().plans().target(&folded) {
            return Ok(target);
        }
        let schema = cx.workspace.borrow().schema(&folded).ok_or_else(|| missing(name))?;
        let target = Rc::new(Target::new(cx, schema)?);
        cx.workspace.borrow_mut().plans_mut().keep_target(&folded, target.clone());
        Ok(target)
    }

    /// Compiles a schema, of a table that need not be in the workspace yet.
    pub fn new(cx: &Context, schema: Rc<Schema>) -> Result<Target> {
        let scope = Scope::table(&schema, None);
        let empty = Scope::empty();
        let compiled = |text: &Option<Rc<str>>, scope: &Scope| -> Result<Option<Compiled>> {
            text.as_ref().map(|text| compile_text(cx, text, scope)).transpose()
        };
        let mut on_update = Vec::new();
        for (position, column) in schema.columns.iter().enumerate() {
            if let Some(update) = compiled(&column.on_update, &empty)? {
                on_update.push((position, update));
            }
        }
        let triggers = cx.workspace.borrow().triggers_of(&schema.name);
        let triggers: Result<Vec<_>> = triggers.iter().map(|view| Trigger::compile(cx, &schema, view).map(Rc::new)).collect();
        let predicates: Result<Vec<_>> = schema.indexes.iter().map(|index| compiled(&index.predicate, &scope)).collect();
        Ok(Target {
            name: fold(&schema.name).into(),
            codec: RowCodec::new(&schema)?,
            defaults: defaults::compile(cx, &schema, &scope)?,
            on_update,
            generated: generated::compile(cx, &schema, &scope)?,
            checks: check::compile(cx, &schema, &scope)?,
            predicates: predicates?,
            auto: auto_column(&schema),
            parents: foreign_key::parents_of(cx, &schema),
            children: foreign_key::children_of(cx, &schema),
            triggers: triggers?,
            scope,
            schema,
        })
    }

    pub fn column_name(&self, position: usize) -> String { qualified(&self.schema, position) }

    /// Whether a row belongs into index number `index`.
    pub fn indexed(&self, cx: &Context, index: usize, row: &[Value]) -> Result<bool> {
        match &self.predicates[index] {
            Some(predicate) => Ok(predicate.truth(row, cx)? == Some(true)),
            None => Ok(true),
        }
    }

    /// What a new row must go through before its key is known: types, generated columns, NOT NULL, CHECK.
    pub fn finish(&self, cx: &Context, row: &mut Row) -> Result<()> {
        // SQLite's VARCHAR(n) is a TEXT: `SET prollite_text_limits = off` takes longer ones.
        let unlimited = cx.settings.variables.get("prollite_text_limits") == Some(&Value::Int(0));
        for (position, cell) in row.iter_mut().enumerate() {
            match &self.schema.columns[position].column_type {
                ColumnType::Text { max: Some(_) } if unlimited => *cell = ColumnType::TEXT.coerce(std::mem::take(cell))?,
                _ => self.coerce(position, cell)?,
            }
        }
        generated::fill(self, cx, row)?;
        super::not_null::check(self, row)?;
        check::check(self, cx, row)
    }

    /// Brings a value to its column's type.
    pub fn coerce(&self, position: usize, cell: &mut Value) -> Result<()> {
        let column_type = &self.schema.columns[position].column_type;
        // What the type leaves as it is, most of the time.
        let fits = matches!(
            (&*cell, column_type),
            (Value::Null, _) | (Value::Int(_), ColumnType::Int { bits: 64, unsigned: false }) | (Value::Text(_), ColumnType::Text { max: None })
        );
        if fits {
            return Ok(());
        }
        let value = std::mem::take(cell);
        *cell = column_type.coerce(value).map_err(|error| in_column(error, &self.schema, position))?;
        Ok(())
    }
}

/// `t.c`
pub fn qualified(schema: &Schema, position: usize) -> String {
    format!("{}.{}", schema.name, schema.columns[position].name)
}

fn in_column(error: crate::Error, schema: &Schema, position: usize) -> crate::Error {
    if error.is_fault() {
        return error;
    }
    crate::Error::new(error.code(), format!("column {}: {}", qualified(schema, position), error.message()))
}

/// AUTO_INCREMENT's column, or SQLite's `INTEGER PRIMARY KEY`.
fn auto_column(schema: &Schema) -> Option<usize> {
    let declared = schema.columns.iter().position(|column| column.auto_increment);
    let rowid = || match schema.primary_key[..] {
        [part] => {
            let column = &schema.columns[part.column];
            let integer = column.declared.eq_ignore_ascii_case("integer") && column.default.is_none();
            (integer && column.generated.is_none()).then_some(part.column)
        }
        _ => None,
    };
    declared.or_else(rowid)
}

/// How a value is shown in a message: as SQL writes it, cut at 60 characters.
pub fn shown(value: &Value) -> String {
    let text = match value {
        Value::Null => "NULL".to_string(),
        Value::Int(int) => int.to_string(),
        Value::Real(real) => real.to_string(),
        Value::Decimal(decimal) => decimal.to_string(),
        Value::Text(text) => format!("'{}'", text.replace('\'', "''")),
        Value::Blob(bytes) => {
            let hex: String = bytes.iter().take(32).map(|byte| format!("{byte:02x}")).collect();
            format!("X'{hex}'")
        }
    };
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// `(1, 'a')`, or `1` when there is one.
pub fn shown_row<'a>(values: impl IntoIterator<Item = &'a Value>) -> String {
    let shown: Vec<String> = values.into_iter().map(shown).collect();
    match &shown[..] {
        [one] => one.clone(),
        all => format!("({})", all.join(", ")),
    }
}
