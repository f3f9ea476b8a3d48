//! `dolt_reflog([ref])`: where branches stood, newest first.

use super::scan::{datetime, rows, text, wrong_count, Scan};
use super::{BoundTable, SystemTable};
use crate::error::{Error, Result};
use crate::repo::{Reflog as Moves, Refs, REFLOG};
use crate::sql::procedure::flags::{long, word, Flag, Flags};
use crate::sql::versions::date_value;
use crate::sql::Context;
use crate::tuple::Value;

pub struct Reflog;

const FLAGS: &[Flag] = &[long("all")];

impl SystemTable for Reflog {
    fn bind(&self, cx: &Context, name: &str, arguments: Option<&[Value]>) -> Result<Option<Box<dyn BoundTable>>> {
        const NAME: &str = "dolt_reflog";
        if name != NAME {
            return Ok(None);
        }
        let given = arguments.unwrap_or_default();
        for argument in given {
            let class = match argument {
                Value::Text(_) => continue,
                Value::Null => "<nil>",
                other => other.class(),
            };
            let shown = if argument.is_null() { "<nil>".to_string() } else { word(argument)? };
            return Err(Error::bad_argument(format!("argument ({shown}) is not a string value, but a {class}")));
        }
        let flags = Flags::parse(FLAGS, given)?;
        flags.at_most(NAME, 1)?;
        let branches: Vec<String> = match &flags.positional[..] {
            [] => cx.records(REFLOG).into_iter().map(|(name, _)| name[REFLOG.len()..].to_string()).collect(),
            [branch] if branch.eq_ignore_ascii_case("HEAD") => vec![cx.branch()?.to_string()],
            [branch] => vec![branch.strip_prefix("refs/heads/").unwrap_or(branch).to_string()],
            more => return Err(wrong_count(NAME, "0 to 1", more.len())),
        };
        let columns = vec![text("ref"), datetime("ref_timestamp"), text("commit_hash"), text("commit_message")];
        Scan::new(columns, move |cx, _| {
            let mut moves = Vec::new();
            for branch in &branches {
                let mut reflog = Moves::open(cx, &cx.store, branch)?;
                while let Some(step) = reflog.next()? {
                    if let Some(new) = step.new.filter(|_| step.old != step.new) {
                        moves.push((step.date_ms, moves.len(), branch.clone(), new, step.action));
                    }
                }
            }
            crate::sort::sort_by(&mut moves, |a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
            let mut found = Vec::new();
            for (date, _, branch, commit, action) in moves {
                found.push(vec![
                    Value::from(format!("refs/heads/{branch}")),
                    date_value(date),
                    Value::from(commit.to_string()),
                    Value::Text(cx.read_commit(&commit)?.message),
                    Value::Text(action),
                ]);
            }
            rows(found)
        })
        .hiding(vec![text("action")])
        .bound()
    }
}
