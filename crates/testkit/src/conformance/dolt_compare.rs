//! Whether an answer is what one of Dolt's scripts expects.
//!
//! Expected values are JSON: literals; `{"$ok": n}`, a statement that changed n rows; `{"$json": text}`, a JSON
//! value; `{"$go": …}` and `{"$call": …}`, values known only at run time, which stand for any value.

use prollite::tuple::{real_to_text, Value};
use prollite::Code;
use serde_json::Value as Json;

use super::connection::{Answer, Failure};

/// Rows compare in order where the query gives one, as Dolt's own runner does.
pub fn rows_agree(query: &str, answer: &Answer, expected: &Json) -> bool {
    let Some(expected) = expected.as_array() else {
        // All of the rows are a value known only at run time.
        return is_placeholder(expected);
    };
    if let Some(count) = rows_changed(expected) {
        return answer.affected == count;
    }
    if answer.rows.len() != expected.len() {
        return false;
    }
    if answer.rows.iter().zip(expected).all(|(row, expected)| row_agrees(row, expected)) {
        return true;
    }
    if query.to_ascii_uppercase().contains("ORDER BY ") {
        return false;
    }
    // The rows with the fewest placeholders choose first.
    let mut order: Vec<&Json> = expected.iter().collect();
    order.sort_by_key(|row| placeholders(row));
    let mut free: Vec<&Vec<Value>> = answer.rows.iter().collect();
    order.into_iter().all(|expected| {
        let found = free.iter().position(|row| row_agrees(row, expected));
        found.map(|index| free.swap_remove(index)).is_some()
    })
}

/// `[[{"$ok": n}]]`, or the same with the numbers of rows matched and changed.
fn rows_changed(expected: &[Json]) -> Option<u64> {
    let [Json::Array(row)] = expected else { return None };
    let [cell] = row.as_slice() else { return None };
    if let Some(count) = cell.get("$ok") {
        return count.as_u64();
    }
    (cell.get("$call")?.as_str()? == "queries.NewUpdateResult").then(|| cell.get("args")?.get(1)?.as_u64()).flatten()
}

fn is_placeholder(value: &Json) -> bool { value.get("$go").is_some() || value.get("$call").is_some() }

fn placeholders(row: &Json) -> usize {
    match row {
        Json::Array(cells) => cells.iter().filter(|cell| is_placeholder(cell)).count(),
        _ => usize::MAX,
    }
}

fn row_agrees(row: &[Value], expected: &Json) -> bool {
    match expected.as_array() {
        Some(cells) => row.len() == cells.len() && row.iter().zip(cells).all(|(value, cell)| value_agrees(value, cell)),
        None => is_placeholder(expected),
    }
}

/// A value agrees with a literal of another class when both mean the same: 1 and true, 1.50 and "1.50".
fn value_agrees(value: &Value, expected: &Json) -> bool {
    match expected {
        Json::Null => value.is_null(),
        Json::Bool(truth) => matches!(value, Value::Int(int) if *int == i64::from(*truth)),
        Json::Number(number) => number_agrees(value, number),
        Json::String(text) => match value {
            Value::Blob(blob) => **blob == *text.as_bytes(),
            Value::Null => false,
            value => text_of(value) == *text,
        },
        Json::Array(bytes) => bytes_agree(value, bytes),
        Json::Object(object) => {
            if is_placeholder(expected) {
                return true;
            }
            // A placeholder's struct, shown as an object, is a JSON value but for its type's name.
            let expected = match object.get("$json") {
                Some(Json::String(text)) => serde_json::from_str(text).unwrap_or_else(|_| Json::String(text.clone())),
                Some(other) => other.clone(),
                None => object.iter().filter(|(key, _)| *key != "$type").map(|(key, value)| (key.clone(), value.clone())).collect(),
            };
            let got = serde_json::from_str::<Json>(&text_of(value));
            got.is_ok_and(|got| json_agrees(&got, &expected)) || expected.as_str().is_some_and(|text| text_of(value) == text)
        }
    }
}

/// Objects agree in any order of their keys, numbers by what they are worth.
fn json_agrees(got: &Json, expected: &Json) -> bool {
    match (got, expected) {
        (Json::Number(got), Json::Number(expected)) => got == expected || got.as_f64() == expected.as_f64(),
        (Json::Array(got), Json::Array(expected)) => {
            got.len() == expected.len() && got.iter().zip(expected).all(|(got, expected)| json_agrees(got, expected))
        }
        (Json::Object(got), Json::Object(expected)) => {
            got.len() == expected.len()
                && expected.iter().all(|(key, expected)| got.get(key).is_some_and(|got| json_agrees(got, expected)))
        }
        (got, expected) => got == expected,
    }
}

fn number_agrees(value: &Value, expected: &serde_json::Number) -> bool {
    match value {
        Value::Null | Value::Blob(_) => false,
        Value::Int(int) => expected.as_i64().map_or(expected.as_f64() == Some(*int as f64), |expected| *int == expected),
        value => {
            let (Ok(got), Some(expected)) = (text_of(value).parse::<f64>(), expected.as_f64()) else { return false };
            // FLOAT has 24 bits.
            (got - expected).abs() <= 1e-6 * got.abs().max(expected.abs())
        }
    }
}

fn bytes_agree(value: &Value, bytes: &[Json]) -> bool {
    let expected: Option<Vec<u8>> = bytes.iter().map(|byte| byte.as_u64().and_then(|byte| byte.try_into().ok())).collect();
    let Some(expected) = expected else { return false };
    match value {
        Value::Blob(blob) => **blob == *expected,
        Value::Text(text) => text.as_bytes() == expected,
        _ => false,
    }
}

pub fn text_of(value: &Value) -> String {
    match value {
        Value::Null => "NULL".into(),
        Value::Int(int) => int.to_string(),
        Value::Real(real) => real_to_text(*real),
        Value::Decimal(decimal) => decimal.to_string(),
        Value::Text(text) => text.to_string(),
        Value::Blob(blob) => blob.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

/// Whether a failure is the one that is expected. The words of an error are an engine's own; what must agree is that
/// the statement is refused *for its meaning*: a statement that we cannot read or do not support is not refused for
/// that, nor is a defect. Where Dolt's kind of error has its code here, it must be that code. Where the script's setup
/// failed, nothing but the words or the code will do.
pub fn error_agrees(failure: &Failure, kind: Option<&str>, text: Option<&str>, is_set_up: bool) -> bool {
    if failure.code == Code::Internal {
        return false;
    }
    if text.is_some_and(|text| failure.message.contains(text)) {
        return true;
    }
    match kind.and_then(code_of) {
        Some(code) => failure.code == code,
        None => is_set_up && !matches!(failure.code, Code::Syntax | Code::Unsupported),
    }
}

fn code_of(kind: &str) -> Option<Code> {
    Some(match kind.rsplit('.').next()? {
        "ErrTableNotFound" | "ErrUnknownTable" => Code::TableNotFound,
        "ErrColumnNotFound" => Code::ColumnNotFound,
        "ErrForeignKeyChildViolation"
        | "ErrForeignKeyParentViolation"
        | "ErrUniqueKeyViolation"
        | "ErrPrimaryKeyViolation"
        | "ErrCheckConstraintViolated"
        | "ErrInsertIntoNonNullableProvidedNull" => Code::Constraint,
        "ErrExistingView" => Code::Exists,
        "ErrLockDeadlock" => Code::TxConflict,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn answer(rows: Vec<Vec<Value>>) -> Answer { Answer { rows, affected: 2, ..Answer::default() } }

    #[test]
    fn literals() {
        for (value, expected) in [
            (Value::Null, json!(null)),
            (Value::Int(1), json!(1)),
            (Value::Int(1), json!(true)),
            (Value::Int(0), json!(false)),
            (Value::Int(1), json!(1.0)),
            (Value::Real(5.099999904632568), json!(5.1)),
            (Value::Decimal("1.50".parse().unwrap()), json!("1.50")),
            (Value::Decimal("1.50".parse().unwrap()), json!(1.5)),
            (Value::from("x"), json!("x")),
            (Value::from("12"), json!(12)),
            (Value::blob(vec![1, 0]), json!([1, 0])),
            (Value::blob(b"ab".to_vec()), json!("ab")),
            (Value::from("{\"b\": [1, 2], \"a\": 1.0}"), json!({"$json": "{\"a\":1,\"b\":[1,2]}"})),
            (Value::from("null"), json!({"$json": "null"})),
            (Value::from("{\"Name\":\"u\"}"), json!({"Name": "u", "$type": "merge.UniqCVMeta"})),
            (Value::from("anything"), json!({"$go": "doltCommit"})),
        ] {
            assert!(value_agrees(&value, &expected), "{value:?} {expected}");
        }
        for (value, expected) in [
            (Value::Null, json!(0)),
            (Value::Null, json!("NULL")),
            (Value::Int(0), json!(null)),
            (Value::Int(2), json!(true)),
            (Value::Int(i64::MAX), json!(i64::MAX - 1)),
            (Value::from("a"), json!("A")),
            (Value::from(""), json!(0)),
            (Value::from("[1,2]"), json!({"$json": "[2,1]"})),
            (Value::blob(vec![1]), json!([1, 0])),
        ] {
            assert!(!value_agrees(&value, &expected), "{value:?} {expected}");
        }
    }

    #[test]
    fn rows_in_order_only_where_the_query_gives_one() {
        let rows = || answer(vec![vec![Value::Int(2)], vec![Value::Int(1)]]);
        assert!(rows_agree("select a from t", &rows(), &json!([[1], [2]])));
        assert!(!rows_agree("select a from t order by a desc", &rows(), &json!([[1], [2]])));
        assert!(rows_agree("select a from t order by a desc", &rows(), &json!([[2], [1]])));
        assert!(!rows_agree("select a from t", &rows(), &json!([[1], [1]])));
        assert!(!rows_agree("select a from t", &rows(), &json!([[1]])));
        assert!(rows_agree("select a from t", &rows(), &json!([[{"$go": "x"}], [2]])));
        assert!(rows_agree("select a from t", &rows(), &json!([{"$call": "row"}, [2]])));
        assert!(rows_agree("select a from t", &rows(), &json!({"$go": "all"})));
        assert!(rows_agree("use x", &Answer::default(), &json!([])));
    }

    #[test]
    fn rows_changed() {
        assert!(rows_agree("update", &answer(vec![]), &json!([[{"$ok": 2}]])));
        assert!(!rows_agree("update", &answer(vec![]), &json!([[{"$ok": 1}]])));
        let result = json!([[{"$call": "queries.NewUpdateResult", "args": [3, 2]}]]);
        assert!(rows_agree("update", &answer(vec![]), &result));
    }

    #[test]
    fn errors_by_meaning() {
        let failure = |code, message: &str| Failure::new(code, message);
        assert!(error_agrees(&failure(Code::RefNotFound, "no branch x"), None, Some("branch not found: x"), true));
        assert!(!error_agrees(&failure(Code::Unsupported, "not yet"), None, Some("branch not found: x"), true));
        assert!(!error_agrees(&failure(Code::Internal, "panic"), None, None, true));
        assert!(error_agrees(&failure(Code::Syntax, "1: syntax error near x"), None, Some("syntax error"), true));
        assert!(error_agrees(&failure(Code::TableNotFound, "t"), Some("sql.ErrTableNotFound"), None, true));
        assert!(!error_agrees(&failure(Code::ColumnNotFound, "t"), Some("sql.ErrTableNotFound"), None, true));
        assert!(error_agrees(&failure(Code::BadArgument, "t"), Some("sql.ErrInvalidArgumentNumber"), None, true));
    }
}
