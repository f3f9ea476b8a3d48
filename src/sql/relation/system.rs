//! A system table's rows, told what is wanted of them, and checked again.

use super::{Operator, Relation, Row};
use crate::error::Result;
use crate::sql::eval::Env;
use crate::sql::plan::SystemScan;
use crate::sql::system::Wanted;

pub struct SystemRows<'p> { scan: &'p SystemScan, rows: Box<dyn Relation>, env: &'p Env }

impl<'p> SystemRows<'p> {
    pub fn open(scan: &'p SystemScan, env: &'p Env) -> Result<Self> {
        let mut equals = Vec::new();
        for (column, operands) in &scan.equals {
            let mut values = Vec::with_capacity(operands.len());
            for operand in operands {
                let value = operand.conversion.apply(operand.expr.eval(&[], env)?);
                if !value.is_null() {
                    values.push(value);
                }
            }
            equals.push((*column, values));
        }
        let wanted = Wanted { equals, limit: None, columns: Some(scan.columns.clone()) };
        Ok(SystemRows { scan, rows: scan.table.scan(&env.cx, &wanted)?, env })
    }
}

impl Operator for SystemRows<'_> {
    fn next(&mut self, row: &mut Row) -> Result<bool> {
        while let Some(mut found) = self.rows.next()? {
            found.resize(self.scan.width, crate::tuple::Value::Null);
            let cells = &mut row[self.scan.offset..self.scan.offset + self.scan.width];
            cells.iter_mut().zip(found).for_each(|(cell, value)| *cell = value);
            match &self.scan.filter {
                Some(filter) if filter.truth(row, self.env)? != Some(true) => {}
                _ => return Ok(true),
            }
        }
        Ok(false)
    }
}
