//! A table function's rows.

use super::{Operator, Relation, Row};
use crate::error::Result;
use crate::sql::eval::Env;
use crate::sql::plan::FunctionScan;
use crate::tuple::Value;

pub struct FunctionRows { rows: Box<dyn Relation>, offset: usize, width: usize }

impl FunctionRows {
    pub fn open(scan: &FunctionScan, env: &Env) -> Result<Self> {
        let arguments = scan.arguments.iter().map(|argument| argument.eval(&[], env)).collect::<Result<Vec<Value>>>()?;
        Ok(FunctionRows { rows: scan.function.rows(&arguments)?, offset: scan.offset, width: scan.width })
    }
}

impl Operator for FunctionRows {
    fn next(&mut self, row: &mut Row) -> Result<bool> {
        let Some(found) = self.rows.next()? else { return Ok(false) };
        row[self.offset..self.offset + self.width].iter_mut().zip(found).for_each(|(cell, value)| *cell = value);
        Ok(true)
    }
}
