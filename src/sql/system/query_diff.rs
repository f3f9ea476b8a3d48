//! `dolt_query_diff(q1, q2)`: the rows in which the answers of two queries differ. Where both queries read one table and
//! show its whole primary key, rows of one key are one row that was modified; else a row was added or removed.

use std::collections::BTreeMap;
use std::rc::Rc;

use gluesql::core::sqlparser::ast::{self, FunctionArg, FunctionArgExpr, SetExpr, TableFactor};

use super::scan::{rows, text, text_argument, wrong_count, Scan};
use super::{BoundTable, SystemTable};
use crate::error::{Error, Result};
use crate::repo::fold;
use crate::sql::parser::{parse, Parsed, Statement, AS_OF_MARK};
use crate::sql::relation::Row;
use crate::sql::versions::ChangeKind;
use crate::sql::{query, Context, OutputColumn, Outcome};
use crate::tuple::{encode_key_part, ColumnType, KeyOrder, Value};

pub struct QueryDiff;

const NAME: &str = "dolt_query_diff";

impl SystemTable for QueryDiff {
    fn bind(&self, cx: &Context, name: &str, arguments: Option<&[Value]>) -> Result<Option<Box<dyn BoundTable>>> {
        if name != NAME {
            return Ok(None);
        }
        let [from, to] = arguments.unwrap_or_default() else {
            return Err(wrong_count(NAME, "2", arguments.unwrap_or_default().len()));
        };
        let (from, to) = (read(&text_argument(NAME, from)?)?, read(&text_argument(NAME, to)?)?);
        let named = |prefix: &str, sql: &[Parsed]| -> Result<Vec<OutputColumn>> {
            let columns = query::columns(cx, query_of(sql)?)?;
            Ok(columns.into_iter().map(|column| OutputColumn::new(format!("{prefix}_{}", column.name), column.column_type)).collect())
        };
        let mut columns = named("from", &from)?;
        columns.extend(named("to", &to)?);
        columns.push(text("diff_type"));
        Scan::new(columns, move |cx, _| rows(diff(cx, query_of(&from)?, query_of(&to)?)?)).bound()
    }
}

/// One query without parameters.
fn read(sql: &str) -> Result<Rc<[Parsed]>> {
    let parsed = parse(sql)?;
    match &parsed[..] {
        [only] if matches!(only.statement, Statement::Query(_)) && only.parameters.is_empty() => Ok(parsed),
        _ => Err(Error::bad_argument(format!("{NAME} takes two queries without parameters, found: {sql}"))),
    }
}

fn query_of(parsed: &[Parsed]) -> Result<&ast::Query> {
    match parsed.first().map(|parsed| &parsed.statement) {
        Some(Statement::Query(query)) => Ok(query),
        _ => Err(Error::internal("not a query")),
    }
}

fn diff(cx: &Context, from: &ast::Query, to: &ast::Query) -> Result<Vec<Row>> {
    let keys = (key_columns(cx, from), key_columns(cx, to));
    let (from, to) = (query::run(cx, from)?, query::run(cx, to)?);
    let (from_width, to_width) = (from.columns.len(), to.columns.len());
    let keyed = match keys {
        (Some(a), Some(b)) if a == b => positions(&from, &a).zip(positions(&to, &b)),
        _ => None,
    };
    let (from_key, to_key) = keyed.unwrap_or_else(|| ((0..from_width).collect(), (0..to_width).collect()));
    let mut pairs: BTreeMap<Vec<u8>, (Vec<Row>, Vec<Row>)> = BTreeMap::new();
    for row in from.rows {
        pairs.entry(key(&row, &from_key)?).or_default().0.push(row);
    }
    for row in to.rows {
        pairs.entry(key(&row, &to_key)?).or_default().1.push(row);
    }
    let mut found = Vec::new();
    for (mut olds, mut news) in pairs.into_values() {
        // What both have is no difference, however often.
        news.retain(|new| match olds.iter().position(|old| old == new) {
            Some(same) => {
                olds.swap_remove(same);
                false
            }
            None => true,
        });
        let both = olds.len().min(news.len());
        let mut news = news.into_iter();
        for (number, mut row) in olds.into_iter().enumerate() {
            let new = if number < both { news.next() } else { None };
            let kind = if new.is_some() { ChangeKind::Modified } else { ChangeKind::Removed };
            row.extend(new.unwrap_or_else(|| vec![Value::Null; to_width]));
            row.push(Value::from(kind.as_str()));
            found.push(row);
        }
        for new in news {
            let mut row = vec![Value::Null; from_width];
            row.extend(new);
            row.push(Value::from(ChangeKind::Added.as_str()));
            found.push(row);
        }
    }
    Ok(found)
}

fn key(row: &[Value], columns: &[usize]) -> Result<Vec<u8>> {
    let order = KeyOrder { column_type: ColumnType::Any, descending: false, nocase: false };
    let mut key = Vec::new();
    for column in columns {
        encode_key_part(&mut key, &row[*column], &order)?;
    }
    Ok(key)
}

/// Where all of these names stand.
fn positions(outcome: &Outcome, names: &[String]) -> Option<Vec<usize>> {
    let find = |name: &String| outcome.columns.iter().position(|column| fold(&column.name) == *name);
    names.iter().map(find).collect()
}

/// The names of the primary key's columns of the one table that a query reads.
fn key_columns(cx: &Context, query: &ast::Query) -> Option<Vec<String>> {
    let SetExpr::Select(select) = &*query.body else { return None };
    let [from] = &select.from[..] else { return None };
    let (name, args) = match &from.relation {
        TableFactor::Table { name, args, .. } => (name, args.as_ref().map(|args| &args.args)),
        TableFactor::Function { name, args, .. } => (name, Some(args)),
        _ => return None,
    };
    let is_mark = |arg: &FunctionArg| {
        matches!(arg, FunctionArg::Unnamed(FunctionArgExpr::Expr(ast::Expr::Value(ast::Value::Placeholder(mark)))) if mark == AS_OF_MARK)
    };
    let reads_a_table = args.is_none_or(|args| args.first().is_some_and(is_mark));
    if !from.joins.is_empty() || !reads_a_table {
        return None;
    }
    let schema = cx.workspace.borrow().schema(&name.0.last()?.value)?;
    let names: Vec<String> = schema.primary_key.iter().map(|part| fold(&schema.columns[part.column].name)).collect();
    (!names.is_empty()).then_some(names)
}
