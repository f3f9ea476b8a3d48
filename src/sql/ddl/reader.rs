//! Reads tokens one by one: the small moves from which `parse` is made.

use std::ops::Range;

use super::definition::{Name, Text};
use super::lexer::{tokens, Kind, Token};
use crate::error::{Code, Error, Result};

pub struct Reader<'a> { sql: &'a str, tokens: Vec<Token>, next: usize }

impl<'a> Reader<'a> {
    /// Reads the bytes `span` of `sql`; positions count from the start of `sql`.
    pub fn new(sql: &'a str, span: Range<usize>) -> Result<Self> {
        let sql = sql.get(..span.end).unwrap_or(sql);
        Ok(Reader { sql, tokens: tokens(sql, span.start, usize::MAX)?, next: 0 })
    }

    /// Only the first words.
    pub fn head(sql: &'a str) -> Result<Self> { Ok(Reader { sql, tokens: tokens(sql, 0, 8)?, next: 0 }) }

    fn token(&self, ahead: usize) -> &Token {
        // The list is closed by `End`, which stands for everything behind it.
        &self.tokens[(self.next + ahead).min(self.tokens.len() - 1)]
    }
    pub fn at(&self) -> usize { self.token(0).start }
    pub fn is_end(&self) -> bool { self.token(0).kind == Kind::End || self.is_symbol(";") }
    fn text(&self, ahead: usize) -> &'a str {
        let token = self.token(ahead);
        &self.sql[token.start..token.end]
    }
    pub fn skip(&mut self) { self.next += 1 }

    /// Whether the bare word `word` stands `ahead` of here.
    pub fn is_word_at(&self, ahead: usize, word: &str) -> bool {
        self.token(ahead).kind == Kind::Word && self.text(ahead).eq_ignore_ascii_case(word)
    }
    pub fn is_word(&self, word: &str) -> bool { self.is_word_at(0, word) }
    pub fn is_any(&self, words: &[&str]) -> bool { words.iter().any(|word| self.is_word(word)) }
    pub fn is_symbol(&self, symbol: &str) -> bool { self.token(0).kind == Kind::Symbol && self.text(0) == symbol }
    pub fn is_symbol_at(&self, ahead: usize, symbol: &str) -> bool {
        self.token(ahead).kind == Kind::Symbol && self.text(ahead) == symbol
    }
    pub fn is_bare_word(&self) -> bool { self.token(0).kind == Kind::Word }
    pub fn bare_word(&mut self) -> &'a str {
        let text = self.text(0);
        self.skip();
        text
    }

    /// Takes `words` if all of them come next.
    pub fn take(&mut self, words: &[&str]) -> bool {
        let found = words.iter().enumerate().all(|(ahead, word)| self.is_word_at(ahead, word));
        if found {
            self.next += words.len();
        }
        found
    }
    pub fn take_symbol(&mut self, symbol: &str) -> bool {
        let found = self.is_symbol(symbol);
        self.next += usize::from(found);
        found
    }

    pub fn expect(&mut self, words: &[&str]) -> Result<()> {
        if self.take(words) { Ok(()) } else { Err(self.expected(&words.join(" "))) }
    }
    pub fn expect_symbol(&mut self, symbol: &str) -> Result<()> {
        if self.take_symbol(symbol) { Ok(()) } else { Err(self.expected(&format!("`{symbol}`"))) }
    }

    pub fn expected(&self, what: &str) -> Error {
        let found = match self.token(0).kind {
            Kind::End => "the end".to_string(),
            _ => format!("`{}`", self.text(0)),
        };
        Error::new(Code::Syntax, format!("expected {what}, found {found}")).at(self.at())
    }
    pub fn unsupported(&self, what: &str) -> Error { Error::unsupported(format!("{what} is not supported")).at(self.at()) }

    /// `IF NOT EXISTS`
    pub fn if_not_exists(&mut self) -> bool { self.take(&["IF", "NOT", "EXISTS"]) }
    pub fn if_exists(&mut self) -> bool { self.take(&["IF", "EXISTS"]) }

    pub fn identifier(&mut self) -> Result<String> {
        let name = match &self.token(0).kind {
            Kind::Word => self.text(0).to_string(),
            Kind::Quoted(name) if !name.is_empty() => name.clone(),
            // SQLite and MySQL take a string where only a name can stand.
            Kind::String(name) if !name.is_empty() => name.clone(),
            _ => return Err(self.expected("a name")),
        };
        self.skip();
        Ok(name)
    }

    pub fn name(&mut self) -> Result<Name> {
        let at = self.at();
        let mut name = Name { database: None, name: self.identifier()?, at };
        if self.take_symbol(".") {
            let table = self.identifier()?;
            name = Name { database: Some(name.name), name: table, at };
        }
        Ok(name)
    }

    pub fn comma_separated<T>(&mut self, mut item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.take_symbol(",") {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// `(item, …)`
    pub fn list<T>(&mut self, item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        self.expect_symbol("(")?;
        let items = self.comma_separated(item)?;
        self.expect_symbol(")")?;
        Ok(items)
    }

    pub fn string(&mut self) -> Result<String> {
        match &self.token(0).kind {
            Kind::String(text) | Kind::Quoted(text) => {
                let text = text.clone();
                self.skip();
                Ok(text)
            }
            _ => Err(self.expected("a string")),
        }
    }

    pub fn integer(&mut self) -> Result<i64> {
        let number = self.text(0).parse::<i64>();
        match number {
            Ok(number) if self.token(0).kind == Kind::Number => {
                self.skip();
                Ok(number)
            }
            _ => Err(self.expected("a whole number")),
        }
    }

    /// An expression in parentheses; the text is what stands between them.
    pub fn parenthesised(&mut self) -> Result<Text> {
        let open = self.at();
        self.expect_symbol("(")?;
        let (at, mut end, mut depth) = (self.at(), self.at(), 1usize);
        loop {
            if self.token(0).kind == Kind::End {
                return Err(Error::new(Code::Syntax, "parenthesis is not closed").at(open));
            }
            depth += usize::from(self.is_symbol("("));
            depth -= usize::from(self.is_symbol(")"));
            if depth == 0 {
                break;
            }
            end = self.token(0).end;
            self.skip();
        }
        if at == end {
            return Err(self.expected("an expression"));
        }
        self.skip();
        Ok(Text { sql: self.sql[at..end].to_string(), at })
    }

    /// The value of DEFAULT or ON UPDATE: a parenthesised expression, a signed literal, a word, or a call.
    pub fn value(&mut self) -> Result<Text> {
        if self.is_symbol("(") {
            return self.parenthesised();
        }
        let at = self.at();
        if self.is_symbol("-") || self.is_symbol("+") {
            self.skip();
        }
        match self.token(0).kind {
            Kind::Number | Kind::String(_) | Kind::Quoted(_) => self.skip(),
            Kind::Word => {
                // `X'00'`, `DATE '2020-01-01'`, or a call.
                self.skip();
                if matches!(self.token(0).kind, Kind::String(_)) {
                    self.skip();
                } else if self.is_symbol("(") && self.is_symbol_at(1, ")") {
                    self.skip();
                    self.skip();
                } else if self.is_symbol("(") {
                    self.parenthesised()?;
                }
            }
            _ => return Err(self.expected("a value")),
        }
        let mut end = self.token_before();
        // PostgreSQL's `'x'::text`
        if self.is_symbol(":") && self.is_symbol_at(1, ":") {
            self.skip();
            self.skip();
            self.identifier()?;
            if self.is_symbol("(") {
                self.parenthesised()?;
            }
            end = self.token_before();
        }
        Ok(Text { sql: self.sql[at..end].to_string(), at })
    }

    fn token_before(&self) -> usize { self.tokens[self.next.saturating_sub(1)].end }

    /// Everything up to the end of the statement.
    pub fn rest(&mut self) -> Result<Text> {
        let at = self.at();
        let mut end = at;
        while !self.is_end() {
            end = self.token(0).end;
            self.skip();
        }
        if at == end { Err(self.expected("more")) } else { Ok(Text { sql: self.sql[at..end].to_string(), at }) }
    }

    /// Everything before the bare word `word`.
    pub fn until(&mut self, word: &str) -> Result<Text> {
        let at = self.at();
        while !self.is_word(word) {
            if self.token(0).kind == Kind::End {
                return Err(self.expected(word));
            }
            self.skip();
        }
        Ok(Text { sql: self.sql[at..self.token_before().max(at)].to_string(), at })
    }

    /// Everything before the bare word `word` that ends the statement.
    pub fn until_last(&mut self, word: &str) -> Result<Text> {
        let at = self.at();
        let mut last = self.tokens.len() - 1;
        while last > self.next && (self.tokens[last].kind == Kind::End || &self.sql[self.tokens[last].start..self.tokens[last].end] == ";") {
            last -= 1;
        }
        let start = self.next;
        self.next = last;
        self.expect(&[word])?;
        let end = self.tokens[last.saturating_sub(1).max(start)].end;
        Ok(Text { sql: self.sql[at..end.max(at)].to_string(), at })
    }

    /// The statement as typed.
    pub fn whole(&self) -> &'a str {
        let start = self.tokens.first().map_or(0, |token| token.start);
        &self.sql[start..self.token_before().max(start)]
    }

    /// What was typed from `start` to here.
    pub fn since(&self, start: usize) -> &'a str { &self.sql[start..self.token_before().max(start)] }

    pub fn end(&mut self) -> Result<()> {
        while self.take_symbol(";") {}
        if self.is_end() { Ok(()) } else { Err(self.expected("the end of the statement")) }
    }
}
