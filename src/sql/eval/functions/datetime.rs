//! Dates and times: SQLite's functions with their modifiers, and MySQL's everyday ones. UTC everywhere.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike};

use super::{in_context, pure, Function, MANY};
use crate::error::Result;
use crate::sql::eval::convert::{to_int, to_real, to_text};
use crate::sql::Context;
use crate::tuple::Value;

pub const LIST: &[Function] = &[
    in_context("date", 0, MANY, |a, cx| shown(a, cx, "%Y-%m-%d")),
    in_context("time", 0, MANY, |a, cx| shown(a, cx, "%H:%M:%S")),
    in_context("datetime", 0, MANY, |a, cx| shown(a, cx, "%Y-%m-%d %H:%M:%S")),
    in_context("timestamp", 1, 1, |a, cx| shown(a, cx, "%Y-%m-%d %H:%M:%S")),
    in_context("julianday", 0, MANY, |a, cx| Ok(moment(a, cx).map_or(Value::Null, |at| Value::Real(julian(at))))),
    in_context("unixepoch", 0, MANY, |a, cx| Ok(moment(a, cx).map(|at| at.and_utc().timestamp()).into())),
    in_context("strftime", 1, MANY, strftime),
    in_context("now", 0, 1, |_, cx| Ok(now_text(cx, "%Y-%m-%d %H:%M:%S"))),
    in_context("current_timestamp", 0, 1, |_, cx| Ok(now_text(cx, "%Y-%m-%d %H:%M:%S"))),
    in_context("localtimestamp", 0, 1, |_, cx| Ok(now_text(cx, "%Y-%m-%d %H:%M:%S"))),
    in_context("sysdate", 0, 1, |_, cx| Ok(now_text(cx, "%Y-%m-%d %H:%M:%S"))),
    in_context("utc_timestamp", 0, 1, |_, cx| Ok(now_text(cx, "%Y-%m-%d %H:%M:%S"))),
    in_context("curdate", 0, 0, |_, cx| Ok(now_text(cx, "%Y-%m-%d"))),
    in_context("current_date", 0, 0, |_, cx| Ok(now_text(cx, "%Y-%m-%d"))),
    in_context("curtime", 0, 1, |_, cx| Ok(now_text(cx, "%H:%M:%S"))),
    in_context("current_time", 0, 1, |_, cx| Ok(now_text(cx, "%H:%M:%S"))),
    in_context("unix_timestamp", 0, 1, |a, cx| Ok(moment(a, cx).map(|at| at.and_utc().timestamp()).into())),
    pure("from_unixtime", 1, 1, from_unixtime),
    pure("date_format", 2, 2, date_format),
    pure("year", 1, 1, |a| part(a, |at| i64::from(at.year()))),
    pure("month", 1, 1, |a| part(a, |at| i64::from(at.month()))),
    pure("day", 1, 1, |a| part(a, |at| i64::from(at.day()))),
    pure("dayofmonth", 1, 1, |a| part(a, |at| i64::from(at.day()))),
    pure("dayofyear", 1, 1, |a| part(a, |at| i64::from(at.ordinal()))),
    pure("dayofweek", 1, 1, |a| part(a, |at| i64::from(at.weekday().num_days_from_sunday()) + 1)),
    pure("weekday", 1, 1, |a| part(a, |at| i64::from(at.weekday().num_days_from_monday()))),
    pure("hour", 1, 1, |a| part(a, |at| i64::from(at.hour()))),
    pure("minute", 1, 1, |a| part(a, |at| i64::from(at.minute()))),
    pure("second", 1, 1, |a| part(a, |at| i64::from(at.second()))),
    pure("quarter", 1, 1, |a| part(a, |at| i64::from(at.month0() / 3) + 1)),
    pure("datediff", 2, 2, datediff),
];

const UNIX_EPOCH_JULIAN: f64 = 2_440_587.5;
const DAY_MS: f64 = 86_400_000.0;

fn now(cx: &Context) -> NaiveDateTime { DateTime::from_timestamp_millis(cx.moment.now_ms).unwrap_or_default().naive_utc() }

fn now_text(cx: &Context, format: &str) -> Value { now(cx).format(format).to_string().into() }

fn julian(at: NaiveDateTime) -> f64 { at.and_utc().timestamp_millis() as f64 / DAY_MS + UNIX_EPOCH_JULIAN }

fn from_julian(day: f64) -> Option<NaiveDateTime> {
    if !(0.0..5_373_484.5).contains(&day) {
        return None;
    }
    from_millis(((day - UNIX_EPOCH_JULIAN) * DAY_MS).round())
}

fn from_millis(millis: f64) -> Option<NaiveDateTime> { Some(DateTime::from_timestamp_millis(millis as i64)?.naive_utc()) }

/// The time that a time-value and its modifiers name; `None` where they name none, which is NULL.
fn moment(a: &[Value], cx: &Context) -> Option<NaiveDateTime> {
    let Some((first, modifiers)) = a.split_first() else { return Some(now(cx)) };
    let names: Vec<String> = modifiers.iter().map(|m| to_text(m).map(|t| t.trim().to_ascii_lowercase())).collect::<Option<_>>()?;
    let (mut at, rest) = match (first, names.first().map(String::as_str)) {
        (Value::Null, _) => return None,
        (Value::Int(_) | Value::Real(_) | Value::Decimal(_), Some("unixepoch")) => {
            (from_millis((to_real(first)? * 1000.0).round())?, &names[1..])
        }
        (Value::Int(_) | Value::Real(_) | Value::Decimal(_), Some("auto")) => {
            let x = to_real(first)?;
            (from_julian(x).or_else(|| from_millis((x * 1000.0).round()))?, &names[1..])
        }
        (Value::Int(_) | Value::Real(_) | Value::Decimal(_), _) => (from_julian(to_real(first)?)?, &names[..]),
        (text, _) => (read(&to_text(text)?, Some(cx))?, &names[..]),
    };
    for modifier in rest {
        at = modified(at, modifier)?;
    }
    Some(at)
}

/// SQLite's time-values: a date, a time, both, with a zone; `now`; a Julian day.
fn read(text: &str, cx: Option<&Context>) -> Option<NaiveDateTime> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("now") {
        return cx.map(now);
    }
    if let Ok(day) = text.parse::<f64>() {
        return from_julian(day);
    }
    let (body, offset) = zone(text)?;
    let at = match body.get(..10).and_then(|date| NaiveDate::parse_from_str(date, "%Y-%m-%d").ok()) {
        Some(date) => match body[10..].trim_start_matches(['T', ' ']) {
            "" => date.and_time(NaiveTime::MIN),
            time => date.and_time(clock(time)?),
        },
        None => NaiveDate::from_ymd_opt(2000, 1, 1)?.and_time(clock(body)?),
    };
    at.checked_sub_signed(TimeDelta::minutes(offset))
}

fn clock(text: &str) -> Option<NaiveTime> {
    ["%H:%M:%S%.f", "%H:%M"].iter().find_map(|format| NaiveTime::parse_from_str(text, format).ok())
}

/// Cuts `Z` or `+hh:mm` off the end.
fn zone(text: &str) -> Option<(&str, i64)> {
    if let Some(body) = text.strip_suffix(['Z', 'z']) {
        return Some((body.trim_end(), 0));
    }
    if let (true, Some(tail)) = (text.len() > 6, text.get(text.len().wrapping_sub(6)..)) {
        let sign = match tail.as_bytes()[0] {
            b'+' => 1,
            b'-' => -1,
            _ => 0,
        };
        if sign != 0 && tail.as_bytes()[3] == b':' {
            let (hours, minutes): (i64, i64) = (tail[1..3].parse().ok()?, tail[4..].parse().ok()?);
            return Some((text[..text.len() - 6].trim_end(), sign * (hours * 60 + minutes)));
        }
    }
    Some((text, 0))
}

fn modified(at: NaiveDateTime, modifier: &str) -> Option<NaiveDateTime> {
    match modifier {
        "start of day" => return Some(at.date().and_time(NaiveTime::MIN)),
        "start of month" => return Some(at.date().with_day(1)?.and_time(NaiveTime::MIN)),
        "start of year" => return Some(at.date().with_day(1)?.with_month(1)?.and_time(NaiveTime::MIN)),
        // Everything is UTC here, so there is nothing to shift.
        "utc" | "localtime" | "subsec" | "subsecond" => return Some(at),
        _ => {}
    }
    if let Some(day) = modifier.strip_prefix("weekday ") {
        let wanted: u32 = day.trim().parse().ok().filter(|day| *day < 7)?;
        let ahead = (wanted + 7 - at.weekday().num_days_from_sunday()) % 7;
        return at.checked_add_days(Days::new(u64::from(ahead)));
    }
    if let Some((amount, unit)) = modifier.split_once(' ') {
        let amount: f64 = amount.parse().ok().filter(|amount: &f64| amount.abs() < 1e12)?;
        let millis = match unit.trim().trim_end_matches('s') {
            "day" => DAY_MS,
            "hour" => 3_600_000.0,
            "minute" => 60_000.0,
            "second" => 1000.0,
            "month" => return months(at, amount),
            "year" => return months(at, amount * 12.0),
            _ => return None,
        };
        return at.checked_add_signed(TimeDelta::try_milliseconds((amount * millis).round() as i64)?);
    }
    let (sign, body) = match modifier.strip_prefix('-') {
        Some(body) => (-1, body),
        None => (1, modifier.strip_prefix('+').unwrap_or(modifier)),
    };
    let time = clock(body)?;
    let delta = TimeDelta::seconds(i64::from(time.num_seconds_from_midnight())) + TimeDelta::nanoseconds(i64::from(time.nanosecond()));
    at.checked_add_signed(delta * sign)
}

/// Months as SQLite adds them: 31 January and a month is 3 March (or 2 March), not the end of February.
fn months(at: NaiveDateTime, amount: f64) -> Option<NaiveDateTime> {
    let whole = amount.trunc() as i32;
    let first = at.date().with_day(1)?;
    let moved = if whole >= 0 {
        first.checked_add_months(Months::new(whole.unsigned_abs()))?
    } else {
        first.checked_sub_months(Months::new(whole.unsigned_abs()))?
    };
    let date = moved.checked_add_days(Days::new(u64::from(at.day0())))?;
    let rest = TimeDelta::try_milliseconds((amount.fract() * 30.0 * DAY_MS).round() as i64)?;
    date.and_time(at.time()).checked_add_signed(rest)
}

fn shown(a: &[Value], cx: &Context, format: &str) -> Result<Value> {
    Ok(moment(a, cx).map(|at| at.format(format).to_string()).into())
}

fn strftime(a: &[Value], cx: &Context) -> Result<Value> {
    let (Some(format), Some(at)) = (to_text(&a[0]), moment(&a[1..], cx)) else { return Ok(Value::Null) };
    let mut out = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let Some(letter) = chars.next() else { return Ok(Value::Null) };
        match letter {
            'f' => out.push_str(&format!("{:02}.{:03}", at.second(), at.and_utc().timestamp_subsec_millis())),
            'J' => out.push_str(&to_text(&Value::Real(julian(at))).unwrap_or_default()),
            's' => out.push_str(&at.and_utc().timestamp().to_string()),
            'd' | 'e' | 'F' | 'G' | 'g' | 'H' | 'I' | 'j' | 'k' | 'l' | 'm' | 'M' | 'p' | 'P' | 'R' | 'S' | 'T' | 'U' | 'u'
            | 'V' | 'w' | 'W' | 'Y' | '%' => out.push_str(&at.format(&format!("%{letter}")).to_string()),
            _ => return Ok(Value::Null),
        }
    }
    Ok(out.into())
}

/// MySQL's DATE_FORMAT, whose letters differ from strftime's.
fn date_format(a: &[Value]) -> Result<Value> {
    let (Some(at), Some(format)) = (to_text(&a[0]).and_then(|text| read(&text, None)), to_text(&a[1])) else {
        return Ok(Value::Null);
    };
    let mut out = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let ours = match chars.next() {
            None => break,
            Some('i') => "%M",
            Some('s' | 'S') => "%S",
            Some('M') => "%B",
            Some('W') => "%A",
            Some('c') => "%-m",
            Some('e') => "%-d",
            Some('h' | 'I') => "%I",
            Some('k') => "%-H",
            Some('l') => "%-I",
            Some('r') => "%I:%M:%S %p",
            Some('f') => "%6f",
            Some('a') => "%a",
            Some('b') => "%b",
            Some('d') => "%d",
            Some('H') => "%H",
            Some('j') => "%j",
            Some('m') => "%m",
            Some('p') => "%p",
            Some('T') => "%T",
            Some('w') => "%w",
            Some('y') => "%y",
            Some('Y') => "%Y",
            Some(other) => {
                out.push(other);
                continue;
            }
        };
        out.push_str(&at.format(ours).to_string());
    }
    Ok(out.into())
}

fn from_unixtime(a: &[Value]) -> Result<Value> {
    let at = to_int(&a[0]).and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    Ok(at.map(|at| at.format("%Y-%m-%d %H:%M:%S").to_string()).into())
}

fn part(a: &[Value], f: impl Fn(NaiveDateTime) -> i64) -> Result<Value> {
    Ok(to_text(&a[0]).and_then(|text| read(&text, None)).map(f).into())
}

fn datediff(a: &[Value]) -> Result<Value> {
    let read = |value: &Value| to_text(value).and_then(|text| read(&text, None)).map(|at| at.date());
    Ok(match (read(&a[0]), read(&a[1])) {
        (Some(to), Some(from)) => Value::Int(to.signed_duration_since(from).num_days()),
        _ => Value::Null,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> NaiveDateTime { read(text, None).unwrap() }

    #[test]
    fn time_values_and_modifiers() {
        assert_eq!(at("2024-02-29").to_string(), "2024-02-29 00:00:00");
        assert_eq!(at("2024-02-29T10:20:30+02:00").to_string(), "2024-02-29 08:20:30");
        assert_eq!(at("10:20").to_string(), "2000-01-01 10:20:00");
        assert_eq!(modified(at("2024-01-31"), "+1 month").unwrap().to_string(), "2024-03-02 00:00:00");
        assert_eq!(modified(at("2024-03-15"), "start of month").unwrap().to_string(), "2024-03-01 00:00:00");
        assert_eq!(modified(at("2024-03-15"), "weekday 0").unwrap().to_string(), "2024-03-17 00:00:00");
        assert_eq!(modified(at("2024-03-15"), "-1.5 hours").unwrap().to_string(), "2024-03-14 22:30:00");
        assert_eq!(modified(at("2024-03-15"), "+01:30").unwrap().to_string(), "2024-03-15 01:30:00");
        assert!(read("nonsense", None).is_none());
        assert!(read("2024-13-01", None).is_none());
        assert!(modified(at("2024-03-15"), "sideways").is_none());
    }

    #[test]
    fn julian_days_round_trip() {
        assert_eq!(julian(at("2000-01-01 12:00:00")), 2_451_545.0);
        assert_eq!(from_julian(2_451_545.0).unwrap(), at("2000-01-01 12:00:00"));
    }

    #[test]
    fn mysql_formats() {
        assert_eq!(date_format(&["2024-02-09 08:05:01".into(), "%d/%m/%Y %H:%i %M %e".into()]).unwrap(), "09/02/2024 08:05 February 9".into());
        assert_eq!(datediff(&["2024-03-01".into(), "2024-02-28".into()]).unwrap(), Value::Int(2));
    }
}
