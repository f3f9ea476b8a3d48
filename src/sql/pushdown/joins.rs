//! The order of inner joins, and the method of each: greedy, by expected rows.

use std::ops::Range;

use super::access::choose;
use crate::error::Result;
use crate::sql::eval::{Comparator, Env, Expr, Rule};
use crate::sql::plan::{Join, JoinKind, Method, Node, Scan};

/// A table, a query or an outer join, with the conditions that concern it alone already in it.
pub struct Unit { pub node: Node, pub cells: Vec<Range<usize>>, pub estimate: u64 }

impl Unit {
    pub fn holds(&self, cell: usize) -> bool { self.cells.iter().any(|range| range.contains(&cell)) }
}

pub fn within(expr: &Expr, unit: &Unit) -> bool { expr.columns().iter().all(|cell| unit.holds(*cell)) }

/// Joins all units; `conjuncts` are the conditions that concern several.
pub fn join_all(mut units: Vec<Unit>, mut conjuncts: Vec<Expr>, env: &Env) -> Result<Unit> {
    let start = (0..units.len()).min_by_key(|at| (units[*at].estimate, *at)).unwrap_or(0);
    // Few tables: the first stays first unless another is much smaller, so that rows come in the order of FROM.
    let start = if units[start].estimate.saturating_mul(4) < units[0].estimate { start } else { 0 };
    let mut joined = units.remove(start);
    while !units.is_empty() {
        let linked = |unit: &Unit, joined: &Unit| {
            conjuncts.iter().any(|expr| {
                let columns = expr.columns();
                columns.iter().any(|cell| unit.holds(*cell))
                    && columns.iter().any(|cell| joined.holds(*cell))
                    && columns.iter().all(|cell| unit.holds(*cell) || joined.holds(*cell))
            })
        };
        let equated = |unit: &Unit, joined: &Unit| conjuncts.iter().any(|expr| equal_sides(expr, joined, unit).is_some());
        let rank = |at: usize| {
            let unit = &units[at];
            let class = if equated(unit, &joined) { 0 } else if linked(unit, &joined) { 1 } else { 2 };
            (class, unit.estimate, at)
        };
        let next = (0..units.len()).min_by_key(|at| rank(*at)).unwrap_or(0);
        let unit = units.remove(next);
        let (here, rest): (Vec<Expr>, Vec<Expr>) = conjuncts
            .into_iter()
            .partition(|expr| expr.columns().iter().all(|cell| unit.holds(*cell) || joined.holds(*cell)));
        conjuncts = rest;
        joined = join(JoinKind::Inner, joined, unit, here, env)?;
    }
    Ok(joined)
}

/// `left = right` with each side in one unit; the rule is turned along.
fn equal_sides(expr: &Expr, left: &Unit, right: &Unit) -> Option<(Expr, Expr, Rule)> {
    let Expr::Compare(comparison) = expr else { return None };
    if comparison.op != Comparator::Eq {
        return None;
    }
    let (a, b) = (&comparison.left, &comparison.right);
    let of = |expr: &Expr, unit: &Unit| !expr.columns().is_empty() && within(expr, unit);
    if of(a, left) && of(b, right) {
        return Some((a.clone(), b.clone(), comparison.rule.clone()));
    }
    if of(b, left) && of(a, right) {
        return Some((b.clone(), a.clone(), comparison.rule.clone().flip()));
    }
    None
}

/// Two units and the conditions between them. The rows come in the order of the left one.
pub fn join(kind: JoinKind, left: Unit, right: Unit, conditions: Vec<Expr>, env: &Env) -> Result<Unit> {
    let mut cells = left.cells.clone();
    cells.extend(right.cells.iter().cloned());
    let equal: Vec<Option<(Expr, Expr, Rule)>> = conditions.iter().map(|expr| equal_sides(expr, &left, &right)).collect();
    let has_equal = equal.iter().any(Option::is_some);
    let estimate = if has_equal {
        left.estimate.saturating_mul(right.estimate / 10 + 1).min(left.estimate.max(right.estimate).saturating_mul(4))
    } else if conditions.is_empty() {
        left.estimate.saturating_mul(right.estimate)
    } else {
        left.estimate.saturating_mul(right.estimate) / 3 + 1
    };
    if kind != JoinKind::Full {
        if let Node::Scan(scan) = &right.node {
            if let Some((scan, rows)) = lookup(scan, &left, &right, &conditions, env)? {
                let join = Join {
                    kind,
                    left: left.node,
                    right: Node::Scan(Box::new(scan)),
                    left_cells: left.cells,
                    right_cells: right.cells,
                    equal: Vec::new(),
                    on: Expr::all(conditions),
                    method: Method::Lookup,
                };
                let estimate = left.estimate.saturating_mul(rows.max(1));
                return Ok(Unit { node: Node::Join(Box::new(join)), cells, estimate });
            }
        }
    }
    let mut on = Vec::new();
    let mut pairs = Vec::new();
    for (condition, equal) in conditions.into_iter().zip(equal) {
        match equal {
            Some(pair) => pairs.push(pair),
            None => on.push(condition),
        }
    }
    let method = if pairs.is_empty() { Method::Loop } else { Method::Hash };
    let join = Join {
        kind,
        left: left.node,
        right: right.node,
        left_cells: left.cells,
        right_cells: right.cells,
        equal: pairs,
        on: Expr::all(on),
        method,
    };
    Ok(Unit { node: Node::Join(Box::new(join)), cells, estimate })
}

/// The right table looked up for each left row, where that reads fewer rows than the whole table.
fn lookup(scan: &Scan, left: &Unit, right: &Unit, conditions: &[Expr], env: &Env) -> Result<Option<(Scan, u64)>> {
    let known = |expr: &Expr| expr.columns().iter().all(|cell| left.holds(*cell));
    let own: Vec<Expr> = scan.filter.iter().flat_map(|filter| {
        let mut list = Vec::new();
        filter.clone().conjuncts(&mut list);
        list
    }).collect();
    let all: Vec<&Expr> = conditions.iter().chain(&own).collect();
    let table = scan.source.table(&env.cx)?;
    let full = table.rows.estimate(&*env.cx.store, &crate::prolly::KeyRange::all())?;
    let Some(choice) = choose(scan, &all, &known, full, env)? else { return Ok(None) };
    // Nothing of the left row in the bounds: then it is no lookup.
    let reads_left = conditions.iter().any(|expr| equal_sides(expr, left, right).is_some());
    let worth = left.estimate.saturating_mul(choice.estimate.max(1)).saturating_mul(3) < right.estimate.max(8);
    if !reads_left || !worth {
        return Ok(None);
    }
    let scan = Scan {
        source: scan.source.clone(),
        schema: scan.schema.clone(),
        codec: scan.codec.clone(),
        orders: choice.orders,
        offset: scan.offset,
        filter_columns: scan.filter_columns.clone(),
        columns: scan.columns.clone(),
        filter: scan.filter.clone(),
        access: choice.access,
        reverse: false,
        estimate: choice.estimate,
        alias: scan.alias.clone(),
    };
    Ok(Some((scan, choice.estimate)))
}
