//! CREATE VIEW and DROP VIEW.

use super::define::{check_free, local};
use super::definition::{CreateView, Name};
use crate::error::{Code, Error, Result};
use crate::repo::View;
use crate::sql::parser::{self, Statement};
use crate::sql::Context;

pub fn create(cx: &Context, definition: &CreateView) -> Result<u64> {
    let name = local(cx, &definition.name)?;
    let exists = cx.workspace.borrow().view(name).is_some();
    if exists && definition.if_not_exists {
        return Ok(0);
    }
    if !(exists && definition.or_replace) {
        check_free(cx, name)?;
    }
    let parsed = parser::parse(&definition.query.sql)?;
    let is_query = matches!(&parsed[..], [one] if matches!(one.statement, Statement::Query(_)));
    if !is_query {
        return Err(Error::new(Code::Syntax, "expected a query after AS").at(definition.query.at));
    }
    if parsed.iter().any(|parsed| !parsed.parameters.is_empty()) {
        return Err(Error::bad_argument(format!("view {name} takes no parameters")).at(definition.query.at));
    }
    let view = View {
        name: name.into(),
        columns: definition.columns.iter().map(|column| column.as_str().into()).collect(),
        sql: definition.query.sql.as_str().into(),
    };
    let mut workspace = cx.workspace.borrow_mut();
    if !definition.temporary {
        let bytes = name.len() + definition.columns.iter().map(|column| column.len() + 2).sum::<usize>() + view.sql.len() + 8;
        workspace.root().has_room(&format!("view {name}"), bytes)?;
    }
    if definition.temporary {
        workspace.add_temporary_view(name, view);
    } else {
        workspace.set_view(name, Some(view));
    }
    Ok(0)
}

pub fn drop(cx: &Context, if_exists: bool, views: &[Name]) -> Result<u64> {
    for view in views {
        let name = local(cx, view)?;
        if cx.workspace.borrow().view(name).is_some() {
            cx.workspace.borrow_mut().set_view(name, None);
        } else if !if_exists {
            return Err(Error::new(Code::TableNotFound, format!("no such view: {name}")));
        }
    }
    Ok(0)
}
