//! CREATE, ALTER, DROP, RENAME and TRUNCATE: text to [`Definition`].
//!
//! Written by hand, since sqlparser keeps no text of the expressions in a definition (a schema stores them
//! as typed) and refuses half of what SQLite, MySQL and PostgreSQL let a definition say.

use std::ops::Range;

use super::columns::{column_def, constraint, parts};
use super::definition::{ColumnDef, Constraint, CreateIndex, CreateTable, CreateTrigger, CreateView, Definition, Event, Name, Operation, Place, Timing};
use super::reader::Reader;
use crate::error::Result;

/// Whether a statement is a definition, by its first words.
pub fn is_definition(statement: &str) -> bool {
    let Ok(mut reader) = Reader::head(statement) else { return false };
    match () {
        _ if reader.take(&["CREATE"]) => {
            while reader.is_any(&["OR", "REPLACE", "TEMP", "TEMPORARY", "UNIQUE", "GLOBAL", "LOCAL", "UNLOGGED"]) {
                reader.skip();
            }
            reader.is_any(&["TABLE", "INDEX", "VIEW", "TRIGGER", "FULLTEXT", "SPATIAL", "MATERIALIZED"])
        }
        _ if reader.take(&["DROP"]) => {
            reader.take(&["TEMPORARY"]);
            reader.is_any(&["TABLE", "INDEX", "VIEW", "TRIGGER"])
        }
        _ if reader.take(&["ALTER"]) => reader.is_any(&["TABLE"]),
        _ => reader.is_word("TRUNCATE") || (reader.is_word("RENAME") && reader.is_word_at(1, "TABLE")),
    }
}

/// One definition, which stands in the bytes `span` of a script. Positions count from the script's start.
pub fn parse(script: &str, span: Range<usize>) -> Result<Definition> {
    let mut reader = Reader::new(script, span)?;
    let r = &mut reader;
    let definition = if r.take(&["CREATE"]) {
        create(r)?
    } else if r.take(&["DROP"]) {
        drop(r)?
    } else if r.take(&["ALTER", "TABLE"]) {
        let if_exists = r.if_exists();
        r.take(&["ONLY"]);
        let table = r.name()?;
        Definition::AlterTable { if_exists, table, operations: operations(r)? }
    } else if r.take(&["RENAME", "TABLE"]) {
        Definition::RenameTable(r.comma_separated(|r| {
            let from = r.name()?;
            r.expect(&["TO"])?;
            Ok((from, r.name()?))
        })?)
    } else if r.take(&["TRUNCATE"]) {
        r.take(&["TABLE"]);
        let names = r.comma_separated(Reader::name)?;
        if r.take(&["RESTART", "IDENTITY"]) || r.take(&["CASCADE"]) {
            return Err(r.unsupported("RESTART IDENTITY and CASCADE in TRUNCATE"));
        }
        Definition::Truncate(names)
    } else {
        return Err(r.expected("CREATE, ALTER, DROP, RENAME TABLE or TRUNCATE"));
    };
    reader.end()?;
    Ok(definition)
}

fn create(r: &mut Reader) -> Result<Definition> {
    let or_replace = r.take(&["OR", "REPLACE"]);
    let temporary = r.take(&["TEMPORARY"]) || r.take(&["TEMP"]);
    if r.take(&["TABLE"]) {
        if or_replace {
            return Err(r.unsupported("OR REPLACE of a table"));
        }
        return Ok(Definition::CreateTable(create_table(r, temporary)?));
    }
    if r.take(&["VIEW"]) {
        let if_not_exists = r.if_not_exists();
        let name = r.name()?;
        let columns = if r.is_symbol("(") { r.list(Reader::identifier)? } else { Vec::new() };
        r.expect(&["AS"])?;
        return Ok(Definition::CreateView(CreateView { temporary, or_replace, if_not_exists, name, columns, query: r.rest()? }));
    }
    if r.take(&["TRIGGER"]) {
        return Ok(Definition::CreateTrigger(create_trigger(r, temporary)?));
    }
    let at = r.at();
    let unique = r.take(&["UNIQUE"]);
    if r.take(&["INDEX"]) {
        r.take(&["CONCURRENTLY"]);
        let if_not_exists = r.if_not_exists();
        let name = if r.is_word("ON") { None } else { Some(r.name()?.name) };
        using(r)?;
        r.expect(&["ON"])?;
        let table = r.name()?;
        using(r)?;
        let columns = parts(r)?;
        let predicate = if r.take(&["WHERE"]) { Some(r.rest()?) } else { None };
        using(r)?;
        return Ok(Definition::CreateIndex(CreateIndex { unique, if_not_exists, name, table, columns, predicate, at }));
    }
    Err(r.expected("TABLE, INDEX or VIEW"))
}

/// A CREATE TRIGGER that is kept as typed.
pub fn trigger(sql: &str) -> Result<CreateTrigger> {
    match parse(sql, 0..sql.len())? {
        Definition::CreateTrigger(trigger) => Ok(trigger),
        _ => Err(crate::Error::corrupt("a trigger is none")),
    }
}

fn create_trigger(r: &mut Reader, temporary: bool) -> Result<CreateTrigger> {
    let if_not_exists = r.if_not_exists();
    let name = r.name()?;
    let timing = match () {
        _ if r.take(&["AFTER"]) => Timing::After,
        _ if r.is_word("INSTEAD") => return Err(r.unsupported("INSTEAD OF")),
        _ => {
            r.take(&["BEFORE"]);
            Timing::Before
        }
    };
    let mut columns = Vec::new();
    let event = match () {
        _ if r.take(&["INSERT"]) => Event::Insert,
        _ if r.take(&["DELETE"]) => Event::Delete,
        _ => {
            r.expect(&["UPDATE"])?;
            if r.take(&["OF"]) {
                columns = r.comma_separated(Reader::identifier)?;
            }
            Event::Update
        }
    };
    r.expect(&["ON"])?;
    let table = r.name()?;
    r.take(&["FOR", "EACH", "ROW"]);
    let when = if r.take(&["WHEN"]) { Some(r.until("BEGIN")?) } else { None };
    r.expect(&["BEGIN"])?;
    let body = r.until_last("END")?;
    Ok(CreateTrigger { temporary, if_not_exists, name, timing, event, columns, table, when, body, sql: r.whole().to_string() })
}

/// `USING BTREE`: the one kind there is.
pub(super) fn using(r: &mut Reader) -> Result<()> {
    if r.take(&["USING"]) {
        if !r.is_any(&["BTREE", "HASH"]) {
            return Err(r.unsupported("this kind of index"));
        }
        r.skip();
    }
    Ok(())
}

fn create_table(r: &mut Reader, temporary: bool) -> Result<CreateTable> {
    let if_not_exists = r.if_not_exists();
    let name = r.name()?;
    let mut table = CreateTable {
        temporary,
        if_not_exists,
        name,
        columns: Vec::new(),
        constraints: Vec::new(),
        like: None,
        query: None,
        comment: None,
        auto_increment: None,
        without_rowid: false,
    };
    if r.take(&["LIKE"]) {
        table.like = Some(r.name()?);
        return Ok(table);
    }
    if r.is_symbol("(") {
        r.skip();
        if r.take(&["LIKE"]) {
            table.like = Some(r.name()?);
            r.take(&["INCLUDING", "ALL"]);
        } else {
            loop {
                match constraint(r)? {
                    Some(constraint) => table.constraints.push(constraint),
                    // SQLite lets table constraints follow each other without a comma.
                    None => table.columns.push(column_def(r)?),
                }
                if !r.take_symbol(",") && r.is_symbol(")") {
                    break;
                }
                if r.is_end() {
                    return Err(r.expected("`,` or `)`"));
                }
            }
        }
        r.expect_symbol(")")?;
    }
    table_options(r, &mut table)?;
    if r.take(&["AS"]) || r.is_any(&["SELECT", "WITH", "VALUES"]) {
        table.query = Some(r.rest()?);
    }
    if table.columns.is_empty() && table.like.is_none() && table.query.is_none() {
        return Err(r.expected("a list of columns, LIKE or AS"));
    }
    Ok(table)
}

/// ENGINE, CHARSET and their kind are read and mean nothing.
fn table_options(r: &mut Reader, table: &mut CreateTable) -> Result<()> {
    loop {
        r.take_symbol(",");
        let at = r.at();
        if r.take(&["WITHOUT", "ROWID"]) {
            table.without_rowid = true;
        } else if r.take(&["STRICT"]) {
        } else if r.take(&["COMMENT"]) {
            r.take_symbol("=");
            table.comment = Some(r.string()?);
        } else if r.take(&["AUTO_INCREMENT"]) {
            r.take_symbol("=");
            table.auto_increment = Some(r.integer()?);
        } else if ignored_option(r)? {
        } else {
            return Ok(());
        }
        debug_assert!(r.at() > at, "an option consumes tokens");
    }
}

fn ignored_option(r: &mut Reader) -> Result<bool> {
    let known = r.take(&["DEFAULT", "CHARACTER", "SET"])
        || r.take(&["CHARACTER", "SET"])
        || r.take(&["DEFAULT", "CHARSET"])
        || r.take(&["CHARSET"])
        || r.take(&["DEFAULT", "COLLATE"])
        || r.take(&["COLLATE"])
        || r.take(&["ENGINE"])
        || r.take(&["ROW_FORMAT"])
        || r.take(&["AVG_ROW_LENGTH"])
        || r.take(&["MAX_ROWS"])
        || r.take(&["MIN_ROWS"])
        || r.take(&["KEY_BLOCK_SIZE"])
        || r.take(&["CHECKSUM"])
        || r.take(&["PACK_KEYS"])
        || r.take(&["STATS_PERSISTENT"]);
    if known {
        r.take_symbol("=");
        if r.is_end() {
            return Err(r.expected("a value"));
        }
        r.skip();
    }
    Ok(known)
}

fn drop(r: &mut Reader) -> Result<Definition> {
    r.take(&["TEMPORARY"]);
    if r.take(&["TABLE"]) {
        let if_exists = r.if_exists();
        let tables = r.comma_separated(Reader::name)?;
        behaviour(r)?;
        return Ok(Definition::DropTable { if_exists, tables });
    }
    if r.take(&["VIEW"]) {
        let if_exists = r.if_exists();
        let views = r.comma_separated(Reader::name)?;
        behaviour(r)?;
        return Ok(Definition::DropView { if_exists, views });
    }
    if r.take(&["TRIGGER"]) {
        let if_exists = r.if_exists();
        return Ok(Definition::DropTrigger { if_exists, trigger: r.name()? });
    }
    r.expect(&["INDEX"])?;
    r.take(&["CONCURRENTLY"]);
    let if_exists = r.if_exists();
    let index = r.name()?;
    let table = if r.take(&["ON"]) { Some(r.name()?) } else { None };
    behaviour(r)?;
    Ok(Definition::DropIndex { if_exists, index, table })
}

/// RESTRICT is what happens anyway; CASCADE would do more.
fn behaviour(r: &mut Reader) -> Result<()> {
    r.take(&["RESTRICT"]);
    if r.is_word("CASCADE") { Err(r.unsupported("CASCADE in DROP")) } else { Ok(()) }
}

fn operations(r: &mut Reader) -> Result<Vec<Operation>> {
    let mut all = Vec::new();
    loop {
        operation(r, &mut all)?;
        if !r.take_symbol(",") {
            return Ok(all);
        }
    }
}

fn operation(r: &mut Reader, all: &mut Vec<Operation>) -> Result<()> {
    let operation = if r.take(&["ADD"]) {
        if let Some(constraint) = constraint(r)? {
            Operation::AddConstraint(constraint)
        } else {
            r.take(&["COLUMN"]);
            let if_not_exists = r.if_not_exists();
            if r.is_symbol("(") {
                for column in r.list(column_def)? {
                    all.push(Operation::AddColumn { if_not_exists, column, place: Place::Last });
                }
                return Ok(());
            }
            let column = column_def(r)?;
            Operation::AddColumn { if_not_exists, column, place: place(r)?.unwrap_or(Place::Last) }
        }
    } else if r.take(&["DROP"]) {
        drop_part(r)?
    } else if r.take(&["RENAME"]) {
        rename(r)?
    } else if r.take(&["MODIFY"]) {
        r.take(&["COLUMN"]);
        let column = column_def(r)?;
        Operation::ChangeColumn { from: column.name.clone(), column, place: place(r)? }
    } else if r.take(&["CHANGE"]) {
        r.take(&["COLUMN"]);
        let from = r.identifier()?;
        let column = column_def(r)?;
        Operation::ChangeColumn { from, column, place: place(r)? }
    } else if r.take(&["ALTER"]) {
        r.take(&["COLUMN"]);
        alter_column(r)?
    } else if r.take(&["COMMENT"]) {
        r.take_symbol("=");
        Operation::Comment(r.string()?)
    } else if r.take(&["AUTO_INCREMENT"]) {
        r.take_symbol("=");
        Operation::AutoIncrement(r.integer()?)
    } else if ignored_option(r)? {
        Operation::Ignored
    } else {
        return Err(r.expected("ADD, DROP, RENAME, MODIFY, CHANGE or ALTER"));
    };
    all.push(operation);
    Ok(())
}

fn place(r: &mut Reader) -> Result<Option<Place>> {
    if r.take(&["FIRST"]) {
        return Ok(Some(Place::First));
    }
    if r.take(&["AFTER"]) {
        return Ok(Some(Place::After(r.identifier()?)));
    }
    Ok(None)
}

fn drop_part(r: &mut Reader) -> Result<Operation> {
    if r.take(&["PRIMARY", "KEY"]) {
        return Ok(Operation::DropPrimaryKey);
    }
    if r.take(&["CONSTRAINT"]) || r.take(&["CHECK"]) || r.take(&["FOREIGN", "KEY"]) {
        let if_exists = r.if_exists();
        let name = r.identifier()?;
        behaviour(r)?;
        return Ok(Operation::DropConstraint { if_exists, name });
    }
    if r.take(&["INDEX"]) || r.take(&["KEY"]) {
        return Ok(Operation::DropIndex { name: r.identifier()? });
    }
    r.take(&["COLUMN"]);
    let if_exists = r.if_exists();
    let column = r.identifier()?;
    behaviour(r)?;
    Ok(Operation::DropColumn { if_exists, column })
}

fn rename(r: &mut Reader) -> Result<Operation> {
    if r.take(&["TO"]) || r.take(&["AS"]) {
        return Ok(Operation::RenameTable(r.name()?));
    }
    if r.take(&["INDEX"]) || r.take(&["KEY"]) || r.take(&["CONSTRAINT"]) {
        let from = r.identifier()?;
        r.expect(&["TO"])?;
        return Ok(Operation::RenameIndex { from, to: r.identifier()? });
    }
    r.take(&["COLUMN"]);
    let from = r.identifier()?;
    r.expect(&["TO"])?;
    Ok(Operation::RenameColumn { from, to: r.identifier()? })
}

fn alter_column(r: &mut Reader) -> Result<Operation> {
    let column = r.identifier()?;
    if r.take(&["SET", "DEFAULT"]) {
        return Ok(Operation::SetDefault { column, default: Some(r.value()?) });
    }
    if r.take(&["DROP", "DEFAULT"]) {
        return Ok(Operation::SetDefault { column, default: None });
    }
    if r.take(&["SET", "NOT", "NULL"]) {
        return Ok(Operation::SetNullable { column, nullable: false });
    }
    if r.take(&["DROP", "NOT", "NULL"]) {
        return Ok(Operation::SetNullable { column, nullable: true });
    }
    if r.take(&["SET", "DATA", "TYPE"]) || r.take(&["TYPE"]) {
        let mut definition = ColumnDef { name: column.clone(), at: r.at(), ..ColumnDef::default() };
        super::columns::data_type(r, &mut definition)?;
        if r.is_word("USING") {
            return Err(r.unsupported("USING in ALTER COLUMN"));
        }
        return Ok(Operation::SetType { column, definition });
    }
    Err(r.expected("SET or DROP DEFAULT, SET or DROP NOT NULL, or TYPE"))
}

/// The names of all tables that a definition touches, for messages.
impl Definition {
    pub fn names(&self) -> Vec<&Name> {
        match self {
            Definition::CreateTable(table) => vec![&table.name],
            Definition::CreateIndex(index) => vec![&index.table],
            Definition::CreateView(view) => vec![&view.name],
            Definition::CreateTrigger(trigger) => vec![&trigger.table],
            Definition::DropTrigger { trigger, .. } => vec![trigger],
            Definition::AlterTable { table, .. } => vec![table],
            Definition::DropTable { tables, .. } | Definition::Truncate(tables) => tables.iter().collect(),
            Definition::DropView { views, .. } => views.iter().collect(),
            Definition::DropIndex { table, .. } => table.iter().collect(),
            Definition::RenameTable(pairs) => pairs.iter().map(|(from, _)| from).collect(),
        }
    }
}

/// A constraint's columns, for those who look for one by name.
impl Constraint {
    pub fn name(&self) -> Option<&str> {
        match self {
            Constraint::PrimaryKey { .. } => None,
            Constraint::Unique { name, .. } | Constraint::Index { name, .. } | Constraint::Check { name, .. } => {
                name.as_deref()
            }
            Constraint::ForeignKey(key) => key.name.as_deref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Action;
    use crate::sql::ddl::PrimaryKey;

    fn table(sql: &str) -> CreateTable {
        match parse(sql, 0..sql.len()).unwrap() {
            Definition::CreateTable(table) => table,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn expressions_are_kept_as_typed() {
        let t = table(
            "CREATE TABLE t (a INT DEFAULT (1 +  2) CHECK (a  > 0), b TEXT DEFAULT 'x''y' COLLATE NOCASE,
             c TIMESTAMP DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP(), d AS (a * 2) STORED)",
        );
        let defaults: Vec<_> = t.columns.iter().map(|c| c.default.as_ref().map(|text| text.sql.as_str())).collect();
        assert_eq!(defaults, [Some("1 +  2"), Some("'x''y'"), Some("CURRENT_TIMESTAMP"), None]);
        assert_eq!(t.columns[2].on_update.as_ref().unwrap().sql, "CURRENT_TIMESTAMP()");
        assert_eq!(t.columns[3].generated.as_ref().map(|(text, stored)| (text.sql.as_str(), *stored)), Some(("a * 2", true)));
        assert_eq!((t.columns[3].type_name.as_str(), t.columns[1].nocase), ("", true));
        assert!(matches!(&t.columns[0].constraints[..], [Constraint::Check { expression, .. }] if expression.sql == "a  > 0"));
    }

    #[test]
    fn names_of_three_dialects() {
        let t = table("create table if not exists `a b`.\"t\" ([id] integer primary key desc autoincrement, key varchar(10))");
        assert_eq!((t.name.database.as_deref(), t.name.name.as_str(), t.if_not_exists), (Some("a b"), "t", true));
        assert_eq!(t.columns[0].primary_key, Some(PrimaryKey { descending: true }));
        assert!(t.columns[0].auto_increment);
        assert_eq!((t.columns[1].name.as_str(), t.columns[1].declared.as_str()), ("key", "varchar(10)"));
    }

    #[test]
    fn constraints_of_a_table() {
        let t = table(
            "CREATE TABLE t (a INT, b DOUBLE PRECISION, e ENUM('x', 'y,z') NOT NULL, PRIMARY KEY (a DESC, b),
             CONSTRAINT u UNIQUE KEY (b, a), KEY by_b (b), UNIQUE INDEX named (e), CHECK (a < b),
             CONSTRAINT f FOREIGN KEY (a, b) REFERENCES p (x, y) ON DELETE SET NULL ON UPDATE CASCADE) ENGINE=InnoDB COMMENT='c'",
        );
        assert_eq!(t.columns[2].type_args, ["x", "y,z"]);
        assert_eq!(t.columns[1].type_name, "DOUBLE PRECISION");
        assert_eq!(t.comment.as_deref(), Some("c"));
        let names: Vec<_> = t.constraints.iter().map(Constraint::name).collect();
        assert_eq!(names, [None, Some("u"), Some("by_b"), Some("named"), None, Some("f")]);
        let Constraint::ForeignKey(key) = &t.constraints[5] else { panic!() };
        assert_eq!((key.on_delete, key.on_update), (Action::SetNull, Action::Cascade));
    }

    #[test]
    fn errors_name_the_clause_and_its_place() {
        let fail = |sql: &str| parse(sql, 0..sql.len()).unwrap_err();
        let error = fail("CREATE TABLE t (a INT,)");
        assert_eq!((error.message(), error.position()), ("expected a name, found `)`", Some(22)));
        let error = fail("CREATE INDEX i ON t (lower(a))");
        assert_eq!(error.message(), "an index over an expression is not supported");
        assert_eq!(fail("DROP TABLE t CASCADE").position(), Some(13));
        let script = "SELECT 1; CREATE TABLE";
        assert_eq!(parse(script, 9..script.len()).unwrap_err().position(), Some(script.len()));
    }

    #[test]
    fn what_is_a_definition() {
        for yes in ["create unique index i on t(a)", "-- c\n DROP VIEW v", "CREATE OR REPLACE VIEW v AS SELECT 1", "truncate t", "CREATE TEMP TRIGGER x", "DROP TRIGGER x"] {
            assert!(is_definition(yes), "{yes}");
        }
        for no in ["SELECT 1", "INSERT INTO t VALUES ('", "REPLACE INTO t VALUES (1)"] {
            assert!(!is_definition(no), "{no}");
        }
    }

    #[test]
    fn alterations() {
        let sql = "ALTER TABLE t ADD COLUMN x INT NOT NULL DEFAULT 1 AFTER a, DROP COLUMN y, RENAME COLUMN p TO q, ADD UNIQUE u (x), MODIFY z BIGINT FIRST";
        let Definition::AlterTable { operations, .. } = parse(sql, 0..sql.len()).unwrap() else { panic!() };
        assert_eq!(operations.len(), 5);
        assert!(matches!(&operations[0], Operation::AddColumn { place: Place::After(a), .. } if a == "a"));
        assert!(matches!(&operations[3], Operation::AddConstraint(Constraint::Unique { name: Some(u), .. }) if u == "u"));
        assert!(matches!(&operations[4], Operation::ChangeColumn { place: Some(Place::First), .. }));
    }
}
