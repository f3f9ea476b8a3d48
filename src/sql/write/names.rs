//! The table that a statement changes, by its name.

use gluesql::core::sqlparser::ast::ObjectName;

use crate::error::{Code, Error, Result};
use crate::sql::Context;

/// `t`, or `t` of the session's own database and branch: `db.t`, `` `db/branch`.t ``.
pub fn table_name(cx: &Context, name: &ObjectName) -> Result<String> {
    match &name.0[..] {
        [table] => Ok(table.value.clone()),
        [database, table] => own(cx, &database.value).map(|()| table.value.clone()),
        _ => Err(Error::new(Code::TableNotFound, format!("table not found: {name}"))),
    }
}

/// Whether a qualifier means the database and the branch that the session is on.
pub fn own(cx: &Context, qualifier: &str) -> Result<()> {
    let database = &*cx.settings.database;
    if qualifier.eq_ignore_ascii_case(database) || qualifier.eq_ignore_ascii_case("main") {
        return Ok(());
    }
    let revision = qualifier.split_once('/').filter(|(name, _)| name.eq_ignore_ascii_case(database));
    match (revision, &cx.settings.branch) {
        (Some((_, revision)), Some(branch)) if *revision == **branch => Ok(()),
        (Some((_, revision)), _) => {
            let message = format!("{revision} is not the session's branch: its tables can be read but not changed");
            Err(Error::new(Code::ReadOnly, message).with_hint(format!("CALL dolt_checkout('{revision}') first")))
        }
        (None, _) => Err(Error::new(Code::TableNotFound, format!("database not found: {qualifier}"))),
    }
}
