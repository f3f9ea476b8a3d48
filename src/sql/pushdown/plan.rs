//! From the tables and conditions of a FROM to a tree of operators.

use std::ops::Range;

use super::access::{choose, says, Says};
use super::joins::{join, join_all, within, Unit};
use crate::error::Result;
use crate::prolly::KeyRange;
use crate::sql::eval::{Env, Expr};
use crate::sql::plan::{FromTree, Join, JoinKind, Lateral, LateralTree, Method, Node, Scan, Side, SystemScan};
use crate::sql::Context;

/// Rows that are expected of what cannot be counted.
const UNKNOWN: u64 = 1_000;

/// `conjuncts` is WHERE, `needed` the cells that are read above.
pub fn plan_from(cx: &Context, tree: FromTree, conjuncts: Vec<Expr>, needed: &[bool]) -> Result<Node> {
    if !cx.settings.pushdown {
        let (node, _) = as_written(tree);
        return Ok(match Expr::all(conjuncts) {
            Some(predicate) => Node::Filter { input: Box::new(node), predicate },
            None => node,
        });
    }
    let mut needed = needed.to_vec();
    conjuncts.iter().for_each(|expr| mark(expr, &mut needed));
    mark_conditions(&tree, &mut needed);
    let planner = Planner { env: Env::new(cx.clone()), needed };
    Ok(planner.plan(tree, conjuncts)?.node)
}

/// Nested loops in the order of the text, conditions where they stand.
fn as_written(tree: FromTree) -> (Node, Vec<Range<usize>>) {
    match tree {
        FromTree::Leaf { node, cells } => (node, vec![cells]),
        FromTree::Lateral(tree) => {
            let LateralTree { left, query, cells, kind, on, name } = *tree;
            let (left, mut left_cells) = left.map_or((Node::One, Vec::new()), as_written);
            let lateral = Lateral { left, query, offset: cells.start, kind, on: Expr::all(on), name };
            left_cells.push(cells);
            (Node::Lateral(Box::new(lateral)), left_cells)
        }
        FromTree::Join { kind, left, right, on } => {
            let (left, left_cells) = as_written(*left);
            let (right, right_cells) = as_written(*right);
            let mut cells = left_cells.clone();
            cells.extend(right_cells.iter().cloned());
            let on = Expr::all(on);
            let join = Join { kind, left, right, left_cells, right_cells, equal: Vec::new(), on, method: Method::Loop };
            (Node::Join(Box::new(join)), cells)
        }
    }
}

fn mark(expr: &Expr, needed: &mut [bool]) {
    expr.visit(&mut |part| {
        if let Expr::Column(cell) = part {
            needed[*cell] = true;
        }
    });
}

fn mark_conditions(tree: &FromTree, needed: &mut [bool]) {
    if let FromTree::Join { left, right, on, .. } = tree {
        on.iter().for_each(|expr| mark(expr, needed));
        mark_conditions(left, needed);
        mark_conditions(right, needed);
    }
    if let FromTree::Lateral(tree) = tree {
        tree.on.iter().chain(&tree.query.inputs).for_each(|expr| mark(expr, needed));
        tree.left.iter().for_each(|left| mark_conditions(left, needed));
    }
}

struct Planner { env: Env, needed: Vec<bool> }

impl Planner {
    fn plan(&self, tree: FromTree, mut conjuncts: Vec<Expr>) -> Result<Unit> {
        let mut parts = Vec::new();
        flatten(tree, &mut parts, &mut conjuncts);
        // What reads no table is decided once, at the first.
        let mut units = Vec::with_capacity(parts.len());
        for (at, part) in parts.into_iter().enumerate() {
            let cells = cells_of(&part);
            let concerns = |expr: &Expr| {
                let columns = expr.columns();
                (columns.is_empty() && at == 0)
                    || (!columns.is_empty() && columns.iter().all(|cell| cells.iter().any(|range| range.contains(cell))))
            };
            let (own, rest): (Vec<Expr>, Vec<Expr>) = conjuncts.into_iter().partition(concerns);
            conjuncts = rest;
            units.push(self.unit(part, own)?);
        }
        join_all(units, conjuncts, &self.env)
    }

    /// One table, or an outer join as a whole.
    fn unit(&self, part: FromTree, mut own: Vec<Expr>) -> Result<Unit> {
        // Subqueries last.
        crate::sort::sort_by_key(&mut own, cost);
        match part {
            FromTree::Leaf { node, cells } => self.leaf(node, cells, own),
            FromTree::Lateral(tree) => {
                let LateralTree { left, query, cells, kind, on, name } = *tree;
                let left_cells = left.as_ref().map_or(Vec::new(), cells_of);
                let in_left = |expr: &Expr| expr.columns().iter().all(|cell| left_cells.iter().any(|range| range.contains(cell)));
                let (below, above): (Vec<Expr>, Vec<Expr>) = own.into_iter().partition(in_left);
                let left = match left {
                    Some(left) => self.plan(left, below)?,
                    None => filtered(Unit { node: Node::One, cells: Vec::new(), estimate: 1 }, below),
                };
                let mut all = left.cells.clone();
                all.push(cells.clone());
                let lateral = Lateral { left: left.node, query, offset: cells.start, kind, on: Expr::all(on), name };
                let estimate = left.estimate.saturating_mul(10);
                Ok(filtered(Unit { node: Node::Lateral(Box::new(lateral)), cells: all, estimate }, above))
            }
            FromTree::Join { kind: JoinKind::Left, left, right, on } => {
                let left_cells = cells_of(&left);
                let in_left = |expr: &Expr| expr.columns().iter().all(|cell| left_cells.iter().any(|range| range.contains(cell)));
                let (below, above): (Vec<Expr>, Vec<Expr>) = own.into_iter().partition(in_left);
                let left = self.plan(*left, below)?;
                // Of ON, what concerns the right side alone narrows it; what concerns the left alone does not narrow it.
                let right_cells = cells_of(&right);
                let in_right = |expr: &Expr| {
                    let columns = expr.columns();
                    !columns.is_empty() && columns.iter().all(|cell| right_cells.iter().any(|range| range.contains(cell)))
                };
                let (narrow, on): (Vec<Expr>, Vec<Expr>) = on.into_iter().partition(in_right);
                let right = self.plan(*right, narrow)?;
                let joined = join(JoinKind::Left, left, right, on, &self.env)?;
                Ok(filtered(joined, above))
            }
            FromTree::Join { kind, left, right, on } => {
                let left = self.plan(*left, Vec::new())?;
                let right = self.plan(*right, Vec::new())?;
                Ok(filtered(join(kind, left, right, on, &self.env)?, own))
            }
        }
    }

    fn leaf(&self, node: Node, cells: Range<usize>, own: Vec<Expr>) -> Result<Unit> {
        let unit = |node, estimate| Unit { node, cells: vec![cells.clone()], estimate };
        match node {
            Node::Scan(mut scan) => {
                let estimate = self.scan(&mut scan, own)?;
                Ok(unit(Node::Scan(scan), estimate))
            }
            Node::System(mut scan) => {
                self.system(&mut scan, own);
                Ok(unit(Node::System(scan), UNKNOWN))
            }
            other => Ok(filtered(unit(other, UNKNOWN), own)),
        }
    }

    fn scan(&self, scan: &mut Scan, own: Vec<Expr>) -> Result<u64> {
        let table = scan.source.table(&self.env.cx)?;
        let full = table.rows.estimate(&*self.env.cx.store, &KeyRange::all())?;
        scan.estimate = full;
        let refs: Vec<&Expr> = own.iter().collect();
        if let Some(choice) = choose(scan, &refs, &|expr| expr.columns().is_empty(), full, &self.env)? {
            scan.access = choice.access;
            scan.orders = choice.orders;
            scan.estimate = choice.estimate;
        }
        let width = scan.schema.columns.len();
        let mut filter_columns = Vec::new();
        own.iter().for_each(|expr| expr.add_columns(&mut filter_columns));
        scan.filter_columns = filter_columns.into_iter().map(|cell| cell - scan.offset).collect();
        scan.columns =
            (0..width).filter(|at| self.needed[scan.offset + at] && !scan.filter_columns.contains(at)).collect();
        let estimate = if own.is_empty() { scan.estimate } else { (scan.estimate / 2).max(1).min(scan.estimate) };
        scan.filter = Expr::all(own);
        Ok(estimate)
    }

    /// What is compared with values that are known passes on; the filter is checked all the same.
    fn system(&self, scan: &mut SystemScan, own: Vec<Expr>) {
        let table = scan.table.clone();
        for expr in &own {
            let mut passed = false;
            for cell in expr.columns() {
                let column = cell - scan.offset;
                match says(expr, cell, &table.columns()[column].column_type, false, &|expr| expr.columns().is_empty()) {
                    Says::Equals(operands) if operands.iter().all(|operand| !operand.null_matches) => {
                        scan.equals.push((column, operands));
                        passed = true;
                    }
                    Says::Range { lower, inclusive, operand } => {
                        scan.sides.push(Side { column, lower, inclusive, operand });
                        passed = true;
                    }
                    _ => {}
                }
            }
            scan.exact &= passed;
        }
        scan.columns = (0..scan.width).filter(|at| self.needed[scan.offset + at]).collect();
        scan.filter = Expr::all(own);
    }
}

/// LIMIT of a system table's rows as they come.
pub fn limit_system(node: &mut Node, top: Option<Vec<Expr>>) {
    let Node::Project { input, .. } = node else { return };
    if let Node::System(scan) = &mut **input {
        if scan.filter.is_none() {
            scan.top = top;
        }
    }
}

fn cost(expr: &Expr) -> u8 {
    let mut cost = 0;
    expr.visit(&mut |part| {
        cost = cost.max(match part {
            Expr::Scalar(_) | Expr::Exists { .. } | Expr::InQuery { .. } => 2,
            Expr::Call(..) | Expr::Match(_) => 1,
            _ => 0,
        })
    });
    cost
}

fn filtered(unit: Unit, conjuncts: Vec<Expr>) -> Unit {
    debug_assert!(conjuncts.iter().all(|expr| expr.columns().is_empty() || within(expr, &unit)));
    match Expr::all(conjuncts) {
        Some(predicate) => Unit { node: Node::Filter { input: Box::new(unit.node), predicate }, ..unit },
        None => unit,
    }
}

/// Inner joins opened: their tables, and their conditions among the conjuncts.
fn flatten(tree: FromTree, parts: &mut Vec<FromTree>, conjuncts: &mut Vec<Expr>) {
    match tree {
        FromTree::Join { kind: JoinKind::Inner, left, right, on } => {
            conjuncts.extend(on);
            flatten(*left, parts, conjuncts);
            flatten(*right, parts, conjuncts);
        }
        part => parts.push(part),
    }
}

fn cells_of(tree: &FromTree) -> Vec<Range<usize>> {
    match tree {
        FromTree::Leaf { cells, .. } => vec![cells.clone()],
        FromTree::Lateral(tree) => {
            let mut cells = tree.left.as_ref().map_or(Vec::new(), cells_of);
            cells.push(tree.cells.clone());
            cells
        }
        FromTree::Join { left, right, .. } => {
            let mut cells = cells_of(left);
            cells.extend(cells_of(right));
            cells
        }
    }
}
