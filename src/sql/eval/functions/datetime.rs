//! Dates and times: SQLite's functions, and the names under which others ask for now.

use super::moment::{At, DAY};
use super::{in_context, Function, MANY};
use crate::error::Result;
use crate::sql::eval::convert::to_text;
use crate::sql::Context;
use crate::tuple::{days_from_civil, Value};

pub const LIST: &[Function] = &[
    in_context("date", 0, MANY, |a, cx| shown(a, cx, "%F", "%F")),
    in_context("time", 0, MANY, |a, cx| shown(a, cx, "%T", "%H:%M:%f")),
    in_context("datetime", 0, MANY, |a, cx| shown(a, cx, "%F %T", "%F %H:%M:%f")),
    in_context("timestamp", 1, 1, |a, cx| shown(a, cx, "%F %T", "%F %T")),
    in_context("julianday", 0, MANY, |a, cx| Ok(read(a, cx).map_or(Value::Null, |at| Value::Real(at.julian())))),
    in_context("unixepoch", 0, MANY, |a, cx| Ok(read(a, cx).map_or(Value::Null, unix))),
    in_context("unix_timestamp", 0, 1, |a, cx| Ok(read(a, cx).map_or(Value::Null, unix))),
    in_context("strftime", 1, MANY, strftime),
    in_context("timediff", 2, 2, timediff),
    in_context("now", 0, 1, |_, cx| Ok(now(cx, "%F %T"))),
    in_context("current_timestamp", 0, 1, |_, cx| Ok(now(cx, "%F %T"))),
    in_context("localtimestamp", 0, 1, |_, cx| Ok(now(cx, "%F %T"))),
    in_context("localtime", 0, 1, |_, cx| Ok(now(cx, "%F %T"))),
    in_context("sysdate", 0, 1, |_, cx| Ok(now(cx, "%F %T"))),
    in_context("utc_timestamp", 0, 1, |_, cx| Ok(now(cx, "%F %T"))),
    in_context("curdate", 0, 0, |_, cx| Ok(now(cx, "%F"))),
    in_context("current_date", 0, 0, |_, cx| Ok(now(cx, "%F"))),
    in_context("utc_date", 0, 0, |_, cx| Ok(now(cx, "%F"))),
    in_context("curtime", 0, 1, |_, cx| Ok(now(cx, "%T"))),
    in_context("current_time", 0, 1, |_, cx| Ok(now(cx, "%T"))),
    in_context("utc_time", 0, 1, |_, cx| Ok(now(cx, "%T"))),
];

fn read(a: &[Value], cx: &Context) -> Option<At> { At::read(a, cx.moment.now_ms) }

fn now(cx: &Context, format: &str) -> Value { text_of(At::of_ms(cx.moment.now_ms), format).into() }

fn shown(a: &[Value], cx: &Context, format: &str, subsec: &str) -> Result<Value> {
    let text = |at: At| {
        let text = text_of(at, if at.subsec { subsec } else { format })?;
        // Four digits behind the sign, where strftime has three.
        Some(if text.starts_with('-') && at.fields().year > -1000 { text.replacen('-', "-0", 1) } else { text })
    };
    Ok(read(a, cx).and_then(text).into())
}

fn unix(at: At) -> Value {
    if at.subsec { Value::Real(at.ms as f64 / 1000.0) } else { Value::Int(at.ms.div_euclid(1000)) }
}

fn strftime(a: &[Value], cx: &Context) -> Result<Value> {
    let (Some(format), Some(at)) = (to_text(&a[0]), read(&a[1..], cx)) else { return Ok(Value::Null) };
    Ok(text_of(at, &format).into())
}

/// strftime's letters; `None` for one that it does not know.
pub fn text_of(at: At, format: &str) -> Option<String> {
    let f = at.fields();
    let weekday = (at.days() + 4).rem_euclid(7);
    let day_of_year = at.days() - days_from_civil(f.year, 1, 1);
    // ISO's week is that of its Thursday.
    let thursday = At::of_ms((at.days() + 3 - (weekday + 6) % 7) * DAY);
    let iso_year = thursday.fields().year;
    let iso_week = (thursday.days() - days_from_civil(iso_year, 1, 1)) / 7 + 1;
    let half = if f.hour % 12 == 0 { 12 } else { f.hour % 12 };
    let mut out = String::new();
    let mut letters = format.chars();
    while let Some(c) = letters.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        // As C's %04d: the sign is one of the four.
        let year = |year: i64| format!("{year:04}");
        out.push_str(&match letters.next()? {
            'd' => format!("{:02}", f.day),
            'e' => format!("{:2}", f.day),
            'f' => format!("{:02}.{:03}", f.second, f.ms),
            'F' => format!("{}-{:02}-{:02}", year(f.year), f.month, f.day),
            'G' => format!("{iso_year:04}"),
            'g' => format!("{:02}", iso_year % 100),
            'H' => format!("{:02}", f.hour),
            'I' => format!("{half:02}"),
            'j' => format!("{:03}", day_of_year + 1),
            'J' => general(at.julian()),
            'k' => format!("{:2}", f.hour),
            'l' => format!("{half:2}"),
            'm' => format!("{:02}", f.month),
            'M' => format!("{:02}", f.minute),
            'p' => if f.hour >= 12 { "PM" } else { "AM" }.to_string(),
            'P' => if f.hour >= 12 { "pm" } else { "am" }.to_string(),
            'R' => format!("{:02}:{:02}", f.hour, f.minute),
            's' if at.subsec => format!("{:.3}", at.ms as f64 / 1000.0),
            's' => at.ms.div_euclid(1000).to_string(),
            'S' => format!("{:02}", f.second),
            'T' => format!("{:02}:{:02}:{:02}", f.hour, f.minute, f.second),
            'U' => format!("{:02}", (day_of_year + 7 - weekday) / 7),
            'u' => if weekday == 0 { 7 } else { weekday }.to_string(),
            'V' => format!("{iso_week:02}"),
            'w' => weekday.to_string(),
            'W' => format!("{:02}", (day_of_year + 7 - (weekday + 6) % 7) / 7),
            'Y' => year(f.year),
            '%' => "%".to_string(),
            _ => return None,
        });
    }
    Some(out)
}

/// C's `%.16g` of a Julian day.
fn general(day: f64) -> String {
    let whole = day.abs().trunc().to_string().len();
    let text = format!("{day:.*}", 16usize.saturating_sub(whole));
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_string() } else { text }
}

/// How far the first is from the second, as a modifier that leads there: `+0000-01-02 03:04:05.678`.
fn timediff(a: &[Value], cx: &Context) -> Result<Value> {
    let (Some(to), Some(from)) = (read(&a[..1], cx), read(&a[1..], cx)) else { return Ok(Value::Null) };
    let (sign, late, early) = if to.ms >= from.ms { ('+', to, from) } else { ('-', from, to) };
    // Months are walked from the second argument: forwards to the first, or back to it.
    let (l, e) = (late.fields(), early.fields());
    let mut months = (l.year - e.year) * 12 + l.month - e.month;
    let step = |months: i64| {
        let (start, by) = if sign == '+' { (&e, months) } else { (&l, -months) };
        let total = start.year * 12 + start.month - 1 + by;
        let clock = ((start.hour * 60 + start.minute) * 60 + start.second) * 1000 + start.ms;
        (days_from_civil(total.div_euclid(12), total.rem_euclid(12) + 1, 1) + start.day - 1) * DAY + clock
    };
    let rest = |months: i64| if sign == '+' { late.ms - step(months) } else { step(months) - early.ms };
    while rest(months) < 0 {
        months -= 1;
    }
    let rest = rest(months);
    let (days, ms) = (rest / DAY, rest % DAY);
    let clock = format!("{:02}:{:02}:{:02}.{:03}", ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60, ms % 1000);
    Ok(format!("{sign}{:04}-{:02}-{days:02} {clock}", months / 12, months % 12).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters() {
        let at = At::parse("2021-01-03 13:05:06.789", None).unwrap();
        let format = "%d|%e|%f|%G-%g-%V|%H %I %k %l %p %P|%j|%J|%s|%u %w|%U %W|%R|%%";
        assert_eq!(text_of(at, format).unwrap(), "03| 3|06.789|2020-20-53|13 01 13  1 PM pm|003|2459218.045217465|1609679106|7 0|01 00|13:05|%");
        assert_eq!(text_of(at, "%q"), None);
    }
}
