//! `dolt_fetch`: brings what a remote has. Tracking refs move, branches do not.

use super::answer::{integer, text};
use super::flags::{flag, long, long_value, Flag};
use super::{unlazy, Answer, Call, Procedure};
use crate::error::Result;
use crate::repo::HEADS;
use crate::sql::versions::{fetch, Extent, Remote};
use crate::sql::OutputColumn;
use crate::tuple::Value;

pub struct Fetch;

const FLAGS: &[Flag] = &[flag("prune", 'p'), long_value("depth"), long("unshallow"), long_value("batch-bytes")];

impl Procedure for Fetch {
    fn name(&self) -> &'static str { "dolt_fetch" }
    fn columns(&self) -> Vec<OutputColumn> { vec![integer("status"), text("message")] }

    fn call(&self, call: &mut Call<'_>) -> Result<Answer> {
        let flags = call.flags(FLAGS)?;
        let cx = call.context;
        if flags.has("batch-bytes") && unlazy::is_under_way(cx) {
            return Ok(Answer::new(vec![Value::Int(1), Value::from(unlazy::MORE)], Value::Int(1)));
        }
        let remote = match flags.positional.first() {
            Some(name) => Remote::named(cx, name)?,
            None => Remote::default_for(cx, cx.settings.branch.as_deref())?,
        };
        let all = flags.positional.len() < 2;
        let want = match all {
            true => remote.usual(cx)?,
            false => flags.positional[1..].iter().map(|branch| format!("{HEADS}{}", plain(branch))).collect(),
        };
        let brought = fetch(cx, &remote, want, Extent::usual(cx, &remote)?.deepened(cx, &flags)?)?;
        let mut lines = Vec::new();
        for moved in &brought.moved {
            let name = format!("{}/{}", remote.name, moved.branch);
            lines.push(match (&moved.old, moved.rewritten) {
                (None, _) => format!("{name}: new, {}", moved.new),
                (Some(old), false) => format!("{name}: {old}..{}", moved.new),
                (Some(old), true) => format!("{name}: its history was rewritten, {old}...{}", moved.new),
            });
        }
        if flags.has("prune") && all {
            for (branch, _) in remote.tracking(cx)? {
                if !brought.heads.iter().any(|(name, _)| *name == branch) {
                    remote.set_tracked(cx, &branch, None);
                    lines.push(format!("{}/{branch}: removed", remote.name));
                }
            }
        }
        if brought.is_partial {
            lines.push(unlazy::MORE.into());
        }
        let status = Value::Int(brought.is_partial.into());
        Ok(Answer::new(vec![status.clone(), Value::from(lines.join("\n").as_str())], status))
    }
}

/// A branch as a refspec may name it.
pub fn plain(branch: &str) -> &str { branch.strip_prefix("refs/heads/").unwrap_or(branch) }
