//! One SELECT: its list, WHERE, GROUP BY, HAVING, DISTINCT and ORDER BY.

use std::cell::RefCell;

use gluesql::core::sqlparser::ast::{self, GroupByExpr, ObjectName, Select, SelectItem};

use super::grouping::Grouping;
use super::query::{collated, limited, ordinal, sort_key, top, Tail};
use super::window::place_windows;
use super::{Binder, Bound, Node, Planned, SortKey};
use crate::error::{Code, Error, Result};
use crate::sql::eval::{Expr, Type};
use crate::sql::{pushdown, OutputColumn};
use crate::tuple::ColumnType;

/// An output column while it is bound.
pub struct Output { pub name: String, pub bound: Bound }

impl<'a> Binder<'a> {
    pub fn select(&self, select: &Select, tail: Tail<'_>) -> Result<Planned> {
        refuse(select)?;
        let mut binder = self.sibling();
        let tree = binder.from(&select.from)?;
        binder.aliases = RefCell::new(aliases(&select.projection));

        let mut conjuncts = Vec::new();
        if let Some(selection) = &select.selection {
            binder.plain(selection)?.expr.conjuncts(&mut conjuncts);
        }
        binder.aggregates = RefCell::new(Some(Vec::new()));
        binder.windows = RefCell::new(Some(Vec::new()));
        binder.named_windows = RefCell::new(select.named_window.as_slice().into());
        let outputs = binder.list(&select.projection)?;
        let groups = binder.group_by(&select.group_by, &outputs)?;
        let order = binder.order_by(tail.order_by, &outputs, &select.projection)?;
        let mut windows = binder.windows.take().unwrap_or_default();
        let having = select.having.as_ref().map(|having| binder.expr(having)).transpose()?;
        let calls = binder.aggregates.take().unwrap_or_default();

        // What the rows of FROM have to hold.
        let mut needed = vec![false; binder.width];
        {
            let mut need = |expr: &Expr| {
                expr.visit(&mut |part| {
                    if let Expr::Column(cell) = part {
                        needed[*cell] = true;
                    }
                })
            };
            outputs.iter().for_each(|output| need(&output.bound.expr));
            groups.iter().for_each(|(expr, _)| need(expr));
            having.iter().for_each(|bound| need(&bound.expr));
            order.iter().for_each(|(bound, _)| need(&bound.expr));
            calls.iter().flat_map(|call| call.exprs()).for_each(&mut need);
            windows.iter().flat_map(|window| window.exprs()).for_each(&mut need);
        }
        let is_grouped = !groups.is_empty() || !calls.is_empty();
        if having.is_some() && !is_grouped {
            return Err(Error::new(Code::Syntax, "HAVING without GROUP BY or an aggregate"));
        }
        let mut node = match tree {
            Some(tree) => pushdown::plan_from(binder.cx, tree, conjuncts, &needed)?,
            None => match Expr::all(conjuncts) {
                Some(predicate) => Node::Filter { input: Box::new(Node::One), predicate },
                None => Node::One,
            },
        };

        let nocase: Vec<bool> = outputs.iter().map(|output| output.bound.kind.nocase).collect();
        let mut list: Vec<Expr> = Vec::new();
        let mut columns = Vec::new();
        let mut kinds = Vec::new();
        for output in &outputs {
            let plain = matches!(output.bound.expr, Expr::Column(_) | Expr::Coalesce(_) | Expr::Outer(_));
            let column_type = if plain { output.bound.kind.column_type.clone() } else { ColumnType::Any };
            columns.push(OutputColumn::new(output.name.as_str(), column_type));
            kinds.push(output.bound.kind.clone());
            list.push(output.bound.expr.clone());
        }
        let mut keys: Vec<SortKey> = Vec::new();
        for (bound, key) in order {
            let cell = list.iter().position(|known| *known == bound.expr).unwrap_or_else(|| {
                list.push(bound.expr);
                list.len() - 1
            });
            keys.push(sort_key(key, cell, bound.kind.nocase));
        }
        let is_distinct = match &select.distinct {
            None => false,
            Some(ast::Distinct::Distinct) => true,
            Some(ast::Distinct::On(_)) => return Err(Error::unsupported("DISTINCT ON is not supported")),
        };

        let mut width = binder.width;
        if is_grouped {
            let mut grouping = Grouping::new(groups, calls);
            list = list.into_iter().map(|expr| grouping.lift(expr)).collect();
            for expr in windows.iter_mut().flat_map(|window| window.exprs_mut()) {
                *expr = grouping.lift(std::mem::replace(expr, Expr::null()));
            }
            let having = having.map(|bound| grouping.lift(bound.expr));
            let below = width;
            width = grouping.width();
            node = grouping.node(node, below);
            if binder.cx.settings.pushdown {
                pushdown::count_from_trees(&mut node);
            }
            if let Some(predicate) = having {
                node = Node::Filter { input: Box::new(node), predicate };
            }
        }
        if !windows.is_empty() {
            let pushdown = binder.cx.settings.pushdown && !is_grouped;
            (node, width) = place_windows(node, width, windows, &mut list, pushdown);
        } else if !is_grouped && binder.cx.settings.pushdown && pushdown::order_from_keys(&mut node, &list, &keys, tail.limit.is_some()) {
            keys.clear();
        }
        let outputs = columns.len();
        let hidden = list.len() > outputs;
        node = Node::Project { input: Box::new(node), list, width };
        if is_distinct {
            node = Node::Distinct { input: Box::new(node), nocase };
        }
        if !keys.is_empty() {
            node = Node::Sort { input: Box::new(node), keys, top: top(&tail) };
        }
        if binder.cx.settings.pushdown {
            pushdown::limit_system(&mut node, top(&tail));
        }
        node = limited(node, tail);
        if hidden {
            node = Node::Truncate { input: Box::new(node), width: outputs };
        }
        Ok(Planned { node, columns, kinds })
    }

    /// A select list, `*` opened.
    pub fn list(&self, items: &[SelectItem]) -> Result<Vec<Output>> {
        let mut outputs = Vec::new();
        for item in items {
            match item {
                SelectItem::Wildcard(options) => {
                    refuse_options(options)?;
                    if self.scope.columns.is_empty() {
                        return Err(Error::new(Code::Syntax, "* needs a table in FROM"));
                    }
                    let shown = self.scope.columns.iter().filter(|column| column.star);
                    outputs.extend(shown.map(|column| Output {
                        name: column.name.to_string(),
                        bound: Bound { expr: column.expr.clone(), kind: column.kind.clone() },
                    }));
                }
                SelectItem::QualifiedWildcard(name, options) => {
                    refuse_options(options)?;
                    outputs.extend(self.all_of(name)?);
                }
                SelectItem::UnnamedExpr(expr) => {
                    let name = match expr {
                        ast::Expr::Identifier(name) => name.value.clone(),
                        ast::Expr::CompoundIdentifier(parts) => parts.last().map_or(String::new(), |part| part.value.clone()),
                        other => other.to_string(),
                    };
                    outputs.push(Output { name, bound: self.expr(expr)? });
                }
                SelectItem::ExprWithAlias { expr, alias } => {
                    // `SELECT a + 1 AS a`: inside, `a` is the column; an alias never means itself.
                    outputs.push(Output { name: alias.value.clone(), bound: self.expr(expr)? });
                }
            }
        }
        Ok(outputs)
    }

    fn all_of(&self, name: &ObjectName) -> Result<Vec<Output>> {
        let table = name.0.last().map_or("", |part| &part.value);
        if !self.scope.has_table(table) {
            return Err(Error::new(Code::TableNotFound, format!("table not found: {table}")));
        }
        let columns = self.scope.columns.iter().filter(|column| {
            column.qualifier.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(table)) && (column.star || !column.bare)
        });
        Ok(columns
            .map(|column| Output {
                name: column.name.to_string(),
                bound: Bound { expr: column.expr.clone(), kind: column.kind.clone() },
            })
            .collect())
    }

    /// Each key and whether it compares without case.
    fn group_by(&self, group_by: &GroupByExpr, outputs: &[Output]) -> Result<Vec<(Expr, bool)>> {
        let exprs = match group_by {
            GroupByExpr::Expressions(exprs, modifiers) if modifiers.is_empty() => exprs,
            _ => return Err(Error::unsupported("GROUP BY ALL, WITH ROLLUP, CUBE and TOTALS are not supported")),
        };
        let mut keys: Vec<(Expr, bool)> = Vec::new();
        for expr in exprs {
            let (expr, explicit) = collated(expr)?;
            let bound = match ordinal(expr, outputs.len(), "GROUP BY")? {
                Some(at) => outputs[at].bound.clone(),
                None => self.plain(expr)?,
            };
            let mut holds_aggregate = false;
            bound.expr.visit(&mut |part| holds_aggregate |= matches!(part, Expr::Aggregate(_) | Expr::Window(_)));
            if holds_aggregate {
                return Err(Error::new(Code::Syntax, "aggregates and window functions may not stand in GROUP BY"));
            }
            keys.push((bound.expr, explicit.unwrap_or(bound.kind.nocase)));
        }
        Ok(keys)
    }

    /// ORDER BY: a number or an alias means an output, anything else is an expression over FROM.
    fn order_by<'q>(
        &self,
        order_by: &'q [ast::OrderByExpr],
        outputs: &[Output],
        items: &[SelectItem],
    ) -> Result<Vec<(Bound, &'q ast::OrderByExpr)>> {
        let mut order = Vec::new();
        for key in order_by {
            if key.with_fill.is_some() {
                return Err(Error::unsupported("WITH FILL is not supported"));
            }
            let (expr, explicit) = collated(&key.expr)?;
            let aliased = match expr {
                ast::Expr::Identifier(name) => {
                    let aliased = items.iter().any(|item| {
                        matches!(item, SelectItem::ExprWithAlias { alias, .. } if alias.value.eq_ignore_ascii_case(&name.value))
                    });
                    if aliased { outputs.iter().find(|output| output.name.eq_ignore_ascii_case(&name.value)) } else { None }
                }
                _ => None,
            };
            let mut bound = match (ordinal(expr, outputs.len(), "ORDER BY")?, aliased) {
                (Some(at), _) => outputs[at].bound.clone(),
                (None, Some(output)) => output.bound.clone(),
                (None, None) => self.expr(expr)?,
            };
            if let Some(nocase) = explicit {
                bound.kind = Type { nocase, ..bound.kind };
            }
            order.push((bound, key));
        }
        Ok(order)
    }
}

fn aliases(items: &[SelectItem]) -> Vec<(String, ast::Expr)> {
    let aliased = items.iter().filter_map(|item| match item {
        SelectItem::ExprWithAlias { expr, alias } => Some((alias.value.clone(), expr.clone())),
        _ => None,
    });
    aliased.collect()
}

fn refuse_options(options: &ast::WildcardAdditionalOptions) -> Result<()> {
    if *options == ast::WildcardAdditionalOptions::default() {
        return Ok(());
    }
    Err(Error::unsupported("EXCLUDE, EXCEPT, REPLACE and RENAME after * are not supported"))
}

fn refuse(select: &Select) -> Result<()> {
    let clause = match () {
        _ if select.top.is_some() => "TOP",
        _ if select.into.is_some() => "SELECT INTO",
        _ if !select.lateral_views.is_empty() => "LATERAL VIEW",
        _ if select.prewhere.is_some() => "PREWHERE",
        _ if !select.cluster_by.is_empty() || !select.distribute_by.is_empty() || !select.sort_by.is_empty() => "CLUSTER, DISTRIBUTE and SORT BY",
        _ if select.qualify.is_some() => "QUALIFY",
        _ if select.value_table_mode.is_some() => "SELECT AS VALUE",
        _ if select.connect_by.is_some() => "CONNECT BY",
        _ => return Ok(()),
    };
    Err(Error::unsupported(format!("{clause} is not supported")))
}
