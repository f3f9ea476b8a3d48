//! The rows of json_each and json_tree.

use super::{find, read, Path, Step};
use crate::error::Result;
use crate::sql::eval::convert::to_text;
use crate::tuple::{unescape, Json, Value};

/// The last two are hidden: `*` does not show them.
pub const COLUMNS: &[&str] = &["key", "value", "type", "atom", "id", "parent", "fullkey", "path", "json", "root"];
pub const HIDDEN: usize = 2;

/// The children of what the path leads to (`tree`: it and all that is below it), depth first. Ids count from 0 in that
/// order. No rows for NULL, or where the path leads nowhere.
pub fn rows(json: &Value, root: Option<&Value>, tree: bool) -> Result<Vec<Vec<Value>>> {
    let root_text = match root {
        None => "$".into(),
        Some(root) => match to_text(root) {
            None => return Ok(Vec::new()),
            Some(text) => text,
        },
    };
    let path = Path::parse(&root_text)?;
    let Some(whole) = read(json)? else { return Ok(Vec::new()) };
    let Some(found) = find(&whole, &path) else { return Ok(Vec::new()) };
    let mut walk = Walk { tree, rows: Vec::new(), next: 0, tail: [json.clone(), Value::Text(root_text)] };
    if tree || !found.is_nested() {
        let (above, last) = match path.0.split_last() {
            Some((last, above)) if tree => (Path(above.to_vec()), Some(last.clone())),
            _ => (path.clone(), None),
        };
        let full = path.to_string();
        walk.visit(found, key_of(last.as_ref()), Value::Null, full, above.to_string());
    } else {
        walk.next = 1;
        walk.children(found, &path.to_string(), Value::Null);
    }
    Ok(walk.rows)
}

struct Walk { tree: bool, rows: Vec<Vec<Value>>, next: i64, tail: [Value; 2] }

fn key_of(step: Option<&Step>) -> Value {
    match step {
        Some(Step::Key(key)) => key.as_str().into(),
        Some(Step::Index(at)) => Value::Int(*at as i64),
        _ => Value::Null,
    }
}

impl Walk {
    fn visit(&mut self, json: &Json, key: Value, parent: Value, full: String, path: String) {
        let id = self.next;
        self.next += 1;
        let value = json.value();
        let atom = if json.is_nested() { Value::Null } else { value.clone() };
        let [text, root] = self.tail.clone();
        let row = [key, value, json.type_name().into(), atom, Value::Int(id), parent, full.as_str().into(), path.into(), text, root];
        self.rows.push(row.into());
        if self.tree {
            self.children(json, &full, Value::Int(id));
        } else if json.is_nested() {
            // Ids are those of json_tree.
            self.next += count(json) - 1;
        }
    }

    fn children(&mut self, json: &Json, full: &str, parent: Value) {
        let mut child = |step: Step, item: &Json| {
            self.visit(item, key_of(Some(&step)), parent.clone(), format!("{full}{step}"), full.to_string());
        };
        match json {
            Json::Array(items) => items.iter().enumerate().for_each(|(at, item)| child(Step::Index(at), item)),
            Json::Object(members) => members.iter().for_each(|(key, item)| child(Step::Key(unescape(key)), item)),
            _ => {}
        }
    }
}

fn count(json: &Json) -> i64 {
    match json {
        Json::Array(items) => 1 + items.iter().map(count).sum::<i64>(),
        Json::Object(members) => 1 + members.iter().map(|(_, item)| count(item)).sum::<i64>(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(root: &str, tree: bool) -> Vec<String> {
        let json = r#"{"a":[1,{"b":null}],"c d":"x"}"#;
        let rows = rows(&json.into(), Some(&root.into()), tree).unwrap();
        let cell = |value: &Value| to_text(value).map_or("-".to_string(), |text| text.to_string());
        rows.iter().map(|row| row[..8].iter().map(cell).collect::<Vec<_>>().join(" ")).collect()
    }

    #[test]
    fn rows_of_each_and_tree() {
        assert_eq!(shown("$", false), [r#"a [1,{"b":null}] array - 1 - $.a $"#, r#"c d x text x 5 - $."c d" $"#]);
        assert_eq!(shown("$.a", true), [
            r#"a [1,{"b":null}] array - 0 - $.a $"#,
            "0 1 integer 1 1 0 $.a[0] $.a",
            r#"1 {"b":null} object - 2 0 $.a[1] $.a"#,
            "b - null - 3 2 $.a[1].b $.a[1]",
        ]);
        assert_eq!(shown("$.a[0]", false), ["- 1 integer 1 0 - $.a[0] $.a[0]"]);
        assert!(shown("$.z", true).is_empty());
        assert!(rows(&Value::Null, None, true).unwrap().is_empty());
        assert!(rows(&"{".into(), None, true).is_err());
    }
}
