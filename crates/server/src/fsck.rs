//! Whether a database is what it must be: packs are what their names say, each chunk is where the index says, refs reach
//! only what listed packs hold, and what they reach can be read.

use std::collections::BTreeMap;
use std::rc::Rc;

use bytes::Bytes;
use prollite::chunk::Store;
use prollite::repo::{RefMap, Verify};
use prollite::{Address, Result};

use crate::database::Database;
use crate::snapshot::View;

#[derive(Debug, Default)]
pub struct Report { pub packs: usize, pub chunks: u64, pub refs: usize, pub problems: Vec<String> }

pub fn check(database: &Database) -> Result<Report> {
    let snapshot = database.snapshot();
    let mut report = Report { packs: snapshot.packs.len(), refs: snapshot.manifest.refs.len(), ..Report::default() };
    for pack in &snapshot.packs {
        if let Err(error) = pack.check() {
            report.problems.push(error.message().to_owned());
        }
    }
    let store: Store = Rc::new(View::new(snapshot.clone()));
    let refs: BTreeMap<&String, &Address> = snapshot.manifest.refs.iter().collect();
    let refs: RefMap = refs.into_iter().map(|(name, at)| (name.clone(), Bytes::copy_from_slice(at.as_bytes()))).collect();
    let verdict = Verify::new(&store, &refs, None)?.run()?;
    report.chunks = verdict.chunks;
    report.problems.extend(verdict.missing.iter().map(|address| format!("chunk {address} is reached and in no listed pack")));
    report.problems.extend(verdict.corrupt.iter().map(|(address, why)| format!("chunk {address}: {why}")));
    Ok(report)
}
