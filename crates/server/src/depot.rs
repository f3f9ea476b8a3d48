//! Where databases are when they are not on this machine: what a bucket must be able to do. A server keeps copies of packs
//! in its folder, which never change; the manifest is read anew for each request, and moved by compare-and-swap.

use std::sync::Arc;

use bytes::Bytes;
use prollite::{Code, Error, Result};

/// Which state of a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version(pub String);

pub enum Found {
    Nothing,
    /// What was known already.
    Same,
    Manifest(Vec<u8>, Version),
}

/// A file, by its name in its folder, and when it was written.
pub struct Item { pub name: String, pub at_ms: i64 }

pub trait Depot: Send + Sync {
    fn manifest(&self, database: &str, known: Option<&Version>) -> Result<Found>;
    /// Replaces the manifest if it is still the one that was seen, `None`: none. Answers `None` if it is another.
    fn swap(&self, database: &str, manifest: Vec<u8>, seen: Option<&Version>) -> Result<Option<Version>>;
    fn put(&self, path: &str, bytes: Bytes) -> Result<()>;
    fn get(&self, path: &str) -> Result<Option<Bytes>>;
    fn list(&self, folder: &str) -> Result<Vec<Item>>;
    fn remove(&self, path: &str) -> Result<()>;
    /// Names of databases, as they are found.
    fn databases(&self) -> Result<Vec<String>>;
}

/// `s3://bucket/prefix`; keys, region and endpoint as the AWS tools read them from the environment.
#[cfg(feature = "bucket")]
pub fn open(url: &str) -> Result<Arc<dyn Depot>> { Ok(Arc::new(crate::bucket::Bucket::open(url)?)) }

#[cfg(not(feature = "bucket"))]
pub fn open(url: &str) -> Result<Arc<dyn Depot>> {
    Err(Error::new(Code::Unsupported, format!("bucket {url}: this program was built without buckets (cargo build --features bucket)")))
}

const WRITERS: usize = 16;
const WRITES: usize = 4;

/// Sixteen writers at once count up one manifest: a store that loses one of their writes would lose pushes.
pub fn check(depot: &Arc<dyn Depot>) -> Result<()> {
    let name = format!(".check-{}-{}", std::process::id(), crate::now_ms());
    let count = |name: &str, depot: &dyn Depot| -> Result<()> {
        for _ in 0..WRITES {
            loop {
                let (number, seen) = read(depot, name)?;
                if depot.swap(name, (number + 1).to_string().into_bytes(), seen.as_ref())?.is_some() {
                    break;
                }
            }
        }
        Ok(())
    };
    let joined: Result<()> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..WRITERS).map(|_| scope.spawn(|| count(&name, &**depot))).collect();
        threads.into_iter().try_for_each(|thread| thread.join().unwrap_or_else(|_| Err(Error::internal("a writer failed"))))
    });
    joined?;
    let (number, _) = read(&**depot, &name)?;
    depot.remove(&format!("{name}/manifest.json"))?;
    match number == WRITERS * WRITES {
        true => Ok(()),
        false => Err(Error::new(Code::StorageBlocked, format!("of {} writes at once the store kept {number}", WRITERS * WRITES))),
    }
}

fn read(depot: &dyn Depot, name: &str) -> Result<(usize, Option<Version>)> {
    Ok(match depot.manifest(name, None)? {
        Found::Manifest(bytes, version) => {
            let number = std::str::from_utf8(&bytes).ok().and_then(|text| text.parse().ok());
            (number.ok_or_else(|| Error::corrupt("the store answered what nobody wrote"))?, Some(version))
        }
        Found::Nothing | Found::Same => (0, None),
    })
}
