//! The names that an expression may use.

use std::rc::Rc;

use crate::error::{Code, Error, Result};
use crate::repo::Schema;
use crate::sql::eval::{Expr, Type};

#[derive(Clone, Default)]
pub struct Scope { pub columns: Vec<ScopeColumn> }

#[derive(Clone)]
pub struct ScopeColumn {
    /// The table's alias or name.
    pub qualifier: Option<Rc<str>>,
    pub name: Rc<str>,
    pub kind: Type,
    /// Its cell in the register row; for a column merged by USING, both sides' cells.
    pub expr: Expr,
    /// Whether `*` shows it.
    pub star: bool,
    /// Whether it answers to its bare name (the right side of USING does not).
    pub bare: bool,
}

impl Scope {
    /// A table's columns, from `offset` on.
    pub fn add_table(&mut self, schema: &Schema, qualifier: &Rc<str>, offset: usize) {
        for (position, column) in schema.columns.iter().enumerate() {
            let mut kind = Type::of(column.column_type.clone());
            kind.nocase = column.nocase;
            kind.declared = true;
            self.add(Some(qualifier.clone()), column.name.clone(), kind, offset + position, true);
        }
    }

    pub fn add(&mut self, qualifier: Option<Rc<str>>, name: Rc<str>, kind: Type, cell: usize, star: bool) {
        let kind = Type { column: true, ..kind };
        self.columns.push(ScopeColumn { qualifier, name, kind, expr: Expr::Column(cell), star, bare: true });
    }

    /// The column of that name; `None` when there is none, an error when there are several.
    pub fn find(&self, qualifier: Option<&str>, name: &str) -> Result<Option<&ScopeColumn>> {
        let mut found: Option<&ScopeColumn> = None;
        for column in &self.columns {
            let matches = column.name.eq_ignore_ascii_case(name)
                && match qualifier {
                    Some(wanted) => column.qualifier.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(wanted)),
                    None => column.bare,
                };
            if !matches {
                continue;
            }
            if found.is_some() {
                let shown = qualifier.map_or_else(|| name.to_string(), |table| format!("{table}.{name}"));
                return Err(Error::new(Code::ColumnNotFound, format!("column name is ambiguous: {shown}")));
            }
            found = Some(column);
        }
        Ok(found)
    }

    pub fn has_table(&self, name: &str) -> bool {
        self.columns.iter().any(|column| column.qualifier.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(name)))
    }
}
