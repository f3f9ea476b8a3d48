//! Ids of tables, columns and indexes: hashes of (kind, parent id, folded name at creation, type family, probe),
//! probed past ids in use. The same change on two branches gives the same id.

use super::{fold, ColumnId, IndexId, Root, Schema, TableId};
use crate::tuple::Family;

fn derive(kind: &[u8], parent: u64, name: &str, family: u8, taken: impl Fn(u64) -> bool) -> u64 {
    let mut probe = 0u32;
    loop {
        let mut hasher = blake3::Hasher::new();
        hasher.update(kind).update(&parent.to_le_bytes()).update(&[family]).update(&probe.to_le_bytes());
        hasher.update(fold(name).as_bytes());
        let mut id = [0; 8];
        id.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
        let id = u64::from_le_bytes(id);
        if id != 0 && !taken(id) {
            return id;
        }
        probe += 1;
    }
}

impl Root {
    /// The id of a table that is about to be created.
    pub fn derive_table_id(&self, name: &str) -> TableId {
        TableId(derive(b"table", 0, name, 0, |id| self.tables.values().any(|table| table.schema.id.0 == id)))
    }
}

impl Schema {
    /// The id of a column that is about to be added to this table (whose own id is set).
    pub fn derive_column_id(&self, name: &str, family: Family) -> ColumnId {
        let taken = |id| self.columns.iter().any(|column| column.id.0 == id);
        ColumnId(derive(b"column", self.id.0, name, family as u8, taken))
    }

    pub fn derive_index_id(&self, name: &str) -> IndexId {
        IndexId(derive(b"index", self.id.0, name, 0, |id| self.indexes.iter().any(|index| index.id.0 == id)))
    }
}
