//! `dolt_push`: gives a remote what it lacks and moves its refs. A branch that has commits which are not here is refused
//! with the way out; `-f` overwrites it only if it stands where it was seen last.

use super::answer::{integer, text};
use super::flags::{flag, long, Flag};
use super::{Answer, Call, Procedure};
use crate::error::{Code, Error, Result};
use crate::hash::Address;
use crate::repo::{is_ancestor, Refs, Tag, HEADS, TAGS};
use crate::sql::versions::{Remote, Upstream};
use crate::sql::{Context, OutputColumn};
use crate::sync::{base_url, Mode, Push as Job, Update};
use crate::tuple::Value;

pub struct Push;

const FLAGS: &[Flag] = &[flag("force", 'f'), flag("set-upstream", 'u'), long("all"), long("tags"), flag("delete", 'd')];

/// One `source:destination`.
struct Spec {
    /// A local branch, for `-u`.
    source: Option<String>,
    /// `heads/…` or `tags/…` of the remote.
    name: String,
    new: Option<Address>,
    force: bool,
}

impl Procedure for Push {
    fn name(&self) -> &'static str { "dolt_push" }
    fn columns(&self) -> Vec<OutputColumn> { vec![integer("status"), text("message")] }

    fn call(&self, call: &mut Call<'_>) -> Result<Answer> {
        let flags = call.flags(FLAGS)?;
        let cx = call.context;
        let remote = match flags.positional.first() {
            Some(name) => Remote::named(cx, name)?,
            None => Remote::default_for(cx, cx.settings.branch.as_deref())?,
        };
        let mut specs = Vec::new();
        for word in flags.positional.iter().skip(1) {
            let word = if flags.has("delete") { format!(":{word}") } else { word.clone() };
            specs.push(spec(cx, &word)?);
        }
        if flags.has("all") {
            for (branch, at) in cx.branches()? {
                specs.push(Spec { name: format!("{HEADS}{branch}"), source: Some(branch), new: Some(at), force: false });
            }
        }
        if flags.has("tags") {
            let tags = cx.tags()?.into_iter();
            specs.extend(tags.map(|(tag, at)| Spec { source: None, name: format!("{TAGS}{tag}"), new: Some(at), force: false }));
        }
        if specs.is_empty() && !flags.has("all") && !flags.has("tags") {
            let here = cx.branch()?;
            let there = Upstream::of(cx, here).filter(|upstream| upstream.remote == remote.name);
            let there = there.map_or(here.to_owned(), |upstream| upstream.branch);
            specs.push(Spec { source: Some(here.into()), name: format!("{HEADS}{there}"), new: Some(cx.head(here)?), force: false });
        }
        specs.iter_mut().for_each(|spec| spec.force |= flags.has("force"));
        let message = push(cx, &remote, &specs)?;
        for spec in &specs {
            if let (Some(source), Some(branch), true) = (&spec.source, spec.name.strip_prefix(HEADS), flags.has("set-upstream")) {
                Upstream::set(cx, source, &remote.name, branch)?;
            }
        }
        Ok(Answer::new(vec![Value::Int(0), Value::from(message.as_str())], Value::Int(0)))
    }
}

/// `[+]source[:destination]`, `:destination`.
fn spec(cx: &Context, word: &str) -> Result<Spec> {
    let (force, word) = word.strip_prefix('+').map_or((false, word), |rest| (true, rest));
    let (source, there) = word.split_once(':').unwrap_or((word, word));
    let there = there.strip_prefix("refs/").unwrap_or(there);
    let placed = |prefix: &str| match there.starts_with(HEADS) || there.starts_with(TAGS) {
        true => there.to_owned(),
        false => format!("{prefix}{there}"),
    };
    if source.is_empty() {
        if there.is_empty() {
            return Err(Error::bad_argument(format!("push: {word} names nothing")));
        }
        return Ok(Spec { source: None, name: placed(HEADS), new: None, force });
    }
    let source = source.strip_prefix("refs/").unwrap_or(source);
    let branch = source.strip_prefix(HEADS).unwrap_or(source);
    if let Some(at) = Refs::branch(cx, branch)? {
        return Ok(Spec { source: Some(branch.into()), name: placed(HEADS), new: Some(at), force });
    }
    let tag = source.strip_prefix(TAGS).unwrap_or(source);
    if let Some((_, at)) = cx.tags()?.into_iter().find(|(name, _)| name == tag) {
        return Ok(Spec { source: None, name: placed(TAGS), new: Some(at), force });
    }
    if word.contains(':') {
        let at = cx.commit_of(source)?;
        return Ok(Spec { source: None, name: placed(HEADS), new: Some(at), force });
    }
    Err(Error::new(Code::RefNotFound, format!("refspec not found: {source} is neither a branch nor a tag")))
}

fn push(cx: &Context, remote: &Remote, specs: &[Spec]) -> Result<String> {
    let (mut updates, mut tips, mut tags, mut lines) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for spec in specs {
        let branch = spec.name.strip_prefix(HEADS);
        let old = match branch {
            Some(branch) => remote.tracked(cx, branch)?,
            None => None,
        };
        if branch.is_some() && old == spec.new {
            if old.is_none() {
                return Err(Error::new(Code::RefNotFound, format!("{} has no {}", remote.name, spec.name)));
            }
            continue;
        }
        if let (Some(old), Some(new), false, true) = (old, spec.new, spec.force, branch.is_some()) {
            if !is_ancestor(&*cx.store, &old, &new)? {
                let text = format!("push of {} is rejected: {}/{} has commits that are not here", shown(&spec.name), remote.name, shown(&spec.name));
                return Err(Error::new(Code::RemoteNonFf, text)
                    .with_hint("dolt_pull, then push again; or push with '-f' to overwrite what was fetched last"));
            }
        }
        if let Some(new) = spec.new {
            if branch.is_none() {
                tags.push(new);
                tips.push(Tag::read(&*cx.store, &new)?.commit);
            } else {
                tips.push(new);
            }
        }
        lines.push(match (old, spec.new) {
            (_, None) => format!(" - [deleted] {}", shown(&spec.name)),
            (None, Some(_)) => format!(" * [new {}] {}", if branch.is_some() { "branch" } else { "tag" }, shown(&spec.name)),
            (Some(old), Some(new)) => format!("   {old}..{new} {}", shown(&spec.name)),
        });
        let mode = if spec.force { Mode::Force } else { Mode::FastForward };
        updates.push(Update { name: spec.name.clone(), old, new: spec.new, mode });
    }
    if updates.is_empty() {
        return Ok("Everything up-to-date".into());
    }
    let key = format!("push {} {updates:?}", remote.url);
    cx.jobs.push(&key, || {
        let idem = Address::of(format!("{key} {} {}", cx.moment.now_ms, cx.moment.seed).as_bytes()).hex();
        let have: Vec<Address> = remote.tracking(cx)?.into_iter().map(|(_, at)| at).collect();
        Ok(Job::new(&base_url(&remote.url)?, &cx.store, tips, tags, &have, &idem, updates.clone()))
    })?;
    for update in &updates {
        if let Some(branch) = update.name.strip_prefix(HEADS) {
            remote.set_tracked(cx, branch, update.new);
        }
    }
    Ok(format!("To {}\n{}", remote.url, lines.join("\n")))
}

fn shown(name: &str) -> &str { name.split_once('/').map_or(name, |(_, short)| short) }
