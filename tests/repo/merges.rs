//! The merge verb: fast-forwards, conflicts and their resolution, violations, what stands in the way.

use prollite::prolly::KeyRange;
use prollite::repo::{
    Action, Commit, CommitOptions, Conflict, ForeignKey, MergeOptions, MergeOutcome, Refs, Resolution, Root, Violation,
};
use prollite::tuple::{ColumnType, Value};
use prollite::{Code, Result};

use crate::support::*;

fn table(rows: &[(i64, i64, i64)]) -> Model {
    let mut schema = schema("t", &[("a", ColumnType::INTEGER), ("b", ColumnType::INTEGER)]);
    add_index(&mut schema, "ia", &["a"], false);
    let mut model = Model::new(schema);
    for (id, a, b) in rows {
        model.put(*id, &[Value::Int(*a), Value::Int(*b)]);
    }
    model
}

/// `main` and `feature`, both past a common commit.
fn diverged(base: &Model, ours: &Model, theirs: &Model) -> Desk {
    let mut desk = Desk::new();
    desk.write_table("main", base);
    let one = desk.commit("main", "base");
    desk.run(|change| change.create_branch("feature", one, false)).unwrap();
    for (branch, model) in [("main", ours), ("feature", theirs)] {
        if model != base {
            desk.write_table(branch, model);
            desk.commit(branch, branch);
        }
    }
    desk
}

fn merge(desk: &mut Desk, change_options: impl FnOnce(&mut MergeOptions)) -> Result<MergeOutcome> {
    let mut options = MergeOptions::new(who());
    change_options(&mut options);
    let source = desk.head("feature");
    desk.run(|change| change.merge("main", "feature", source, &options, &no_expressions(), &mut None))
}

fn rows(desk: &Desk) -> Vec<(i64, i64, i64)> {
    let rows = read_rows(&desk.store, desk.working("main").table("t").unwrap());
    let int = |value: &Value| if let Value::Int(int) = value { *int } else { -1 };
    rows.iter().map(|row| (int(&row[0]), int(&row[1]), int(&row[2]))).collect()
}

#[test]
fn fast_forward_and_its_options() {
    let base = table(&[(1, 1, 1)]);
    let theirs = table(&[(1, 1, 1), (2, 2, 2)]);
    let mut desk = diverged(&base, &base, &theirs);
    let outcome = merge(&mut desk, |options| options.ff_only = true).unwrap();
    assert!(outcome.fast_forward);
    assert_eq!(desk.head("main"), desk.head("feature"));
    assert!(merge(&mut desk, |_| {}).unwrap().up_to_date);

    let mut desk = diverged(&base, &base, &theirs);
    let outcome = merge(&mut desk, |options| options.no_ff = true).unwrap();
    let commit = Commit::read(&*desk.store, &outcome.commit.unwrap()).unwrap();
    assert_eq!((commit.parents.len(), &*commit.message), (2, "Merge branch 'feature' into main"));
    assert_eq!(commit.root, Commit::read(&*desk.store, &desk.head("feature")).unwrap().root);

    let mut desk = diverged(&base, &table(&[(1, 9, 1)]), &theirs);
    assert_eq!(merge(&mut desk, |options| options.ff_only = true).unwrap_err().code(), Code::BadArgument);
}

#[test]
fn cells_of_one_row_merge_and_a_squash_has_one_parent() {
    let base = table(&[(1, 1, 1), (2, 2, 2), (3, 3, 3)]);
    let (ours, theirs) = (table(&[(1, 9, 1), (2, 2, 2)]), table(&[(1, 1, 8), (2, 2, 2), (3, 3, 3), (4, 4, 4)]));
    let mut desk = diverged(&base, &ours, &theirs);
    assert_eq!(merge(&mut desk, |_| {}).unwrap().message(), "merge successful");
    assert_eq!(rows(&desk), [(1, 9, 8), (2, 2, 2), (4, 4, 4)]);
    assert!(desk.repository.record("work/main").is_none());

    let mut desk = diverged(&base, &ours, &theirs);
    merge(&mut desk, |options| options.squash = true).unwrap();
    let squashed = desk.commit("main", "squashed");
    assert_eq!(Commit::read(&*desk.store, &squashed).unwrap().parents.len(), 1);
    assert_eq!(rows(&desk), [(1, 9, 8), (2, 2, 2), (4, 4, 4)]);
}

#[test]
fn conflicts_wait_in_the_working_set_until_they_are_resolved() {
    let base = table(&[(1, 1, 1), (2, 2, 2)]);
    let (ours, theirs) = (table(&[(1, 9, 1)]), table(&[(1, 8, 1), (2, 2, 7), (3, 3, 3)]));
    for resolution in [Resolution::Ours, Resolution::Theirs] {
        let mut desk = diverged(&base, &ours, &theirs);
        let outcome = merge(&mut desk, |_| {}).unwrap();
        assert_eq!((outcome.conflicts, outcome.commit), (2, None));
        assert_eq!(outcome.message(), "Merge completed with 2 conflict(s)");
        assert_eq!(rows(&desk), [(1, 9, 1), (3, 3, 3)], "ours stands, what merged is there");
        let state = desk.repository.working_set(&*desk.store, "main").unwrap().merge.unwrap();
        let mut cursor = state.conflicts["t"].cursor(&desk.store, KeyRange::all(), false);
        let (_, first) = cursor.next().unwrap().unwrap();
        let first = Conflict::decode(&*desk.store, &first).unwrap();
        assert!(first.base.is_some() && first.ours.is_some() && first.theirs.is_some());
        let (_, second) = cursor.next().unwrap().unwrap();
        assert!(Conflict::decode(&*desk.store, &second).unwrap().ours.is_none());
        let refused = desk.run(|change| change.commit("main", &CommitOptions::new("m", who()))).unwrap_err();
        assert_eq!(refused.code(), Code::MergeConflict);
        assert_eq!(merge(&mut desk, |_| {}).unwrap_err().code(), Code::MergeConflict);
        desk.run(|change| change.resolve_conflicts("main", resolution, &["t"], &no_expressions())).unwrap();
        let expected = match resolution {
            Resolution::Ours => vec![(1, 9, 1), (3, 3, 3)],
            Resolution::Theirs => vec![(1, 8, 1), (2, 2, 7), (3, 3, 3)],
        };
        assert_eq!(rows(&desk), expected);
        let merged = desk.run(|change| change.commit("main", &CommitOptions::new("merged", who()))).unwrap().unwrap();
        let commit = Commit::read(&*desk.store, &merged).unwrap();
        assert_eq!(commit.parents.len(), 2);
        let root = Root::read(&*desk.store, &commit.root).unwrap();
        assert_eq!(**root.table("t").unwrap(), table(&expected).build(&desk.store), "indexes follow");
        assert!(desk.repository.record("work/main").is_none());
    }
}

#[test]
fn abort_restores_the_same_roots() {
    let base = table(&[(1, 1, 1)]);
    let mut desk = diverged(&base, &table(&[(1, 2, 1)]), &table(&[(1, 3, 1)]));
    let mut other = Model::new(schema("other", &[]));
    other.put(1, &[]);
    desk.write_table("main", &other);
    let before = desk.repository.working_set(&*desk.store, "main").unwrap();
    merge(&mut desk, |_| {}).unwrap();
    assert!(desk.working("main").table("other").is_some(), "what the merge does not touch is carried along");
    desk.run(|change| change.abort_merge("main")).unwrap();
    assert_eq!(desk.repository.working_set(&*desk.store, "main").unwrap(), before);
    assert_eq!(desk.run(|change| change.abort_merge("main")).unwrap_err().message(), "no merge in progress");
}

#[test]
fn uncommitted_changes_stand_in_the_way() {
    let base = table(&[(1, 1, 1)]);
    let mut desk = diverged(&base, &base, &table(&[(1, 3, 1)]));
    desk.write_table("main", &table(&[(1, 7, 7)]));
    let error = merge(&mut desk, |_| {}).unwrap_err();
    assert_eq!((error.code(), error.message()), (Code::Dirty, "uncommitted changes would be stomped by merge: t"));
}

#[test]
fn cherry_pick_and_revert_are_merges() {
    let base = table(&[(1, 1, 1), (2, 2, 2)]);
    let mut desk = diverged(&base, &table(&[(1, 5, 1), (2, 2, 2)]), &table(&[(1, 1, 1), (2, 2, 9)]));
    let picked = desk.head("feature");
    let options = MergeOptions::new(who());
    desk.run(|change| change.cherry_pick("main", picked, 0, &options, &no_expressions(), &mut None)).unwrap();
    assert_eq!(rows(&desk), [(1, 5, 1), (2, 2, 9)]);
    let head = desk.head("main");
    assert_eq!(&*Commit::read(&*desk.store, &head).unwrap().message, "feature");
    desk.run(|change| change.revert("main", head, 0, &options, &no_expressions(), &mut None)).unwrap();
    assert_eq!(rows(&desk), [(1, 5, 1), (2, 2, 2)]);
    assert_eq!(&*Commit::read(&*desk.store, &desk.head("main")).unwrap().message, "Revert \"feature\"");
    let again = desk.run(|change| change.cherry_pick("main", desk_head(change, "main~2"), 0, &options, &no_expressions(), &mut None));
    assert_eq!(again.unwrap_err().code(), Code::NothingToCommit);
}

fn desk_head(change: &prollite::repo::Change<'_>, spec: &str) -> prollite::Address {
    prollite::repo::resolve_commit(change, change.store, spec, Some("main")).unwrap()
}

fn violations(desk: &Desk, table: &str) -> Vec<Violation> {
    let Some(merge) = desk.repository.working_set(&*desk.store, "main").unwrap().merge else { return Vec::new() };
    let Some(map) = merge.violations.get(table) else { return Vec::new() };
    let mut cursor = map.cursor(&desk.store, KeyRange::all(), false);
    std::iter::from_fn(|| cursor.next().unwrap().map(|(_, value)| Violation::decode(&*desk.store, &value).unwrap())).collect()
}

/// Both sides add a row with the same unique value: each was right alone.
#[test]
fn a_unique_value_on_both_sides_is_a_violation() {
    let unique = |rows: &[(i64, i64, i64)]| {
        let mut model = table(rows);
        add_index(&mut model.schema, "ub", &["b"], true);
        model
    };
    let base = unique(&[(1, 1, 1)]);
    let mut desk = diverged(&base, &unique(&[(1, 1, 1), (2, 2, 5)]), &unique(&[(1, 1, 1), (3, 3, 5)]));
    let outcome = merge(&mut desk, |_| {}).unwrap();
    assert_eq!((outcome.violations, outcome.commit), (2, None));
    assert!(violations(&desk, "t").iter().all(|violation| &*violation.constraint == "ub"));
    let refused = desk.run(|change| change.commit("main", &CommitOptions::new("m", who()))).unwrap_err();
    assert_eq!(refused.code(), Code::MergeConflict);
    desk.run(|change| change.drop_violations("main", "t", None)).unwrap();
    desk.run(|change| change.commit("main", &CommitOptions::new("m", who()))).unwrap().unwrap();
}

/// A row that is taken from theirs to settle a conflict may repeat a unique value that ours kept.
#[test]
fn resolving_can_break_a_constraint_and_says_so() {
    let unique = |rows: &[(i64, i64, i64)]| {
        let mut model = table(rows);
        add_index(&mut model.schema, "ub", &["b"], true);
        model
    };
    let base = unique(&[(1, 1, 1), (2, 2, 2)]);
    // Ours: row 1 takes 7, row 2 takes 5. Theirs: row 2 takes 7.
    let mut desk = diverged(&base, &unique(&[(1, 1, 7), (2, 2, 5)]), &unique(&[(1, 1, 1), (2, 2, 7)]));
    let outcome = merge(&mut desk, |_| {}).unwrap();
    assert_eq!((outcome.conflicts, outcome.violations), (1, 0));
    desk.run(|change| change.resolve_conflicts("main", Resolution::Theirs, &["t"], &no_expressions())).unwrap();
    assert_eq!(violations(&desk, "t").len(), 2);
    let refused = desk.run(|change| change.commit("main", &CommitOptions::new("m", who()))).unwrap_err();
    assert_eq!(refused.code(), Code::MergeConflict);
}

/// One side deletes a parent, the other adds a child of it.
#[test]
fn a_child_without_its_parent_is_a_violation_on_either_side() {
    let parent = |ids: &[i64]| {
        let mut model = Model::new(schema("p", &[]));
        ids.iter().for_each(|id| model.put(*id, &[]));
        model
    };
    let child = |rows: &[(i64, i64)]| {
        let mut model = Model::new(schema("c", &[("p_id", ColumnType::INTEGER)]));
        model.schema.foreign_keys.push(ForeignKey {
            name: "c_p".into(),
            columns: vec![1],
            parent_table: "P".into(),
            parent_columns: vec!["id".into()],
            on_delete: Action::NoAction,
            on_update: Action::NoAction,
        });
        rows.iter().for_each(|(id, p)| model.put(*id, &[Value::Int(*p)]));
        model
    };
    for swapped in [false, true] {
        let mut desk = Desk::new();
        desk.write_table("main", &parent(&[1, 2]));
        desk.write_table("main", &child(&[(1, 1)]));
        let one = desk.commit("main", "base");
        desk.run(|change| change.create_branch("feature", one, false)).unwrap();
        let (deleter, adder) = if swapped { ("feature", "main") } else { ("main", "feature") };
        desk.write_table(deleter, &parent(&[1]));
        desk.commit(deleter, "delete");
        desk.write_table(adder, &child(&[(1, 1), (2, 2)]));
        desk.commit(adder, "add");
        let outcome = merge(&mut desk, |_| {}).unwrap();
        assert_eq!((outcome.conflicts, outcome.violations), (0, 1), "swapped: {swapped}");
        assert_eq!(&*violations(&desk, "c")[0].constraint, "c_p");
    }
}

#[test]
fn schemas_that_cannot_be_merged_wait_as_a_conflict() {
    let base = table(&[(1, 1, 1)]);
    let typed = |column_type: ColumnType| {
        let mut model = base.clone();
        model.schema.columns[2].declared = column_type.to_string().into();
        model.schema.columns[2].column_type = column_type;
        let id = model.schema.columns[2].id;
        model.rows.values_mut().for_each(|row| {
            row.insert(id, Value::Null);
        });
        model
    };
    let mut desk = diverged(&base, &typed(ColumnType::Real), &typed(ColumnType::Numeric));
    let outcome = merge(&mut desk, |_| {}).unwrap();
    assert_eq!((outcome.schema_conflicts, outcome.conflicts), (1, 0));
    let state = desk.repository.working_set(&*desk.store, "main").unwrap().merge.unwrap();
    assert_eq!(&*state.schema_conflicts[0].description, "both sides changed the type of column b");
    desk.run(|change| change.resolve_conflicts("main", Resolution::Theirs, &["t"], &no_expressions())).unwrap();
    let table = desk.working("main").table("t").cloned().unwrap();
    assert_eq!(table.schema.columns[2].column_type, ColumnType::Numeric);
    desk.run(|change| change.commit("main", &CommitOptions::new("m", who()))).unwrap().unwrap();
}

/// Ours makes a table of the name that theirs gives to another: ours keeps the name, and nothing is lost.
#[test]
fn a_name_that_both_sides_use_is_a_conflict() {
    for swapped in [false, true] {
        let base = table(&[(1, 1, 1)]);
        let mut renamed = base.clone();
        renamed.schema.name = "x".into();
        let mut made = Model::new(schema("x", &[]));
        made.put(7, &[]);
        let mut desk = Desk::new();
        desk.write_table("main", &base);
        let one = desk.commit("main", "base");
        desk.run(|change| change.create_branch("feature", one, false)).unwrap();
        let (renamer, maker) = if swapped { ("main", "feature") } else { ("feature", "main") };
        let only = root([renamed.build(&desk.store)]);
        desk.write(renamer, &only);
        desk.commit(renamer, "rename");
        desk.write_table(maker, &made);
        desk.commit(maker, "make");
        let before = desk.working("main");
        let outcome = merge(&mut desk, |_| {}).unwrap();
        assert_eq!(outcome.schema_conflicts, 1, "swapped: {swapped}");
        assert_eq!(desk.working("main"), before, "ours stays");
    }
}

/// A conflict whose three rows do not fit one value of the map, and their large cells, survive.
#[test]
fn conflicts_of_wide_rows_come_back() {
    let wide = |text: &str| {
        let columns: Vec<String> = (0..60).map(|n| format!("c{n}")).collect();
        let columns: Vec<(&str, ColumnType)> = columns.iter().map(|name| (&**name, ColumnType::TEXT)).collect();
        let mut model = Model::new(schema("t", &columns));
        let mut cells = vec![Value::from(text.repeat(29)); 59];
        cells.push(Value::from(text.repeat(5_000)));
        model.put(1, &cells);
        model
    };
    let mut desk = diverged(&wide("a"), &wide("b"), &wide("c"));
    assert_eq!(merge(&mut desk, |_| {}).unwrap().conflicts, 1);
    let verify = prollite::repo::Verify::new(&desk.store, &desk.repository.all_refs(), Some(no_expressions()));
    assert!(verify.unwrap().run().unwrap().is_ok());
    desk.run(|change| change.resolve_conflicts("main", Resolution::Theirs, &[], &no_expressions())).unwrap();
    assert_eq!(**desk.working("main").table("t").unwrap(), wide("c").build(&desk.store));
}
