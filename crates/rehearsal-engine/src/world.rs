//! The world of one run: turns the ring, one step at a time.
//!
//! A step is one choice and one call of a machine. Taking a task, activating the workflow and answering are steps of
//! their own, so that anything can happen between them. Time moves only when nothing is ready.

mod across;
mod around;
mod attempts;
mod cache;
mod chain;
mod client;
mod deploy;
mod describe;
mod end;
mod entry;
mod executions;
mod faults;
mod forget;
mod forked;
mod front;
mod given;
mod horizon;
mod local;
mod matching;
mod noted;
mod order;
mod outside;
mod patience;
mod perform;
mod points;
mod queries;
mod query_tasks;
mod remote;
mod replays;
mod requests;
mod tasks;
mod updates;
mod waits;
mod watch;
mod with_start;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use rehearsal_activation::TaskToken;
use rehearsal_history::{EventId, SmolStr, Status, TaskQueue, Timestamp};
use rehearsal_service::{Answer, Effect, Input, Outbox, RequestError, RunRef, Service};
use rehearsal_worker::LocalKey;

pub(crate) use self::client::decoded;
pub use self::client::{ClientError, Handle, StartOptions};
pub use self::describe::{
    Description, PendingActivity, PendingActivityState, PendingChild, PendingWorkflowTask,
    PendingWorkflowTaskState, pending_children,
};
use self::entry::Entry;
use self::executions::Executions;
use self::forget::Forgetting;
use self::horizon::Cycles;
use self::noted::Noted;
pub use self::outside::ActivityTarget;
pub use self::queries::QueryHandle;
use self::queries::{Asked as AskedQuery, ReadyQuery};
use self::replays::DoneOutside;
use self::requests::WaitsForUpdate;
pub use self::updates::UpdateHandle;
use self::watch::Watch;
use crate::activity::client::Slot;
use crate::agenda::Agenda;
use crate::choice::{ChoiceKey, ChoiceKind, Chooser, Injection, Options, Tape};
use crate::clock::{BEGINNING, Clock};
use crate::executor::{AttemptKey, Executor};
use crate::finding::{Code, Finding};
use crate::host::Host;
use crate::journal::Journal;
use crate::record::Record;
use crate::remote::Remote;
use crate::rng::Ids;
use crate::scenario::Scenario;
use crate::surroundings::Surroundings;

/// Room for the points of a small run.
const USUAL_POINTS: usize = 64;

/// What a step can be: an entry of the agenda, or the service's own deadline.
#[derive(Debug, Clone, Copy)]
enum Next<'a> {
    Entry(&'a Entry),
    Elapsed,
}

/// A task that waits for a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ReadyTask {
    run: RunRef,
    scheduled: EventId,
    attempt: u32,
    /// Lower ones go first.
    key: i32,
}

/// What was asked about the first execution so far: how often each question, and the answers that make up the tape of
/// the run.
#[derive(Debug, Default)]
struct Asked {
    count: BTreeMap<ChoiceKind, u32>,
    tape: Tape,
}

impl Asked {
    /// Asks a question and notes the answer if it is not the calm one.
    fn ask(&mut self, chooser: &mut dyn Chooser, kind: ChoiceKind, options: Options<'_>) -> usize {
        let nth = self.count.entry(kind).or_default();
        let key = ChoiceKey { kind, execution: 0, nth: *nth };
        *nth += 1;
        self.answer(chooser, key, options)
    }

    fn answer(&mut self, chooser: &mut dyn Chooser, key: ChoiceKey, options: Options<'_>) -> usize {
        let answer = chooser.choose(key, options);
        // What is no answer counts as the calm one, and is none of the tape of the run.
        if answer >= options.count() {
            return 0;
        }
        if answer != 0 {
            self.tape = core::mem::take(&mut self.tape).with(key, answer);
        }
        answer
    }
}

/// One run of a scenario, from the side of its client.
///
/// Everything that a client does moves the run on only as far as it must; [`World::advance`] lets time pass.
pub struct World {
    scenario: Scenario,
    clock: Clock,
    ids: Ids,
    service: Service,
    outbox: Outbox,
    agenda: Agenda<Entry>,
    hosts: Vec<Host>,
    /// How far behind the workers of the scenario those stand that are in their place: 0 until new code takes over.
    office: usize,
    /// Tasks in queues that nobody polls.
    waiting_workflow_tasks: BTreeMap<SmolStr, VecDeque<(ReadyTask, TaskQueue)>>,
    waiting_activity_tasks: BTreeMap<SmolStr, VecDeque<ReadyTask>>,
    waiting_queries: BTreeMap<SmolStr, VecDeque<ReadyQuery>>,
    /// The queries that the client waits for, by id.
    asked_queries: BTreeMap<SmolStr, AskedQuery>,
    /// When sticky queues were polled last of which the life of a worker does not tell it: those of processes that died and
    /// were started again, and of workers outside.
    last_sticky_polls: BTreeMap<SmolStr, Timestamp>,
    executor: Executor,
    /// What workers want to be woken for beside local activities, with the numbers of the entries.
    local_wakes: BTreeMap<(usize, LocalKey), u64>,
    wakes: u64,
    /// The attempts that wait until a run is closed.
    waiting_for_close: BTreeMap<RunRef, Vec<(AttemptKey, Slot)>>,
    /// Those that wait for the results of updates.
    waiting_for_updates: Vec<WaitsForUpdate>,
    surroundings: Option<Box<dyn Surroundings>>,
    /// The workers outside.
    remote: Option<Box<dyn Remote>>,
    /// The workflow tasks that workers outside are on, with the workers, and before when no answer is sent.
    tasks_outside: BTreeMap<TaskToken, (usize, Timestamp)>,
    /// Those that are done, if their code is outside.
    done_outside: DoneOutside,
    chooser: Box<dyn Chooser>,
    /// What steps touch, if the chooser wants to know.
    watch: Option<Watch>,
    asked: Asked,
    record: Record,
    /// What user code logs, if anybody wants to know.
    journal: Option<Rc<Journal>>,
    findings: Vec<Finding>,
    /// Where in the record what is kept of each run stands.
    noted: Noted,
    executions: Executions,
    forgetting: Forgetting,
    /// The run of the first execution's chain that was the last when it was looked for, and which one that is.
    main: Option<(RunRef, u32)>,
    /// The runs of which a worker has taken a workflow task.
    begun: BTreeSet<RunRef>,
    /// Whether a cancel was accepted by a run of the first execution's chain.
    main_canceled: bool,
    tasks_delivered: u32,
    /// Of workflow ids with held tasks.
    tasks_delivered_of: BTreeMap<SmolStr, u32>,
    /// How many attempts of the workflow task of a run have failed, by run id.
    failed_tasks: BTreeMap<SmolStr, u32>,
    /// Whether anything happened since the point at rest was asked for.
    moved: bool,
    /// A finding after which going on makes no sense was made.
    stopped: bool,
    cycles: Cycles,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World")
            .field("scenario", &self.scenario.name)
            .field("elapsed", &self.elapsed())
            .field("steps", &self.record.steps)
            .finish_non_exhaustive()
    }
}

impl World {
    pub(crate) fn new(scenario: Scenario, chooser: Box<dyn Chooser>) -> Self {
        let origin = scenario.origin.clone();
        let clock = Clock::at(
            origin.as_ref().map_or(scenario.begins.unwrap_or(BEGINNING), |origin| origin.now()),
        );
        let surroundings = scenario.surroundings.as_ref().map(|make| (make.0)(clock.now()));
        let (profile, ids_of) = (scenario.profile, scenario.ids_of);
        let specs = scenario.specs();
        // The others start when their code takes over.
        let first = if scenario.has_deployment() { specs.len() / 2 } else { specs.len() };
        let mut agenda = Agenda::new(clock.now());
        for (index, spec) in specs.iter().enumerate().take(first) {
            agenda.push(clock.now() + spec.from, Entry::HostStarts(index));
            if let Some(until) = spec.until {
                agenda.push(clock.now() + until, Entry::HostEnds(index));
            }
        }
        let host = |(index, spec)| Host::new(index, spec, profile);
        let hosts = specs.into_iter().enumerate().map(host).collect();
        let mut world = Self {
            service: Service::new(scenario.config.clone()),
            executor: Executor::new(scenario.fakes.make()),
            remote: scenario.remote.as_ref().map(|make| (make.0)()),
            scenario,
            ids: origin.as_ref().map_or_else(|| Ids::of(ids_of), |origin| origin.ids()),
            outbox: Outbox::default(),
            agenda,
            hosts,
            office: 0,
            waiting_workflow_tasks: BTreeMap::new(),
            waiting_activity_tasks: BTreeMap::new(),
            waiting_queries: BTreeMap::new(),
            asked_queries: BTreeMap::new(),
            last_sticky_polls: BTreeMap::new(),
            local_wakes: BTreeMap::new(),
            wakes: 0,
            waiting_for_close: BTreeMap::new(),
            waiting_for_updates: Vec::new(),
            surroundings,
            tasks_outside: BTreeMap::new(),
            done_outside: DoneOutside::default(),
            watch: chooser.watches().then(Watch::default),
            chooser,
            asked: Asked::default(),
            record: Record {
                began: origin.as_ref().map_or(clock.now(), |origin| origin.began()),
                points: Vec::with_capacity(USUAL_POINTS),
                ..Record::default()
            },
            journal: None,
            findings: Vec::new(),
            noted: Noted::default(),
            executions: Executions::default(),
            forgetting: Forgetting::default(),
            main: None,
            begun: BTreeSet::new(),
            main_canceled: false,
            tasks_delivered: 0,
            tasks_delivered_of: BTreeMap::new(),
            failed_tasks: BTreeMap::new(),
            moved: false,
            stopped: false,
            cycles: Cycles::default(),
            clock,
        };
        world.have_workers_poll();
        if let Some(origin) = origin {
            world.restore(&origin);
        }
        world
    }

    /// Workers that are there from the beginning poll before the client does anything.
    fn have_workers_poll(&mut self) {
        loop {
            let first =
                self.agenda.iter_due().position(|entry| matches!(entry, Entry::HostStarts(_)));
            let Some(entry) = first.and_then(|at| self.agenda.take_due(at)) else { break };
            self.perform(entry);
        }
    }

    /// Keeps what user code logs from now on.
    pub(crate) fn keep_logs(&mut self) -> Rc<Journal> {
        let (clock, began) = (&self.clock, self.record.began);
        Rc::clone(self.journal.get_or_insert_with(|| Rc::new(Journal::new(clock.clone(), began))))
    }

    /// How long the run has lasted in virtual time.
    ///
    /// # Examples
    ///
    /// ```
    /// # use rehearsal::{Context, Scenario, Workflow, WorkflowError, mins};
    /// # const NAP: Workflow<(), ()> = Workflow::new("Nap");
    /// # async fn nap(ctx: Context, (): ()) -> Result<(), WorkflowError> { ctx.sleep(mins(5)).await }
    /// let mut world = Scenario::new("nap").workflow(NAP, nap).world();
    /// world.start(NAP, "nap-1", ());
    /// world.advance(mins(2));
    /// assert_eq!(world.elapsed(), mins(2));
    /// ```
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.clock.now().since(self.record.began)
    }

    /// Virtual time as a date. Every run begins on January 1, 2026, at midnight, UTC, unless it
    /// goes on from a recorded one.
    ///
    /// It is what activities and workflows see as now, so that a client can sign a document or set a deadline that fits
    /// theirs.
    ///
    /// # Examples
    ///
    /// ```
    /// # use rehearsal::{Context, Scenario, Workflow, WorkflowError, mins};
    /// # const NAP: Workflow<(), ()> = Workflow::new("Nap");
    /// # async fn nap(ctx: Context, (): ()) -> Result<(), WorkflowError> { ctx.sleep(mins(5)).await }
    /// let mut world = Scenario::new("nap").workflow(NAP, nap).world();
    /// world.start(NAP, "nap-1", ());
    /// world.advance(mins(2));
    /// assert_eq!(world.now().to_string(), "2026-01-01T00:02:00Z");
    ///
    /// let deadline = world.now() + mins(30);
    /// assert_eq!(deadline.since(world.now()), mins(30));
    /// ```
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Takes one step, unless nothing can happen up to `target`. Returns whether it did.
    ///
    /// The clock stands at `target` at most; it is moved there if nothing happens before.
    fn step(&mut self, target: Timestamp) -> bool {
        while !self.stopped {
            if !self.tell_chooser() {
                self.stopped = true;
                break;
            }
            let now = self.clock.now();
            let due = self.agenda.count_due();
            let elapsed = self.service.deadline().is_some_and(|deadline| deadline <= now);
            if due == 0 && !elapsed {
                if self.poll_outdoors() {
                    continue;
                }
                if core::mem::take(&mut self.moved) && self.points(None) != Injection::None {
                    continue;
                }
                self.bound();
                if !self.move_clock(target) {
                    return false;
                }
                continue;
            }
            let index = self.choose_next(due + usize::from(elapsed));
            // A cancel that comes along brings a workflow task behind all that is due: it must not take the place of
            // the deadline, which stands there.
            let next = (index < due).then_some(index);
            if self.points(Some(index)) == Injection::Alone {
                continue;
            }
            self.moved = true;
            self.record.steps += 1;
            let name = self.watch_step(index);
            let had_task = self.has_workflow_task();
            match next.and_then(|index| self.agenda.take_due(index)) {
                Some(entry) => self.perform(entry),
                None => self.elapse(),
            }
            self.poll_woken();
            self.note_joints(had_task);
            self.check_limits();
            self.note_step(name);
            return true;
        }
        false
    }

    /// Moves the clock to what happens next, or to `target` if that is earlier. Returns whether something happens.
    fn move_clock(&mut self, target: Timestamp) -> bool {
        let next = self.next_due();
        if self.pass_around(next.map_or(target, |next| next.min(target))) {
            return true;
        }
        match next {
            Some(next) if next <= target => {
                self.advance_clock(next);
                true
            }
            Some(_) | None => {
                if target < Timestamp::MAX {
                    self.advance_clock(target);
                }
                false
            }
        }
    }

    fn advance_clock(&mut self, to: Timestamp) {
        self.forget_due();
        self.clock.advance_to(to);
        self.agenda.advance_to(self.clock.now());
        self.forget_due();
    }

    /// Asks a question about the first execution that has so many answers.
    fn ask(&mut self, kind: ChoiceKind, count: usize) -> usize {
        self.asked.ask(self.chooser.as_mut(), kind, Options::alike(count))
    }

    /// Gives the service an input and brings what follows from it on its way.
    fn call(&mut self, input: Input) -> Result<Answer, RequestError> {
        let answer = self.service.handle(self.clock.now(), input, &mut self.outbox);
        self.follow_up();
        answer
    }

    /// Brings on its way what the service wants done.
    fn follow_up(&mut self) {
        self.note_touched();
        let mut effects = core::mem::take(&mut self.outbox.effects);
        let mut loose = Vec::new();
        let mut answers = Vec::new();
        for effect in effects.drain(..) {
            match effect {
                Effect::WorkflowTask { run, scheduled, attempt, queue } => {
                    let key = self.service.priority_key(run, None);
                    self.route_workflow_task(ReadyTask { run, scheduled, attempt, key }, queue);
                }
                Effect::ActivityTask { run, scheduled, attempt, queue } => {
                    let key = self.service.priority_key(run, Some(scheduled));
                    self.route_activity_task(ReadyTask { run, scheduled, attempt, key }, queue);
                }
                Effect::Transfer { run, across, at } => {
                    self.agenda.push(at, Entry::Transfer { run, across });
                }
                Effect::Started { .. } => {}
                Effect::Closed { run } => self.tell_closed(run),
                Effect::Query { run, query: id, queue } => {
                    self.route_query(ReadyQuery { run, id }, queue);
                }
                Effect::QueryCleared { run, query: id, at } => {
                    self.agenda.push(at, Entry::QueryAgain(ReadyQuery { run, id }));
                }
                Effect::QueryAnswered { answer } => answers.push(*answer),
                Effect::Loose { run, armed, at, soonest, latest } => {
                    loose.push((run, armed, at, [soonest, latest]));
                }
            }
        }
        // Taking the tasks in makes no others, so only the room they needed is put back.
        self.outbox.effects = effects;
        for (run, armed, at, within) in loose {
            self.choose_deadline(run, armed, at, within);
        }
        for answer in answers {
            self.query_answered(&answer);
        }
        self.tell_updates();
    }

    /// Ends the run with a finding.
    fn stop(&mut self, finding: Finding) {
        self.stopped = true;
        self.findings.push(finding);
    }

    /// Ends the run with a finding from outside.
    pub(crate) fn fail(&mut self, finding: Finding) {
        self.stop(finding);
    }

    /// Something that only a mistake of ours can bring about. The run ends with a finding, so that nothing is lost.
    fn bug(&mut self, what: &str) {
        self.stop(Finding::new(Code::IllFormed, what));
    }

    fn is_open(&self, run: RunRef) -> bool {
        self.service.run(run).status == Status::Running
    }

    /// The time of a run.
    fn time_of(&self, run: RunRef) -> Timestamp {
        self.service.time_of(run, self.clock.now())
    }
}
