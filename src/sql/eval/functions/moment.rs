//! SQLite's time-values and their modifiers, to the letter of its date.c: milliseconds, days that a month does not
//! have run over into the next, NULL for what names no time. Local time is UTC.

use crate::sql::eval::convert::{to_real, to_text};
use crate::tuple::{civil_from_days, days_from_civil, Value};

pub const DAY: i64 = 86_400_000;

/// The Julian day of 1970-01-01, in milliseconds.
const EPOCH: i64 = 210_866_760_000_000;
/// The last millisecond of 9999; before the first Julian day there is none.
const LAST: i64 = 464_269_060_799_999;
const LAST_DAY: f64 = 5_373_484.5;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct At {
    /// Since 1970-01-01 UTC.
    pub ms: i64,
    /// `subsec` was asked for.
    pub subsec: bool,
    /// Days that the last step ran over the end of a month, for `floor`.
    over: i64,
    /// The date as it was spelled, when its month does not have the day: modifiers that look at the date see this.
    spelled: Option<(i64, i64, i64)>,
}

pub struct Fields { pub year: i64, pub month: i64, pub day: i64, pub hour: i64, pub minute: i64, pub second: i64, pub ms: i64 }

impl At {
    pub fn of_ms(ms: i64) -> At { At { ms, subsec: false, over: 0, spelled: None } }

    pub fn julian(self) -> f64 { (self.ms + EPOCH) as f64 / DAY as f64 }

    pub fn days(self) -> i64 { self.ms.div_euclid(DAY) }

    pub fn fields(self) -> Fields {
        let (year, month, day) = self.spelled.unwrap_or_else(|| civil_from_days(self.days()));
        let ms = self.ms.rem_euclid(DAY);
        Fields { year, month, day, hour: ms / 3_600_000, minute: ms / 60_000 % 60, second: ms / 1000 % 60, ms: ms % 1000 }
    }

    /// The time that arguments name: a time-value (now without one) and its modifiers.
    pub fn read(arguments: &[Value], now_ms: i64) -> Option<At> {
        let Some((first, modifiers)) = arguments.split_first() else { return Some(At::of_ms(now_ms)) };
        let names: Vec<String> = modifiers.iter().map(|m| to_text(m).map(|t| t.trim().to_ascii_lowercase())).collect::<Option<_>>()?;
        let mut names = names.iter().map(String::as_str).peekable();
        let number = match first {
            Value::Null => return None,
            Value::Int(_) | Value::Real(_) | Value::Decimal(_) => to_real(first),
            _ => None,
        };
        let mut at = match number {
            Some(number) => At::of_number(number, &mut names)?,
            None => {
                let text = to_text(first)?;
                match At::parse(text.trim(), Some(now_ms)) {
                    Some(at) => {
                        // It chooses between kinds of numbers.
                        names.next_if_eq(&"auto");
                        at
                    }
                    None => At::of_number(text.trim().parse().ok()?, &mut names)?,
                }
            }
        };
        if modifiers.is_empty() {
            at.spelled = None;
        }
        for name in names {
            at = at.modified(name)?;
        }
        (0..=LAST).contains(&(at.ms + EPOCH)).then_some(at)
    }

    /// A Julian day; seconds since 1970 where the first modifier says so.
    fn of_number<'n>(number: f64, names: &mut std::iter::Peekable<impl Iterator<Item = &'n str>>) -> Option<At> {
        let julian = (0.0..LAST_DAY).contains(&number);
        let unix = match names.peek() {
            Some(&"unixepoch") => true,
            Some(&"auto") => !julian,
            Some(&"julianday") if julian => false,
            _ if julian => return Some(At::of_ms((number * DAY as f64 + 0.5) as i64 - EPOCH)),
            _ => return None,
        };
        names.next();
        if !unix {
            return Some(At::of_ms((number * DAY as f64 + 0.5) as i64 - EPOCH));
        }
        let ms = number * 1000.0 + EPOCH as f64;
        (0.0..=LAST as f64).contains(&ms).then(|| At::of_ms((ms + 0.5) as i64 - EPOCH))
    }

    /// A date, a time, both, `now`.
    pub fn parse(text: &str, now_ms: Option<i64>) -> Option<At> {
        if text.eq_ignore_ascii_case("now") || text.eq_ignore_ascii_case("subsec") || text.eq_ignore_ascii_case("subsecond") {
            return now_ms.map(|ms| At { subsec: !text.eq_ignore_ascii_case("now"), ..At::of_ms(ms) });
        }
        let (sign, body) = match text.strip_prefix('-') {
            Some(body) => (-1, body),
            None => (1, text),
        };
        if let Some((year, month, day)) = date(body) {
            let rest = body[10..].trim_start_matches([' ', 'T', 't']);
            let clock = if rest.is_empty() { 0 } else { clock(rest)? };
            let at = At::civil(sign * year, month, day);
            let spelled = (at.over > 0).then_some((sign * year, month, day));
            return Some(At { ms: at.ms + clock, spelled, ..at });
        }
        Some(At { ms: days_from_civil(2000, 1, 1) * DAY + clock(text)?, ..At::of_ms(0) })
    }

    /// Midnight of a date whose day may be past the end of its month.
    fn civil(year: i64, month: i64, day: i64) -> At {
        let first = days_from_civil(year, month, 1);
        let length = month_length(year, month);
        At { ms: (first + day - 1) * DAY, over: (day - length).max(0), ..At::of_ms(0) }
    }

    fn add_months(self, months: i64) -> At {
        let f = self.fields();
        let total = f.year * 12 + f.month - 1 + months;
        let moved = At::civil(total.div_euclid(12), total.rem_euclid(12) + 1, f.day);
        At { ms: moved.ms + self.ms.rem_euclid(DAY), subsec: self.subsec, ..moved }
    }

    /// As MySQL adds months: the end of a month stays one.
    pub fn add_months_clamped(self, months: i64) -> At {
        let moved = self.add_months(months);
        At { ms: moved.ms - moved.over * DAY, ..moved }
    }

    fn start_of_day(self) -> At { At { ms: self.days() * DAY, ..self } }

    pub fn modified(self, modifier: &str) -> Option<At> {
        let f = self.fields();
        // What looks at the date needs one; hours and days may pass through where there is none.
        let by_date = modifier.starts_with("start of") || modifier.starts_with("weekday") || modifier.contains("month")
            || modifier.contains("year") || modifier.bytes().filter(|b| *b == b'-').count() >= 2;
        if by_date && !(0..=LAST).contains(&(self.ms + EPOCH)) {
            return None;
        }
        let after = match modifier {
            "start of day" => self.start_of_day(),
            "start of month" => At { subsec: self.subsec, ..At::civil(f.year, f.month, 1) },
            "start of year" => At { subsec: self.subsec, ..At::civil(f.year, 1, 1) },
            "utc" | "localtime" => self,
            "subsec" | "subsecond" => At { subsec: true, ..self },
            "floor" => At { ms: self.ms - self.over * DAY, over: 0, spelled: None, ..self },
            "ceiling" => At { over: 0, spelled: None, ..self },
            _ => match modifier.strip_prefix("weekday ") {
                Some(day) => {
                    let wanted: f64 = day.trim().parse().ok()?;
                    let wanted = (0.0..7.0).contains(&wanted).then_some(wanted as i64).filter(|day| *day as f64 == wanted)?;
                    let today = (self.days() + 4).rem_euclid(7);
                    At { ms: self.ms + (wanted - today).rem_euclid(7) * DAY, spelled: None, ..self }
                }
                None => self.moved(modifier)?,
            },
        };
        // Far out, only what brings it back could follow; SQLite gives up here as well.
        (after.ms.abs() < 400 * LAST).then_some(after)
    }

    /// `+3 days`, `-1.5 hours`, `+01:30`, `-0001-02-03 04:05`.
    fn moved(self, modifier: &str) -> Option<At> {
        let (sign, body) = match modifier.as_bytes().first()? {
            b'-' => (-1, &modifier[1..]),
            b'+' => (1, &modifier[1..]),
            b'0'..=b'9' => (1, modifier),
            _ => return None,
        };
        let end = body.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(body.len());
        match body.as_bytes().get(end) {
            Some(b':') => return Some(At { ms: self.ms + sign * (clock(body)?.rem_euclid(DAY)), over: 0, spelled: None, ..self }),
            Some(b'-') if end == 4 && body.len() != modifier.len() => {
                let number = |range: std::ops::Range<usize>| digits(body.get(range)?);
                if body.as_bytes().get(7) != Some(&b'-') {
                    return None;
                }
                let (years, months, days) = (number(0..4)?, number(5..7)?, number(8..10)?);
                if months > 11 || days > 30 {
                    return None;
                }
                let at = self.add_months(sign * (years * 12 + months));
                let clock = match body.get(10..)? {
                    "" => 0,
                    rest => clock(rest.strip_prefix(' ')?)?,
                };
                return Some(At { ms: at.ms + sign * (days * DAY + clock), ..at });
            }
            _ => {}
        }
        let mut amount: f64 = body[..end].parse().ok()?;
        amount *= sign as f64;
        let unit = body[end..].trim();
        // Name, most of it, milliseconds.
        const UNITS: [(&str, f64, f64); 6] = [
            ("second", 4.6427e14, 1000.0),
            ("minute", 7.7379e12, 60_000.0),
            ("hour", 1.2897e11, 3_600_000.0),
            ("day", 5_373_485.0, 86_400_000.0),
            ("month", 176_546.0, 2_592_000_000.0),
            ("year", 14_713.0, 31_536_000_000.0),
        ];
        let unit = unit.strip_suffix('s').unwrap_or(unit);
        let (name, most, millis) = UNITS.iter().find(|(name, ..)| *name == unit)?;
        if amount.abs() >= *most {
            return None;
        }
        let whole = match *name {
            "month" => 1,
            "year" => 12,
            _ => 0,
        };
        let mut at = At { over: 0, ..self };
        if whole > 0 {
            at = self.add_months(amount.trunc() as i64 * whole);
            amount = amount.fract();
        }
        let rest = amount * millis + if amount < 0.0 { -0.5 } else { 0.5 };
        Some(At { ms: at.ms + rest as i64, spelled: None, ..at })
    }
}

pub fn month_length(year: i64, month: i64) -> i64 {
    let (next_year, next) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    days_from_civil(next_year, next, 1) - days_from_civil(year, month, 1)
}

fn digits(text: &str) -> Option<i64> { text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten() }

/// `YYYY-MM-DD` at the start; days to 31 in any month.
fn date(text: &str) -> Option<(i64, i64, i64)> {
    let bytes = text.as_bytes();
    if bytes.get(4) != Some(&b'-') || bytes.get(7) != Some(&b'-') {
        return None;
    }
    let (year, month, day) = (digits(text.get(..4)?)?, digits(text.get(5..7)?)?, digits(text.get(8..10)?)?);
    ((1..=12).contains(&month) && (1..=31).contains(&day)).then_some((year, month, day))
}

/// `HH:MM[:SS[.fff]]` and a zone, as milliseconds.
fn clock(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let two = |at: usize, most: i64| digits(text.get(at..at + 2)?).filter(|n| *n <= most);
    if bytes.get(2) != Some(&b':') {
        return None;
    }
    let (hour, minute) = (two(0, 24)?, two(3, 59)?);
    let (mut end, mut millis) = (5, 0);
    if bytes.get(5) == Some(&b':') {
        millis = two(6, 59)? * 1000;
        end = 8;
        if bytes.get(8) == Some(&b'.') && bytes.get(9).is_some_and(u8::is_ascii_digit) {
            let rest = &text[9..];
            let length = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            let fraction: f64 = format!("0.{}", &rest[..length]).parse().ok()?;
            millis += (fraction * 1000.0 + 0.5) as i64;
            end = 9 + length;
        }
    }
    let zone = text[end..].trim();
    let offset = match zone.as_bytes().first() {
        None => 0,
        Some(b'Z' | b'z') if zone.len() == 1 => 0,
        Some(sign @ (b'+' | b'-')) if zone.len() == 6 && zone.as_bytes()[3] == b':' => {
            let hours = digits(zone.get(1..3)?).filter(|n| *n <= 14)?;
            let minutes = digits(zone.get(4..6)?).filter(|n| *n <= 59)?;
            (hours * 60 + minutes) * if *sign == b'+' { 60_000 } else { -60_000 }
        }
        _ => return None,
    };
    Some((hour * 60 + minute) * 60_000 + millis - offset)
}

#[cfg(test)]
mod tests {
    use super::super::datetime::text_of;
    use super::*;

    fn shown(arguments: &[&str]) -> String {
        let values: Vec<Value> = arguments.iter().map(|text| Value::text(*text)).collect();
        At::read(&values, 0).map_or("NULL".to_string(), |at| text_of(at, "%F %H:%M:%f").unwrap())
    }

    #[test]
    fn time_values_and_modifiers() {
        for (arguments, expected) in [
            (&["2024-02-29"][..], "2024-02-29 00:00:00.000"),
            (&["2024-02-29T10:20:30.1239+02:00"], "2024-02-29 08:20:30.124"),
            (&["10:20"], "2000-01-01 10:20:00.000"),
            (&["2023-02-31"], "2023-03-03 00:00:00.000"),
            (&["2023-02-31", "+1 month", "+1 month"], "2023-05-01 00:00:00.000"),
            (&["2023-02-31", "start of month"], "2023-02-01 00:00:00.000"),
            (&["2024-01-31", "+1 month"], "2024-03-02 00:00:00.000"),
            (&["2024-01-31", "+1 month", "floor"], "2024-02-29 00:00:00.000"),
            (&["2024-02-29", "-1.5 years"], "2022-08-30 12:00:00.000"),
            (&["2024-03-15", "start of month"], "2024-03-01 00:00:00.000"),
            (&["2024-03-15", "weekday 0"], "2024-03-17 00:00:00.000"),
            (&["2024-03-15", "-1.5 hours"], "2024-03-14 22:30:00.000"),
            (&["2024-03-15", "-01:30"], "2024-03-14 22:30:00.000"),
            (&["2024-03-15", "+0001-02-03 04:05"], "2025-05-18 04:05:00.000"),
            (&["1700000000", "unixepoch"], "2023-11-14 22:13:20.000"),
            (&["2451545"], "2000-01-01 12:00:00.000"),
            (&["1700000000"], "NULL"),
            (&["nonsense"], "NULL"),
            (&["2024-13-01"], "NULL"),
            (&["2024-03-15", "sideways"], "NULL"),
            (&["9999-12-31", "+1 day"], "NULL"),
        ] {
            assert_eq!(shown(arguments), expected, "{arguments:?}");
        }
    }
}
