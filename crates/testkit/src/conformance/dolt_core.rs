//! Which assertions of Dolt's scripts count as tests of merge, diff, conflicts, log and history.

use serde_json::Value as Json;

/// Files that hold nothing else.
const FILES: [&str; 3] = ["dolt_queries_merge.go", "dolt_queries_schema_merge.go", "dolt_queries_diff.go"];

/// Parts of the names of groups of scripts in other files.
const GROUPS: [&str; 4] = ["Conflict", "Diff", "History", "Log"];

/// What the SQL of any other assertion calls or reads, by how its name begins.
const NAMES: [&str; 13] = [
    "dolt_blame", "dolt_column_diff", "dolt_commit_ancestors", "dolt_commit_diff", "dolt_commits", "dolt_conflicts",
    "dolt_diff", "dolt_history", "dolt_log", "dolt_merge", "dolt_patch", "dolt_preview_merge", "dolt_query_diff",
];
const SCHEMA_NAMES: [&str; 2] = ["dolt_schema_conflicts", "dolt_schema_diff"];

/// The rule, for the document.
pub fn rule() -> String {
    let ticks = |names: &[&str]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    format!(
        "those of {}, of the groups whose names hold {}, and every other one whose SQL names something that begins with {}, {}",
        ticks(&FILES), ticks(&GROUPS), ticks(&NAMES), ticks(&SCHEMA_NAMES)
    )
}

pub fn is_core(script: &Json, assertion: &Json) -> bool {
    let text = |key: &str| script[key].as_str().unwrap_or_default();
    let file = text("file").rsplit('/').next().unwrap_or_default();
    if FILES.contains(&file) || GROUPS.iter().any(|part| text("group").contains(part)) {
        return true;
    }
    let sql = assertion["query"].as_str().unwrap_or_default().to_ascii_lowercase();
    NAMES.iter().chain(&SCHEMA_NAMES).any(|name| sql.contains(name))
}

/// How many assertions of a file of scripts those are.
pub fn count(scripts: &str) -> usize {
    let scripts: Vec<Json> = serde_json::from_str(scripts).unwrap_or_default();
    let of = |script: &Json| -> usize {
        let assertions = script["assertions"].as_array();
        assertions.map_or(0, |list| list.iter().filter(|assertion| is_core(script, assertion)).count())
    };
    scripts.iter().map(of).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn by_file_group_and_sql() {
        let script = |file: &str, group: &str| json!({"file": format!("a/{file}"), "group": group});
        let sql = |query: &str| json!({"query": query});
        assert!(is_core(&script("dolt_queries_merge.go", "x"), &sql("select 1")));
        assert!(is_core(&script("dolt_queries.go", "LogTableFunctionScriptTests"), &sql("select 1")));
        assert!(is_core(&script("dolt_queries.go", "x"), &sql("CALL DOLT_MERGE('b')")));
        assert!(!is_core(&script("dolt_queries.go", "x"), &sql("CALL dolt_branch('b')")));
        assert!(!is_core(&script("dolt_queries.go", "x"), &json!({"query": {"$go": "q"}})));
        let two = r#"[{"file": "x", "group": "y", "assertions": [{"query": "select * from dolt_log"}, {"query": "select 1"}]}]"#;
        assert_eq!(count(two), 1);
    }
}
