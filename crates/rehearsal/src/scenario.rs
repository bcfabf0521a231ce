//! Scenarios with typed names: what a test writes.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use rehearsal_activation::Fault;
use rehearsal_activation::wake::short_path;
use rehearsal_engine::{
    ActivityContext, ActivityError, ActivityFuture, ActivityResult, BEGINNING, Calm, Cause, Check,
    Code, Finding, KnownDefect, Limits, Outcome, Patience, Tape, WorkerSpec, World, examine,
};
use rehearsal_explore::{Choices, Observer, Sweep};
use rehearsal_history::{CodecError, Payloads, SearchAttribute};
use rehearsal_worker::Profile;
use rehearsal_workflow::{Activity, Context, Workflow, WorkflowError, definition, quiet};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::case;
use crate::failure::Failure;
use crate::keeper::Keeper;
use crate::names::ActivityName;
use crate::report::Report;
use crate::rerun::{test_name, unasked};
use crate::stub::{Fits, Stub};
use crate::watchdog::{self, Subject, Who};

/// What is rehearsed: workflows, activities, workers, what the client does, and what must hold.
///
/// A value: it is cloned cheaply and runs any number of times.
#[derive(Clone)]
pub struct Scenario {
    pub(crate) inner: rehearsal_engine::Scenario,
    pub(crate) checks: Vec<Arc<dyn Check>>,
    pub(crate) strict: bool,
    #[cfg(feature = "temporal")]
    pub(crate) hosted: crate::official::Hosted,
}

impl fmt::Debug for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scenario")
            .field("inner", &self.inner)
            .field("checks", &self.checks)
            .finish_non_exhaustive()
    }
}

impl Scenario {
    /// A scenario with nothing in it; `name` is what reports call it.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let inner = rehearsal_engine::Scenario::new(name);
        #[cfg(any(feature = "log", feature = "tracing"))]
        let inner = crate::logs::heard(inner);
        Self {
            inner,
            checks: Vec::new(),
            strict: false,
            #[cfg(feature = "temporal")]
            hosted: crate::official::Hosted::default(),
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.inner.name()
    }

    /// Registers a workflow; one of the same type is replaced.
    #[must_use]
    pub fn workflow<I, O, F, Fut>(mut self, workflow: Workflow<I, O>, code: F) -> Self
    where
        F: Fn(Context, I) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<O, WorkflowError>> + 'static,
        I: DeserializeOwned + 'static,
        O: Serialize + 'static,
    {
        self.inner = self.inner.with_workflow(watchdog::watched(definition(workflow, code)));
        self
    }

    /// Registers the real code of an activity: it runs in virtual time.
    ///
    /// A panic of it fails the attempt, which is retried as its policy says, as on Temporal.
    #[must_use]
    pub fn activity<I, O, F, Fut>(mut self, activity: Activity<I, O>, code: F) -> Self
    where
        F: Fn(ActivityContext, I) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<O, ActivityError>> + 'static,
        I: DeserializeOwned + 'static,
        O: Serialize + 'static,
    {
        let code = Arc::new(code);
        let erased = move |ctx: ActivityContext, input: Option<Payloads>| -> ActivityFuture {
            let code = Arc::clone(&code);
            caught(&ctx.clone(), async move {
                let unlike = |error: CodecError, fault| {
                    ActivityError::from(error.to_string()).with_fault(fault)
                };
                let input = Payloads::decode_arguments(input.as_ref())
                    .map_err(|error| unlike(error, Fault::Arguments))?;
                let value = code(ctx, input).await?;
                Payloads::encode_result(&value).map_err(|error| unlike(error, Fault::Result))
            })
        };
        self.inner = self.inner.with_activity(activity.into_name(), Arc::new(erased));
        self
    }

    /// Leaves out the code of an activity and says what it does instead.
    #[must_use]
    pub fn stub<K, A, T>(mut self, activity: A, stub: Stub<A::Output, T>) -> Self
    where
        A: ActivityName<K> + 'static,
        A::Output: 'static,
        K: 'static,
        T: Fits<A::Input> + 'static,
    {
        let code = Arc::new(stub.into_code(A::encode));
        self.inner = self.inner.with_activity(activity.activity_name(), code);
        self
    }

    /// The code that takes over for a workflow: what a new deployment brings. When it does is up to the sweep of the
    /// upgrade, [`sweep_upgrade`](Self::sweep_upgrade), or to an exploration; in the calm run it never does.
    ///
    /// `examples/upgrade.rs` in the repository tells a right change from two wrong ones; the page
    /// [`upgrades`](crate::upgrades) says what is tried.
    #[must_use]
    pub fn deploy<I, O, F, Fut>(mut self, workflow: Workflow<I, O>, code: F) -> Self
    where
        F: Fn(Context, I) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<O, WorkflowError>> + 'static,
        I: DeserializeOwned + 'static,
        O: Serialize + 'static,
    {
        let definition = watchdog::watched(definition(workflow, code));
        let name = definition.workflow_type().to_owned();
        let code = deployed(&name);
        self.inner = self.inner.with_code(&*code, definition).with_deployment(name, code);
        self
    }

    /// Adds a worker. Without any, one polls the queue `main` from the beginning to the end.
    #[must_use]
    pub fn worker(mut self, worker: WorkerSpec) -> Self {
        self.inner = self.inner.with_worker(worker);
        self
    }

    /// Which SDK its workers and its client behave like: how ids are given, what a cancel suppresses, how long sticky
    /// queues are kept. The default is [`Profile::Go`].
    ///
    /// Workflows are the same under each: a native workflow may run by the rules of another SDK. Workflows of the official
    /// Rust SDK run by its own rules only, so registering one sets [`Profile::Core`].
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{Context, EventKind, Profile, Scenario, Workflow, WorkflowError, secs};
    ///
    /// const NAP: Workflow<(), ()> = Workflow::new("Nap");
    ///
    /// /// A timer in a context that is canceled already.
    /// async fn nap(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ///     let (ctx, cancel) = ctx.with_cancel();
    ///     cancel.cancel();
    ///     let _canceled = ctx.timer(secs(1)).await;
    ///     Ok(())
    /// }
    ///
    /// let timers = |profile| {
    ///     let scenario = Scenario::new("nap").profile(profile).workflow(NAP, nap);
    ///     let outcome = scenario.client(|world| drop(world.start(NAP, "nap-1", ()))).run();
    ///     let history = &outcome.main().unwrap().history;
    ///     history.iter().filter(|event| matches!(event.kind, EventKind::TimerStarted(_))).count()
    /// };
    /// assert_eq!(timers(Profile::Go), 1);
    /// assert_eq!(timers(Profile::Core), 0);
    /// ```
    #[must_use]
    pub fn profile(mut self, profile: Profile) -> Self {
        self.inner = self.inner.with_profile(profile);
        self
    }

    /// Takes a known defect of the SDK (RH106) for no finding, and says why: for code that cannot keep clear of it, or
    /// that is mended with the next version of the SDK. A run that the defect strikes still stays stuck, as in
    /// production; the table of a sweep counts these runs, with the reason.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{KnownDefect, Scenario};
    ///
    /// let scenario = Scenario::new("order")
    ///     .accept(KnownDefect::CanceledTimer, "cured in the next SDK; nobody cancels at the deadline");
    /// assert_eq!(scenario.name(), "order");
    /// ```
    #[must_use]
    pub fn accept(mut self, defect: KnownDefect, reason: &str) -> Self {
        self.inner = self.inner.with_accepted(defect, reason);
        self
    }

    /// The workflow task number `task`, counting deliveries to workers from 1, takes this long from start to
    /// completion, so that events can arrive meanwhile.
    #[must_use]
    pub fn hold(mut self, task: u32, takes: Duration) -> Self {
        self.inner = self.inner.with_hold(task, takes);
        self
    }

    /// The same, counting only the tasks of the workflow with this id.
    #[must_use]
    pub fn hold_of(mut self, workflow_id: &str, task: u32, takes: Duration) -> Self {
        self.inner = self.inner.with_hold_of(workflow_id, task, takes);
        self
    }

    /// Adds a search attribute to those that the namespace has. What nobody has added the service refuses, but for the
    /// server's own.
    #[must_use]
    pub fn search_attribute<T>(mut self, attribute: SearchAttribute<T>) -> Self {
        self.inner = self.inner.with_search_attribute(attribute.name(), attribute.kind());
        self
    }

    /// Bounds on each run.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.inner = self.inner.with_limits(limits);
        self
    }

    /// Settings of the simulated service; the default is those of the server. For Rehearsal's own tests.
    #[doc(hidden)]
    #[must_use]
    pub fn service_config(mut self, config: rehearsal_service::ServiceConfig) -> Self {
        self.inner = self.inner.with_service_config(config);
        self
    }

    /// What the client does, from top to bottom. After it the run goes on until every workflow is closed.
    #[must_use]
    pub fn client(mut self, script: impl Fn(&mut World) + Send + Sync + 'static) -> Self {
        self.inner = self.inner.with_client(Arc::new(move |world: &mut World| {
            let client = Subject::new(|| Who::Client);
            let _inside = client.enter(BEGINNING + world.elapsed());
            quiet::catch(|| script(world)).map_err(|panic| panic.to_string())
        }));
        self
    }

    /// Says that the client sends each signal and each update once. The clients of both SDKs send again what is refused
    /// because the workflow is busy (W-13); the bare service of a connection, `workflow_service()` of the Rust SDK, does
    /// not. What the server itself tries again it does all the same, and so are queries and what activities ask.
    ///
    /// ```
    /// use rehearsal::{Context, Scenario, Signal, Workflow, WorkflowError, secs};
    ///
    /// const WAIT: Workflow<(), ()> = Workflow::new("Wait");
    /// const GO: Signal<()> = Signal::new("go");
    ///
    /// async fn wait(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ///     while ctx.signals(GO).try_recv().is_some() {}
    ///     Ok(())
    /// }
    ///
    /// let scenario = Scenario::new("wait").workflow(WAIT, wait).bare_client();
    /// let mut world = scenario.hold(1, secs(2)).hold(2, secs(2)).world();
    /// let wait = world.start(WAIT, "wait-1", ());
    /// world.advance(secs(1));
    /// world.signal(&wait, GO, ())?;
    /// // The first task could not close the workflow, as it has not seen the signal. The second one is about to.
    /// world.advance(secs(2));
    /// let refused = world.signal(&wait, GO, ()).unwrap_err();
    /// assert!(refused.to_string().ends_with("workflow is closing"));
    /// # Ok::<(), rehearsal::ClientError>(())
    /// ```
    #[must_use]
    pub fn bare_client(mut self) -> Self {
        self.inner = self.inner.with_bare_client();
        self
    }

    /// Adds something that must hold in every run: a ready one of [`check`](crate::check), or one of your own.
    #[must_use]
    pub fn check(mut self, check: impl Check + 'static) -> Self {
        self.checks.push(Arc::new(check));
        self
    }

    /// A world at its beginning, for a client that drives it by hand: calm, with no client script and no checks.
    #[must_use]
    pub fn world(&self) -> World {
        self.inner.world(Box::new(Calm))
    }

    /// What the engine is given, for our own suites.
    #[doc(hidden)]
    #[must_use]
    pub const fn engine(&self) -> &rehearsal_engine::Scenario {
        &self.inner
    }

    /// The same with something else for the engine, for our own suites.
    #[doc(hidden)]
    #[must_use]
    pub fn with_engine(
        mut self,
        other: impl FnOnce(rehearsal_engine::Scenario) -> rehearsal_engine::Scenario,
    ) -> Self {
        self.inner = other(self.inner);
        self
    }

    /// The same, for a run in which what could go more than one way goes as `tape` says.
    #[doc(hidden)]
    #[must_use]
    pub fn world_of(&self, tape: Tape) -> World {
        self.inner.world(Box::new(tape))
    }

    /// Runs the calm run and checks it.
    ///
    /// If the environment variable `REHEARSAL_CASE` names one run of this scenario, as the report of a failure prints
    /// it, that run comes first, and nothing else is run if something is found in it.
    ///
    /// # Panics
    ///
    /// Panics with the report if anything is found. [`try_run`](Self::try_run) returns an error instead.
    #[must_use]
    #[track_caller]
    pub fn run(&self) -> Outcome {
        let outcome = self.ready().and_then(|()| self.examined(&Tape::calm(), Failure::of_run));
        match outcome {
            Ok(outcome) => outcome,
            Err(failure) => failure.panic(),
        }
    }

    /// Runs the run that `tape` gives and checks it: well formed, replayed from the start and from a cold cache at
    /// every workflow task, the same when run again, no hang, and what [`check`](Self::check) asks for.
    ///
    /// `REHEARSAL_CASE` does here what it does for [`run`](Self::run).
    ///
    /// One run is made, however it ends, so that a test can go through many tapes. So the report does not have the nearest
    /// run in which all is well, for which a run is made with each answer left out: that of `REHEARSAL_CASE` with this tape
    /// has it, and those of explorations and of sweeps do.
    ///
    /// # Errors
    ///
    /// A [`Failure`] with the report if anything is found. A run that does not ask all that the tape answers is another
    /// one than the one that is meant, and refused (RH502), unless the tape is [loose](Tape::loose).
    pub fn try_run(&self, tape: &Tape) -> Result<Outcome, Failure> {
        self.ready()?;
        self.examined(tape, Failure::of_given_run)
    }

    /// One run; `failure` makes the failure if anything is found in it.
    fn examined(
        &self,
        tape: &Tape,
        failure: fn(&rehearsal_engine::Scenario, Outcome) -> Failure,
    ) -> Result<Outcome, Failure> {
        watchdog::begins(self.inner.name(), &Choices::Tape(tape.clone()), test_name());
        let mut outcome = examine(&self.inner, tape, Patience::MustEnd, &self.checks).outcome;
        watchdog::ended();
        self.judge_alone(&mut outcome, tape.is_empty(), Some(tape));
        if outcome.findings.is_empty() { Ok(outcome) } else { Err(failure(&self.inner, outcome)) }
    }

    /// Adds what is found in a run that is made by itself, beside what every run is checked for: of the calm run the
    /// signals that nobody reads, and which answers of its tape it was not asked for.
    pub(crate) fn judge_alone(&self, outcome: &mut Outcome, calm: bool, tape: Option<&Tape>) {
        if calm {
            outcome.findings.splice(0..0, self.never_read(outcome));
        }
        outcome.findings.extend(self.misnamed());
        outcome.findings.extend(tape.and_then(|tape| unasked(tape, outcome)));
    }

    /// Cancels every workflow at every point, one run for each, and checks every run: the one that the client started first,
    /// its children and theirs, and all that activities and the client start besides.
    ///
    /// If the environment variable `REHEARSAL_CASE` names one run of this scenario, as the report of a failure prints
    /// it, that run comes first, and nothing else is run if something is found in it. If `REHEARSAL_CASES` names a
    /// folder, a run that fails is kept there as a case.
    ///
    /// # Panics
    ///
    /// Panics with the report if anything is found. [`try_sweep`](Self::try_sweep) returns an error instead.
    #[track_caller]
    #[expect(clippy::must_use_candidate, reason = "a sweep is worth its panic alone")]
    pub fn sweep(&self) -> Report {
        match self.try_sweep() {
            Ok(report) => report,
            Err(failure) => failure.panic(),
        }
    }

    /// The same, as a result.
    ///
    /// # Errors
    ///
    /// A [`Failure`] with the report if anything is found in any run.
    pub fn try_sweep(&self) -> Result<Report, Failure> {
        self.swept(rehearsal_explore::sweep)
    }

    /// What a sweep comes to that is made like this.
    pub(crate) fn swept(
        &self,
        sweep: impl FnOnce(&rehearsal_engine::Scenario, &[Arc<dyn Check>], &dyn Observer) -> Sweep,
    ) -> Result<Report, Failure> {
        let name = self.inner.name();
        self.ready()?;
        self.keeps_all()?;
        let strict = self.is_strict()?;
        let keeper = Keeper::new(name);
        let mut sweep = sweep(&self.inner, &self.checks, &keeper);
        sweep.baseline.findings.extend(self.misnamed());
        if sweep.baseline.executions.is_empty() && sweep.baseline.findings.is_empty() {
            let headline = "the client script starts no workflow, so there is nothing to cancel";
            let finding = Finding::new(Code::Setup, headline).with_cause(Cause::NoClient);
            sweep.baseline.findings.push(finding);
        }
        if strict {
            sweep.baseline.findings.extend(sweep.unseen.drain(..).map(Finding::from));
        }
        let mut report = Report::new(self.inner.name(), sweep);
        if report.is_clean() {
            keeper.trouble().map_or(Ok(report), |finding| Err(Failure::of_finding(finding)))
        } else {
            self.show_nearest(&mut report);
            Err(keeper.keep(Failure::of_sweep(&self.inner, &mut report)))
        }
    }

    /// What keeps this scenario from being run at all, here and now; or what is found in the run that the environment
    /// asks for.
    pub(crate) fn ready(&self) -> Result<(), Failure> {
        case::patience().map_err(Failure::of_finding)?;
        #[cfg(feature = "temporal")]
        self.official_setup().map_or(Ok(()), |finding| Err(Failure::of_finding(finding)))?;
        self.case_first()
    }
}

/// The name under which the code is registered that takes over for the workflows of a type.
pub(crate) fn deployed(workflow_type: &str) -> String {
    format!("{workflow_type}, as deployed")
}

/// An attempt whose panics are caught and become what Temporal makes of them. The watchdog looks at each poll.
pub(crate) fn caught(
    ctx: &ActivityContext,
    code: impl Future<Output = ActivityResult> + 'static,
) -> ActivityFuture {
    let info = ctx.info();
    let subject = Subject::new(|| Who::Activity {
        activity_type: info.activity_type.clone(),
        activity_id: info.activity_id.clone(),
        workflow_id: info.workflow_id.clone(),
        attempt: info.attempt,
    });
    Box::pin(Caught { code: Box::pin(code), ctx: ctx.clone(), subject })
}

struct Caught {
    code: ActivityFuture,
    ctx: ActivityContext,
    subject: Subject,
}

impl Future for Caught {
    type Output = ActivityResult;

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<ActivityResult> {
        let Self { code, ctx, subject } = &mut *self;
        let _inside = subject.enter(ctx.now());
        match quiet::catch(|| code.as_mut().poll(cx)) {
            Ok(poll) => poll,
            Err(panic) => {
                let at = panic.location.as_deref().map(|at| short_path(at).to_owned());
                let error = ActivityError::panicked(panic.message);
                Poll::Ready(Err(error.with_fault(Fault::Panicked { at })))
            }
        }
    }
}
