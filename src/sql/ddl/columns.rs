//! A column's definition and the constraints of a table: text to [`ColumnDef`] and [`Constraint`].

use super::definition::{ColumnDef, Constraint, ForeignKeyDef, Part, PrimaryKey};
use super::reader::Reader;
use crate::error::Result;
use crate::repo::Action;

/// Words that end a column's type.
const OPTIONS: &[&str] = &[
    "CONSTRAINT", "PRIMARY", "NOT", "NULL", "UNIQUE", "CHECK", "DEFAULT", "COLLATE", "REFERENCES", "GENERATED", "AS",
    "AUTO_INCREMENT", "AUTOINCREMENT", "KEY", "COMMENT", "ON", "CHARSET", "FIRST", "AFTER", "STORED", "VIRTUAL",
    "USING", "INVISIBLE", "VISIBLE",
];

/// `name [type] [option…]`
pub fn column_def(r: &mut Reader) -> Result<ColumnDef> {
    let at = r.at();
    let name = r.identifier()?;
    let mut column = ColumnDef { name, at, ..ColumnDef::default() };
    data_type(r, &mut column)?;
    while option(r, &mut column)? {}
    Ok(column)
}

pub fn data_type(r: &mut Reader, column: &mut ColumnDef) -> Result<()> {
    let start = r.at();
    let mut words: Vec<String> = Vec::new();
    loop {
        let charset = !words.is_empty() && r.is_word("CHARACTER") && r.is_word_at(1, "SET");
        if r.is_bare_word() && !r.is_any(OPTIONS) && !charset {
            words.push(r.bare_word().to_string());
        } else if r.is_symbol("(") && !words.is_empty() && column.type_args.is_empty() {
            column.type_args = r.list(|r| {
                let start = r.at();
                if let Ok(text) = r.string() {
                    return Ok(text);
                }
                while !r.is_symbol(",") && !r.is_symbol(")") && !r.is_end() {
                    r.skip();
                }
                Ok(r.since(start).to_string())
            })?;
        } else {
            break;
        }
    }
    if !words.is_empty() {
        column.declared = r.since(start).to_string();
        if words.last().is_some_and(|word| word.to_ascii_uppercase().ends_with("SERIAL")) {
            column.auto_increment = true;
            column.nullable = Some(false);
        }
    }
    column.type_name = words.join(" ");
    Ok(())
}

/// One option of a column. `false`: there is none here.
fn option(r: &mut Reader, column: &mut ColumnDef) -> Result<bool> {
    let name = if r.take(&["CONSTRAINT"]) { Some(r.identifier()?) } else { None };
    let at = r.at();
    if r.take(&["PRIMARY", "KEY"]) || r.take(&["KEY"]) {
        let descending = r.take(&["DESC"]);
        r.take(&["ASC"]);
        on_conflict(r)?;
        column.primary_key = Some(PrimaryKey { descending });
    } else if r.take(&["AUTO_INCREMENT"]) || r.take(&["AUTOINCREMENT"]) {
        column.auto_increment = true;
    } else if r.take(&["NOT", "NULL"]) {
        on_conflict(r)?;
        column.nullable = Some(false);
    } else if r.take(&["NULL"]) {
        column.nullable = Some(true);
    } else if r.take(&["UNIQUE"]) {
        r.take(&["KEY"]);
        on_conflict(r)?;
        column.constraints.push(Constraint::Unique { name, columns: vec![own_part(column, at)], at });
    } else if r.take(&["CHECK"]) {
        let expression = r.parenthesised()?;
        enforced(r)?;
        column.constraints.push(Constraint::Check { name, expression });
    } else if r.take(&["DEFAULT"]) {
        column.default = Some(r.value()?);
    } else if r.take(&["ON", "UPDATE"]) {
        column.on_update = Some(r.value()?);
    } else if r.take(&["COLLATE"]) {
        let collation = r.identifier()?;
        column.nocase = is_nocase(r, &collation)?;
    } else if r.is_word("REFERENCES") {
        let columns = vec![column.name.clone()];
        column.constraints.push(Constraint::ForeignKey(references(r, name, columns, at)?));
    } else if r.take(&["GENERATED", "BY", "DEFAULT", "AS", "IDENTITY"]) || r.take(&["GENERATED", "ALWAYS", "AS", "IDENTITY"]) {
        if r.is_symbol("(") {
            r.parenthesised()?;
        }
        column.auto_increment = true;
        column.nullable = Some(false);
    } else if r.take(&["GENERATED", "ALWAYS", "AS"]) || r.take(&["AS"]) {
        let expression = r.parenthesised()?;
        let stored = r.take(&["STORED"]) || r.take(&["PERSISTED"]);
        r.take(&["VIRTUAL"]);
        column.generated = Some((expression, stored));
    } else if r.take(&["COMMENT"]) {
        column.comment = Some(r.string()?);
    } else if r.take(&["CHARACTER", "SET"]) || r.take(&["CHARSET"]) {
        r.identifier()?;
    } else if r.take(&["VISIBLE"]) {
    } else if name.is_some() {
        return Err(r.expected("a constraint"));
    } else {
        return Ok(false);
    }
    Ok(true)
}

fn own_part(column: &ColumnDef, at: usize) -> Part {
    Part { column: column.name.clone(), descending: false, prefix: None, nocase: false, at }
}

/// NOCASE and MySQL's collations that ignore case fold ASCII; everything else compares bytes.
fn is_nocase(r: &Reader, collation: &str) -> Result<bool> {
    let folded = collation.to_ascii_lowercase();
    match folded.as_str() {
        "nocase" => Ok(true),
        "binary" | "c" | "posix" | "default" => Ok(false),
        "rtrim" => Err(r.unsupported("COLLATE RTRIM")),
        name if name.ends_with("_bin") => Ok(false),
        name if name.ends_with("_ci") => Ok(true),
        _ => Err(r.unsupported(&format!("COLLATE {collation}"))),
    }
}

/// SQLite's ON CONFLICT in a definition: ABORT is what happens anyway.
fn on_conflict(r: &mut Reader) -> Result<()> {
    if r.take(&["ON", "CONFLICT"]) {
        if !r.take(&["ABORT"]) {
            return Err(r.unsupported("ON CONFLICT in a definition, other than ABORT,"));
        }
    }
    Ok(())
}

fn enforced(r: &mut Reader) -> Result<()> {
    r.take(&["ENFORCED"]);
    if r.is_word("NOT") && r.is_word_at(1, "ENFORCED") { Err(r.unsupported("NOT ENFORCED")) } else { Ok(()) }
}

/// A table constraint. `None`: a column stands here.
pub fn constraint(r: &mut Reader) -> Result<Option<Constraint>> {
    let at = r.at();
    let name = if r.take(&["CONSTRAINT"]) {
        // MySQL lets the name out.
        if r.is_any(&["PRIMARY", "UNIQUE", "FOREIGN", "CHECK"]) { None } else { Some(r.identifier()?) }
    } else {
        None
    };
    if r.take(&["PRIMARY", "KEY"]) {
        super::parse::using(r)?;
        if !r.is_symbol("(") {
            r.identifier()?;
        }
        let columns = parts(r)?;
        super::parse::using(r)?;
        on_conflict(r)?;
        return Ok(Some(Constraint::PrimaryKey { columns, at }));
    }
    if r.is_word("UNIQUE") && (r.is_symbol_at(1, "(") || r.is_word_at(1, "KEY") || r.is_word_at(1, "INDEX") || r.is_symbol_at(2, "(")) {
        r.skip();
        if !r.take(&["KEY"]) {
            r.take(&["INDEX"]);
        }
        let name = if r.is_symbol("(") { name } else { Some(r.identifier()?) };
        let columns = parts(r)?;
        super::parse::using(r)?;
        on_conflict(r)?;
        return Ok(Some(Constraint::Unique { name, columns, at }));
    }
    if r.is_word("CHECK") && r.is_symbol_at(1, "(") {
        r.skip();
        let expression = r.parenthesised()?;
        enforced(r)?;
        return Ok(Some(Constraint::Check { name, expression }));
    }
    if r.take(&["FOREIGN", "KEY"]) {
        let name = if r.is_symbol("(") { name } else { Some(r.identifier()?) };
        let columns = r.list(Reader::identifier)?;
        return Ok(Some(Constraint::ForeignKey(references(r, name, columns, at)?)));
    }
    let is_key = r.is_word("KEY") || r.is_word("INDEX");
    // `key TEXT` is a column: an index has its parts right after its name.
    if is_key && (r.is_symbol_at(1, "(") || (r.is_symbol_at(2, "(") && !is_type(r, 1))) {
        r.skip();
        let name = if r.is_symbol("(") { None } else { Some(r.identifier()?) };
        super::parse::using(r)?;
        let columns = parts(r)?;
        super::parse::using(r)?;
        return Ok(Some(Constraint::Index { name, columns, at }));
    }
    if (r.is_word("FULLTEXT") || r.is_word("SPATIAL")) && (r.is_word_at(1, "KEY") || r.is_word_at(1, "INDEX")) {
        return Err(r.unsupported("a FULLTEXT or SPATIAL index"));
    }
    if name.is_some() {
        return Err(r.expected("PRIMARY KEY, UNIQUE, CHECK or FOREIGN KEY"));
    }
    Ok(None)
}

/// `key VARCHAR(10)`, the column, beside `KEY name (column)`, the index.
fn is_type(r: &Reader, ahead: usize) -> bool {
    ["VARCHAR", "CHAR", "DECIMAL", "NUMERIC", "INT", "INTEGER", "BIGINT", "TEXT", "ENUM", "VARBINARY", "BINARY", "NVARCHAR"]
        .iter()
        .any(|word| r.is_word_at(ahead, word))
}

/// `(column [(prefix)] [COLLATE c] [ASC | DESC], …)`
pub fn parts(r: &mut Reader) -> Result<Vec<Part>> {
    r.list(|r| {
        let at = r.at();
        if r.is_symbol("(") {
            return Err(r.unsupported("an index over an expression"));
        }
        let column = r.identifier()?;
        let mut part = Part { column, descending: false, prefix: None, nocase: false, at };
        if r.is_symbol("(") {
            r.skip();
            match r.integer() {
                Ok(length) => part.prefix = u64::try_from(length).ok(),
                Err(_) => return Err(r.unsupported("an index over an expression")),
            }
            r.expect_symbol(")")?;
        }
        if r.take(&["COLLATE"]) {
            let collation = r.identifier()?;
            part.nocase = is_nocase(r, &collation)?;
        }
        part.descending = r.take(&["DESC"]);
        r.take(&["ASC"]);
        if r.take(&["NULLS"]) {
            return Err(r.unsupported("NULLS FIRST or LAST in an index"));
        }
        Ok(part)
    })
}

/// From REFERENCES on.
fn references(r: &mut Reader, name: Option<String>, columns: Vec<String>, at: usize) -> Result<ForeignKeyDef> {
    r.expect(&["REFERENCES"])?;
    let parent = r.name()?;
    let parent_columns = if r.is_symbol("(") { r.list(Reader::identifier)? } else { Vec::new() };
    let mut key = ForeignKeyDef {
        name,
        columns,
        parent,
        parent_columns,
        on_delete: Action::NoAction,
        on_update: Action::NoAction,
        at,
    };
    loop {
        if r.take(&["ON", "DELETE"]) {
            key.on_delete = action(r)?;
        } else if r.is_word("ON") && r.is_word_at(1, "UPDATE") {
            r.skip();
            r.skip();
            key.on_update = action(r)?;
        } else if r.take(&["MATCH"]) {
            if !r.take(&["SIMPLE"]) {
                return Err(r.unsupported("MATCH other than SIMPLE"));
            }
        } else if r.take(&["NOT", "DEFERRABLE"]) {
            r.take(&["INITIALLY", "IMMEDIATE"]);
        } else if r.take(&["DEFERRABLE"]) {
            if r.take(&["INITIALLY", "DEFERRED"]) {
                return Err(r.unsupported("a deferred foreign key"));
            }
            r.take(&["INITIALLY", "IMMEDIATE"]);
        } else {
            return Ok(key);
        }
    }
}

fn action(r: &mut Reader) -> Result<Action> {
    for (words, action) in [
        (&["NO", "ACTION"][..], Action::NoAction),
        (&["RESTRICT"], Action::Restrict),
        (&["CASCADE"], Action::Cascade),
        (&["SET", "NULL"], Action::SetNull),
        (&["SET", "DEFAULT"], Action::SetDefault),
    ] {
        if r.take(words) {
            return Ok(action);
        }
    }
    Err(r.expected("NO ACTION, RESTRICT, CASCADE, SET NULL or SET DEFAULT"))
}
