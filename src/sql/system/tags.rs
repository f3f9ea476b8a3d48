//! `dolt_tags`.

use super::scan::{datetime, may_be, plain, rows, text, Scan};
use super::{BoundTable, SystemTable};
use crate::error::Result;
use crate::repo::{Refs, Tag};
use crate::sql::versions::date_value;
use crate::sql::Context;
use crate::tuple::Value;

pub struct Tags;

impl SystemTable for Tags {
    fn bind(&self, _: &Context, name: &str, arguments: Option<&[Value]>) -> Result<Option<Box<dyn BoundTable>>> {
        if !plain("dolt_tags", name, arguments)? {
            return Ok(None);
        }
        let columns =
            vec![text("tag_name"), text("tag_hash"), text("tagger"), text("email"), datetime("date"), text("message")];
        Scan::new(columns, |cx, wanted| {
            let mut found = Vec::new();
            for (name, address) in cx.tags()? {
                if !may_be(wanted, 0, &name) {
                    continue;
                }
                let tag = Tag::read(&*cx.store, &address)?;
                let hash = Value::from(tag.commit.to_string());
                let message = Value::Text(tag.message);
                found.push(vec![
                    Value::from(&*name),
                    hash.clone(),
                    Value::Text(tag.tagger.name),
                    Value::Text(tag.tagger.email),
                    date_value(tag.tagger.date_ms),
                    message.clone(),
                    Value::from(&*name),
                    hash,
                    message,
                ]);
            }
            rows(found)
        })
        .hiding(vec![text("name"), text("hash"), text("commit_message")])
        .bound()
    }
}
