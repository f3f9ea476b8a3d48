//! `dolt_rm`: removes committed tables, or with `--cached` stops tracking them.

use super::answer::{integer, invalid_usage};
use super::flags::{long, Flag};
use super::{Answer, Call, Procedure};
use crate::error::{Code, Error, Result};
use crate::repo::fold;
use crate::sql::OutputColumn;

pub struct Rm;

const FLAGS: &[Flag] = &[long("cached")];

impl Procedure for Rm {
    fn name(&self) -> &'static str { "dolt_rm" }
    fn columns(&self) -> Vec<OutputColumn> { vec![integer("status")] }

    fn call(&self, call: &mut Call<'_>) -> Result<Answer> {
        let flags = call.flags(FLAGS)?;
        let cached = flags.has("cached");
        if flags.positional.is_empty() {
            return Err(invalid_usage());
        }
        let names: Vec<String> = flags.positional.iter().map(|name| fold(name)).collect();
        call.context.change_branch(|change, branch| {
            let mut roots = change.roots(branch)?;
            let (mut unstaged, mut staged) = (Vec::new(), Vec::new());
            for name in &names {
                let (work, stage, head) = (roots.working.table(name), roots.staged.table(name), roots.head.table(name));
                if work.is_none() && stage.is_none() && head.is_none() {
                    return Err(Error::new(Code::TableNotFound, format!("table not found: {name}")));
                }
                if work != stage {
                    unstaged.push(name.as_str());
                } else if stage != head {
                    staged.push(name.as_str());
                }
                for table in roots.working.tables.values().filter(|table| !names.contains(&fold(&table.schema.name))) {
                    if table.schema.foreign_keys.iter().any(|key| fold(&key.parent_table) == *name) {
                        return Err(Error::new(
                            Code::Constraint,
                            format!("unable to remove `{name}` since it is referenced from table `{}`", table.schema.name),
                        ));
                    }
                }
            }
            if !cached && !unstaged.is_empty() {
                let text = format!("error: the table(s) {} have unstaged changes.", unstaged.join(", "));
                return Err(Error::new(Code::Dirty, text));
            }
            if !cached && !staged.is_empty() {
                let names = staged.join(", ");
                let text = format!("error: the table(s) {names} have changes saved in the index. Use --cached or commit.");
                return Err(Error::new(Code::Dirty, text));
            }
            for name in &names {
                roots.staged.tables.remove(name);
                if !cached {
                    roots.working.tables.remove(name);
                }
            }
            roots.working_set.staged = roots.staged.write(&**change.store)?;
            roots.working_set.working = roots.working.write(&**change.store)?;
            change.set_working_set(branch, &roots.working_set)
        })?;
        Ok(Answer::ok())
    }
}
