//! `dolt_log AS OF 'rev'`: a system table as a session would see it that stands on the revision.

use std::rc::Rc;

use super::{BoundTable, Wanted, ALL};
use crate::error::Result;
use crate::sql::relation::Relation;
use crate::sql::{Context, OutputColumn};

/// `None`: no system table has this name.
pub fn bind_as_of(cx: &Context, name: &str, revision: &str) -> Result<Option<Box<dyn BoundTable>>> {
    let commit = cx.commit_of(revision)?;
    let mut settings = (*cx.settings).clone();
    settings.branch = None;
    settings.revision = Some(commit.to_string().into());
    let there = Context { settings: Rc::new(settings), ..cx.clone() };
    for table in ALL {
        if let Some(table) = table.bind(&there, name, None)? {
            return Ok(Some(Box::new(AsOf { table, there })));
        }
    }
    Ok(None)
}

struct AsOf { table: Box<dyn BoundTable>, there: Context }

impl BoundTable for AsOf {
    fn columns(&self) -> &[OutputColumn] { self.table.columns() }
    fn hidden(&self) -> usize { self.table.hidden() }
    fn scan(&self, _: &Context, wanted: &Wanted) -> Result<Box<dyn Relation>> { self.table.scan(&self.there, wanted) }
}
