//! UUIDs: 16 bytes to and from their text in lower case.

use std::fmt::Write;

/// With or without hyphens and braces, in any case.
pub fn parse_uuid(text: &str) -> Option<[u8; 16]> {
    let text = text.trim().trim_start_matches('{').trim_end_matches('}');
    let mut bytes = [0u8; 16];
    let mut digits = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte == b'-' && text.len() == 36 && matches!(at, 8 | 13 | 18 | 23) {
            continue;
        }
        let digit = (byte as char).to_digit(16)? as u8;
        *bytes.get_mut(digits / 2)? |= if digits % 2 == 0 { digit << 4 } else { digit };
        digits += 1;
    }
    (digits == 32).then_some(bytes)
}

pub fn uuid_text(bytes: &[u8; 16]) -> String {
    let mut text = String::with_capacity(36);
    for (i, byte) in bytes.iter().enumerate() {
        if matches!(i, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_meet_in_one() {
        let canonical = "00112233-4455-6677-8899-aabbccddeeff";
        for text in [canonical, "00112233445566778899AABBCCDDEEFF", "{00112233-4455-6677-8899-AABBCCDDEEFF}"] {
            assert_eq!(parse_uuid(text).map(|bytes| uuid_text(&bytes)).as_deref(), Some(canonical));
        }
        for text in ["", "0011", "00112233-4455-6677-8899-aabbccddeefg", "0011-2233-4455-6677-8899-aabbccddeeff"] {
            assert_eq!(parse_uuid(text), None, "{text}");
        }
    }
}
