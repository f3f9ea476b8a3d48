//! A store and the refs into it.

use std::cell::RefCell;

use super::RefMap;
use crate::chunk::Store;

pub struct Repository { pub store: Store, pub refs: RefCell<RefMap> }
