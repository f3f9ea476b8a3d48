//! Triggers, SQLite's form: statements that run before or after each row that a statement changes.
//!
//! `NEW.c` and `OLD.c` are parameters of the trigger's statements, so that these are planned once and run for each row. A
//! trigger that runs does not set itself off again, as SQLite has it by default. Merges set nothing off.

use std::rc::Rc;

use gluesql::core::sqlparser::ast::{self, Ident};

use super::operator::Change;
use crate::error::{Code, Error, Result};
use crate::repo::{Schema, View};
use crate::sql::ddl::{trigger_definition, CreateTrigger, Event, Timing};
use crate::sql::eval::{compile, Compiled, Scope};
use crate::sql::parser::{self, Parsed, Statement};
use crate::sql::relation::Row;
use crate::sql::{query, Context};
use crate::tuple::Value;

pub struct Trigger { timing: Timing, event: Event, columns: Vec<usize>, scope: Rc<TriggerScope>, when: Option<Compiled>, body: Vec<Parsed> }

/// What `NEW` and `OLD` mean in a trigger: the statements' parameters are the old row's cells, then the new one's.
pub struct TriggerScope {
    pub name: Rc<str>,
    pub schema: Rc<Schema>,
    event: Event,
    /// The trigger that set this one off.
    outer: Option<Rc<TriggerScope>>,
}

impl TriggerScope {
    /// The parameter that `NEW.column` or `OLD.column` is, and the column's place.
    pub fn find(&self, qualifier: &str, column: &str) -> Option<(usize, usize)> {
        let at = self.schema.column(column)?;
        match () {
            _ if qualifier.eq_ignore_ascii_case("old") && self.event != Event::Insert => Some((at, at)),
            _ if qualifier.eq_ignore_ascii_case("new") && self.event != Event::Delete => Some((self.schema.columns.len() + at, at)),
            _ => None,
        }
    }

    fn runs(&self, name: &str) -> bool { &*self.name == name || self.outer.as_ref().is_some_and(|outer| outer.runs(name)) }
}

/// RAISE(IGNORE), on its way to the statement that set the trigger off.
const IGNORED: &str = "RAISE(IGNORE)";

impl Trigger {
    pub fn compile(cx: &Context, schema: &Rc<Schema>, view: &View) -> Result<Trigger> {
        let definition: CreateTrigger = trigger_definition(&view.sql)?;
        let columns = definition.columns.iter().map(|column| super::insert::column_named(schema, column)).collect::<Result<_>>()?;
        let (timing, event) = (definition.timing, definition.event);
        let scope = Rc::new(TriggerScope { name: view.name.clone(), schema: schema.clone(), event, outer: None });
        let inside = Context { trigger: Some(scope.clone()), ..cx.clone() };
        let when = match &definition.when {
            None => None,
            Some(text) => Some(compile(&inside, &*parser::parse_expression(&text.sql)?, &Scope::empty())?),
        };
        let shifted = |error: Error| Error::new(error.code(), error.message()).at(definition.body.at + error.position().unwrap_or(0));
        let mut body = Vec::new();
        for parsed in parser::parse(&definition.body.sql).map_err(shifted)?.iter() {
            let known = matches!(parsed.statement, Statement::Query(_) | Statement::Insert(_) | Statement::Update(_) | Statement::Delete(_));
            if !known || !parsed.parameters.is_empty() {
                let message = format!("trigger {}: its statements are SELECT, INSERT, UPDATE and DELETE, without parameters", view.name);
                return Err(Error::unsupported(message).at(definition.body.at + parsed.span.start));
            }
            let span = parsed.span.start + definition.body.at..parsed.span.end + definition.body.at;
            // Plans are kept by text: the whole trigger's is like no other.
            let statement = parsed.statement.clone();
            body.push(Parsed { statement, text: view.sql.clone(), span, parameters: Vec::new(), plan: Default::default() });
        }
        for parsed in &body {
            if let Statement::Query(query) = &parsed.statement {
                query::check(&inside, query)?;
            }
        }
        Ok(Trigger { timing, event, columns, scope, when, body })
    }

    fn concerns(&self, timing: Timing, event: Event, assigned: Option<&[usize]>) -> bool {
        let touches = |assigned: &[usize]| self.columns.is_empty() || self.columns.iter().any(|column| assigned.contains(column));
        self.timing == timing && self.event == event && assigned.is_none_or(touches)
    }

    fn run(&self, cx: &Context, change: &Change) -> Result<()> {
        let width = self.scope.schema.columns.len();
        let mut cells: Vec<Value> = Vec::with_capacity(2 * width);
        for row in [&change.old, &change.new] {
            match row {
                Some(row) => cells.extend_from_slice(row),
                None => cells.resize(cells.len() + width, Value::Null),
            }
        }
        let scope = TriggerScope {
            name: self.scope.name.clone(),
            schema: self.scope.schema.clone(),
            event: self.event,
            outer: cx.trigger.clone(),
        };
        let inside = Context { trigger: Some(Rc::new(scope)), parameters: cells.into(), ..cx.clone() };
        if let Some(when) = &self.when {
            if when.truth(&[], &inside)? != Some(true) {
                return Ok(());
            }
        }
        for parsed in &self.body {
            match &parsed.statement {
                Statement::Query(_) => query::run_parsed(&inside, parsed)?,
                Statement::Insert(insert) => super::insert(&inside, parsed, insert)?,
                Statement::Update(update) => super::update(&inside, parsed, update)?,
                Statement::Delete(delete) => super::delete(&inside, parsed, delete)?,
                _ => return Err(Error::internal("a trigger holds a statement that it may not")),
            };
        }
        Ok(())
    }
}

/// Triggers in the order of their names. `false`: one said RAISE(IGNORE).
pub fn fire(cx: &Context, triggers: &[Rc<Trigger>], timing: Timing, change: &Change, assigned: Option<&[usize]>) -> Result<bool> {
    let event = match (&change.old, &change.new) {
        (None, _) => Event::Insert,
        (Some(_), Some(_)) => Event::Update,
        (Some(_), None) => Event::Delete,
    };
    let assigned = assigned.filter(|_| event == Event::Update);
    let last_id = cx.workspace.borrow().last_insert_id();
    for trigger in triggers.iter().filter(|trigger| trigger.concerns(timing, event, assigned)) {
        if cx.trigger.as_ref().is_some_and(|scope| scope.runs(&trigger.scope.name)) {
            continue;
        }
        match trigger.run(cx, change) {
            Err(error) if error.code() == Code::Constraint && error.message() == IGNORED => return Ok(false),
            done => done?,
        }
    }
    if let Some(id) = last_id {
        cx.workspace.borrow_mut().set_last_insert_id(id);
    }
    Ok(true)
}

/// Whether the columns that differ are what an UPDATE assigns, for changes that no SET names.
pub fn differing(old: &Row, new: &Row) -> Vec<usize> { (0..old.len()).filter(|at| old[*at] != new[*at]).collect() }

/// `RAISE(kind, message)` in an expression: the error that it is.
pub fn raised(arguments: &[&ast::Expr]) -> Result<(bool, Option<ast::Expr>)> {
    let kind = match arguments.first() {
        Some(ast::Expr::Identifier(Ident { value, .. })) => value.to_ascii_uppercase(),
        Some(other) => other.to_string().to_ascii_uppercase(),
        None => String::new(),
    };
    match (kind.as_str(), arguments) {
        ("IGNORE", [_]) => Ok((true, None)),
        ("ABORT", [_, message]) => Ok((false, Some((*message).clone()))),
        ("FAIL" | "ROLLBACK", [_, _]) => {
            Err(Error::unsupported(format!("RAISE({kind}, …) is not supported: a statement changes all its rows or none; use RAISE(ABORT, …)")))
        }
        _ => Err(Error::new(Code::Syntax, "expected RAISE(IGNORE) or RAISE(ABORT, message)")),
    }
}

/// What RAISE answers when it is evaluated; without a message it is RAISE(IGNORE).
pub fn raise(arguments: &[Value], _: &Context) -> Result<Value> {
    let message = match arguments.first() {
        None => IGNORED.to_string(),
        Some(value) => crate::sql::eval::convert::to_text(value).unwrap_or_default().to_string(),
    };
    Err(Error::new(Code::Constraint, message))
}
