//! One statement on both engines, and their answers as comparable text.

use prollite::session::Session;
use prollite::tuple::Value;

/// Rows as texts. Which of 3 and 3.0 stays when both are one is nobody's promise: `loose` sees no difference.
pub type Rows = Vec<String>;

/// Whether equal values of two classes may stand for each other in the answer.
pub fn is_loose(sql: &str) -> bool {
    ["UNION", "INTERSECT", "EXCEPT", "DISTINCT", "GROUP BY", "LIMIT", "min(", "max(", "OVER", "ORDER BY"].iter().any(|word| sql.contains(word))
}

const TWO_63: f64 = 9_223_372_036_854_775_808.0;

fn real(real: f64, loose: bool) -> String {
    match real {
        real if real.is_nan() => "NULL".to_string(),
        real if loose && real.fract() == 0.0 && (-TWO_63..TWO_63).contains(&real) => format!("i{}", real as i64),
        real => format!("r{:e}", real + 0.0),
    }
}

pub fn ours(session: &mut Session, sql: &str) -> Result<Rows, prollite::Error> {
    let outcome = session.execute(sql, &[])?;
    let loose = is_loose(sql);
    let cell = |value: &Value| match value {
        Value::Null => "NULL".to_string(),
        Value::Int(int) => format!("i{int}"),
        Value::Real(value) => real(*value, loose),
        Value::Decimal(decimal) => format!("d{decimal}"),
        Value::Text(found) => format!("t{found}"),
        Value::Blob(bytes) => format!("b{bytes:?}"),
    };
    Ok(outcome.rows.iter().map(|row| row.iter().map(cell).collect::<Vec<_>>().join(" | ")).collect())
}

pub fn theirs(sqlite: &rusqlite::Connection, sql: &str) -> rusqlite::Result<Rows> {
    use rusqlite::types::ValueRef;
    let mut statement = sqlite.prepare(sql)?;
    let width = statement.column_count();
    let mut rows = statement.query([])?;
    let loose = is_loose(sql);
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let cell = |at: usize| -> rusqlite::Result<String> {
            Ok(match row.get_ref(at)? {
                ValueRef::Null => "NULL".to_string(),
                ValueRef::Integer(int) => format!("i{int}"),
                ValueRef::Real(value) => real(value, loose),
                ValueRef::Text(found) => format!("t{}", String::from_utf8_lossy(found)),
                ValueRef::Blob(bytes) => format!("b{bytes:?}"),
            })
        };
        found.push((0..width).map(cell).collect::<rusqlite::Result<Vec<String>>>()?.join(" | "));
    }
    Ok(found)
}

/// Whether the answers are the same: in any order, or in the order that ORDER BY over every column fixes. Where NOCASE
/// makes texts equal, it is open which of them an answer shows, and which comes first.
pub fn same(sql: &str, nocase: bool, left: &Rows, right: &Rows) -> bool {
    let nocase = nocase || sql.contains("NOCASE");
    let ordered = sql.contains("ORDER BY 1") && !nocase;
    if left == right {
        return true;
    }
    let sorted = |rows: &Rows| {
        let mut rows: Rows = rows.iter().map(|row| if nocase { row.to_ascii_lowercase() } else { row.clone() }).collect();
        rows.sort();
        rows
    };
    !ordered && sorted(left) == sorted(right)
}
