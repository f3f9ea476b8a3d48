//! Procedures of a database server that mean nothing in a page: each says what to use instead.

use super::answer::integer;
use super::{Answer, Call, Procedure};
use crate::error::{Error, Result};
use crate::sql::OutputColumn;

pub struct Elsewhere { name: &'static str, instead: &'static str }

pub const BACKUP: Elsewhere = Elsewhere { name: "dolt_backup", instead: "export the database, or push to a remote (dolt_remote, dolt_push)" };
pub const CLUSTER_ROLE: Elsewhere =
    Elsewhere { name: "dolt_assume_cluster_role", instead: "push and pull with a remote; the server over a bucket needs no roles" };

impl Procedure for Elsewhere {
    fn name(&self) -> &'static str { self.name }
    fn columns(&self) -> Vec<OutputColumn> { vec![integer("status")] }
    fn call(&self, _: &mut Call<'_>) -> Result<Answer> {
        Err(Error::unsupported(format!("{} is not supported: {}", self.name, self.instead)))
    }
}
