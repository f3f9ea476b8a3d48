use super::*;
use crate::error::Code;
use gluesql::core::sqlparser::ast::{self, SqliteOnConflict};

fn one(text: &str) -> Statement {
    let parsed = parse(text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
    assert_eq!(parsed.len(), 1, "{text}");
    parsed[0].statement.clone()
}

fn expression(text: &str) -> String { parse_expression(text).unwrap_or_else(|error| panic!("{text}: {error:?}")).to_string() }

#[test]
fn a_script_is_split_and_spans_are_bytes() {
    let text = "SELECT 'ä;' ; ;INSERT INTO t VALUES (1)";
    let parsed = parse(text).unwrap();
    let sources: Vec<&str> = parsed.iter().map(Parsed::source).collect();
    assert_eq!(sources, ["SELECT 'ä;'", "INSERT INTO t VALUES (1)"]);
}

#[test]
fn syntax_errors_carry_their_byte() {
    for (text, at) in [
        ("SELECT 'ä' FROM t WHERE", 24),
        ("SELECT 1;\nSELEC 2", 10),
        ("SELECT (1", 9),
        ("SELECT 'abc", 7),
        ("SELECT 1 SELECT", 9),
        ("INSERT INTO t VALUES", 20),
    ] {
        let error = parse(text).err().unwrap_or_else(|| panic!("{text} parses"));
        assert_eq!(error.code(), Code::Syntax, "{text}: {error:?}");
        assert!(!error.message().contains("Line:"), "{error:?}");
        if text != "SELECT 1 SELECT" {
            assert_eq!(error.position(), Some(at), "{text}: {error:?}");
        }
    }
}

#[test]
fn parameters_are_numbered_as_in_sqlite() {
    let parsed = parse("SELECT ?, ?5, ?, :a, $b, :a, @v, @@w").unwrap();
    let names: Vec<Option<&str>> = parsed[0].parameters.iter().map(Option::as_deref).collect();
    assert_eq!(names, [None, None, None, None, None, None, Some("a"), Some("b")]);
    let Statement::Query(query) = &parsed[0].statement else { panic!() };
    assert_eq!(query.to_string(), "SELECT ?1, ?5, ?6, ?7, ?8, ?7, @v, @@w");
}

#[test]
fn precedences_are_those_of_sqlite() {
    for (text, nested) in [
        ("a = b < c", "a = (b < c)"),
        ("NOT a = b", "NOT (a = b)"),
        ("-a || b", "(-a) || b"),
        ("a + b || c * d", "a + ((b || c) * d)"),
        ("a | b = c", "(a | b) = c"),
        ("a IS b AND c", "(a IS b) AND c"),
        ("a BETWEEN b + 1 AND c OR d", "(a BETWEEN (b + 1) AND c) OR d"),
        ("a NOT NULL AND b", "(a IS NOT NULL) AND b"),
        ("a NOT GLOB 'x*' OR b", "(NOT (a GLOB 'x*')) OR b"),
        ("a = b IS NULL", "(a = b) IS NULL"),
    ] {
        let plain = |text: &str| expression(text).replace(['(', ')'], "");
        assert_eq!(plain(text), plain(nested), "{text}");
        let tree = |text: &str| {
            fn strip(expr: &ast::Expr) -> String {
                match expr {
                    ast::Expr::Nested(inner) => strip(inner),
                    ast::Expr::BinaryOp { left, op, right } => format!("({} {op} {})", strip(left), strip(right)),
                    ast::Expr::UnaryOp { op, expr } => format!("({op} {})", strip(expr)),
                    ast::Expr::IsNull(expr) => format!("({} null)", strip(expr)),
                    ast::Expr::IsNotNull(expr) => format!("({} notnull)", strip(expr)),
                    ast::Expr::IsNotDistinctFrom(left, right) => format!("({} is {})", strip(left), strip(right)),
                    ast::Expr::Between { expr, low, high, .. } => format!("({} {} {})", strip(expr), strip(low), strip(high)),
                    other => other.to_string(),
                }
            }
            strip(&parse_expression(text).unwrap())
        };
        assert_eq!(tree(text), tree(nested), "{text}");
    }
}

#[test]
fn forms_that_sqlparser_lacks() {
    for text in [
        "SELECT * FROM t AS OF 'HEAD~1' x WHERE x.a = 1",
        "SELECT * FROM t AS OF TIMESTAMP '2024-01-01' JOIN u AS OF HASHOF('main') ON t.a = u.a",
        "SELECT * FROM `db/branch`.t",
        "SELECT * FROM dolt_diff('a', 'b', 't') d LIMIT 10",
        "SELECT x FROM t WHERE x IN u AND x NOT IN () AND [id] = 1 AND \"q\" == 2",
        "SELECT a AS of FROM t",
        "SELECT ~a << 2, x'ab', 0x1F, 1e3 FROM t NOT INDEXED",
        "UPDATE OR IGNORE t SET a = 1 WHERE b = 2 ORDER BY c LIMIT 3 RETURNING a",
        "DELETE FROM t WHERE a = 1 ORDER BY b LIMIT 2",
        "CALL dolt_commit('-am', 'x')",
        "SET @@autocommit = 1, SESSION x = on, @u = 1 + 2",
        "SHOW FULL TABLES AS OF 'main' LIKE 'a%'",
        "EXPLAIN QUERY PLAN SELECT 1",
        "DESCRIBE t",
        "USE db/feature-1",
        "PRAGMA table_info(t)",
        "START TRANSACTION READ WRITE",
        "ROLLBACK TO SAVEPOINT s",
        "SELECT LEFT(a, 2), REPLACE(a, 'x', 'y'), IF(a, 1, 2), POSITION('x' IN a) FROM t",
        "SELECT COUNT(*) FILTER (WHERE a > 1), GROUP_CONCAT(DISTINCT a ORDER BY b SEPARATOR ',') FROM t",
        "INSERT INTO t (a) VALUES (1) ON DUPLICATE KEY UPDATE a = VALUES(a)",
        "INSERT INTO t DEFAULT VALUES RETURNING *",
    ] {
        one(text);
    }
}

#[test]
fn conflict_policies_stand_beside_the_insert() {
    for (text, policy) in [
        ("INSERT OR REPLACE INTO t VALUES (1)", Some(SqliteOnConflict::Replace)),
        ("REPLACE INTO t SET a = 1, b = (2, 3)", Some(SqliteOnConflict::Replace)),
        ("INSERT IGNORE INTO t VALUES (1)", Some(SqliteOnConflict::Ignore)),
        ("INSERT INTO t VALUES (1)", None),
    ] {
        let Statement::Insert(insert) = one(text) else { panic!() };
        assert_eq!(insert.or, policy, "{text}");
    }
}

#[test]
fn what_is_refused_says_so() {
    for text in ["DELETE FROM t, u", "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1", "GRANT ALL ON t TO u"] {
        assert_eq!(parse(text).unwrap_err().code(), Code::Unsupported, "{text}");
    }
}

#[test]
fn names_are_found_in_the_text() {
    assert_eq!(find_name("SELECT t.a, a FROM t", &["a"]), Some(12));
    assert_eq!(find_name("SELECT t.a FROM t", &["T", "A"]), Some(7));
}
