//! `dolt_tag`: names for commits that never move.

use super::answer::{integer, invalid_usage};
use super::commit::author_of;
use super::flags::{flag, long_value, value, Flag};
use super::{Answer, Call, Procedure};
use crate::error::Result;
use crate::sql::versions::signature;
use crate::sql::OutputColumn;

pub struct Tag;

const FLAGS: &[Flag] = &[value("message", 'm'), flag("delete", 'd'), long_value("author")];

impl Procedure for Tag {
    fn name(&self) -> &'static str { "dolt_tag" }
    fn columns(&self) -> Vec<OutputColumn> { vec![integer("status")] }

    fn call(&self, call: &mut Call<'_>) -> Result<Answer> {
        let flags = call.flags(FLAGS)?;
        let cx = call.context;
        if flags.has("delete") {
            if flags.positional.is_empty() {
                return Err(invalid_usage());
            }
            for name in &flags.positional {
                cx.change(|change| change.delete_tag(name))?;
            }
            return Ok(Answer::ok());
        }
        let (name, rev) = match &flags.positional[..] {
            [name] => (name, "HEAD"),
            [name, rev] => (name, rev.as_str()),
            _ => return Err(invalid_usage()),
        };
        let tagger = match flags.value("author") {
            Some(author) => author_of(author, cx.moment.now_ms)?,
            None => signature(cx),
        };
        let commit = cx.commit_of(rev)?;
        cx.change(|change| change.create_tag(name, commit, tagger, flags.value("message").unwrap_or_default()))?;
        Ok(Answer::ok())
    }
}
