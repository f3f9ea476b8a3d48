//! What procedures and system tables have in common: the session's branch and revisions, snapshots of the
//! database, rows of one schema seen through another, differences of a table.

mod branch;
mod create_statement;
mod diff_rows;
mod ignore;
mod key_filter;
mod projection;
mod remote;
mod snapshot;

pub use branch::{author, config, detached, signature, DEFAULT_EMAIL, DEFAULT_NAME};
pub use create_statement::{action_name, column as column_definition, create_index, create_table, create_view, foreign_key as foreign_key_definition, quoted};
pub use diff_rows::{ChangeKind, DiffRows, RowChange};
pub use ignore::Ignore;
pub use key_filter::key_ranges;
pub use projection::{Fit, Projection};
pub use remote::{fetch, Extent, Remote, Upstream};
pub use snapshot::{date_value, merge_base_of, Snapshot};
