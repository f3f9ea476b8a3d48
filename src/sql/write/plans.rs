//! What statements compiled, kept beside the workspace whose schemas it was compiled for.

use std::collections::HashMap;
use std::rc::Rc;

use super::insert::InsertPlan;
use super::Target;

/// Statements kept. Tuning: a page that runs more different ones compiles some again.
const KEPT: usize = 256;
/// Longer texts come once.
const LONGEST: usize = 4096;

#[derive(Default)]
pub struct Plans {
    targets: HashMap<String, Rc<Target>>,
    /// By the script's text and where the statement stands in it.
    inserts: HashMap<(Rc<str>, usize), Rc<InsertPlan>>,
}

impl Plans {
    pub fn target(&self, folded: &str) -> Option<Rc<Target>> { self.targets.get(folded).cloned() }
    pub fn keep_target(&mut self, folded: &str, target: Rc<Target>) { self.targets.insert(folded.to_string(), target); }

    pub fn insert(&self, text: &Rc<str>, start: usize) -> Option<Rc<InsertPlan>> {
        if text.len() > LONGEST {
            return None;
        }
        self.inserts.get(&(text.clone(), start)).cloned()
    }
    pub fn keep_insert(&mut self, text: &Rc<str>, start: usize, plan: Rc<InsertPlan>) {
        if text.len() > LONGEST {
            return;
        }
        if self.inserts.len() >= KEPT {
            self.inserts.clear();
        }
        self.inserts.insert((text.clone(), start), plan);
    }

    /// A schema changed: nothing that was compiled can be trusted, foreign keys reach into other tables.
    pub fn clear(&mut self) {
        self.targets.clear();
        self.inserts.clear();
    }
}
