//! `dolt_ignore`: names of new tables that are neither shown in the status nor staged by `-A` and `.`.

use crate::error::{Error, Result};
use crate::prolly::KeyRange;
use crate::repo::Root;
use crate::sql::Context;
use crate::tuple::Value;

use super::Projection;

/// The patterns of a root: `*` and `%` stand for any characters, `?` for one.
#[derive(Clone, Debug, Default)]
pub struct Ignore { patterns: Vec<(String, bool)> }

pub const TABLE: &str = "dolt_ignore";

impl Ignore {
    pub fn read(cx: &Context, root: &Root) -> Result<Self> {
        let Some(table) = root.table(TABLE) else { return Ok(Ignore::default()) };
        let projection = Projection::identity(&table.schema)?;
        let mut cursor = table.rows.cursor(&cx.store, KeyRange::all(), false);
        let mut patterns = Vec::new();
        while let Some((key, value)) = cursor.next()? {
            let (row, _) = projection.row(&*cx.store, &key, &value)?;
            if let [Value::Text(pattern), ignored, ..] = &row[..] {
                patterns.push((pattern.to_string(), matches!(ignored, Value::Int(1))));
            }
        }
        Ok(Ignore { patterns })
    }

    /// The most specific pattern decides; several that disagree are an error.
    pub fn ignores(&self, table: &str) -> Result<bool> {
        let matching: Vec<&(String, bool)> =
            self.patterns.iter().filter(|(pattern, _)| matches(pattern.as_bytes(), table.as_bytes())).collect();
        let specific = matching.iter().filter(|(pattern, _)| {
            !matching.iter().any(|(other, _)| other != pattern && matches(pattern.as_bytes(), other.as_bytes()))
        });
        let mut decided = None;
        for (pattern, ignored) in specific {
            match decided {
                Some((first, earlier)) if earlier != *ignored => {
                    return Err(Error::bad_argument(format!(
                        "dolt_ignore has conflicting patterns for table {table}: {first} and {pattern}"
                    )));
                }
                _ => decided = Some((pattern, *ignored)),
            }
        }
        Ok(decided.is_some_and(|(_, ignored)| ignored))
    }
}

fn matches(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*' | b'%', rest)) => (0..=text.len()).any(|at| matches(rest, &text[at..])),
        Some((b'?', rest)) => !text.is_empty() && matches(rest, &text[1..]),
        Some((byte, rest)) => {
            text.first().is_some_and(|first| first.eq_ignore_ascii_case(byte)) && matches(rest, &text[1..])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_specific_pattern_decides() {
        let ignore = Ignore {
            patterns: vec![("tmp_*".into(), true), ("tmp_keep".into(), false), ("a%".into(), true), ("%b".into(), false)],
        };
        assert!(ignore.ignores("tmp_1").unwrap());
        assert!(!ignore.ignores("tmp_keep").unwrap());
        assert!(!ignore.ignores("other").unwrap());
        assert!(ignore.ignores("ab").is_err());
    }
}
