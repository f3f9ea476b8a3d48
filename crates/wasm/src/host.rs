//! What a browser alone can do, asked of TypeScript (`js/src/host.ts`).

use js_sys::{Array, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    #[derive(Clone)]
    pub type Host;

    /// Milliseconds, monotonic.
    #[wasm_bindgen(method)]
    pub fn now(this: &Host) -> f64;

    /// Whether the page has cancelled this call. Costs milliseconds where no shared memory is to be had.
    #[wasm_bindgen(method)]
    pub fn cancelled(this: &Host, call: u32) -> bool;

    /// A call is answered: a batch, or an error.
    #[wasm_bindgen(method)]
    pub fn answer(this: &Host, call: u32, batch: Option<Uint8Array>, error: JsValue, branch: Option<&str>);

    /// What calls will be answered if publication `number` lands, told before it is tried: so a page whose worker
    /// ends meanwhile can learn the outcome from storage.
    #[wasm_bindgen(method)]
    pub fn publishing(this: &Host, number: f64, calls: Array);

    /// It landed: the calls told by `publishing` are answered.
    #[wasm_bindgen(method)]
    pub fn landed(this: &Host, number: f64, branch: Option<&str>);

    /// The id of this worker.
    #[wasm_bindgen(method)]
    pub fn tab(this: &Host) -> String;

    #[wasm_bindgen(method)]
    fn lock(this: &Host, name: &str) -> Promise;

    #[wasm_bindgen(method)]
    fn tabs(this: &Host) -> Promise;

    #[wasm_bindgen(method)]
    fn known(this: &Host) -> Promise;

    #[wasm_bindgen(method)]
    fn remember(this: &Host) -> Promise;

    #[wasm_bindgen(method)]
    fn sleep(this: &Host, ms: f64) -> Promise;

    /// One request to a remote. Answers `{status, retryAfterMs, next(), stop()}`, or throws `{code, message, last}`.
    #[wasm_bindgen(method)]
    #[allow(clippy::too_many_arguments)]
    pub fn send(this: &Host, call: u32, url: &str, path: &str, method: &str, kind: &str, body: Uint8Array, scope: &str, range: &str) -> Promise;

    /// Tells the other tabs and, with `local`, the page.
    #[wasm_bindgen(method)]
    pub fn notify(this: &Host, kind: &str, detail: JsValue);

    #[wasm_bindgen(method)]
    pub fn event(this: &Host, kind: &str, detail: JsValue);
}

/// A Web Lock, released when dropped.
pub struct Lock {
    release: Option<js_sys::Function>,
}

impl Drop for Lock {
    fn drop(&mut self) {
        if let Some(release) = self.release.take() {
            let _ = release.call0(&JsValue::UNDEFINED);
        }
    }
}

impl Host {
    /// Waits for the lock. Where there are no Web Locks, it is granted at once.
    pub async fn acquire(&self, name: &str) -> Lock {
        let granted = JsFuture::from(self.lock(name)).await.ok();
        Lock { release: granted.and_then(|value| value.dyn_into().ok()) }
    }

    /// Ids of the live tabs, where Web Locks tell.
    pub async fn live_tabs(&self) -> Option<Vec<String>> {
        let value = JsFuture::from(self.tabs()).await.ok()?;
        let list: Array = value.dyn_into().ok()?;
        Some(list.iter().filter_map(|id| id.as_string()).collect())
    }

    /// Whether there was a database of this name: kept outside of IndexedDB.
    pub async fn is_known(&self) -> bool {
        JsFuture::from(self.known()).await.is_ok_and(|known| known.is_truthy())
    }

    /// From here on the absence of this database is a loss.
    pub async fn keep_in_mind(&self) {
        // Where nothing else can be written, a loss cannot be told from a new database.
        let _ = JsFuture::from(self.remember()).await;
    }

    pub async fn pause(&self, ms: f64) {
        let _ = JsFuture::from(self.sleep(ms)).await;
    }
}
