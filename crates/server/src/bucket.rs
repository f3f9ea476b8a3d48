//! An S3-compatible bucket: `⟨prefix⟩/⟨database⟩/manifest.json`, `packs/`, `staged/`, as in a folder.

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use object_store::aws::AmazonS3Builder;
use object_store::path::Path;
use object_store::{GetOptions, ObjectStore, PutMode, PutOptions, UpdateVersion};
use prollite::{Code, Error, Result};
use tokio::runtime::Runtime;
use tokio_stream::StreamExt;

use crate::depot::{Depot, Found, Item, Version};

pub struct Bucket { url: String, store: Box<dyn ObjectStore>, prefix: Path, runtime: Option<Runtime> }

/// Pauses between tries.
const READ_AGAIN_MS: [u64; 3] = [50, 200, 800];

impl Bucket {
    pub fn open(url: &str) -> Result<Bucket> {
        let wrong = || Error::bad_argument(format!("bucket {url}: expected s3://bucket or s3://bucket/prefix"));
        let rest = url.strip_prefix("s3://").ok_or_else(wrong)?;
        let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if name.is_empty() {
            return Err(wrong());
        }
        let prefix = Path::parse(prefix).map_err(|error| Error::bad_argument(format!("bucket {url}: {error}")))?;
        let store = AmazonS3Builder::from_env().with_bucket_name(name).build();
        let store = store.map_err(|error| Error::bad_argument(format!("bucket {url}: {error}")))?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.map_err(|error| Error::internal(format!("no threads: {error}")))?;
        Ok(Bucket { url: url.into(), store: Box::new(store), prefix, runtime: Some(runtime) })
    }

    /// On a thread that may block.
    fn run<T>(&self, work: impl Future<Output = T>) -> Result<T> {
        let runtime = self.runtime.as_ref().ok_or_else(|| Error::internal("a bucket was used after its end"))?;
        Ok(runtime.block_on(work))
    }

    fn path(&self, path: &str) -> Path { path.split('/').fold(self.prefix.clone(), |path, part| path.child(part)) }

    fn failed(&self, what: &str, error: &object_store::Error) -> Error {
        Error::new(Code::StorageBlocked, format!("{what} in {}: {error}", self.url))
    }
}

/// Reads again what broke off: the store's own tries end where an answer has begun.
async fn again<T>(mut read: impl AsyncFnMut() -> object_store::Result<T>) -> object_store::Result<T> {
    for pause in READ_AGAIN_MS {
        match read().await {
            Err(object_store::Error::Generic { .. }) => tokio::time::sleep(Duration::from_millis(pause)).await,
            done => return done,
        }
    }
    read().await
}

impl Drop for Bucket {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Depot for Bucket {
    fn manifest(&self, database: &str, known: Option<&Version>) -> Result<Found> {
        let path = self.path(&format!("{database}/manifest.json"));
        let options = GetOptions { if_none_match: known.map(|version| version.0.clone()), ..GetOptions::default() };
        let read = async || {
            let found = self.store.get_opts(&path, options.clone()).await?;
            let tag = found.meta.e_tag.clone();
            found.bytes().await.map(|bytes| (bytes, tag))
        };
        match self.run(again(read))? {
            Ok((bytes, Some(tag))) => Ok(Found::Manifest(bytes.to_vec(), Version(tag))),
            Ok((_, None)) => Err(Error::new(Code::StorageBlocked, format!("{} answers without ETags", self.url))),
            Err(object_store::Error::NotModified { .. }) => Ok(Found::Same),
            Err(object_store::Error::NotFound { .. }) => Ok(Found::Nothing),
            Err(error) => Err(self.failed(&format!("reading {path}"), &error)),
        }
    }

    fn swap(&self, database: &str, manifest: Vec<u8>, seen: Option<&Version>) -> Result<Option<Version>> {
        let path = self.path(&format!("{database}/manifest.json"));
        let mode = match seen {
            None => PutMode::Create,
            Some(version) => PutMode::Update(UpdateVersion { e_tag: Some(version.0.clone()), version: None }),
        };
        let options = PutOptions { mode, ..PutOptions::default() };
        match self.run(self.store.put_opts(&path, manifest.into(), options))? {
            Ok(put) => put.e_tag.map(|tag| Some(Version(tag))).ok_or_else(|| Error::new(Code::StorageBlocked, format!("{} answers without ETags", self.url))),
            Err(object_store::Error::Precondition { .. } | object_store::Error::AlreadyExists { .. }) => Ok(None),
            // Somebody writes it at this moment.
            Err(object_store::Error::Generic { source, .. }) if source.to_string().contains("409") => Ok(None),
            Err(error) => Err(self.failed(&format!("writing {path}"), &error)),
        }
    }

    fn put(&self, path: &str, bytes: Bytes) -> Result<()> {
        let path = self.path(path);
        let put = self.run(self.store.put(&path, bytes.into()))?;
        put.map(drop).map_err(|error| self.failed(&format!("writing {path}"), &error))
    }

    fn get(&self, path: &str) -> Result<Option<Bytes>> {
        let path = self.path(path);
        let read = async || self.store.get(&path).await?.bytes().await;
        match self.run(again(read))? {
            Ok(bytes) => Ok(Some(bytes)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.failed(&format!("reading {path}"), &error)),
        }
    }

    fn list(&self, folder: &str) -> Result<Vec<Item>> {
        let path = self.path(folder);
        let items = async || self.store.list(Some(&path)).collect::<std::result::Result<Vec<_>, _>>().await;
        let items = self.run(again(items))?.map_err(|error| self.failed(&format!("listing {path}"), &error))?;
        let item = |item: object_store::ObjectMeta| {
            let name = item.location.filename()?.to_owned();
            Some(Item { name, at_ms: item.last_modified.timestamp_millis() })
        };
        Ok(items.into_iter().filter_map(item).collect())
    }

    fn remove(&self, path: &str) -> Result<()> {
        let path = self.path(path);
        match self.run(self.store.delete(&path))? {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.failed(&format!("removing {path}"), &error)),
        }
    }

    fn databases(&self) -> Result<Vec<String>> {
        let listed = self.run(self.store.list_with_delimiter(Some(&self.prefix)))?;
        let listed = listed.map_err(|error| self.failed("listing databases", &error))?;
        Ok(listed.common_prefixes.iter().filter_map(|path| path.filename().map(str::to_owned)).collect())
    }
}
