//! What a statement says: our own enum over sqlparser's trees.
//!
//! Expressions that are kept as the user typed them (DEFAULT, CHECK, generated columns, ON UPDATE, a partial index's WHERE)
//! stand in the tree as a *source* expression: [`source_of`] answers their text, `eval::compile_text` compiles it.

use std::ops::Range;
use std::rc::Rc;

use gluesql::core::sqlparser::ast;

/// A parsed statement and where it stands.
#[derive(Clone, Debug)]
pub struct Parsed {
    pub statement: Statement,
    /// The whole text that was parsed; positions of errors count from its start.
    pub text: Rc<str>,
    /// The statement's bytes in `text`, without the semicolon.
    pub span: Range<usize>,
    /// How many parameters it takes, and the names of those that have one (`:name`, `$name`), by number.
    pub parameters: Vec<Option<Rc<str>>>,
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
    /// `tables` (DELETE t FROM …) and several tables in FROM are refused by the parser.
    Delete(Box<ast::Delete>),
    CreateTable(Box<ast::CreateTable>),
    CreateIndex(Box<ast::CreateIndex>),
    CreateView(Box<CreateView>),
    AlterTable(Box<AlterTable>),
    Drop(Box<Drop>),
    Truncate(ast::ObjectName),
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
    /// Means nothing here and does no harm: ANALYZE, REINDEX, VACUUM, LOCK/UNLOCK TABLES.
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
pub struct CreateView {
    pub name: ast::ObjectName,
    pub columns: Vec<ast::Ident>,
    pub query: Box<ast::Query>,
    /// The query as typed.
    pub sql: Rc<str>,
    pub or_replace: bool,
    pub if_not_exists: bool,
    pub temporary: bool,
}

#[derive(Clone, Debug)]
pub struct AlterTable {
    pub name: ast::ObjectName,
    pub if_exists: bool,
    pub operations: Vec<ast::AlterTableOperation>,
}

#[derive(Clone, Debug)]
pub struct Drop {
    pub what: DropWhat,
    pub if_exists: bool,
    pub names: Vec<ast::ObjectName>,
    /// `DROP INDEX i ON t`.
    pub table: Option<ast::ObjectName>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DropWhat { Table, View, Index }

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

/// Marks a source expression's text inside a placeholder; no placeholder that a user types starts with it.
pub(super) const SOURCE_MARK: char = '\u{1}';

/// The text of an expression that was kept as typed.
pub fn source_of(expr: &ast::Expr) -> Option<&str> {
    match expr {
        ast::Expr::Value(ast::Value::Placeholder(text)) => text.strip_prefix(SOURCE_MARK),
        ast::Expr::Nested(inner) => source_of(inner),
        _ => None,
    }
}
