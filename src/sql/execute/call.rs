//! `CALL p(…)` and `SELECT p(…)`: the same call, a row or a value.

use gluesql::core::sqlparser::ast::{Expr, Ident, Value as Ast};

use crate::error::{Error, Result};
use crate::sql::eval::constant;
use crate::sql::procedure::{Answer, Call, Effect, Procedure, ALL};
use crate::sql::{Context, Outcome, OutputColumn};
use crate::tuple::{ColumnType, Value};

fn run(
    cx: &Context,
    procedure: &dyn Procedure,
    arguments: &[Expr],
    selected: bool,
    effect: &mut Effect,
) -> Result<Answer> {
    // What it kept from an attempt before need not ask the same queries again.
    cx.suspension.refuse();
    let values: Vec<Value> = arguments.iter().map(|argument| constant(cx, argument)).collect::<Result<_>>()?;
    let answer = procedure.call(&mut Call { context: cx, arguments: &values, selected, effect })?;
    for (position, value) in std::mem::take(&mut effect.out) {
        if let Some(name) = arguments.get(position).and_then(user_variable) {
            effect.variables.push((name, value));
        }
    }
    Ok(answer)
}

/// `@name`, folded.
fn user_variable(argument: &Expr) -> Option<String> {
    let name = match argument {
        Expr::Identifier(ident) => &ident.value,
        Expr::Value(Ast::Placeholder(name)) => name,
        _ => return None,
    };
    (name.starts_with('@') && !name.starts_with("@@")).then(|| name.to_ascii_lowercase())
}

pub fn call(cx: &Context, name: &str, arguments: &[Expr], effect: &mut Effect) -> Result<Outcome> {
    let procedure = ALL.iter().find(|procedure| procedure.name().eq_ignore_ascii_case(name));
    let missing = || Error::unsupported(format!("stored procedure {name} does not exist"));
    let procedure = procedure.ok_or_else(missing)?;
    let answer = run(cx, *procedure, arguments, false, effect)?;
    Ok(Outcome { columns: procedure.columns(), rows: vec![answer.row], affected: 0 })
}

/// What the procedure is worth inside an expression.
pub fn value(cx: &Context, procedure: &dyn Procedure, arguments: &[Expr], effect: &mut Effect) -> Result<Value> {
    Ok(run(cx, procedure, arguments, true, effect)?.value)
}

pub fn select(
    cx: &Context,
    procedure: &dyn Procedure,
    arguments: &[Expr],
    alias: Option<&Ident>,
    effect: &mut Effect,
) -> Result<Outcome> {
    let answer = run(cx, procedure, arguments, true, effect)?;
    let name = alias.map_or_else(|| procedure.name().to_string(), |alias| alias.value.clone());
    Ok(Outcome { columns: vec![OutputColumn::new(name, ColumnType::Any)], rows: vec![vec![answer.value]], affected: 0 })
}

/// `SET @@dolt_transaction_commit = 1`: the commit that each SQL transaction which changed something ends with.
pub fn transaction_commit(cx: &Context, message: &str, effect: &mut Effect) -> Result<()> {
    let arguments: Vec<Value> = ["-A", "--skip-empty", "-m", message].into_iter().map(Value::from).collect();
    let procedure = ALL.iter().find(|procedure| procedure.name() == "dolt_commit");
    let procedure = procedure.ok_or_else(|| Error::internal("dolt_commit is not registered"))?;
    procedure.call(&mut Call { context: cx, arguments: &arguments, selected: false, effect }).map(drop)
}
