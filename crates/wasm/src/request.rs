//! IndexedDB's requests and transactions as futures.
//!
//! The wasm executor continues a future in the microtask after the event, while the transaction is still active:
//! code between two awaits of the same transaction may issue further requests. Nothing else is awaited inside one.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use idb::request::Request;
use idb::Transaction;
use prollite::{Code, Error};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DomException, IdbTransaction};

/// Why storage did not answer.
#[derive(Clone, Debug)]
pub enum Failure {
    /// The connection is gone: storage was cleared, or the browser's process behind it ended. Open it again.
    Connection,
    Failed(Error),
}

impl Failure {
    pub fn into_error(self) -> Error {
        match self {
            Failure::Connection => Error::new(Code::StorageBlocked, "the connection to IndexedDB was lost"),
            Failure::Failed(error) => error,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Failed(error)
    }
}

impl From<idb::Error> for Failure {
    fn from(error: idb::Error) -> Self {
        use idb::Error::*;
        match error {
            DomException(exception) => of_exception(&exception),
            // What `transaction()` and a request on a closed connection throw.
            AddFailed(js) | ClearFailed(js) | DeleteFailed(js) | GetFailed(js) | GetAllFailed(js)
            | GetAllKeysFailed(js) | IndexedDbOpenFailed(js) | IndexedDbDeleteFailed(js) | ObjectStoreNotFound(js)
            | TransactionOpenFailed(js) | TransactionCommitError(js) | TransactionAbortError(js) | UpdateFailed(js) => {
                of_value(&js)
            }
            IndexedDbNotFound(_) => Failure::Failed(
                Error::new(Code::StorageBlocked, "this page has no IndexedDB")
                    .with_hint("private windows and blocked site data take it away; `storage: 'memory'` works without"),
            ),
            other => Failure::Failed(Error::new(Code::StorageBlocked, format!("IndexedDB: {other}"))),
        }
    }
}

/// The failure behind whatever IndexedDB threw.
pub fn of_value(value: &JsValue) -> Failure {
    match value.dyn_ref::<DomException>() {
        Some(exception) => of_exception(exception),
        None => Failure::Failed(Error::new(Code::StorageBlocked, format!("IndexedDB: {value:?}"))),
    }
}

fn of_exception(exception: &DomException) -> Failure {
    let (name, message) = (exception.name(), exception.message());
    match name.as_str() {
        "QuotaExceededError" => Failure::Failed(
            Error::new(Code::Quota, "the browser refuses more storage for this page")
                .with_hint("nothing was lost; free space, or delete rows and call gc()"),
        ),
        // WebKit says UnknownError when its storage process is gone.
        "InvalidStateError" => Failure::Connection,
        "UnknownError" if message.contains("onnection") => Failure::Connection,
        "AbortError" => Failure::Connection,
        "VersionError" => {
            Failure::Failed(Error::new(Code::FormatNewer, "the database was written by a newer version of Prollite"))
        }
        _ => Failure::Failed(Error::new(Code::StorageBlocked, format!("IndexedDB: {name}: {message}"))),
    }
}

#[derive(Default)]
struct Signal {
    fired: bool,
    waker: Option<Waker>,
}

fn fire(signal: &Rc<RefCell<Signal>>) {
    let waker = {
        let mut signal = signal.borrow_mut();
        signal.fired = true;
        signal.waker.take()
    };
    if let Some(waker) = waker {
        waker.wake();
    }
}

fn poll(signal: &Rc<RefCell<Signal>>, context: &Context<'_>) -> bool {
    let mut signal = signal.borrow_mut();
    if !signal.fired {
        signal.waker = Some(context.waker().clone());
    }
    signal.fired
}

/// A request on its way.
pub struct Answer<R> {
    request: R,
    signal: Rc<RefCell<Signal>>,
}

impl<R: Request + Unpin> Answer<R> {
    pub fn of(mut request: R) -> Self {
        let signal: Rc<RefCell<Signal>> = Rc::default();
        let (success, failure) = (signal.clone(), signal.clone());
        request.on_success(move |_| fire(&success));
        request.on_error(move |_| fire(&failure));
        Answer { request, signal }
    }
}

impl<R: Request + Unpin> Future for Answer<R> {
    type Output = Result<JsValue, Failure>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if !poll(&self.signal, context) {
            return Poll::Pending;
        }
        Poll::Ready(match self.request.error() {
            Ok(Some(exception)) => Err(of_exception(&exception)),
            _ => self.request.result().map_err(Failure::from),
        })
    }
}

/// What an earlier request of the same transaction answered: requests are answered in their order, so that
/// waiting for the last one is enough.
pub fn result_of(request: &impl Request) -> Result<JsValue, Failure> {
    match request.error()? {
        Some(exception) => Err(of_exception(&exception)),
        None => Ok(request.result()?),
    }
}

/// The end of a transaction: its `complete` or `abort` event.
pub struct End {
    transaction: Transaction,
    inner: IdbTransaction,
    signal: Rc<RefCell<Signal>>,
    aborted: Rc<RefCell<bool>>,
}

impl End {
    /// Listens. Call it before the last request is issued, or events may be missed.
    pub fn of(transaction: Transaction) -> Self {
        let inner: IdbTransaction = transaction.into();
        let mut transaction: Transaction = inner.clone().into();
        let signal: Rc<RefCell<Signal>> = Rc::default();
        let aborted: Rc<RefCell<bool>> = Rc::default();
        let (complete, abort, flag) = (signal.clone(), signal.clone(), aborted.clone());
        transaction.on_complete(move |_| fire(&complete));
        transaction.on_abort(move |_| {
            *flag.borrow_mut() = true;
            fire(&abort);
        });
        End { transaction, inner, signal, aborted }
    }
}

/// Whoever gives up on a transaction does not hear of its end: the events come all the same.
impl Drop for End {
    fn drop(&mut self) {
        self.inner.set_oncomplete(None);
        self.inner.set_onabort(None);
    }
}

impl Future for End {
    type Output = Result<(), Failure>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if !poll(&self.signal, context) {
            return Poll::Pending;
        }
        Poll::Ready(match (*self.aborted.borrow(), self.transaction.error()) {
            (false, _) => Ok(()),
            // QuotaExceededError comes here, not at the request.
            (true, Some(exception)) => Err(of_exception(&exception)),
            (true, None) => Err(Failure::Connection),
        })
    }
}
