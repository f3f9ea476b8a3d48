//! New names inside expressions that are kept as typed: the words that mean a column or its table change,
//! everything else stays as the user wrote it.

use super::lexer::{tokens, Kind, Token};
use crate::error::Result;
use crate::sql::versions::quoted;

/// `old` as a column: bare, or behind the table's name.
pub fn column(expression: &str, table: &str, old: &str, new: &str) -> Result<String> {
    replace(expression, |tokens, at| {
        let after_dot = at >= 1 && is_dot(expression, &tokens[at - 1]);
        let qualified = at >= 2 && after_dot && is_name(expression, &tokens[at - 2], table);
        let call = tokens.get(at + 1).is_some_and(|next| &expression[next.start..next.end] == "(");
        (is_name(expression, &tokens[at], old) && !call && (!after_dot || qualified)).then(|| spell(new))
    })
}

/// `old` as the table before a dot.
pub fn table(expression: &str, old: &str, new: &str) -> Result<String> {
    replace(expression, |tokens, at| {
        let before_dot = tokens.get(at + 1).is_some_and(|next| is_dot(expression, next));
        (is_name(expression, &tokens[at], old) && before_dot).then(|| spell(new))
    })
}

fn replace(expression: &str, new: impl Fn(&[Token], usize) -> Option<String>) -> Result<String> {
    let all = tokens(expression, 0, usize::MAX)?;
    let mut out = String::with_capacity(expression.len());
    let mut copied = 0;
    for (at, token) in all.iter().enumerate() {
        if let Some(name) = new(&all, at) {
            out.push_str(&expression[copied..token.start]);
            out.push_str(&name);
            copied = token.end;
        }
    }
    out.push_str(&expression[copied..]);
    Ok(out)
}

fn is_dot(expression: &str, token: &Token) -> bool { &expression[token.start..token.end] == "." }

fn is_name(expression: &str, token: &Token, name: &str) -> bool {
    match &token.kind {
        Kind::Word => expression[token.start..token.end].eq_ignore_ascii_case(name),
        Kind::Quoted(text) => text.eq_ignore_ascii_case(name),
        _ => false,
    }
}

/// Bare where it can be.
fn spell(name: &str) -> String {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let bare = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(word);
    if bare { name.to_string() } else { quoted(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_column_changes() {
        let text = "a > 0 AND t.a < x.a AND a(1) = 'a' AND `A` <> b";
        assert_eq!(column(text, "t", "a", "c d").unwrap(), "`c d` > 0 AND t.`c d` < x.a AND a(1) = 'a' AND `c d` <> b");
        assert_eq!(table("t.a + t + T.b", "t", "u").unwrap(), "u.a + t + u.b");
    }
}
