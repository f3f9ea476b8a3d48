//! The dispatch.

use crate::error::{Error, Result};
use crate::sql::parser::{Parsed, Statement};
use crate::sql::procedure::Effect;
use crate::sql::versions::detached;
use crate::sql::{ddl, query, write, Context, Outcome};

use super::inline::inline;
use super::{call, show};

/// Runs a statement that is not about the session (transactions, SET and USE are the session's own).
pub fn execute(cx: &Context, parsed: &Parsed, effect: &mut Effect) -> Result<Outcome> {
    match &parsed.statement {
        Statement::Query(query) => match query::procedure_call(query) {
            Some((procedure, arguments, alias)) => call::select(cx, procedure, &arguments, alias, effect),
            None if names_procedure(parsed.source()) => match inline(cx, query, effect)? {
                Some(query) => query::run(cx, &query),
                None => query::run_parsed(cx, parsed),
            },
            None => query::run_parsed(cx, parsed),
        },
        Statement::Insert(insert) => write::insert(writable(cx)?, parsed, insert),
        Statement::Update(update) => write::update(writable(cx)?, parsed, update),
        Statement::Delete(delete) => write::delete(writable(cx)?, parsed, delete),
        Statement::With(_, change) => match &**change {
            Statement::Update(update) => write::update(writable(cx)?, parsed, update),
            Statement::Delete(delete) => write::delete(writable(cx)?, parsed, delete),
            _ => Err(Error::internal("WITH before something else")),
        },
        Statement::Define(definition) => ddl::define(writable(cx)?, definition),
        Statement::Call { name, arguments } => call::call(cx, name, arguments, effect),
        Statement::Show(what) => show::show(cx, what),
        Statement::Describe(name) => show::describe(cx, name),
        Statement::Pragma { name, value } => show::pragma(cx, name, value.as_ref()),
        Statement::Explain(statement) => query::explain(cx, statement),
        Statement::Reindex(name) => reindex(cx, name.as_deref()),
        Statement::Nothing => Ok(Outcome::default()),
        _ => Err(Error::internal("a statement of the session reached the tables")),
    }
}

fn reindex(cx: &Context, name: Option<&str>) -> Result<Outcome> {
    let Some(name) = name else { return Ok(Outcome::default()) };
    let workspace = cx.workspace.borrow();
    let is_index = |table: &crate::repo::Table| table.schema.indexes.iter().any(|index| index.name.eq_ignore_ascii_case(name));
    let is_collation = ["binary", "nocase", "rtrim"].iter().any(|known| name.eq_ignore_ascii_case(known));
    if is_collation || workspace.schema(name).is_some() || workspace.root().tables.values().any(|table| is_index(table)) {
        return Ok(Outcome::default());
    }
    Err(Error::new(crate::Code::TableNotFound, format!("no such table or index: {name}")))
}

/// A guess that costs nothing: every procedure's name begins so.
fn names_procedure(sql: &str) -> bool { sql.as_bytes().windows(5).any(|word| word.eq_ignore_ascii_case(b"dolt_")) }

/// A session on a tag or a commit only reads.
fn writable(cx: &Context) -> Result<&Context> {
    match cx.settings.branch {
        Some(_) => Ok(cx),
        None => Err(detached()),
    }
}
