//! A system table's rows, told what is wanted of them, and checked again.

use super::limit::sum;
use super::{Operator, Relation, Row};
use crate::error::Result;
use crate::sql::eval::Env;
use crate::sql::plan::{Operand, SystemScan};
use crate::sql::system::{Side, Wanted};
use crate::tuple::Value;

pub struct SystemRows<'p> { scan: &'p SystemScan, rows: Box<dyn Relation>, env: &'p Env }

impl<'p> SystemRows<'p> {
    pub fn open(scan: &'p SystemScan, env: &'p Env) -> Result<Self> {
        // NULL equals nothing, and nothing lies beside it.
        let value = |operand: &Operand| -> Result<Option<Value>> {
            Ok(Some(operand.conversion.apply(operand.expr.eval(&[], env)?)).filter(|value| !value.is_null()))
        };
        let mut equals = Vec::new();
        for (column, operands) in &scan.equals {
            let mut values = Vec::with_capacity(operands.len());
            for operand in operands {
                values.extend(value(operand)?);
            }
            equals.push((*column, values));
        }
        let mut sides = Vec::new();
        for side in &scan.sides {
            match value(&side.operand)? {
                Some(value) => sides.push(Side { column: side.column, lower: side.lower, inclusive: side.inclusive, value }),
                None => equals.push((side.column, Vec::new())),
            }
        }
        let limit = scan.top.as_ref().map_or(Ok(None), |top| sum(top, env))?;
        let wanted = Wanted { equals, sides, limit, columns: Some(scan.columns.clone()) };
        Ok(SystemRows { scan, rows: scan.table.scan(&env.cx, &wanted)?, env })
    }
}

impl Operator for SystemRows<'_> {
    fn next(&mut self, row: &mut Row) -> Result<bool> {
        while let Some(mut found) = self.rows.next()? {
            found.resize(self.scan.width, Value::Null);
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
