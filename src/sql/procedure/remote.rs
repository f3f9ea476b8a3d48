//! `dolt_remote`: names for other stores of this database.

use bytes::Bytes;

use super::answer::integer;
use super::flags::{flag, Flag};
use super::{Answer, Call, Procedure};
use crate::error::{Code, Error, Result};
use crate::repo::{check_name, Refs, CONFIG, REMOTE, TRACKING};
use crate::sql::versions::Remote as Known;
use crate::sql::{Context, OutputColumn};
use crate::sync::base_url;
use crate::tuple::Value;

pub struct Remote;

const FLAGS: &[Flag] = &[flag("verbose", 'v')];

impl Procedure for Remote {
    fn name(&self) -> &'static str { "dolt_remote" }
    fn columns(&self) -> Vec<OutputColumn> { vec![integer("status")] }

    fn call(&self, call: &mut Call<'_>) -> Result<Answer> {
        let flags = call.flags(FLAGS)?;
        let cx = call.context;
        let words: Vec<&str> = flags.positional.iter().map(String::as_str).collect();
        match words[..] {
            [] if flags.has("verbose") => {
                let all = Known::all(cx)?;
                let line = |remote: &Known| format!("{}\t{}", remote.name, remote.url);
                let lines: Vec<String> = all.iter().map(line).collect();
                return Ok(Answer::new(vec![Value::Int(0)], lines.join("\n").as_str()));
            }
            ["add", name, url] => {
                check_remote(name)?;
                base_url(url)?;
                if Known::named(cx, name).is_ok() {
                    return Err(Error::new(Code::Exists, format!("remote already exists: {name}")));
                }
                set(cx, name, url);
            }
            ["set-url", name, url] => {
                Known::named(cx, name)?;
                base_url(url)?;
                set(cx, name, url);
            }
            ["remove" | "rm", name] => {
                let remote = Known::named(cx, name)?;
                if cx.lazy().is_some_and(|(lazy, _)| lazy == name) {
                    let text = format!("remote {name} has what this lazy clone did not read yet");
                    return Err(Error::bad_argument(text).with_hint("dolt_unlazy() reads everything; after that it can be removed"));
                }
                remove(cx, &remote)
            }
            _ => {
                let text = "usage: dolt_remote('add', name, url), ('set-url', name, url), ('remove', name) or ('-v')";
                return Err(Error::bad_argument(text));
            }
        }
        Ok(Answer::ok())
    }
}

/// A remote's name is one part of a tracking ref.
pub fn check_remote(name: &str) -> Result<()> {
    check_name("remote", name)?;
    if name.contains('/') {
        return Err(Error::bad_argument(format!("invalid remote name: {name}")));
    }
    Ok(())
}

pub fn set(cx: &Context, name: &str, url: &str) {
    cx.set_ref(&format!("{REMOTE}{name}"), Some(Bytes::copy_from_slice(url.as_bytes())));
}

/// What was seen of it and what follows it goes along.
fn remove(cx: &Context, remote: &Known) {
    let mut gone = vec![format!("{REMOTE}{}", remote.name)];
    gone.extend(cx.records(&format!("{TRACKING}{}/", remote.name)).into_iter().map(|(name, _)| name));
    let follows = format!("{}/", remote.name);
    let upstreams = cx.records(&format!("{CONFIG}branch.")).into_iter();
    gone.extend(upstreams.filter(|(_, value)| value.starts_with(follows.as_bytes())).map(|(name, _)| name));
    gone.into_iter().for_each(|name| cx.set_ref(&name, None));
}
