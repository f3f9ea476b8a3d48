//! ORDER BY from the order of a key: the scan walks forwards or backwards, and nothing is sorted.

use crate::sql::eval::Expr;
use crate::sql::plan::{Access, Bounds, JoinKind, Node, Scan, SortKey};

/// `true` when the node's rows now come in the order of `keys` (cells of `list`). With a limit, a whole index in
/// order is better than all rows sorted.
pub fn order_from_keys(node: &mut Node, list: &[Expr], keys: &[SortKey], has_limit: bool) -> bool {
    let Some(scan) = first_scan(node) else { return false };
    let mut wanted = Vec::with_capacity(keys.len());
    for key in keys {
        match &list[key.cell] {
            // What is the same in every row orders nothing.
            expr if expr.is_constant() => {}
            Expr::Column(cell) if (scan.offset..scan.offset + scan.schema.columns.len()).contains(cell) => {
                wanted.push((cell - scan.offset, key));
            }
            _ => return false,
        }
    }
    if wanted.is_empty() {
        return true;
    }
    let none = Bounds::default();
    let (parts, bounds): (Vec<(usize, bool)>, &Bounds) = match &scan.access {
        Access::Full => (key_parts(scan), &none),
        Access::Key(bounds) => (key_parts(scan), bounds),
        Access::Index { index, bounds } => (index_parts(scan, *index), bounds),
    };
    if let Some(reverse) = matches(scan, &parts, bounds, &wanted) {
        scan.reverse = reverse;
        return true;
    }
    if !has_limit || !matches!(scan.access, Access::Full) || scan.schema.is_keyless() {
        return false;
    }
    for (at, index) in scan.schema.indexes.iter().enumerate() {
        if index.predicate.is_some() {
            continue;
        }
        if let Some(reverse) = matches(scan, &index_parts(scan, at), &none, &wanted) {
            scan.orders = scan.schema.index_orders(index);
            scan.access = Access::Index { index: at, bounds: none };
            scan.reverse = reverse;
            return true;
        }
    }
    false
}

/// The scan whose order the node's rows keep: every join keeps that of its left side.
fn first_scan(node: &mut Node) -> Option<&mut Scan> {
    match node {
        Node::Scan(scan) => Some(scan),
        Node::Filter { input, .. } => first_scan(input),
        Node::Lateral(lateral) => first_scan(&mut lateral.left),
        Node::Join(join) if join.kind != JoinKind::Full => first_scan(&mut join.left),
        _ => None,
    }
}

/// Column and whether it descends.
fn key_parts(scan: &Scan) -> Vec<(usize, bool)> {
    scan.schema.primary_key.iter().map(|part| (part.column, part.descending)).collect()
}

fn index_parts(scan: &Scan, index: usize) -> Vec<(usize, bool)> {
    let parts = scan.schema.indexes[index].parts.iter().map(|part| (part.column, part.descending));
    parts.chain(key_parts(scan)).collect()
}

/// Whether walking the key gives the order, and if so in which direction.
fn matches(scan: &Scan, parts: &[(usize, bool)], bounds: &Bounds, wanted: &[(usize, &SortKey)]) -> Option<bool> {
    let mut reverse = None;
    let mut wanted = wanted.iter().peekable();
    for (at, (column, descends)) in parts.iter().enumerate() {
        let Some((asked, key)) = wanted.peek() else { break };
        if asked == column {
            let declared = &scan.schema.columns[*column];
            let direction = key.descending != *descends;
            let fits = key.nulls_first != key.descending
                && key.nocase == declared.nocase
                && reverse.is_none_or(|reverse| reverse == direction);
            if !fits {
                return None;
            }
            reverse = Some(direction);
            wanted.next();
            continue;
        }
        // A part that is fixed to one value does not disturb the order of those after it.
        let fixed = bounds.equals.get(at).is_some_and(|operands| operands.len() == 1);
        if !fixed {
            return None;
        }
    }
    // All parts of the primary key are used up: rows are already told apart.
    let exhausted = !scan.schema.is_keyless();
    match wanted.peek() {
        None => reverse.or(Some(false)),
        Some(_) if exhausted && reverse.is_some() => reverse,
        Some(_) => None,
    }
}
