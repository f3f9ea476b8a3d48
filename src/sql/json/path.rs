//! `$.key`, `$."any key"`, `$[3]`, `$[#-1]`: SQLite's paths.

use std::rc::Rc;

use crate::error::{Error, Result};
use crate::sql::eval::convert::to_text;
use crate::tuple::{quoted, unescape, Json, Value};

#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    Key(String),
    Index(usize),
    /// `[#-n]`; `[#]`, n = 0, is the place after the last.
    FromEnd(usize),
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Path(pub Vec<Step>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit { Insert, Replace, Set }

impl Path {
    pub fn parse(text: &str) -> Result<Path> {
        let bad = || Error::bad_argument(format!("bad JSON path: '{text}'"));
        let mut rest = text.strip_prefix('$').ok_or_else(bad)?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            if let Some(key) = rest.strip_prefix('.') {
                let (raw, after) = match key.strip_prefix('"') {
                    Some(raw) => {
                        let end = closing_quote(raw).ok_or_else(bad)?;
                        (&raw[..end], &raw[end + 1..])
                    }
                    None => key.split_at(key.find(['.', '[']).unwrap_or(key.len())),
                };
                if raw.is_empty() && !key.starts_with('"') {
                    return Err(bad());
                }
                steps.push(Step::Key(unescape(raw)));
                rest = after;
            } else {
                let (index, after) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')).ok_or_else(bad)?;
                let number = |digits: &str| digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok()).flatten();
                let step = match index.strip_prefix('#') {
                    Some("") => Some(Step::FromEnd(0)),
                    Some(back) => back.strip_prefix('-').and_then(number).map(Step::FromEnd),
                    None => number(index).map(Step::Index),
                };
                steps.push(step.ok_or_else(bad)?);
                rest = after;
            }
        }
        Ok(Path(steps))
    }

    /// The right side of `->`: a path, a key, or an index that counts from the end when negative.
    pub fn arrow(step: &Value) -> Result<Option<Path>> {
        Ok(match step {
            Value::Null => None,
            Value::Int(index) => {
                let at = usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX);
                Some(Path(vec![if *index < 0 { Step::FromEnd(at) } else { Step::Index(at) }]))
            }
            other => {
                let text = to_text(other).unwrap_or_default();
                Some(if text.starts_with('$') { Path::parse(&text)? } else { Path(vec![Step::Key(text.to_string())]) })
            }
        })
    }
}

fn closing_quote(raw: &str) -> Option<usize> {
    let mut escaped = false;
    raw.bytes().position(|byte| {
        let found = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        found
    })
}

/// The path as `fullkey` shows it.
impl std::fmt::Display for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("$")?;
        self.0.iter().try_for_each(|step| step.fmt(f))
    }
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Step::Key(key) => {
                let plain = key.starts_with(|c: char| c.is_ascii_alphabetic()) && key.bytes().all(|b| b.is_ascii_alphanumeric());
                if plain { write!(f, ".{key}") } else { write!(f, ".{}", quoted(key)) }
            }
            Step::Index(at) => write!(f, "[{at}]"),
            Step::FromEnd(0) => f.write_str("[#]"),
            Step::FromEnd(n) => write!(f, "[#-{n}]"),
        }
    }
}

/// The place of the child that a step names, if it is there. Of a repeated key it is the first.
fn place(json: &Json, step: &Step) -> Option<usize> {
    match (json, step) {
        (Json::Object(members), Step::Key(key)) => members.iter().position(|(raw, _)| same(raw, key)),
        (Json::Array(items), Step::Index(at)) => (*at < items.len()).then_some(*at),
        (Json::Array(items), Step::FromEnd(n)) => items.len().checked_sub(*n).filter(|_| *n > 0),
        _ => None,
    }
}

fn same(raw: &str, key: &str) -> bool { if raw.contains('\\') { unescape(raw) == key } else { raw == key } }

fn child(json: &mut Json, at: usize) -> Option<&mut Json> {
    match json {
        Json::Object(members) => members.get_mut(at).map(|(_, item)| item),
        Json::Array(items) => items.get_mut(at),
        _ => None,
    }
}

pub fn find<'j>(json: &'j Json, path: &Path) -> Option<&'j Json> {
    path.0.iter().try_fold(json, |json, step| {
        let at = place(json, step)?;
        match json {
            Json::Object(members) => members.get(at).map(|(_, item)| item),
            Json::Array(items) => items.get(at),
            _ => None,
        }
    })
}

/// Puts a value where the path leads. What is missing on the way is made, as long as it is a key, or the place after
/// an array's last; where that cannot be, nothing changes.
pub fn put(json: &mut Json, path: &[Step], value: Json, edit: Edit) {
    let Some((step, rest)) = path.split_first() else {
        if edit != Edit::Insert {
            *json = value;
        }
        return;
    };
    if let Some(at) = place(json, step) {
        if let Some(child) = child(json, at) {
            put(child, rest, value, edit);
        }
        return;
    }
    if edit == Edit::Replace {
        return;
    }
    match (json, step) {
        (Json::Object(members), Step::Key(key)) => {
            if let (Some(value), Json::String(raw)) = (fresh(rest, value), Json::string(key)) {
                members.push((raw, value));
            }
        }
        (Json::Array(items), step) if *step == Step::FromEnd(0) || *step == Step::Index(items.len()) => items.extend(fresh(rest, value)),
        _ => {}
    }
}

/// The value inside of all that the path names.
fn fresh(path: &[Step], value: Json) -> Option<Json> {
    path.iter().rev().try_fold(value, |value, step| match step {
        Step::Key(key) => match Json::string(key) {
            Json::String(raw) => Some(Json::Object(vec![(raw, value)])),
            _ => None,
        },
        Step::Index(0) | Step::FromEnd(0) => Some(Json::Array(vec![value])),
        _ => None,
    })
}

/// Takes out what the path leads to; `false` when that is the whole.
pub fn remove(json: &mut Json, path: &[Step]) -> bool {
    let Some((step, rest)) = path.split_first() else { return false };
    let Some(at) = place(json, step) else { return true };
    match (rest.is_empty(), json) {
        (true, Json::Object(members)) => drop(members.remove(at)),
        (true, Json::Array(items)) => drop(items.remove(at)),
        (_, json) => return child(json, at).is_none_or(|child| remove(child, rest)),
    }
    true
}

/// RFC 7396.
pub fn merge_patch(target: &mut Json, patch: Json) {
    let Json::Object(changes) = patch else {
        *target = patch;
        return;
    };
    if !matches!(target, Json::Object(_)) {
        *target = Json::Object(Vec::new());
    }
    let Json::Object(members) = target else { return };
    for (key, change) in changes {
        let wanted = unescape(&key);
        let at = members.iter().position(|(raw, _)| same(raw, &wanted));
        match (at, change) {
            (Some(at), Json::Null) => drop(members.remove(at)),
            (None, Json::Null) => {}
            (Some(at), change) => merge_patch(&mut members[at].1, change),
            (None, change) => {
                let mut fresh = Json::Null;
                merge_patch(&mut fresh, change);
                members.push((Rc::clone(&key), fresh));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Path { Path::parse(text).unwrap() }

    #[test]
    fn paths_lead_to_places() {
        let json = Json::parse(r#"{"a":[1,{"b c":2}],"a":9,"x\u0041":3}"#).unwrap();
        for (text, found) in [
            ("$.a[0]", Some("1")),
            ("$.a[#-1].\"b c\"", Some("2")),
            ("$.xA", Some("3")),
            ("$.a[2]", None),
            ("$[0]", None),
            ("$.a[#]", None),
            ("$.a[#-3]", None),
        ] {
            assert_eq!(find(&json, &path(text)).map(Json::to_string).as_deref(), found, "{text}");
        }
        for text in ["", "a", "$.", "$[", "$[x]", "$[#+1]", "$a", "$.\"a", "$[-1]"] {
            assert!(Path::parse(text).is_err(), "{text}");
        }
        assert_eq!(path("$.a.\"b c\"[1]").to_string(), "$.a.\"b c\"[1]");
    }

    #[test]
    fn changes() {
        let changed = |text: &str, at: &str, edit: Edit| {
            let mut json = Json::parse(text).unwrap();
            put(&mut json, &path(at).0, Json::True, edit);
            json.to_string()
        };
        assert_eq!(changed("{}", "$.a.b[0]", Edit::Set), r#"{"a":{"b":[true]}}"#);
        assert_eq!(changed("{}", "$.a.b[1]", Edit::Set), "{}");
        assert_eq!(changed("[1]", "$[#]", Edit::Insert), "[1,true]");
        assert_eq!(changed("[1]", "$[0]", Edit::Insert), "[1]");
        assert_eq!(changed("[1]", "$[3]", Edit::Set), "[1]");
        assert_eq!(changed("[1]", "$[1]", Edit::Replace), "[1]");
        assert_eq!(changed("1", "$", Edit::Replace), "true");
        assert_eq!(changed("1", "$.a", Edit::Set), "1");
    }
}
