//! EXPLAIN: a plan as text, one row a node.

use super::plan::{JoinKind, Method, Node, SetOperation};
use super::pushdown::describe;
use super::{Outcome, OutputColumn};
use crate::tuple::{ColumnType, Value};

/// Columns: the node, indented by its depth, and the rows expected of a table.
pub fn explained(node: &Node) -> Outcome {
    let mut rows = Vec::new();
    walk(node, 0, &mut rows);
    let columns = vec![OutputColumn::new("plan", ColumnType::TEXT), OutputColumn::new("rows", ColumnType::INTEGER)];
    Outcome { columns, rows, affected: 0 }
}

fn walk(node: &Node, depth: usize, rows: &mut Vec<Vec<Value>>) {
    let mut estimate = Value::Null;
    let (text, children): (String, Vec<&Node>) = match node {
        Node::One => ("one row".to_string(), vec![]),
        Node::Nothing => ("no row".to_string(), vec![]),
        Node::Values(list) => (format!("values, {} rows", list.len()), vec![]),
        Node::Scan(scan) => {
            estimate = Value::Int(i64::try_from(scan.estimate).unwrap_or(i64::MAX));
            let mut text = format!("scan {}", scan.schema.name);
            if *scan.alias != *scan.schema.name {
                text += &format!(" AS {}", scan.alias);
            }
            text += &format!(", {}", describe(scan));
            if scan.reverse {
                text += ", backwards";
            }
            if scan.filter.is_some() {
                text += ", filtered while it is read";
            }
            let read = scan.columns.len() + scan.filter_columns.len();
            text += &format!(", {read} of {} columns", scan.schema.columns.len());
            (text, vec![])
        }
        Node::System(scan) => {
            let text = format!("system table {}, {} conditions passed on", scan.name, scan.equals.len() + scan.sides.len());
            (if scan.exact { text } else { text + ", filtered" }, vec![])
        }
        Node::Derived { input, name, shared, .. } => {
            (format!("{} {name}", if shared.as_ref().is_some_and(|uses| uses.get() > 1) { "shared rows of" } else { "rows of" }), vec![&**input])
        }
        Node::Function(scan) => (format!("table function {}", scan.function.name()), vec![]),
        Node::Lateral(lateral) => {
            let kind = if lateral.kind == JoinKind::Left { "left" } else { "inner" };
            (format!("{kind} join, {} of each left row", lateral.name), vec![&lateral.left, &*lateral.query.node])
        }
        Node::Recursive(recursive) => {
            let union = if recursive.distinct.is_some() { "union" } else { "union all" };
            let children = std::iter::once(&recursive.anchor).chain(&recursive.steps).collect();
            (format!("recursion {}, {union}, until no row is new", recursive.name), children)
        }
        Node::Queue { name, .. } => (format!("rows of the last step of {name}"), vec![]),
        Node::Filter { input, .. } => ("filter".to_string(), vec![&**input]),
        Node::Join(join) => {
            let kind = match join.kind {
                JoinKind::Inner => "inner",
                JoinKind::Left => "left",
                JoinKind::Full => "full",
            };
            let method = match join.method {
                Method::Loop => "nested loop",
                Method::Hash => "hash",
                Method::Lookup => "lookup of each left row",
            };
            (format!("{kind} join, {method}"), vec![&join.left, &join.right])
        }
        Node::Project { input, list, .. } => (format!("{} columns", list.len()), vec![&**input]),
        Node::Group(group) if group.from_counts => ("count from the tree".to_string(), vec![&group.input]),
        Node::Group(group) => (format!("group by {} keys, {} aggregates", group.keys.len(), group.calls.len()), vec![&group.input]),
        Node::Window(window) => {
            let text = format!("window of {} functions, partition by {} keys, order by {}", window.calls.len(), window.partition.len(), window.order.len());
            (text, vec![&window.input])
        }
        Node::Distinct { input, .. } => ("distinct".to_string(), vec![&**input]),
        Node::Sort { input, keys, top } => {
            (format!("sort by {} keys{}", keys.len(), if top.is_some() { ", first rows only" } else { "" }), vec![&**input])
        }
        Node::Truncate { input, .. } => return walk(input, depth, rows),
        Node::Limit { input, .. } => ("limit".to_string(), vec![&**input]),
        Node::Set { operation, left, right, .. } => {
            let text = match operation {
                SetOperation::UnionAll => "union all",
                SetOperation::Union => "union",
                SetOperation::Intersect => "intersect",
                SetOperation::IntersectAll => "intersect all",
                SetOperation::Except => "except",
                SetOperation::ExceptAll => "except all",
            };
            (text.to_string(), vec![&**left, &**right])
        }
    };
    rows.push(vec![Value::from(format!("{}{text}", "  ".repeat(depth))), estimate]);
    children.into_iter().for_each(|child| walk(child, depth + 1, rows));
}
