//! Addresses: BLAKE3 of a chunk's bytes.

use std::fmt;
use std::hash::{Hash, Hasher};

/// 32 bytes of BLAKE3. Shown as the first 160 bits in lower-case base32
/// (`0-9a-v`), 32 characters, as Dolt prints its hashes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Address(pub [u8; 32]);

const DIGITS: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";

/// By its first eight bytes: it is a hash already.
impl Hash for Address {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        state.write_u64(u64::from_le_bytes([a, b, c, d, e, f, g, h]));
    }
}

impl Address {
    pub const LEN: usize = 32;
    /// Characters of the shown form.
    pub const SHOWN: usize = 32;
    /// The address of nothing: an empty map, an absent chunk.
    pub const NONE: Address = Address([0; 32]);

    pub fn of(bytes: &[u8]) -> Self {
        Address(*blake3::hash(bytes).as_bytes())
    }

    pub fn is_none(&self) -> bool {
        *self == Self::NONE
    }

    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Address)
    }

    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// All 256 bits as 64 lower-case hexadecimal digits: the form that the sync protocol speaks.
    pub fn hex(&self) -> String {
        self.0.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| DIGITS[usize::from(digit)] as char).collect()
    }

    pub fn from_hex(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let mut bytes = [0; Self::LEN];
        if digits.len() != 2 * Self::LEN {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(Address(bytes))
    }

    /// Whether the shown form starts with `prefix` (already lower case).
    pub fn shown_starts_with(&self, prefix: &str) -> bool {
        self.to_string().starts_with(prefix)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0u8; Self::SHOWN];
        for (i, digit) in text.iter_mut().enumerate() {
            let bit = i * 5;
            let pair = u16::from_be_bytes([self.0[bit / 8], self.0[bit / 8 + 1]]);
            *digit = DIGITS[usize::from(pair >> (11 - bit % 8)) & 31];
        }
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
