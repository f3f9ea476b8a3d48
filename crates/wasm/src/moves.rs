//! Moves of refs, told to the page.

use std::collections::BTreeSet;
use std::rc::Rc;

use js_sys::{Array, Object, Reflect};
use prollite::repo::{RefMap, Refs, Root, HEADS, TAGS, WORK};
use prollite::{Address, Result};
use wasm_bindgen::JsValue;

use super::shared::Core;

fn object(fields: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (key, value) in fields {
        // Setting a property of a fresh plain object cannot fail.
        let _ = Reflect::set(&object, &JsValue::from_str(key), value);
    }
    object.into()
}

fn shown(value: Option<&bytes::Bytes>) -> JsValue {
    value.map_or(JsValue::NULL, |value| match Address::from_slice(value) {
        Some(address) => address.to_string().into(),
        None => Address::of(value).to_string().into(),
    })
}

fn changed<'a>(old: &'a RefMap, new: &'a RefMap) -> BTreeSet<&'a String> {
    let gone = old.keys().filter(|name| !new.contains_key(*name));
    let set = new.iter().filter(|(name, value)| old.get(*name) != Some(value)).map(|(name, _)| name);
    gone.chain(set).collect()
}

/// `ref` events for branches and tags, and `change` events for branches whose rows may have changed.
pub fn tell(core: &Rc<Core>, old: RefMap, new: RefMap, local: bool) {
    if !core.listened.get() {
        return;
    }
    let mut branches: BTreeSet<String> = BTreeSet::new();
    for name in changed(&old, &new) {
        if let Some(branch) = name.strip_prefix(HEADS).or_else(|| name.strip_prefix(WORK)) {
            branches.insert(branch.to_string());
        }
        if let Some(short) = name.strip_prefix(HEADS).or_else(|| name.strip_prefix(TAGS)) {
            let detail = [("ref", short.into()), ("from", shown(old.get(name))), ("to", shown(new.get(name)))];
            core.host.event("ref", object(&detail));
        }
    }
    for branch in branches {
        let (core, old, new) = (core.clone(), old.clone(), new.clone());
        wasm_bindgen_futures::spawn_local(async move {
            // A branch that is gone, or chunks that are, change no table that could be named.
            let tables = core.complete_pinned(|| tables(&core, &old, &new, &branch)).await.unwrap_or_default();
            if tables.is_empty() {
                return;
            }
            let list: Array = tables.iter().map(|table| JsValue::from_str(table)).collect();
            let detail = [("ref", branch.as_str().into()), ("tables", list.into()), ("local", local.into())];
            core.host.event("change", object(&detail));
        });
    }
}

/// Tables of a branch's working set whose rows, schema or indexes differ.
fn tables(core: &Core, old: &RefMap, new: &RefMap, branch: &str) -> Result<Vec<String>> {
    let store = core.store();
    let entries = |refs: &RefMap| -> Result<Vec<prollite::repo::TableEntry>> {
        if refs.record(&format!("{HEADS}{branch}")).is_none() {
            return Ok(Vec::new());
        }
        let root = refs.working_set(&*store, branch)?.working;
        let chunk = store.get(&root)?;
        Ok(Root::entries_of(&chunk)?.0)
    };
    let (before, after) = (entries(old)?, entries(new)?);
    let names: BTreeSet<&str> = before.iter().chain(&after).map(|entry| entry.name.as_str()).collect();
    let find = |list: &[prollite::repo::TableEntry], name: &str| list.iter().find(|entry| entry.name == name).cloned();
    Ok(names.into_iter().filter(|name| find(&before, name) != find(&after, name)).map(str::to_string).collect())
}
