//! Texts that a user may type where a date, a UUID or a number is meant: read or refused, never a panic.

use prollite::tuple::{parse_date, parse_datetime, parse_time, parse_uuid, ColumnType, Value};

use crate::support::*;

#[test]
fn odd_texts_never_panic() {
    let pieces = ["2020", "-", "01", "02", "T", " ", ":", "+", "é", "a", "Z", ".", "5", "9", "UTC", "{", "ü", "e", "00112233", "\u{10ffff}"];
    for seed in 0..cases() * 100 {
        let mut random = Random(seed);
        let text: String = (0..random.below(12)).map(|_| random.pick(&pieces)).collect();
        if let Some(days) = parse_date(&text) {
            assert!(prollite::tuple::date_text(days).is_some(), "{text}");
        }
        if let Some(micros) = parse_datetime(&text) {
            let canonical = prollite::tuple::datetime_text(micros).unwrap();
            assert_eq!(parse_datetime(&canonical), Some(micros), "{text}");
        }
        if let Some(micros) = parse_time(&text) {
            let canonical = prollite::tuple::time_text(micros).unwrap();
            assert_eq!(parse_time(&canonical), Some(micros), "{text}");
        }
        let _ = parse_uuid(&text);
        let column_type = column_type(&mut random);
        if let Ok(stored) = column_type.coerce(Value::from(&*text)) {
            assert_eq!(column_type.coerce(stored.clone()).unwrap(), stored, "{column_type} {text}");
        }
        let _ = ColumnType::from_declared(&text, &[&text]);
    }
}
