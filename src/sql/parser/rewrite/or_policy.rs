//! `INSERT OR IGNORE INTO`, `UPDATE OR REPLACE t`, `REPLACE INTO`, `INSERT IGNORE` → the statement without the policy,
//! and the policy beside it.

use gluesql::core::sqlparser::ast::SqliteOnConflict;
use gluesql::core::sqlparser::keywords::Keyword;

use super::super::error::syntax;
use super::super::tokens::Tok;
use crate::error::Result;

pub fn or_policy(mut tokens: Vec<Tok>) -> Result<(Vec<Tok>, Option<SqliteOnConflict>)> {
    if tokens.first().is_some_and(|tok| tok.keyword() == Keyword::REPLACE) {
        tokens[0] = tokens[0].with_word("INSERT");
        return Ok((tokens, Some(SqliteOnConflict::Replace)));
    }
    let Some(second) = tokens.get(1) else { return Ok((tokens, None)) };
    if second.is_word("IGNORE") {
        tokens.remove(1);
        return Ok((tokens, Some(SqliteOnConflict::Ignore)));
    }
    if second.keyword() != Keyword::OR {
        return Ok((tokens, None));
    }
    let position = tokens.get(2).map_or(second.end, |tok| tok.start);
    let policy = match tokens.get(2).and_then(Tok::word).map(str::to_ascii_uppercase).as_deref() {
        Some("IGNORE") => SqliteOnConflict::Ignore,
        Some("REPLACE") => SqliteOnConflict::Replace,
        Some("ABORT") => SqliteOnConflict::Abort,
        Some("FAIL") => SqliteOnConflict::Fail,
        Some("ROLLBACK") => SqliteOnConflict::Rollback,
        _ => return Err(syntax("expected IGNORE, REPLACE, ABORT, FAIL or ROLLBACK after OR", position)),
    };
    tokens.drain(1..3);
    Ok((tokens, Some(policy)))
}
