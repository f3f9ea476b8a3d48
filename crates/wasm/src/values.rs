//! Parameters as the page encodes them (`js/src/params.ts`): a count and then values, each behind a tag.

use prollite::tuple::Value;
use prollite::{Code, Error, Result};

/// Tags of values. Shared with `js/src/params.ts`.
mod tag {
    pub const NULL: u8 = 0;
    /// i64, little-endian.
    pub const INT: u8 = 1;
    /// f64 that is no integer.
    pub const REAL: u8 = 2;
    /// u32 length, UTF-8.
    pub const TEXT: u8 = 3;
    /// u32 length, bytes.
    pub const BLOB: u8 = 4;
    /// f64 that is a safe integer.
    pub const WHOLE: u8 = 5;
    pub const FALSE: u8 = 6;
    pub const TRUE: u8 = 7;
}

/// Reads a message front to back; what is cut off is an error.
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Reader { rest: bytes }
    }

    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let (head, rest) = self.rest.split_at_checked(length).ok_or_else(cut_off)?;
        self.rest = rest;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        self.take(N)?.try_into().map_err(|_| cut_off())
    }

    pub fn u8(&mut self) -> Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    pub fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub fn u64(&mut self) -> Result<u64> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    pub fn f64(&mut self) -> Result<f64> {
        Ok(f64::from_le_bytes(self.array()?))
    }

    pub fn bytes(&mut self) -> Result<&'a [u8]> {
        let length = self.u32()? as usize;
        self.take(length)
    }

    pub fn text(&mut self) -> Result<&'a str> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Error::bad_argument("a message from the page holds broken text"))
    }

    pub fn values(&mut self) -> Result<Vec<Value>> {
        let count = self.u32()? as usize;
        let mut values = Vec::with_capacity(count.min(self.rest.len()));
        for _ in 0..count {
            values.push(self.value()?);
        }
        Ok(values)
    }

    fn value(&mut self) -> Result<Value> {
        Ok(match self.u8()? {
            tag::NULL => Value::Null,
            tag::INT => Value::Int(i64::from_le_bytes(self.array()?)),
            tag::REAL => Value::real(self.f64()?),
            tag::TEXT => Value::text(self.text()?),
            tag::BLOB => Value::blob(self.bytes()?),
            tag::WHOLE => Value::Int(self.f64()? as i64),
            tag::FALSE => Value::bool(false),
            tag::TRUE => Value::bool(true),
            other => return Err(Error::bad_argument(format!("a message from the page holds a value with tag {other}"))),
        })
    }
}

fn cut_off() -> Error {
    Error::new(Code::BadArgument, "a message from the page is cut off")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_kind_of_value() {
        let mut bytes = 8u32.to_le_bytes().to_vec();
        bytes.push(tag::NULL);
        bytes.push(tag::INT);
        bytes.extend_from_slice(&i64::MIN.to_le_bytes());
        bytes.push(tag::REAL);
        bytes.extend_from_slice(&1.5f64.to_le_bytes());
        bytes.push(tag::TEXT);
        bytes.extend_from_slice(&3u32.to_le_bytes());
        bytes.extend_from_slice("né".as_bytes());
        bytes.push(tag::BLOB);
        bytes.extend_from_slice(&2u32.to_le_bytes());
        bytes.extend_from_slice(&[0, 255]);
        bytes.push(tag::WHOLE);
        bytes.extend_from_slice(&(-9e15f64).to_le_bytes());
        bytes.extend_from_slice(&[tag::TRUE, tag::FALSE]);
        let expected = vec![
            Value::Null,
            Value::Int(i64::MIN),
            Value::real(1.5),
            Value::text("né"),
            Value::blob([0u8, 255].as_slice()),
            Value::Int(-9_000_000_000_000_000),
            Value::Int(1),
            Value::Int(0),
        ];
        assert_eq!(Reader::new(&bytes).values().unwrap(), expected);
        for length in 0..bytes.len() {
            assert!(Reader::new(&bytes[..length]).values().is_err());
        }
    }

    #[test]
    fn a_large_count_reserves_no_memory() {
        assert!(Reader::new(&u32::MAX.to_le_bytes()).values().is_err());
    }
}
