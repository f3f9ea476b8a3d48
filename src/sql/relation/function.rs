//! A table function's rows.

use super::{Operator, Relation, Row};
use crate::error::{Code, Error, Result};
use crate::sql::eval::Env;
use crate::sql::plan::{Callee, FunctionScan};
use crate::sql::system::Wanted;
use crate::tuple::Value;

pub struct FunctionRows { rows: Box<dyn Relation>, offset: usize, width: usize }

impl FunctionRows {
    pub fn open(scan: &FunctionScan, env: &Env) -> Result<Self> {
        let arguments = scan.arguments.iter().map(|argument| argument.eval(&[], env)).collect::<Result<Vec<Value>>>()?;
        let rows = match &scan.function {
            Callee::Table(function) => function.rows(&arguments)?,
            Callee::System { function, name } => {
                let missing = || Error::new(Code::TableNotFound, format!("table function not found: {name}"));
                let bound = function.bind(&env.cx, name, Some(&arguments))?.ok_or_else(missing)?;
                bound.scan(&env.cx, &Wanted::default())?
            }
        };
        Ok(FunctionRows { rows, offset: scan.offset, width: scan.width })
    }
}

impl Operator for FunctionRows {
    fn next(&mut self, row: &mut Row) -> Result<bool> {
        let Some(found) = self.rows.next()? else { return Ok(false) };
        row[self.offset..self.offset + self.width].iter_mut().zip(found).for_each(|(cell, value)| *cell = value);
        Ok(true)
    }
}
