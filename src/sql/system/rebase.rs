//! `dolt_rebase`: the plan of the rebase on its way. UPDATE, INSERT and DELETE change what is done.

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::Decimal;

use super::scan::{plain, rows, text};
use super::{BoundTable, SystemTable, Wanted};
use crate::error::{Code, Error, Result};
use crate::repo::{show_order, Rebase as State, RebaseAction, RebaseStep};
use crate::sql::procedure::flags::word;
use crate::sql::procedure::rebase_under_way;
use crate::sql::relation::Relation;
use crate::sql::{Context, OutputColumn};
use crate::tuple::{ColumnType, Value};

pub struct Rebase;

impl SystemTable for Rebase {
    fn bind(&self, cx: &Context, name: &str, arguments: Option<&[Value]>) -> Result<Option<Box<dyn BoundTable>>> {
        if !plain("dolt_rebase", name, arguments)? {
            return Ok(None);
        }
        let Some((branch, _)) = rebase_under_way(cx)? else {
            return Err(Error::new(Code::TableNotFound, "table not found: dolt_rebase; no rebase is in progress on this branch"));
        };
        let order = OutputColumn::new("rebase_order", ColumnType::Decimal { precision: 6, scale: 2 });
        let columns = vec![order, text("action"), text("commit_hash"), text("commit_message")];
        Ok(Some(Box::new(Plan { branch, columns })))
    }
}

struct Plan { branch: String, columns: Vec<OutputColumn> }

impl BoundTable for Plan {
    fn columns(&self) -> &[OutputColumn] { &self.columns }

    fn scan(&self, cx: &Context, _: &Wanted) -> Result<Box<dyn Relation>> {
        let steps = State::read(cx, &self.branch)?.map(|rebase| rebase.steps).unwrap_or_default();
        let row = |step: &RebaseStep| {
            vec![
                Value::Decimal(if step.order % 100 == 0 { Decimal::new(step.order / 100, 0) } else { Decimal::new(step.order, 2) }),
                Value::from(step.action.as_str()),
                Value::from(step.commit.to_string()),
                Value::Text(step.message.clone()),
            ]
        };
        rows(steps.iter().map(row).collect())
    }

    fn insert(&self, cx: &Context, row: &[Value]) -> Result<()> { self.edit(cx, None, Some(row)) }
    fn delete(&self, cx: &Context, row: &[Value]) -> Result<()> { self.edit(cx, Some(row), None) }
    fn update(&self, cx: &Context, old: &[Value], new: &[Value]) -> Result<()> { self.edit(cx, Some(old), Some(new)) }
}

impl Plan {
    fn edit(&self, cx: &Context, old: Option<&[Value]>, new: Option<&[Value]>) -> Result<()> {
        let gone = || Error::new(Code::TableNotFound, "table not found: dolt_rebase");
        let mut rebase = State::read(cx, &self.branch)?.ok_or_else(gone)?;
        if let Some(old) = old {
            let order = order_of(&old[0])?;
            rebase.steps.retain(|step| step.order != order);
        }
        if let Some(new) = new {
            let step = step_of(cx, new)?;
            let at = match rebase.steps.binary_search_by_key(&step.order, |step| step.order) {
                Ok(_) => {
                    let text = format!("dolt_rebase: there is a step {} already", show_order(step.order));
                    return Err(Error::new(Code::Constraint, text));
                }
                Err(at) => at,
            };
            rebase.steps.insert(at, step);
        }
        cx.change(|change| {
            change.set_rebase(&self.branch, Some(&rebase));
            Ok(())
        })
    }
}

fn step_of(cx: &Context, row: &[Value]) -> Result<RebaseStep> {
    let action = word(&row[1])?;
    let known: Vec<&str> = RebaseAction::ALL.iter().map(|action| action.as_str()).collect();
    let unknown = || Error::bad_argument(format!("dolt_rebase.action: `{action}` is none of {}", known.join(", ")));
    let commit = cx.commit_of(&word(&row[2])?)?;
    let message = match &row[3] {
        Value::Null => cx.read_commit(&commit)?.message.clone(),
        message => word(message)?.into(),
    };
    Ok(RebaseStep { order: order_of(&row[0])?, action: RebaseAction::parse(&action).ok_or_else(unknown)?, commit, message })
}

/// In hundredths; DECIMAL(6, 2) holds no more.
fn order_of(value: &Value) -> Result<i64> {
    let wrong = || Error::new(Code::Type, format!("dolt_rebase.rebase_order: {value:?} is no DECIMAL(6,2)"));
    let decimal = match value {
        Value::Int(int) => Decimal::from(*int),
        Value::Decimal(decimal) => *decimal,
        Value::Real(real) => Decimal::try_from(*real).map_err(|_| wrong())?,
        Value::Text(text) => text.trim().parse().map_err(|_| wrong())?,
        _ => return Err(wrong()),
    };
    let hundredths = (decimal.checked_mul(Decimal::ONE_HUNDRED)).ok_or_else(wrong)?.round();
    hundredths.to_i64().filter(|order| order.abs() < 1_000_000).ok_or_else(wrong)
}
