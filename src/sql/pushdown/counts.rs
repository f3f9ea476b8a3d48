//! `SELECT COUNT(*) FROM t` from the tree's counts; `MIN` and `MAX` of a key from its first row.

use crate::sql::eval::aggregates::Aggregate;
use crate::sql::eval::Expr;
use crate::sql::plan::{Access, Node, SortKey};
use crate::tuple::Value;

use super::order::order_from_keys;

pub fn count_from_trees(node: &mut Node) {
    let Node::Group(group) = node else { return };
    if !group.whole {
        return;
    }
    let counts_rows = group
        .calls
        .iter()
        .all(|call| call.aggregate == Aggregate::Count && call.arguments.is_empty() && call.filter.is_none());
    if let Node::Scan(scan) = &group.input {
        let whole = scan.filter.is_none() && matches!(scan.access, Access::Full) && !scan.schema.is_keyless();
        if counts_rows && group.bare.is_empty() && whole {
            group.from_counts = true;
            return;
        }
    }
    first_of_key(group);
}

/// One MIN or MAX of a column whose order a key gives: the first row with a value is enough.
fn first_of_key(group: &mut crate::sql::plan::Group) {
    let [call] = &group.calls[..] else { return };
    let descending = match call.aggregate {
        Aggregate::Min => false,
        Aggregate::Max => true,
        _ => return,
    };
    let [argument @ Expr::Column(_)] = &call.arguments[..] else { return };
    if call.filter.is_some() || !matches!(group.input, Node::Scan(_)) {
        return;
    }
    let key = SortKey { cell: 0, descending, nulls_first: !descending, nocase: call.nocase };
    let list = [argument.clone()];
    let not_null = Expr::IsNull { expr: Box::new(argument.clone()), negated: true };
    if !order_from_keys(&mut group.input, &list, &[key], true) {
        return;
    }
    let input = std::mem::replace(&mut group.input, Node::Nothing);
    let input = Node::Filter { input: Box::new(input), predicate: not_null };
    let one = Some(Expr::Literal(Value::Int(1)));
    group.input = Node::Limit { input: Box::new(input), limit: one, offset: None };
}
