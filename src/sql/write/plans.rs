//! What statements compiled, kept beside the workspace whose schemas it was compiled for.

use std::cell::RefCell;
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
    /// The one asked for last: a batch asks for it again with the very same text, which need not be hashed.
    last: RefCell<Option<(Rc<str>, usize, Rc<InsertPlan>)>>,
}

impl Plans {
    pub fn target(&self, folded: &str) -> Option<Rc<Target>> { self.targets.get(folded).cloned() }
    pub fn keep_target(&mut self, folded: &str, target: Rc<Target>) { self.targets.insert(folded.to_string(), target); }

    pub fn insert(&self, text: &Rc<str>, start: usize) -> Option<Rc<InsertPlan>> {
        if text.len() > LONGEST {
            return None;
        }
        if let Some((last, at, plan)) = &*self.last.borrow() {
            if Rc::ptr_eq(last, text) && *at == start {
                return Some(plan.clone());
            }
        }
        let plan = self.inserts.get(&(text.clone(), start)).cloned()?;
        *self.last.borrow_mut() = Some((text.clone(), start, plan.clone()));
        Some(plan)
    }
    pub fn keep_insert(&mut self, text: &Rc<str>, start: usize, plan: Rc<InsertPlan>) {
        if text.len() > LONGEST {
            return;
        }
        if self.inserts.len() >= KEPT {
            self.inserts.clear();
        }
        self.inserts.insert((text.clone(), start), plan);
        self.last.take();
    }

    /// A schema changed: nothing that was compiled can be trusted, foreign keys reach into other tables.
    pub fn clear(&mut self) {
        self.targets.clear();
        self.inserts.clear();
        self.last.take();
    }
}
