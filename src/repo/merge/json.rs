//! The three-way merge of a JSON document: what the merge driver `json` does.

use serde_json::{Map, Value as Json};

/// The merged document, or `None` where both sides changed a value differently, or a text is no JSON. It matters not
/// which side is ours: a value that one side changed is as that side wrote it; members of an object that both sides
/// changed keep the base's order, and new ones follow by name.
pub fn merge_json(base: &str, ours: &str, theirs: &str) -> Option<String> {
    let texts = [base, ours, theirs];
    // A number that REAL cannot hold would come back as another.
    if texts.iter().any(|text| has_long_number(text)) {
        return None;
    }
    let parse = |text: &str| serde_json::from_str::<Json>(text).ok();
    let base = if base.is_empty() { None } else { Some(parse(base)?) };
    let (ours, theirs) = (parse(ours)?, parse(theirs)?);
    let merged = merge(base.as_ref(), Some(&ours), Some(&theirs)).ok()??;
    serde_json::to_string(&merged).ok()
}

struct Conflict;

/// `None` is a member that is not there.
fn merge(base: Option<&Json>, ours: Option<&Json>, theirs: Option<&Json>) -> Result<Option<Json>, Conflict> {
    if base == theirs {
        return Ok(ours.cloned());
    }
    if base == ours {
        return Ok(theirs.cloned());
    }
    if ours == theirs {
        // Equal values can have their members in another order: the text decides, not the side.
        return Ok(ours.into_iter().chain(theirs).min_by_key(|json| json.to_string()).cloned());
    }
    let (Some(Json::Object(ours)), Some(Json::Object(theirs))) = (ours, theirs) else { return Err(Conflict) };
    let none = Map::new();
    let base = match base {
        Some(Json::Object(base)) => base,
        None => &none,
        Some(_) => return Err(Conflict),
    };
    let mut added: Vec<&String> = ours.keys().chain(theirs.keys()).filter(|name| !base.contains_key(*name)).collect();
    added.sort();
    added.dedup();
    let mut merged = Map::new();
    for name in base.keys().chain(added) {
        if let Some(value) = merge(base.get(name), ours.get(name), theirs.get(name))? {
            merged.insert(name.clone(), value);
        }
    }
    Ok(Some(Json::Object(merged)))
}

/// Sixteen digits in a row, a point or an exponent among them, outside of strings.
fn has_long_number(text: &str) -> bool {
    let (mut digits, mut in_string, mut escaped) = (0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'0'..=b'9' => digits += 1,
            b'.' | b'e' | b'E' | b'+' | b'-' => {}
            _ => digits = 0,
        }
        if digits > 15 {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_merge_and_arrays_do_not() {
        let merged = |base, ours, theirs| merge_json(base, ours, theirs);
        let base = r#"{"a": 1, "b": {"c": [1], "d": 2}}"#;
        let ours = r#"{"a": 5, "b": {"c": [1], "d": 2}, "z": true}"#;
        let theirs = r#"{"b": {"d": 2, "c": [1, 2]}, "a": 1, "k": null}"#;
        let both = r#"{"a":5,"b":{"d":2,"c":[1,2]},"k":null,"z":true}"#;
        assert_eq!(merged(base, ours, theirs).as_deref(), Some(both));
        assert_eq!(merged(base, theirs, ours).as_deref(), Some(both));
        assert_eq!(merged(r#"{"a":1}"#, r#"{}"#, r#"{"a":1,"b":2}"#).as_deref(), Some(r#"{"b":2}"#));
        assert_eq!(merged(r#"{"a":1}"#, r#"{}"#, r#"{"a":2}"#), None);
        let (one, other) = (r#"{"a":{"x":1,"y":2}}"#, r#"{"a":{"y":2,"x":1}}"#);
        assert_eq!(merged("{}", one, other).as_deref(), Some(one));
        assert_eq!(merged("{}", other, one).as_deref(), Some(one));
        assert_eq!(merged("[1]", "[1,2]", "[1,3]"), None);
        assert_eq!(merged("", r#"{"a":1}"#, r#"{"b":2}"#).as_deref(), Some(r#"{"a":1,"b":2}"#));
        assert_eq!(merged("{}", "{", "{}"), None);
        assert_eq!(merged("{}", r#"{"a":12345678901234567890}"#, r#"{"b":1}"#), None);
        assert_eq!(merged("{}", r#"{"a":"12345678901234567890"}"#, r#"{"b":1}"#).as_deref(), Some(r#"{"a":"12345678901234567890","b":1}"#));
    }
}
