//! Arguments of procedures and table functions, read as git reads a command line.
//!
//! `-a -m msg`, `-am msg`, `-mmsg`, `--message msg`, `--message=msg`; `--` ends the flags. As in Dolt a whole
//! name may follow a single dash (`-amend`).

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::tuple::{real_to_text, Value};

/// One flag that a procedure knows.
#[derive(Clone, Copy, Debug)]
pub struct Flag { pub name: &'static str, pub short: Option<char>, pub takes: Takes }

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    Nothing,
    /// The rest of the argument, or the next one.
    Value,
    /// All arguments up to the next flag, each split at commas.
    List,
}

pub const fn flag(name: &'static str, short: char) -> Flag { Flag { name, short: Some(short), takes: Takes::Nothing } }
pub const fn long(name: &'static str) -> Flag { Flag { name, short: None, takes: Takes::Nothing } }
pub const fn value(name: &'static str, short: char) -> Flag { Flag { name, short: Some(short), takes: Takes::Value } }
pub const fn long_value(name: &'static str) -> Flag { Flag { name, short: None, takes: Takes::Value } }
pub const fn list(name: &'static str) -> Flag { Flag { name, short: None, takes: Takes::List } }

/// What was given.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    given: BTreeMap<&'static str, Vec<String>>,
    pub positional: Vec<String>,
    /// How many of `positional` stood before `--`.
    pub before_dashes: Option<usize>,
}

impl Flags {
    pub fn parse(known: &[Flag], arguments: &[Value]) -> Result<Flags> {
        let words: Vec<String> = arguments.iter().map(word).collect::<Result<_>>()?;
        let mut flags = Flags::default();
        let mut at = 0;
        while let Some(word) = words.get(at) {
            at += 1;
            if flags.before_dashes.is_some() || !word.starts_with('-') || word == "-" {
                flags.positional.push(word.clone());
            } else if word == "--" {
                flags.before_dashes = Some(flags.positional.len());
            } else {
                flags.read(known, word, &words, &mut at)?;
            }
        }
        Ok(flags)
    }

    fn read(&mut self, known: &[Flag], word: &str, words: &[String], at: &mut usize) -> Result<()> {
        let body = word.trim_start_matches('-');
        let (name, attached) = match body.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (body, None),
        };
        if let Some(flag) = known.iter().find(|flag| flag.name == name) {
            return self.take(flag, attached, words, at);
        }
        if word.starts_with("--") {
            return Err(unknown(name));
        }
        for (position, letter) in body.char_indices() {
            let flag = known.iter().find(|flag| flag.short == Some(letter)).ok_or_else(|| unknown(name))?;
            let rest = &body[position + letter.len_utf8()..];
            if flag.takes != Takes::Nothing && !rest.is_empty() {
                return self.take(flag, Some(rest.strip_prefix('=').unwrap_or(rest)), words, at);
            }
            self.take(flag, None, words, at)?;
        }
        Ok(())
    }

    fn take(&mut self, flag: &Flag, attached: Option<&str>, words: &[String], at: &mut usize) -> Result<()> {
        let given = self.given.entry(flag.name).or_default();
        match (flag.takes, attached) {
            (Takes::Nothing, None) => {}
            (Takes::Nothing, Some(value)) => {
                return Err(Error::bad_argument(format!("error: option `{}` takes no value, found `{value}`", flag.name)));
            }
            (Takes::Value, Some(value)) => given.push(value.to_string()),
            (Takes::Value, None) => {
                let value = words.get(*at).ok_or_else(|| missing(flag.name))?;
                *at += 1;
                given.push(value.clone());
            }
            (Takes::List, Some(value)) => given.extend(value.split(',').map(|part| part.trim().to_string())),
            (Takes::List, None) => {
                let before = given.len();
                while let Some(word) = words.get(*at).filter(|word| !word.starts_with('-')) {
                    given.extend(word.split(',').map(|part| part.trim().to_string()));
                    *at += 1;
                }
                if given.len() == before {
                    return Err(missing(flag.name));
                }
            }
        }
        Ok(())
    }

    pub fn has(&self, name: &str) -> bool { self.given.contains_key(name) }
    /// The flag's last value.
    pub fn value(&self, name: &str) -> Option<&str> { self.given.get(name)?.last().map(String::as_str) }
    pub fn list(&self, name: &str) -> &[String] { self.given.get(name).map_or(&[], Vec::as_slice) }
    /// Whether no flag was given.
    pub fn is_empty(&self) -> bool { self.given.is_empty() }

    /// Refuses more than `most` positional arguments.
    pub fn at_most(&self, procedure: &str, most: usize) -> Result<()> {
        if self.positional.len() <= most {
            return Ok(());
        }
        let found: Vec<String> = self.positional.iter().map(|word| format!("'{word}'")).collect();
        Err(Error::bad_argument(format!(
            "error: {procedure} has too many positional arguments. Expected at most {most}, found {}: [{}]",
            found.len(),
            found.join(" ")
        )))
    }

    /// Refuses two flags at once.
    pub fn exclusive(&self, one: &str, other: &str) -> Result<()> {
        if self.has(one) && self.has(other) {
            return Err(Error::bad_argument(format!("error: --{one} and --{other} are mutually exclusive")));
        }
        Ok(())
    }
}

fn unknown(name: &str) -> Error { Error::bad_argument(format!("error: unknown option `{name}`")) }
fn missing(name: &str) -> Error { Error::bad_argument(format!("error: no value for option `{name}`")) }

/// An argument as a word; NULL is an empty one.
pub fn word(value: &Value) -> Result<String> {
    Ok(match value {
        Value::Null => String::new(),
        Value::Int(int) => int.to_string(),
        Value::Real(real) => real_to_text(*real),
        Value::Decimal(decimal) => decimal.to_string(),
        Value::Text(text) => text.to_string(),
        Value::Blob(_) => return Err(Error::bad_argument("argument is a blob, expected text")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[Flag] = &[flag("all", 'a'), value("message", 'm'), long("amend"), long_value("author"), list("not")];

    fn parse(words: &[&str]) -> Result<Flags> {
        let values: Vec<Value> = words.iter().map(|word| Value::from(*word)).collect();
        Flags::parse(KNOWN, &values)
    }

    #[test]
    fn spellings_meet() {
        for words in [
            &["-a", "-m", "hi"][..],
            &["-am", "hi"],
            &["-amhi"],
            &["--all", "--message=hi"],
            &["--message", "hi", "-a"],
            &["-all", "-m=hi"],
        ] {
            let flags = parse(words).unwrap();
            assert!(flags.has("all"), "{words:?}");
            assert_eq!(flags.value("message"), Some("hi"), "{words:?}");
            assert!(flags.positional.is_empty());
        }
        assert!(parse(&["-amend"]).unwrap().has("amend"));
        assert!(!parse(&["-amend"]).unwrap().has("all"));
    }

    #[test]
    fn values_may_look_like_flags_and_dashes_end_flags() {
        let flags = parse(&["--author", "-x", "t", "--", "-a"]).unwrap();
        assert_eq!(flags.value("author"), Some("-x"));
        assert_eq!(flags.positional, ["t", "-a"]);
        assert_eq!(flags.before_dashes, Some(1));
        let flags = parse(&["main", "--not", "a,b", "c", "-a", "d"]).unwrap();
        assert_eq!(flags.list("not"), ["a", "b", "c"]);
        assert_eq!(flags.positional, ["main", "d"]);
    }

    #[test]
    fn errors_name_the_flag() {
        assert_eq!(parse(&["--bogus"]).unwrap_err().message(), "error: unknown option `bogus`");
        assert_eq!(parse(&["-ax"]).unwrap_err().message(), "error: unknown option `ax`");
        assert_eq!(parse(&["-m"]).unwrap_err().message(), "error: no value for option `message`");
        let error = parse(&["a", "b"]).unwrap().at_most("dolt_x", 1).unwrap_err();
        assert_eq!(
            error.message(),
            "error: dolt_x has too many positional arguments. Expected at most 1, found 2: ['a' 'b']"
        );
    }
}
