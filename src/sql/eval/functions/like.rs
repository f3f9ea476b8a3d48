//! LIKE and GLOB, compiled once a statement and matched by backtracking over one star at a time: O(n · m) at worst,
//! without a regular expression.

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Literal(char),
    /// `_` or `?`.
    One,
    /// `%` or `*`.
    Many,
    /// `[a-z]`, `[^a-z]`.
    Set { negated: bool, ranges: Vec<(char, char)> },
    /// A `[` without its end, an escape without what it escapes: matches nothing.
    Never,
}

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Pattern {
    tokens: Vec<Token>,
    /// LIKE folds ASCII case, as SQLite does.
    fold: bool,
}

impl Pattern {
    /// `%` and `_`; `escape` takes away the meaning of the character after it.
    pub fn like(pattern: &str, escape: Option<char>) -> Pattern {
        let mut tokens = Vec::new();
        let mut chars = pattern.chars();
        while let Some(c) = chars.next() {
            if Some(c) == escape {
                match chars.next() {
                    Some(next) => tokens.push(Token::Literal(next.to_ascii_lowercase())),
                    // As in SQLite.
                    None => tokens.push(Token::Never),
                }
            } else {
                match c {
                    '%' => push_many(&mut tokens),
                    '_' => tokens.push(Token::One),
                    c => tokens.push(Token::Literal(c.to_ascii_lowercase())),
                }
            }
        }
        Pattern { tokens, fold: true }
    }

    /// `*`, `?` and `[…]`; case matters.
    pub fn glob(pattern: &str) -> Pattern {
        let mut tokens = Vec::new();
        let chars: Vec<char> = pattern.chars().collect();
        let mut at = 0;
        while at < chars.len() {
            match chars[at] {
                '*' => push_many(&mut tokens),
                '?' => tokens.push(Token::One),
                '[' => match set(&chars[at + 1..]) {
                    Some((token, used)) => {
                        tokens.push(token);
                        at += used;
                    }
                    None => {
                        tokens.push(Token::Never);
                        break;
                    }
                },
                c => tokens.push(Token::Literal(c)),
            }
            at += 1;
        }
        Pattern { tokens, fold: false }
    }

    /// The text that every match starts with, when the pattern begins with one (for a key range; only GLOB keeps case).
    pub fn prefix(&self) -> String {
        self.tokens.iter().map_while(|token| if let Token::Literal(c) = token { Some(*c) } else { None }).collect()
    }

    pub fn matches(&self, text: &str) -> bool {
        let mut rest = text.chars();
        let mut at = 0;
        // Where to take up again: the token after the last star, and the text that the star has not eaten yet.
        let mut star: Option<(usize, std::str::Chars)> = None;
        loop {
            match self.tokens.get(at) {
                Some(Token::Many) => {
                    at += 1;
                    if at == self.tokens.len() {
                        return true;
                    }
                    star = Some((at, rest.clone()));
                    continue;
                }
                None if rest.as_str().is_empty() => return true,
                Some(token) => {
                    let mut ahead = rest.clone();
                    match ahead.next() {
                        Some(c) if self.one(token, c) => {
                            rest = ahead;
                            at += 1;
                            continue;
                        }
                        None => return false,
                        Some(_) => {}
                    }
                }
                None => {}
            }
            let Some((after, from)) = &mut star else { return false };
            if from.next().is_none() {
                return false;
            }
            at = *after;
            rest = from.clone();
        }
    }

    fn one(&self, token: &Token, c: char) -> bool {
        match token {
            Token::Literal(literal) => *literal == if self.fold { c.to_ascii_lowercase() } else { c },
            Token::One => true,
            Token::Set { negated, ranges } => ranges.iter().any(|(from, to)| (*from..=*to).contains(&c)) != *negated,
            Token::Many | Token::Never => false,
        }
    }
}

fn push_many(tokens: &mut Vec<Token>) {
    if tokens.last() != Some(&Token::Many) {
        tokens.push(Token::Many);
    }
}

/// A set after its `[`, and how many characters it used.
fn set(chars: &[char]) -> Option<(Token, usize)> {
    let negated = chars.first() == Some(&'^');
    let mut at = usize::from(negated);
    let mut ranges = Vec::new();
    let first = at;
    loop {
        let c = *chars.get(at)?;
        if c == ']' && at > first {
            return Some((Token::Set { negated, ranges }, at + 1));
        }
        match (chars.get(at + 1), chars.get(at + 2)) {
            (Some('-'), Some(&to)) if to != ']' => {
                ranges.push((c, to));
                at += 3;
            }
            _ => {
                ranges.push((c, c));
                at += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_matches() {
        for (pattern, text, expected) in [
            ("a%", "Abc", true),
            ("%b%", "abc", true),
            ("a_c", "abc", true),
            ("a_c", "ac", false),
            ("%", "", true),
            ("", "", true),
            ("", "a", false),
            ("%a\n%", "x a\n", true),
            ("a%b%c", "aXbYbZc", true),
            ("a%b%c", "aXbYbZ", false),
            ("Ä", "ä", false),
            ("%%%%", "x", true),
        ] {
            assert_eq!(Pattern::like(pattern, None).matches(text), expected, "{text} LIKE {pattern}");
        }
        assert!(Pattern::like("10\\%", Some('\\')).matches("10%"));
        assert!(!Pattern::like("10\\%", Some('\\')).matches("10x"));
        assert!(!Pattern::like("x\\", Some('\\')).matches("x\\"));
    }

    #[test]
    fn glob_matches() {
        for (pattern, text, expected) in [
            ("a*", "abc", true),
            ("a*", "Abc", false),
            ("[a-c]?", "bz", true),
            ("[^a-c]", "b", false),
            ("[]]", "]", true),
            ("[a", "a", false),
            ("*[0-9]", "x7", true),
            ("[a-]", "-", true),
        ] {
            assert_eq!(Pattern::glob(pattern).matches(text), expected, "{text} GLOB {pattern}");
        }
    }
}
