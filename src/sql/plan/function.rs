//! Calls: aggregates, special forms, scalar functions.

use gluesql::core::sqlparser::ast::{self, DuplicateTreatment, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArguments};

use super::window::is_window_function;
use super::{AggregateCall, Binder, Bound};
use crate::error::{Code, Error, Result};
use crate::sql::eval::{aggregates, functions, Comparator, Comparison, Expr, Match, MatchKind, Rule, Type};
use crate::sql::write::{raise, raised};
use crate::tuple::ColumnType;

/// Only in triggers.
static RAISE: functions::Function = functions::Function { name: "raise", min: 0, max: 1, call: functions::Callee::InContext(raise) };

impl Binder<'_> {
    pub fn function(&self, function: &ast::Function) -> Result<Bound> {
        let name = function.name.to_string().trim_matches(['`', '"']).to_ascii_lowercase();
        if !function.within_group.is_empty() {
            return Err(Error::unsupported(format!("WITHIN GROUP is not supported: {name}()")));
        }
        let (arguments, distinct, clauses): (Vec<&ast::Expr>, bool, &[FunctionArgumentClause]) = match &function.args {
            FunctionArguments::None => (Vec::new(), false, &[]),
            FunctionArguments::Subquery(_) => return Err(Error::unsupported(format!("{name}(SELECT …) is not supported"))),
            FunctionArguments::List(list) => {
                let mut arguments = Vec::new();
                for argument in &list.args {
                    match argument {
                        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => arguments.push(expr),
                        FunctionArg::Unnamed(FunctionArgExpr::Wildcard) if list.args.len() == 1 && list.duplicate_treatment.is_none() => {}
                        _ => return Err(Error::unsupported(format!("this argument of {name}() is not supported: {argument}"))),
                    }
                }
                let distinct = list.duplicate_treatment == Some(DuplicateTreatment::Distinct);
                (arguments, distinct, &list.clauses)
            }
        };
        if let Some(over) = &function.over {
            if distinct || !clauses.is_empty() || function.null_treatment.is_some() {
                return Err(Error::unsupported(format!("DISTINCT, ORDER BY and IGNORE NULLS in {name}() OVER are not supported")));
            }
            return self.window(&name, &arguments, function.filter.as_deref(), over);
        }
        if is_window_function(&name) {
            return Err(Error::new(Code::Syntax, format!("{name}() is a window function: OVER is missing")));
        }
        if let Some(answer) = self.interval_function(&name, &arguments)? {
            return Ok(answer);
        }
        if let Some(aggregate) = aggregates::find(&name, arguments.len()) {
            return self.aggregate(aggregate, &name, &arguments, distinct, clauses, function.filter.as_deref());
        }
        if distinct || !clauses.is_empty() || function.filter.is_some() {
            return Err(Error::unsupported(format!("DISTINCT, ORDER BY and FILTER belong to aggregates, {name}() is none")));
        }
        // MySQL's ON DUPLICATE KEY UPDATE a = VALUES(a).
        if let ("values", [ast::Expr::Identifier(column)]) = (name.as_str(), &arguments[..]) {
            if let Some(bound) = self.column(Some("excluded"), &column.value)? {
                return Ok(bound);
            }
        }
        if name == "raise" && self.cx.trigger.is_some() {
            let (_, message) = raised(&arguments)?;
            let message = message.iter().map(|message| Ok(self.expr(message)?.expr)).collect::<Result<Vec<Expr>>>()?;
            return Ok(Bound::new(Expr::Call(&RAISE, message)));
        }
        let bound = arguments.iter().enumerate().map(|(at, argument)| self.argument(&name, at, argument));
        let mut bound = bound.collect::<Result<Vec<Bound>>>()?;
        match (name.as_str(), bound.len()) {
            ("coalesce", 1..) | ("ifnull", 2) => {
                let mut kind = bound[0].kind.clone();
                kind.json = bound.iter().all(|bound| bound.kind.is_json());
                let list = bound.into_iter().map(|bound| bound.expr).collect();
                Ok(Bound { expr: self.fold(Expr::Coalesce(list))?, kind: Type { json: kind.json, ..decimal_only(kind) } })
            }
            ("max" | "greatest" | "min" | "least", 2..) if collation(&bound) => {
                let function = if matches!(name.as_str(), "max" | "greatest") { &functions::MAX_NOCASE } else { &functions::MIN_NOCASE };
                Ok(Bound::new(self.fold(Expr::Call(function, bound.into_iter().map(|bound| bound.expr).collect()))?))
            }
            ("nullif", 2) => {
                let nocase = collation(&bound);
                let (right, left) = (bound.pop(), bound.pop());
                let (Some(left), Some(right)) = (left, right) else { return Err(Error::internal("nullif without arguments")) };
                // As SQLite's: nothing is converted.
                let rule = Rule { nocase, ..Rule::default() };
                let comparison = Comparison { op: Comparator::Eq, left: left.expr, right: right.expr, rule };
                Ok(Bound::new(self.fold(Expr::NullIf(Box::new(comparison)))?))
            }
            ("iif" | "if", 2 | 3) => {
                let otherwise = if bound.len() == 3 { bound.pop().map(|bound| Box::new(bound.expr)) } else { None };
                let mut bound = bound.into_iter().map(|bound| bound.expr);
                let (Some(when), Some(then)) = (bound.next(), bound.next()) else { return Err(Error::internal("if without arguments")) };
                Ok(Bound::new(self.fold(Expr::Case { whens: vec![(when, then)], otherwise })?))
            }
            // The argument is JSON by now, but for a NULL.
            ("json_quote", 1) => {
                let Bound { expr, kind } = bound.remove(0);
                Ok(Bound { expr: self.fold(Expr::Coalesce(vec![expr, Expr::Literal("null".into())]))?, kind })
            }
            ("like" | "glob", 2) => {
                let (Some(expr), Some(pattern)) = (bound.pop(), bound.pop()) else { return Err(Error::internal("like without arguments")) };
                let kind = if name == "like" { MatchKind::Like } else { MatchKind::Glob };
                let (expr, pattern) = (expr.expr, pattern.expr);
                let matching = Match { kind, expr, pattern, escape: None, negated: false, compiled: None, regex: None };
                Ok(Bound::new(self.fold(matching.compile()?)?))
            }
            _ => self.call(&name, bound.into_iter().map(|bound| bound.expr).collect()),
        }
    }

    /// An argument of a function; one that becomes part of a JSON text is made JSON.
    pub fn argument(&self, name: &str, at: usize, argument: &ast::Expr) -> Result<Bound> {
        if let (0, true, ast::Expr::Identifier(unit)) = (at, name.starts_with("timestamp") && name.len() > 9, argument) {
            return Ok(Bound::new(Expr::Literal(unit.value.as_str().into())));
        }
        if !functions::json::takes_json(name, at) {
            return self.expr(argument);
        }
        self.json_argument(argument)
    }

    /// An expression as JSON: what JSON functions made as it is, also from a branch of the expression, any other value
    /// quoted, NULL as NULL.
    fn json_argument(&self, argument: &ast::Expr) -> Result<Bound> {
        let json = |expr: Expr| Ok(Bound { expr: self.fold(expr)?, kind: Type { json: true, ..Type::UNKNOWN } });
        let branch = |expr: &ast::Expr| self.deeper(|| self.json_argument(expr));
        match argument {
            ast::Expr::Nested(inner) | ast::Expr::UnaryOp { op: ast::UnaryOperator::Plus, expr: inner } => return branch(inner),
            ast::Expr::Case { operand, conditions, results, else_result } => {
                return json(self.case(operand.as_deref(), conditions, results, else_result.as_deref(), &branch)?.expr);
            }
            ast::Expr::Function(function) => {
                let arguments = match &function.args {
                    FunctionArguments::List(list) => list.args.iter().filter_map(|argument| match argument {
                        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
                        _ => None,
                    }).collect(),
                    _ => Vec::new(),
                };
                match (&*function.name.to_string().to_ascii_lowercase(), &arguments[..]) {
                    // A string that one path leads to loses its quotes for SQL, not here.
                    ("json_extract", [_, _]) => {
                        let list = arguments.iter().map(|expr| Ok(self.expr(expr)?.expr)).collect::<Result<_>>()?;
                        return json(Expr::Call(&functions::json::EXTRACT, list));
                    }
                    ("json_extract", [_, _, ..]) => return json(self.expr(argument)?.expr),
                    ("coalesce" | "ifnull", [_, ..]) => {
                        return json(Expr::Coalesce(arguments.iter().map(|expr| Ok(branch(expr)?.expr)).collect::<Result<_>>()?));
                    }
                    ("iif" | "if", [condition, then, otherwise @ ..]) => {
                        let condition = std::slice::from_ref(*condition);
                        return json(self.case(None, condition, std::slice::from_ref(*then), otherwise.first().copied(), &branch)?.expr);
                    }
                    _ => {}
                }
            }
            _ => {}
        }
        let bound = self.expr(argument)?;
        if bound.kind.is_json() { Ok(bound) } else { json(Expr::Call(&functions::json::QUOTE, vec![bound.expr])) }
    }

    /// A scalar function by folded name.
    pub fn call(&self, name: &str, arguments: Vec<Expr>) -> Result<Bound> {
        match functions::find(name, arguments.len())? {
            Some(function) => {
                let kind = Type { json: functions::json::answers_json(name), ..Type::UNKNOWN };
                Ok(Bound { expr: self.fold(Expr::Call(function, arguments))?, kind })
            }
            None if crate::sql::procedure::ALL.iter().any(|procedure| procedure.name() == name) => Err(Error::unsupported(format!(
                "procedure {name}() can only be called by CALL, or alone in a SELECT without FROM"
            ))),
            None => Err(Error::unsupported(format!("no such function: {name}()"))),
        }
    }

    fn aggregate(
        &self,
        aggregate: aggregates::Aggregate,
        name: &str,
        arguments: &[&ast::Expr],
        distinct: bool,
        clauses: &[FunctionArgumentClause],
        filter_source: Option<&ast::Expr>,
    ) -> Result<Bound> {
        if self.aggregates.borrow().is_none() {
            return Err(Error::new(Code::Syntax, format!("aggregate {name}() may not stand here")));
        }
        if distinct && arguments.len() != 1 {
            return Err(Error::new(Code::Syntax, format!("{name}(DISTINCT …) takes one argument, got {}", arguments.len())));
        }
        let mut kind = Type::UNKNOWN;
        let mut bound = Vec::new();
        let captured = self.captures.borrow().len();
        for (at, argument) in arguments.iter().enumerate() {
            let argument = self.within_aggregate(|| self.argument(name, at, argument))?;
            if at == 0 {
                kind = argument.kind.clone();
            }
            bound.push(argument.expr);
        }
        let filter = filter_source.map(|filter| Ok::<Expr, Error>(self.beside(|| self.plain(filter))?.expr)).transpose()?;
        let mut order = Vec::new();
        for clause in clauses {
            match clause {
                FunctionArgumentClause::OrderBy(keys) => {
                    for key in keys {
                        let (expr, descending) = (self.beside(|| self.plain(&key.expr))?, key.asc == Some(false));
                        // NULLs come first unless it descends; said otherwise, it is a key before the key.
                        match key.nulls_first {
                            Some(first) if first == descending => {
                                order.push((Expr::IsNull { expr: Box::new(expr.expr.clone()), negated: false }, first));
                            }
                            _ => {}
                        }
                        let expr = if expr.kind.nocase { self.call("lower", vec![expr.expr])?.expr } else { expr.expr };
                        order.push((expr, descending));
                    }
                }
                FunctionArgumentClause::Separator(ast::Value::SingleQuotedString(text)) if bound.len() == 1 => {
                    bound.push(Expr::Literal(text.as_str().into()));
                }
                other => return Err(Error::unsupported(format!("{other} in {name}() is not supported"))),
            }
        }
        let call = AggregateCall { aggregate, arguments: bound, distinct, filter, order, nocase: kind.nocase };
        // What reads columns of queries around this one only is an aggregate of the nearest of them.
        if let Some(parent) = self.parent {
            let (mut own, mut outer) = (false, false);
            call.exprs().for_each(|expr| {
                expr.visit(&mut |part| {
                    own |= matches!(part, Expr::Column(_));
                    outer |= matches!(part, Expr::Outer(_));
                })
            });
            if outer && !own {
                self.captures.borrow_mut().truncate(captured);
                let answer = parent.beside(|| parent.aggregate(aggregate, name, arguments, distinct, clauses, filter_source))?;
                return Ok(self.capture(answer));
            }
        }
        let mut calls = self.aggregates.borrow_mut();
        let Some(calls) = calls.as_mut() else { return Err(Error::internal("aggregates are closed")) };
        let at = match calls.iter().position(|known| *known == call) {
            Some(at) => at,
            None => {
                calls.push(call);
                calls.len() - 1
            }
        };
        // MIN and MAX keep their argument's type; sums of DECIMAL stay exact.
        let kind = match aggregate {
            aggregates::Aggregate::Min | aggregates::Aggregate::Max => typed_only(kind),
            aggregates::Aggregate::Sum | aggregates::Aggregate::Avg => decimal_only(kind),
            _ => Type { json: functions::json::answers_json(name), ..Type::UNKNOWN },
        };
        Ok(Bound { expr: Expr::Aggregate(at), kind })
    }
}

/// Whether functions that compare their arguments fold case: as the first says that says anything.
fn collation(arguments: &[Bound]) -> bool { arguments.iter().find_map(|bound| bound.kind.collation()).unwrap_or(false) }

pub fn decimal_only(kind: Type) -> Type {
    if kind.is_decimal() { Type::of(ColumnType::Numeric) } else { Type::UNKNOWN }
}

/// What `MIN(date_column) = '2024-1-5'` needs; numbers and texts lose their affinity in an aggregate, as in SQLite.
pub fn typed_only(kind: Type) -> Type {
    match kind.column_type {
        ColumnType::Date | ColumnType::Time | ColumnType::DateTime | ColumnType::Timestamp | ColumnType::Uuid => {
            Type::of(kind.column_type)
        }
        _ => decimal_only(kind),
    }
}
