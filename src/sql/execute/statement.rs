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
        Statement::Update(update) => write::update(writable(cx)?, update),
        Statement::Delete(delete) => write::delete(writable(cx)?, delete),
        Statement::Define(definition) => ddl::define(writable(cx)?, definition),
        Statement::Call { name, arguments } => call::call(cx, name, arguments, effect),
        Statement::Show(what) => show::show(cx, what),
        Statement::Describe(name) => show::describe(cx, name),
        Statement::Pragma { name, value } => show::pragma(cx, name, value.as_ref()),
        Statement::Explain(statement) => query::explain(cx, statement),
        Statement::Nothing => Ok(Outcome::default()),
        _ => Err(Error::internal("a statement of the session reached the tables")),
    }
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
