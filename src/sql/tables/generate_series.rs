//! `generate_series(start, stop, step)`: SQLite's. Without a stop it ends at 4294967295; a step of 0 counts as 1.

use std::ops::RangeInclusive;

use super::TableFunction;
use crate::error::{Error, Result};
use crate::sql::eval::convert::to_int;
use crate::sql::relation::{Relation, Row, Rows};
use crate::tuple::{ColumnType, Value};

pub struct GenerateSeries;

struct Series { next: Option<i64>, start: i64, stop: i64, step: i64 }

impl TableFunction for GenerateSeries {
    fn name(&self) -> &'static str { "generate_series" }
    fn arguments(&self) -> RangeInclusive<usize> { 1..=3 }
    fn columns(&self) -> Vec<(&'static str, ColumnType)> {
        ["value", "start", "stop", "step"].map(|name| (name, ColumnType::INTEGER)).into()
    }
    fn hidden(&self) -> usize { 3 }

    fn rows(&self, arguments: &[Value]) -> Result<Box<dyn Relation>> {
        if arguments.iter().any(Value::is_null) {
            return Ok(Box::new(Rows::new(Vec::new())));
        }
        let number = |at: usize, default: i64| match arguments.get(at) {
            None => Ok(default),
            Some(value) => to_int(value).ok_or_else(|| Error::bad_argument("generate_series() takes integers")),
        };
        let (start, stop, step) = (number(0, 0)?, number(1, 4_294_967_295)?, number(2, 1)?);
        let step = if step == 0 { 1 } else { step };
        Ok(Box::new(Series { next: Some(start), start, stop, step }))
    }
}

impl Relation for Series {
    fn next(&mut self) -> Result<Option<Row>> {
        let within = |value: &i64| if self.step > 0 { *value <= self.stop } else { *value >= self.stop };
        let Some(value) = self.next.filter(within) else { return Ok(None) };
        self.next = value.checked_add(self.step);
        Ok(Some([value, self.start, self.stop, self.step].map(Value::Int).into()))
    }
}
