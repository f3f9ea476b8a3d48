//! One connection: its branch, its transaction, its settings.
//!
//! The workspace holds what is not in trees yet. Depth 0 is what autocommitted statements folded into; BEGIN
//! opens a layer above it, each savepoint one more, each statement one more while it runs. A statement that
//! fails or faults drops its layer and puts the moved refs back, so that it never happened.

use std::cell::RefCell;
use std::rc::Rc;

use super::snapshot::{Place, Snapshot};
use super::watch::Watch;
use super::Database;
use crate::chunk::{Overlay, Store};
use crate::error::{Code, Error, Result};
use crate::repo::{Change, Publication, RefMap, Refs, Repository, RowCheck, HEADS, WORK};
use crate::sql::parser::{self, Parsed, Statement};
use crate::sql::procedure::Effect;
use crate::sql::write::MergeCheck;
use crate::sql::{execute, Context, Moment, Outcome, Resume, Settings, Suspension, Workspace};
use crate::sync::{Job, Jobs};
use crate::tuple::Value;

/// A statement on its way: text, parameters and its volatile values, kept for retries.
pub struct Run {
    parsed: Rc<[Parsed]>,
    which: usize,
    parameters: Rc<[Value]>,
    moment: Rc<Moment>,
    jobs: Rc<Jobs>,
    /// What a retry goes on with, and the overlay that it stands on, by number.
    resume: RefCell<(u64, Rc<Resume>)>,
    suspension: Rc<Suspension>,
}

impl Run {
    pub fn statement(&self) -> &Statement { &self.parsed[self.which].statement }
    /// The statement's own text.
    pub fn sql(&self) -> &str { self.parsed[self.which].source() }
    /// A job failed for good: whoever runs the statement again asks again.
    pub fn forget_jobs(&self) { self.jobs.forget() }
    /// Names of the parameters it takes, by number.
    pub fn parameter_names(&self) -> &[Option<Rc<str>>] { &self.parsed[self.which].parameters }
    /// The next step goes on where this one met a fault: what was read before is not needed again.
    pub fn goes_on(&self) -> bool { self.suspension.goes_on() || self.resume.borrow().1.goes_on() }
}

pub enum Step {
    /// Chunks are missing: fetch what the store logged, then step again.
    Need,
    /// What ran before must be published first; then step again.
    Publish,
    /// A remote is asked: carry the job's requests until there are none, then step again.
    Remote(Rc<dyn Job>),
    Done(Outcome),
}

impl std::fmt::Debug for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Step::Need => f.write_str("Need"),
            Step::Publish => f.write_str("Publish"),
            Step::Remote(job) => write!(f, "Remote({})", job.url()),
            Step::Done(outcome) => write!(f, "Done({outcome:?})"),
        }
    }
}

/// What became of a publication.
#[derive(Clone, Debug)]
pub enum Settled {
    Landed,
    /// Someone else moved a ref first; all refs as they are now.
    Lost(RefMap),
}

/// What the driver does next.
#[derive(Debug, PartialEq, Eq)]
pub enum Settlement {
    /// Nothing: the change is durable.
    Done,
    /// The session is on the new root: run the group's statements again.
    Rerun,
    /// An explicit transaction was merged onto the new root: ask for its publication again.
    Again,
}

/// How far the transaction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Each statement is its own; those that wait for a publication share it.
    Auto,
    /// Between BEGIN and COMMIT.
    Open,
    /// After COMMIT, until it is durable.
    Committed,
}

/// What a statement may change beside the workspace, to be put back when it fails.
#[derive(Clone)]
pub(super) struct Before { publication: Publication, settings: Rc<Settings>, place: Place, mode: Mode }

pub(super) struct Savepoint { pub name: String, pub depth: usize, pub publication: Publication }

pub struct Session {
    pub(super) database: Rc<Database>,
    pub(super) watch: Rc<Watch>,
    pub(super) overlay: Rc<Overlay>,
    pub(super) store: Store,
    /// The database's records as this transaction began.
    pub(super) repository: Rc<Repository>,
    pub(super) seen: u64,
    pub(super) place: Place,
    /// Where `USE db` goes back to after `` USE `db/branch` ``; `None`: the session is there.
    pub(super) base: Option<Place>,
    pub(super) snapshot: Snapshot,
    pub(super) workspace: Rc<RefCell<Workspace>>,
    pub(super) publication: Rc<RefCell<Publication>>,
    pub(super) settings: Rc<Settings>,
    pub(super) mode: Mode,
    pub(super) savepoints: Vec<Savepoint>,
    /// Moves of other refs inside a transaction: published at once.
    pub(super) immediate: Option<Publication>,
    /// A procedure ran since the last publication: nothing shares one with it.
    pub(super) alone: bool,
    /// Where the session stood when the group of statements began that wait for a publication.
    pub(super) group: Option<Place>,
    /// What the driver is making durable.
    pub(super) in_flight: Option<Publication>,
    /// The date of what is published: that of the last statement.
    pub(super) now_ms: i64,
    /// What garbage collection left, to be swept once it is durable.
    pub(super) sweep: Option<Vec<crate::Address>>,
    /// How often the overlay was emptied.
    overlays: u64,
}

impl Session {
    pub(super) fn open(database: Rc<Database>, branch: &str) -> Result<Session> {
        let watch = Rc::new(Watch::new(database.repository().store.clone()));
        let overlay = Rc::new(Overlay::new(watch.clone()));
        let store: Store = overlay.clone();
        let repository = Rc::new(Repository::open(store.clone(), database.repository().all_refs()));
        let place = place_of(&*repository, branch);
        let (snapshot, seen) = match Snapshot::load(&*repository, &store, &place) {
            Ok(snapshot) => (snapshot, database.version()),
            Err(error) if error.is_fault() => (Snapshot::unloaded(), u64::MAX),
            Err(error) => return Err(error),
        };
        database.hold(&snapshot.root);
        let settings = Settings {
            database: database.name().clone(),
            branch: place.branch().cloned(),
            revision: place.revision().cloned(),
            pushdown: true,
            variables: super::control::variables(),
        };
        Ok(Session {
            workspace: Rc::new(RefCell::new(Workspace::of(snapshot.root.clone()))),
            seen,
            database,
            watch,
            overlay,
            store,
            repository,
            place,
            base: None,
            snapshot,
            publication: Rc::default(),
            settings: Rc::new(settings),
            mode: Mode::Auto,
            savepoints: Vec::new(),
            immediate: None,
            alone: false,
            group: None,
            in_flight: None,
            now_ms: 0,
            sweep: None,
            overlays: 0,
        })
    }

    /// The branch; none when the session reads a tag or a commit.
    pub fn branch(&self) -> Option<&str> { self.place.branch().map(|branch| &**branch) }

    /// Whether it is known what it stands on; else the chunks that tell are in the store's fault log.
    pub fn is_loaded(&self) -> bool { self.seen != u64::MAX }

    pub fn database(&self) -> &Rc<Database> { &self.database }

    /// What a verification asks of expressions.
    pub fn row_check(&self) -> Rc<dyn RowCheck> { MergeCheck::new(&self.context_now()) }

    pub fn in_transaction(&self) -> bool { self.mode == Mode::Open }

    /// Splits a script; each statement is a run. Parameters are those of every statement in it.
    pub fn prepare(&self, sql: &str, parameters: Vec<Value>, moment: Moment) -> Result<Vec<Run>> {
        let parsed = parser::parse(sql)?;
        let parameters: Rc<[Value]> = parameters.into();
        let moment = Rc::new(moment);
        let mut runs = Vec::with_capacity(parsed.len());
        for (which, statement) in parsed.iter().enumerate() {
            if statement.parameters.len() > parameters.len() {
                let (wanted, given) = (statement.parameters.len(), parameters.len());
                return Err(Error::bad_argument(format!("the statement takes {wanted} parameters, {given} are given"))
                    .at(statement.span.start));
            }
            let moment = if which == 0 {
                moment.clone()
            } else {
                Rc::new(Moment::new(moment.now_ms, moment.seed.wrapping_add((which as u64) << 32)))
            };
            runs.push(Run {
                parsed: parsed.clone(),
                which,
                parameters: parameters.clone(),
                moment,
                jobs: Rc::default(),
                resume: RefCell::default(),
                suspension: Rc::default(),
            });
        }
        Ok(runs)
    }

    /// Ok(Need), Ok(Publish) and Err leave the transaction as it was before the statement.
    pub fn step(&mut self, run: &mut Run) -> Result<Step> {
        // MySQL's: with autocommit off a transaction is open from the first statement on; one that is begun by name
        // commits it.
        if matches!(run.statement(), Statement::Begin) && self.mode == Mode::Open && !self.autocommits() {
            match self.commit(&self.context(run)) {
                Err(error) if self.watch.take_fault() || error.is_fault() => return Ok(Step::Need),
                committed => committed?,
            }
        }
        let temporary = self.workspace.borrow().has_temporary();
        if self.unpublished() && (self.mode != Mode::Auto || self.alone || temporary || !shares(run.statement()) || calls(run.sql())) {
            return Ok(Step::Publish);
        }
        if self.mode == Mode::Auto && !self.unpublished() {
            self.group = None;
            self.alone = false;
        }
        self.watch.take_fault();
        run.jobs.begin();
        let depth = self.workspace.borrow().depth();
        let before = Before {
            publication: self.publication.borrow().clone(),
            settings: self.settings.clone(),
            place: self.place.clone(),
            mode: self.mode,
        };
        let result = self.attempt(run, depth, &before);
        match result {
            Ok(outcome) if !self.watch.take_fault() => {
                self.now_ms = run.moment.now_ms;
                run.suspension.clear();
                Ok(Step::Done(outcome))
            }
            Ok(_) => {
                // A read was refused, and who asked went on without it.
                run.suspension.refuse();
                self.undo(depth, before);
                Ok(Step::Need)
            }
            Err(error) => {
                self.undo(depth, before);
                if let Some(job) = run.jobs.take_waiting() {
                    self.watch.take_fault();
                    return Ok(Step::Remote(job));
                }
                if self.watch.take_fault() || error.is_fault() {
                    return Ok(Step::Need);
                }
                run.suspension.clear();
                Err(error)
            }
        }
    }

    fn undo(&mut self, depth: usize, before: Before) {
        self.workspace.borrow_mut().drop_to(depth);
        *self.publication.borrow_mut() = before.publication;
        self.settings = before.settings;
        self.place = before.place;
        self.mode = before.mode;
        self.immediate = None;
    }

    /// Everything here can be undone by [`Session::undo`] until the last fallible step is done.
    fn attempt(&mut self, run: &mut Run, depth: usize, before: &Before) -> Result<Outcome> {
        run.suspension.begin_attempt();
        // What goes on does so on the root that it began on.
        if self.mode == Mode::Auto && !self.unpublished() && !run.suspension.is_active() {
            self.refresh()?;
        }
        let script = run.parsed.clone();
        let parsed = &script[run.which];
        if let Some(outcome) = self.control(&parsed.statement, run)? {
            return Ok(outcome);
        }
        if self.mode == Mode::Auto && !self.autocommits() && !matches!(parsed.statement, Statement::Nothing) {
            self.begin();
        }
        let depth = depth.max(self.workspace.borrow().depth());
        self.workspace.borrow_mut().push_layer();
        let cx = self.context(run);
        let mut effect = Effect::default();
        let outcome = execute::execute(&cx, parsed, &mut effect)?;
        if self.mode == Mode::Auto && !effect.ends_transaction {
            self.version_commit(&cx, &mut effect)?;
        }
        drop(cx);
        self.finish(depth, before, effect)?;
        Ok(outcome)
    }

    pub(super) fn context(&self, run: &Run) -> Context {
        // A retry draws the same values.
        let mut cx = self.context_with((*run.moment).clone(), run.parameters.clone(), run.jobs.clone());
        let mut resume = run.resume.borrow_mut();
        if resume.0 != self.overlays {
            *resume = (self.overlays, Rc::default());
        }
        resume.1.begin_attempt();
        cx.resume = resume.1.clone();
        cx.suspension = run.suspension.clone();
        cx
    }

    /// For work of the session's own.
    pub(super) fn context_now(&self) -> Context { self.context_with(Moment::new(self.now_ms, 0), Rc::default(), Rc::default()) }

    fn context_with(&self, moment: Moment, parameters: Rc<[Value]>, jobs: Rc<Jobs>) -> Context {
        Context {
            repository: self.repository.clone(),
            publication: self.publication.clone(),
            store: self.store.clone(),
            workspace: self.workspace.clone(),
            settings: self.settings.clone(),
            moment: Rc::new(moment),
            parameters,
            keeper: self.database.clone(),
            jobs,
            in_transaction: self.mode == Mode::Open,
            resume: Rc::default(),
            trigger: None,
            suspension: Rc::default(),
        }
    }

    /// A statement succeeded: its layer is folded, and what its procedure asked for is done.
    fn finish(&mut self, depth: usize, before: &Before, effect: Effect) -> Result<()> {
        let next = match &effect.checkout {
            // What ends the transaction has put its edits where they belong.
            Some(branch) if effect.ends_transaction => Some(self.load(branch)?),
            Some(branch) => Some(self.arrive(branch, before)?),
            None => None,
        };
        let called = effect.ends_transaction || self.publication.borrow().set != before.publication.set;
        if self.watch.take_fault() {
            return Err(Error::fault(crate::Address::NONE));
        }
        // Nothing below this line fails.
        if self.mode == Mode::Auto && self.group.is_none() {
            self.group = Some(before.place.clone());
        }
        self.workspace.borrow_mut().fold_to(depth);
        if effect.ends_transaction && self.mode == Mode::Open {
            self.savepoints.clear();
            self.workspace.borrow_mut().fold_to(0);
            self.mode = Mode::Committed;
        }
        self.alone |= called;
        self.sweep = effect.sweep;
        if self.mode == Mode::Open {
            self.split_immediate(&before.publication);
        }
        if let Some((place, snapshot)) = next {
            if effect.ends_transaction {
                let mut left = Workspace::of(snapshot.root.clone());
                left.keep_marks(&self.workspace.borrow());
                *self.workspace.borrow_mut() = left;
            }
            self.stand(place, snapshot);
            self.base = None;
        }
        if !effect.variables.is_empty() {
            Rc::make_mut(&mut self.settings).variables.extend(effect.variables);
        }
        if let Some(id) = self.workspace.borrow().last_insert_id() {
            let known = self.settings.variables.get("last_insert_id");
            if known != Some(&Value::Int(id)) {
                Rc::make_mut(&mut self.settings).variables.insert("last_insert_id".into(), Value::Int(id));
            }
        }
        Ok(())
    }

    /// Loads another place. Inside a transaction with changes it is refused.
    pub(super) fn arrive(&self, name: &str, before_call: &Before) -> Result<(Place, Snapshot)> {
        let own = self.own_records();
        let dirty = self.workspace.borrow().is_dirty() || own.iter().any(|name| before_call.publication.set.contains_key(name));
        if self.mode == Mode::Open && dirty {
            let message = format!("cannot switch to {name}: the transaction has uncommitted changes");
            return Err(Error::new(Code::Dirty, message).with_hint("COMMIT or ROLLBACK first"));
        }
        self.load(name)
    }

    fn load(&self, name: &str) -> Result<(Place, Snapshot)> {
        let refs = View { session: self };
        let place = place_of(&refs, name);
        let snapshot = Snapshot::load(&refs, &self.store, &place)?;
        Ok((place, snapshot))
    }

    pub(super) fn before(&self) -> impl Fn(&Session, &str) -> Result<(Place, Snapshot)> {
        let before = Before {
            publication: self.publication.borrow().clone(),
            settings: self.settings.clone(),
            place: self.place.clone(),
            mode: self.mode,
        };
        move |session, name| session.arrive(name, &before)
    }

    /// A workspace of that root; temporary tables stay.
    pub(super) fn replace_workspace(&self, root: Rc<crate::repo::Root>) {
        let workspace = Workspace::of(root).with_temporary(&self.workspace.borrow());
        *self.workspace.borrow_mut() = workspace;
    }

    pub(super) fn stand(&mut self, place: Place, snapshot: Snapshot) {
        let settings = Rc::make_mut(&mut self.settings);
        settings.branch = place.branch().cloned();
        settings.revision = place.revision().cloned();
        let dirty = self.workspace.borrow().is_dirty();
        debug_assert!(!dirty, "a switch of branches leaves no edits behind");
        let open = self.mode == Mode::Open;
        self.replace_workspace(snapshot.root.clone());
        if open {
            self.workspace.borrow_mut().push_layer();
        }
        self.place = place;
        self.database.hold(&snapshot.root);
        self.snapshot = snapshot;
    }

    /// The records of the session's own branch: they belong to the transaction.
    fn own_records(&self) -> Vec<String> {
        self.branch().map_or_else(Vec::new, |branch| vec![format!("{WORK}{branch}"), format!("{HEADS}{branch}")])
    }

    /// Inside a transaction, moves of refs that are not its own take effect at once and survive a ROLLBACK.
    fn split_immediate(&mut self, before: &Publication) {
        if self.publication.borrow().set.is_empty() {
            return;
        }
        let own = self.own_records();
        let mut publication = self.publication.borrow_mut();
        let moved: Vec<String> = publication
            .set
            .iter()
            .filter(|(name, value)| !own.contains(name) && before.set.get(*name) != Some(value))
            .map(|(name, _)| name.clone())
            .collect();
        if moved.is_empty() {
            return;
        }
        let mut immediate = Publication::default();
        for name in moved {
            if let Some(value) = publication.set.remove(&name) {
                immediate.set.insert(name.clone(), value);
            }
            let expected = publication.expect.remove(&name).unwrap_or_default();
            immediate.expect.insert(name, expected);
        }
        self.immediate = Some(immediate);
    }

    /// Autocommit sees the newest records that the database knows.
    fn refresh(&mut self) -> Result<()> {
        let version = self.database.version();
        if self.seen == version {
            return Ok(());
        }
        let refs = self.database.repository().all_refs();
        if !self.snapshot.is_current(&refs, &self.place) {
            let snapshot = Snapshot::load(&refs, &self.store, &self.place)?;
            self.replace_workspace(snapshot.root.clone());
            self.database.hold(&snapshot.root);
            self.snapshot = snapshot;
        }
        self.repository.replace(refs);
        self.seen = version;
        Ok(())
    }

    /// Whether there is something to publish: autocommitted changes, an explicit COMMIT, or a move of refs inside a
    /// transaction.
    pub fn unpublished(&self) -> bool {
        match self.mode {
            Mode::Open => self.immediate.is_some(),
            Mode::Committed => true,
            Mode::Auto => {
                let workspace = self.workspace.borrow();
                !self.publication.borrow().set.is_empty() || workspace.is_dirty() || !workspace.marks().is_empty()
            }
        }
    }

    /// Flushes edits into trees. A fault is answered as an error with `is_fault`; ask again then. It may be empty (a
    /// change that changed nothing): then nothing need be made durable, and it has landed.
    pub fn publication(&mut self) -> Result<Publication> {
        let mut publication = match &self.immediate {
            Some(immediate) => immediate.clone(),
            None => self.transaction()?,
        };
        publication.set.retain(|name, value| self.repository.record(name) != *value);
        publication.chunks = match publication.set.is_empty() {
            true => Vec::new(),
            false => self.overlay.chunks(),
        };
        self.in_flight = Some(publication.clone());
        Ok(publication)
    }

    /// What the transaction moves, the flushed workspace included.
    fn transaction(&mut self) -> Result<Publication> {
        let mut publication = self.publication.borrow().clone();
        let marks = self.workspace.borrow().marks().clone();
        let dirty = self.workspace.borrow().is_dirty();
        let root = match dirty {
            true => Some(self.workspace.borrow_mut().flush(&*self.store)?.write(&*self.store)?),
            false => None,
        };
        let mut change = Change::new(&self.repository, &self.store, &mut publication, self.now_ms);
        if let Some(root) = root {
            let branch = self.place.branch().ok_or_else(crate::sql::versions::detached)?;
            let mut working_set = change.working_set(&*self.store, branch)?;
            working_set.working = root;
            change.set_working_set(branch, &working_set)?;
        }
        for (table, mark) in marks {
            change.raise_auto_increment(table, u64::try_from(mark).unwrap_or(0))?;
        }
        Ok(publication)
    }

    /// `TX_CONFLICT` when an explicit transaction cannot be merged onto what landed first; it is rolled back then.
    /// A fault, as an error with `is_fault`, asks to settle again with the same answer.
    pub fn settle(&mut self, settled: Settled) -> Result<Settlement> {
        match settled {
            Settled::Landed => {
                self.landed();
                Ok(Settlement::Done)
            }
            Settled::Lost(refs) => self.lost(refs),
        }
    }

    fn landed(&mut self) {
        let Some(publication) = self.in_flight.take() else { return };
        if !publication.set.is_empty() {
            self.database.landed(&publication);
            self.repository.apply(&publication);
            // Others' moves are seen by the next refresh; if there were none, there is nothing to see.
            if self.seen + 1 == self.database.version() {
                self.seen += 1;
            }
        }
        if self.immediate.take().is_some() {
            self.alone = false;
            return;
        }
        let root = {
            let mut workspace = self.workspace.borrow_mut();
            workspace.settle();
            workspace.shared_root()
        };
        self.database.hold(&root);
        self.snapshot = Snapshot::of(&*self.repository, &self.place, root);
        self.restart();
    }

    /// After the outcome of `dolt_gc` is durable: the only chunks that need to stay, ascending. The driver removes others.
    pub fn take_sweep(&mut self) -> Option<Vec<crate::Address>> { self.sweep.take() }

    /// Nothing is pending any more.
    pub(super) fn restart(&mut self) {
        *self.publication.borrow_mut() = Publication::default();
        self.overlay.clear();
        self.overlays += 1;
        self.mode = Mode::Auto;
        self.savepoints.clear();
        self.immediate = None;
        self.alone = false;
        self.group = None;
        self.in_flight = None;
    }
}

/// Records as the session sees them.
struct View<'a> { session: &'a Session }

impl Refs for View<'_> {
    fn record(&self, name: &str) -> Option<bytes::Bytes> {
        match self.session.publication.borrow().set.get(name) {
            Some(value) => value.clone(),
            None => self.session.repository.record(name),
        }
    }
    fn records(&self, prefix: &str) -> Vec<(String, bytes::Bytes)> {
        let mut publication = self.session.publication.borrow().clone();
        Change::new(&self.session.repository, &self.session.store, &mut publication, 0).records(prefix)
    }
}

fn place_of(refs: &dyn Refs, name: &str) -> Place {
    let is_branch = refs.record(&format!("{HEADS}{name}")).is_some();
    if is_branch { Place::Branch(name.into()) } else { Place::Revision(name.into()) }
}

/// Whether a text may hold `SELECT dolt_x(…)`: such a call sees and moves what is published, as CALL does.
fn calls(sql: &str) -> bool { sql.as_bytes().windows(5).any(|word| word.eq_ignore_ascii_case(b"dolt_")) }

/// Whether a statement may run on top of others that wait for the same publication.
fn shares(statement: &Statement) -> bool {
    !matches!(
        statement,
        Statement::Begin | Statement::Commit | Statement::Rollback | Statement::Call { .. } | Statement::Use(_)
    )
}
