//! Named parameters: `:name`, `$name` and `@name` become `?`, and the values stand in the order of use.
//!
//! The engine knows positions only. A name is replaced by `?` and spaces of its length, so that the positions of
//! errors still point into the text that the user wrote.

use prollite::tuple::Value;
use prollite::{Error, Result};

/// The text with positional parameters, and their values.
pub fn bind(sql: &str, names: &[(String, Value)]) -> Result<(String, Vec<Value>)> {
    let bytes = sql.as_bytes();
    let mut text = String::with_capacity(sql.len());
    let mut values = Vec::new();
    let mut used = vec![false; names.len()];
    let mut at = 0;
    while at < bytes.len() {
        let end = match bytes[at] {
            quote @ (b'\'' | b'"' | b'`') => after_quote(bytes, at, quote),
            b'[' => find(bytes, at, b"]").map_or(at + 1, |end| end + 1),
            b'-' if bytes.get(at + 1) == Some(&b'-') => find(bytes, at, b"\n").unwrap_or(bytes.len()),
            b'/' if bytes.get(at + 1) == Some(&b'*') => find(bytes, at + 2, b"*/").map_or(bytes.len(), |end| end + 2),
            // `::` is a cast, `@@` a variable of the system.
            mark @ (b':' | b'@') if bytes.get(at + 1) == Some(&mark) => at + 2,
            mark @ (b':' | b'$' | b'@') if !at.checked_sub(1).is_some_and(|before| is_word(bytes[before])) => {
                let end = at + 1 + bytes[at + 1..].iter().take_while(|byte| is_word(**byte)).count();
                let name = &sql[at + 1..end];
                match names.iter().position(|(known, _)| known == name) {
                    Some(position) => {
                        used[position] = true;
                        values.push(names[position].1.clone());
                        text.push('?');
                        text.extend(std::iter::repeat_n(' ', end - at - 1));
                        at = end;
                        continue;
                    }
                    None if name.is_empty() || mark == b'@' => end,
                    None => {
                        let what = format!("parameter {}{name} has no value", mark as char);
                        return Err(Error::bad_argument(what).at(at));
                    }
                }
            }
            b'?' => return Err(Error::bad_argument("named and positional parameters cannot be mixed").at(at)),
            byte if is_word(byte) => at + bytes[at..].iter().take_while(|byte| is_word(**byte)).count(),
            _ => at + 1,
        };
        // Every end above stands behind an ASCII byte or a run of them, except in the last arm.
        let end = (end..=bytes.len()).find(|end| sql.is_char_boundary(*end)).unwrap_or(bytes.len());
        text.push_str(&sql[at..end]);
        at = end;
    }
    match names.iter().zip(&used).find(|(_, used)| !**used) {
        Some(((name, _), _)) => Err(Error::bad_argument(format!("parameter {name} is not in the statement"))),
        None => Ok((text, values)),
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Where the quoted text that starts at `start` ends; a doubled quote stands for itself.
fn after_quote(bytes: &[u8], start: usize, quote: u8) -> usize {
    let mut at = start + 1;
    while at < bytes.len() {
        if bytes[at] == quote {
            if bytes.get(at + 1) != Some(&quote) {
                return at + 1;
            }
            at += 1;
        }
        at += 1;
    }
    bytes.len()
}

fn find(bytes: &[u8], from: usize, what: &[u8]) -> Option<usize> {
    bytes.get(from..)?.windows(what.len()).position(|window| window == what).map(|at| from + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(pairs: &[(&str, i64)]) -> Vec<(String, Value)> {
        pairs.iter().map(|(name, value)| (name.to_string(), Value::Int(*value))).collect()
    }

    #[test]
    fn names_become_positions_and_the_text_keeps_its_length() {
        let sql = "SELECT :a, ':a', \"x:a\" -- :a\n , $b /* :a */ FROM t WHERE é = :a AND c::text = @b";
        let (text, values) = bind(sql, &names(&[("a", 1), ("b", 2)])).unwrap();
        assert_eq!(text, "SELECT ? , ':a', \"x:a\" -- :a\n , ?  /* :a */ FROM t WHERE é = ?  AND c::text = ? ");
        assert_eq!(values, [1, 2, 1, 2].map(Value::Int));
        assert_eq!(text.len(), sql.len());
    }

    #[test]
    fn what_does_not_fit_is_said() {
        assert_eq!(bind("SELECT :a", &names(&[])).unwrap_err().position(), Some(7));
        assert!(bind("SELECT 1", &names(&[("a", 1)])).is_err());
        assert!(bind("SELECT ?, :a", &names(&[("a", 1)])).is_err());
        assert!(bind("SELECT @@version, @mine, :a", &names(&[("a", 1)])).is_ok());
    }

    #[test]
    fn no_text_makes_it_panic() {
        for sql in ["'", "\"é", "--", "/*", "/", ":", "$é", "[", "é:a", "::", "@@", "''''", "`"] {
            let _ = bind(sql, &names(&[("a", 1)]));
        }
    }
}
