//! A database as a folder of files: `refs.json`, `packs/⟨id⟩.pack` and `.idx`. Packs never change, so that a host or a
//! CDN may keep them for ever; `refs.json` comes last.

use std::fs;
use std::path::Path;

use prollite::sync::serve;
use prollite::Result;

use crate::database::Database;
use crate::pack::{index_path, pack_path};
use crate::{files, io};

pub fn export(database: &Database, folder: &Path) -> Result<usize> {
    let packs = folder.join("packs");
    files::make_folder(&packs)?;
    let snapshot = database.snapshot();
    let own = database.folder().join("packs");
    for pack in &snapshot.packs {
        for (from, to) in [(index_path(&own, &pack.id), index_path(&packs, &pack.id)), (pack_path(&own, &pack.id), pack_path(&packs, &pack.id))] {
            if !to.exists() {
                let temporary = files::beside(&to);
                fs::copy(&from, &temporary).map_err(|error| io(format!("copying {}", from.display()), error))?;
                files::settle(&temporary, &to)?;
            }
        }
    }
    let mut refs: serde_json::Value = serde_json::from_str(&serve::refs(&snapshot.manifest.ref_list()))
        .map_err(|error| prollite::Error::internal(error.to_string()))?;
    refs["packs"] = snapshot.packs.iter().map(|pack| pack.id.hex()).collect::<Vec<_>>().into();
    refs["features"] = serde_json::json!(["static"]);
    files::write(&folder.join("refs.json"), refs.to_string().as_bytes())?;
    Ok(snapshot.packs.len())
}
