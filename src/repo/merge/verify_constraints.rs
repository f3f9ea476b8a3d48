//! The verb that looks for rows which break constraints, outside of a merge.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::super::stage::table_not_found;
use super::super::working_set::{MergeState, Operation};
use super::super::{fold, Change, Roots, TableId};
use super::constraints::{ConstraintCheck, Violations};
use super::RowCheck;
use crate::error::Result;
use crate::prolly::{KeyRange, Map};

impl Change<'_> {
    /// Rows of the working root that break a constraint: those that differ from HEAD, or `all`. Of the tables that are
    /// named, or of every one. Unless `output_only`, they are remembered beside what is known already.
    pub fn verify_constraints(
        &mut self,
        branch: &str,
        tables: &[&str],
        all: bool,
        output_only: bool,
        check: &Rc<dyn RowCheck>,
    ) -> Result<u64> {
        let mut roots = self.roots(branch)?;
        for name in tables {
            roots.working.table(name).ok_or_else(|| table_not_found(name))?;
        }
        // A child's violation may come from its parent's rows: every table is looked at, whichever are named.
        let mut found = Violations::default();
        let ids: BTreeSet<TableId> = roots.working.tables.values().chain(roots.head.tables.values()).map(|t| t.schema.id).collect();
        for id in ids {
            let side = if all { None } else { roots.head.table_by_id(id) };
            let now = roots.working.table_by_id(id);
            if side != now {
                ConstraintCheck::new(self.store, check.clone(), &roots.working, side, now)?.run(&roots.working, &mut found)?;
            }
        }
        let mut found = found.finish(self.store)?;
        let named: Vec<String> = tables.iter().map(|name| fold(name)).collect();
        found.retain(|table, _| named.is_empty() || named.contains(table));
        let mut count = 0;
        for map in found.values() {
            count += map.len(self.chunks())?;
        }
        if count > 0 && !output_only {
            self.remember(branch, &mut roots, found)?;
        }
        Ok(count)
    }

    fn remember(&mut self, branch: &str, roots: &mut Roots, found: BTreeMap<String, Map>) -> Result<()> {
        let before = &roots.working_set;
        let mut state = match before.merge.clone() {
            Some(merge) => merge,
            None => MergeState::violations_alone(roots.commit, before.working, before.staged),
        };
        for (table, new) in found {
            let mut cursor = new.cursor(self.store, KeyRange::all(), false);
            let mut entries = Vec::new();
            while let Some((key, value)) = cursor.next()? {
                entries.push((key, Some(value)));
            }
            let known = state.violations.get(&table).copied().unwrap_or_default();
            state.violations.insert(table, known.apply(&**self.store, &mut entries.into_iter())?);
        }
        roots.working_set.merge = Some(state);
        self.set_working_set(branch, &roots.working_set)
    }
}

impl MergeState {
    /// No merge: only what breaks a constraint.
    pub(crate) fn violations_alone(head: crate::Address, working: crate::Address, staged: crate::Address) -> MergeState {
        MergeState {
            operation: Operation::Verify,
            source: "".into(),
            source_commit: head,
            base_commit: head,
            before_working: working,
            before_staged: staged,
            message: "".into(),
            conflicts: BTreeMap::new(),
            schema_conflicts: Vec::new(),
            violations: BTreeMap::new(),
        }
    }
}
