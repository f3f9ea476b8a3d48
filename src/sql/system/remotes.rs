//! `dolt_remotes`.

use super::scan::{may_be, plain, rows, text, Scan};
use super::{BoundTable, SystemTable};
use crate::error::Result;
use crate::sql::versions::Remote;
use crate::sql::Context;
use crate::tuple::Value;

pub struct Remotes;

impl SystemTable for Remotes {
    fn bind(&self, _: &Context, name: &str, arguments: Option<&[Value]>) -> Result<Option<Box<dyn BoundTable>>> {
        if !plain("dolt_remotes", name, arguments)? {
            return Ok(None);
        }
        let columns = vec![text("name"), text("url"), text("fetch_specs"), text("params")];
        Scan::new(columns, |cx, wanted| {
            let mut found = Vec::new();
            for remote in Remote::all(cx)? {
                if may_be(wanted, 0, &remote.name) {
                    let specs = format!("[\"refs/heads/*:refs/remotes/{}/*\"]", remote.name);
                    let cells = [remote.name.as_str(), remote.url.as_str(), specs.as_str(), "{}"];
                    found.push(cells.map(Value::from).to_vec());
                }
            }
            rows(found)
        })
        .bound()
    }
}
