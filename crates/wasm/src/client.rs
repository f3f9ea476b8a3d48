//! A session and the calls that wait for it.
//!
//! Calls run in their order, a statement at a time. What changes something waits in the *group*; calls that are
//! waiting already run as well and join it, and one publication makes all of them durable (group commit). Reads
//! behind a change in the group are answered with it: what they saw must not be taken back.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use js_sys::{Array, Uint8Array};
use prollite::chunk::readahead;
use prollite::session::{Run, Session, Settled, Settlement, Step};
use prollite::sql::parser;
use prollite::sql::{Moment, Outcome};
use prollite::{Code, Error, Result};
use wasm_bindgen::JsValue;

use super::batch;
use super::call::{Kind, SharedCall};
use super::carry::{carry, Errand, TRIES};
use super::collect;
use super::shared::{pinned, Core, Statement};
use super::failure::error_object;
use super::host::Lock;
use super::interrupt;
use super::publish::{self, Published};
use super::records::Tab;

/// Most statements that share one publication.
const GROUP_MAX: usize = 1_024;
/// How often a statement that others keep overtaking runs again.
const RERUNS: u32 = 100;
/// Most leaves that a scan asks for at once.
pub const AHEAD_MAX: usize = 8_192;
/// How long writers queue after another writer was met.
const CONTENDED_MS: f64 = 2_000.0;

pub struct Client {
    pub id: u32,
    core: Rc<Core>,
    pub session: RefCell<Session>,
    queue: RefCell<VecDeque<SharedCall>>,
    busy: Cell<bool>,
    pub closed: Cell<bool>,
    branch: RefCell<Option<String>>,
}

/// A statement of a call.
#[derive(Clone)]
struct Item {
    call: SharedCall,
    which: usize,
}

/// Statements that ran and are not durable yet.
#[derive(Default)]
struct Group {
    items: Vec<Item>,
    /// Keeps what they read resident and in storage until they are durable.
    hold: Option<Statement>,
    reruns: u32,
}

impl Group {
    /// The generation that the first of them began under.
    fn generation(&self) -> u64 {
        self.hold.as_ref().map_or(0, Statement::generation)
    }
}

impl Client {
    pub fn new(id: u32, core: Rc<Core>, session: Session) -> Rc<Client> {
        let branch = session.branch().map(str::to_string);
        Rc::new(Client {
            id,
            core,
            branch: RefCell::new(branch),
            session: RefCell::new(session),
            queue: RefCell::default(),
            busy: Cell::new(false),
            closed: Cell::new(false),
        })
    }

    pub fn push(self: &Rc<Self>, call: SharedCall) {
        self.queue.borrow_mut().push_back(call);
        if !self.busy.replace(true) {
            let client = self.clone();
            wasm_bindgen_futures::spawn_local(async move { client.drain().await });
        }
    }

    /// The page cancelled a call: at once if it waits, at the next fault if it runs.
    pub fn cancel(&self, id: u32) -> bool {
        let mut queue = self.queue.borrow_mut();
        if let Some(at) = queue.iter().position(|call| call.id == id) {
            if let Some(call) = queue.remove(at) {
                drop(queue);
                self.refuse(&call, &interrupt::aborted());
            }
            return true;
        }
        false
    }

    pub fn is_idle(&self) -> bool {
        !self.busy.get()
    }

    pub fn in_transaction(&self) -> bool {
        self.session.borrow().in_transaction()
    }

    pub fn branch(&self) -> Option<String> {
        self.session.borrow().branch().map(str::to_string)
    }

    /// Rejects what waits.
    pub fn close(&self, error: &Error) {
        self.closed.set(true);
        for call in self.queue.borrow_mut().drain(..) {
            self.refuse(&call, error);
        }
    }

    async fn drain(self: Rc<Self>) {
        let mut todo: VecDeque<Item> = VecDeque::new();
        let mut group = Group::default();
        let mut lock: Option<Lock> = None;
        loop {
            if todo.is_empty() {
                let next = if group.items.len() < GROUP_MAX { self.queue.borrow_mut().pop_front() } else { None };
                match next {
                    Some(call) => {
                        if let Some(item) = self.prepare(call).await {
                            todo.push_back(item);
                        }
                    }
                    None if group.items.is_empty() => break,
                    None => self.publish(&mut group, &mut todo, &mut lock).await,
                }
                continue;
            }
            let Some(item) = todo.pop_front() else { continue };
            match self.run(&item, &mut group).await {
                Ok(None) => {
                    todo.push_front(item);
                    self.publish(&mut group, &mut todo, &mut lock).await;
                }
                Ok(Some(outcome)) => {
                    item.call.record(item.which, outcome);
                    self.ran(item, &mut group, &mut todo);
                }
                Err(error) => self.failed(item, error, &mut group).await,
            }
            if group.items.is_empty() {
                group = Group::default();
                lock = None;
            }
        }
        self.busy.set(false);
        if self.core.owes_acknowledgement() {
            if let Some(indexed) = self.core.indexed() {
                // Its failure shows at the next statement.
                let _ = self.core.acknowledge(indexed).await;
            }
        }
    }

    async fn prepare(&self, call: SharedCall) -> Option<Item> {
        let fresh = self.core.check_open().and_then(|()| if self.closed.get() { Err(closed()) } else { Ok(()) });
        let moment = Moment::new(self.core.now_ms() as i64, random());
        let prepared = fresh.and_then(|()| call.prepare(&self.session.borrow(), moment));
        match prepared {
            Err(error) => self.refuse(&call, &error),
            Ok(()) if call.len() == 0 => self.answer(&call),
            Ok(()) => return Some(Item { call, which: 0 }),
        }
        None
    }

    /// Runs one statement. `None`: publish what ran before, then run it.
    async fn run(&self, item: &Item, group: &mut Group) -> Result<Option<Outcome>> {
        let begins = item.call.with_run(item.which, |run| matches!(run.statement(), parser::Statement::Begin)).unwrap_or(false);
        let (inside, unpublished) = {
            let session = self.session.borrow();
            (session.in_transaction(), session.unpublished())
        };
        if !inside && !unpublished && group.items.is_empty() {
            if !begins {
                self.core.freshen().await?;
            }
        }
        let pins = begins && !inside && !unpublished && group.items.is_empty();
        if pins {
            self.stand().await?;
        }
        if group.items.is_empty() {
            group.hold = Some(self.core.begin_statement());
        }
        self.core.forget_failures();
        let mut ahead = 1;
        loop {
            let stepped = {
                readahead::set(ahead);
                let _watch = interrupt::watch(&item.call, &self.core);
                let mut session = self.session.borrow_mut();
                item.call.with_run(item.which, |run: &mut Run| session.step(run))
            };
            match stepped {
                Some(Ok(Step::Need)) => {
                    let goes_on = item.call.with_run(item.which, |run: &mut Run| run.goes_on()).unwrap_or(false);
                    match self.core.indexed() {
                        Some(indexed) if goes_on => indexed.store.cached().renew_statement(),
                        _ => ahead = (ahead * 2).min(AHEAD_MAX),
                    }
                    self.core.fetch_for(Some(&item.call)).await?;
                    interrupt::check_call(&item.call, self.core.host.now())?;
                    if pins {
                        self.stand().await?;
                    }
                }
                Some(Ok(Step::Publish)) => return Ok(None),
                Some(Ok(Step::Remote(job))) => {
                    let errand = Errand { call: Some(&item.call), tries: TRIES, before: Default::default() };
                    if let Err(error) = carry(&self.core, &errand, &*job).await {
                        item.call.with_run(item.which, |run| run.forget_jobs());
                        return Err(error);
                    }
                }
                Some(Ok(Step::Done(outcome))) => return Ok(Some(outcome)),
                Some(Err(error)) => return Err(error),
                None => return Err(Error::internal("a statement of a call is gone")),
            }
        }
    }

    /// Returns when what BEGIN is about to read is what this tab has pinned. Each wait lets the records move on, and a
    /// transaction that stands on records which nobody pinned loses its chunks to the next gc.
    async fn stand(&self) -> Result<()> {
        let Some(indexed) = self.core.indexed() else { return Ok(()) };
        while indexed.pins.borrow().get(&self.id) != Some(&pinned(&self.core.refs())) {
            self.begin().await?;
        }
        Ok(())
    }

    /// BEGIN pins what the transaction will stand on.
    async fn begin(&self) -> Result<()> {
        let Some(indexed) = self.core.indexed() else { return Ok(()) };
        let now = self.core.now_ms();
        let shared = self
            .core
            .persist(indexed, || {
                indexed.storage.pin(|shared| {
                    indexed.pins.borrow_mut().insert(self.id, pinned(&shared.refs));
                    indexed.tab_record(now)
                })
            })
            .await?;
        self.core.take_over(shared).await
    }

    /// The transaction is over: its pin goes with the next record that the tab writes, or by itself.
    async fn unpin(&self) {
        let Some(indexed) = self.core.indexed() else { return };
        if !self.in_transaction() && indexed.pins.borrow_mut().remove(&self.id).is_some() {
            let _ = self.core.write_tab(indexed).await;
        }
    }

    /// A statement succeeded: what follows from it.
    fn ran(&self, item: Item, group: &mut Group, todo: &mut VecDeque<Item>) {
        let more = item.which + 1 < item.call.len();
        let waits = self.session.borrow().unpublished() || !group.items.is_empty();
        if more {
            todo.push_front(Item { call: item.call.clone(), which: item.which + 1 });
        }
        if waits {
            group.items.push(item);
        } else if !more {
            self.answer(&item.call);
            self.sweep_if_asked();
        }
    }

    /// `CALL dolt_gc()` marked and is durable: what it asked for is done beside whatever comes next.
    fn sweep_if_asked(&self) {
        if self.session.borrow_mut().take_sweep().is_none() {
            return;
        }
        let core = self.core.clone();
        wasm_bindgen_futures::spawn_local(async move {
            if let Err(error) = collect::collect(&core, false).await {
                core.host.event("error", error_object(&error));
            }
        });
    }

    async fn failed(&self, item: Item, error: Error, group: &mut Group) {
        if let Err(undoing) = self.undo(&item).await {
            // The session holds half of a batch: nothing may be built on that.
            let message = format!("{}; undoing the batch failed as well: {}", error.message(), undoing.message());
            let error = Error::new(error.code(), message);
            self.session.borrow_mut().abandon();
            self.unpin().await;
            self.refuse(&item.call, &error);
            for call in calls_of(group) {
                self.refuse(&call, &error);
            }
            *group = Group::default();
            return self.close(&error);
        }
        self.unpin().await;
        if group.items.is_empty() {
            self.refuse(&item.call, &error);
        } else {
            // It ran on what is not durable yet: its answer waits as well.
            *item.call.failed.borrow_mut() = Some(error);
            group.items.push(item);
        }
    }

    /// A batch is undone as a whole.
    async fn undo(&self, item: &Item) -> Result<()> {
        let Some(runs) = item.call.undo(&self.session.borrow()) else { return Ok(()) };
        for mut run in runs? {
            loop {
                let stepped = self.session.borrow_mut().step(&mut run)?;
                match stepped {
                    Step::Done(_) => break,
                    Step::Need => self.core.fetch().await?,
                    _ => return Err(Error::internal("a batch can be undone before it is published alone")),
                }
            }
        }
        Ok(())
    }

    /// Makes the group durable, or puts its calls back to run again.
    async fn publish(&self, group: &mut Group, todo: &mut VecDeque<Item>, lock: &mut Option<Lock>) {
        let now = self.core.host.now();
        if lock.is_none() && self.core.indexed().is_some() && self.core.contended_until.get() > now {
            let name = self.core.lock_name("write");
            *lock = Some(self.core.host.acquire(&name).await);
        }
        loop {
            let publication = self.core.complete_pinned(|| self.session.borrow_mut().publication()).await;
            let publication = match publication {
                Ok(publication) => publication,
                Err(error) => return self.abandon(group, todo, &error).await,
            };
            let calls = if publication.is_empty() { Vec::new() } else { finished(group, todo) };
            let explicit = self.core.indexed().is_some_and(|indexed| indexed.pins.borrow().contains_key(&self.id));
            let told = |number: u64| self.tell(number, &calls);
            let ended = !self.in_transaction();
            let done = publish::publish(&self.core, &publication, group.generation(), explicit, (self.id, ended), told).await;
            match done {
                Ok(Published::Landed(number)) => {
                    let settled = self.session.borrow_mut().settle(Settled::Landed);
                    publish::tell(&self.core, &publication);
                    self.landed(group, todo, number);
                    publish::notify(&self.core, &publication);
                    if let Err(error) = settled {
                        self.core.host.event("error", error_object(&error));
                    }
                    self.unpin().await;
                    self.sweep_if_asked();
                    return;
                }
                Ok(Published::Lost(refs)) => {
                    self.core.contended_until.set(self.core.host.now() + CONTENDED_MS);
                    let settled = self
                        .core
                        .complete_pinned(|| self.session.borrow_mut().settle(Settled::Lost(refs.clone())))
                        .await;
                    group.reruns += 1;
                    match settled {
                        Ok(_) if group.reruns > RERUNS => {
                            let message = format!("other writers came first {RERUNS} times");
                            return self.abandon(group, todo, &Error::new(Code::TxConflict, message)).await;
                        }
                        Ok(Settlement::Done) => return self.landed(group, todo, 0),
                        // What it stands on now is what was read after the race.
                        Ok(Settlement::Again) => group.hold = Some(self.core.begin_statement()),
                        Ok(Settlement::Rerun) => {
                            if lock.is_none() && self.core.indexed().is_some() {
                                *lock = Some(self.core.host.acquire(&self.core.lock_name("write")).await);
                                // What was read before the wait is old.
                                if let Err(error) = self.core.refresh().await {
                                    return self.abandon(group, todo, &error).await;
                                }
                            }
                            return put_back(group, todo, false);
                        }
                        Err(error) if error.code() == Code::TxConflict && self.can_repeat(group) => {
                            self.unpin().await;
                            return put_back(group, todo, true);
                        }
                        Err(error) => return self.abandon(group, todo, &error).await,
                    }
                }
                Err(error) => return self.abandon(group, todo, &error).await,
            }
        }
    }

    /// A batch is known from its BEGIN to its COMMIT: it can run again as a whole.
    fn can_repeat(&self, group: &Group) -> bool {
        group.items.iter().all(|item| {
            item.call.retries.set(item.call.retries.get() + 1);
            item.call.kind == Kind::Batch && item.which + 1 == item.call.len() && item.call.retries.get() < RERUNS
        })
    }

    /// The group's changes never happened.
    async fn abandon(&self, group: &mut Group, todo: &mut VecDeque<Item>, error: &Error) {
        self.session.borrow_mut().abandon();
        self.unpin().await;
        let calls = calls_of(group);
        todo.retain(|item| !calls.iter().any(|call| Rc::ptr_eq(call, &item.call)));
        for call in calls {
            self.refuse(&call, error);
        }
        *group = Group::default();
    }

    fn landed(&self, group: &mut Group, todo: &VecDeque<Item>, number: u64) {
        let ready = finished(group, todo);
        *group = Group::default();
        if number > 0 {
            // The page holds their answers already.
            let branch = self.moved_branch();
            self.core.host.landed(number as f64, branch.as_deref());
            return;
        }
        for call in ready {
            match call.failed.borrow_mut().take() {
                Some(error) => self.refuse(&call, &error),
                None => self.answer(&call),
            }
        }
    }

    /// Hands the page what it will answer when publication `number` lands.
    fn tell(&self, number: u64, calls: &[SharedCall]) {
        let list = Array::new();
        for call in calls {
            let failed = call.failed.borrow();
            let encoded = match &*failed {
                Some(error) => Err(error.clone()),
                None => encode(call),
            };
            let (batch, error) = match encoded {
                Ok(bytes) => (JsValue::from(Uint8Array::from(&bytes[..])), JsValue::NULL),
                Err(error) => (JsValue::NULL, error_object(&error)),
            };
            list.push(&Array::of3(&JsValue::from_f64(call.id.into()), &batch, &error));
        }
        self.core.host.publishing(number as f64, list);
    }

    /// The branch, when it is another one than the page knows.
    fn moved_branch(&self) -> Option<String> {
        let now = self.branch();
        let mut known = self.branch.borrow_mut();
        if *known == now {
            return None;
        }
        known.clone_from(&now);
        Some(format!("{}:{}", self.id, now.unwrap_or_default()))
    }

    fn answer(&self, call: &SharedCall) {
        match encode(call) {
            Ok(bytes) => {
                let batch = Uint8Array::from(&bytes[..]);
                let branch = self.moved_branch();
                self.core.host.answer(call.id, Some(batch), JsValue::NULL, branch.as_deref());
            }
            Err(error) => self.refuse(call, &error),
        }
    }

    fn refuse(&self, call: &SharedCall, error: &Error) {
        let branch = self.moved_branch();
        self.core.host.answer(call.id, None, error_object(error), branch.as_deref());
    }
}

/// Tab record that a publication of this session writes: its own pin is gone when it ends the transaction.
pub fn tab_after(core: &Core, session: u32, ended: bool, landed: u64) -> Option<Tab> {
    let indexed = core.indexed()?;
    let mut tab = indexed.tab_record(core.now_ms());
    tab.landed = landed;
    if ended {
        let pins = indexed.pins.borrow();
        tab.pins = pins.iter().filter(|(id, _)| **id != session).map(|(_, pin)| pin.clone()).collect();
    }
    Some(tab)
}

pub fn closed() -> Error {
    Error::new(Code::Closed, "the database handle is closed")
}

fn encode(call: &SharedCall) -> Result<Vec<u8>> {
    call.answers(batch::encode_all)
}

fn calls_of(group: &Group) -> Vec<SharedCall> {
    let mut calls: Vec<SharedCall> = Vec::new();
    for item in &group.items {
        if !calls.last().is_some_and(|last| Rc::ptr_eq(last, &item.call)) {
            calls.push(item.call.clone());
        }
    }
    calls
}

/// Calls of the group of which nothing is left to run.
fn finished(group: &Group, todo: &VecDeque<Item>) -> Vec<SharedCall> {
    let pending = |call: &SharedCall| todo.iter().any(|item| Rc::ptr_eq(&item.call, call));
    calls_of(group).into_iter().filter(|call| !pending(call)).collect()
}

/// Rerun: every call of the group from its first statement in it; what waits in `todo` of the same calls follows
/// from that again.
fn put_back(group: &mut Group, todo: &mut VecDeque<Item>, from_begin: bool) {
    let calls = calls_of(group);
    todo.retain(|item| !calls.iter().any(|call| Rc::ptr_eq(call, &item.call)));
    for call in calls.iter().rev() {
        let first = group.items.iter().find(|item| Rc::ptr_eq(&item.call, call)).map_or(0, |item| item.which);
        // A batch that lost its race as a transaction begins at BEGIN again.
        let which = if from_begin { 0 } else { first };
        call.failed.borrow_mut().take();
        // What a remote was asked before may lean on chunks that a gc takes away now.
        for which in 0..call.len() {
            let _ = call.with_run(which, |run| run.forget_jobs());
        }
        todo.push_front(Item { call: call.clone(), which });
    }
    group.items.clear();
    group.hold = None;
}

/// Seed of a statement's random numbers.
fn random() -> u64 {
    let high = (js_sys::Math::random() * f64::from(u32::MAX)) as u64;
    let low = (js_sys::Math::random() * f64::from(u32::MAX)) as u64;
    high << 32 | low
}
