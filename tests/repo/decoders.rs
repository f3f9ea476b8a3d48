//! Bytes that nobody wrote: decoders refuse or read them, and never panic.

use prollite::chunk::{Chunk, Kind};
use prollite::prolly::Map;
use prollite::repo::{
    Commit, Conflict, MergeState, Operation, Root, Schema, SchemaConflict, Signature, Tag, Violation, WorkingSet,
};
use prollite::tuple::{ColumnType, Value};
use prollite::Address;

use crate::support::*;

fn mutate(random: &mut Random, bytes: &[u8], from: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..1 + random.below(3) {
        let len = (bytes.len() - from.min(bytes.len())) as u64;
        match random.below(4) {
            0 | 1 if len > 0 => {
                let at = from + random.below(len) as usize;
                bytes[at] = random.next() as u8;
            }
            2 => bytes.truncate(from.min(bytes.len()) + random.below(len + 1) as usize),
            _ => bytes.push(random.next() as u8),
        }
    }
    bytes
}

#[test]
fn mutated_chunks_and_records() {
    let store = memory();
    let mut schema = schema("t", &[("a", ColumnType::TEXT), ("b", ColumnType::Decimal { precision: 5, scale: 2 })]);
    add_column(&mut schema, "c", ColumnType::Any, Value::from("fill"));
    add_index(&mut schema, "i", &["a"], true);
    let mut model = Model::new(schema.clone());
    model.put(1, &[Value::from("x"), Value::Null, Value::Int(3)]);
    let root_address = root([model.build(&store)]).write(&*store).unwrap();
    let (commit, _) = Commit::create(&store, root_address, vec![], who(), who(), "m").unwrap();
    let tag = Tag { commit, tagger: Signature::new("n", "e", 1), message: "t".into() };
    let chunks = [
        schema.to_chunk().unwrap(),
        store.get(&root_address).unwrap(),
        store.get(&commit).unwrap(),
        tag.to_chunk(),
    ];
    let working_set = WorkingSet {
        working: root_address,
        staged: root_address,
        merge: Some(MergeState {
            operation: Operation::Merge,
            source: "b".into(),
            source_commit: commit,
            base_commit: commit,
            before_working: root_address,
            before_staged: root_address,
            message: "m".into(),
            conflicts: [("t".to_owned(), Map::from_root(Address::of(b"x")))].into(),
            schema_conflicts: vec![SchemaConflict {
                table: "t".into(),
                base: None,
                ours: Some(commit),
                theirs: None,
                description: "d".into(),
            }],
            violations: Default::default(),
        }),
    };
    assert_eq!(WorkingSet::decode(&working_set.encode()).unwrap(), working_set);
    for seed in 0..cases() * 16 {
        let mut random = Random(seed);
        let chunk = &chunks[random.below(4) as usize];
        let mutated = Chunk::new(mutate(&mut random, chunk.bytes(), 2));
        match chunk.kind().unwrap() {
            Kind::Schema => drop(Schema::from_chunk(&mutated)),
            Kind::Root => drop(Root::entries_of(&mutated)),
            Kind::Commit => drop(Commit::from_chunk(&mutated)),
            _ => drop(Tag::from_chunk(&mutated)),
        }
        let _ = prollite::repo::may_point_to(&mutated);
        let _ = WorkingSet::decode(&mutate(&mut random, &working_set.encode(), 0));
        let noise: Vec<u8> = (0..random.below(80)).map(|_| random.next() as u8).collect();
        let _ = Conflict::decode(&*store, &noise);
        let _ = Violation::decode(&*store, &noise);
        let _ = prollite::repo::record_points_to("reflog/main", &noise);
    }
}
