//! `WITH RECURSIVE c AS (anchor UNION [ALL] step)`: the terms that do not name `c` come first, those that do are its steps.

use std::cell::Cell;
use std::rc::Rc;

use gluesql::core::sqlparser::ast::{self, SetExpr, SetOperator};

use super::bind::CteRows;
use super::query::{combine, is_all, limited, name_columns, output_keys, Tail};
use super::{Binder, Node, Planned, Recursive, SetOperation};
use crate::error::{Error, Result};
use crate::sql::eval::Type;
use crate::tuple::ColumnType;

const NO_TAIL: Tail<'static> = Tail { order_by: &[], limit: None, offset: None };

/// The terms of a chain of UNIONs, the first without an operator; `None`: it is no such chain.
fn terms(body: &SetExpr) -> Result<Option<(&SetExpr, Vec<(bool, &SetExpr)>)>> {
    let (mut at, mut terms) = (body, Vec::new());
    while let SetExpr::SetOperation { op: SetOperator::Union, set_quantifier, left, right } = at {
        terms.push((is_all("UNION", *set_quantifier)?, &**right));
        at = left;
    }
    terms.reverse();
    Ok((!terms.is_empty()).then_some((at, terms)))
}

impl Binder<'_> {
    /// The plan of a table that names itself; `None` when it does not.
    pub fn recursive(&self, cte: &ast::Cte) -> Result<Option<Planned>> {
        let Some((first, terms)) = terms(&cte.query.body)? else { return Ok(None) };
        let name = &cte.alias.name.value;
        let mut outer = self.sibling();
        if let Some(with) = &cte.query.with {
            outer.with(with)?;
        }
        let mut anchor = match outer.sibling().body(first, NO_TAIL) {
            Ok(planned) => planned,
            // Read as a plain query it says what is wrong.
            Err(error) if error.is_fault() => return Err(error),
            Err(_) => return Ok(None),
        };
        name_columns(&mut anchor.columns, &cte.alias)?;
        let queue = self.shared.queues.get();
        self.shared.queues.set(queue + 1);
        let mut steps = Vec::new();
        let mut keeps_all = None;
        for (all, term) in terms {
            let uses = Rc::new(Cell::new(0));
            let mut binder = outer.sibling();
            binder.in_step = true;
            let rows = CteRows::Queue { queue, uses: uses.clone(), nesting: self.nesting() };
            binder.add_cte(&cte.alias, rows, &anchor.columns, &anchor.kinds);
            let planned = binder.body(term, NO_TAIL)?;
            let operation = if all { SetOperation::UnionAll } else { SetOperation::Union };
            match uses.get() {
                0 if steps.is_empty() => {
                    let names: Vec<_> = anchor.columns.iter().map(|column| column.name.clone()).collect();
                    anchor = combine(operation, "UNION", anchor, planned)?;
                    anchor.columns.iter_mut().zip(names).for_each(|(column, name)| column.name = name);
                }
                0 => return Err(Error::unsupported(format!("a part of recursive query {name} that does not name it must come first"))),
                1 => {
                    if keeps_all.is_some_and(|known| known != all) {
                        return Err(Error::unsupported(format!("UNION and UNION ALL before steps of recursive query {name}")));
                    }
                    keeps_all = Some(all);
                    steps.push(planned);
                }
                _ => return Err(Error::unsupported(format!("a step of recursive query {name} names it more than once"))),
            }
        }
        let Some(all) = keeps_all else { return Ok(None) };
        let mut collations: Vec<Option<bool>> = anchor.kinds.iter().map(Type::collation).collect();
        let mut nodes = Vec::with_capacity(steps.len());
        for step in steps {
            if step.columns.len() != anchor.columns.len() {
                let (l, r) = (anchor.columns.len(), step.columns.len());
                return Err(Error::new(crate::Code::Type, format!("the sides of UNION have {l} and {r} columns")));
            }
            for (at, column) in anchor.columns.iter_mut().enumerate() {
                collations[at] = collations[at].or(step.kinds[at].collation());
                if column.column_type != step.columns[at].column_type {
                    column.column_type = ColumnType::Any;
                }
            }
            nodes.push(step.node);
        }
        let tail = outer.tail(&cte.query)?;
        let order = output_keys(tail.order_by, &anchor.columns, &anchor.kinds)?;
        let recursive = Recursive {
            name: name.as_str().into(),
            queue,
            anchor: anchor.node,
            steps: nodes,
            distinct: (!all).then(|| collations.into_iter().map(Option::unwrap_or_default).collect()),
            order,
        };
        let node = limited(Node::Recursive(Box::new(recursive)), tail);
        Ok(Some(Planned { node, columns: anchor.columns, kinds: anchor.kinds }))
    }
}
