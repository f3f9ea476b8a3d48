//! `CALL p(…)` and `SELECT p(…)`: the same call, a row or a value.

use gluesql::core::sqlparser::ast::{Expr, Ident};

use crate::error::{Error, Result};
use crate::sql::eval::constant;
use crate::sql::procedure::{Answer, Call, Effect, Procedure, ALL};
use crate::sql::{Context, Outcome, OutputColumn};
use crate::tuple::{ColumnType, Value};

fn run(cx: &Context, procedure: &dyn Procedure, arguments: &[Expr], effect: &mut Effect) -> Result<Answer> {
    let arguments: Vec<Value> = arguments.iter().map(|argument| constant(cx, argument)).collect::<Result<_>>()?;
    procedure.call(&mut Call { context: cx, arguments: &arguments, effect })
}

pub fn call(cx: &Context, name: &str, arguments: &[Expr], effect: &mut Effect) -> Result<Outcome> {
    let procedure = ALL.iter().find(|procedure| procedure.name().eq_ignore_ascii_case(name));
    let missing = || Error::unsupported(format!("stored procedure {name} does not exist"));
    let procedure = procedure.ok_or_else(missing)?;
    let answer = run(cx, *procedure, arguments, effect)?;
    Ok(Outcome { columns: procedure.columns(), rows: vec![answer.row], affected: 0 })
}

pub fn select(
    cx: &Context,
    procedure: &dyn Procedure,
    arguments: &[Expr],
    alias: Option<&Ident>,
    effect: &mut Effect,
) -> Result<Outcome> {
    let answer = run(cx, procedure, arguments, effect)?;
    let name = alias.map_or_else(|| procedure.name().to_string(), |alias| alias.value.clone());
    Ok(Outcome { columns: vec![OutputColumn::new(name, ColumnType::Any)], rows: vec![vec![answer.value]], affected: 0 })
}
