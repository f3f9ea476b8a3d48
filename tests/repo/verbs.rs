//! Branches, commits, revisions, resets, status, history, gc and verification, as a user would go about it.

use prollite::chunk::MemoryStore;
use prollite::repo::{
    ahead_behind, is_ancestor, merge_base, resolve, resolve_commit, status, Commit, CommitOptions, Gc, History, Reflog, Refs,
    Revision, Root, State, TableHistory, Verify,
};
use prollite::tuple::{ColumnType, Value};
use prollite::{Address, Code};

use crate::support::*;

fn table(rows: &[(i64, &str)]) -> Model {
    let mut schema = schema("t", &[("a", ColumnType::TEXT)]);
    add_index(&mut schema, "ia", &["a"], false);
    let mut model = Model::new(schema);
    for (id, a) in rows {
        model.put(*id, &[Value::from(*a)]);
    }
    model
}

fn states(desk: &Desk, branch: &str) -> Vec<(String, bool, State)> {
    let head = Commit::read(&*desk.store, &desk.head(branch)).unwrap().root;
    let working_set = desk.repository.working_set(&*desk.store, branch).unwrap();
    let entries = status(&*desk.store, &head, &working_set).unwrap();
    entries.into_iter().map(|entry| (entry.table, entry.staged, entry.state)).collect()
}

#[test]
fn a_commit_holds_what_was_staged() {
    let mut desk = Desk::new();
    assert!(states(&desk, "main").is_empty());
    desk.write_table("main", &table(&[(1, "x")]));
    assert_eq!(states(&desk, "main"), [("t".into(), false, State::NewTable)]);
    let nothing = desk.run(|change| change.commit("main", &CommitOptions::new("m", who()))).unwrap_err();
    assert_eq!(nothing.code(), Code::NothingToCommit);
    desk.run(|change| change.add("main", &["T"])).unwrap();
    assert_eq!(states(&desk, "main"), [("t".into(), true, State::NewTable)]);
    desk.write_table("main", &table(&[(1, "y")]));
    let committed = desk.run(|change| change.commit("main", &CommitOptions::new("first", who()))).unwrap().unwrap();
    assert_eq!(states(&desk, "main"), [("t".into(), false, State::Modified)]);
    let commit = Commit::read(&*desk.store, &committed).unwrap();
    assert_eq!((commit.height, &*commit.message, commit.parents.len()), (1, "first", 1));
    let root = Root::read(&*desk.store, &commit.root).unwrap();
    assert_eq!(read_rows(&desk.store, root.table("t").unwrap()), [[Value::Int(1), Value::from("x")]]);
    assert_eq!(desk.run(|change| change.add("main", &["nope"])).unwrap_err().message(), "table not found: nope");
    desk.run(|change| change.reset_hard("main", None)).unwrap();
    assert!(states(&desk, "main").is_empty());
    assert!(desk.repository.record("work/main").is_none(), "a clean working set has no record");
}

#[test]
fn a_rename_is_a_rename() {
    let mut desk = Desk::new();
    let mut model = table(&[(1, "x")]);
    desk.write_table("main", &model);
    desk.commit("main", "one");
    model.schema.name = "u".into();
    desk.write("main", &root([model.build(&desk.store)]));
    assert_eq!(states(&desk, "main"), [("t -> u".into(), false, State::Renamed)]);
    desk.run(|change| change.add("main", &["u"])).unwrap();
    assert_eq!(states(&desk, "main"), [("t -> u".into(), true, State::Renamed)]);
}

#[test]
fn branches_and_tags_refuse_what_would_hurt() {
    let mut desk = Desk::new();
    desk.write_table("main", &table(&[(1, "x")]));
    let one = desk.commit("main", "one");
    desk.run(|change| change.create_branch("feature", one, false)).unwrap();
    let code = |result: prollite::Result<()>| result.unwrap_err().code();
    assert_eq!(code(desk.run(|change| change.create_branch("feature", one, false))), Code::Exists);
    for name in ["", "a b", "-x", "a..b", "HEAD", "a~1", "x/", "a@{0}"] {
        assert_eq!(code(desk.run(|change| change.create_branch(name, one, false))), Code::BadArgument, "{name}");
    }
    desk.write_table("feature", &table(&[(1, "y")]));
    assert_eq!(code(desk.run(|change| change.delete_branch("feature", Some("main"), false))), Code::Dirty);
    desk.commit("feature", "two");
    assert_eq!(code(desk.run(|change| change.delete_branch("feature", Some("main"), false))), Code::BadArgument);
    assert_eq!(code(desk.run(|change| change.delete_branch("main", Some("main"), true))), Code::BadArgument);
    desk.run(|change| change.rename_branch("feature", "renamed", false)).unwrap();
    assert!(desk.repository.branch("feature").unwrap().is_none());
    desk.run(|change| change.delete_branch("renamed", Some("main"), true)).unwrap();
    assert_eq!(desk.repository.head("renamed").unwrap_err().message(), "branch not found: renamed");
    desk.run(|change| change.create_tag("v1", one, who(), "")).unwrap();
    assert_eq!(code(desk.run(|change| change.create_tag("v1", one, who(), ""))), Code::Exists);
    desk.run(|change| change.delete_tag("v1")).unwrap();
    assert_eq!(code(desk.run(|change| change.delete_tag("v1"))), Code::RefNotFound);
}

#[test]
fn revisions_name_commits() {
    let mut desk = Desk::new();
    let commits: Vec<Address> = (0..30)
        .map(|n| {
            desk.write_table("main", &table(&[(1, &n.to_string())]));
            desk.commit("main", &format!("c{n}"))
        })
        .collect();
    desk.run(|change| change.create_tag("v1", commits[3], who(), "first")).unwrap();
    desk.run(|change| change.create_branch("side", commits[5], false)).unwrap();
    let find = |spec: &str| resolve_commit(&desk.repository, &desk.store, spec, Some("main"));
    assert_eq!(find("HEAD").unwrap(), commits[29]);
    assert_eq!(find("main~4").unwrap(), commits[25]);
    assert_eq!(find("HEAD^").unwrap(), commits[28]);
    assert_eq!(find("head~1^~2").unwrap(), commits[25]);
    assert_eq!(find("v1").unwrap(), commits[3]);
    assert_eq!(find("side~5").unwrap(), commits[0]);
    let shown = commits[7].to_string();
    assert_eq!(find(&shown).unwrap(), commits[7]);
    assert_eq!(find(&shown[..12]).unwrap(), commits[7]);
    assert_eq!(find("nope").unwrap_err().message(), "no such ref: nope");
    assert_eq!(find("HEAD~99").unwrap_err().message(), "invalid ancestor spec: HEAD~99");
    assert_eq!(find("HEAD^2").unwrap_err().code(), Code::RefNotFound);
    assert_eq!(find("WORKING").unwrap_err().code(), Code::BadArgument);
    assert_eq!(resolve(&desk.repository, &desk.store, "STAGED", Some("main")).unwrap(), Revision::Staged("main".into()));
    let date = Commit::read(&*desk.store, &commits[9]).unwrap().committer.date_ms;
    let moment = prollite::tuple::datetime_text(date * 1000).unwrap();
    assert_eq!(find(&moment).unwrap(), commits[9]);
    assert_eq!(find("1969-01-01").unwrap_err().code(), Code::RefNotFound);
    let pieces = ["main", "HEAD", "~", "^", "1", "é", "@", "v1", "99999999999999999999", "..", " ", "0a1b", "-"];
    for seed in 0..cases() * 20 {
        let mut random = Random(seed);
        let odd: String = (0..random.below(6)).map(|_| pieces[random.below(pieces.len() as u64) as usize]).collect();
        let _ = find(&odd);
        let _ = prollite::repo::parse_range(&odd);
        let _ = prollite::repo::check_name("branch", &odd);
        let _ = prollite::repo::Signature::parse(&odd, 0);
    }
}

/// Commits whose shown hashes start alike are told apart or refused, never guessed.
#[test]
fn an_ambiguous_hash_is_refused() {
    let mut desk = Desk::new();
    let mut seen = std::collections::BTreeMap::new();
    for n in 0.. {
        desk.write_table("main", &table(&[(1, &n.to_string())]));
        let shown = desk.commit("main", "c").to_string();
        if seen.insert(shown[..4].to_owned(), n).is_some() {
            let error = resolve_commit(&desk.repository, &desk.store, &shown[..4], Some("main")).unwrap_err();
            assert!(error.message().starts_with("ambiguous hash"), "{error}");
            return;
        }
        if n > 6_000 {
            panic!("no two of {n} commits share 20 bits");
        }
    }
}

/// Random histories: ancestry and merge bases against a plain walk of parents.
#[test]
fn merge_bases_agree_with_a_plain_walk() {
    for seed in 0..cases() {
        let mut random = Random(seed);
        let store = memory();
        let root = Root::default().write(&*store).unwrap();
        let mut commits: Vec<(Address, Commit)> = Vec::new();
        let mut ancestors: Vec<std::collections::BTreeSet<usize>> = Vec::new();
        // Every other history has long lines without a merge.
        let in_lines = seed % 2 == 0;
        for n in 0..if in_lines { 55 } else { 25 } {
            let mut parents: Vec<usize> = Vec::new();
            let merges = if in_lines { u64::from(random.chance(20)) } else { random.below(2) };
            for _ in 0..if commits.is_empty() { 0 } else { 1 + merges } {
                let from = commits.len().saturating_sub(if in_lines && !random.chance(12) { 2 } else { 6 });
                let parent = from + random.below((commits.len() - from) as u64) as usize;
                if !parents.contains(&parent) {
                    parents.push(parent);
                }
            }
            let addresses = parents.iter().map(|parent| commits[*parent].0).collect();
            commits.push(Commit::create(&store, root, addresses, who(), who(), &format!("{n}")).unwrap());
            let mut all: std::collections::BTreeSet<usize> = parents.iter().copied().collect();
            parents.iter().for_each(|parent| all.extend(ancestors[*parent].clone()));
            ancestors.push(all);
        }
        for a in 0..commits.len() {
            commits[a].1.check_ancestors(&store).unwrap();
            for b in 0..commits.len() {
                let with = |n: usize| ancestors[n].iter().copied().chain([n]).collect::<std::collections::BTreeSet<_>>();
                let common = with(a).intersection(&with(b)).copied().collect::<Vec<_>>();
                let best = common.iter().map(|n| (u64::MAX - commits[*n].1.height, commits[*n].0)).min();
                assert_eq!(merge_base(&store, &commits[a].0, &commits[b].0).unwrap(), best.map(|(_, address)| address));
                assert_eq!(is_ancestor(&*store, &commits[a].0, &commits[b].0).unwrap(), with(b).contains(&a));
                let ahead = with(a).difference(&with(b)).count() as u64;
                let behind = with(b).difference(&with(a)).count() as u64;
                assert_eq!(ahead_behind(&store, &commits[a].0, &commits[b].0).unwrap(), (ahead, behind), "seed {seed}");
            }
            let mut history = History::new(&store, &[commits[a].0], &[]);
            let mut walked = Vec::new();
            while let Some((address, commit)) = history.next().unwrap() {
                assert!(commit.parents.iter().all(|parent| !walked.contains(parent)), "a parent before its child");
                walked.push(address);
            }
            assert_eq!(walked.len(), ancestors[a].len() + 1);
        }
    }
}

#[test]
fn a_tables_history_skips_what_did_not_touch_it() {
    let mut desk = Desk::new();
    desk.write_table("main", &table(&[(1, "x")]));
    let one = desk.commit("main", "one");
    for n in 0..5 {
        let mut other = Model::new(schema("other", &[]));
        other.put(n, &[]);
        desk.write_table("main", &other);
        desk.commit("main", "other");
    }
    desk.write_table("main", &table(&[(1, "y"), (2, "z")]));
    let two = desk.commit("main", "two");
    let history = History::new(&desk.store, &[desk.head("main")], &[]);
    let mut changes = TableHistory::new(&desk.store, history, "T", None);
    let first = changes.next().unwrap().unwrap();
    assert_eq!((first.address, first.from.is_some()), (two, true));
    let second = changes.next().unwrap().unwrap();
    assert_eq!((second.address, second.from.is_none(), second.parent.is_some()), (one, true, true));
    assert!(changes.next().unwrap().is_none());
}

#[test]
fn reset_amend_undo_and_the_reflog() {
    let mut desk = Desk::new();
    desk.write_table("main", &table(&[(1, "x")]));
    let one = desk.commit("main", "one");
    desk.write_table("main", &table(&[(1, "y")]));
    let two = desk.commit("main", "two");
    desk.run(|change| change.reset_soft("main", one)).unwrap();
    assert_eq!(states(&desk, "main"), [("t".into(), true, State::Modified)]);
    let mut amend = CommitOptions::new("", who());
    amend.amend = true;
    let amended = desk.run(|change| change.commit("main", &amend)).unwrap().unwrap();
    let commit = Commit::read(&*desk.store, &amended).unwrap();
    assert_eq!((&*commit.message, commit.height), ("one", 1));
    assert_eq!(desk.run(|change| change.undo("main")).unwrap(), one);
    assert_eq!(desk.run(|change| change.undo("main")).unwrap(), two);
    let mut reflog = Reflog::open(&desk.repository, &desk.store, "main").unwrap();
    let mut actions = Vec::new();
    while let Some(step) = reflog.next().unwrap() {
        actions.push(step.action.split(':').next().unwrap().to_owned());
    }
    assert_eq!(actions, ["undo", "undo", "commit (amend)", "reset", "commit", "commit"]);
}

#[test]
fn gc_keeps_what_is_reachable_and_nothing_else() {
    let memory = std::rc::Rc::new(MemoryStore::new());
    let mut desk = Desk::new();
    desk.store = memory.clone();
    desk.repository = prollite::repo::Repository::open(desk.store.clone(), Default::default());
    let publication = desk.repository.init(who()).unwrap();
    desk.repository.apply(&publication);
    let long = "long text ".repeat(900);
    let mut model = table(&[(1, &long), (2, "x")]);
    model.schema.indexes.clear();
    desk.write_table("main", &model);
    desk.commit("main", "one");
    desk.run(|change| change.create_branch("gone", change.head("main")?, false)).unwrap();
    desk.write_table("gone", &table(&[(1, "only here")]));
    let gone = desk.commit("gone", "two");
    desk.run(|change| change.delete_branch("gone", None, true)).unwrap();
    let kept = |desk: &Desk, prune| Gc::new(&desk.store, desk.repository.all_refs(), desk.now_ms, prune, Vec::new()).run().unwrap();
    assert!(kept(&desk, false).chunks.contains(&gone), "the reflog keeps it");
    let pruned = kept(&desk, true);
    assert!(!pruned.chunks.contains(&gone));
    assert!(pruned.records.contains_key("reflog/gone"));
    let later = Gc::new(&desk.store, desk.repository.all_refs(), desk.now_ms + 40 * 86_400_000, false, Vec::new()).run().unwrap();
    assert!(!later.chunks.contains(&gone), "reflogs are cut after a month");
    let publication = prollite::repo::Publication { set: pruned.records, ..Default::default() };
    desk.repository.apply(&publication);
    for address in memory.addresses() {
        if pruned.chunks.binary_search(&address).is_err() {
            memory.remove(&address);
        }
    }
    let verdict = Verify::new(&desk.store, &desk.repository.all_refs(), Some(no_expressions())).unwrap().run().unwrap();
    assert!(verdict.is_ok(), "{verdict:?}");
    assert_eq!(read_rows(&desk.store, desk.working("main").table("t").unwrap())[0][1], Value::from(long));
}

#[test]
fn verify_finds_what_is_missing_and_what_disagrees() {
    let memory = std::rc::Rc::new(MemoryStore::new());
    let mut desk = Desk::new();
    desk.store = memory.clone();
    desk.repository = prollite::repo::Repository::open(desk.store.clone(), Default::default());
    let publication = desk.repository.init(who()).unwrap();
    desk.repository.apply(&publication);
    let rows: Vec<(i64, String)> = (0..500).map(|n| (n, format!("row {n} {}", "z".repeat(100)))).collect();
    let rows: Vec<(i64, &str)> = rows.iter().map(|(n, text)| (*n, &**text)).collect();
    desk.write_table("main", &table(&rows));
    desk.commit("main", "one");
    let verify = |desk: &Desk| Verify::new(&desk.store, &desk.repository.all_refs(), Some(no_expressions())).unwrap().run().unwrap();
    let clean = verify(&desk);
    assert!(clean.is_ok(), "{clean:?}");
    let mut broken = desk.working("main");
    let mut table = (**broken.table("t").unwrap()).clone();
    table.indexes[0] = prollite::prolly::Map::EMPTY;
    broken.tables.insert("t".into(), std::rc::Rc::new(table));
    desk.write("main", &broken);
    assert_eq!(verify(&desk).disagreements, ["table t: index ia disagrees with its rows"]);
    let rows = broken.table("t").unwrap().rows;
    memory.remove(&rows.root());
    assert_eq!(verify(&desk).missing, [rows.root()]);
}

/// A script of verbs, each of which faults on whatever is not resident and is run again with what it had set
/// forgotten: the refs end where they end in memory.
#[test]
fn verbs_end_alike_with_faults() {
    let script = |desk: &mut Desk, cold: Option<&ColdStore>| {
        let mut random = Random(7);
        let mut step = |desk: &mut Desk, verb: &dyn Fn(&mut prollite::repo::Change<'_>) -> prollite::Result<()>| match cold {
            None => desk.run(verb).unwrap(),
            Some(cold) => {
                cold.evict();
                let now = desk.now_ms;
                cold.drive(&mut random, || {
                    desk.now_ms = now;
                    desk.run(verb)
                });
            }
        };
        let write = |change: &mut prollite::repo::Change<'_>, branch: &str, rows: &[(i64, &str)]| {
            let built = root([table(rows).build(change.store)]).write(&**change.store)?;
            let mut working_set = change.working_set(&**change.store, branch)?;
            working_set.working = built;
            change.set_working_set(branch, &working_set)
        };
        let commit = |change: &mut prollite::repo::Change<'_>, branch: &str| {
            change.add_all(branch, &|_| false)?;
            change.commit(branch, &CommitOptions::new("m", who())).map(|_| ())
        };
        step(desk, &|change| write(change, "main", &[(1, "a"), (2, "b")]));
        step(desk, &|change| commit(change, "main"));
        step(desk, &|change| change.create_branch("side", change.head("main")?, false));
        step(desk, &|change| write(change, "main", &[(1, "a"), (2, "c")]));
        step(desk, &|change| commit(change, "main"));
        step(desk, &|change| write(change, "side", &[(1, "d"), (2, "b"), (3, "e")]));
        step(desk, &|change| commit(change, "side"));
        step(desk, &|change| {
            let source = change.head("side")?;
            let options = prollite::repo::MergeOptions::new(who());
            change.merge("main", "side", source, &options, &no_expressions(), &mut None).map(|_| ())
        });
        step(desk, &|change| change.create_tag("v1", change.head("main")?, who(), "m"));
        step(desk, &|change| change.reset_hard("side", Some(change.head("main")?)));
        step(desk, &|change| change.undo("side").map(|_| ()));
    };
    let mut warm = Desk::new();
    script(&mut warm, None);
    let mut desk = Desk::new();
    let cold = ColdStore::new(&desk.store);
    desk.store = cold.clone();
    script(&mut desk, Some(&cold));
    assert_eq!(desk.repository.all_refs(), warm.repository.all_refs());
    assert!(cold.faults.get() > 20);
    let mut random = Random(9);
    let refs = desk.repository.all_refs();
    cold.evict();
    let mut gc = Gc::new(&desk.store, refs.clone(), desk.now_ms, false, Vec::new());
    let kept = cold.drive(&mut random, || gc.run()).chunks;
    assert_eq!(kept, Gc::new(&warm.store, refs.clone(), desk.now_ms, false, Vec::new()).run().unwrap().chunks);
    cold.evict();
    let mut verify = Verify::new(&desk.store, &refs, Some(no_expressions())).unwrap();
    let verdict = cold.drive(&mut random, || verify.run());
    assert!(verdict.is_ok() && verdict.chunks == kept.len() as u64, "{verdict:?}");
}
