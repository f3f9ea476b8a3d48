//! Imports point down only: `sort < hash < error < chunk < prolly < tuple < repo < sync < sql < session`,
//! and GlueSQL is named in `src/sql/` alone.

use std::fs;
use std::path::{Path, PathBuf};

const LAYERS: [&str; 10] = ["sort", "hash", "error", "chunk", "prolly", "tuple", "repo", "sync", "sql", "session"];

/// The layer of a source file, by the first part of its path below `src/`; none for `lib.rs`.
fn layer_of(path: &Path) -> Option<&'static str> {
    let first = path.components().next()?.as_os_str().to_str()?;
    let name = first.strip_suffix(".rs").unwrap_or(first);
    LAYERS.into_iter().find(|layer| *layer == name)
}

/// A source line by line without its comments and the contents of its string literals.
/// Good enough for Rust as rustfmt leaves it; block comments and raw strings over several lines are kept.
fn code_lines(source: &str) -> impl Iterator<Item = (usize, String)> + '_ {
    source.lines().enumerate().map(|(number, line)| {
        let mut code = String::new();
        let mut in_string = false;
        let mut characters = line.chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '\\' if in_string => {
                    characters.next();
                }
                '"' => in_string = !in_string,
                '/' if !in_string && characters.peek() == Some(&'/') => break,
                _ if in_string => {}
                _ => code.push(character),
            }
        }
        (number + 1, code)
    })
}

/// The layers that a piece of code names after `crate::`, alone or in braces: `crate::{chunk, sql::Plan}`.
fn layers_named(code: &str) -> Vec<&'static str> {
    let mut named = Vec::new();
    for (start, _) in code.match_indices("crate::") {
        let rest = &code[start + "crate::".len()..];
        let heads: Vec<String> = match rest.strip_prefix('{') {
            Some(list) => top_level_items(list),
            None => vec![identifier(rest)],
        };
        named.extend(LAYERS.into_iter().filter(|layer| heads.iter().any(|head| head == layer)));
    }
    named
}

fn identifier(text: &str) -> String {
    text.trim_start().chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect()
}

/// The first identifier of each item of a brace list, nested lists left out.
fn top_level_items(list: &str) -> Vec<String> {
    let (mut depth, mut item, mut items) = (0_i32, String::new(), Vec::new());
    for character in list.chars() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => items.push(std::mem::take(&mut item)),
            _ if depth == 0 => item.push(character),
            _ => {}
        }
    }
    items.push(item);
    items.iter().map(|item| identifier(item)).collect()
}

/// What breaks the rules in one file, one line each.
fn violations(path: &Path, source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let own = layer_of(path);
    let rank = |layer: &str| LAYERS.iter().position(|other| *other == layer);
    let lines: Vec<(usize, String)> = code_lines(source).collect();
    // A brace list may run over lines: it is read as one, at the line where it begins.
    for (index, (number, line)) in lines.iter().enumerate() {
        let mut statement = line.clone();
        if line.contains("crate::{") {
            for (_, more) in &lines[index + 1..] {
                if statement.contains(';') {
                    break;
                }
                statement.push_str(more);
            }
        }
        if let Some(own) = own {
            for named in layers_named(&statement) {
                if rank(named) > rank(own) {
                    found.push(format!("src/{}:{number}: `{own}` imports `{named}`, which is above it", path.display()));
                }
            }
        }
        if own != Some("sql") && line.to_ascii_lowercase().contains("gluesql") {
            found.push(format!("src/{}:{number}: GlueSQL is named outside src/sql/", path.display()));
        }
    }
    found
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("src/ can be read") {
        let path = entry.expect("an entry of src/ can be read").path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn imports_point_down() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    files.sort();
    assert!(files.len() > 10, "only {} files were found", files.len());
    let found: Vec<String> = files
        .iter()
        .flat_map(|file| {
            let source = fs::read_to_string(file).expect("a source file is UTF-8");
            violations(file.strip_prefix(&src).expect("below src/"), &source)
        })
        .collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn the_check_sees_what_it_should() {
    let check = |path: &str, source: &str| violations(Path::new(path), source).len();
    assert_eq!(check("chunk/store.rs", "use crate::hash::Address;"), 0);
    assert_eq!(check("chunk/store.rs", "use crate::prolly::Map;"), 1);
    assert_eq!(check("hash.rs", "fn f() { crate::chunk::Chunk::new() }"), 1);
    assert_eq!(check("chunk/mod.rs", "use crate::{\n    error::Error,\n    repo::{Root, sql},\n};"), 1);
    assert_eq!(check("repo/mod.rs", "use crate::{chunk::{Chunk, sql}, prolly};"), 0);
    assert_eq!(check("tuple/row.rs", "// crate::sql is above"), 0);
    assert_eq!(check("tuple/row.rs", "let text = \"crate::sql::x // gluesql\";"), 0);
    assert_eq!(check("repo/mod.rs", "use gluesql::core::ast::Expr;"), 1);
    assert_eq!(check("sql/mod.rs", "use gluesql::core::ast::Expr;"), 0);
    assert_eq!(check("lib.rs", "pub use crate::session::Session;"), 0);
}
