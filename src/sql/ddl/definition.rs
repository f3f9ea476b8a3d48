//! Definitions as written: what `parse` reads and the other files of this folder carry out.

use crate::repo::Action;

/// SQL as typed by the user, and where it stands in the statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text { pub sql: String, pub at: usize }

/// `t` or `database.t`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name { pub database: Option<String>, pub name: String, pub at: usize }

#[derive(Clone, Debug, PartialEq)]
pub enum Definition {
    CreateTable(CreateTable),
    CreateIndex(CreateIndex),
    CreateView(CreateView),
    CreateTrigger(CreateTrigger),
    AlterTable { if_exists: bool, table: Name, operations: Vec<Operation> },
    DropTable { if_exists: bool, tables: Vec<Name> },
    DropTrigger { if_exists: bool, trigger: Name },
    DropView { if_exists: bool, views: Vec<Name> },
    /// `table` is given in MySQL's form, `DROP INDEX i ON t`.
    DropIndex { if_exists: bool, index: Name, table: Option<Name> },
    RenameTable(Vec<(Name, Name)>),
    Truncate(Vec<Name>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct CreateTable {
    pub temporary: bool,
    pub if_not_exists: bool,
    pub name: Name,
    pub columns: Vec<ColumnDef>,
    pub constraints: Vec<Constraint>,
    pub like: Option<Name>,
    /// `AS SELECT …`
    pub query: Option<Text>,
    pub comment: Option<String>,
    /// `AUTO_INCREMENT = n`
    pub auto_increment: Option<i64>,
    pub without_rowid: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct ColumnDef {
    pub name: String,
    pub at: usize,
    /// Words of the type without its arguments; empty: no type.
    pub type_name: String,
    pub type_args: Vec<String>,
    /// The type as typed.
    pub declared: String,
    pub nullable: Option<bool>,
    pub default: Option<Text>,
    pub on_update: Option<Text>,
    pub generated: Option<(Text, bool)>,
    pub primary_key: Option<PrimaryKey>,
    pub auto_increment: bool,
    pub nocase: bool,
    pub comment: Option<String>,
    /// UNIQUE, CHECK and REFERENCES that stand with the column.
    pub constraints: Vec<Constraint>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrimaryKey { pub descending: bool }

#[derive(Clone, Debug, PartialEq)]
pub enum Constraint {
    PrimaryKey { columns: Vec<Part>, at: usize },
    Unique { name: Option<String>, columns: Vec<Part>, at: usize },
    Index { name: Option<String>, columns: Vec<Part>, at: usize },
    Check { name: Option<String>, expression: Text },
    ForeignKey(ForeignKeyDef),
}

/// A column of a key or index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part { pub column: String, pub descending: bool, pub prefix: Option<u64>, pub nocase: bool, pub at: usize }

#[derive(Clone, Debug, PartialEq)]
pub struct ForeignKeyDef {
    pub name: Option<String>,
    pub columns: Vec<String>,
    pub parent: Name,
    pub parent_columns: Vec<String>,
    pub on_delete: Action,
    pub on_update: Action,
    pub at: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CreateIndex {
    pub unique: bool,
    pub if_not_exists: bool,
    pub name: Option<String>,
    pub table: Name,
    pub columns: Vec<Part>,
    pub predicate: Option<Text>,
    pub at: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CreateView {
    pub temporary: bool,
    pub or_replace: bool,
    pub if_not_exists: bool,
    pub name: Name,
    pub columns: Vec<String>,
    pub query: Text,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CreateTrigger {
    pub temporary: bool,
    pub if_not_exists: bool,
    pub name: Name,
    pub timing: Timing,
    pub event: Event,
    /// UPDATE OF; empty: any.
    pub columns: Vec<String>,
    pub table: Name,
    pub when: Option<Text>,
    /// What stands between BEGIN and END.
    pub body: Text,
    /// The whole statement.
    pub sql: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timing { Before, After }

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event { Insert, Update, Delete }

#[derive(Clone, Debug, PartialEq)]
pub enum Place { Last, First, After(String) }

#[derive(Clone, Debug, PartialEq)]
pub enum Operation {
    AddColumn { if_not_exists: bool, column: ColumnDef, place: Place },
    DropColumn { if_exists: bool, column: String },
    RenameColumn { from: String, to: String },
    /// MODIFY and CHANGE: `from` is the name before.
    ChangeColumn { from: String, column: ColumnDef, place: Option<Place> },
    SetType { column: String, definition: ColumnDef },
    SetDefault { column: String, default: Option<Text> },
    SetNullable { column: String, nullable: bool },
    AddConstraint(Constraint),
    DropConstraint { if_exists: bool, name: String },
    DropPrimaryKey,
    DropIndex { name: String },
    RenameIndex { from: String, to: String },
    RenameTable(Name),
    Comment(String),
    AutoIncrement(i64),
    /// ENGINE, CHARSET and the like: nothing to do here.
    Ignored,
}
