//! MySQL's dates: parts, formats, differences, intervals.

use super::datetime::text_of;
use super::moment::{month_length, At, DAY};
use super::{in_context, pure, Function};
use crate::error::{Error, Result};
use crate::sql::eval::convert::{to_int, to_real, to_text};
use crate::sql::Context;
use crate::tuple::{days_from_civil, Value};

pub const LIST: &[Function] = &[
    pure("year", 1, 1, |a| part(a, |at| at.fields().year)),
    pure("month", 1, 1, |a| part(a, |at| at.fields().month)),
    pure("day", 1, 1, |a| part(a, |at| at.fields().day)),
    pure("dayofmonth", 1, 1, |a| part(a, |at| at.fields().day)),
    pure("dayofyear", 1, 1, |a| part(a, |at| at.days() - days_from_civil(at.fields().year, 1, 1) + 1)),
    pure("doy", 1, 1, |a| part(a, |at| at.days() - days_from_civil(at.fields().year, 1, 1) + 1)),
    pure("dayofweek", 1, 1, |a| part(a, |at| (at.days() + 4).rem_euclid(7) + 1)),
    pure("dow", 1, 1, |a| part(a, |at| (at.days() + 4).rem_euclid(7))),
    pure("weekday", 1, 1, |a| part(a, |at| (at.days() + 3).rem_euclid(7))),
    pure("quarter", 1, 1, |a| part(a, |at| (at.fields().month + 2) / 3)),
    pure("hour", 1, 1, |a| part(a, |at| at.fields().hour)),
    pure("minute", 1, 1, |a| part(a, |at| at.fields().minute)),
    pure("second", 1, 1, |a| part(a, |at| at.fields().second)),
    pure("microsecond", 1, 1, |a| part(a, |at| at.fields().ms * 1000)),
    pure("epoch", 1, 1, |a| part(a, |at| at.ms.div_euclid(1000))),
    pure("to_days", 1, 1, |a| part(a, |at| at.days() + DAYS_BEFORE_1970)),
    pure("to_seconds", 1, 1, |a| part(a, |at| (at.ms.div_euclid(1000)) + DAYS_BEFORE_1970 * 86_400)),
    pure("time_to_sec", 1, 1, |a| part(a, |at| at.ms.rem_euclid(DAY) / 1000)),
    pure("dayname", 1, 1, |a| formatted(a, "%W")),
    pure("monthname", 1, 1, |a| formatted(a, "%M")),
    pure("week", 1, 2, week),
    pure("weekofyear", 1, 1, |a| part(a, |at| number(at, "%V"))),
    pure("yearweek", 1, 1, |a| part(a, |at| number(at, "%Y") * 100 + number(at, "%U"))),
    pure("last_day", 1, 1, last_day),
    pure("date_format", 2, 2, |a| to_text(&a[1]).map_or(Ok(Value::Null), |format| formatted(a, &format))),
    pure("time_format", 2, 2, |a| to_text(&a[1]).map_or(Ok(Value::Null), |format| formatted(a, &format))),
    pure("str_to_date", 2, 2, str_to_date),
    pure("from_unixtime", 1, 2, from_unixtime),
    pure("from_days", 1, 1, |a| Ok(to_int(&a[0]).and_then(|days| text_of(At::of_ms((days - DAYS_BEFORE_1970).checked_mul(DAY)?), "%F")).into())),
    pure("makedate", 2, 2, makedate),
    pure("sec_to_time", 1, 1, sec_to_time),
    pure("datediff", 2, 2, |a| Ok(two(a).map(|(to, from)| to.days() - from.days()).into())),
    pure("timestampdiff", 3, 3, timestampdiff),
    in_context("timestampadd", 3, 3, |a, cx| shift(&a[2], &a[1], to_text(&a[0]).as_deref(), 1, cx)),
    in_context("date_add", 2, 3, |a, cx| shift(&a[0], &a[1], a.get(2).and_then(to_text).as_deref(), 1, cx)),
    in_context("date_sub", 2, 3, |a, cx| shift(&a[0], &a[1], a.get(2).and_then(to_text).as_deref(), -1, cx)),
];

/// From MySQL's year 0.
const DAYS_BEFORE_1970: i64 = 719_528;

const MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

fn read(value: &Value) -> Option<At> { At::parse(to_text(value)?.trim(), None) }

fn two(a: &[Value]) -> Option<(At, At)> { Some((read(&a[0])?, read(&a[1])?)) }

fn part(a: &[Value], f: impl Fn(At) -> i64) -> Result<Value> { Ok(read(&a[0]).map(f).into()) }

fn number(at: At, format: &str) -> i64 { text_of(at, format).and_then(|text| text.parse().ok()).unwrap_or(0) }

fn formatted(a: &[Value], format: &str) -> Result<Value> { Ok(read(&a[0]).map(|at| mysql_format(at, format)).into()) }

/// DATE_FORMAT's letters, which differ from strftime's.
fn mysql_format(at: At, format: &str) -> String {
    let f = at.fields();
    let weekday = WEEKDAYS[(at.days() + 4).rem_euclid(7) as usize];
    let month = MONTHS[(f.month - 1) as usize];
    let mut out = String::new();
    let mut letters = format.chars();
    while let Some(c) = letters.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let Some(letter) = letters.next() else { break };
        let strftime = match letter {
            'a' => { out.push_str(&weekday[..3]); continue }
            'W' => { out.push_str(weekday); continue }
            'b' => { out.push_str(&month[..3]); continue }
            'M' => { out.push_str(month); continue }
            'c' => { out.push_str(&f.month.to_string()); continue }
            'e' => { out.push_str(&f.day.to_string()); continue }
            'k' => { out.push_str(&f.hour.to_string()); continue }
            'D' => { out.push_str(&ordinal(f.day)); continue }
            'f' => { out.push_str(&format!("{:06}", f.ms * 1000)); continue }
            'y' => { out.push_str(&format!("{:02}", f.year.rem_euclid(100))); continue }
            'l' => { out.push_str(text_of(at, "%l").unwrap_or_default().trim()); continue }
            'i' => "%M",
            's' | 'S' => "%S",
            'h' | 'I' => "%I",
            'r' => "%I:%M:%S %p",
            'u' => "%W",
            'v' => "%V",
            'x' => "%G",
            'd' => "%d",
            'H' => "%H",
            'j' => "%j",
            'm' => "%m",
            'p' => "%p",
            'T' => "%T",
            'U' => "%U",
            'w' => "%w",
            'Y' => "%Y",
            other => { out.push(other); continue }
        };
        out.push_str(&text_of(at, strftime).unwrap_or_default());
    }
    out
}

fn ordinal(day: i64) -> String {
    let ending = match (day % 10, day) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{day}{ending}")
}

/// Modes 0 (Sundays begin weeks) and 1 and 3 (ISO); the others are refused.
fn week(a: &[Value]) -> Result<Value> {
    match a.get(1).map_or(Some(0), to_int) {
        None => Ok(Value::Null),
        Some(0) => part(a, |at| number(at, "%U")),
        Some(3) => part(a, |at| number(at, "%V")),
        Some(mode) => Err(Error::unsupported(format!("week: mode {mode} is not supported, use 0 or 3"))),
    }
}

fn last_day(a: &[Value]) -> Result<Value> {
    Ok(read(&a[0])
        .and_then(|at| {
            let f = at.fields();
            let days = days_from_civil(f.year, f.month, month_length(f.year, f.month));
            text_of(At::of_ms(days * DAY), "%F")
        })
        .into())
}

fn makedate(a: &[Value]) -> Result<Value> {
    let (Some(year), Some(day)) = (to_int(&a[0]), to_int(&a[1])) else { return Ok(Value::Null) };
    let valid = (1..=9999).contains(&year) && (1..=366_000).contains(&day);
    Ok(valid.then(|| text_of(At::of_ms((days_from_civil(year, 1, 1) + day - 1) * DAY), "%F")).flatten().into())
}

fn sec_to_time(a: &[Value]) -> Result<Value> {
    Ok(to_int(&a[0])
        .map(|seconds| {
            let (sign, n) = (if seconds < 0 { "-" } else { "" }, seconds.unsigned_abs());
            format!("{sign}{:02}:{:02}:{:02}", n / 3600, n / 60 % 60, n % 60)
        })
        .into())
}

fn from_unixtime(a: &[Value]) -> Result<Value> {
    let ms = to_real(&a[0]).map(|seconds| seconds * 1000.0).filter(|ms| (0.0..253_402_300_800_000.0).contains(ms));
    let Some(at) = ms.map(|ms| At::of_ms(ms.round() as i64)) else { return Ok(Value::Null) };
    Ok(match a.get(1) {
        None => text_of(at, "%F %T").into(),
        Some(format) => to_text(format).map(|format| mysql_format(at, &format)).into(),
    })
}

/// Reads by DATE_FORMAT's letters; NULL where the text does not follow them. A date, a time, or both, as the format has.
fn str_to_date(a: &[Value]) -> Result<Value> {
    let (Some(text), Some(format)) = (to_text(&a[0]), to_text(&a[1])) else { return Ok(Value::Null) };
    Ok(parse_format(&text, &format).into())
}

fn parse_format(text: &str, format: &str) -> Option<String> {
    let (mut year, mut month, mut day, mut hour, mut minute, mut second) = (0, 1, 1, 0, 0, 0);
    let (mut has_date, mut has_time, mut half) = (false, false, None);
    let mut rest = text.trim_start();
    let mut letters = format.replace("%T", "%H:%i:%s").replace("%r", "%h:%i:%s %p");
    letters = letters.replace("%F", "%Y-%m-%d");
    let mut letters = letters.chars();
    while let Some(c) = letters.next() {
        if c != '%' {
            rest = if c == ' ' { rest.trim_start() } else { rest.strip_prefix(c)? };
            continue;
        }
        let letter = letters.next()?;
        let named = |rest: &mut &str, names: &[&str], short: bool| -> Option<i64> {
            let at = names.iter().position(|name| {
                let name = if short { &name[..3] } else { name };
                rest.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
            })?;
            *rest = &rest[if short { 3 } else { names[at].len() }..];
            Some(at as i64 + 1)
        };
        let mut digits = |most: usize| -> Option<i64> {
            let end = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
            let number = rest[..end].parse().ok()?;
            rest = &rest[end..];
            Some(number)
        };
        match letter {
            'Y' => { year = digits(4)?; has_date = true }
            'y' => { let n = digits(2)?; year = if n < 70 { 2000 + n } else { 1900 + n }; has_date = true }
            'm' | 'c' => { month = digits(2)?; has_date = true }
            'd' | 'e' => { day = digits(2)?; has_date = true }
            'H' | 'k' | 'h' | 'I' | 'l' => { hour = digits(2)?; has_time = true }
            'i' => { minute = digits(2)?; has_time = true }
            's' | 'S' => { second = digits(2)?; has_time = true }
            'f' => { digits(6)?; }
            'M' => { month = named(&mut rest, &MONTHS, false)?; has_date = true }
            'b' => { month = named(&mut rest, &MONTHS, true)?; has_date = true }
            'W' => { named(&mut rest, &WEEKDAYS, false)?; }
            'a' => { named(&mut rest, &WEEKDAYS, true)?; }
            'p' => half = Some(named(&mut rest, &["AM", "PM"], false)?),
            '%' => rest = rest.strip_prefix('%')?,
            _ => return None,
        }
    }
    match half {
        Some(1) => hour %= 12,
        Some(_) => hour = hour % 12 + 12,
        None => {}
    }
    let valid = (1..=12).contains(&month) && day >= 1 && day <= month_length(year, month) && hour < 24 && minute < 60 && second < 60;
    let (date, time) = (format!("{year:04}-{month:02}-{day:02}"), format!("{hour:02}:{minute:02}:{second:02}"));
    valid.then(|| match (has_date, has_time) {
        (true, false) => date,
        (false, true) => time,
        _ => format!("{date} {time}"),
    })
}

/// Months or milliseconds of a unit.
fn unit_of(unit: &str) -> Option<(i64, i64)> {
    let unit = unit.to_ascii_lowercase();
    let unit = unit.strip_prefix("sql_tsi_").unwrap_or(&unit);
    Some(match unit.strip_suffix('s').unwrap_or(unit) {
        "year" => (12, 0),
        "quarter" => (3, 0),
        "month" | "mon" => (1, 0),
        "week" => (0, 7 * DAY),
        "day" => (0, DAY),
        "hour" => (0, 3_600_000),
        "minute" | "min" => (0, 60_000),
        "second" | "sec" => (0, 1000),
        "millisecond" => (0, 1),
        _ => return None,
    })
}

fn no_unit(unit: &str) -> Error { Error::unsupported(format!("INTERVAL unit {unit} is not supported; use YEAR, QUARTER, MONTH, WEEK, DAY, HOUR, MINUTE or SECOND")) }

/// MySQL's: a date stays one if only days are added, the end of a month stays one.
fn shift(date: &Value, amount: &Value, unit: Option<&str>, sign: i64, cx: &Context) -> Result<Value> {
    let (Some(text), Some(amount_text)) = (to_text(date), to_text(amount)) else { return Ok(Value::Null) };
    // '1 day 2 hours' has its units inside.
    let parts: Vec<(f64, String)> = match unit {
        Some(unit) => vec![(to_real(amount).unwrap_or(0.0), unit.to_string())],
        None => {
            let words: Vec<&str> = amount_text.split_ascii_whitespace().collect();
            let parts = words.chunks(2).map(|pair| Some((pair[0].parse().ok()?, pair.get(1)?.to_string())));
            parts.collect::<Option<_>>().ok_or_else(|| Error::bad_argument(format!("INTERVAL '{amount_text}': expected numbers with units")))?
        }
    };
    let Some(mut at) = At::parse(text.trim(), Some(cx.moment.now_ms)) else { return Ok(Value::Null) };
    let mut is_date = text.trim().len() == 10;
    for (amount, unit) in parts {
        let (months, millis) = unit_of(&unit).ok_or_else(|| no_unit(&unit))?;
        let amount = amount * sign as f64;
        if amount.abs() > 1e13 {
            return Ok(Value::Null);
        }
        is_date &= months > 0 || millis % DAY == 0;
        if months > 0 {
            let months = (amount.round() as i64).saturating_mul(months).clamp(-200_000, 200_000);
            let Some(moved) = at.add_months_clamped(months) else { return Ok(Value::Null) };
            at = moved;
        } else {
            // Whole units but for seconds, as in MySQL.
            let moved = if millis == 1000 { (amount * 1000.0).round() as i64 } else { (amount.round() as i64).saturating_mul(millis) };
            at.ms = at.ms.saturating_add(moved);
        }
    }
    if !(-719_528..=2_932_896).contains(&at.days()) {
        return Ok(Value::Null);
    }
    Ok(text_of(at, if is_date { "%F" } else if at.ms.rem_euclid(1000) == 0 { "%F %T" } else { "%F %H:%M:%f" }).into())
}

/// Whole units from the second to the third argument.
fn timestampdiff(a: &[Value]) -> Result<Value> {
    let Some(unit) = to_text(&a[0]) else { return Ok(Value::Null) };
    if unit.eq_ignore_ascii_case("microsecond") {
        return Ok(two(&a[1..]).map(|(from, to)| (to.ms - from.ms) * 1000).into());
    }
    let (months, millis) = unit_of(&unit).ok_or_else(|| no_unit(&unit))?;
    let Some((from, to)) = two(&a[1..]) else { return Ok(Value::Null) };
    if months == 0 {
        return Ok(Value::Int((to.ms - from.ms) / millis));
    }
    let (sign, early, late) = if to.ms >= from.ms { (1, from, to) } else { (-1, to, from) };
    let (e, l) = (early.fields(), late.fields());
    let rest = |f: &super::moment::Fields, ms: i64| (f.day, ms.rem_euclid(DAY));
    let whole = (l.year - e.year) * 12 + l.month - e.month - i64::from(rest(&l, late.ms) < rest(&e, early.ms));
    Ok(Value::Int(sign * (whole / months)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats() {
        let shown = |text: &str, format: &str| formatted(&[text.into()], format).unwrap();
        assert_eq!(shown("2024-02-09 08:05:01", "%d/%m/%Y %H:%i %M %e %D %a"), "09/02/2024 08:05 February 9 9th Fri".into());
        assert_eq!(parse_format("31 March 2024 11:05 pm", "%d %M %Y %h:%i %p").unwrap(), "2024-03-31 23:05:00");
        assert_eq!(parse_format("2024-02-30", "%Y-%m-%d"), None);
        assert_eq!(parse_format("09:30", "%H:%i").unwrap(), "09:30:00");
    }

    #[test]
    fn differences() {
        assert_eq!(LIST.iter().find(|f| f.name == "datediff").map(|f| f.min), Some(2));
        let diff = |unit: &str, from: &str, to: &str| timestampdiff(&[unit.into(), from.into(), to.into()]).unwrap();
        assert_eq!(diff("MONTH", "2024-01-31", "2024-03-30"), Value::Int(1));
        assert_eq!(diff("year", "2024-03-01", "2020-02-29"), Value::Int(-4));
        assert_eq!(diff("DAY", "2024-02-28", "2024-03-01 12:00"), Value::Int(2));
        assert!(timestampdiff(&["fortnight".into(), "2024-01-01".into(), "2024-01-01".into()]).is_err());
    }
}
