//! `dolt_text_hunks(base, ours, theirs)`: the hunks of a three-way merge of texts, as the merge driver `text3` sees
//! them. Lines count from 1 and are joined by line feeds; NULL where a text has no line in a hunk.

use std::ops::Range;

use super::scan::{integer, rows, text, wrong_count, Scan};
use super::{BoundTable, SystemTable};
use crate::error::Result;
use crate::repo::TextMerge;
use crate::sql::eval::functions::texts;
use crate::sql::relation::Row;
use crate::sql::{Context, OutputColumn};
use crate::tuple::Value;

pub struct TextHunks;

impl SystemTable for TextHunks {
    fn bind(&self, _: &Context, name: &str, arguments: Option<&[Value]>) -> Result<Option<Box<dyn BoundTable>>> {
        if name != "dolt_text_hunks" {
            return Ok(None);
        }
        let given = arguments.unwrap_or_default();
        if given.len() != 3 {
            return Err(wrong_count(name, "3", given.len()));
        }
        let found = match texts(name, given)? {
            Some([base, ours, theirs]) => hunk_rows(&TextMerge::new(base, ours, theirs)),
            None => Vec::new(),
        };
        Scan::new(hunk_columns(), move |_, _| rows(found.clone())).bound()
    }
}

pub fn hunk_columns() -> Vec<OutputColumn> {
    let mut columns = vec![integer("hunk"), text("kind")];
    for side in ["base", "our", "their"] {
        columns.extend([integer(&format!("{side}_line")), integer(&format!("{side}_lines"))]);
    }
    columns.extend(["base_text", "our_text", "their_text"].map(text));
    columns
}

pub fn hunk_rows(merge: &TextMerge<'_>) -> Vec<Row> {
    let row = |(number, hunk): (usize, &crate::repo::TextHunk)| {
        let sides = [(&hunk.base, &merge.base), (&hunk.ours, &merge.ours), (&hunk.theirs, &merge.theirs)];
        let mut row = vec![Value::Int(number as i64 + 1), Value::from(hunk.kind.as_str())];
        for (range, _) in sides {
            row.extend([Value::Int(range.start as i64 + 1), Value::Int(range.len() as i64)]);
        }
        row.extend(sides.map(|(range, lines)| joined(lines, range)));
        row
    };
    merge.hunks.iter().enumerate().map(row).collect()
}

fn joined(lines: &[&str], range: &Range<usize>) -> Value {
    if range.is_empty() { Value::Null } else { Value::from(lines[range.clone()].join("\n")) }
}
