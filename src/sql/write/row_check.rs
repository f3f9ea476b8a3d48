//! What a merge asks of SQL: the expressions of schemas that need not be in the workspace, over whole rows.

use std::cell::RefCell;
use std::rc::Rc;

use super::{defaults, generated, Target};
use crate::error::Result;
use crate::repo::{Index, RowCheck, Schema};
use crate::sql::Context;
use crate::tuple::Value;

/// Compiled once a schema; the few schemas of one merge are kept.
pub struct MergeCheck { cx: Context, targets: RefCell<Vec<Rc<Target>>> }

impl MergeCheck {
    /// Work that is kept between retries holds one: it must not hold that work in turn.
    pub fn new(cx: &Context) -> Rc<dyn RowCheck> {
        let cx = Context { resume: Rc::default(), ..cx.clone() };
        Rc::new(MergeCheck { cx, targets: RefCell::default() })
    }

    fn target(&self, schema: &Schema) -> Result<Rc<Target>> {
        if let Some(target) = self.targets.borrow().iter().find(|target| *target.schema == *schema) {
            return Ok(target.clone());
        }
        let target = Rc::new(Target::new(&self.cx, Rc::new(schema.clone()))?);
        self.targets.borrow_mut().insert(0, target.clone());
        Ok(target)
    }
}

impl RowCheck for MergeCheck {
    fn generate(&self, schema: &Schema, values: &mut [Value]) -> Result<()> {
        let mut row = values.to_vec();
        generated::fill(&*self.target(schema)?, &self.cx, &mut row)?;
        values.iter_mut().zip(row).for_each(|(value, computed)| *value = computed);
        Ok(())
    }

    fn computed_defaults(&self, schema: &Schema, columns: &[usize]) -> Result<Vec<usize>> {
        let target = self.target(schema)?;
        Ok(columns.iter().copied().filter(|column| defaults::reads_row(&target, *column)).collect())
    }

    fn fill_defaults(&self, schema: &Schema, columns: &[usize], values: &mut [Value]) -> Result<()> {
        let target = self.target(schema)?;
        for column in columns {
            values[*column] = defaults::value(&target, &self.cx, *column, values)?;
            target.coerce(*column, &mut values[*column])?;
        }
        Ok(())
    }

    fn broken_check(&self, schema: &Schema, values: &[Value]) -> Result<Option<Rc<str>>> {
        let target = self.target(schema)?;
        for (check, compiled) in schema.checks.iter().zip(&target.checks) {
            if compiled.truth(values, &self.cx)? == Some(false) {
                return Ok(Some(check.name.clone()));
            }
        }
        Ok(None)
    }

    fn broken_expression(&self, schema: &Schema) -> Result<Option<String>> {
        match self.target(schema) {
            Ok(_) => Ok(None),
            Err(error) if error.is_fault() => Err(error),
            Err(error) => Ok(Some(error.message().to_owned())),
        }
    }

    fn is_indexed(&self, schema: &Schema, index: &Index, values: &[Value]) -> Result<bool> {
        match schema.indexes.iter().position(|own| own.id == index.id) {
            Some(position) => self.target(schema)?.indexed(&self.cx, position, values),
            None => Ok(true),
        }
    }
}
