//! SQLite's time-values and their modifiers, to the letter of its date.c: milliseconds, days that a month does not
//! have run over into the next, NULL for what names no time. Local time is UTC.

use crate::sql::eval::convert::{to_real, to_text, whole_number};
use crate::tuple::{civil_from_days, days_from_civil, Value};

pub const DAY: i64 = 86_400_000;

/// The Julian day of 1970-01-01, in milliseconds.
const EPOCH: i64 = 210_866_760_000_000;
/// The last millisecond of 9999; before the first Julian day there is none.
const LAST: i64 = 464_269_060_799_999;
const LAST_DAY: f64 = 5_373_484.5;

type Date = (i64, i64, i64);

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct At {
    /// Since 1970-01-01 UTC.
    pub ms: i64,
    /// `subsec` was asked for.
    pub subsec: bool,
    /// Days that a date ran over the end of its month, for `floor`.
    over: i64,
    /// The date as it was spelled or computed, until time moves: its month may not have the day, and it may lie where
    /// no Julian day is.
    spelled: Option<Date>,
}

pub struct Fields { pub year: i64, pub month: i64, pub day: i64, pub hour: i64, pub minute: i64, pub second: i64, pub ms: i64 }

impl At {
    pub fn of_ms(ms: i64) -> At { At { ms, subsec: false, over: 0, spelled: None } }

    pub fn julian(self) -> f64 { (self.ms + EPOCH) as f64 / DAY as f64 }

    pub fn days(self) -> i64 { self.ms.div_euclid(DAY) }

    fn clock(self) -> i64 { self.ms.rem_euclid(DAY) }

    fn is_valid(self) -> bool { (0..=LAST).contains(&(self.ms + EPOCH)) }

    pub fn fields(self) -> Fields {
        let (year, month, day) = self.spelled.unwrap_or_else(|| civil_from_days(self.days()));
        let ms = self.clock();
        Fields { year, month, day, hour: ms / 3_600_000, minute: ms / 60_000 % 60, second: ms / 1000 % 60, ms: ms % 1000 }
    }

    /// What looks at the date needs one; hours and days pass through where there is none.
    fn date(self) -> Option<Date> { self.spelled.or_else(|| self.is_valid().then(|| civil_from_days(self.days()))) }

    /// The time that arguments name: a time-value (now without one) and its modifiers.
    pub fn read(arguments: &[Value], now_ms: i64) -> Option<At> {
        let Some((first, modifiers)) = arguments.split_first() else { return Some(At::of_ms(now_ms)) };
        let names: Vec<String> = modifiers.iter().map(|m| to_text(m).map(|t| t.to_ascii_lowercase())).collect::<Option<_>>()?;
        let mut names = names.iter().map(String::as_str).peekable();
        let number = match first {
            Value::Int(_) | Value::Real(_) | Value::Decimal(_) => to_real(first),
            _ => None,
        };
        let mut at = match number {
            Some(number) => At::of_number(number, &mut names)?,
            None => {
                let text = to_text(first)?;
                match At::spelled(&text, Some(now_ms)) {
                    Some(at) => {
                        // It chooses between kinds of numbers.
                        names.next_if_eq(&"auto");
                        at
                    }
                    None => At::of_number(real(&text)?, &mut names)?,
                }
            }
        };
        if modifiers.is_empty() {
            at.spelled = None;
        }
        for name in names {
            at = at.modified(name)?;
        }
        at.is_valid().then_some(at)
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
        (0.0..(LAST + 1) as f64).contains(&ms).then(|| At::of_ms((ms + 0.5) as i64 - EPOCH))
    }

    /// A date, a time, both, `now`.
    pub fn parse(text: &str, now_ms: Option<i64>) -> Option<At> { At::spelled(text, now_ms).map(|at| At { spelled: None, ..at }) }

    fn spelled(text: &str, now_ms: Option<i64>) -> Option<At> {
        if text.eq_ignore_ascii_case("now") || text.eq_ignore_ascii_case("subsec") || text.eq_ignore_ascii_case("subsecond") {
            return now_ms.map(|ms| At { subsec: !text.eq_ignore_ascii_case("now"), ..At::of_ms(ms) });
        }
        let (sign, body) = match text.strip_prefix('-') {
            Some(body) => (-1, body),
            None => (1, text),
        };
        let Some((year, month, mut day)) = digits(body, "4-2-2").map(|found| (sign * found[0], found[1], found[2])) else {
            let clock = Clock::parse(text)?;
            return Some(At { ms: days_from_civil(2000, 1, 1) * DAY + clock.ms - clock.offset, ..At::of_ms(0) });
        };
        if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return None;
        }
        let rest = body[10..].trim_start_matches([' ', '\t', '\n', '\x0b', '\x0c', '\r', 'T']);
        let mut clock = if rest.is_empty() { Clock { ms: 0, offset: 0 } } else { Clock::parse(rest)? };
        let mut months = 0;
        if clock.ms == DAY {
            (clock.ms, day) = (0, day + 1);
            let length = month_length(year, month);
            if day > length {
                (months, day) = (1, day - length);
            }
        }
        let at = At::civil((year, month + months, day))?;
        let spelled = at.spelled.filter(|_| clock.offset == 0);
        Some(At { ms: at.ms + clock.ms - clock.offset, spelled, ..at })
    }

    /// Midnight of a date, whose day may be past the end of its month, and whose month past the end of its year.
    fn civil((year, month, day): Date) -> Option<At> {
        let (year, month) = (year + (month - 1).div_euclid(12), (month - 1).rem_euclid(12) + 1);
        if !(-4713..=9999).contains(&year) {
            return None;
        }
        let over = (day - month_length(year, month)).max(0);
        Some(At { ms: (days_from_civil(year, month, 1) + day - 1) * DAY, subsec: false, over, spelled: Some((year, month, day)) })
    }

    /// The same time on another date.
    fn on(self, date: Date) -> Option<At> {
        let moved = At::civil(date)?;
        Some(At { ms: moved.ms + self.clock(), subsec: self.subsec, ..moved })
    }

    /// As MySQL adds months: the end of a month stays one.
    pub fn add_months_clamped(self, months: i64) -> Option<At> {
        let (year, month, day) = self.date()?;
        let moved = self.on((year, month + months, day))?;
        Some(At { ms: moved.ms - moved.over * DAY, spelled: None, ..moved })
    }

    /// A modifier, in small letters.
    pub fn modified(self, modifier: &str) -> Option<At> {
        let after = match modifier {
            "utc" | "localtime" => self,
            "subsec" | "subsecond" => At { subsec: true, ..self },
            "floor" => At { ms: self.ms - self.over * DAY, spelled: None, ..self },
            "ceiling" => At { over: 0, spelled: None, ..self },
            _ => match (modifier.strip_prefix("weekday "), modifier.strip_prefix("start of "), modifier.strip_prefix("end of ")) {
                (Some(day), ..) => self.weekday(day)?,
                (_, Some(unit), _) => self.edge(unit, false)?,
                (.., Some(unit)) => self.edge(unit, true)?,
                _ => self.moved(modifier)?,
            },
        };
        // Far out, only what brings it back could follow; SQLite gives up here as well.
        (after.ms.abs() < 400 * LAST).then_some(after)
    }

    /// The first or the last millisecond of a day, a month or a year.
    fn edge(self, unit: &str, last: bool) -> Option<At> {
        let (year, month, day) = self.date()?;
        let date = match (unit, last) {
            ("day", _) => (year, month, day),
            ("month", false) => (year, month, 1),
            ("month", true) => {
                let next = At::civil((year, month + 1, 1))?;
                return Some(At { ms: next.ms - 1, subsec: self.subsec, over: 0, spelled: None });
            }
            ("year", false) => (year, 1, 1),
            ("year", true) => (year, 12, 31),
            _ => return None,
        };
        let at = At::civil(date)?;
        Some(At { ms: at.ms + if last { DAY - 1 } else { 0 }, spelled: at.spelled, ..self })
    }

    /// The next such day, with a sign the one before; today where it is one.
    fn weekday(self, day: &str) -> Option<At> {
        let wanted = real(day).filter(|wanted| wanted.abs() <= 6.0 && wanted.fract() == 0.0)?.abs() as i64;
        self.date()?;
        let forward = (wanted - (self.days() + 4)).rem_euclid(7);
        let back = if forward != 0 && day.contains('-') { 7 } else { 0 };
        Some(At { ms: self.ms + (forward - back) * DAY, spelled: None, ..self })
    }

    /// `+3 days`, `-1.5 hours`, `+01:30`, `-0001-02-03 04:05`.
    fn moved(self, modifier: &str) -> Option<At> {
        let bytes = modifier.as_bytes();
        let sign = match bytes.first()? {
            b'-' => -1,
            b'+' | b'0'..=b'9' => 1,
            _ => return None,
        };
        let ends = |at: &usize| {
            let year = matches!(at, 5 | 6) && bytes[1..*at].iter().all(u8::is_ascii_digit);
            bytes[*at] == b':' || bytes[*at].is_ascii_whitespace() || bytes[*at] == b'-' && year
        };
        let end = (1..bytes.len()).find(ends).unwrap_or(bytes.len());
        let amount = real(modifier.get(..end)?)?;
        let (mut at, mut clock) = (self, modifier.trim_start_matches(['+', '-']));
        if bytes.get(end) == Some(&b'-') {
            if bytes[0].is_ascii_digit() {
                return None;
            }
            let found = digits(&modifier[1..], if end == 5 { "4-2-2" } else { "5-2-2" }).filter(|found| found[1] < 12 && found[2] < 31)?;
            let (year, month, day) = self.date()?;
            at = self.on((year + sign * found[0], month + sign * found[1], day))?;
            at = At { ms: at.ms + sign * found[2] * DAY, spelled: None, ..at };
            match modifier.get(end + 6..)? {
                "" => return Some(at),
                rest => clock = rest.strip_prefix(|c: char| c.is_ascii_whitespace())?,
            }
        }
        if matches!(bytes.get(end), Some(b'-' | b':')) {
            let clock = Clock::parse(clock)?;
            return Some(At { ms: at.ms + sign * (clock.ms - clock.offset).rem_euclid(DAY), spelled: None, ..at });
        }
        let unit = modifier[end..].trim_start();
        // Name, most of it, seconds.
        const UNITS: [(&str, f64, f64); 6] = [
            ("second", 4.6427e14, 1.0),
            ("minute", 7.7379e12, 60.0),
            ("hour", 1.2897e11, 3600.0),
            ("day", 5_373_485.0, 86_400.0),
            ("month", 176_546.0, 2_592_000.0),
            ("year", 14_713.0, 31_536_000.0),
        ];
        let unit = unit.strip_suffix('s').unwrap_or(unit);
        let (name, most, seconds) = UNITS.iter().find(|(name, ..)| *name == unit)?;
        if amount.abs() >= f64::from(*most as f32) {
            return None;
        }
        let rounder = if amount < 0.0 { -0.5 } else { 0.5 };
        let mut rest = amount;
        at.over = 0;
        if let "month" | "year" = *name {
            let whole = amount as i64;
            let (year, month, day) = self.date()?;
            at = self.on(if *name == "month" { (year, month + whole, day) } else { (year + whole, month, day) })?;
            rest -= whole as f64;
        }
        Some(At { ms: at.ms + (rest * 1000.0 * seconds + rounder) as i64, spelled: None, ..at })
    }
}

/// A text that is a number from its first to its last character.
fn real(text: &str) -> Option<f64> { whole_number(text).and_then(|number| to_real(&number)) }

/// A time of day, 24:00 too, and how far its zone lies east.
struct Clock { ms: i64, offset: i64 }

impl Clock {
    /// `HH:MM[:SS[.fff]]` and a zone.
    fn parse(text: &str) -> Option<Clock> {
        let found = digits(text, "2:2").filter(|found| found[0] <= 24 && found[1] <= 59)?;
        let mut ms = (found[0] * 60 + found[1]) * 60_000;
        let mut end = 5;
        if text.as_bytes().get(5) == Some(&b':') {
            let second = digits(text.get(6..)?, "2").filter(|found| found[0] <= 59)?[0];
            let mut fraction = 0.0;
            end = 8;
            let behind = text[8..].strip_prefix('.').unwrap_or_default();
            let length = behind.bytes().take_while(u8::is_ascii_digit).count();
            if length > 0 {
                fraction = format!("0.{}", &behind[..length]).parse::<f64>().ok()?.min(0.999);
                end = 9 + length;
            }
            ms += ((second as f64 + fraction) * 1000.0 + 0.5) as i64;
        }
        if ms > DAY {
            return None;
        }
        let zone = text[end..].trim_matches(|c: char| c.is_ascii_whitespace());
        let offset = match zone.as_bytes().first() {
            None => 0,
            Some(b'Z' | b'z') if zone.len() == 1 => 0,
            Some(sign @ (b'+' | b'-')) if zone.len() == 6 => {
                let found = digits(&zone[1..], "2:2").filter(|found| found[0] <= 14 && found[1] <= 59)?;
                (found[0] * 60 + found[1]) * if *sign == b'+' { 60_000 } else { -60_000 }
            }
            _ => return None,
        };
        Some(Clock { ms, offset })
    }
}

/// The numbers at the start of a text, as a pattern of how many digits and what stands between them says.
fn digits(text: &str, pattern: &str) -> Option<[i64; 3]> {
    let mut found = [0; 3];
    let (mut numbers, mut bytes) = (found.iter_mut(), text.bytes());
    for part in pattern.bytes() {
        if !part.is_ascii_digit() {
            bytes.next().filter(|byte| *byte == part)?;
            continue;
        }
        let number = numbers.next()?;
        for _ in b'0'..part {
            *number = *number * 10 + i64::from(bytes.next().filter(u8::is_ascii_digit)? - b'0');
        }
    }
    Some(found)
}

pub fn month_length(year: i64, month: i64) -> i64 {
    let (next_year, next) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    days_from_civil(next_year, next, 1) - days_from_civil(year, month, 1)
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
            (&["2023-02-31", "-23:59:59.5", "floor"], "2023-02-27 00:00:00.500"),
            (&["0", "start of day", "+1 year"], "-4712-11-24 00:00:00.000"),
            (&["2024-02-10 05:06", "end of month"], "2024-02-29 23:59:59.999"),
            (&["2024-03-15", "weekday -5"], "2024-03-15 00:00:00.000"),
            (&["2024-03-15", "weekday -4"], "2024-03-14 00:00:00.000"),
            (&["2024-03-15", "+02000-00-01"], "4024-03-16 00:00:00.000"),
            (&["2023-02-31 24:00"], "2023-03-04 00:00:00.000"),
            (&["2024-01-01 24:01"], "NULL"),
        ] {
            assert_eq!(shown(arguments), expected, "{arguments:?}");
        }
    }
}
