//! What a statement says: our own enum over sqlparser's trees.
//!
//! Definitions are read by `sql::ddl`, which keeps their expressions as the user typed them;
//! `eval::compile_text` compiles those.

use std::ops::Range;
use std::rc::Rc;

use gluesql::core::sqlparser::ast;

use crate::sql::ddl::Definition;
use crate::sql::query::PlanSlot;

/// A parsed statement and where it stands. No clone: what a clone planned would be kept by nobody.
#[derive(Debug)]
pub struct Parsed {
    pub statement: Statement,
    /// The whole text that was parsed; positions of errors count from its start.
    pub text: Rc<str>,
    /// The statement's bytes in `text`, without the semicolon.
    pub span: Range<usize>,
    /// How many parameters it takes, and the names of those that have one (`:name`, `$name`), by number.
    pub parameters: Vec<Option<Rc<str>>>,
    /// A query's plan, once it was made.
    pub plan: PlanSlot,
}

impl Parsed {
    /// The statement's own text.
    pub fn source(&self) -> &str { &self.text[self.span.clone()] }
}

#[derive(Clone, Debug)]
pub enum Statement {
    Query(Box<ast::Query>),
    /// `or` tells OR IGNORE/REPLACE, IGNORE and REPLACE INTO alike; `replace_into` and `ignore` are folded into it.
    Insert(Box<ast::Insert>),
    Update(Box<Update>),
    /// One table in FROM, `tables` empty: the parser has taken joins apart.
    Delete(Box<ast::Delete>),
    /// Common tables of an UPDATE or a DELETE; those of an INSERT stand in its query.
    With(Box<ast::With>, Box<Statement>),
    /// CREATE TABLE, INDEX and VIEW, ALTER TABLE, DROP, RENAME TABLE, TRUNCATE: `ddl::is_definition` tells one
    /// by its text, `ddl::parse` reads it; sqlparser never sees it.
    Define(Rc<Definition>),
    Call { name: String, arguments: Vec<ast::Expr> },
    /// Folded names; `@name` is a user variable, a leading `@@`, `SESSION.` or `GLOBAL.` is stripped.
    Set(Vec<(String, ast::Expr)>),
    Use(String),
    Show(Show),
    /// `DESCRIBE t`, `DESC t`, `EXPLAIN t`.
    Describe(ast::ObjectName),
    /// Folded name, and the value after `=` or in parentheses.
    Pragma { name: String, value: Option<ast::Expr> },
    Explain(Box<Statement>),
    Begin,
    Commit,
    Rollback,
    Savepoint(String),
    Release(String),
    RollbackTo(String),
    /// SQLite's: the table, index or collation, if one is named. There is nothing to do.
    Reindex(Option<String>),
    /// Means nothing here and does no harm: ANALYZE, VACUUM, LOCK/UNLOCK TABLES.
    Nothing,
}

/// UPDATE with what sqlparser lacks.
#[derive(Clone, Debug)]
pub struct Update {
    /// OR IGNORE and the like.
    pub or: Option<ast::SqliteOnConflict>,
    pub table: ast::TableWithJoins,
    pub assignments: Vec<ast::Assignment>,
    pub from: Option<ast::TableWithJoins>,
    pub selection: Option<ast::Expr>,
    pub order_by: Vec<ast::OrderByExpr>,
    pub limit: Option<ast::Expr>,
    pub returning: Option<Vec<ast::SelectItem>>,
}

#[derive(Clone, Debug)]
pub enum Show {
    /// `SHOW [FULL] TABLES [AS OF rev] [LIKE pattern]`.
    Tables { full: bool, as_of: Option<ast::Expr>, like: Option<String> },
    Columns(ast::ObjectName),
    CreateTable(ast::ObjectName),
    Indexes(ast::ObjectName),
    Databases,
    Branches,
    Variables { like: Option<String> },
    Warnings,
}
