//! Numbers of the trees: `cargo bench -p prollite --bench prolly [-- FILTER]`. Median of a few runs.

use std::hint::black_box;
use std::rc::Rc;
use std::time::Instant;

use bytes::Bytes;
use prollite::chunk::{MemoryStore, Overlay, Store};
use prollite::prolly::{Blob, Diff, KeyRange, Map, Merge, MutableMap};

fn mixed(n: u64) -> u64 {
    let mut z = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn key(n: u64) -> Bytes {
    Bytes::copy_from_slice(&n.to_be_bytes())
}

/// A row of 60 bytes: 8 of key, 52 of value.
fn row(n: u64, tag: u64) -> (Bytes, Option<Bytes>) {
    let mut value = [0; 52];
    for (i, part) in value.chunks_mut(8).enumerate() {
        let word = mixed(n ^ tag << 32 ^ (i as u64) << 48).to_le_bytes();
        part.copy_from_slice(&word[..part.len()]);
    }
    (key(n), Some(Bytes::copy_from_slice(&value)))
}

struct Bench {
    filter: Option<String>,
}

impl Bench {
    /// Runs `work` up to seven times or a second, and prints the median for each of `units`.
    fn run<T>(&self, name: &str, units: u64, mut work: impl FnMut() -> T) {
        if self.filter.as_ref().is_some_and(|filter| !name.contains(filter)) {
            return;
        }
        let (mut times, begun) = (Vec::new(), Instant::now());
        while times.len() < 7 && (times.len() < 2 || begun.elapsed().as_millis() < 1_000) {
            let start = Instant::now();
            black_box(work());
            times.push(start.elapsed());
        }
        times.sort_unstable();
        let median = times[times.len() / 2];
        let each = median.as_secs_f64() / units as f64;
        let shown = match each {
            each if each < 1e-6 => format!("{:.1} ns", each * 1e9),
            each if each < 1e-3 => format!("{:.2} us", each * 1e6),
            each => format!("{:.2} ms", each * 1e3),
        };
        println!(
            "{name:<44} {:>10.2} ms {shown:>12} each {:>12.0}/s",
            median.as_secs_f64() * 1e3,
            1.0 / each
        );
    }
}

fn main() {
    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let bench = Bench { filter };
    let million: Vec<_> = (0..1_000_000).map(|n| row(n, 0)).collect();
    bench.run("bulk load, 1 M rows of 60 B", 1_000_000, || {
        Map::EMPTY.apply(&MemoryStore::new(), &mut million.iter().cloned())
    });
    bench.run("mutable map: 100 k random puts, flush", 100_000, || {
        let mut map = MutableMap::new(Map::EMPTY);
        for n in 0..100_000u64 {
            let (_, value) = &million[n as usize];
            map.put(key(mixed(n)), value.clone().unwrap_or_default());
        }
        map.flush(&MemoryStore::new())
    });

    bench.run("mutable map: 20 k puts, each beside a live view", 20_000, || {
        let mut map = MutableMap::new(Map::EMPTY);
        for n in 0..20_000u64 {
            let view = map.view();
            map.put(key(mixed(n)), Bytes::new());
            black_box(view);
        }
        map.pending_bytes()
    });

    for rows in [1_000u64, 100_000, 1_000_000] {
        let store: Store = Rc::new(MemoryStore::new());
        let map = Map::EMPTY
            .apply(&*store, &mut million[..rows as usize].iter().cloned())
            .unwrap();
        println!("-- {rows} rows, height {}", map.height(&*store).unwrap());
        let keys: Vec<Bytes> = (0..100_000).map(|n| key(mixed(n) % rows)).collect();
        bench.run("get, random", keys.len() as u64, || {
            keys.iter()
                .filter(|key| map.get(&*store, key).unwrap().is_some())
                .count()
        });
        bench.run("get_many, 100 random keys a call", keys.len() as u64, || {
            keys.chunks(100)
                .map(|keys| map.get_many(&*store, keys).unwrap().len())
                .sum::<usize>()
        });
        bench.run("count of a random range", 10_000, || {
            let ranges = keys[..10_000].iter().map(|key| KeyRange {
                start: std::ops::Bound::Included(key.clone()),
                end: std::ops::Bound::Unbounded,
            });
            ranges.map(|range| map.count(&*store, &range).unwrap()).sum::<u64>()
        });
        for reverse in [false, true] {
            bench.run(
                if reverse { "scan in reverse, next" } else { "scan, next" },
                rows,
                || {
                    let mut cursor = map.cursor(&store, KeyRange::all(), reverse);
                    let mut bytes = 0;
                    while let Some((key, value)) = cursor.next().unwrap() {
                        bytes += key.len() + value.len();
                    }
                    bytes
                },
            );
        }
        bench.run("scan, advance", rows, || {
            let mut cursor = map.cursor(&store, KeyRange::all(), false);
            let mut bytes = 0;
            while cursor.advance().unwrap() {
                bytes += cursor.key().len() + cursor.value().len();
            }
            bytes
        });
        bench.run("scan of 100 rows at a random key", 1_000, || {
            for key in &keys[..1_000] {
                let range = KeyRange {
                    start: std::ops::Bound::Included(key.clone()),
                    end: std::ops::Bound::Unbounded,
                };
                let mut cursor = map.cursor(&store, range, false);
                for _ in 0..100 {
                    black_box(cursor.next().unwrap());
                }
            }
        });
        let mut layered = MutableMap::new(map);
        for n in (0..rows).step_by(100) {
            layered.put(key(n), Bytes::from_static(b"edited"));
        }
        bench.run("scan of a view, 1 % edited", rows, || {
            let mut cursor = layered.view().cursor(&store, KeyRange::all(), false);
            let mut entries = 0;
            while cursor.next().unwrap().is_some() {
                entries += 1;
            }
            entries
        });
        bench.run("apply of 1 changed row", 1_000, || {
            for n in 0..1_000 {
                let overlay = Overlay::new(store.clone());
                black_box(
                    map.apply(&overlay, &mut std::iter::once(row(mixed(n) % rows, 1)))
                        .unwrap(),
                );
            }
        });
        let mut scattered: Vec<_> = (0..100).map(|n| row(mixed(n) % rows, 2)).collect();
        scattered.sort_unstable();
        scattered.dedup_by(|a, b| a.0 == b.0);
        bench.run("apply of 100 changed rows", 1, || {
            let overlay = Overlay::new(store.clone());
            map.apply(&overlay, &mut scattered.iter().cloned()).unwrap()
        });
        let one = map.apply(&*store, &mut std::iter::once(row(rows / 3, 3))).unwrap();
        bench.run("diff of 1 changed row", 1_000, || {
            for _ in 0..1_000 {
                let mut diff = Diff::new(&store, map, one, KeyRange::all());
                while diff.next().unwrap().is_some() {}
            }
        });
        let ours = map.apply(&*store, &mut scattered.iter().cloned()).unwrap();
        let mut others: Vec<_> = (100..200).map(|n| row(mixed(n) % rows, 4)).collect();
        others.sort_unstable();
        others.dedup_by(|a, b| a.0 == b.0);
        let theirs = map.apply(&*store, &mut others.into_iter()).unwrap();
        bench.run("merge of 100 + 100 rows", 1, || {
            let mut merge = Merge::new(&store, map, ours, theirs, KeyRange::all());
            let mut edits = Vec::new();
            while let Some(entry) = merge.next().unwrap() {
                if entry.side == prollite::prolly::Side::Theirs {
                    edits.push((entry.key, entry.theirs));
                }
            }
            ours.apply(&Overlay::new(store.clone()), &mut edits.into_iter())
                .unwrap()
        });
    }

    let megabyte: Vec<u8> = (0..131_072u64).flat_map(|n| mixed(n).to_le_bytes()).collect();
    bench.run("blob write, 1 MiB", 1, || {
        Blob::write(&MemoryStore::new(), &megabyte).unwrap()
    });
    let store = MemoryStore::new();
    let blob = Blob::write(&store, &megabyte).unwrap();
    bench.run("blob read, 1 MiB", 1, || blob.read(&store).unwrap());
    bench.run("blob read of 100 B", 1_000, || {
        (0..1_000)
            .map(|n| blob.read_range(&store, n * 999, n * 999 + 100).unwrap().len())
            .sum::<usize>()
    });
}
