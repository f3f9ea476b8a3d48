//! Dates and times: canonical text to and from days or microseconds since 1970-01-01 UTC.
//!
//! Canonical are `YYYY-MM-DD`, `HH:MM:SS` and `YYYY-MM-DD HH:MM:SS`, with `.mmm` or `.uuuuuu`
//! where the fraction needs it; years 0001 to 9999. So text sorts as the type does.

use std::fmt::Write;

pub const DAY: i64 = 86_400_000_000;

/// Days since 1970-01-01 of a proleptic Gregorian date.
pub fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Year, month, day.
pub fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days.saturating_add(719_468);
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

const FIRST_DAY: i64 = -719_162; // 0001-01-01
const LAST_DAY: i64 = 2_932_896; // 9999-12-31

pub fn date_text(days: i64) -> Option<String> {
    if !(FIRST_DAY..=LAST_DAY).contains(&days) {
        return None;
    }
    let (year, month, day) = civil_from_days(days);
    Some(format!("{year:04}-{month:02}-{day:02}"))
}

pub fn time_text(micros: i64) -> Option<String> {
    if !(0..DAY).contains(&micros) {
        return None;
    }
    let seconds = micros / 1_000_000;
    let mut text = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    let fraction = micros % 1_000_000;
    let written = match fraction {
        0 => Ok(()),
        _ if fraction % 1000 == 0 => write!(text, ".{:03}", fraction / 1000),
        _ => write!(text, ".{fraction:06}"),
    };
    written.ok().map(|()| text)
}

pub fn datetime_text(micros: i64) -> Option<String> {
    Some(format!("{} {}", date_text(micros.div_euclid(DAY))?, time_text(micros.rem_euclid(DAY))?))
}

/// `YYYY-M-D`; a midnight after it is let pass.
pub fn parse_date(text: &str) -> Option<i64> {
    let micros = parse_datetime(text)?;
    (micros.rem_euclid(DAY) == 0).then(|| micros.div_euclid(DAY))
}

/// `H:MM[:SS[.f]]`.
pub fn parse_time(text: &str) -> Option<i64> {
    let text = text.trim();
    let (clock, fraction) = text.split_once('.').map_or((text, None), |(clock, fraction)| (clock, Some(fraction)));
    let mut parts = clock.split(':');
    let hour = number(parts.next()?, 2)?;
    let minute = number(parts.next()?, 2)?;
    let second = parts.next().map_or(Some(0), |part| number(part, 2))?;
    if parts.next().is_some() || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let mut micros = ((hour * 60 + minute) * 60 + second) * 1_000_000;
    if let Some(fraction) = fraction {
        if fraction.is_empty() || fraction.len() > 9 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let mut unit = 100_000;
        for digit in fraction.bytes().take(6) {
            micros += i64::from(digit - b'0') * unit;
            unit /= 10;
        }
    }
    Some(micros)
}

/// A date, alone or followed by ` ` or `T`, a time and a zone (`Z`, `+02:00`, `-0530`, `+02`, `UTC`), which is
/// turned to UTC.
pub fn parse_datetime(text: &str) -> Option<i64> {
    let text = text.trim();
    let split = text.find([' ', 'T', 't']);
    let (date, rest) = match split {
        Some(at) => (&text[..at], text[at + 1..].trim()),
        None => (text, ""),
    };
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next()?, number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    let year = if year.len() == 4 { number(year, 4)? } else { return None };
    if parts.next().is_some() || year < 1 || !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) {
        return None;
    }
    let midnight = days_from_civil(year, month, day) * DAY;
    if rest.is_empty() {
        return split.is_none().then_some(midnight);
    }
    let (clock, offset) = split_zone(rest)?;
    let micros = midnight + parse_time(clock)? - offset;
    (FIRST_DAY..=LAST_DAY).contains(&micros.div_euclid(DAY)).then_some(micros)
}

fn split_zone(text: &str) -> Option<(&str, i64)> {
    if let Some(clock) = text.strip_suffix(['Z', 'z']) {
        return Some((clock.trim_end(), 0));
    }
    if let Some(clock) = text.strip_suffix("UTC") {
        return Some((clock.trim_end(), 0));
    }
    let Some(at) = text.rfind(['+', '-']) else { return Some((text, 0)) };
    let digits: String = text[at + 1..].chars().filter(|c| *c != ':').collect();
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let minutes = match digits.len() {
        2 => number(&digits, 2)? * 60,
        4 => number(&digits[..2], 2)? * 60 + number(&digits[2..], 2)?,
        _ => return None,
    };
    if minutes > 14 * 60 {
        return None;
    }
    let sign = if text[at..].starts_with('-') { -1 } else { 1 };
    Some((text[..at].trim_end(), sign * minutes * 60_000_000))
}

fn number(text: &str, longest: usize) -> Option<i64> {
    (!text.is_empty() && text.len() <= longest && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_comes_back() {
        for days in FIRST_DAY..=LAST_DAY {
            let (year, month, day) = civil_from_days(days);
            assert_eq!(days_from_civil(year, month, day), days);
        }
        assert_eq!(date_text(FIRST_DAY).unwrap(), "0001-01-01");
        assert_eq!(date_text(LAST_DAY).unwrap(), "9999-12-31");
        assert_eq!(date_text(LAST_DAY + 1), None);
    }

    #[test]
    fn texts_become_canonical() {
        let cases = [
            ("2020-1-2", "2020-01-02 00:00:00"),
            ("2020-01-02T03:04", "2020-01-02 03:04:00"),
            ("2020-01-02T03:04:05Z", "2020-01-02 03:04:05"),
            ("2020-01-02 03:04:05.5+02:00", "2020-01-02 01:04:05.500"),
            ("2020-02-29 23:00:00 -0130", "2020-03-01 00:30:00"),
            ("1969-12-31 23:59:59.999999", "1969-12-31 23:59:59.999999"),
        ];
        for (text, canonical) in cases {
            assert_eq!(parse_datetime(text).and_then(datetime_text).as_deref(), Some(canonical), "{text}");
        }
        for text in ["", "2020", "2020-13-01", "2021-02-29", "2020-01-02 25:00:00", "2020-01-02T", "x", "2020-01-02 1:2:3:4"] {
            assert_eq!(parse_datetime(text), None, "{text}");
        }
    }
}
