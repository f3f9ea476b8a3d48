//! RETURNING: a select list over the rows that a statement wrote, or took away.

use gluesql::core::sqlparser::ast::SelectItem;

use crate::error::Result;
use crate::sql::eval::{compile_list, eval_all, Compiled, Scope};
use crate::sql::relation::Row;
use crate::sql::{Context, Outcome, OutputColumn};

#[derive(Default)]
pub struct Returning { columns: Vec<OutputColumn>, list: Vec<Compiled>, rows: Vec<Row> }

impl Returning {
    pub fn of(cx: &Context, items: Option<&[SelectItem]>, scope: impl FnOnce() -> Scope) -> Result<Self> {
        match items {
            None => Ok(Returning::default()),
            Some(items) => {
                let (columns, list) = compile_list(cx, items, &scope())?;
                Ok(Returning { columns, list, rows: Vec::new() })
            }
        }
    }

    pub fn is_wanted(&self) -> bool { !self.list.is_empty() }

    pub fn note(&mut self, cx: &Context, row: &[crate::tuple::Value]) -> Result<()> {
        if self.is_wanted() {
            self.rows.push(eval_all(&self.list, row, cx)?);
        }
        Ok(())
    }

    pub fn outcome(self, affected: u64) -> Outcome { Outcome { columns: self.columns, rows: self.rows, affected } }
}
