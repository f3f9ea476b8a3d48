//! `dolt_config`: who commits. Kept with the database.

use super::answer::text;
use super::flags::word;
use super::{Answer, Call, Procedure};
use crate::error::{Error, Result};
use crate::sql::versions::{config, DEFAULT_EMAIL, DEFAULT_NAME};
use crate::sql::OutputColumn;
use crate::tuple::Value;

pub struct Config;

const KEYS: [(&str, &str); 2] = [("user.name", DEFAULT_NAME), ("user.email", DEFAULT_EMAIL)];

impl Procedure for Config {
    fn name(&self) -> &'static str { "dolt_config" }
    fn columns(&self) -> Vec<OutputColumn> { vec![text("value")] }

    fn call(&self, call: &mut Call<'_>) -> Result<Answer> {
        let words: Vec<String> = call.arguments.iter().map(word).collect::<Result<_>>()?;
        let (key, value) = match &words[..] {
            [key] => (key, None),
            [key, value] => (key, Some(value)),
            _ => return Err(Error::bad_argument("usage: dolt_config(key [, value])")),
        };
        let Some((key, default)) = KEYS.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(key)) else {
            return Err(Error::bad_argument(format!("unknown config key {key} (valid: user.name, user.email)")));
        };
        let Some(value) = value else {
            return Ok(Answer::one(config(call.context, key).unwrap_or_else(|| default.to_string())));
        };
        if value.contains(['<', '>', '\n']) {
            return Err(Error::bad_argument(format!("{key} must not contain <, > or a line break: {value}")));
        }
        call.context.change(|change| {
            change.set_config(key, Some(value));
            Ok(())
        })?;
        Ok(Answer::new(vec![Value::from(value.as_str())], Value::Int(0)))
    }
}
