//! The small messages: JSON, so that a person can read them and any language can write them. Addresses are 64
//! hexadecimal digits.

use std::collections::BTreeMap;

use serde_json::{json, Map, Value as Json};

use super::refusal::invalid;
use crate::error::Result;
use crate::hash::Address;
use crate::repo::{check_name, HEADS, TAGS};

pub const MAX_WANTS: usize = 1_024;
pub const MAX_HAVES: usize = 256;
pub const MAX_GET: usize = 4_096;
pub const MAX_SHALLOW: usize = 4_096;
pub const MAX_LEVELS: u8 = 2;
pub const MAX_UPDATES: usize = 1_024;
const MAX_REFS: usize = 65_536;
const MAX_PACKS: usize = 16_384;

/// Names that travel: `heads/⟨branch⟩` and `tags/⟨tag⟩`, each by one grammar.
pub fn check_remote_ref(name: &str) -> Result<()> {
    let parts = [(HEADS, "branch"), (TAGS, "tag")];
    match parts.iter().find_map(|(prefix, kind)| Some((kind, name.strip_prefix(prefix)?))) {
        Some((kind, rest)) => check_name(kind, rest),
        None => Err(invalid(format!("ref {name} is neither heads/… nor tags/…"))),
    }
}

/// Whether a ref is meant by `pattern`: its name, or its beginning up to a last `*`.
pub fn matches(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |prefix| name.starts_with(prefix))
}

fn object(bytes: &[u8], what: &str) -> Result<Map<String, Json>> {
    match serde_json::from_slice(bytes) {
        Ok(Json::Object(object)) => Ok(object),
        Ok(_) => Err(invalid(format!("{what}: expected a JSON object"))),
        Err(error) => Err(invalid(format!("{what}: {error}"))),
    }
}

fn address(value: &Json, what: &str) -> Result<Address> {
    let found = value.as_str().and_then(Address::from_hex);
    found.ok_or_else(|| invalid(format!("{what}: expected an address of 64 hexadecimal digits, found {value}")))
}

fn list<'a>(object: &'a Map<String, Json>, key: &str, most: usize) -> Result<&'a [Json]> {
    match object.get(key) {
        None | Some(Json::Null) => Ok(&[]),
        Some(Json::Array(items)) if items.len() <= most => Ok(items),
        Some(Json::Array(items)) => Err(invalid(format!("{key}: {} items, at most {most} are allowed", items.len()))),
        Some(_) => Err(invalid(format!("{key}: expected a list"))),
    }
}

fn addresses(object: &Map<String, Json>, key: &str, most: usize) -> Result<Vec<Address>> {
    list(object, key, most)?.iter().map(|item| address(item, key)).collect()
}

fn hex_list(addresses: &[Address]) -> Json { addresses.iter().map(Address::hex).collect::<Vec<_>>().into() }

/// What `GET /refs` and a REFS frame tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RefList { pub generation: u64, pub refs: BTreeMap<String, Address> }

/// The packs that a static remote's `refs.json` lists.
pub fn read_packs(bytes: &[u8]) -> Result<Vec<Address>> { addresses(&object(bytes, "refs")?, "packs", MAX_PACKS) }

/// Where history ends after a fetch that cut it, as a REFS frame tells; `None`: the remote does not cut.
pub fn read_shallow(bytes: &[u8]) -> Result<Option<Vec<Address>>> {
    let object = object(bytes, "refs")?;
    if object.contains_key("shallow") { addresses(&object, "shallow", MAX_SHALLOW).map(Some) } else { Ok(None) }
}

pub fn add_shallow(refs: &mut Json, ends: &[Address]) { refs["shallow"] = hex_list(ends); }

impl RefList {
    pub fn to_json(&self) -> Json {
        let refs: Map<String, Json> = self.refs.iter().map(|(name, at)| (name.clone(), at.hex().into())).collect();
        json!({"gen": self.generation, "refs": refs})
    }

    pub fn parse(bytes: &[u8]) -> Result<RefList> {
        let object = object(bytes, "refs")?;
        let mut found = RefList { generation: object.get("gen").and_then(Json::as_u64).unwrap_or(0), ..RefList::default() };
        let Some(Json::Object(refs)) = object.get("refs") else { return Err(invalid("refs: no object of refs")) };
        if refs.len() > MAX_REFS {
            return Err(invalid(format!("{} refs, at most {MAX_REFS} are allowed", refs.len())));
        }
        for (name, at) in refs {
            check_remote_ref(name).map_err(|error| invalid(error.message()))?;
            found.refs.insert(name.clone(), address(at, name)?);
        }
        Ok(found)
    }
}

/// `POST /fetch`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FetchRequest {
    /// Refs by name or pattern.
    pub want: Vec<String>,
    /// Commits that are here with all they reach.
    pub have: Vec<Address>,
    /// No more haves will come: when none is known, everything is sent.
    pub done: bool,
    /// So many levels of history, counted from what is wanted.
    pub depth: Option<u64>,
    /// Commits here whose parents are not.
    pub shallow: Vec<Address>,
    pub commits_only: bool,
}

impl FetchRequest {
    pub fn to_json(&self) -> String {
        let mut message = json!({"want": self.want, "have": hex_list(&self.have), "done": self.done});
        if let Some(depth) = self.depth {
            message["depth"] = depth.into();
        }
        if !self.shallow.is_empty() {
            message["shallow"] = hex_list(&self.shallow);
        }
        if self.commits_only {
            message["filter"] = "commits".into();
        }
        message.to_string()
    }

    pub fn parse(bytes: &[u8]) -> Result<FetchRequest> {
        let object = object(bytes, "fetch")?;
        let mut want = Vec::new();
        for item in list(&object, "want", MAX_WANTS)? {
            let name = item.as_str().filter(|name| name.len() <= 300);
            want.push(name.ok_or_else(|| invalid("want: expected names of refs"))?.to_owned());
        }
        let depth = match object.get("depth") {
            None | Some(Json::Null) => None,
            Some(depth) => Some(depth.as_u64().filter(|depth| *depth > 0).ok_or_else(|| invalid("depth: expected 1 or more"))?),
        };
        let commits_only = match object.get("filter").and_then(Json::as_str) {
            None | Some("full") => false,
            Some("commits") => true,
            Some(other) => return Err(invalid(format!("filter: expected full or commits, found {other}"))),
        };
        Ok(FetchRequest {
            want,
            have: addresses(&object, "have", MAX_HAVES)?,
            done: object.get("done").and_then(Json::as_bool).unwrap_or(true),
            depth,
            shallow: addresses(&object, "shallow", MAX_SHALLOW)?,
            commits_only,
        })
    }
}

/// `POST /chunks/get`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GetRequest {
    pub addresses: Vec<Address>,
    /// 2: the children of each as well.
    pub levels: u8,
}

impl GetRequest {
    pub fn to_json(&self) -> String { json!({"addresses": hex_list(&self.addresses), "levels": self.levels}).to_string() }

    pub fn parse(bytes: &[u8]) -> Result<GetRequest> {
        let object = object(bytes, "chunks/get")?;
        let levels = object.get("levels").map_or(Some(1), Json::as_u64).and_then(|levels| u8::try_from(levels).ok());
        let levels = levels.filter(|levels| (1..=MAX_LEVELS).contains(levels));
        Ok(GetRequest {
            addresses: addresses(&object, "addresses", MAX_GET)?,
            levels: levels.ok_or_else(|| invalid(format!("levels: expected 1 to {MAX_LEVELS}")))?,
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Only to a descendant of what stands there.
    FastForward,
    /// To anything, if what stands there is `old`.
    Force,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    pub name: String,
    /// What stands there as far as the sender knows.
    pub old: Option<Address>,
    /// `None` removes it.
    pub new: Option<Address>,
    pub mode: Mode,
}

/// An UPDATES frame, and `POST /refs`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Updates {
    /// The same key is the same push: it is done once, however often it arrives.
    pub idem: String,
    pub updates: Vec<Update>,
    /// Packs that were put before and hold the new chunks.
    pub packs: Vec<Address>,
}

impl Updates {
    pub fn to_json(&self) -> String {
        let one = |update: &Update| {
            let mode = if update.mode == Mode::Force { "force" } else { "ff" };
            json!({
                "name": update.name,
                "old": update.old.map(|address| address.hex()),
                "new": update.new.map(|address| address.hex()),
                "mode": mode,
            })
        };
        let updates: Vec<Json> = self.updates.iter().map(one).collect();
        json!({"idem": self.idem, "updates": updates, "packs": hex_list(&self.packs)}).to_string()
    }

    pub fn parse(bytes: &[u8]) -> Result<Updates> {
        let object = object(bytes, "updates")?;
        let idem = object.get("idem").and_then(Json::as_str).unwrap_or_default();
        let is_plain = idem.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        if !(8..=128).contains(&idem.len()) || !is_plain {
            return Err(invalid("idem: expected 8 to 128 letters, digits, - or _"));
        }
        let mut found = Updates { idem: idem.into(), updates: Vec::new(), packs: addresses(&object, "packs", MAX_PACKS)? };
        for item in list(&object, "updates", MAX_UPDATES)? {
            let name = item.get("name").and_then(Json::as_str).unwrap_or_default();
            check_remote_ref(name).map_err(|error| invalid(error.message()))?;
            if found.updates.iter().any(|update| update.name == name) {
                return Err(invalid(format!("ref {name} is moved twice")));
            }
            let end = |key: &str| match item.get(key) {
                None | Some(Json::Null) => Ok(None),
                Some(value) => address(value, key).map(Some),
            };
            let mode = match item.get("mode").and_then(Json::as_str) {
                None | Some("ff") => Mode::FastForward,
                Some("force") => Mode::Force,
                Some(other) => return Err(invalid(format!("mode: expected ff or force, found {other}"))),
            };
            found.updates.push(Update { name: name.into(), old: end("old")?, new: end("new")?, mode });
        }
        if found.updates.is_empty() {
            return Err(invalid("updates: expected at least one"));
        }
        Ok(found)
    }
}
