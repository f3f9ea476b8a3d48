//! The databases of a folder. A name from outside is checked by one grammar and looked up; it is never joined to a path
//! before.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use prollite::sync::check_database;
use prollite::{Code, Error, Result};

use crate::database::Database;
use crate::depot::{Depot, Found};
use crate::{files, io};

pub struct Registry { folder: PathBuf, depot: Option<Arc<dyn Depot>>, open: Mutex<BTreeMap<String, Arc<Database>>> }

impl Registry {
    /// With a `depot` the folder keeps copies alone.
    pub fn open(data: &Path, depot: Option<Arc<dyn Depot>>) -> Result<Registry> {
        let folder = data.join("db");
        files::make_folder(&folder)?;
        Ok(Registry { folder, depot, open: Mutex::default() })
    }

    pub fn names(&self) -> Result<Vec<String>> {
        if let Some(depot) = &self.depot {
            let mut names = depot.databases()?;
            names.retain(|name| check_database(name).is_ok());
            return Ok(names);
        }
        let entries = std::fs::read_dir(&self.folder).map_err(|error| io(format!("reading {}", self.folder.display()), error))?;
        let mut names: Vec<String> = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.retain(|name| check_database(name).is_ok());
        names.sort();
        Ok(names)
    }

    /// `create`: a database that is not there is made. What other servers did meanwhile is seen.
    pub fn get(&self, name: &str, create: bool) -> Result<Arc<Database>> {
        check_database(name)?;
        let known = self.open.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        if let Some(database) = known {
            database.refresh()?;
            return Ok(database);
        }
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(database) = open.get(name) {
            return Ok(database.clone());
        }
        let folder = self.folder.join(name);
        let is_there = match &self.depot {
            Some(depot) => !matches!(depot.manifest(name, None)?, Found::Nothing),
            None => folder.join("LOCK").exists(),
        };
        if !create && !is_there {
            return Err(Error::new(Code::RefNotFound, format!("there is no database {name} here")));
        }
        let database = Arc::new(Database::open_in(&folder, name, self.depot.clone())?);
        open.insert(name.into(), database.clone());
        Ok(database)
    }

    pub fn all_open(&self) -> Vec<Arc<Database>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}
