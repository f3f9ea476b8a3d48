//! REALs in decimal, digit by digit as SQLite (3.53 and later) spells them.

/// A finite REAL that is not negative, as `0.digits` times ten to the second, without zeros at the end. `round` above 0
/// asks for so many significant digits, else for -`round` places after the point; there are never more than `most`. A
/// half is rounded away from zero. Of 17 digits a REAL gets fewer where nines or noughts at their end say nothing more.
pub fn real_digits(real: f64, round: i32, most: i32) -> (String, i32) {
    if real == 0.0 {
        return ("0".into(), 1);
    }
    // SQLite first takes so many digits, or one more, from the 64 most significant bits of a product. The last of 18 can
    // be one off: that is how it answers.
    let first = if round <= 0 || round >= 18 { 18 } else { round + 1 };
    let (significand, exponent) = normal(real);
    let power = first - 1 - (((exponent + 63) * 78913) >> 18);
    let product = ((u128::from(significand) * u128::from(power_of_ten(power))) >> 64) as u64;
    let shift = -(exponent + ((power * 108_853) >> 15) + 1);
    let number = if first == 18 { ((product >> (shift - 1)) + 1) >> 1 } else { product >> shift };
    let mut digits = number.to_string().into_bytes();
    let mut point = digits.len() as i32 - power;
    let mut keep = if round > 0 { round } else { point - round };
    if round <= 0 && keep == 0 && digits[0] >= b'5' {
        digits.insert(0, b'0');
        (keep, point) = (1, point + 1);
    }
    if keep > 0 {
        let mut keep = keep.min(most) as usize;
        if keep == 17 && digits.len() > keep {
            keep = fewer(real, &digits, point).unwrap_or(keep);
        }
        let up = digits.get(keep).is_some_and(|digit| *digit >= b'5');
        digits.truncate(keep);
        round_up(&mut digits, &mut point, up);
    }
    let digits: String = digits.into_iter().map(char::from).collect();
    (digits.trim_end_matches('0').to_string(), point)
}

/// A positive REAL as 64 bits, the first of them 1, times a power of two.
fn normal(real: f64) -> (u64, i32) {
    let bits = real.to_bits();
    match (bits >> 52) as i32 {
        0 => (bits << bits.leading_zeros(), -1074 - bits.leading_zeros() as i32),
        exponent => (bits << 11 | 1 << 63, exponent - 1086),
    }
}

/// The 64 most significant bits of a power of ten.
fn power_of_ten(power: i32) -> u64 {
    let mut bits = 1u128 << 127;
    for _ in 0..power {
        bits = bits.checked_add(bits >> 2).unwrap_or((bits >> 1) + (bits >> 3));
    }
    for _ in power..0 {
        bits = bits / 5 * 4 + bits % 5 * 4 / 5;
        bits <<= bits.leading_zeros();
    }
    (bits >> 64) as u64
}

fn round_up(digits: &mut Vec<u8>, point: &mut i32, up: bool) {
    if !up {
        return;
    }
    let nines = digits.iter().rev().take_while(|digit| **digit == b'9').count();
    let at = digits.len() - nines;
    match at.checked_sub(1) {
        Some(last) => digits[last] += 1,
        None => {
            digits.insert(0, b'1');
            *point += 1;
        }
    }
    let end = digits.len();
    digits[end - nines..].fill(b'0');
}

/// How many of the digits are enough, and one: those before the nines or noughts, if they read as the same REAL.
fn fewer(real: f64, digits: &[u8], point: i32) -> Option<usize> {
    let (mut short, mut scale) = (digits.to_vec(), point);
    if digits[14..16] == *b"99" {
        short.truncate(14 - digits[..14].iter().rev().take_while(|digit| **digit == b'9').count());
        let kept = short.len();
        round_up(&mut short, &mut scale, true);
        return (read(&short, scale) == Some(real)).then_some(kept + 1);
    }
    if point >= digits.len() as i32 || digits[13..16] == *b"000" {
        short.truncate(13 - digits[..13].iter().rev().take_while(|digit| **digit == b'0').count());
        return (read(&short, point) == Some(real)).then_some(short.len() + 1);
    }
    None
}

fn read(digits: &[u8], point: i32) -> Option<f64> { format!("0.{}e{point}", String::from_utf8_lossy(digits)).parse().ok() }

/// Rounded to so many places after the point, as SQLite's round() does: 1.005 is less than its half, and becomes 1.0.
pub fn round_real(real: f64, places: i32) -> f64 {
    let (digits, point) = real_digits(real.abs(), -places, 20);
    if point + places <= 0 {
        return 0.0;
    }
    read(digits.as_bytes(), point).map_or(real, |rounded| rounded.copysign(real))
}

/// A REAL as text: up to 17 digits, so that it reads back as the same REAL, and always a point.
pub fn real_to_text(real: f64) -> String {
    if real.is_infinite() {
        return if real > 0.0 { "Inf".into() } else { "-Inf".into() };
    }
    let sign = if real < 0.0 { "-" } else { "" };
    let (digits, point) = real_digits(real.abs(), 17, 17);
    if !(-3..=17).contains(&point) {
        let (first, rest) = digits.split_at(1);
        let rest = if rest.is_empty() { "0" } else { rest };
        let direction = if point < 1 { '-' } else { '+' };
        return format!("{sign}{first}.{rest}e{direction}{:02}", (point - 1).abs());
    }
    let whole = point.max(0) as usize;
    let zeros = "0".repeat(point.min(0).unsigned_abs() as usize);
    if digits.len() <= whole {
        return format!("{sign}{digits}{}.0", "0".repeat(whole - digits.len()));
    }
    let (before, after) = digits.split_at(whole);
    format!("{sign}{}.{zeros}{after}", if before.is_empty() { "0" } else { before })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reals_print_as_sqlite_prints_them() {
        let cases = [
            (1.0, "1.0"),
            (-0.0, "0.0"),
            (0.1, "0.1"),
            (1e20, "1.0e+20"),
            (1.5e-7, "1.5e-07"),
            (123456.789, "123456.789"),
            (-0.001, "-0.001"),
            (0.0001, "0.0001"),
            (1e17, "1.0e+17"),
            (1e16, "10000000000000000.0"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1.0 / 3.0, "0.33333333333333332"),
            (49.47, "49.47"),
            (5e-324, "4.9406564584124654e-324"),
            (100000000000000.0, "100000000000000.0"),
            (1e23, "1.0e+23"),
            (f64::MAX, "1.7976931348623157e+308"),
        ];
        for (real, text) in cases {
            assert_eq!(real_to_text(real), text);
        }
    }
}
