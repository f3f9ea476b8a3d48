//! Statements by text, least recently used ones dropped.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::Hash;
use std::rc::Rc;

/// A small map that forgets what was not asked for lately: when `2 × keep` entries are there, those
/// that were not touched since the last sweep go.
pub struct Cache<K, V> { keep: usize, entries: RefCell<Entries<K, V>> }

struct Entries<K, V> { clock: u64, map: HashMap<K, (u64, V)> }

impl<K: Hash + Eq + Clone, V: Clone> Cache<K, V> {
    pub fn new(keep: usize) -> Self { Cache { keep, entries: RefCell::new(Entries { clock: 0, map: HashMap::new() }) } }

    pub fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<V>
    where
        K: std::borrow::Borrow<Q>,
    {
        let mut entries = self.entries.borrow_mut();
        entries.clock += 1;
        let clock = entries.clock;
        let (used, value) = entries.map.get_mut(key)?;
        *used = clock;
        Some(value.clone())
    }

    pub fn put(&self, key: K, value: V) {
        let mut entries = self.entries.borrow_mut();
        entries.clock += 1;
        let clock = entries.clock;
        entries.map.insert(key, (clock, value));
        if entries.map.len() >= 2 * self.keep {
            let mut used: Vec<u64> = entries.map.values().map(|(used, _)| *used).collect();
            used.sort_unstable();
            let oldest = used[used.len() - self.keep];
            entries.map.retain(|_, (used, _)| *used >= oldest);
        }
    }
}

thread_local! {
    static STATEMENTS: Cache<Rc<str>, Rc<[super::Parsed]>> = Cache::new(256);
    static EXPRESSIONS: Cache<Rc<str>, Rc<gluesql::core::sqlparser::ast::Expr>> = Cache::new(256);
}

/// Longer texts (an import's INSERT) are not worth keeping.
const LONGEST: usize = 16 << 10;

pub fn statements(text: &str) -> Option<Rc<[super::Parsed]>> {
    if text.len() > LONGEST { None } else { STATEMENTS.with(|cache| cache.get(text)) }
}

pub fn keep_statements(text: &str, statements: &Rc<[super::Parsed]>) {
    if text.len() <= LONGEST {
        STATEMENTS.with(|cache| cache.put(text.into(), statements.clone()));
    }
}

pub fn expression(text: &str) -> Option<Rc<gluesql::core::sqlparser::ast::Expr>> {
    EXPRESSIONS.with(|cache| cache.get(text))
}

pub fn keep_expression(text: &str, expression: &Rc<gluesql::core::sqlparser::ast::Expr>) {
    EXPRESSIONS.with(|cache| cache.put(text.into(), expression.clone()));
}
