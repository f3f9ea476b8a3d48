//! What a change costs, counted in chunks: a commit, a diff and a branch of one changed row read and write along a path,
//! whatever the size of the table. Times are measured by `npm run bench`, not asserted here.

#[path = "common/counted.rs"]
mod counted;

use counted::Counted;

fn sizes() -> Vec<usize> {
    let cases: usize = std::env::var("PROLLITE_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(64);
    if cases >= 10_000 { vec![1_000, 100_000, 1_000_000] } else { vec![1_000, 100_000] }
}

#[test]
fn one_row_costs_a_path() {
    for rows in sizes() {
        for indexes in [0, 1] {
            let mut bench = Counted::new(rows, indexes == 1);
            let height = bench.height();
            let budget = (height + 1) * (1 + indexes) + 6;
            for id in [0, rows / 3, rows - 1] {
                let (_, _, update) = bench.run(&format!("UPDATE t SET k = k + 1, c = 'changed' WHERE id = {id}"));
                let (_, _, commit) = bench.run("CALL dolt_commit('-am', 'one row')");
                assert!(
                    update + commit <= budget,
                    "{rows} rows, {indexes} indexes, row {id}: {update} + {commit} chunks written, at most {budget}"
                );
                let (changed, read, written) = bench.run("SELECT * FROM dolt_diff('HEAD~1', 'HEAD', 't')");
                assert_eq!((changed, written), (1, 0), "{rows} rows");
                // Both sides of the path, and what names them: two commits, two roots, the schema.
                let reads = 2 * (height + 1) + 20;
                assert!(read <= reads, "{rows} rows, row {id}: a diff read {read} chunks, at most {reads}");
                let (_, _, branch) = bench.run(&format!("CALL dolt_branch('at{id}')"));
                assert!(branch <= 6, "{rows} rows: a branch wrote {branch} chunks");
            }
        }
    }
}
