//! From rows to groups: expressions over FROM's cells become expressions over a group's.

use super::{AggregateCall, Group, Node};
use crate::sql::eval::Expr;

/// What a query with aggregates or GROUP BY computes for each group.
pub struct Grouping { keys: Vec<(Expr, bool)>, calls: Vec<AggregateCall>, bare: Vec<Expr> }

impl Grouping {
    pub fn new(keys: Vec<(Expr, bool)>, calls: Vec<AggregateCall>) -> Self { Grouping { keys, calls, bare: Vec::new() } }

    /// Every part that is a key of GROUP BY, or an aggregate, becomes its cell of the group. A column that is neither
    /// is taken from one row of the group, as SQLite does.
    pub fn lift(&mut self, expr: Expr) -> Expr {
        let (keys, calls, bare) = (&self.keys, self.calls.len(), &mut self.bare);
        expr.rewrite(&mut |part| {
            if let Some(at) = keys.iter().position(|(key, _)| key == part) {
                return Some(Expr::Column(at));
            }
            match part {
                Expr::Aggregate(at) => Some(Expr::Column(keys.len() + at)),
                Expr::Column(_) => {
                    let at = bare.iter().position(|known| known == part).unwrap_or_else(|| {
                        bare.push(part.clone());
                        bare.len() - 1
                    });
                    Some(Expr::Column(keys.len() + calls + at))
                }
                _ => None,
            }
        })
    }

    pub fn width(&self) -> usize { self.keys.len() + self.calls.len() + self.bare.len() }

    pub fn node(self, input: Node, width: usize) -> Node {
        let whole = self.keys.is_empty();
        let Grouping { keys, calls, bare } = self;
        Node::Group(Box::new(Group { input, width, keys, calls, bare, whole, from_counts: false }))
    }
}

impl AggregateCall {
    /// Every expression of the call.
    pub fn exprs(&self) -> impl Iterator<Item = &Expr> {
        self.arguments.iter().chain(&self.filter).chain(self.order.iter().map(|(expr, _)| expr))
    }
}
