//! `printf` / `format`: SQLite's, after C's.

use super::text::checked;
use super::value::quote;
use super::{pure, Function, MANY};
use crate::error::Result;
use crate::sql::eval::convert::{to_int, to_real, to_text};
use crate::tuple::{real_digits, Value};

pub const LIST: &[Function] = &[pure("printf", 1, MANY, format), pure("format", 1, MANY, format)];

/// Widths and precisions beyond this are clamped.
const WIDEST: usize = 1_000_000;

#[derive(Default)]
struct Spec {
    left: bool,
    plus: bool,
    space: bool,
    zero: bool,
    alternate: bool,
    comma: bool,
    /// Widths and precisions of texts count characters, not bytes.
    characters: bool,
    width: usize,
    precision: Option<usize>,
}

fn format(a: &[Value]) -> Result<Value> {
    // MySQL's FORMAT(number, places), where SQLite would print the number as a pattern.
    if let ([Value::Int(_) | Value::Real(_) | Value::Decimal(_), places], true) = (a, a.len() == 2) {
        let places = to_int(places).unwrap_or(0).clamp(0, 30);
        return format(&[format!("%,.{places}f").into(), a[0].clone()]);
    }
    let Some(pattern) = to_text(&a[0]) else { return Ok(Value::Null) };
    let mut arguments = a[1..].iter();
    let mut next = || arguments.next().cloned().unwrap_or(Value::Null);
    let mut out = String::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let mut spec = Spec::default();
        while let Some(flag) = chars.next_if(|c| "-+ 0#,!".contains(*c)) {
            match flag {
                '-' => spec.left = true,
                '+' => spec.plus = true,
                ' ' => spec.space = true,
                '0' => spec.zero = true,
                '#' => spec.alternate = true,
                ',' => spec.comma = true,
                _ => spec.characters = true,
            }
        }
        let star = |chars: &mut std::iter::Peekable<std::str::Chars>, next: &mut dyn FnMut() -> Value| -> Option<i64> {
            if chars.next_if_eq(&'*').is_some() {
                return Some(to_int(&next()).unwrap_or(0));
            }
            let mut number = None;
            while let Some(digit) = chars.next_if(char::is_ascii_digit) {
                let digit = i64::from(digit as u8 - b'0');
                number = Some((number.unwrap_or(0i64) * 10 + digit).min(WIDEST as i64));
            }
            number
        };
        if let Some(width) = star(&mut chars, &mut next) {
            spec.left |= width < 0;
            spec.width = (width.unsigned_abs() as usize).min(WIDEST);
        }
        if chars.next_if_eq(&'.').is_some() {
            spec.precision = Some(star(&mut chars, &mut next).unwrap_or(0).max(0) as usize).map(|n| n.min(WIDEST));
        }
        while chars.next_if_eq(&'l').is_some() {}
        match chars.next() {
            None => break,
            Some('%') => out.push('%'),
            Some('d' | 'i') => {
                let int = to_int(&next()).unwrap_or(0);
                number(&mut out, &spec, int < 0, grouped(&int.unsigned_abs().to_string(), &spec));
            }
            Some('u') => number(&mut out, &spec, false, (to_int(&next()).unwrap_or(0) as u64).to_string()),
            Some('x') => unsigned(&mut out, &spec, "0x", format!("{:x}", to_int(&next()).unwrap_or(0))),
            Some('X' | 'p') => unsigned(&mut out, &spec, "0X", format!("{:X}", to_int(&next()).unwrap_or(0))),
            Some('o') => unsigned(&mut out, &spec, "0", format!("{:o}", to_int(&next()).unwrap_or(0))),
            Some(kind @ ('f' | 'F' | 'e' | 'E' | 'g' | 'G')) => {
                let x = to_real(&next()).unwrap_or(0.0);
                let digits = real(x.abs(), kind, &spec);
                number(&mut out, &spec, x.is_sign_negative() && x != 0.0, grouped(&digits, &spec));
            }
            Some('s' | 'z') => text(&mut out, &spec, &to_text(&next()).unwrap_or_default()),
            Some('c') => {
                // As often as the precision says; of nothing, a NUL.
                let shown = to_text(&next()).and_then(|text| text.chars().next()).unwrap_or('\0');
                let times = spec.precision.unwrap_or(1).max(1);
                text(&mut out, &Spec { precision: None, characters: true, ..spec }, &shown.to_string().repeat(times));
            }
            Some('q') => text(&mut out, &spec, &to_text(&next()).map_or("(NULL)".into(), |t| t.replace('\'', "''"))),
            Some('Q') => text(&mut out, &spec, &to_text(&next()).map_or("NULL".into(), |t| quote(&Value::Text(t)))),
            Some('w') => text(&mut out, &spec, &to_text(&next()).map_or("(NULL)".into(), |t| t.replace('"', "\"\""))),
            Some(_) => break,
        }
    }
    checked(out, "printf")
}

fn unsigned(out: &mut String, spec: &Spec, prefix: &str, digits: String) {
    let prefix = if spec.alternate && digits != "0" { prefix } else { "" };
    number(out, &Spec { plus: false, space: false, ..*spec }, false, format!("{prefix}{digits}"));
}

fn number(out: &mut String, spec: &Spec, negative: bool, digits: String) {
    let sign = if negative {
        "-"
    } else if spec.plus {
        "+"
    } else if spec.space {
        " "
    } else {
        ""
    };
    let padding = spec.width.saturating_sub(sign.len() + digits.len());
    if spec.left {
        out.push_str(sign);
        out.push_str(&digits);
        out.extend(std::iter::repeat_n(' ', padding));
    } else if spec.zero {
        out.push_str(sign);
        out.extend(std::iter::repeat_n('0', padding));
        out.push_str(&digits);
    } else {
        out.extend(std::iter::repeat_n(' ', padding));
        out.push_str(sign);
        out.push_str(&digits);
    }
}

fn text(out: &mut String, spec: &Spec, text: &str) {
    let most = spec.precision.unwrap_or(usize::MAX);
    let end = match spec.characters {
        true => text.char_indices().nth(most).map_or(text.len(), |(at, _)| at),
        // No character is cut.
        false => (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0),
    };
    let shown = &text[..end];
    let padding = spec.width.saturating_sub(if spec.characters { shown.chars().count() } else { shown.len() });
    if spec.left {
        out.push_str(shown);
    }
    out.extend(std::iter::repeat_n(' ', padding));
    if !spec.left {
        out.push_str(shown);
    }
}

fn grouped(digits: &str, spec: &Spec) -> String {
    if !spec.comma {
        return digits.to_string();
    }
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let mut out = String::new();
    for (at, digit) in digits[..end].chars().enumerate() {
        if at > 0 && (end - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out + &digits[end..]
}

fn real(x: f64, kind: char, spec: &Spec) -> String {
    if x.is_infinite() {
        return "Inf".into();
    }
    let mut precision = spec.precision.unwrap_or(6).min(400) as i32;
    let mut trims = spec.characters;
    let generic = kind.eq_ignore_ascii_case(&'g');
    let mut scientific = kind.eq_ignore_ascii_case(&'e');
    if generic {
        precision = precision.max(1);
        trims = !spec.alternate;
    }
    let round = match (scientific, generic) {
        (true, _) => precision + 1,
        (_, true) => precision,
        _ => -precision,
    };
    let (digits, point) = real_digits(x, round, if spec.characters { 20 } else { 16 });
    if generic {
        precision -= 1;
        match point - 1 {
            power if power < -4 || power > precision => scientific = true,
            power => precision -= power,
        }
    }
    let whole = if scientific { 1 } else { point };
    let split = whole.clamp(0, digits.len() as i32) as usize;
    let mut text = if split == 0 { "0".to_string() } else { digits[..split].to_string() };
    text.extend(std::iter::repeat_n('0', (whole - split as i32).max(0) as usize));
    if precision > 0 || spec.alternate || spec.characters {
        text.push('.');
        let zeros = std::iter::repeat_n('0', (-whole).max(0) as usize);
        let decimals = zeros.chain(digits[split..].chars()).chain(std::iter::repeat('0'));
        text.extend(decimals.take(precision.max(0) as usize));
        if trims {
            text.truncate(text.trim_end_matches('0').len());
            match text.ends_with('.') {
                true if spec.characters => text.push('0'),
                true => text.truncate(text.len() - 1),
                false => {}
            }
        }
    }
    if scientific {
        let power = point - 1;
        let e = if kind.is_ascii_uppercase() { 'E' } else { 'e' };
        text += &format!("{e}{}{:02}", if power < 0 { '-' } else { '+' }, power.abs());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_c_prints() {
        let shown = |pattern: &str, values: &[Value]| {
            let mut arguments = vec![Value::text(pattern)];
            arguments.extend_from_slice(values);
            match format(&arguments).unwrap() {
                Value::Text(text) => text.to_string(),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(shown("%05d|%-5d|%+d", &[7.into(), 7.into(), 7.into()]), "00007|7    |+7");
        assert_eq!(shown("%.2f %e %g", &[Value::Real(3.14159), Value::Real(12345.0), Value::Real(0.0001)]), "3.14 1.234500e+04 0.0001");
        assert_eq!(shown("%.2f %.0f %.1f %!.4f", &[Value::Real(1e22 / 3.0), Value::Real(0.5), Value::Real(9.96), Value::Real(0.25)]), "3333333333333334000000.00 1 10.0 0.25");
        assert_eq!(shown("%,d", &[1234567.into()]), "1,234,567");
        assert_eq!(shown("%5s|%-5s|%.2s", &["ab".into(), "ab".into(), "abc".into()]), "   ab|ab   |ab");
        assert_eq!(shown("%q %Q", &["it's".into(), Value::Null]), "it''s NULL");
        assert_eq!(shown("%x %X %#x", &[255.into(), 255.into(), 255.into()]), "ff FF 0xff");
        assert_eq!(shown("%d%%", &[50.into()]), "50%");
        assert_eq!(shown("%*d", &[4.into(), 7.into()]), "   7");
    }
}
