//! Versioning without SQL types: roots, schemas, commits, refs, merge.
//!
//! What can be read are values: [`Root`], [`Table`], [`Commit`], [`WorkingSet`], by address. What moves are records,
//! read through [`Refs`]; verbs are methods of [`Change`], which gathers new records into a [`Publication`].

mod ancestry;
mod batch;
mod branch;
mod change;
mod commit;
mod committing;
mod delta;
mod gc;
mod history;
mod id;
mod left_out;
mod merge;
mod rebase;
mod reflog;
mod refs;
mod repository;
mod revision;
mod root;
mod row_codec;
mod row_diff;
mod schema;
mod schema_codec;
mod stage;
mod status;
mod table;
mod table_history;
mod tag;
mod verify;
mod walk;
mod wire;
mod working_set;

pub use change::{auto_increment, auto_name, Change};
pub use ancestry::{ahead_behind, is_ancestor, merge_base};
pub use commit::{closure_key, parse_closure_key, Commit, Signature, RECENT};
pub use committing::CommitOptions;
pub use delta::{diff_roots, diff_views, DeltaKind, TableDelta, ViewDelta};
pub use gc::{Gc, Kept, REFLOG_DAYS};
pub use history::History;
pub use left_out::{beyond, end_before, not_here, tables_of};
pub use merge::{
    merge_schemas, rows_where, Choice, Conflict, Driver, Drivers, HunkKind, MergeOptions, MergeOutcome, MergeResult, Merger,
    NoExpressions, Resolution, RowCheck, TableStats, TextHunk, TextMerge, Violation, ViolationKind, DRIVERS_TABLE,
};
pub use rebase::{show_order, Action as RebaseAction, ConflictCounts, Progress as RebaseProgress, Rebase, RebaseStep, Rebaser};
pub use reflog::{Move, Reflog};
pub use refs::{
    check_free, check_name, Publication, RefMap, RefName, Refs, AUTO, CONFIG, HEADS, LAZY, REBASE, REFLOG, REMOTE, SHALLOW, STASH,
    STATE, TAGS, TRACKING, UNLAZY, WORK,
};
pub use repository::{Repository, DEFAULT_BRANCH};
pub use revision::{commit_at, parse_range, resolve, resolve_commit, Range, Revision};
pub use root::{Root, TableEntry, View};
pub use row_codec::{keyless_value, row_key_of_index, split_keyless, Record, RowCodec, ROW_HASH};
pub use row_diff::{same_key_form, RowChange, RowDiff};
pub use schema::{
    fold, Action, Check, Column, ColumnId, ForeignKey, Generated, Index, IndexId, KeyPart, Schema, TableId,
};
pub use stage::Roots;
pub use status::{status, State, StatusEntry, VIEWS_TABLE};
pub use table::Table;
pub use table_history::{TableChange, TableHistory};
pub use tag::Tag;
pub use verify::{Verdict, Verify};
pub use walk::{large_values, may_point_to, publication_points_to, record_points_to, Role, Walk};
pub use working_set::{MergeState, Operation, SchemaConflict, WorkingSet};
