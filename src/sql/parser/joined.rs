//! MySQL's `UPDATE t JOIN u ON c SET …`, `UPDATE t, u SET …` and `DELETE t FROM t JOIN u ON c`: the other tables become
//! those of FROM or USING, and what joins them becomes part of WHERE.

use gluesql::core::sqlparser::ast::{
    Assignment, AssignmentTarget, BinaryOperator, Expr, Join, JoinConstraint, JoinOperator, TableFactor, TableWithJoins,
};
use gluesql::core::sqlparser::tokenizer::Token;

use super::tokens::Tok;
use crate::error::{Error, Result};

/// `UPDATE t, u SET …` → `UPDATE t CROSS JOIN u SET …`, which sqlparser reads.
pub fn commas(tokens: Vec<Tok>) -> Vec<Tok> {
    let set = tokens.iter().position(|tok| tok.is_word("SET")).unwrap_or(0);
    let mut out = Vec::with_capacity(tokens.len() + 1);
    let mut depth = 0usize;
    for (at, tok) in tokens.into_iter().enumerate() {
        match tok.token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            Token::Comma if at < set && depth == 0 => {
                out.extend([tok.with_word("CROSS"), tok.with_word("JOIN")]);
                continue;
            }
            _ => {}
        }
        out.push(tok);
    }
    out
}

/// The table that SET names first: `UPDATE t JOIN u … SET u.a = 1` changes u.
pub fn changed(assignments: &[Assignment]) -> Option<String> {
    assignments.iter().find_map(|assignment| match &assignment.target {
        AssignmentTarget::ColumnName(name) => name.0.iter().rev().nth(1).map(|table| table.value.clone()),
        AssignmentTarget::Tuple(_) => None,
    })
}

/// The tables of a join, the one that `changed` names (the first, if nothing does) apart from the others.
pub fn apart(
    tables: Vec<TableWithJoins>,
    changed: Option<&str>,
    selection: &mut Option<Expr>,
) -> Result<(TableFactor, Option<TableWithJoins>)> {
    let mut relations = Vec::new();
    let mut conditions: Vec<Expr> = Vec::new();
    for table in tables {
        relations.push(table.relation);
        for join in table.joins {
            match join.join_operator {
                JoinOperator::Inner(JoinConstraint::On(condition)) => conditions.push(condition),
                JoinOperator::Inner(JoinConstraint::None) | JoinOperator::CrossJoin => {}
                _ => return Err(Error::unsupported("UPDATE and DELETE join other tables by JOIN … ON only")),
            }
            relations.push(join.relation);
        }
    }
    for (at, relation) in relations.iter().enumerate() {
        if let Some(twice) = name_of(relation).filter(|name| relations[..at].iter().any(|before| is_named(before, name))) {
            let message = format!("{twice} names two of the tables that are joined: give one an alias");
            return Err(Error::new(crate::Code::Syntax, message));
        }
    }
    let at = match changed {
        None => 0,
        Some(name) => relations.iter().position(|relation| is_named(relation, name)).ok_or_else(|| {
            Error::new(crate::Code::TableNotFound, format!("{name} is none of the tables that are joined"))
        })?,
    };
    let target = relations.remove(at);
    let conditions = conditions.into_iter().chain(selection.take()).map(|condition| Expr::Nested(Box::new(condition)));
    *selection = conditions.reduce(|left, right| Expr::BinaryOp { left: Box::new(left), op: BinaryOperator::And, right: Box::new(right) });
    let mut relations = relations.into_iter();
    let others = relations.next().map(|relation| TableWithJoins {
        relation,
        joins: relations.map(|relation| Join { relation, global: false, join_operator: JoinOperator::CrossJoin }).collect(),
    });
    Ok((target, others))
}

fn is_named(relation: &TableFactor, wanted: &str) -> bool {
    name_of(relation).is_some_and(|known| known.eq_ignore_ascii_case(wanted))
}

fn name_of(relation: &TableFactor) -> Option<&str> {
    let TableFactor::Table { name, alias, .. } = relation else { return None };
    alias.as_ref().map(|alias| &alias.name).or(name.0.last()).map(|name| &*name.value)
}
