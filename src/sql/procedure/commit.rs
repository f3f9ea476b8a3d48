//! `dolt_commit`: a commit of what is staged.

use super::add::{ignored_tables, stage_all};
use super::answer::text;
use super::flags::{flag, long, long_value, value, Flag};
use super::{Answer, Call, Procedure};
use crate::error::{Code, Error, Result};
use crate::repo::{CommitOptions, Operation, Refs, Signature};
use crate::sql::versions::{author, signature};
use crate::sql::OutputColumn;
use crate::tuple::{parse_datetime, Value};

pub struct Commit;

const FLAGS: &[Flag] = &[
    value("message", 'm'),
    flag("all", 'a'),
    flag("ALL", 'A'),
    long_value("author"),
    long_value("date"),
    long("amend"),
    long("allow-empty"),
    long("skip-empty"),
    flag("force", 'f'),
    long("skip-verification"),
];

impl Procedure for Commit {
    fn name(&self) -> &'static str { "dolt_commit" }
    fn columns(&self) -> Vec<OutputColumn> { vec![text("hash")] }

    fn call(&self, call: &mut Call<'_>) -> Result<Answer> {
        let flags = call.flags(FLAGS)?;
        flags.at_most("dolt_commit", 0)?;
        if flags.has("allow-empty") && flags.has("skip-empty") {
            return Err(Error::bad_argument("error: cannot use both --allow-empty and --skip-empty"));
        }
        let cx = call.context;
        let branch = cx.branch()?;
        let amend = flags.has("amend");
        let merging = cx.working_set(&*cx.store, branch)?.merge.map(|merge| merge.operation);
        if let Some(operation) = merging.filter(|operation| amend && *operation != Operation::Verify) {
            let what = operation_name(operation);
            return Err(Error::new(Code::MergeConflict, format!("you are in the middle of a {what} -- cannot amend")));
        }
        let mut author = author(cx);
        let mut committer = signature(cx);
        if amend {
            author = cx.read_commit(&cx.head_commit()?)?.author;
            author.date_ms = cx.moment.now_ms;
        }
        if let Some(given) = flags.value("author") {
            author = author_of(given, cx.moment.now_ms)?;
            // As in Dolt: one who was named commits as well, unless the session says who does.
            if !cx.settings.variables.contains_key("dolt_committer_name") {
                committer = author.clone();
            }
        }
        if let Some(date) = flags.value("date") {
            author.date_ms = date_of(date)?;
            committer.date_ms = author.date_ms;
        }
        let mut options = CommitOptions::new(flags.value("message").unwrap_or_default(), author);
        options.committer = committer;
        options.amend = amend;
        options.allow_empty = flags.has("allow-empty");
        options.skip_empty = flags.has("skip-empty");
        options.force = flags.has("force");
        let selected = call.selected;
        let ignored = if flags.has("ALL") || selected { ignored_tables(cx)? } else { Vec::new() };
        let hash = cx.change_branch(|change, branch| {
            if flags.has("ALL") {
                stage_all(change, branch, &ignored)?;
            } else if flags.has("all") {
                change.add_tracked(branch)?;
                // DoltLite's `-am` takes a new table along, at least where there is nothing else to commit.
                let head = change.head(branch)?;
                let staged = change.working_set(&*cx.store, branch)?.staged;
                if selected && staged == cx.read_commit(&head)?.root {
                    stage_all(change, branch, &ignored)?;
                }
            }
            change.commit(branch, &options)
        })?;
        call.effect.ends_transaction = true;
        Ok(match hash {
            Some(hash) => Answer::one(hash.to_string()),
            None => Answer::new(vec![Value::from("")], Value::Int(0)),
        })
    }
}

/// `dolt_commit_hash_out(@hash, …)`: as `dolt_commit`; the hash goes into a user variable.
pub struct CommitHashOut;

impl Procedure for CommitHashOut {
    fn name(&self) -> &'static str { "dolt_commit_hash_out" }
    fn columns(&self) -> Vec<OutputColumn> { vec![text("hash")] }

    fn call(&self, call: &mut Call<'_>) -> Result<Answer> {
        let Some((_, rest)) = call.arguments.split_first() else {
            return Err(Error::bad_argument("dolt_commit_hash_out takes a user variable first"));
        };
        let mut inner = Call { context: call.context, arguments: rest, selected: call.selected, effect: &mut *call.effect };
        let answer = Commit.call(&mut inner)?;
        call.effect.out.push((0, answer.row[0].clone()));
        Ok(answer)
    }
}

pub fn operation_name(operation: Operation) -> &'static str {
    match operation {
        Operation::Merge | Operation::Squash => "merge",
        Operation::CherryPick => "cherry-pick",
        Operation::Revert => "revert",
        Operation::Rebase => "rebase",
        Operation::Verify => "check of constraints",
    }
}

/// `Name <email>`; an empty e-mail is let pass, as a text that lost its angle brackets may leave it.
pub fn author_of(text: &str, now_ms: i64) -> Result<Signature> {
    match Signature::parse(text, now_ms) {
        Err(_) if !text.trim().is_empty() && !text.contains(['<', '>', '@']) => Ok(Signature::new(text.trim(), "", now_ms)),
        parsed => parsed,
    }
}

/// `--date`: ISO 8601, and dates with slashes or points as Dolt takes them.
pub fn date_of(text: &str) -> Result<i64> {
    let parsed = parse_datetime(text).or_else(|| {
        let (date, rest) = text.split_at(text.len().min(10));
        parse_datetime(&format!("{}{rest}", date.replace(['/', '.'], "-")))
    });
    let micros = parsed.ok_or_else(|| {
        Error::bad_argument(format!("could not parse --date `{text}`: expected YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS"))
    })?;
    Ok(micros.div_euclid(1000))
}
