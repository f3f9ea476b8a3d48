//! How sqllogictest writes values, sorts them and compares them.

use prollite::tuple::{real_to_text, Value};
use rust_decimal::prelude::ToPrimitive;

use super::slt_parse::{ExpectedRows, SortMode};

/// A value as SQLite's own runner prints it for a column of this type letter.
pub fn print(value: &Value, letter: char) -> String {
    if value.is_null() {
        return "NULL".into();
    }
    match letter {
        'I' => as_integer(value).to_string(),
        'R' => three_places(as_real(value)),
        _ => printable(&bytes_of(value)),
    }
}

/// `%.3f` as SQLite's own `printf` does it: after 16 significant digits come zeros.
fn three_places(real: f64) -> String {
    if real.abs() < 1e13 {
        return format!("{real:.3}");
    }
    let scientific = format!("{real:.15e}");
    let (Some((mantissa, exponent)), true) = (scientific.split_once('e'), real.is_finite()) else {
        return if real > 0.0 { "Inf".into() } else { "-Inf".into() };
    };
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let exponent: usize = exponent.parse().unwrap_or(0);
    let sign = if real < 0.0 { "-" } else { "" };
    let all = format!("{digits:0<width$}", width = exponent + 4);
    format!("{sign}{}.{}", &all[..=exponent], &all[exponent + 1..exponent + 4])
}

fn printable(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "(empty)".into();
    }
    bytes.iter().map(|byte| if (b' '..=b'~').contains(byte) { char::from(*byte) } else { '@' }).collect()
}

fn bytes_of(value: &Value) -> Vec<u8> {
    match value {
        Value::Null => Vec::new(),
        Value::Int(int) => int.to_string().into_bytes(),
        Value::Real(real) => real_to_text(*real).into_bytes(),
        Value::Decimal(decimal) => decimal.to_string().into_bytes(),
        Value::Text(text) => text.as_bytes().to_vec(),
        Value::Blob(blob) => blob.to_vec(),
    }
}

fn as_integer(value: &Value) -> i64 {
    match value {
        Value::Int(int) => *int,
        Value::Decimal(decimal) => decimal.trunc().to_i64().unwrap_or(0),
        // `as` truncates towards zero and saturates, as SQLite's cast does.
        Value::Real(real) => *real as i64,
        other => {
            let text = String::from_utf8_lossy(&bytes_of(other)).trim_start().to_owned();
            let digits = text.find(|letter: char| !letter.is_ascii_digit() && letter != '-' && letter != '+').unwrap_or(text.len());
            text[..digits].parse().unwrap_or(0)
        }
    }
}

fn as_real(value: &Value) -> f64 {
    match value {
        Value::Int(int) => *int as f64,
        Value::Real(real) => *real,
        Value::Decimal(decimal) => decimal.to_string().parse().unwrap_or(0.0),
        other => {
            let text = String::from_utf8_lossy(&bytes_of(other)).trim_start().to_owned();
            // The longest prefix that is a number.
            (0..=text.len())
                .rev()
                .filter(|end| text.is_char_boundary(*end))
                .find_map(|end| text[..end].parse().ok().filter(|real: &f64| real.is_finite()))
                .unwrap_or(0.0)
        }
    }
}

/// A result's values in the order that the sort mode gives them, row by row.
pub fn arrange(rows: &[Vec<Value>], types: &[char], sort: SortMode) -> Vec<Vec<String>> {
    let mut printed: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().zip(types).map(|(value, letter)| print(value, *letter)).collect())
        .collect();
    match sort {
        SortMode::No => {}
        SortMode::Row => printed.sort(),
        SortMode::Value => {
            let mut values: Vec<String> = printed.into_iter().flatten().collect();
            values.sort();
            printed = values.into_iter().map(|value| vec![value]).collect();
        }
    }
    printed
}

pub fn md5_of(rows: &[Vec<String>]) -> String {
    let mut context = md5::Context::new();
    for value in rows.iter().flatten() {
        context.consume(value);
        context.consume("\n");
    }
    format!("{:x}", context.finalize())
}

/// Whether arranged rows are the expected ones: as a hash, one value a line, or one row a line.
pub fn agrees(rows: &[Vec<String>], expected: &ExpectedRows, sort: SortMode) -> bool {
    let values = || rows.iter().flatten();
    match expected {
        ExpectedRows::Hash { values: count, md5 } => values().count() == *count && md5_of(rows) == *md5,
        ExpectedRows::Lines(lines) if lines.len() == values().count() => {
            // A file need not write its results in the order that a sort mode gives them.
            let width = rows.first().map_or(1, Vec::len).max(1);
            let mut expected: Vec<Vec<String>> = lines.chunks(width).map(<[String]>::to_vec).collect();
            if sort != SortMode::No {
                expected.sort();
            }
            rows == expected
        }
        ExpectedRows::Lines(lines) => {
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>().join(" ");
            let mut expected: Vec<String> = lines.iter().map(|line| words(line)).collect();
            let mut got: Vec<String> = rows.iter().map(|row| words(&row.join(" "))).collect();
            if sort == SortMode::Row {
                expected.sort();
                got.sort();
            }
            expected == got
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_print_as_sqlite_prints_them() {
        let print = |value: Value, letter| print(&value, letter);
        assert_eq!(print(Value::Int(-5), 'I'), "-5");
        assert_eq!(print(Value::Real(3.99), 'I'), "3");
        assert_eq!(print(Value::Real(-3.99), 'I'), "-3");
        assert_eq!(print(Value::from("12abc"), 'I'), "12");
        assert_eq!(print(Value::from("abc"), 'I'), "0");
        assert_eq!(print(Value::Int(2), 'R'), "2.000");
        assert_eq!(print(Value::Real(0.0625), 'R'), "0.062");
        assert_eq!(print(Value::Real(12.3456), 'R'), "12.346");
        assert_eq!(print(Value::Decimal("1.2345".parse().unwrap()), 'R'), "1.234");
        assert_eq!(print(Value::from("1.5x"), 'R'), "1.500");
        assert_eq!(print(Value::Real(-9_223_372_036_854_775_808.0), 'R'), "-9223372036854776000.000");
        assert_eq!(print(Value::Real(12_345_678_901_234.562), 'R'), "12345678901234.560");
        assert_eq!(print(Value::Real(9_999_999_999_999.5), 'R'), "9999999999999.500");
        assert_eq!(print(Value::Real(f64::INFINITY), 'R'), "Inf");
        assert_eq!(print(Value::Null, 'I'), "NULL");
        assert_eq!(print(Value::Null, 'T'), "NULL");
        assert_eq!(print(Value::from(""), 'T'), "(empty)");
        assert_eq!(print(Value::from("a\tb\u{e9}"), 'T'), "a@b@@");
        assert_eq!(print(Value::Int(7), 'T'), "7");
        assert_eq!(print(Value::Real(1.0), 'T'), "1.0");
        assert_eq!(print(Value::Blob(vec![0, b'x'].into()), 'T'), "@x");
    }

    #[test]
    fn sort_modes() {
        let rows = vec![vec![Value::Int(10), Value::Int(2)], vec![Value::Int(1), Value::Int(3)]];
        let flat = |sort| arrange(&rows, &['I', 'I'], sort).concat();
        assert_eq!(flat(SortMode::No), ["10", "2", "1", "3"]);
        assert_eq!(flat(SortMode::Row), ["1", "3", "10", "2"]);
        assert_eq!(flat(SortMode::Value), ["1", "10", "2", "3"]);
    }

    #[test]
    fn hash_of_values_with_line_ends() {
        // `printf '1\n2\n' | md5sum`
        let rows = vec![vec!["1".to_owned()], vec!["2".to_owned()]];
        assert_eq!(md5_of(&rows), "6ddb4095eb719e2a9f0a3f95677d24e0");
        let hash = |values, md5: &str| ExpectedRows::Hash { values, md5: md5.into() };
        assert!(agrees(&rows, &hash(2, "6ddb4095eb719e2a9f0a3f95677d24e0"), SortMode::No));
        assert!(!agrees(&rows, &hash(3, "6ddb4095eb719e2a9f0a3f95677d24e0"), SortMode::No));
        assert!(!agrees(&rows, &hash(2, "6ddb4095eb719e2a9f0a3f95677d24e1"), SortMode::No));
    }

    #[test]
    fn one_value_or_one_row_a_line() {
        let rows = vec![vec!["1".to_owned(), "a b".to_owned()], vec!["2".to_owned(), "c".to_owned()]];
        let lines = |text: &[&str]| ExpectedRows::Lines(text.iter().map(|line| (*line).to_owned()).collect());
        assert!(agrees(&rows, &lines(&["1", "a b", "2", "c"]), SortMode::No));
        assert!(!agrees(&rows, &lines(&["1", "a  b", "2", "c"]), SortMode::No));
        assert!(!agrees(&rows, &lines(&["2", "c", "1", "a b"]), SortMode::No));
        assert!(agrees(&rows, &lines(&["2", "c", "1", "a b"]), SortMode::Row));
        assert!(agrees(&rows, &lines(&["1\ta b", "2\tc"]), SortMode::No));
        assert!(!agrees(&rows, &lines(&["2 c", "1 a b"]), SortMode::No));
        assert!(agrees(&rows, &lines(&["2 c", "1 a b"]), SortMode::Row));
        assert!(!agrees(&rows, &lines(&[]), SortMode::No));
        assert!(agrees(&[], &lines(&[]), SortMode::No));
    }
}
