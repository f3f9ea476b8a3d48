//! `dolt_merge_text(base, ours, theirs [, choices])`: a three-way merge of texts, line by line, as the merge driver
//! `text3` does it. NULL while a conflict is undecided; `dolt_text_hunks` shows the hunks.

use super::{pure, Function};
use crate::error::{Error, Result};
use crate::repo::{Choice, HunkKind, TextMerge};
use crate::tuple::Value;

pub const LIST: &[Function] = &[pure("dolt_merge_text", 3, 4, merge_text)];

fn merge_text(arguments: &[Value]) -> Result<Value> {
    let Some([base, ours, theirs]) = texts("dolt_merge_text", arguments)? else { return Ok(Value::Null) };
    let choices = match arguments.get(3) {
        None | Some(Value::Null) => Choices::default(),
        Some(Value::Text(choices)) => Choices::parse(choices)?,
        Some(other) => return Err(refuse(&crate::sql::procedure::flags::word(other)?)),
    };
    let merge = TextMerge::new(base, ours, theirs);
    if let Some((number, _)) = choices.hunks.iter().find(|(number, _)| *number > merge.hunks.len()) {
        let text = format!("dolt_merge_text: there is no hunk {number}: these texts have {}", merge.hunks.len());
        return Err(Error::bad_argument(text));
    }
    let merged = merge.merged(|number, hunk| {
        let chosen = choices.hunks.iter().rev().find(|(wanted, _)| *wanted == number + 1).map(|(_, choice)| *choice);
        chosen.or(choices.conflicts.filter(|_| hunk.kind == HunkKind::Conflict))
    });
    Ok(merged.map_or(Value::Null, Value::from))
}

/// The three texts; a base of NULL is empty. `None` where a side is NULL.
pub fn texts<'a>(function: &str, arguments: &'a [Value]) -> Result<Option<[&'a str; 3]>> {
    let mut found = [""; 3];
    for (place, (text, argument)) in found.iter_mut().zip(arguments).enumerate() {
        match argument {
            Value::Text(given) => *text = given,
            Value::Null if place == 0 => {}
            Value::Null => return Ok(None),
            other => {
                let name = ["base", "ours", "theirs"][place];
                return Err(Error::bad_argument(format!("{function}: {name} is {}, expected text", other.class())));
            }
        }
    }
    Ok(Some(found))
}

/// `ours`, `theirs`, `base` or `both` for all conflicts, `2=theirs` for one hunk, by its number; separated by commas.
#[derive(Default)]
struct Choices { conflicts: Option<Choice>, hunks: Vec<(usize, Choice)> }

impl Choices {
    fn parse(text: &str) -> Result<Choices> {
        let mut choices = Choices::default();
        for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            match word.split_once('=') {
                None => choices.conflicts = Some(Choice::parse(word).ok_or_else(|| refuse(word))?),
                Some((number, side)) => {
                    let number = number.trim().parse::<usize>().ok().filter(|number| *number > 0);
                    let both = number.zip(Choice::parse(side.trim()));
                    choices.hunks.push(both.ok_or_else(|| refuse(word))?);
                }
            }
        }
        Ok(choices)
    }
}

fn refuse(word: &str) -> Error {
    Error::bad_argument(format!("dolt_merge_text: `{word}` is no choice: expected base, ours, theirs, both, or 2=theirs"))
}
