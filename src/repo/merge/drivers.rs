//! Merge drivers: what becomes of a cell that both sides changed, by column. They are rows of the versioned table
//! `dolt_merge_drivers`, so that every merge on every client uses the same ones.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::super::{fold, Root, RowCodec, Schema};
use super::json::merge_json;
use super::text::TextMerge;
use crate::chunk::Store;
use crate::error::{Error, Result};
use crate::prolly::KeyRange;
use crate::tuple::Value;

/// The table that names drivers: `table_name, column_name, driver`.
pub const DRIVERS_TABLE: &str = "dolt_merge_drivers";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Driver {
    /// A text, line by line: only overlapping lines conflict.
    Text3,
    /// A JSON document, member by member; an array is one value.
    Json,
    Max,
    Min,
    Ours,
    Theirs,
}

impl Driver {
    pub const NAMES: &'static [&'static str] = &["text3", "json", "max", "min", "ours", "theirs"];

    pub fn parse(name: &str) -> Option<Driver> {
        Some(match fold(name).as_str() {
            "text3" => Driver::Text3,
            "json" => Driver::Json,
            "max" => Driver::Max,
            "min" => Driver::Min,
            "ours" => Driver::Ours,
            "theirs" => Driver::Theirs,
            _ => return None,
        })
    }

    /// What both changes make together; `None`: they conflict. All but `ours` and `theirs` answer the same whichever
    /// side is ours.
    pub fn merge(self, base: &Value, ours: &Value, theirs: &Value) -> Option<Value> {
        match self {
            Driver::Ours => Some(ours.clone()),
            Driver::Theirs => Some(theirs.clone()),
            Driver::Max | Driver::Min => {
                // NULL is no bound: what is there wins.
                let order = match (ours.is_null(), theirs.is_null()) {
                    (true, _) => return Some(theirs.clone()),
                    (_, true) => return Some(ours.clone()),
                    _ => ours.compare(theirs, false),
                };
                match (self, order) {
                    (_, Ordering::Equal) => None,
                    (Driver::Max, Ordering::Greater) | (Driver::Min, Ordering::Less) => Some(ours.clone()),
                    _ => Some(theirs.clone()),
                }
            }
            Driver::Text3 | Driver::Json => {
                let base = match base {
                    Value::Null => "",
                    Value::Text(base) => base,
                    _ => return None,
                };
                let (Value::Text(ours), Value::Text(theirs)) = (ours, theirs) else { return None };
                let merged = match self {
                    Driver::Text3 => TextMerge::new(base, ours, theirs).merged(|_, _| None),
                    _ => merge_json(base, ours, theirs),
                };
                merged.map(Value::from)
            }
        }
    }
}

/// Names of drivers by folded names of table and column.
#[derive(Clone, Debug, Default)]
pub struct Drivers { columns: Names }

type Names = BTreeMap<(String, String), String>;

impl Drivers {
    /// What a merge of these roots goes by: the drivers that the merged table will hold. Where both sides name
    /// different ones for a column, there is none until that conflict is resolved.
    pub fn merge(store: &Store, base: &Root, ours: &Root, theirs: &Root) -> Result<Drivers> {
        let [base, ours, theirs] = [read(store, base)?, read(store, ours)?, read(store, theirs)?];
        let keys: BTreeSet<&(String, String)> = ours.keys().chain(theirs.keys()).collect();
        let mut columns = Names::new();
        for key in keys {
            let [base, ours, theirs] = [base.get(key), ours.get(key), theirs.get(key)];
            let picked = if ours == theirs || base == theirs {
                ours
            } else if base == ours {
                theirs
            } else {
                None
            };
            if let Some(driver) = picked {
                columns.insert(key.clone(), driver.clone());
            }
        }
        Ok(Drivers { columns })
    }

    /// Of each column of a table. A driver that is not known here must not be passed over: others merge by it.
    pub fn of_columns(&self, schema: &Schema) -> Result<Vec<Option<Driver>>> {
        if self.columns.is_empty() {
            return Ok(vec![None; schema.columns.len()]);
        }
        let driver = |column: &super::super::Column| {
            let Some(name) = self.columns.get(&(fold(&schema.name), fold(&column.name))) else { return Ok(None) };
            let known = Driver::parse(name).ok_or_else(|| {
                let text = format!("{DRIVERS_TABLE}: unknown driver {name} of {}.{}", schema.name, column.name);
                Error::unsupported(format!("{text}; known are {}", Driver::NAMES.join(", ")))
            });
            known.map(Some)
        };
        schema.columns.iter().map(driver).collect()
    }
}

fn read(store: &Store, root: &Root) -> Result<Names> {
    let mut names = Names::new();
    let Some(table) = root.table(DRIVERS_TABLE) else { return Ok(names) };
    let columns = ["table_name", "column_name", "driver"].map(|name| table.schema.column(name));
    let [Some(table_name), Some(column_name), Some(driver)] = columns else { return Ok(names) };
    let codec = RowCodec::new(&table.schema)?;
    let mut cursor = table.rows.cursor(store, KeyRange::all(), false);
    while let Some((key, row)) = cursor.next()? {
        let values = codec.decode(&**store, &key, &row)?;
        let text = |at: usize| match values.get(at) {
            Some(Value::Text(text)) => text.to_string(),
            _ => String::new(),
        };
        names.insert((fold(&text(table_name)), fold(&text(column_name))), text(driver));
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_and_sides() {
        let [one, two, null] = [Value::Int(1), Value::Int(2), Value::Null];
        assert_eq!(Driver::Max.merge(&null, &one, &two), Some(two.clone()));
        assert_eq!(Driver::Min.merge(&null, &one, &two), Some(one.clone()));
        assert_eq!(Driver::Min.merge(&one, &null, &two), Some(two.clone()));
        assert_eq!(Driver::Ours.merge(&null, &one, &two), Some(one.clone()));
        assert_eq!(Driver::Theirs.merge(&null, &one, &two), Some(two));
        // 1 and 1.0 are equal and not the same: neither side may win.
        assert_eq!(Driver::Max.merge(&null, &one, &Value::Real(1.0)), None);
    }

    #[test]
    fn texts() {
        let text = Value::from;
        assert_eq!(Driver::Text3.merge(&text("a\nb"), &text("A\nb"), &text("a\nB")), Some(text("A\nB")));
        assert_eq!(Driver::Text3.merge(&text("a"), &text("b"), &text("c")), None);
        assert_eq!(Driver::Text3.merge(&text("a"), &Value::Null, &text("c")), None);
    }
}
