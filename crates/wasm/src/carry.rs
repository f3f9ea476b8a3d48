//! Carries a job's requests to a remote with the browser's `fetch`. What is in them is the engine's; here are the
//! retries: full jitter from a quarter of a second to thirty seconds, six tries without progress, `Retry-After` heeded.

use std::rc::Rc;

use js_sys::{Function, Promise, Reflect, Uint8Array};
use prollite::sync::{Job, Progress, Request};
use prollite::{Code, Error, Result};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::call::SharedCall;
use super::interrupt;
use super::shared::Core;

pub const TRIES: u32 = 6;
const FIRST_MS: f64 = 250.0;
const LONGEST_MS: f64 = 30_000.0;

/// Why an exchange ended, and how long the remote wants to be left alone.
struct Failed {
    error: Error,
    retry_after_ms: f64,
    /// Trying again cannot help.
    last: bool,
    /// It began to answer.
    answered: bool,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Failed {
        let last = error.code() != Code::RemoteUnreachable;
        Failed { error, retry_after_ms: 0.0, last, answered: false }
    }
}

/// On whose behalf a job is carried, and how.
pub struct Errand<'a> {
    /// Stops it when it is cancelled or late.
    pub call: Option<&'a SharedCall>,
    /// Tries without an answer before it is given up.
    pub tries: u32,
    /// What other jobs of the same statement brought before.
    pub before: Progress,
}

impl Errand<'_> {
    fn check(&self, core: &Core) -> Result<()> {
        self.call.map_or(Ok(()), |call| interrupt::check_call(call, core.host.now()))
    }
}

pub async fn carry(core: &Rc<Core>, errand: &Errand<'_>, job: &dyn Job) -> Result<()> {
    if job.url().starts_with("file://") {
        return Err(Error::unsupported(format!("{}: a page reaches no files", job.url())));
    }
    let mut failures = 0;
    loop {
        errand.check(core)?;
        let before = job.progress();
        let Some(request) = core.complete(|| job.request()).await? else { return Ok(()) };
        let failed = match exchange(core, errand, job, &request).await {
            Ok(()) => {
                failures = 0;
                continue;
            }
            Err(failed) => failed,
        };
        job.cut();
        errand.check(core)?;
        if errand.call.is_some_and(|call| call.cancellable && core.host.cancelled(call.id)) {
            return Err(interrupt::aborted());
        }
        if job.progress().chunks > before.chunks {
            failures = 0;
        }
        failures += 1;
        // Who answers, if only in part, is asked again more often.
        let tries = if failed.answered { TRIES } else { errand.tries };
        if failed.last || failures >= tries {
            return Err(failed.error);
        }
        let longest = (FIRST_MS * f64::from(1 << failures)).min(LONGEST_MS);
        core.host.pause((js_sys::Math::random() * longest).max(failed.retry_after_ms)).await;
    }
}

fn property(object: &JsValue, name: &str) -> JsValue { Reflect::get(object, &name.into()).unwrap_or(JsValue::UNDEFINED) }

async fn exchange(core: &Rc<Core>, errand: &Errand<'_>, job: &dyn Job, request: &Request) -> std::result::Result<(), Failed> {
    let body = Uint8Array::from(&request.body[..]);
    let scope = request.scope.as_str();
    let range = request.range.map_or_else(String::new, |(from, to)| format!("bytes={from}-{}", to.saturating_sub(1)));
    let call = errand.call.map_or(0, |call| call.id);
    let sent = core.host.send(call, job.url(), &request.path, request.method, request.content_type, body, scope, &range);
    let answer = JsFuture::from(sent).await.map_err(|error| refused(&error))?;
    let number = |name: &str| property(&answer, name).as_f64().unwrap_or(0.0);
    job.answered(number("status") as u16);
    let next: Function = property(&answer, "next").dyn_into().map_err(|_| Error::internal("an answer has no body"))?;
    let taken = take(core, errand, job, &next).await;
    // The connection is let go of, whatever became of it.
    if let Ok(stop) = property(&answer, "stop").dyn_into::<Function>() {
        let _ = stop.call0(&JsValue::UNDEFINED);
    }
    taken.map_err(|error| Failed { retry_after_ms: number("retryAfterMs"), answered: true, ..Failed::from(error) })
}

async fn take(core: &Rc<Core>, errand: &Errand<'_>, job: &dyn Job, next: &Function) -> Result<()> {
    loop {
        let promise = next.call0(&JsValue::UNDEFINED).map_err(|error| refused(&error).error)?;
        let piece = JsFuture::from(Promise::from(promise)).await.map_err(|error| refused(&error).error)?;
        let Ok(piece) = piece.dyn_into::<Uint8Array>() else { break };
        job.feed(&piece.to_vec())?;
        core.complete(|| job.advance()).await?;
        errand.check(core)?;
        tell(core, errand, job);
        if job.has_enough() {
            return Ok(());
        }
    }
    core.complete(|| job.end()).await?;
    tell(core, errand, job);
    Ok(())
}

/// `[url, chunks, announced, bytes on the wire, bytes of chunks]`
fn tell(core: &Core, errand: &Errand<'_>, job: &dyn Job) {
    let progress = errand.before.plus(&job.progress());
    let numbers = [progress.chunks, progress.announced, progress.bytes_wire, progress.bytes_raw];
    let detail = js_sys::Array::of1(&job.url().into());
    numbers.iter().for_each(|number| {
        detail.push(&(*number as f64).into());
    });
    core.host.event("sync", detail.into());
}

/// What the host threw: `{code, message, last}`, or anything.
fn refused(error: &JsValue) -> Failed {
    let code = property(error, "code").as_string();
    let code = code.and_then(|code| Code::ALL.iter().copied().find(|known| known.as_str() == code));
    let message = property(error, "message").as_string().unwrap_or_else(|| format!("{error:?}"));
    let last = property(error, "last").is_truthy();
    let failed = Failed::from(Error::new(code.unwrap_or(Code::RemoteUnreachable), message));
    Failed { last: last || failed.last, ..failed }
}
