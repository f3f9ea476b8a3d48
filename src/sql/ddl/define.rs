//! Carries out a definition.

use super::definition::{Definition, Name};
use super::{alter_table, create_table, drop, index, trigger, view};
use crate::error::{Code, Error, Result};
use crate::sql::write::own_qualifier;
use crate::sql::{Context, Outcome};

pub fn define(cx: &Context, definition: &Definition) -> Result<Outcome> {
    let affected = match definition {
        Definition::CreateTable(table) => create_table::create(cx, table)?,
        Definition::CreateIndex(create) => index::create(cx, create)?,
        Definition::CreateView(create) => view::create(cx, create)?,
        Definition::CreateTrigger(create) => trigger::create(cx, create)?,
        Definition::DropTrigger { if_exists, trigger } => trigger::drop(cx, *if_exists, trigger)?,
        Definition::AlterTable { if_exists, table, operations } => {
            alter_table::alter(cx, *if_exists, table, operations)?
        }
        Definition::DropTable { if_exists, tables } => drop::tables(cx, *if_exists, tables)?,
        Definition::DropView { if_exists, views } => view::drop(cx, *if_exists, views)?,
        Definition::DropIndex { if_exists, index, table } => index::drop(cx, *if_exists, index, table.as_ref())?,
        Definition::RenameTable(pairs) => {
            for (from, to) in pairs {
                alter_table::rename(cx, local(cx, from)?, local(cx, to)?)?;
            }
            0
        }
        Definition::Truncate(tables) => drop::truncate(cx, tables)?,
    };
    Ok(Outcome { affected, ..Outcome::default() })
}

/// The name in the session's own database.
pub fn local<'a>(cx: &Context, name: &'a Name) -> Result<&'a str> {
    if let Some(database) = &name.database {
        own_qualifier(cx, database)?;
    }
    Ok(&name.name)
}

/// Refuses a name that something has already, or that is Prollite's own.
pub fn check_free(cx: &Context, name: &str) -> Result<()> {
    let workspace = cx.workspace.borrow();
    if workspace.schema(name).is_some() {
        return Err(Error::new(Code::Exists, format!("table {name} already exists")));
    }
    if workspace.view(name).is_some() {
        return Err(Error::new(Code::Exists, format!("view {name} already exists")));
    }
    drop(workspace);
    let folded = crate::repo::fold(name);
    if folded.starts_with("dolt_") {
        return Err(Error::bad_argument(format!(
            "Invalid table name {name}. Table names beginning with `dolt_` are reserved for internal use"
        )));
    }
    let reserved = folded.starts_with("sqlite_") || folded.starts_with("prollite_");
    match reserved {
        true => Err(Error::bad_argument(format!("the name {name} is reserved"))),
        false => Ok(()),
    }
}
