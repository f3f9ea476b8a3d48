//! A branch's working set: the working and the staged root, and a merge on its way. It is the value of the
//! record `work/⟨branch⟩`; where there is none, both roots are the head's and nothing is on its way.

use std::collections::BTreeMap;
use std::rc::Rc;

use bytes::Bytes;

use super::wire::{Reader, Writer};
use crate::error::{Code, Error, Result};
use crate::hash::Address;
use crate::prolly::Map;

#[derive(Clone, Debug, PartialEq)]
pub struct WorkingSet { pub working: Address, pub staged: Address, pub merge: Option<MergeState> }

/// What is on its way, and what `--continue` makes of it. `Verify` is none: it only holds violations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Operation { Merge = 0, CherryPick = 1, Revert = 2, Rebase = 3, Squash = 4, Verify = 5 }

impl Operation {
    /// The word of the reflog.
    pub fn as_str(self) -> &'static str {
        match self {
            Operation::Merge => "merge",
            Operation::CherryPick => "cherry-pick",
            Operation::Revert => "revert",
            Operation::Rebase => "rebase",
            Operation::Squash => "squash",
            Operation::Verify => "verify",
        }
    }
}

/// A merge that waits: for conflicts to be resolved, or for its commit (`--no-commit`).
#[derive(Clone, Debug, PartialEq)]
pub struct MergeState {
    pub operation: Operation,
    /// As the user named it.
    pub source: Rc<str>,
    pub source_commit: Address,
    /// Common ancestor that the merge started from.
    pub base_commit: Address,
    /// What `--abort` brings back.
    pub before_working: Address,
    pub before_staged: Address,
    /// Of the commit to come.
    pub message: Rc<str>,
    /// By folded table name: row key to `Conflict`.
    pub conflicts: BTreeMap<String, Map>,
    pub schema_conflicts: Vec<SchemaConflict>,
    /// By folded table name: see `merge::Violation`.
    pub violations: BTreeMap<String, Map>,
}

/// What the three schemas of a table could not be merged into. Ours stays in the working root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaConflict {
    pub table: Rc<str>,
    /// Schema chunks.
    pub base: Option<Address>,
    pub ours: Option<Address>,
    pub theirs: Option<Address>,
    pub description: Rc<str>,
}

impl MergeState {
    pub fn has_conflicts(&self) -> bool { !self.conflicts.is_empty() || !self.schema_conflicts.is_empty() }
    pub fn is_settled(&self) -> bool { !self.has_conflicts() && self.violations.is_empty() }
}

const VERSION: u8 = 1;

impl WorkingSet {
    pub fn clean(root: Address) -> Self { WorkingSet { working: root, staged: root, merge: None } }

    pub fn encode(&self) -> Bytes {
        let mut w = Writer::default();
        w.u8(VERSION);
        w.address(&self.working);
        w.address(&self.staged);
        w.option(self.merge.as_ref(), |w, merge| {
            w.u8(merge.operation as u8);
            w.str(&merge.source);
            for address in [&merge.source_commit, &merge.base_commit, &merge.before_working, &merge.before_staged] {
                w.address(address);
            }
            w.str(&merge.message);
            write_maps(w, &merge.conflicts);
            w.count(merge.schema_conflicts.len());
            for conflict in &merge.schema_conflicts {
                w.str(&conflict.table);
                for schema in [&conflict.base, &conflict.ours, &conflict.theirs] {
                    w.option(schema.as_ref(), Writer::address);
                }
                w.str(&conflict.description);
            }
            write_maps(w, &merge.violations);
        });
        w.0.into()
    }

    pub fn decode(bytes: &[u8]) -> Result<WorkingSet> {
        let mut r = Reader::new(bytes, "working set");
        match r.u8()? {
            VERSION => {}
            version if version > VERSION => {
                return Err(Error::new(Code::FormatNewer, format!("working set has format version {version}")));
            }
            version => return Err(r.wrong(&format!("format version {version}"))),
        }
        let (working, staged) = (r.address()?, r.address()?);
        let merge = r.option(|r| {
            use Operation::{CherryPick, Merge, Rebase, Revert, Squash, Verify};
            let operations = [Merge, CherryPick, Revert, Rebase, Squash, Verify];
            let byte = r.u8()?;
            let operation = operations.into_iter().find(|operation| *operation as u8 == byte);
            Ok(MergeState {
                operation: operation.ok_or_else(|| r.wrong(&format!("unknown operation {byte}")))?,
                source: r.str()?.into(),
                source_commit: r.address()?,
                base_commit: r.address()?,
                before_working: r.address()?,
                before_staged: r.address()?,
                message: r.str()?.into(),
                conflicts: read_maps(r)?,
                schema_conflicts: r.list(|r| {
                    Ok(SchemaConflict {
                        table: r.str()?.into(),
                        base: r.option(|r| r.address())?,
                        ours: r.option(|r| r.address())?,
                        theirs: r.option(|r| r.address())?,
                        description: r.str()?.into(),
                    })
                })?,
                violations: read_maps(r)?,
            })
        })?;
        r.end()?;
        Ok(WorkingSet { working, staged, merge })
    }
}

fn write_maps(w: &mut Writer, maps: &BTreeMap<String, Map>) {
    w.count(maps.len());
    for (name, map) in maps {
        w.str(name);
        w.address(&map.root());
    }
}

fn read_maps(r: &mut Reader<'_>) -> Result<BTreeMap<String, Map>> {
    Ok(r.list(|r| Ok((r.str()?.to_owned(), Map::from_root(r.address()?))))?.into_iter().collect())
}
