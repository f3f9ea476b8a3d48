//! Which conjuncts bound which key, and which key bounds best.

use std::rc::Rc;

use crate::error::Result;
use crate::sql::eval::{Comparator, Conversion, Env, Expr};
use crate::sql::plan::{Access, Bounds, Operand, Scan};
use crate::sql::relation::key_ranges;
use crate::tuple::{ColumnType, KeyOrder};

/// IN lists of several parts are multiplied out up to this many ranges.
const MOST_RANGES: usize = 512;

/// What a conjunct says of one column.
pub enum Says { Equals(Vec<Operand>), Range { lower: bool, inclusive: bool, operand: Operand }, Nothing }

/// A way into a table, and how many rows it is expected to give.
pub struct Choice { pub access: Access, pub orders: Vec<KeyOrder>, pub estimate: u64 }

/// The best access that the conjuncts allow. `known` tells whether an operand can be evaluated when the scan opens.
/// `full` is the number of rows of the table. `None`: nothing is better than the whole table.
pub fn choose(
    scan: &Scan,
    conjuncts: &[&Expr],
    known: &dyn Fn(&Expr) -> bool,
    full: u64,
    env: &Env,
) -> Result<Option<Choice>> {
    let mut best: Option<(u64, Choice)> = None;
    let schema = &scan.schema;
    let key = (!schema.is_keyless()).then(|| (None, schema.primary_key.clone(), schema.key_orders(), true));
    let indexes = schema.indexes.iter().enumerate().filter(|(_, index)| index.predicate.is_none());
    let indexes = indexes.map(|(at, index)| (Some(at), index.parts.clone(), schema.index_orders(index), index.unique));
    for (index, parts, orders, unique) in key.into_iter().chain(indexes) {
        let columns: Vec<usize> = parts.iter().map(|part| part.column).collect();
        let Some(bounds) = bounds(scan, &columns, conjuncts, known) else { continue };
        let whole = bounds.equals.len() == columns.len();
        let estimate = match estimate(scan, index, &bounds, &orders, env)? {
            Some(estimate) => estimate,
            None if whole && unique => 1,
            None => {
                let mut rows = full;
                for _ in &bounds.equals {
                    rows /= 10;
                }
                let ranged = bounds.lower.is_some() || bounds.upper.is_some();
                (if ranged { rows / 4 } else { rows }).max(1)
            }
        };
        // A row through an index costs a lookup of its own.
        let cost = if index.is_some() { estimate.saturating_mul(4).saturating_add(1) } else { estimate };
        let access = match index {
            None => Access::Key(bounds),
            Some(index) => Access::Index { index, bounds },
        };
        if cost <= full.max(4) && best.as_ref().is_none_or(|(least, _)| cost < *least) {
            best = Some((cost, Choice { access, orders, estimate }));
        }
    }
    Ok(best.map(|(_, choice)| choice))
}

/// Bounds over the leading parts; `None` when not even the first is bounded.
fn bounds(scan: &Scan, columns: &[usize], conjuncts: &[&Expr], known: &dyn Fn(&Expr) -> bool) -> Option<Bounds> {
    let mut bounds = Bounds::default();
    let mut ranges = 1usize;
    for column in columns {
        let declared = &scan.schema.columns[*column];
        let cell = scan.offset + column;
        let says: Vec<Says> =
            conjuncts.iter().map(|expr| says(expr, cell, &declared.column_type, declared.nocase, known)).collect();
        let equals = says.iter().filter_map(|says| match says {
            Says::Equals(operands) => Some(operands),
            _ => None,
        });
        if let Some(operands) = equals.min_by_key(|operands| operands.len()) {
            ranges = ranges.saturating_mul(operands.len().max(1));
            if ranges > MOST_RANGES {
                break;
            }
            bounds.equals.push(operands.clone());
            continue;
        }
        for says in says {
            if let Says::Range { lower, inclusive, operand } = says {
                let side = if lower { &mut bounds.lower } else { &mut bounds.upper };
                side.get_or_insert((operand, inclusive));
            }
        }
        break;
    }
    let bounded = !bounds.equals.is_empty() || bounds.lower.is_some() || bounds.upper.is_some();
    bounded.then_some(bounds)
}

/// What `expr` says of the column in `cell`. `known` tells whether an operand can be evaluated when the scan opens.
pub fn says(expr: &Expr, cell: usize, column_type: &ColumnType, nocase: bool, known: &dyn Fn(&Expr) -> bool) -> Says {
    let is_column = |expr: &Expr| matches!(expr, Expr::Column(at) if *at == cell);
    let is_text = matches!(column_type, ColumnType::Any | ColumnType::Text { .. } | ColumnType::Json | ColumnType::Enum(_));
    let collates = |asked: bool| !is_text || asked == nocase;
    match expr {
        Expr::Compare(comparison) | Expr::Distinct { comparison, distinct: false } => {
            let null_matches = matches!(expr, Expr::Distinct { .. });
            let rule = &comparison.rule;
            let (op, operand, own, other) = if is_column(&comparison.left) {
                (comparison.op, &comparison.right, &rule.left, &rule.right)
            } else if is_column(&comparison.right) {
                (comparison.op.flip(), &comparison.left, &rule.right, &rule.left)
            } else {
                return Says::Nothing;
            };
            if *own != Conversion::None || !collates(rule.nocase) || !known(operand) || draws(operand) {
                return Says::Nothing;
            }
            let operand = Operand { expr: operand.clone(), conversion: other.clone(), null_matches };
            match op {
                Comparator::Eq => Says::Equals(vec![operand]),
                Comparator::Lt => Says::Range { lower: false, inclusive: false, operand },
                Comparator::LtEq => Says::Range { lower: false, inclusive: true, operand },
                Comparator::Gt => Says::Range { lower: true, inclusive: false, operand },
                Comparator::GtEq => Says::Range { lower: true, inclusive: true, operand },
                Comparator::NotEq => Says::Nothing,
            }
        }
        Expr::IsNull { expr, negated: false } if is_column(expr) => {
            Says::Equals(vec![Operand { expr: Expr::null(), conversion: Conversion::None, null_matches: true }])
        }
        Expr::InList(list) if !list.negated && is_column(&list.expr) && list.conversion == Conversion::None && collates(list.nocase) => {
            if !list.others.iter().all(|(other, rule)| known(other) && !draws(other) && rule.left == Conversion::None && collates(rule.nocase)) {
                return Says::Nothing;
            }
            let constants = list.values.iter().map(|value| Operand {
                expr: Expr::Literal(value.clone()),
                conversion: Conversion::None,
                null_matches: false,
            });
            let others = list.others.iter().map(|(other, rule)| Operand {
                expr: other.clone(),
                conversion: rule.right.clone(),
                null_matches: false,
            });
            Says::Equals(constants.chain(others).collect())
        }
        _ => Says::Nothing,
    }
}

/// Whether it is another value each time: such a condition belongs to each row.
fn draws(expr: &Expr) -> bool {
    const DRAWING: [&str; 5] = ["random", "rand", "randomblob", "uuid", "gen_random_uuid"];
    let mut found = false;
    expr.visit(&mut |part| found |= matches!(part, Expr::Call(function, _) if DRAWING.contains(&function.name)));
    found
}

/// The rows in the ranges, counted in the tree, when the operands are known now.
fn estimate(scan: &Scan, index: Option<usize>, bounds: &Bounds, orders: &[KeyOrder], env: &Env) -> Result<Option<u64>> {
    let sides = bounds.lower.iter().chain(&bounds.upper).map(|(operand, _)| operand);
    let operands = bounds.equals.iter().flatten().chain(sides);
    let mut now = true;
    for operand in operands {
        operand.expr.visit(&mut |part| {
            now &= match part {
                Expr::Column(_) | Expr::Outer(_) | Expr::Scalar(_) | Expr::Exists { .. } | Expr::InQuery { .. } => false,
                Expr::Parameter(at) => *at < env.cx.parameters.len(),
                _ => true,
            }
        });
    }
    if !now {
        return Ok(None);
    }
    let table = scan.source.table(&env.cx)?;
    let map = index.map_or(&table.rows, |index| &table.indexes[index]);
    let mut count = 0u64;
    for range in key_ranges(bounds, orders, &[], env)?.iter().take(16) {
        count = count.saturating_add(map.estimate(&*env.cx.store, range)?);
    }
    Ok(Some(count))
}

/// The conjuncts that a known operand bounds, for EXPLAIN.
pub fn describe(scan: &Scan) -> String {
    let names = |columns: Vec<usize>| -> String {
        let names: Vec<Rc<str>> = columns.iter().map(|column| scan.schema.columns[*column].name.clone()).collect();
        names.join(", ")
    };
    let bounded = |bounds: &Bounds, parts: Vec<usize>| -> String {
        let equals: Vec<String> = bounds
            .equals
            .iter()
            .zip(&parts)
            .map(|(operands, column)| {
                let name = &scan.schema.columns[*column].name;
                if operands.len() == 1 { format!("{name} = ?") } else { format!("{name} IN ({} values)", operands.len()) }
            })
            .collect();
        let mut says = equals;
        if let Some(column) = parts.get(bounds.equals.len()) {
            let name = &scan.schema.columns[*column].name;
            if let Some((_, inclusive)) = &bounds.lower {
                says.push(format!("{name} {} ?", if *inclusive { ">=" } else { ">" }));
            }
            if let Some((_, inclusive)) = &bounds.upper {
                says.push(format!("{name} {} ?", if *inclusive { "<=" } else { "<" }));
            }
        }
        says.join(" AND ")
    };
    match &scan.access {
        Access::Full => "all rows".to_string(),
        Access::Key(bounds) => {
            let parts: Vec<usize> = scan.schema.primary_key.iter().map(|part| part.column).collect();
            format!("by primary key ({}): {}", names(parts.clone()), bounded(bounds, parts))
        }
        Access::Index { index, bounds } => {
            let index = &scan.schema.indexes[*index];
            let parts: Vec<usize> = index.parts.iter().map(|part| part.column).collect();
            format!("by index {} ({}): {}", index.name, names(parts.clone()), bounded(bounds, parts))
        }
    }
}
