//! `dolt_pull`: fetches a branch and merges it here, three-way.

use super::answer::{integer, text};
use super::fetch::plain;
use super::flags::{flag, long, long_value, value, Flag};
use super::merge::Merge;
use super::{unlazy, Answer, Call, Procedure};
use crate::error::{Code, Error, Result};
use crate::repo::{Refs, HEADS};
use crate::sql::versions::{fetch, Extent, Remote, Upstream};
use crate::sql::OutputColumn;
use crate::tuple::Value;

pub struct Pull;

const FLAGS: &[Flag] = &[
    long("no-ff"),
    long("ff-only"),
    long("squash"),
    long("no-commit"),
    value("message", 'm'),
    long_value("author"),
    flag("force", 'f'),
    long_value("depth"),
    long("unshallow"),
    long_value("batch-bytes"),
];

impl Procedure for Pull {
    fn name(&self) -> &'static str { "dolt_pull" }
    fn columns(&self) -> Vec<OutputColumn> { vec![integer("fast_forward"), integer("conflicts"), text("message")] }

    fn call(&self, call: &mut Call<'_>) -> Result<Answer> {
        let flags = call.flags(FLAGS)?;
        flags.at_most("dolt_pull", 2)?;
        let cx = call.context;
        let more = || Ok(Answer::new(vec![Value::Null, Value::Null, Value::from(unlazy::MORE)], Value::Null));
        if flags.has("batch-bytes") && unlazy::is_under_way(cx) {
            return more();
        }
        let here = cx.branch()?.to_owned();
        let remote = match flags.positional.first() {
            Some(name) => Remote::named(cx, name)?,
            None => Remote::default_for(cx, Some(&here))?,
        };
        let followed = Upstream::of(cx, &here).filter(|upstream| upstream.remote == remote.name);
        let branch = match flags.positional.get(1) {
            Some(branch) => plain(branch).to_owned(),
            None => followed.map_or(here, |upstream| upstream.branch),
        };
        let brought = {
            let mut want = vec![format!("{HEADS}{branch}")];
            if cx.shallow()?.is_empty() {
                want.push("tags/*".into());
            }
            fetch(cx, &remote, want, Extent::usual(cx, &remote)?.deepened(cx, &flags)?)?
        };
        let tracked = format!("{}/{branch}", remote.name);
        if brought.moved.iter().any(|moved| moved.rewritten) && !flags.has("force") {
            let text = format!("the history of {tracked} was rewritten: it is not merged by itself");
            let hint = format!("dolt_fetch, then look at dolt_log('{tracked}'); dolt_reset('--hard', '{tracked}') takes it, dolt_pull('-f') merges it");
            return Err(Error::new(Code::RemoteNonFf, text).with_hint(hint));
        }
        if brought.is_partial {
            return more();
        }
        let mut words: Vec<Value> = Vec::new();
        for name in ["no-ff", "ff-only", "squash", "no-commit"] {
            if flags.has(name) {
                words.push(format!("--{name}").as_str().into());
            }
        }
        for name in ["message", "author"] {
            if let Some(value) = flags.value(name) {
                words.extend([format!("--{name}").as_str().into(), value.into()]);
            }
        }
        words.push(tracked.as_str().into());
        let mut merge = Call { context: cx, arguments: &words, selected: call.selected, effect: call.effect };
        let answer = Merge.call(&mut merge)?;
        Ok(Answer { row: answer.row[1..].to_vec(), value: answer.value })
    }
}
