//! What a change costs in a small and in a large table: a commit, a diff and a branch of one row's change, and a merge
//! of a hundred rows on both sides, with what each adds to a database file. The goals stand in `docs/architecture.md`:
//! the cost follows the change, so the times at a million rows stay near those at a thousand.
//!
//! `cargo bench --bench changes [-- ROWS…] [--commits N]`: N commits before growth is measured a second time.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use prollite::session::{Database, Session};

const SIZES: [u64; 3] = [1_000, 100_000, 1_000_000];
const ROUNDS: u64 = 25;
const MERGED: u64 = 100;
const GROWTH_ROUNDS: u64 = 100;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

struct Bench {
    session: Session,
    rows: u64,
    drawn: u64,
    path: std::path::PathBuf,
}

impl Bench {
    fn new(rows: u64) -> Result<Bench> {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let path = folder.join(format!("changes-{rows}.prollite"));
        fs::create_dir_all(folder)?;
        if path.exists() {
            fs::remove_file(&path)?;
        }
        let session = Database::file(&path)?.session("main")?;
        let mut bench = Bench { session, rows, drawn: rows, path };
        bench.run("CREATE TABLE t (id INTEGER PRIMARY KEY, k INTEGER, c CHAR(60), pad CHAR(30))")?;
        bench.run("BEGIN")?;
        for first in (1..=rows).step_by(1_000) {
            let mut sql = String::from("INSERT INTO t VALUES ");
            for id in first..first + 1_000 {
                let (k, c, pad) = (bench.draw() % rows, bench.text(60), bench.text(30));
                let comma = if id == first { "" } else { "," };
                write!(sql, "{comma}({id},{k},'{c}','{pad}')")?;
            }
            bench.run(&sql)?;
        }
        bench.run("COMMIT")?;
        bench.run("CALL dolt_commit('-Am', 'rows')")?;
        Ok(bench)
    }

    fn run(&mut self, sql: &str) -> Result<u64> {
        let outcome = self.session.execute(sql, &[]).map_err(|error| format!("{}: {error:?}", &sql[..sql.len().min(80)]))?;
        Ok(outcome.rows.len() as u64)
    }

    /// A linear congruence: the same rows in every run.
    fn draw(&mut self) -> u64 {
        self.drawn = self.drawn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.drawn >> 33
    }

    fn text(&mut self, length: usize) -> String {
        (0..length).map(|_| char::from(b'a' + (self.draw() % 26) as u8)).collect()
    }

    fn change_one(&mut self) -> Result<()> {
        let (id, text) = (1 + self.draw() % self.rows, self.text(60));
        self.run(&format!("UPDATE t SET c = '{text}' WHERE id = {id}")).map(drop)
    }

    fn timed(&mut self, work: impl FnOnce(&mut Bench) -> Result<()>) -> Result<Duration> {
        let began = Instant::now();
        work(self)?;
        Ok(began.elapsed())
    }

    fn file_bytes(&self) -> Result<u64> { Ok(fs::metadata(&self.path)?.len()) }

    /// The median of what an update of one row and a commit add to the file.
    fn growth(&mut self) -> Result<u64> {
        let mut added = Vec::new();
        for _ in 0..GROWTH_ROUNDS {
            let before = self.file_bytes()?;
            self.change_one()?;
            self.run("CALL dolt_commit('-Am', 'growth')")?;
            added.push(self.file_bytes()? - before);
        }
        Ok(median(added))
    }

    /// A hundred other rows on each side, then the merge.
    fn merge(&mut self, round: u64) -> Result<Duration> {
        let branch = format!("side{round}");
        self.run(&format!("CALL dolt_checkout('-b', '{branch}')"))?;
        self.change_many(0)?;
        self.run("CALL dolt_commit('-Am', 'theirs')")?;
        self.run("CALL dolt_checkout('main')")?;
        self.change_many(1)?;
        self.run("CALL dolt_commit('-Am', 'ours')")?;
        self.timed(|bench| bench.run(&format!("CALL dolt_merge('{branch}', '-m', 'merged')")).map(drop))
    }

    /// Rows of one parity, spread over the table.
    fn change_many(&mut self, parity: u64) -> Result<()> {
        self.run("BEGIN")?;
        for _ in 0..MERGED {
            let (id, text) = ((1 + self.draw() % (self.rows / 2)) * 2 - parity, self.text(60));
            self.run(&format!("UPDATE t SET c = '{text}' WHERE id = {id}"))?;
        }
        self.run("COMMIT").map(drop)
    }
}

fn median<T: Ord + Copy>(mut values: Vec<T>) -> T {
    values.sort();
    values[values.len() / 2]
}

fn main() -> Result<()> {
    let mut sizes: Vec<u64> = Vec::new();
    let mut commits = 0;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            // What cargo hands to every bench.
            "--bench" => {}
            "--commits" => commits = arguments.next().ok_or("--commits needs a number")?.parse()?,
            rows => sizes.push(rows.parse::<u64>()?.next_multiple_of(1_000).max(1_000)),
        }
    }
    if sizes.is_empty() {
        sizes.extend(SIZES);
    }
    println!("{:>9} {:>10} {:>10} {:>10} {:>10} {:>12} {:>10}", "rows", "load", "commit", "diff", "branch", "merge 2×100", "growth");
    for rows in sizes {
        let began = Instant::now();
        let mut bench = Bench::new(rows)?;
        let load = began.elapsed();
        let (mut commit, mut diff, mut branch, mut merge) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            bench.change_one()?;
            commit.push(bench.timed(|bench| bench.run("CALL dolt_commit('-Am', 'one row')").map(drop))?);
            diff.push(bench.timed(|bench| match bench.run("SELECT * FROM dolt_diff('HEAD~1', 'HEAD', 't')")? {
                1 => Ok(()),
                found => Err(format!("the diff has {found} rows instead of one").into()),
            })?);
            branch.push(bench.timed(|bench| bench.run(&format!("CALL dolt_branch('b{round}')")).map(drop))?);
        }
        for round in 0..5 {
            merge.push(bench.merge(round)?);
        }
        let growth = bench.growth()?;
        println!(
            "{rows:>9} {:>10.2?} {:>10.2?} {:>10.2?} {:>10.2?} {:>12.2?} {growth:>8} B",
            load,
            median(commit),
            median(diff),
            median(branch),
            median(merge)
        );
        if commits > 0 {
            for _ in 0..commits {
                bench.change_one()?;
                bench.run("CALL dolt_commit('-Am', 'another')")?;
            }
            println!("{:>9} growth after {commits} more commits: {} B", "", bench.growth()?);
        }
        let path = bench.path.clone();
        drop(bench);
        fs::remove_file(path)?;
    }
    Ok(())
}
