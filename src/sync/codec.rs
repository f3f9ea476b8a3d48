//! How a block's bytes are packed.

use super::refusal::invalid;
use crate::error::Result;

/// The number stands in each block. Format, not tuning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Codec {
    Raw = 0,
    /// Deflate without a header: RFC 1951.
    Deflate = 2,
}

/// Of 0 to 10: beyond this each percent costs more time than it saves on the wire.
const LEVEL: u8 = 5;

impl Codec {
    pub const ALL: [Codec; 2] = [Codec::Raw, Codec::Deflate];

    pub fn from_byte(byte: u8) -> Option<Codec> {
        Codec::ALL.into_iter().find(|codec| *codec as u8 == byte)
    }

    pub fn name(self) -> &'static str {
        match self {
            Codec::Raw => "raw",
            Codec::Deflate => "deflate-raw",
        }
    }

    pub fn pack(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Codec::Raw => bytes.to_vec(),
            Codec::Deflate => miniz_oxide::deflate::compress_to_vec(bytes, LEVEL),
        }
    }

    /// Exactly `len` bytes, or an error; never allocates more than that.
    pub fn unpack(self, bytes: &[u8], len: usize) -> Result<Vec<u8>> {
        let found = match self {
            Codec::Raw if bytes.len() == len => return Ok(bytes.to_vec()),
            Codec::Raw => bytes.len(),
            Codec::Deflate => match miniz_oxide::inflate::decompress_to_vec_with_limit(bytes, len) {
                Ok(raw) if raw.len() == len => return Ok(raw),
                Ok(raw) => raw.len(),
                Err(_) => return Err(invalid(format!("block does not inflate to {len} bytes"))),
            },
        };
        Err(invalid(format!("block has {found} bytes, its header says {len}")))
    }
}
