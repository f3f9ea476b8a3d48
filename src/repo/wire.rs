//! The few forms that chunks and records of this layer are made of: varints, strings, addresses.

use crate::error::{Error, Result};
use crate::hash::Address;

/// Appends.
#[derive(Default)]
pub(crate) struct Writer(pub Vec<u8>);

impl Writer {
    pub fn u8(&mut self, byte: u8) { self.0.push(byte) }
    pub fn bool(&mut self, truth: bool) { self.0.push(truth.into()) }
    /// LEB128.
    pub fn varint(&mut self, mut n: u64) {
        while n >= 0x80 {
            self.0.push(n as u8 | 0x80);
            n >>= 7;
        }
        self.0.push(n as u8);
    }
    pub fn count(&mut self, n: usize) { self.varint(n as u64) }
    pub fn u64(&mut self, n: u64) { self.0.extend_from_slice(&n.to_le_bytes()) }
    pub fn i64(&mut self, n: i64) { self.0.extend_from_slice(&n.to_le_bytes()) }
    pub fn address(&mut self, address: &Address) { self.0.extend_from_slice(address.as_bytes()) }
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.0.extend_from_slice(bytes);
    }
    pub fn str(&mut self, text: &str) { self.bytes(text.as_bytes()) }
    pub fn option<T: ?Sized>(&mut self, value: Option<&T>, write: impl FnOnce(&mut Self, &T)) {
        self.bool(value.is_some());
        if let Some(value) = value {
            write(self, value);
        }
    }
}

/// Reads; every failure is `Corrupt` and names `what`.
pub(crate) struct Reader<'a> { rest: &'a [u8], what: &'static str }

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8], what: &'static str) -> Self { Reader { rest: bytes, what } }

    pub fn wrong(&self, detail: &str) -> Error { Error::corrupt(format!("{}: {detail}", self.what)) }

    pub fn take(&mut self, n: usize) -> Result<&'a [u8]> {
        if n > self.rest.len() {
            return Err(self.wrong(&format!("ends {} bytes early", n - self.rest.len())));
        }
        let (taken, rest) = self.rest.split_at(n);
        self.rest = rest;
        Ok(taken)
    }
    pub fn u8(&mut self) -> Result<u8> { Ok(self.take(1)?[0]) }
    pub fn bool(&mut self) -> Result<bool> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            byte => Err(self.wrong(&format!("expected 0 or 1, found {byte}"))),
        }
    }
    /// Only the shortest spelling is read.
    pub fn varint(&mut self) -> Result<u64> {
        let mut n = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.u8()?;
            let bits = u64::from(byte & 0x7F);
            if shift == 63 && bits > 1 || byte == 0 && shift > 0 {
                break;
            }
            n |= bits << shift;
            if byte < 0x80 {
                return Ok(n);
            }
        }
        Err(self.wrong("number is malformed"))
    }
    /// A count of things of which each takes at least one byte.
    pub fn count(&mut self) -> Result<usize> {
        let n = self.varint()?;
        match usize::try_from(n) {
            Ok(n) if n <= self.rest.len() => Ok(n),
            _ => Err(self.wrong(&format!("{n} items in {} bytes", self.rest.len()))),
        }
    }
    /// A number that is no count.
    pub fn index(&mut self) -> Result<usize> {
        usize::try_from(self.varint()?).map_err(|_| self.wrong("index is too large"))
    }
    pub fn u64(&mut self) -> Result<u64> { Ok(u64::from_le_bytes(self.array()?)) }
    pub fn i64(&mut self) -> Result<i64> { Ok(i64::from_le_bytes(self.array()?)) }
    pub fn address(&mut self) -> Result<Address> { Ok(Address(self.array()?)) }
    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }
    pub fn bytes(&mut self) -> Result<&'a [u8]> {
        let n = self.count()?;
        self.take(n)
    }
    pub fn str(&mut self) -> Result<&'a str> {
        let bytes = self.bytes()?;
        std::str::from_utf8(bytes).map_err(|_| self.wrong("text is not UTF-8"))
    }
    pub fn option<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<Option<T>> {
        if self.bool()? { read(self).map(Some) } else { Ok(None) }
    }
    pub fn list<T>(&mut self, mut read: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let n = self.count()?;
        (0..n).map(|_| read(self)).collect()
    }
    pub fn rest(&self) -> &'a [u8] { self.rest }
    pub fn end(&self) -> Result<()> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.wrong(&format!("{} bytes too many", self.rest.len()))) }
    }
}
