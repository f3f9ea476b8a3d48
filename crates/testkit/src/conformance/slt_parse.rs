//! Reads the sqllogictest format: SQLite's own, and the additions of its other users that our tests need
//! (`connection`, `statement count`, an expected error's pattern, rows written on one line).

/// A name that `skipif` and `onlyif` may mean us by.
const OUR_NAMES: [&str; 2] = ["sqlite", "prollite"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortMode {
    No,
    Row,
    Value,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// A statement that succeeds; with a number, it changes so many rows.
    Ok(Option<u64>),
    /// A statement or query that fails; with a pattern, its message matches.
    Error(Option<String>),
    Rows { types: Vec<char>, sort: SortMode, label: Option<String>, result: ExpectedRows },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpectedRows {
    Lines(Vec<String>),
    Hash { values: usize, md5: String },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Where it begins, from 1.
    pub line: usize,
    /// The session that it runs on; the default one without a name.
    pub connection: Option<String>,
    pub sql: String,
    pub expected: Expected,
}

/// The records of a file that are meant for us, in order, up to a `halt`.
pub fn parse(text: &str) -> Result<Vec<Record>, String> {
    let mut lines = text.lines().map(|line| line.strip_suffix('\r').unwrap_or(line)).enumerate().peekable();
    let mut records = Vec::new();
    let mut ours = true;
    let mut connection: Option<String> = None;
    let mut default_sort = SortMode::No;
    while let Some((index, line)) = lines.next() {
        let number = index + 1;
        let words: Vec<&str> = line.split('#').next().unwrap_or("").split_whitespace().collect();
        // A pattern of an expected error may hold a '#'.
        let whole: Vec<&str> = line.split_whitespace().collect();
        let Some(first) = words.first() else { continue };
        let mut body = |until_results: bool| -> (String, bool) {
            let (mut sql, mut results) = (Vec::new(), false);
            while let Some((_, line)) = lines.next_if(|(_, line)| !line.trim().is_empty()) {
                if until_results && line.trim() == "----" {
                    results = true;
                    break;
                }
                sql.push(line);
            }
            (sql.join("\n"), results)
        };
        let parsed = match (*first, words.get(1).copied()) {
            ("skipif", Some(name)) => {
                ours &= !OUR_NAMES.contains(&name.to_ascii_lowercase().as_str());
                continue;
            }
            ("onlyif", Some(name)) => {
                ours &= OUR_NAMES.contains(&name.to_ascii_lowercase().as_str());
                continue;
            }
            ("connection", Some(name)) => {
                connection = (name != "default").then(|| name.to_owned());
                continue;
            }
            ("hash-threshold" | "subtest" | "sleep", _) => {
                (ours, connection) = (true, None);
                continue;
            }
            ("control", Some("sortmode")) => {
                default_sort = words.get(2).and_then(|word| sort_mode(word)).ok_or(format!("line {number}: unknown sort mode"))?;
                continue;
            }
            ("control", _) => continue,
            ("halt", _) => {
                if ours {
                    break;
                }
                (ours, connection) = (true, None);
                continue;
            }
            ("statement", Some("ok")) => (body(true).0, Expected::Ok(None)),
            ("statement", Some("count")) => {
                let count = words.get(2).and_then(|word| word.parse().ok());
                (body(true).0, Expected::Ok(Some(count.ok_or(format!("line {number}: statement count needs a number"))?)))
            }
            ("statement" | "query", Some("error")) => {
                let pattern = whole[2..].join(" ");
                let (sql, results) = body(true);
                let mut message = Vec::new();
                while let Some((_, line)) = results.then(|| lines.next_if(|(_, line)| !line.trim().is_empty())).flatten() {
                    message.push(line);
                }
                let pattern = if results { regex::escape(&message.join("\n")) } else { pattern };
                // SQLite's files have a comment here, other users a pattern.
                let pattern = if pattern.starts_with('#') { String::new() } else { pattern };
                (sql, Expected::Error((!pattern.is_empty()).then_some(pattern)))
            }
            ("query", types) => {
                let types: Vec<char> = types.unwrap_or("").chars().map(|letter| letter.to_ascii_uppercase()).collect();
                if let Some(letter) = types.iter().find(|letter| !"TIRB?".contains(**letter)) {
                    return Err(format!("line {number}: unknown column type {letter}"));
                }
                let sort = words.get(2).and_then(|word| sort_mode(word));
                let label = words.get(if sort.is_some() { 3 } else { 2 }).map(|label| (*label).to_owned());
                let (sql, results) = body(true);
                let mut expected = Vec::new();
                while let Some((_, line)) = results.then(|| lines.next_if(|(_, line)| !line.is_empty())).flatten() {
                    expected.push(line.to_owned());
                }
                let result = hash_of(&expected).unwrap_or(ExpectedRows::Lines(expected));
                (sql, Expected::Rows { types, sort: sort.unwrap_or(default_sort), label, result })
            }
            _ => return Err(format!("line {number}: cannot read \"{line}\"")),
        };
        let (sql, expected) = parsed;
        if ours {
            records.push(Record { line: number, connection: connection.take(), sql, expected });
        }
        (ours, connection) = (true, None);
    }
    Ok(records)
}

fn sort_mode(word: &str) -> Option<SortMode> {
    match word {
        "nosort" => Some(SortMode::No),
        "rowsort" => Some(SortMode::Row),
        "valuesort" => Some(SortMode::Value),
        _ => None,
    }
}

/// `30 values hashing to 3c13dee48d9356ae19af2515e05e6b54`
fn hash_of(lines: &[String]) -> Option<ExpectedRows> {
    let [line] = lines else { return None };
    let (count, md5) = line.trim().split_once(" values hashing to ")?;
    Some(ExpectedRows::Hash { values: count.parse().ok()?, md5: md5.trim().to_ascii_lowercase() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[&str]) -> ExpectedRows { ExpectedRows::Lines(text.iter().map(|line| (*line).to_owned()).collect()) }

    #[test]
    fn statements_and_queries() {
        let records = parse(
            "# a comment\nhash-threshold 8\r\n\nstatement ok\r\nCREATE TABLE t(a\n  INTEGER)\n\nstatement error\nnonsense\n\n\
             query IT rowsort label-1\nSELECT a, b FROM t\n----\n1\nx y\n2\n(empty)\n\nquery I\nSELECT 1\n----\n1\n",
        )
        .unwrap();
        assert_eq!(records.len(), 4);
        assert_eq!(records[0].line, 4);
        assert_eq!(records[0].sql, "CREATE TABLE t(a\n  INTEGER)");
        assert_eq!(records[1].expected, Expected::Error(None));
        assert_eq!(
            records[2].expected,
            Expected::Rows {
                types: vec!['I', 'T'],
                sort: SortMode::Row,
                label: Some("label-1".into()),
                result: lines(&["1", "x y", "2", "(empty)"]),
            }
        );
        assert_eq!(
            records[3].expected,
            Expected::Rows { types: vec!['I'], sort: SortMode::No, label: None, result: lines(&["1"]) }
        );
    }

    #[test]
    fn hashes_and_empty_results() {
        let records = parse(
            "query II valuesort\nSELECT 1\n----\n30 values hashing to 3c13dee48d9356ae19af2515e05e6b54\n\nquery I nosort\nSELECT 2\n----\n\nstatement ok\nx\n",
        )
        .unwrap();
        let result = |record: &Record| match &record.expected {
            Expected::Rows { result, .. } => result.clone(),
            other => panic!("{other:?}"),
        };
        assert_eq!(
            result(&records[0]),
            ExpectedRows::Hash { values: 30, md5: "3c13dee48d9356ae19af2515e05e6b54".into() }
        );
        assert_eq!(result(&records[1]), lines(&[]));
        assert_eq!(records[2].expected, Expected::Ok(None));
    }

    #[test]
    fn conditions_speak_to_the_next_record_only() {
        let records = parse(
            "skipif mysql # not there\nstatement ok\na\n\nonlyif mysql\nstatement ok\nb\n\nskipif sqlite\nquery I\nc\n----\n1\n\n\
             onlyif sqlite\nstatement ok\nd\n\nonlyif mysql\nskipif sqlite\nstatement ok\ne\n\nstatement ok\nf\n\nonlyif mysql\nhalt\n\n\
             statement ok\ng\n\nonlyif sqlite\nhalt\n\nstatement ok\nh\n",
        )
        .unwrap();
        let ran: Vec<&str> = records.iter().map(|record| record.sql.as_str()).collect();
        assert_eq!(ran, ["a", "d", "f", "g"]);
    }

    #[test]
    fn a_connection_is_of_the_next_record_only() {
        let records =
            parse("connection one\nstatement ok\na\n\nstatement ok\nb\n\nconnection two\nquery I\nc\n----\n1\n").unwrap();
        let connections: Vec<Option<&str>> = records.iter().map(|record| record.connection.as_deref()).collect();
        assert_eq!(connections, [Some("one"), None, Some("two")]);
    }

    #[test]
    fn additions_of_other_users() {
        let records = parse(
            "statement count 3\nDELETE FROM t\n\nstatement error no such (table|view)\nSELECT 1\n\nquery error\nSELECT 2\n\n\
             statement error # refuse it\nSELECT 4\n\nstatement error\nSELECT 3\n----\na [message]\n\ncontrol sortmode rowsort\n\nquery I\nSELECT 5\n----\n1\n",
        )
        .unwrap();
        assert_eq!(records[0].expected, Expected::Ok(Some(3)));
        assert_eq!(records[1].expected, Expected::Error(Some("no such (table|view)".into())));
        assert_eq!(records[2].expected, Expected::Error(None));
        assert_eq!(records[3].expected, Expected::Error(None));
        assert_eq!(records[4].expected, Expected::Error(Some("a \\[message\\]".into())));
        assert!(matches!(records[5].expected, Expected::Rows { sort: SortMode::Row, .. }));
    }

    #[test]
    fn what_cannot_be_read_names_its_line() {
        assert_eq!(parse("\nstatment ok\nx\n").unwrap_err(), "line 2: cannot read \"statment ok\"");
        assert_eq!(parse("query X\nx\n").unwrap_err(), "line 1: unknown column type X");
    }
}
