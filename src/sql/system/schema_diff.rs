//! `dolt_schema_diff(a, b [, t])`: tables and views whose definition differs between two revisions.

use super::scan::{may_be, rows, text, text_argument, wrong_count, Scan};
use super::{BoundTable, SystemTable};
use crate::error::{Error, Result};
use crate::repo::{diff_roots, diff_views, fold, Root};
use crate::sql::relation::Row;
use crate::sql::versions::{create_index, create_table, create_view};
use crate::sql::Context;
use crate::tuple::Value;

pub struct SchemaDiff;

const NAME: &str = "dolt_schema_diff";

impl SystemTable for SchemaDiff {
    fn bind(&self, cx: &Context, name: &str, arguments: Option<&[Value]>) -> Result<Option<Box<dyn BoundTable>>> {
        if name != NAME {
            return Ok(None);
        }
        let given = arguments.unwrap_or_default();
        if given.is_empty() || given.len() > 3 {
            return Err(wrong_count(NAME, "1 to 3", given.len()));
        }
        let ends = Ends::parse(cx, NAME, given)?;
        let columns = vec![
            text("from_table_name"),
            text("to_table_name"),
            text("from_create_statement"),
            text("to_create_statement"),
        ];
        let hidden = vec![text("table_name"), text("from_create_stmt"), text("to_create_stmt"), text("diff_type")];
        Scan::new(columns, move |cx, wanted| {
            let (from, to) = (root_at(cx, &ends.from)?, root_at(cx, &ends.to)?);
            let asked = |names: [&str; 2]| match &ends.table {
                Some(table) => names.iter().any(|name| fold(name) == fold(table)),
                None => true,
            };
            let mut found = Vec::new();
            for delta in diff_roots(&from, &to).into_iter().filter(|delta| delta.schema_changed()) {
                let side = |table: &Option<std::rc::Rc<crate::repo::Table>>| match table {
                    Some(table) => (table.schema.name.to_string(), statement(&table.schema)),
                    None => (String::new(), String::new()),
                };
                let (from, to) = (side(&delta.from), side(&delta.to));
                if asked([&from.0, &to.0]) {
                    found.push(row(from, to));
                }
            }
            for (_, from, to) in diff_views(&from, &to) {
                let side = |view: Option<std::rc::Rc<crate::repo::View>>| match view {
                    Some(view) => (view.name.to_string(), format!("{};", create_view(&view))),
                    None => (String::new(), String::new()),
                };
                let (from, to) = (side(from), side(to));
                if asked([&from.0, &to.0]) {
                    found.push(row(from, to));
                }
            }
            crate::sort::sort_by(&mut found, |a, b| a[1].compare(&b[1], false));
            found.retain(|row| matches!(&row[7], Value::Text(kind) if may_be(wanted, 7, kind)));
            rows(found)
        })
        .hiding(hidden)
        .bound()
    }
}

/// The table, then those of its indexes that CREATE TABLE cannot say.
fn statement(schema: &crate::repo::Schema) -> String {
    let mut sql = format!("{};", create_table(schema));
    for index in schema.indexes.iter().filter(|index| index.predicate.is_some()) {
        sql.push_str(&format!("\n{};", create_index(schema, index)));
    }
    sql
}

fn row(from: (String, String), to: (String, String)) -> Row {
    let kind = match (from.0.is_empty(), to.0.is_empty()) {
        (true, _) => "added",
        (_, true) => "dropped",
        _ if from.0 != to.0 => "renamed",
        _ => "modified",
    };
    let name = if to.0.is_empty() { from.0.clone() } else { to.0.clone() };
    [from.0, to.0, from.1.clone(), to.1.clone(), name, from.1, to.1, kind.to_string()].map(Value::from).into()
}

/// A root as a revision shows it, pending edits included for WORKING.
pub fn root_at(cx: &Context, spec: &str) -> Result<Root> {
    use crate::repo::Revision;
    match cx.revision(spec)? {
        Revision::Working(branch) if cx.settings.branch.as_deref() == Some(&*branch) => cx.working_root(),
        revision => Root::read(&*cx.store, &revision.root(cx, &cx.store)?),
    }
}

/// `(a, b [, t])` or `(range [, t])`, resolved once so that an unknown revision is an error when the table is bound.
#[derive(Clone)]
pub struct Ends { pub from: String, pub to: String, pub table: Option<String> }

impl Ends {
    pub fn parse(cx: &Context, function: &str, arguments: &[Value]) -> Result<Ends> {
        let words = arguments.iter().map(|argument| text_argument(function, argument)).collect::<Result<Vec<_>>>()?;
        let (from, to, table) = match &words[..] {
            [] => return Err(wrong_count(function, "1 to 3", 0)),
            [range, rest @ ..] if range.contains("..") => match (cx.ends_of(range)?, rest) {
                (Some((from, to)), []) => (from.to_string(), to.to_string(), None),
                (Some((from, to)), [table]) => (from.to_string(), to.to_string(), Some(table.clone())),
                _ => return Err(wrong_count(function, "1 to 2", words.len())),
            },
            [_] => {
                return Err(Error::bad_argument(format!(
                    "Invalid argument to {function}: There are less than 2 arguments present, and the first does not \
                     contain '..'"
                )));
            }
            [from, to] => (from.clone(), to.clone(), None),
            [from, to, table] => (from.clone(), to.clone(), Some(table.clone())),
            _ => return Err(wrong_count(function, "1 to 3", words.len())),
        };
        if from.is_empty() || to.is_empty() {
            return Err(Error::bad_argument(format!("expected strings for from and to revisions, got: {from}, {to}")));
        }
        cx.revision(&from)?;
        cx.revision(&to)?;
        Ok(Ends { from, to, table })
    }
}
