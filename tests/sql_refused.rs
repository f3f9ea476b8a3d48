//! What `docs/sql.md` lists as refused is refused, with the error that it says.

#[path = "common/sql.rs"]
mod sql;

use sql::{fail, run, session};

#[test]
fn what_is_refused_says_so() {
    let text = include_str!("../docs/sql.md");
    let (_, refused) = text.split_once("## Refused").unwrap();
    let mut lines = 0;
    for line in refused.lines().filter(|line| line.starts_with("| `")) {
        let mut cells = line.trim_matches('|').splitn(3, " | ").map(str::trim);
        let statement = cells.next().unwrap().trim_matches('`');
        let (code, message) = (cells.next().unwrap(), cells.next().unwrap());
        let session = &mut session();
        run(session, "CREATE TABLE t (a INT, b TEXT); INSERT INTO t VALUES (1, 'x')");
        let error = fail(session, statement);
        assert_eq!(error.code().as_str(), code, "{statement}\n{error:?}");
        assert!(error.message().starts_with(message), "{statement}\nexpected: {message}\nfound:    {}", error.message());
        lines += 1;
    }
    assert!(lines > 20, "{lines} lines read");
}
